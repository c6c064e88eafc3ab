//! The machines from outside: whole dialogues.

mod faults;
mod transcripts;

//! The machines from outside: whole dialogues.

mod transcripts;

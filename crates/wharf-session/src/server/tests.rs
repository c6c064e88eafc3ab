//! Tests of the server machine: the truth table of its TLS policy, and the model driver that they share.

mod certified;
mod commands;
mod driver;
mod early_tls;
mod facts;
mod faults;
mod scopes;
mod substatus;
mod truth_table;
mod verbs;

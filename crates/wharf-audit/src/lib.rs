#![doc = include_str!("../README.md")]

mod field;
mod judge;
mod parse;
mod report;
mod row;
mod stamp;
mod weak;

pub use field::{decoded, encode};
pub use judge::{Finding, Judge, JudgeOptions, Kind, Order, Place, Summary};
pub use parse::{Columns, Entry, Line, Malformed, Parser};
pub use report::{JsonReport, Unusable, text_line};
pub use row::{CLEAR_BEHIND_AUTH, Data, FIELDS, Row, Tls, header};
pub use stamp::Stamp;
pub use weak::weakness;

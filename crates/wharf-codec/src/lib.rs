#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod address;
#[cfg(feature = "arbitrary")]
mod arbitrary_impls;
mod ascii;
#[cfg(feature = "tokio-util")]
mod codec;
mod command;
mod deflate;
mod digits;
mod escape;
mod facts;
mod feat;
mod frame;
mod line_buf;
mod listing;
mod pathquote;
mod reply;
mod reply_code;
mod telnet;
mod text;
mod time;

pub use address::{HostPort, encode_epsv, encode_lpsv, encode_pasv, parse_epsv, parse_pasv};
pub use ascii::{AsciiDecoder, AsciiEncoder};
#[cfg(feature = "tokio-util")]
pub use codec::{BadLine, CodecError, CommandCodec, ReplyCodec};
pub use command::{
    AuthMechanism, ChecksumArgument, Command, CommandError, CommandErrorKind, DataDirection, EpsvArgument,
    Format, Leniency, OptsArgument, ProtectionLevel, Representation, SiteCommand, SiteError, SiteVerb,
    SiteVerbInfo, Structure, TransferMode, Verb, VerbInfo, is_foreign_protocol,
};
pub use deflate::{DeflateError, DeflateLevel, Deflater, InflateStep, Inflater};
pub use escape::{Escaped, stands_for_itself};
pub use facts::{Fact, FactSelection, FactType, Facts, FactsError, PermFact};
pub use feat::Features;
pub use frame::{Limits, Line, LineError, LineFramer, ReplyError, ReplyFramer};
pub use listing::{
    EntryKind, ListEntry, ListItem, ListLine, ListTime, ListingHint, Permissions, TimePrecision, TimeZone,
    encode_list_line, parse_listing,
};
pub use pathquote::{parse_257, quote_pathname};
pub use reply::{Reply, TextLine};
pub use reply_code::{Class, ReplyCode};
pub use text::{HostName, Pathname, Secret, Text, TextError, Token, UserName};
pub use time::{Civil, TimeVal, civil_from_unix, unix_from_civil};

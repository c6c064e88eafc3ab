//! MODE, and OPTS MODE Z (draft-preston-ftpext-deflate-04).

use wharf_codec::{DeflateLevel, ReplyCode, Text, TransferMode};

use super::{
    Server,
    answer::{Answer, Good},
};
use crate::{
    SubStatus,
    mode::{DataMode, DeflateFault},
};

/// The reply to a zlib stream that is none (XFR-22): to one that was cut the same as to a connection that broke.
pub(super) fn reply_to_fault(fault: DeflateFault) -> Answer {
    let (why, text) = match fault {
        DeflateFault::Cut => (
            SubStatus::DataCut,
            "The data connection ended before the compressed data did; the file is not taken",
        ),
        DeflateFault::Corrupt => (SubStatus::Damaged, "The compressed data is damaged"),
        DeflateFault::Trailing => {
            (SubStatus::Damaged, "Something stands behind the end of the compressed data")
        }
        DeflateFault::Ratio => {
            (SubStatus::RatioExceeded, "The compressed data holds more for its size than is taken here")
        }
    };
    Answer::no(why, text)
}

impl Server {
    /// The mode of the next transfer.
    pub(super) const fn data_mode(&self) -> DataMode {
        if self.settings.deflate { DataMode::Deflate(self.settings.deflate_level) } else { DataMode::Stream }
    }

    pub(super) fn mode(&mut self, mode: TransferMode) {
        match mode {
            TransferMode::Stream => {
                self.settings.deflate = false;
                self.done_with(Good::OKAY, "Mode is S");
            }
            TransferMode::Deflate if self.cfg.deflate => {
                self.settings.deflate = true;
                self.done_with(Good::OKAY, "Mode is Z, data connections carry zlib streams");
            }
            TransferMode::Block | TransferMode::Compressed | TransferMode::Deflate => {
                let text = if self.cfg.deflate { "The modes are S and Z" } else { "The only mode is S" };
                self.no(SubStatus::ValueUnsupported, text);
            }
        }
    }

    /// `OPTS MODE Z`, followed by settings of the engine: `LEVEL` 1 to 9, and the ones that there is one value for,
    /// `ENGINE ZLIB` and `METHOD 8`. All are taken or none.
    pub(super) fn opts_mode(&mut self, options: &Text) {
        let mut words = options.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        if !self.cfg.deflate || !words.next().is_some_and(|mode| mode.eq_ignore_ascii_case(b"Z")) {
            return self.no_as(
                ReplyCode::BAD_PARAMETER,
                SubStatus::ValueUnsupported,
                "That mode has no options here",
            );
        }
        let mut level = self.settings.deflate_level;
        while let Some(name) = words.next() {
            let value = words.next().unwrap_or_default();
            let taken = if name.eq_ignore_ascii_case(b"LEVEL") {
                let number = match value {
                    [digit @ b'1'..=b'9'] => DeflateLevel::new(*digit - b'0'),
                    _ => None,
                };
                level = number.unwrap_or(level);
                number.is_some()
            } else {
                name.eq_ignore_ascii_case(b"ENGINE") && value.eq_ignore_ascii_case(b"ZLIB")
                    || name.eq_ignore_ascii_case(b"METHOD") && value == b"8"
            };
            if !taken {
                return self.no_as(
                    ReplyCode::BAD_PARAMETER,
                    SubStatus::ValueUnsupported,
                    "Options are LEVEL 1 to 9, ENGINE ZLIB and METHOD 8",
                );
            }
        }
        self.settings.deflate_level = level;
        self.done(Answer::good(Good::OKAY, format!("MODE Z ENGINE ZLIB METHOD 8 LEVEL {level}")));
    }
}

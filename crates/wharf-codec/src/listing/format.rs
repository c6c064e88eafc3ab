//! The formats, each with a file of its own.

use bytes::Bytes;

use crate::listing::clues::{Context, Reading};
use crate::listing::line::Line;
use crate::listing::whole::Seen;
use crate::listing::{dos, eplf, headings, unix};

/// A format of `LIST`. Where two take as many lines of a listing, the later one is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Unix,
    UnixUndated,
    Dos,
    Eplf,
}

impl Format {
    pub(super) const ALL: [Self; 4] = [Self::Unix, Self::UnixUndated, Self::Dos, Self::Eplf];

    /// Reads a line, if it has the shape of the format.
    pub(super) fn parse(self, line: &Line<'_>, context: &Context) -> Option<Reading> {
        match self {
            Self::Unix => unix::parse(line, context),
            Self::UnixUndated => unix::parse_undated(line, context),
            Self::Dos => dos::parse(line, context),
            Self::Eplf => eplf::parse(line, context),
        }
    }

    /// Whether a line is one that only servers of this format put above or below their entries.
    pub(super) fn is_heading(self, line: &Line<'_>) -> bool {
        match self {
            Self::Dos => dos::is_frame(line),
            Self::Unix | Self::UnixUndated | Self::Eplf => false,
        }
    }

    /// The format that a system of this name usually has.
    pub(super) fn called(syst: &[u8]) -> Option<Self> {
        headings::system(syst)
    }

    /// The lines of an entry that has more than one.
    pub(super) fn joined(_lines: &[Seen], _at: usize, _context: &Context) -> Option<(Bytes, usize)> {
        None
    }
}

//! LIST, NLST and MLSD: what is listed, and how.

use std::time::Instant;

use wharf_codec::{Pathname, Text};
use wharf_types::{FileOp, ListStyle};

use super::Server;
use crate::contract::{Form, ListingForm};

impl Server {
    pub(super) fn list(&mut self, now: Instant, argument: Option<&Text>) {
        let (all, name) = listing_argument(argument.map_or(&[], Text::as_bytes));
        self.listing(now, "LIST", name, ListStyle::Long { all }, Vec::new());
    }

    pub(super) fn nlst(&mut self, now: Instant, argument: Option<&Text>) {
        let (all, name) = listing_argument(argument.map_or(&[], Text::as_bytes));
        let mut prefix = name.unwrap_or_default().to_vec();
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        self.listing(now, "NLST", name, ListStyle::Names { all }, prefix);
    }

    pub(super) fn mlsd(&mut self, now: Instant, path: Option<&Pathname>) {
        self.listing(now, "MLSD", path.map(Pathname::as_bytes), ListStyle::Facts, Vec::new());
    }

    fn listing(
        &mut self,
        now: Instant,
        verb: &'static str,
        name: Option<&[u8]>,
        style: ListStyle,
        prefix: Vec<u8>,
    ) {
        // XFR-23
        self.settings.rest = 0;
        self.settings.range = None;
        let path = match name {
            Some(name) => {
                let Some(path) = self.resolve_transfer(name) else { return };
                path
            }
            None => self.settings.cwd.clone(),
        };
        // MLSD takes names as they are (LST-11).
        let may_choose = style != ListStyle::Facts && name.is_some_and(has_pattern);
        let within = if may_choose { path.parent() } else { None };
        let form = Form::Listing(ListingForm { facts: self.settings.facts, prefix });
        self.begin(now, verb, FileOp::List { path, style, within }, form);
    }
}

/// Whether the last component may be a pattern.
fn has_pattern(name: &[u8]) -> bool {
    let last = name.rsplit(|b| *b == b'/').next().unwrap_or_default();
    last.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

/// Leading words that begin with a dash are flags; `-a` shows names that begin with a dot (LST-05).
pub(super) fn listing_argument(mut rest: &[u8]) -> (bool, Option<&[u8]>) {
    let mut all = false;
    while let Some(flags) = rest.strip_prefix(b"-") {
        let end = flags.iter().position(|b| *b == b' ').unwrap_or(flags.len());
        let (word, tail) = flags.split_at(end);
        all |= word.contains(&b'a') || word.contains(&b'A');
        rest = tail.strip_prefix(b" ").unwrap_or(tail);
    }
    (all, (!rest.is_empty()).then_some(rest))
}

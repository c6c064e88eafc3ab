//! What `ls` puts around its entries.

use bytes::Bytes;

use crate::listing::line::Line;
use crate::listing::unix;

/// `total 42`, the sum of blocks that `ls` puts on top.
pub(super) fn is_total(line: &[u8]) -> bool {
    line.strip_prefix(b"total ").is_some_and(|rest| rest.trim_ascii().iter().all(u8::is_ascii_digit))
}

/// The sum of `ls` in any language, and the names of directories that `ls -R` writes above their entries: each in front
/// of what it belongs to.
pub(super) fn is_of_ls(line: &Line<'_>, starts: bool, next: Option<&Bytes>) -> bool {
    let is_sum = |line: &Line<'_>| line.len() == 2 && line.word(1).first().is_some_and(u8::is_ascii_digit);
    let is_entry = |line: &Line<'_>| unix::has_mode(line);
    let next = next.map(Line::new);
    let heading = starts && line.raw().ends_with(b":");
    // An empty directory has a heading, and perhaps nothing else.
    let heads = heading
        && next.as_ref().is_none_or(|next| is_sum(next) || is_entry(next) || next.raw().ends_with(b":"));
    let sums = is_sum(line) && next.as_ref().is_none_or(|next| is_entry(next) || next.raw().ends_with(b":"));
    heads || sums
}

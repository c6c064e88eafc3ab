//! What `ls` puts around its entries.

use bytes::Bytes;

use crate::listing::date::is_number;
use crate::listing::line::Line;
use crate::listing::unix;

/// `total 42`, the sum of blocks that `ls` puts on top, perhaps with what is free, or with no number at all.
pub(super) fn is_total(line: &Line<'_>) -> bool {
    let numbers = match line.len() {
        2 => is_number(line.word(1)),
        4 => is_number(line.word(1)) && line.word(2) == b"free" && is_number(line.word(3)),
        7 => line.words(1..4) == [&b"used"[..], b"in", b"directory"] && line.word(5) == b"available",
        count => count == 1,
    };
    line.raw().starts_with(b"total ") && numbers
}

/// The sum of an empty directory in any language: that nothing follows tells that it is one.
pub(super) fn is_lone_sum(line: &Line<'_>) -> bool {
    is_sum(line) && line.last() == b"0"
}

/// One word or two, and a number.
fn is_sum(line: &Line<'_>) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let last = line.len().saturating_sub(1);
    (2..=3).contains(&line.len())
        && line
            .words(0..last)
            .iter()
            .all(|word| word.strip_suffix(b":").unwrap_or(word).iter().all(is_letter))
        && line.last().first().is_some_and(u8::is_ascii_digit)
}

/// The sum of `ls` in any language, and the names of directories that `ls -R` writes above their entries: each in front
/// of what it belongs to.
pub(super) fn is_of_ls(line: &Line<'_>, starts: bool, next: Option<&Bytes>) -> bool {
    let is_entry = |line: &Line<'_>| unix::has_mode(line);
    let next = next.map(Line::new);
    let heading = starts && line.raw().ends_with(b":");
    // An empty directory has a heading, and perhaps nothing else.
    let heads = heading
        && next.as_ref().is_none_or(|next| is_sum(next) || is_entry(next) || next.raw().ends_with(b":"));
    let sums = is_sum(line) && next.as_ref().is_none_or(|next| is_entry(next) || next.raw().ends_with(b":"));
    heads || sums
}

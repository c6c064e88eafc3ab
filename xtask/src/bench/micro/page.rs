//! The file of counts: what they depend on as comments, then a name and a number on each line.

use std::fmt::Write as _;

/// Counts, and on what they were made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Such as compiler and processor, by name.
    pub(super) counted_on: Vec<(String, String)>,
    /// Instructions of one call, by name of the function.
    pub(super) counts: Vec<(String, u64)>,
}

const TITLE: &str =
    "# Instructions of one call, by `cargo xtask bench --micro --write`; docs/micro.md says what they mean.";

impl Page {
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{TITLE}\n");
        // Writing to a string cannot fail.
        for (what, is) in &self.counted_on {
            let _ = writeln!(text, "# {what}: {is}");
        }
        for (name, count) in &self.counts {
            let _ = writeln!(text, "{name}\t{count}");
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        for line in text.lines().filter(|line| *line != TITLE) {
            if let Some(comment) = line.strip_prefix("# ") {
                let (what, is) =
                    comment.split_once(": ").ok_or_else(|| format!("not a circumstance: {line}"))?;
                page.counted_on.push((what.to_owned(), is.to_owned()));
            } else {
                let parts = line.split_once('\t').and_then(|(name, count)| Some((name, count.parse().ok()?)));
                let (name, count) = parts.ok_or_else(|| format!("not a name and a count: {line}"))?;
                page.counts.push((name.to_owned(), count));
            }
        }
        Ok(page)
    }

    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.counts.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let page = Page {
            counted_on: vec![("compiler".into(), "rustc 1.0.0 (a: b)".into())],
            counts: vec![("codec/x".into(), 7), ("session/y".into(), 1_000_000)],
        };
        assert_eq!(Page::from_text(&page.to_text()), Ok(page));
    }

    #[test]
    fn what_is_neither_is_an_error() {
        assert!(Page::from_text("codec/x 7").is_err());
        assert!(Page::from_text("codec/x\tseven").is_err());
        assert!(Page::from_text("# what").is_err());
    }
}

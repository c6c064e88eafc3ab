//! The answer to `FEAT` ([RFC 2389](https://www.rfc-editor.org/rfc/rfc2389) §3).

use alloc::vec::Vec;

use bytes::Bytes;

use crate::reply::Reply;

/// What a server says that it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    lines: Vec<(Bytes, Bytes)>,
}

impl Features {
    /// Reads a reply to `FEAT`. The lines between the first and the last count, with any spaces or tabs in front, in
    /// any case of letters, and with `211-` or `211 ` in front of each as some servers do (I18-03).
    #[must_use]
    pub fn parse(reply: &Reply) -> Self {
        let all: Vec<&[u8]> = reply.text_lines().collect();
        let inner = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
        let mut lines = Vec::with_capacity(inner.len());
        for line in inner {
            let mut line = line.trim_ascii();
            for prefix in [&b"211-"[..], b"211 "] {
                line = line.strip_prefix(prefix).unwrap_or(line).trim_ascii();
            }
            let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
            if let Some((label, parameter)) = line.split_at_checked(end)
                && !label.is_empty()
            {
                lines.push((
                    label.to_ascii_uppercase().into(),
                    Bytes::copy_from_slice(parameter.trim_ascii()),
                ));
            }
        }
        Self { lines }
    }

    /// Whether a label is listed, in any case of letters.
    #[must_use]
    pub fn has(&self, label: &str) -> bool {
        self.param(label).is_some()
    }

    /// What stands behind a label, possibly nothing; `None` when the label is not listed.
    #[must_use]
    pub fn param(&self, label: &str) -> Option<&[u8]> {
        self.params(label).next()
    }

    /// What stands behind each line of a label (`AUTH TLS` and `AUTH SSL` are two lines in the field).
    pub fn params(&self, label: &str) -> impl Iterator<Item = &[u8]> {
        let wanted = move |(name, _): &&(Bytes, Bytes)| name.eq_ignore_ascii_case(label.as_bytes());
        self.lines.iter().filter(wanted).map(|(_, parameter)| &parameter[..])
    }

    /// Every line: label in capitals, and what follows it.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|(label, parameter)| (&label[..], &parameter[..]))
    }

    /// Whether there is no feature at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// `REST STREAM`: transfers can be restarted (RFC 3659 §5).
    #[must_use]
    pub fn rest_stream(&self) -> bool {
        self.word("REST", "STREAM")
    }

    /// `UTF8`: names are UTF-8 (RFC 2640).
    #[must_use]
    pub fn utf8(&self) -> bool {
        self.has("UTF8")
    }

    /// `AUTH TLS`, or a line of `AUTH` that holds a name of it (RFC 4217).
    #[must_use]
    pub fn tls(&self) -> bool {
        ["TLS", "TLS-C", "TLS-P", "SSL"].iter().any(|name| self.word("AUTH", name))
    }

    /// `MLST`, which stands for `MLSD` too (RFC 3659 §7); some servers list only the latter.
    #[must_use]
    pub fn mlst(&self) -> bool {
        self.has("MLST") || self.has("MLSD")
    }

    /// `MDTM` (RFC 3659 §3).
    #[must_use]
    pub fn mdtm(&self) -> bool {
        self.has("MDTM")
    }

    /// `MODE Z`: transfers can be compressed (draft-preston-ftpext-deflate-04).
    #[must_use]
    pub fn mode_z(&self) -> bool {
        self.word("MODE", "Z")
    }

    /// `SIZE` (RFC 3659 §4).
    #[must_use]
    pub fn size(&self) -> bool {
        self.has("SIZE")
    }

    /// `MFMT` (draft-somers-ftp-mfxx).
    #[must_use]
    pub fn mfmt(&self) -> bool {
        self.has("MFMT")
    }

    /// `HOST` (RFC 7151).
    #[must_use]
    pub fn host(&self) -> bool {
        self.has("HOST")
    }

    /// `TVFS`: `/` separates names on any system (RFC 3659 §6).
    #[must_use]
    pub fn tvfs(&self) -> bool {
        self.has("TVFS")
    }

    fn word(&self, label: &str, word: &str) -> bool {
        let separator = |&byte: &u8| matches!(byte, b' ' | b';' | b',');
        self.params(label)
            .any(|text| text.split(separator).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
    }
}

//! Lines of a log in the W3C extended format, ours or another's.

/// Why a line is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// No `#Fields` stands before it.
    NoFields,
    /// It has not as many values as the last `#Fields` names.
    Count,
    /// Date or time are none.
    Time,
    /// It has no method.
    NoMethod,
    /// It holds a control character.
    Control,
    /// It is longer than any line that a server writes.
    TooLong,
}

impl Malformed {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoFields => "no #Fields before it",
            Self::Count => "not as many values as #Fields names",
            Self::Time => "date or time is none",
            Self::NoMethod => "no method",
            Self::Control => "a control character",
            Self::TooLong => "too long",
        }
    }
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a row, and none is kept")]
pub enum Line<'a> {
    /// Nothing, or a directive that changes nothing.
    Nothing,
    /// `#Fields`: from here on rows have these.
    Fields,
    /// `#Remark: lost N`, in which our server owns up to rows that it could not write.
    Lost(u64),
    /// A row.
    Entry(Entry<'a>),
    /// None of these.
    Malformed(Malformed),
}

macro_rules! columns {
    ($($field:ident = $name:literal, $doc:literal;)*) => {
        /// Where the fields of a row stand.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Columns {
            count: usize,
            $($field: Option<usize>,)*
        }

        impl Columns {
            fn read(names: &[u8]) -> Self {
                let mut columns = Self::default();
                for name in words(names) {
                    $(if name.eq_ignore_ascii_case($name.as_bytes()) {
                        columns.$field = Some(columns.count);
                    })*
                    columns.count += 1;
                }
                columns
            }

            fn entry<'a>(&self, values: &[&'a [u8]]) -> Entry<'a> {
                let value = |at: Option<usize>| {
                    values.get(at?).copied().filter(|value| *value != b"-")
                };
                Entry { tells_data: self.data.is_some(), $($field: value(self.$field),)* }
            }
        }

        /// The values of a row, encoded as they stand there; `None` where the log has no such field, or `-` in it.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Entry<'a> {
            /// Whether the log has `x-data`, so that a transfer without one moved nothing.
            pub tells_data: bool,
            $(#[doc = $doc] pub $field: Option<&'a [u8]>,)*
        }
    };
}

columns! {
    date = "date", "`date`, in UTC.";
    time = "time", "`time`, in UTC.";
    client = "c-ip", "`c-ip`.";
    client_port = "c-port", "`c-port`.";
    user = "cs-username", "`cs-username`.";
    server = "s-ip", "`s-ip`.";
    server_port = "s-port", "`s-port`.";
    method = "cs-method", "`cs-method`.";
    stem = "cs-uri-stem", "`cs-uri-stem`.";
    status = "sc-status", "`sc-status`.";
    win32 = "sc-win32-status", "`sc-win32-status`.";
    substatus = "sc-substatus", "`sc-substatus`.";
    session = "x-session", "`x-session`.";
    path = "x-fullpath", "`x-fullpath`.";
    sent = "sc-bytes", "`sc-bytes`.";
    received = "cs-bytes", "`cs-bytes`.";
    took = "time-taken", "`time-taken`, in milliseconds.";
    tls_version = "x-tls-version", "`x-tls-version`; `clear` where there is no TLS.";
    tls_cipher = "x-tls-cipher", "`x-tls-cipher`.";
    data = "x-data", "`x-data`: `clear`, `tls` or `tls-bound`.";
    reason = "x-reason", "`x-reason`.";
}

impl Entry<'_> {
    /// A number, when the value is one.
    #[must_use]
    pub fn number(value: Option<&[u8]>) -> Option<u64> {
        std::str::from_utf8(value?).ok()?.parse().ok()
    }
}

/// Reads line by line.
#[derive(Debug, Clone, Default)]
pub struct Parser {
    columns: Option<Columns>,
}

impl Parser {
    /// The longest line that is looked at.
    pub const MAX_LINE: usize = 64 * 1024;

    /// Reads one line, without its end or with it.
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Line<'a> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Some editors put a mark in front of a file.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.len() > Self::MAX_LINE {
            return Line::Malformed(Malformed::TooLong);
        }
        // What IIS leaves when its machine lost power; a whole block of it is nothing.
        if line.iter().all(|byte| matches!(byte, 0 | b' ')) {
            return Line::Nothing;
        }
        if let Some(directive) = line.strip_prefix(b"#") {
            return self.directive(directive);
        }
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Line::Malformed(Malformed::Control);
        }
        let Some(columns) = &self.columns else { return Line::Malformed(Malformed::NoFields) };
        let values: Vec<&[u8]> = words(line).collect();
        if values.len() != columns.count {
            return Line::Malformed(Malformed::Count);
        }
        let entry = columns.entry(&values);
        let timely = entry.date.is_none_or(|date| is_digits(date, b'-', &[4, 2, 2]))
            && entry.time.is_none_or(|time| is_digits(time, b':', &[2, 2, 2]));
        if !timely {
            Line::Malformed(Malformed::Time)
        } else if entry.method.is_none() {
            Line::Malformed(Malformed::NoMethod)
        } else {
            Line::Entry(entry)
        }
    }

    fn directive<'a>(&mut self, directive: &[u8]) -> Line<'a> {
        let (name, value) = match directive.iter().position(|byte| *byte == b':') {
            Some(at) => directive.split_at(at),
            None => (directive, &b""[..]),
        };
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"Fields") {
            self.columns = Some(Columns::read(value));
            Line::Fields
        } else if name.eq_ignore_ascii_case(b"Remark") {
            Entry::number(value.strip_prefix(b"lost ")).map_or(Line::Nothing, Line::Lost)
        } else {
            Line::Nothing
        }
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

fn is_digits(value: &[u8], between: u8, lengths: &[usize]) -> bool {
    let mut parts = value.split(|byte| *byte == between);
    lengths.iter().all(|length| {
        parts.next().is_some_and(|part| part.len() == *length && part.iter().all(u8::is_ascii_digit))
    }) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_change_and_lines_may_be_bad() {
        let mut parser = Parser::default();
        assert_eq!(parser.line(b"a b"), Line::Malformed(Malformed::NoFields));
        assert_eq!(parser.line(b"#Software: X"), Line::Nothing);
        assert_eq!(parser.line(b"#Fields: date time cs-method sc-status x-other\r\n"), Line::Fields);
        let Line::Entry(entry) = parser.line(b"2026-01-01 00:00:00 PWD 257 -\r\n") else { panic!() };
        assert_eq!((entry.method, entry.status, entry.session), (Some(&b"PWD"[..]), Some(&b"257"[..]), None));
        assert_eq!(parser.line(b"2026-01-01 00:00:00 PWD 257"), Line::Malformed(Malformed::Count));
        assert_eq!(parser.line(b"2026-01-1 00:00:00 PWD 257 -"), Line::Malformed(Malformed::Time));
        assert_eq!(parser.line(b"2026-01-01 00:00:00 - 257 -"), Line::Malformed(Malformed::NoMethod));
        assert_eq!(parser.line(b"2026-01-01 00:00:00 P\x1bWD 257 -"), Line::Malformed(Malformed::Control));
        assert_eq!(parser.line(&[b'x'; Parser::MAX_LINE + 3]), Line::Malformed(Malformed::TooLong));
        assert_eq!(parser.line(&[0; 4096]), Line::Nothing);
        assert_eq!(parser.line(b"#Remark: lost 17"), Line::Lost(17));
        assert_eq!(parser.line(b"#Fields: sc-status cs-method"), Line::Fields);
        let Line::Entry(entry) = parser.line(b"530 USER") else { panic!() };
        assert_eq!((entry.method, entry.date), (Some(&b"USER"[..]), None));
    }
}

//! Lines of a log in the W3C extended format, ours or another's.

use wharf_codec::Verb;

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

impl<'a> Entry<'a> {
    /// IIS 6 and before have the session's number in front of the verb, `[17]USER`, and nowhere else.
    fn take_number(&mut self) {
        let Some(numbered) = self.method.filter(|method| method.starts_with(b"[")) else { return };
        let Some(end) = numbered.iter().position(|byte| *byte == b']') else { return };
        let (number, verb) = numbered.split_at(end + 1);
        let digits = number.get(1..end).unwrap_or_default();
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && !verb.is_empty() {
            self.method = Some(verb);
            self.session = self.session.or(Some(number));
        }
    }

    /// Whether the session is one of IIS 6 or before, told by its number alone.
    pub(crate) fn is_numbered(&self) -> bool {
        self.session.is_some_and(|session| session.starts_with(b"["))
    }

    /// Whether only a log of FTP has such a row.
    fn is_ftp(&self) -> bool {
        const CHANNELS: [&[u8]; 4] =
            [b"ControlChannelOpened", b"ControlChannelClosed", b"DataChannelOpened", b"DataChannelClosed"];
        let method: &'a [u8] = self.method.unwrap_or_default();
        match Verb::from_bytes(method) {
            // Mail has these too, and its servers write the same format.
            Some(Verb::Auth | Verb::Help | Verb::Noop | Verb::Quit) => self.is_numbered(),
            Some(_) => true,
            None => self.is_numbered() || CHANNELS.iter().any(|name| method.eq_ignore_ascii_case(name)),
        }
    }
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
    /// A row was read.
    any: bool,
    /// One that only a log of FTP has.
    ftp: bool,
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
        // Where lines end in CR alone a whole file is one line.
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Line::Malformed(Malformed::Control);
        }
        if let Some(directive) = line.strip_prefix(b"#") {
            return self.directive(directive);
        }
        let Some(columns) = &self.columns else { return Line::Malformed(Malformed::NoFields) };
        let values: Vec<&[u8]> = words(line).collect();
        if values.len() != columns.count {
            return Line::Malformed(Malformed::Count);
        }
        let mut entry = columns.entry(&values);
        entry.take_number();
        let entry = entry;
        let timely = entry.date.is_none_or(|date| is_digits(date, b'-', &[4, 2, 2]))
            && entry.time.is_none_or(|time| is_digits(time, b':', &[2, 2, 2]));
        if !timely {
            Line::Malformed(Malformed::Time)
        } else if entry.method.is_none() {
            Line::Malformed(Malformed::NoMethod)
        } else {
            self.any = true;
            // Fields that only servers for FTP have tell as well.
            self.ftp = self.ftp || columns.session.is_some() || columns.path.is_some() || entry.is_ftp();
            Line::Entry(entry)
        }
    }

    /// Why what was read is no log of an FTP server; to be asked at the end. `None` where it may be one.
    #[must_use]
    pub const fn unusable(&self) -> Option<&'static str> {
        if self.columns.is_none() {
            Some("it has no #Fields, and is no FTP log in the W3C extended format")
        } else if self.any && !self.ftp {
            Some("it tells nothing of FTP, and is no FTP log")
        } else {
            None
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

    #[test]
    fn what_is_no_log_of_ftp_is_known_for_it() {
        let judged = |text: &str| {
            let mut parser = Parser::default();
            for line in text.split_inclusive('\n') {
                parser.line(line.as_bytes());
            }
            parser.unusable()
        };
        let plain = "#Fields: date time c-ip cs-method sc-status\n2026-01-01 00:00:00 192.0.2.1 ";
        for none in [
            "",
            "hello\n",
            "#Software: X\n#Version: 1.0\n",
            "#Fields: cs-method sc-status\rPASS 230\r",
            "#Software: X\r#Fields: cs-method sc-status\rPASS 230\r",
            &format!("{plain}GET 200\n"),
            &format!("{plain}EHLO 250\n{plain}QUIT 221\n"),
        ] {
            assert!(judged(none).is_some(), "{none:?}");
        }
        for log in [
            // A file that has just begun.
            "#Fields: date time cs-method\n",
            &format!("{plain}PASS 230\n"),
            &format!("{plain}pass 230\n"),
            &format!("{plain}GET 500\n{plain}ControlChannelClosed -\n"),
            &format!("{plain}[3]closed 426\n"),
            // A session that does nothing for a whole day.
            "#Fields: cs-method sc-status x-session\nNOOP 200 a\n",
        ] {
            assert_eq!(judged(log), None, "{log:?}");
        }
    }

    #[test]
    fn numbers_of_iis_6_are_sessions() {
        let mut parser = Parser::default();
        parser.line(b"#Fields: cs-method");
        for (line, method, session) in [
            ("[17]USER", "USER", Some("[17]")),
            ("[]USER", "[]USER", None),
            ("[x]USER", "[x]USER", None),
            ("[1]", "[1]", None),
            ("[1", "[1", None),
        ] {
            let Line::Entry(entry) = parser.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((entry.method, entry.session), (Some(method.as_bytes()), session.map(str::as_bytes)));
        }
    }
}

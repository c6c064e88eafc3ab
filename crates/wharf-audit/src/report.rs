//! Findings as lines for people, and as JSON.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::judge::{Finding, Kind, Order, Summary};

/// A finding as one line: `FILE:LINE: KIND: ...`.
#[must_use]
pub fn text_line(finding: &Finding, file: &str) -> String {
    let mut text = format!("{file}:{}: {}: {}", finding.place.line, finding.kind, finding.detail);
    // A string takes whatever is written.
    if finding.count > 1 && finding.kind != Kind::LinesLost {
        let _ = write!(text, " (and {} more lines)", finding.count - 1);
    }
    for (name, value) in [
        ("session", &finding.session),
        ("client", &finding.client),
        ("user", &finding.user),
        ("at", &finding.time),
    ] {
        if !value.is_empty() {
            let _ = write!(text, ", {name} {value}");
        }
    }
    if finding.order != Order::NoLogin {
        let _ = write!(text, ", login {}", finding.order.word());
    }
    text
}

/// Writes one JSON object, finding by finding: `docs/audit.md` has its schema.
#[derive(Debug)]
pub struct JsonReport<W> {
    to: W,
    first: bool,
}

/// A finding as JSON.
#[derive(Serialize)]
struct JsonFinding<'a> {
    kind: &'a str,
    file: &'a str,
    time: &'a str,
    session: &'a str,
    client: &'a str,
    user: &'a str,
    order: &'a str,
    detail: &'a str,
    line: u64,
    count: u64,
}

/// A file that could not be used, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// Its name.
    pub file: String,
    /// Why, in words.
    pub why: String,
}

#[derive(Serialize)]
struct JsonSummary {
    rows: u64,
    sessions: u64,
    unseen: u64,
    transfers: u64,
    findings: u64,
    malformed: u64,
    lost: u64,
    logins: JsonLogins,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct JsonLogins {
    clear: u64,
    auth_first: u64,
    auth_after_login: u64,
    implicit: u64,
}

impl<W: Write> JsonReport<W> {
    /// Begins the object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(mut to: W) -> io::Result<Self> {
        to.write_all(b"{\"schema\":\"wharf-audit-1\",\"findings\":[")?;
        Ok(Self { to, first: true })
    }

    /// One finding, in the file of that name.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finding(&mut self, finding: &Finding, file: &str) -> io::Result<()> {
        self.to.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        self.write(&JsonFinding {
            kind: finding.kind.word(),
            file,
            time: &finding.time,
            session: &finding.session,
            client: &finding.client,
            user: &finding.user,
            order: finding.order.word(),
            detail: &finding.detail,
            line: finding.place.line,
            count: finding.count,
        })
    }

    /// The end of the object, with the files that could not be used.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, summary: &Summary, unusable: &[Unusable]) -> io::Result<()> {
        self.to.write_all(b"\n],\"unusable\":")?;
        self.write(&unusable)?;
        self.to.write_all(b",\n\"summary\":")?;
        self.write(&JsonSummary {
            rows: summary.rows,
            sessions: summary.sessions,
            unseen: summary.unseen,
            transfers: summary.transfers,
            findings: summary.findings,
            malformed: summary.malformed,
            lost: summary.lost,
            logins: JsonLogins {
                clear: summary.clear,
                auth_first: summary.auth_first,
                auth_after_login: summary.auth_after_login,
                implicit: summary.implicit,
            },
        })?;
        self.to.write_all(b"}\n")?;
        self.to.flush()
    }

    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        Ok(value.serialize(&mut Serializer::with_formatter(&mut self.to, Ascii))?)
    }
}

/// JSON of plain ASCII: what a client chose reaches no terminal as more than letters.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            if matches!(c, ' '..='~') {
                write!(to, "{c}")?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

//! Findings as lines for people, and as JSON.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

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
        let mut text = String::from(if self.first { "\n" } else { ",\n" });
        self.first = false;
        text.push('{');
        let words = [
            ("kind", finding.kind.word()),
            ("file", file),
            ("time", &finding.time),
            ("session", &finding.session),
            ("client", &finding.client),
            ("user", &finding.user),
            ("order", finding.order.word()),
            ("detail", &finding.detail),
        ];
        for (name, value) in words {
            text.push_str(&json(name));
            text.push(':');
            text.push_str(&json(value));
            text.push(',');
        }
        let _ = write!(text, "\"line\":{},\"count\":{}}}", finding.place.line, finding.count);
        self.to.write_all(text.as_bytes())
    }

    /// The end of the object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, summary: &Summary) -> io::Result<()> {
        let numbers = [
            ("rows", summary.rows),
            ("sessions", summary.sessions),
            ("transfers", summary.transfers),
            ("findings", summary.findings),
            ("malformed", summary.malformed),
            ("lost", summary.lost),
        ];
        let logins = [
            ("clear", summary.clear),
            ("auth-first", summary.auth_first),
            ("auth-after-login", summary.auth_after_login),
            ("implicit", summary.implicit),
        ];
        let list = |numbers: &[(&str, u64)]| {
            let parts: Vec<String> =
                numbers.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            parts.join(",")
        };
        writeln!(self.to, "\n],\"summary\":{{{},\"logins\":{{{}}}}}}}", list(&numbers), list(&logins))?;
        self.to.flush()
    }
}

/// A JSON string of plain ASCII.
fn json(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            ' '..='~' => text.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(text, "\\u{unit:04x}");
            }),
        }
    }
    text.push('"');
    text
}

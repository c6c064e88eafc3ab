//! Reads a listing on standard input and prints one JSON object per entry, and one for each line that is none.
//!
//! ```text
//! parse_listing [--syst TEXT] [--now RFC3339] < listing
//! ```
//!
//! `--syst` is the text of the server's 215 reply. `--now` completes dates without a year; by default it is the clock's.
//!
//! Every object has the same members:
//!
//! * `name`: null for a line that was not understood; then all but `raw` is null. `.` and `..` are entries like others, and
//!   a name is what the server sent, with any `/` in it: whoever makes a path of it has to look at it first.
//! * `kind`: `file`, `directory`, `symlink`, or `other` (devices, pipes, sockets, and what the listing does not tell).
//! * `size`: bytes, of files alone, as a number. Null if it is not told, or rounded (`1.5K`), or counts records or tracks.
//! * `modified`: as much of RFC 3339 as is known: `2024-01-02`, `2024-01-02T15:04` or `2024-01-02T15:04:05`, with a `Z`
//!   where the listing settles the zone; without one it is the server's own time. Null if the day is not settled.
//! * `target`: where a symbolic link points, or null.
//! * `raw`: the line, or of an entry on several lines all of them.
//!
//! Blank lines, headings and sums (`total 12`, `Directory of ...`) print nothing. Bytes that are no UTF-8 become `\udcNN`,
//! as Python writes them.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{Read as _, Write as _};

use wharf_codec::{
    Civil, EntryKind, ListItem, ListTime, ListingHint, TimePrecision, TimeVal, TimeZone, civil_from_unix,
    parse_listing, unix_from_civil,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut syst, mut now) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--syst" => syst = Some(value),
            "--now" => now = Some(rfc3339(&value).ok_or_else(|| format!("not a time of RFC 3339: {value}"))?),
            _ => return Err(format!("unknown option {argument}").into()),
        }
    }
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    let now = TimeVal::new(now.unwrap_or_else(clock), 0);
    let hint = ListingHint { syst: syst.as_deref().map(str::as_bytes), now };
    let mut out = std::io::stdout().lock();
    for item in parse_listing(&text, &hint) {
        writeln!(out, "{}", Json(&item))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program may read the clock")]
fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `YYYY-MM-DDTHH:MM:SS` with an optional fraction, and `Z` or an offset, as seconds since 1970.
fn rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (date, time): (Vec<_>, Vec<_>) = (date.split('-').collect(), time.split(':').collect());
    let (&[year, month, day], &[hour, minute, second]) = (&date[..], &time[..]) else { return None };
    let civil = Civil {
        year: year.parse().ok()?,
        month: month.parse().ok()?,
        day: day.parse().ok()?,
        hour: hour.parse().ok()?,
        minute: minute.parse().ok()?,
        second: second.parse().ok()?,
    };
    let zone =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let offset = match zone.chars().next()? {
        'Z' | 'z' => 0,
        sign @ ('+' | '-') => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == '-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(unix_from_civil(civil)? - offset)
}

/// An item as a JSON object.
struct Json<'a>(&'a ListItem);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(item) = self;
        let entry = match item {
            ListItem::Entry(entry) => entry,
            ListItem::Unparsed(raw) => {
                f.write_str(
                    "{\"name\":null,\"kind\":null,\"size\":null,\"modified\":null,\"target\":null,\"raw\":",
                )?;
                string(f, raw)?;
                return f.write_str("}");
            }
        };
        let kind = match entry.kind {
            EntryKind::File => "file",
            EntryKind::Directory => "directory",
            EntryKind::Symlink => "symlink",
            EntryKind::Other => "other",
        };
        f.write_str("{\"name\":")?;
        string(f, &entry.name)?;
        write!(f, ",\"kind\":\"{kind}\",\"size\":")?;
        match entry.size {
            Some(size) => write!(f, "{size}")?,
            None => f.write_str("null")?,
        }
        f.write_str(",\"modified\":")?;
        match entry.modified {
            Some(time) => string(f, moment(time)?.as_bytes())?,
            None => f.write_str("null")?,
        }
        f.write_str(",\"target\":")?;
        match &entry.target {
            Some(target) => string(f, target)?,
            None => f.write_str("null")?,
        }
        f.write_str(",\"raw\":")?;
        string(f, &entry.raw)?;
        f.write_str("}")
    }
}

/// As much of a time as is known; `Z` only if the zone is.
fn moment(time: ListTime) -> Result<String, fmt::Error> {
    let Civil { year, month, day, hour, minute, second } = civil_from_unix(time.secs);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if time.precision != TimePrecision::Day {
        write!(text, "T{hour:02}:{minute:02}")?;
    }
    if time.precision == TimePrecision::Second {
        write!(text, ":{second:02}")?;
    }
    if time.zone == TimeZone::Utc {
        text.push('Z');
    }
    Ok(text)
}

/// Bytes as a JSON string.
fn string(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                _ if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => f.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\udc{byte:02x}")?;
        }
    }
    f.write_char('"')
}

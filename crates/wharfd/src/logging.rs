//! The log on standard error.
//!
//! What clients send stands in it, so that every value is escaped: one event is one line, whatever the names are, and
//! no line can be forged.

use std::{fmt, io};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    filter::Targets,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    layer::{Layer, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::args::{Log, LogFormat, LogLevel};

/// Starts the log. A second call changes nothing.
pub(crate) fn start(log: Log) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries below ours are heard when something is wrong only: nobody here answers for what they show.
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("wharf", level);
    // A log that cannot be written must not end the server, so that its errors are not printed (that would panic).
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let lines = match log.format {
        LogFormat::Text => lines.event_format(TextLine).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // It fails when there is a log already.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// An event as `TIME LEVEL TARGET message name=value ...`.
///
/// Values with other than plain characters stand in quotes, as Rust writes strings.
#[derive(Debug)]
struct TextLine;

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut words = Words::default();
        event.record(&mut words);
        SystemTime.format_time(&mut to)?;
        let metadata = event.metadata();
        write!(to, " {:5} {}", metadata.level(), metadata.target())?;
        if !words.message.is_empty() {
            write!(to, " {}", words.message)?;
        }
        writeln!(to, "{}", words.fields)
    }
}

/// The fields of an event, escaped.
#[derive(Debug, Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn add(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = value.chars().map(Shown).fold(String::new(), |text, c| text + &c.to_string());
        } else {
            let quoted = if is_plain(value) { value.to_owned() } else { quoted(value) };
            self.fields.push_str(&format!(" {}={quoted}", field.name()));
        }
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}

/// Whether a value needs no quotes to be told apart from what follows.
fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'=');
    !value.is_empty() && value.bytes().all(plain)
}

fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c => text.push_str(&Shown(c).to_string()),
        }
    }
    text.push('"');
    text
}

/// A character, escaped if it is a control or would be shown as nothing or change the direction of the text.
struct Shown(char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // The standard escape knows what can be shown, but it escapes quotes too.
            c @ ('"' | '\'' | '\\') => write!(f, "{c}"),
            c => write!(f, "{}", c.escape_debug()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The one line that the text log writes for a name, without the time.
    fn logged(name: &str) -> String {
        let lines = Lines::default();
        let to = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || to.clone()).event_format(TextLine);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(target: "wharf::access", session = 7, %name, "command");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.ends_with('Z'), "{time}");
        rest.to_owned()
    }

    #[test]
    fn plain_values_stay_as_they_are() {
        assert_eq!(logged("/a/b.txt"), "INFO  wharf::access command session=7 name=/a/b.txt\n");
        assert_eq!(logged("grüße"), "INFO  wharf::access command session=7 name=\"grüße\"\n");
    }

    #[test]
    fn no_name_makes_a_second_line_or_field() {
        for (name, shown) in [
            ("x\n2026-01-01T00:00:00Z INFO root login", r#""x\n2026-01-01T00:00:00Z INFO root login""#),
            ("a\r\n226 ok", r#""a\r\n226 ok""#),
            ("x code=230", r#""x code=230""#),
            ("x\" code=\"230", r#""x\" code=\"230""#),
            ("x\\\" y", r#""x\\\" y""#),
            ("\u{1b}[2J\u{9b}\u{7f}\0", r#""\u{1b}[2J\u{9b}\u{7f}\0""#),
            ("\u{202e}txt.exe\u{2028}", r#""\u{202e}txt.exe\u{2028}""#),
            ("", r#""""#),
        ] {
            let line = logged(name);
            assert_eq!(line, format!("INFO  wharf::access command session=7 name={shown}\n"), "{name:?}");
            assert_eq!(line.matches('\n').count(), 1);
        }
    }
}

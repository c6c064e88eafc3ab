//! From text to steps.

use std::{sync::Arc, time::Duration};

use wharf_session::{
    policy::TlsRule,
    server::{PeerInfo, ServerConfig, VirtualHost},
};
use wharf_types::{FileErrorKind, VirtualPath};

use super::step::{AnswerStep, DataStep, Step, TlsStep};
use crate::Model;

/// A transcript, read.
#[derive(Debug)]
pub struct Transcript {
    pub(super) config: ServerConfig,
    pub(super) ends: PeerInfo,
    pub(super) files: Vec<(VirtualPath, Option<Vec<u8>>)>,
    pub(super) whole_only: bool,
    pub(super) steps: Vec<(usize, Step)>,
}

impl Transcript {
    /// Reads a transcript; the format stands in the README of this crate.
    ///
    /// # Errors
    /// Names the line that makes no sense.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut this = Self {
            config: ServerConfig::default(),
            ends: PeerInfo {
                peer: "203.0.113.7:40000".parse().expect("an address"),
                local: "192.0.2.1:21".parse().expect("an address"),
            },
            files: Vec::new(),
            whole_only: false,
            steps: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if !line.is_empty() && !line.starts_with('#') {
                this.line(number + 1, line).map_err(|what| format!("line {}: {what}: {line}", number + 1))?;
            }
        }
        Ok(this)
    }

    pub(super) fn model(&self) -> Model {
        let mut model = Model::default();
        for (path, content) in &self.files {
            match content {
                Some(content) => model.put(path, content.clone()),
                None => model.make_directory(path),
            }
        }
        model
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let step = match mark {
            "config" => return self.config(rest),
            "dir" => {
                self.files.push((path(rest)?, None));
                return Ok(());
            }
            "file" => {
                let (name, content) = rest.split_once(' ').unwrap_or((rest, ""));
                self.files.push((path(name)?, Some(unescape(content)?)));
                return Ok(());
            }
            "C:" | "C;" => {
                let mut bytes = unescape(rest)?;
                if mark == "C:" {
                    bytes.extend_from_slice(b"\r\n");
                }
                if let Some((_, Step::Client(before))) = self.steps.last_mut() {
                    before.extend(bytes);
                    return Ok(());
                }
                Step::Client(bytes)
            }
            "S:" if rest == "..." => Step::AnyLines,
            "S:" => Step::Server(rest.to_owned()),
            ">" => Step::Note(rest.to_owned()),
            ">!" => Step::NoNote(rest.to_owned()),
            "T:" => Step::Tls(match rest.split_once(' ').unwrap_or((rest, "")) {
                ("up", "") => TlsStep::Up { server_name: None },
                ("up", name) => TlsStep::Up { server_name: Some(name.to_owned()) },
                ("cleared", "") => TlsStep::Cleared,
                ("failed", "") => TlsStep::Failed,
                ("closed", "") => TlsStep::Closed,
                _ => return Err("not up, cleared, failed or closed".to_owned()),
            }),
            "D:" => Step::Data(data(rest)?),
            "!" => Step::Answer(match rest.split_once(' ').unwrap_or((rest, "")) {
                ("ok", "") => AnswerStep::Well,
                ("late", "") => AnswerStep::Late,
                ("error", kind) => AnswerStep::Error(error_kind(kind)?),
                _ => return Err("not ok, late or error".to_owned()),
            }),
            "hold" => Step::Hold(rest.split_whitespace().map(str::to_owned).collect()),
            "@" => {
                let seconds = rest.strip_prefix('+').and_then(|rest| rest.strip_suffix('s'));
                let seconds: f64 =
                    seconds.and_then(|text| text.parse().ok()).ok_or("not a time such as +2s")?;
                Step::Time(Duration::from_secs_f64(seconds))
            }
            "E:" => Step::Eof,
            "X:" if rest == "shutdown" => Step::Shutdown(false),
            "X:" if rest == "stop" => Step::Shutdown(true),
            "=" => match rest.split_once(' ').unwrap_or((rest, "")) {
                ("closed", "") => Step::Closed(true),
                ("open", "") => Step::Closed(false),
                ("file", rest) => {
                    let (name, content) = rest.split_once(' ').unwrap_or((rest, ""));
                    Step::File(name.to_owned(), Some(unescape(content)?))
                }
                ("none", name) => Step::File(name.to_owned(), None),
                _ => return Err("not closed, open, file or none".to_owned()),
            },
            _ => return Err("unknown mark".to_owned()),
        };
        self.steps.push((number, step));
        Ok(())
    }

    fn config(&mut self, rest: &str) -> Result<(), String> {
        let cfg = &mut self.config;
        for word in rest.split_whitespace() {
            let (key, value) = word.split_once('=').ok_or("not key=value")?;
            match key {
                "control" => cfg.policy.control = value.parse().map_err(|_| "unknown policy")?,
                "data" => cfg.policy.data = value.parse().map_err(|_| "unknown policy")?,
                "dialect" => cfg.policy.dialect = value.parse().map_err(|_| "unknown dialect")?,
                "report" => cfg.policy.report_only = flag(value)?,
                "account" => {
                    let (name, rule) = scope(value)?;
                    Arc::make_mut(&mut cfg.accounts).add(name, rule);
                }
                "network" => {
                    let (network, rule) = scope(value)?;
                    let network = network.parse().map_err(|_| "not a network")?;
                    Arc::make_mut(&mut cfg.networks).add(network, rule);
                }
                "strict-host" => {
                    let (name, rule) = scope(value)?;
                    let mut host = VirtualHost::new(vec![name.to_owned()]);
                    host.tls = rule;
                    cfg.hosts.push(host);
                }
                "implicit" => cfg.implicit = flag(value)?,
                "tls" => cfg.tls_available = flag(value)?,
                "active" => cfg.active = flag(value)?,
                "deflate" => cfg.deflate = flag(value)?,
                "tls-client" => cfg.dangerous_tls_client = flag(value)?,
                "foreign" => cfg.dangerous_foreign_data = flag(value)?,
                "strict" => cfg.strict_close = flag(value)?,
                "host" => cfg.hosts.push(VirtualHost::new(vec![value.to_owned()])),
                "public" => cfg.public_ip = Some(value.parse().map_err(|_| "not an address")?),
                "line" => cfg.limits.max_line = number(value)?,
                "discard" => cfg.limits.max_discard = number(value)?,
                "ahead" => cfg.look_ahead = number(value)?,
                "peer" => self.ends.peer = value.parse().map_err(|_| "not an address")?,
                "local" => self.ends.local = value.parse().map_err(|_| "not an address")?,
                "rmdir" => cfg.site_rmdir = flag(value)?,
                "text" => cfg.max_text_size = number(value)?,
                "hash" => cfg.max_hash = number(value)?,
                "cut" if value == "whole" => self.whole_only = true,
                _ => return Err("unknown key".to_owned()),
            }
        }
        Ok(())
    }
}

fn flag(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("not yes or no".to_owned()),
    }
}

fn number<T: core::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| "not a number".to_owned())
}

pub(super) fn path(name: &str) -> Result<VirtualPath, String> {
    VirtualPath::root().resolve(&unescape(name)?).map_err(|error| error.to_string())
}

fn data(rest: &str) -> Result<DataStep, String> {
    let (what, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok(match what {
        "connect" => DataStep::Connect,
        "secured" => DataStep::Secured,
        "progress" => DataStep::Progress(number(rest)?),
        "send" => DataStep::Send(unescape(rest)?),
        "end" => DataStep::End { clean: true },
        "cut" => DataStep::End { clean: false },
        "take" => DataStep::Take(rest.to_owned()),
        "fail" => DataStep::Fail(rest.to_owned()),
        _ => return Err("unknown event of a data connection".to_owned()),
    })
}

fn error_kind(name: &str) -> Result<FileErrorKind, String> {
    Ok(match name {
        "busy" => FileErrorKind::Busy,
        "denied" => FileErrorKind::Denied,
        "invalid-name" => FileErrorKind::InvalidName,
        "io" => FileErrorKind::Io,
        "no-space" => FileErrorKind::NoSpace,
        "not-found" => FileErrorKind::NotFound,
        "quota" => FileErrorKind::QuotaExceeded,
        _ => return Err("unknown error".to_owned()),
    })
}

/// `\r`, `\n`, `\0`, `\s` (a space), `\\` and `\xff`; `\*100(x)` repeats `x`.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let mark = rest[at + 1..].chars().next().ok_or("a lone backslash")?;
        rest = &rest[at + 1 + mark.len_utf8()..];
        match mark {
            'r' => out.push(b'\r'),
            'n' => out.push(b'\n'),
            's' => out.push(b' '),
            '0' => out.push(0),
            '\\' => out.push(b'\\'),
            'x' => {
                let digits = rest.get(..2).ok_or("two digits follow \\x")?;
                out.push(u8::from_str_radix(digits, 16).map_err(|_| "not hexadecimal")?);
                rest = &rest[2..];
            }
            '*' => {
                let (count, tail) = rest.split_once('(').ok_or("\\*N(text) repeats")?;
                let (part, tail) = tail.split_once(')').ok_or("\\*N(text) repeats")?;
                out.extend(unescape(part)?.repeat(number(count)?));
                rest = tail;
            }
            _ => return Err(format!("unknown escape {mark}")),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// A scope with its rule: `NAME,CONTROL,DATA`, where `-` says nothing.
fn scope(text: &str) -> Result<(&str, TlsRule), String> {
    let [name, control, data] = text.split(',').collect::<Vec<_>>()[..] else {
        return Err("not NAME,CONTROL,DATA".to_owned());
    };
    let control = match control {
        "-" => None,
        word => Some(word.parse().map_err(|_| "unknown policy")?),
    };
    let data = match data {
        "-" => None,
        word => Some(word.parse().map_err(|_| "unknown policy")?),
    };
    Ok((name, TlsRule { control, data }))
}

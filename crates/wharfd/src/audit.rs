//! `wharfd audit`: what logs prove.

use std::{
    cmp::Reverse,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use wharf_server::{
    AuditLine, AuditParser, Finding, JsonReport, Judge, JudgeOptions, Place, Summary, Unusable, text_line,
};

use crate::failure::shown;

/// `wharfd audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Audit logs of wharfd or of the FTP service of Windows, in any order; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write one JSON object; docs/audit.md has its schema.
    #[arg(long)]
    json: bool,
    /// A port where TLS begins with the first byte, besides 990, for logs that do not tell; may be given several times.
    #[arg(long, value_name = "PORT")]
    implicit_port: Vec<u16>,
    /// Let names and passwords of anonymous and ftp cross in clear.
    #[arg(long)]
    ignore_anonymous: bool,
}

/// Reads the logs and tells what it finds: 0 for nothing, 1 for findings, 2 where a file cannot be used.
pub(crate) fn run(asked: &Audit) -> ExitCode {
    let mut options = JudgeOptions::default();
    options.implicit_ports.extend(&asked.implicit_port);
    options.ignore_anonymous = asked.ignore_anonymous;
    let files = in_order(&asked.files);
    let stdout = io::stdout().lock();
    let report =
        if asked.json { JsonReport::begin(stdout).map(Report::Json) } else { Ok(Report::Text(stdout)) };
    let outcome = report.and_then(|report| {
        let mut auditor = Auditor {
            report,
            files: &files,
            judge: Judge::new(options),
            unusable: Vec::new(),
            broken: Ok(()),
        };
        for (number, file) in files.iter().enumerate() {
            if let Err(cause) = auditor.read(number, file) {
                // Where standard error is gone the exit code tells all the same.
                _ = writeln!(io::stderr(), "wharfd: {}: {cause}", name(file));
                auditor.unusable.push(Unusable { file: name(file), why: cause });
            }
        }
        let unusable = !auditor.unusable.is_empty();
        auditor.finish().map(|summary| (summary, unusable))
    });
    match outcome {
        Ok((_, true)) => ExitCode::from(2),
        Ok((summary, false)) => ExitCode::from(u8::from(summary.findings > 0)),
        // Whoever reads the report has read enough, and did not see that there is nothing.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(1),
        Err(error) => {
            _ = writeln!(io::stderr(), "wharfd: the report cannot be written: {error}");
            ExitCode::from(2)
        }
    }
}

enum Report<W: Write> {
    Text(W),
    Json(JsonReport<W>),
}

struct Auditor<'a, W: Write> {
    report: Report<W>,
    files: &'a [PathBuf],
    judge: Judge,
    unusable: Vec<Unusable>,
    /// Whether the report could be written so far.
    broken: io::Result<()>,
}

impl<W: Write> Auditor<'_, W> {
    fn read(&mut self, number: usize, file: &Path) -> Result<(), String> {
        if file == Path::new("-") {
            return self.lines(number, io::stdin().lock());
        }
        let opened = File::open(file).map_err(|error| format!("it cannot be read: {error}"))?;
        self.lines(number, BufReader::with_capacity(1 << 16, opened))
    }

    fn lines(&mut self, file: usize, mut from: impl BufRead) -> Result<(), String> {
        let mut parser = AuditParser::default();
        let mut bytes = Vec::new();
        let mut line = 0;
        let mut before_names = None;
        while self.broken.is_ok()
            && next_line(&mut from, &mut bytes).map_err(|error| format!("it cannot be read: {error}"))?
        {
            line += 1;
            let place = Place { file, line };
            let (report, broken) = (&mut self.report, &mut self.broken);
            let files = self.files;
            let mut tell = |finding: Finding| write(report, broken, files, &finding);
            match parser.line(&bytes) {
                AuditLine::Nothing => {}
                AuditLine::Fields => {
                    if let Some(place) = before_names.take() {
                        // The log was cut at its front: what stood there was not looked at.
                        self.judge.malformed(place, wharf_server::Malformed::NoFields, &mut tell);
                    }
                }
                AuditLine::Lost(count) => self.judge.lost(place, count, &mut tell),
                AuditLine::Entry(entry) => self.judge.entry(place, &entry, &mut tell),
                AuditLine::Malformed(wharf_server::Malformed::NoFields) => {
                    before_names.get_or_insert(place);
                }
                AuditLine::Malformed(why) => self.judge.malformed(place, why, &mut tell),
                _ => {}
            }
        }
        // What was not understood is not clean.
        parser.unusable().map_or(Ok(()), |why| Err(why.to_owned()))
    }

    fn finish(mut self) -> io::Result<Summary> {
        let (report, broken, files) = (&mut self.report, &mut self.broken, self.files);
        let summary = self.judge.finish(&mut |finding| write(report, broken, files, &finding));
        self.broken?;
        match self.report {
            Report::Text(mut to) => {
                writeln!(
                    to,
                    "{} rows, {} sessions, {} transfers; logins: {} in clear, {} before AUTH, {} behind AUTH, {} implicit; {} findings",
                    summary.rows,
                    summary.sessions,
                    summary.transfers,
                    summary.clear,
                    summary.auth_after_login,
                    summary.auth_first,
                    summary.implicit,
                    summary.findings,
                )?;
                if summary.unseen > 0 {
                    writeln!(
                        to,
                        "{} sessions without their beginning: nothing is concluded from what may stand in an earlier file",
                        summary.unseen
                    )?;
                }
                to.flush()?;
            }
            Report::Json(report) => report.finish(&summary, &self.unusable)?,
        }
        Ok(summary)
    }
}

fn write<W: Write>(
    report: &mut Report<W>,
    broken: &mut io::Result<()>,
    files: &[PathBuf],
    finding: &Finding,
) {
    let file = files.get(finding.place.file).map_or_else(String::new, |file| name(file));
    let written = match report {
        Report::Text(to) => writeln!(to, "{}", text_line(finding, &file)),
        Report::Json(report) => report.finding(finding, &file),
    };
    if broken.is_ok() {
        *broken = written;
    }
}

/// The next line, without more of it than is looked at; `false` at the end.
fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    const MOST: usize = AuditParser::MAX_LINE + 3;
    line.clear();
    let read = from.by_ref().take(MOST as u64).read_until(b'\n', line)?;
    if read == MOST && line.last() != Some(&b'\n') {
        from.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

/// Older files first, by the first date in each, and where that is the same by the number behind the name; those without one
/// as they were given, and standard input last.
fn in_order(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut dated: Vec<_> = files
        .iter()
        .map(|file| {
            let date = first_date(file).unwrap_or_default();
            (file == Path::new("-"), date, Reverse(rotation(file)), file)
        })
        .collect();
    dated.sort_by(|(last, date, number, _), (other_last, other, other_number, _)| {
        (last, date, number).cmp(&(other_last, other, other_number))
    });
    dated.into_iter().map(|(_, _, _, file)| file.clone()).collect()
}

/// How many files were begun since that one: `audit.log.2` is older than `audit.log.1`.
fn rotation(file: &Path) -> u64 {
    file.extension().and_then(|end| end.to_str()?.parse().ok()).unwrap_or_default()
}

fn first_date(file: &Path) -> Option<String> {
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut from = BufReader::new(File::open(file).ok()?.take(1 << 16));
    let (mut parser, mut bytes) = (AuditParser::default(), Vec::new());
    while next_line(&mut from, &mut bytes).ok()? {
        if let AuditLine::Entry(entry) = parser.line(&bytes)
            && let (Some(date), Some(time)) = (entry.date, entry.time)
        {
            return Some(format!("{} {}", date.escape_ascii(), time.escape_ascii()));
        }
    }
    None
}

/// A file as the report calls it: as it is, unless that could disturb a terminal or forge a line.
fn name(file: &Path) -> String {
    match file.to_str() {
        Some(plain) if !plain.contains(char::is_control) => plain.to_owned(),
        Some(_) | None => shown(file),
    }
}

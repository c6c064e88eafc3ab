//! Passwords that are typed, or that a program prints: whoever waits for one can be interrupted.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::process::{Output, Stdio};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::process::Command;

/// The most bytes that a password may have.
const LONGEST: u64 = 64 * 1024;

/// Something that blocks, on a thread of its own; nobody waits for the thread when this is dropped.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// One line, without its end; what follows it stays to be read. None at the end of what there is.
pub(crate) fn line(from: impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if from.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Some(line))
}

/// The next line of standard input.
pub(crate) async fn standard_input() -> io::Result<Option<Vec<u8>>> {
    aside(|| line(io::stdin().lock())).await
}

/// What a shell command prints. It ends with the one who waits for it.
pub(crate) async fn command(command: &OsStr) -> io::Result<Output> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    shell.output().await
}

/// Asks on the terminal, which shows nothing of the answer.
pub(crate) async fn ask(question: &str) -> io::Result<Option<Vec<u8>>> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let answers = BufReader::new(terminal.try_clone()?);
    let mut hidden = Hidden::begin(terminal.try_clone()?)?;
    terminal.write_all(question.as_bytes())?;
    let answer = aside(|| line(answers)).await?;
    hidden.answered = answer.is_some();
    Ok(answer)
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
    /// Whether the line came to its end, and the terminal went to the next one.
    answered: bool,
}

impl Hidden {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        let this = Self { terminal, before, answered: false };
        tcsetattr(&this.terminal, OptionalActions::Now, &hidden)?;
        Ok(this)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        if !self.answered {
            let _ = self.terminal.write_all(b"\n");
        }
    }
}

//! Starting the program, and reading what it prints.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStderr, ChildStdin, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Longer than anything here takes, so that a hang fails instead of blocking.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program, to be run below `home`, which stands for the home directory too.
pub(crate) fn wharfd(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharfd"));
    command.current_dir(home).env_clear().env("HOME", home).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(home: &Path, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    wharfd(home).args(words).output().unwrap()
}

/// Runs it to its end with `input` on standard input.
pub(crate) fn run_with_input(home: &Path, words: &[&str], input: &[u8]) -> Output {
    let mut child = wharfd(home)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin: ChildStdin = child.stdin.take().unwrap();
    match stdin.write_all(input) {
        // A program that refuses its arguments may end before it reads anything.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        written => written.unwrap(),
    }
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// A server that runs, and is killed when dropped.
pub(crate) struct Running {
    child: Child,
    /// What it printed at its start.
    pub(crate) printed: String,
    log: mpsc::Receiver<String>,
    /// The lines of the log that were looked at.
    logged: String,
}

impl Running {
    /// Starts `wharfd serve` and waits for the last line that it prints.
    pub(crate) fn start(home: &Path, words: &[&str]) -> Self {
        Self::launch(wharfd(home).arg("serve").args(words), "wharf:")
    }

    /// The same for `wharfd run` with the configuration `wharfd.toml` in `home`.
    pub(crate) fn configured(home: &Path, words: &[&str]) -> Self {
        Self::launch(wharfd(home).args(["run", "--config", "wharfd.toml"]).args(words), "accounts ")
    }

    /// The same where the umask leaves nothing to others.
    pub(crate) fn configured_in_private(home: &Path) -> Self {
        let mut command = Command::new("/bin/sh");
        command.current_dir(home).env_clear().env("HOME", home).stdin(Stdio::null());
        command.args(["-c", "umask 077 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_wharfd")]);
        Self::launch(command.args(["run", "--config", "wharfd.toml"]), "accounts ")
    }

    /// Starts it and waits for the printed line that begins with `last`.
    fn launch(command: &mut Command, last: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let stderr: ChildStderr = child.stderr.take().unwrap();
        let (to, log) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                // Nobody waits for more once the test is over.
                let _ = to.send(line.unwrap());
            }
        });
        let (to, from) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                // Nobody waits for more once the last line was seen.
                let _ = to.send(line.unwrap());
            }
        });
        let mut running = Self { child, printed: String::new(), log, logged: String::new() };
        let last = format!("\n  {last}");
        while !running.printed.contains(&last) {
            let Ok(line) = from.recv_timeout(PATIENCE) else {
                let _ = running.child.kill();
                let printed = running.printed.clone();
                panic!("printed {printed:?}, logged {}", running.rest_of_log());
            };
            running.printed.push_str(&line);
            running.printed.push('\n');
        }
        running
    }

    /// What stands behind a label in the printed lines, the first time.
    pub(crate) fn line(&self, label: &str) -> &str {
        let line = self.printed.lines().find_map(|line| line.strip_prefix("  ")?.strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", self.printed)).trim()
    }

    /// Where it listens, the first time.
    pub(crate) fn address(&self, label: &str) -> SocketAddr {
        self.addresses(label)[0]
    }

    /// Everywhere it listens under a label.
    pub(crate) fn addresses(&self, label: &str) -> Vec<SocketAddr> {
        let rest = |line| str::strip_prefix(str::strip_prefix(line, "  ")?, label);
        let address = |rest: &str| rest.split_whitespace().next().unwrap().parse().unwrap();
        self.printed.lines().filter_map(rest).map(address).collect()
    }

    /// The certificate's fingerprint.
    pub(crate) fn fingerprint(&self) -> &str {
        self.line("certificate").split(' ').next().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Ends it with SIGTERM, and gives its exit code and its log.
    pub(crate) fn end(self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until a line of the log holds `text`, and gives that line.
    pub(crate) fn await_log(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("no {text:?} in {}", self.logged);
            };
            self.logged.push_str(&line);
            self.logged.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The whole log, once the process has ended.
    fn rest_of_log(&mut self) -> String {
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.logged.push_str(&line);
                    self.logged.push('\n');
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return std::mem::take(&mut self.logged),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the server ends within seconds"),
            }
        }
    }

    /// Waits for its end, and gives its exit code and its log.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let log = self.rest_of_log();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bare control connection.
pub(crate) struct Control {
    stream: TcpStream,
    replies: BufReader<TcpStream>,
}

impl Control {
    /// Connects and reads nothing yet.
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { replies: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    /// Connects and reads the greeting.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let mut control = Self::open(address);
        control.reply();
        control
    }

    /// Sends a line and reads the reply to it.
    pub(crate) fn command(&mut self, line: impl AsRef<[u8]>) -> String {
        self.stream.write_all(&[line.as_ref(), b"\r\n"].concat()).unwrap();
        self.reply()
    }

    /// The next reply, to a command that has had one.
    pub(crate) fn last(&mut self) -> String {
        self.reply()
    }

    /// The last line of a reply: three digits and a space (RFC 959 §4.2).
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.replies.read_line(&mut line).unwrap() > 0, "the server closed the connection");
            let last = line.get(..4).and_then(|start| start.strip_suffix(' '));
            if last.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit())) {
                return line.trim_end().to_owned();
            }
        }
    }
}

/// The greeting, and the replies to `lines` one after the other.
pub(crate) fn talk(address: SocketAddr, lines: &[&[u8]]) -> Vec<String> {
    let mut control = Control::open(address);
    let mut replies = vec![control.reply()];
    replies.extend(lines.iter().map(|line| control.command(line)));
    replies
}

//! The program that sets and removes DNS records for DNS-01 (RFC 8555 §8.4).

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::error::{AcmeError, one_line};

/// How long one call may take, the time included that a record needs to be seen everywhere.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How long is listened to what it said before it failed, where its own children keep standard error open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What is kept of that which it says.
const MOST: usize = 4 * 1024;

/// A record that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Record {
    /// The record that proves `domain`.
    pub(crate) fn of(domain: &str, value: String) -> Self {
        Self { name: format!("_acme-challenge.{domain}"), value }
    }
}

/// Runs `HOOK WORD NAME VALUE`, without a shell, in a process group of its own.
///
/// Its exit code counts as soon as it is there, whatever it has left running. What is left running when it takes too long, or
/// when the future is dropped, ends with it.
pub(crate) async fn run(hook: &Path, word: &str, record: &Record) -> Result<(), AcmeError> {
    run_within(PATIENCE, hook, word, record).await
}

async fn run_within(patience: Duration, hook: &Path, word: &str, record: &Record) -> Result<(), AcmeError> {
    let failed = |cause: String| AcmeError::Hook { hook: PathBuf::from(hook), cause };
    let mut child = Command::new(hook)
        .args([word, &record.name, &record.value])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let group = Group::of(&child);
    let mut said = Vec::new();
    let stderr = child.stderr.take();
    let (tell, told) = oneshot::channel();
    let ending = async {
        let ended = timeout(patience, child.wait()).await;
        // Nobody is interested in what was said where all is well.
        let failed = matches!(&ended, Ok(Ok(status)) if !status.success());
        // An error is a standard error that was closed before.
        _ = tell.send(if failed { LAST_WORDS } else { Duration::ZERO });
        ended
    };
    let listening = async {
        tokio::select! {
            _ = listen(stderr, &mut said) => {}
            // A child of its own may hold standard error open for as long as it likes.
            () = async { sleep(told.await.unwrap_or_default()).await } => {}
        }
    };
    let (ended, ()) = tokio::join!(ending, listening);
    let Ok(status) = ended else {
        return Err(failed(format!("{word}: not done after {} seconds, and stopped", patience.as_secs())));
    };
    group.spare();
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let text: String =
        said.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    Err(failed(format!("{word}: {status}; it said: {}", one_line(last))))
}

/// Reads until nobody can write any more, and keeps the end.
async fn listen(stderr: Option<ChildStderr>, said: &mut Vec<u8>) -> io::Result<()> {
    let Some(mut stderr) = stderr else { return Ok(()) };
    while stderr.read_buf(said).await? > 0 {
        said.drain(..said.len().saturating_sub(MOST));
    }
    Ok(())
}

/// Ends the hook and what it has started, when dropped.
struct Group(Option<Pid>);

impl Group {
    /// The group that `child` leads.
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// The leader has ended, and was waited for: what it left may stay, and the number may soon be another group's.
    fn spare(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // An error is a group that is gone.
            _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fake::script;

    fn record() -> Record {
        Record::of("ftp.example.org", "$(touch pwned) 'value'".to_owned())
    }

    #[tokio::test]
    async fn it_is_given_the_record_as_words_and_no_shell_sees_them() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let hook = script(dir.path(), &format!("printf '%s\\n' \"$@\" > {}", out.display()));
        run(&hook, "add", &record()).await.unwrap();
        let told = fs::read_to_string(out).unwrap();
        assert_eq!(told, "add\n_acme-challenge.ftp.example.org\n$(touch pwned) 'value'\n");
    }

    #[tokio::test]
    async fn what_it_says_last_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let hook = script(dir.path(), "echo first >&2\nprintf 'no such \\033zone\\n\\n' >&2\nexit 3");
        let error = run(&hook, "add", &record()).await.unwrap_err().to_string();
        assert!(error.ends_with("add: exit status: 3; it said: no such  zone"), "{error}");
        // However much it said before.
        let hook = script(dir.path(), "seq 1 30000 >&2\necho no such zone >&2\nexit 3");
        let error = run(&hook, "add", &record()).await.unwrap_err().to_string();
        assert!(error.ends_with("it said: no such zone"), "{error}");
        let error = run(&dir.path().join("none"), "add", &record()).await.unwrap_err().to_string();
        assert!(error.contains("cannot be started"), "{error}");
    }

    #[tokio::test]
    async fn it_may_not_take_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let hook = script(dir.path(), "exec sleep 600");
        let error = run_within(Duration::from_millis(50), &hook, "add", &record()).await.unwrap_err();
        assert!(error.to_string().contains("not done after"), "{error}");
    }

    #[tokio::test]
    async fn what_it_leaves_running_is_not_waited_for_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        // The child has standard error from it, as that of ssh with ControlPersist.
        let start = format!("sleep 600 & echo $! > {}", pid.display());
        let long = Duration::from_secs(60);
        let hook = script(dir.path(), &start);
        run_within(long, &hook, "add", &record()).await.unwrap();
        let pid = fs::read_to_string(pid).unwrap();
        assert!(alive(&pid));
        std::process::Command::new("kill").arg(pid.trim()).status().unwrap();
        let hook = script(dir.path(), "sleep 2 &\necho no such zone >&2\nexit 3");
        let error = run_within(long, &hook, "add", &record()).await.unwrap_err().to_string();
        assert!(error.ends_with("add: exit status: 3; it said: no such zone"), "{error}");
    }

    #[tokio::test]
    async fn its_children_end_with_it_when_it_takes_too_long() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let text = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", pid.display());
        let hook = script(dir.path(), &text);
        let record = record();
        let mut running = Box::pin(run(&hook, "add", &record));
        while !pid.exists() {
            timeout(Duration::from_millis(5), &mut running).await.unwrap_err();
        }
        // As at the end of the attempt.
        drop(running);
        let pid = fs::read_to_string(pid).unwrap();
        let gone = async {
            while alive(&pid) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(30), gone).await.expect("it ends");
    }

    /// Whether it runs: what has ended and was not waited for does not.
    fn alive(pid: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }
}

//! The program that sets and removes DNS records for DNS-01 (RFC 8555 §8.4).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink};
use tokio::process::Command;
use tokio::time::timeout;

use crate::error::{AcmeError, one_line};

/// How long one call may take, the time included that a record needs to be seen everywhere.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// What is read of that which it says.
const MOST: u64 = 4 * 1024;

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

/// Runs `HOOK WORD NAME VALUE`, without a shell.
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
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let mut said = Vec::new();
    let mut stderr = child.stderr.take();
    let listening = async {
        let Some(stderr) = &mut stderr else { return Ok(()) };
        stderr.take(MOST).read_to_end(&mut said).await?;
        let mut rest = sink();
        copy(stderr, &mut rest).await?;
        rest.flush().await
    };
    let both = async { tokio::join!(child.wait(), listening) };
    let Ok((status, _)) = timeout(patience, both).await else {
        return Err(failed(format!("{word}: not done after {} seconds, and stopped", patience.as_secs())));
    };
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let text: String =
        said.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    Err(failed(format!("{word}: {status}; it said: {}", one_line(last))))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(dir: &Path, text: &str) -> PathBuf {
        let path = dir.join("hook");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

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
}

//! `put -r`.

use std::cell::Cell;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use wharf_client::Client;

use super::Work;
use super::claims::{Claims, Key};
use crate::args::Copy;
use crate::failure::Failure;
use crate::output;
use crate::progress::Console;
use crate::remote::{self, DEEPEST};
use crate::send::{Send, identity, metadata, shown, sorted};
use crate::targets::Targets;

/// A folder on this side whose directory is there, or a file.
pub(crate) enum SendJob {
    Folder {
        local: PathBuf,
        target: Vec<u8>,
        /// The folders that it lies in, and itself.
        trail: Vec<(u64, u64)>,
    },
    File {
        local: PathBuf,
        target: Vec<u8>,
        size: u64,
    },
}

impl SendJob {
    /// The directory becomes what the folder is.
    pub(crate) fn root(local: PathBuf, target: Vec<u8>) -> Result<Self, Failure> {
        let trail = vec![identity(&metadata(&local)?)];
        Ok(Self::Folder { local, target, trail })
    }

    pub(crate) fn file(local: PathBuf, target: Vec<u8>, metadata: &Metadata) -> Self {
        Self::File { local, target, size: metadata.len() }
    }

    /// The one of its two names that the failure has, if it has one.
    fn shown(&self, failure: &Failure) -> String {
        let (Self::Folder { local, target, .. } | Self::File { local, target, .. }) = self;
        let there = output::name(target).to_string();
        if failure.to_string().contains(&there) { there } else { shown(local) }
    }
}

/// What the connections have in common.
pub(crate) struct SendTree<'a> {
    copy: Copy,
    console: &'a Console,
    no_times: &'a Cell<bool>,
    claims: Claims,
    targets: &'a Targets,
}

impl<'a> SendTree<'a> {
    pub(crate) fn new(
        copy: Copy,
        console: &'a Console,
        no_times: &'a Cell<bool>,
        targets: &'a Targets,
    ) -> Self {
        Self { copy, console, no_times, claims: Claims::default(), targets }
    }

    fn send<'b>(&'b self, client: &'b mut Client) -> Send<'b> {
        Send { client, copy: self.copy, console: self.console, no_times: self.no_times }
    }

    async fn folder(
        &self,
        send: &mut Send<'_>,
        local: &Path,
        target: &[u8],
        trail: &[(u64, u64)],
    ) -> Result<Vec<SendJob>, Failure> {
        let (mut jobs, mut folders) = (Vec::new(), Vec::new());
        for path in sorted(local)? {
            let below = match send.name(&path) {
                Ok(name) => remote::join(target, &name),
                Err(failure) => {
                    send.proceed(Err(failure))?;
                    continue;
                }
            };
            match metadata(&path) {
                Ok(metadata) if metadata.is_file() => jobs.push(SendJob::file(path, below, &metadata)),
                Ok(metadata) if metadata.is_dir() => {
                    let this = identity(&metadata);
                    if trail.contains(&this) || trail.len() >= DEEPEST {
                        let failure =
                            Failure::here(shown(&path), "the folder holds itself, or lies too deep");
                        send.proceed(Err(failure))?;
                        continue;
                    }
                    let trail = trail.iter().copied().chain([this]).collect();
                    folders.push((path, below, trail));
                }
                Ok(_) => self.console.note(&format!("{}: neither file nor folder, skipped", shown(&path))),
                Err(failure) => send.proceed(Err(failure))?,
            }
        }
        let made = remote::ensure_all(send.client, folders.iter().map(|folder| &folder.1)).await?;
        for ((local, target, trail), done) in folders.into_iter().zip(made) {
            if done.is_ok() {
                jobs.push(SendJob::Folder { local, target, trail });
            }
            send.proceed(done)?;
        }
        Ok(jobs)
    }
}

impl Work for SendTree<'_> {
    type Job = SendJob;

    const LATE: bool = true;

    fn size(job: &SendJob) -> Option<u64> {
        match job {
            SendJob::Folder { .. } => None,
            SendJob::File { size, .. } => Some(*size),
        }
    }

    async fn run(&self, client: &mut Client, job: &SendJob) -> Result<Vec<SendJob>, Failure> {
        // What comes of a file's time and size shows with the next file.
        client.defer(true);
        let mut send = self.send(client);
        match job {
            SendJob::Folder { local, target, trail } => self.folder(&mut send, local, target, trail).await,
            SendJob::File { local, target, .. } => {
                self.targets.take((), target, local.as_os_str().as_bytes())?;
                let _claim = self.claims.hold(vec![Key::new((0, 0), target)]).await;
                send.file(local, target).await?;
                Ok(Vec::new())
            }
        }
    }

    async fn settle(&self, client: &mut Client) -> Result<(), Failure> {
        client.flush().await?;
        self.send(client).tell_late();
        Ok(())
    }

    fn failed(&self, job: &SendJob, failure: &Failure) {
        self.console.failed(&failure.about(&job.shown(failure)));
    }

    fn end(&self, job: &SendJob, failure: Failure) -> Failure {
        let shown = job.shown(&failure);
        failure.at(&shown)
    }

    fn is_root(_: &SendJob) -> bool {
        false
    }

    fn detail(&self, text: &str, warning: bool) {
        super::tell(self.console, text, warning);
    }
}

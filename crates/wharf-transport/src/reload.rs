//! Files that are read again when they change, while the server runs.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// How often files are read once more that change while they are read.
const TRIES: usize = 3;

/// What reading files again came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else that reading could come to")]
pub enum Reloaded {
    /// They say what they said before.
    Same,
    /// What they say now is in use; the words say what that is.
    New(String),
}

/// Looks at files every few seconds, and has those that changed read again.
///
/// Files are told apart by what `stat` says of the file at the end of all symbolic links: device, inode, size, and the
/// times of content and permissions. So a link that is set anew, a folder that is exchanged, and a file that is written in
/// place are all seen. A file that cannot be used leaves in use what there was: it is read again at each look until it can
/// be, and the log says once what is wrong, as soon as two looks have found the same, so that what is only half written
/// is not spoken of.
#[derive(Debug)]
pub struct FileWatch {
    every: Duration,
    sources: Vec<Source>,
    bell: ReloadBell,
    counts: Arc<ReloadCounts>,
}

/// Has a [`FileWatch`] read everything again at once. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct ReloadBell(Arc<Notify>);

impl ReloadBell {
    /// Everything is read soon, changed or not, and the log says what became of each.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// How often files were read again.
#[derive(Debug, Default)]
pub struct ReloadCounts {
    renewed: AtomicU64,
    failed: AtomicU64,
}

impl ReloadCounts {
    /// How often something new came into use.
    #[must_use]
    pub fn renewed(&self) -> u64 {
        self.renewed.load(Ordering::Relaxed)
    }

    /// How often the log had to say that files cannot be used.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Default for FileWatch {
    fn default() -> Self {
        Self::new()
    }
}

impl FileWatch {
    /// Watches nothing yet, and looks every five seconds.
    #[must_use]
    pub fn new() -> Self {
        Self { every: INTERVAL, sources: Vec::new(), bell: ReloadBell::default(), counts: Arc::default() }
    }

    /// Looks as often as this.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Has `load` called when one of `files` changed, and once at the beginning, for what changed since they were read.
    ///
    /// `what` stands in the log before what became of it. `load` reads the files, on a thread that may wait, takes what
    /// they say into use wholly or not at all, and says in its error what is wrong and what to do about it.
    ///
    /// Gives what is counted of these files alone.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        files: Vec<PathBuf>,
        load: impl FnMut() -> Result<Reloaded, String> + Send + 'static,
    ) -> Arc<ReloadCounts> {
        let seen = stamps(&files);
        let (what, load) = (what.into(), Box::new(load));
        let counts = Arc::<ReloadCounts>::default();
        let own = Arc::clone(&counts);
        self.sources.push(Source { what, files, seen, again: true, failing: None, own, load });
        counts
    }

    /// What has everything read at once.
    #[must_use]
    pub fn bell(&self) -> ReloadBell {
        self.bell.clone()
    }

    /// What is counted of all files.
    #[must_use]
    pub fn counts(&self) -> Arc<ReloadCounts> {
        Arc::clone(&self.counts)
    }

    /// Watches as long as it is awaited.
    ///
    /// # Cancel safety
    /// A look that is under way when the future is dropped is finished by its thread.
    pub async fn run(mut self) {
        loop {
            let asked = timeout(self.every, self.bell.0.notified()).await.is_ok();
            if let Err(error) = self.look_now(asked).await {
                tracing::error!(%error, "files are not watched any more; start the server anew");
                return;
            }
        }
    }

    /// Looks once, for what changed since the files were read.
    ///
    /// # Errors
    /// A loader panicked.
    pub async fn look(&mut self) -> Result<(), JoinError> {
        self.look_now(false).await
    }

    async fn look_now(&mut self, asked: bool) -> Result<(), JoinError> {
        let (mut sources, counts) = (core::mem::take(&mut self.sources), Arc::clone(&self.counts));
        let looked = spawn_blocking(move || {
            for source in &mut sources {
                source.look(asked, &counts);
            }
            sources
        });
        self.sources = looked.await?;
        Ok(())
    }
}

type Load = Box<dyn FnMut() -> Result<Reloaded, String> + Send>;

struct Source {
    what: String,
    files: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
    /// A change may hide behind another one that the clock of the file system does not tell from it: what changed is read
    /// once more at the next look.
    again: bool,
    failing: Option<Failing>,
    /// What is counted of it alone.
    own: Arc<ReloadCounts>,
    load: Load,
}

struct Failing {
    cause: String,
    told: bool,
}

impl Source {
    fn look(&mut self, asked: bool, counts: &ReloadCounts) {
        let seen = stamps(&self.files);
        let changed = seen != self.seen;
        self.seen = seen;
        if !(changed || asked || self.again || self.failing.is_some()) {
            return;
        }
        self.again = changed;
        let mut outcome = (self.load)();
        // Files that were exchanged while they were read may have been read half old and half new.
        let mut settled = true;
        for _ in 0..TRIES {
            if outcome.is_ok() {
                break;
            }
            let seen = stamps(&self.files);
            settled = seen == self.seen;
            if settled {
                break;
            }
            self.seen = seen;
            self.again = true;
            outcome = (self.load)();
        }
        let what = &self.what;
        match outcome {
            Ok(outcome) => {
                let failed = self.failing.take().is_some_and(|failing| failing.told);
                match outcome {
                    Reloaded::New(words) => {
                        for counts in [counts, &*self.own] {
                            counts.renewed.fetch_add(1, Ordering::Relaxed);
                        }
                        tracing::info!("{what}: {words}");
                    }
                    Reloaded::Same if asked => tracing::info!("{what}: read again, and unchanged"),
                    Reloaded::Same if failed => tracing::info!("{what}: as it was before"),
                    Reloaded::Same => {}
                }
            }
            Err(cause) => {
                let before = self.failing.take();
                let told = before.as_ref().is_some_and(|before| before.told && before.cause == cause);
                let tell = settled && (asked || before.is_some() && !changed && !told);
                if tell {
                    for counts in [counts, &*self.own] {
                        counts.failed.fetch_add(1, Ordering::Relaxed);
                    }
                    tracing::error!("{what}: {cause}; what was in use before stays in use");
                }
                self.failing = Some(Failing { cause, told: told || tell });
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("what", &self.what).field("files", &self.files).finish_non_exhaustive()
    }
}

/// What tells one state of a file from another: device, inode, bytes, and both times with their nanoseconds.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

/// `None` for a file that is not there, or in a folder that may not be entered.
fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |file: &PathBuf| {
        let meta = fs::metadata(file).ok()?;
        let (content, permissions) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Some((meta.dev(), meta.ino(), meta.size(), content, permissions))
    };
    files.iter().map(stamp).collect()
}

//! `get -r`.

use std::cell::RefCell;
use std::sync::Arc;

use wharf_client::{Client, EntryKind, RemoteEntry};

use super::Work;
use super::claims::{Claims, Key};
use crate::args::Copy;
use crate::failure::Failure;
use crate::fetch::Fetch;
use crate::local::{Folder, Name};
use crate::output;
use crate::progress::Console;
use crate::remote::{self, Budget, Trail};
use crate::targets::Targets;

/// A directory on the server, or a file in one.
pub(crate) enum FetchJob {
    Folder {
        path: Vec<u8>,
        /// Where it goes, under a name; without a name this folder becomes what the directory is.
        parent: Arc<Folder>,
        name: Option<Name>,
        trail: Trail,
    },
    File {
        path: Vec<u8>,
        folder: Arc<Folder>,
        name: Name,
        entry: Box<RemoteEntry>,
    },
}

impl FetchJob {
    /// The folder becomes what the directory is.
    pub(crate) fn root(path: Vec<u8>, folder: Folder) -> Self {
        Self::Folder { path, parent: Arc::new(folder), name: None, trail: Trail::default() }
    }

    fn path(&self) -> &[u8] {
        match self {
            Self::Folder { path, .. } | Self::File { path, .. } => path,
        }
    }
}

/// What the connections have in common.
pub(crate) struct FetchTree<'a> {
    copy: Copy,
    console: &'a Console,
    budget: RefCell<Budget>,
    claims: Claims,
    targets: Targets,
}

impl<'a> FetchTree<'a> {
    pub(crate) fn new(copy: Copy, console: &'a Console) -> Self {
        Self {
            copy,
            console,
            budget: RefCell::default(),
            claims: Claims::default(),
            targets: Targets::default(),
        }
    }

    /// What is to be done about an entry of a listing.
    pub(crate) fn below(
        &self,
        fetch: &Fetch<'_>,
        path: Vec<u8>,
        folder: &Arc<Folder>,
        entry: RemoteEntry,
        trail: &Trail,
    ) -> Result<Option<FetchJob>, Failure> {
        let shown = output::name(&path);
        let Some(name) = fetch.name(&entry.name) else {
            self.console.failed(&format!("{shown}: the name does not fit into one folder"));
            return Ok(None);
        };
        let folder = Arc::clone(folder);
        let what = match entry.kind {
            EntryKind::Directory => {
                let trail = trail.down(&path, &entry)?;
                return Ok(Some(FetchJob::Folder { path, parent: folder, name: Some(name), trail }));
            }
            EntryKind::File => {
                return Ok(Some(FetchJob::File { path, folder, name, entry: Box::new(entry) }));
            }
            EntryKind::Symlink => "a link",
            EntryKind::Other => "neither file nor directory",
        };
        self.console.note(&format!("{shown}: {what}, skipped"));
        Ok(None)
    }

    async fn folder(
        &self,
        fetch: &mut Fetch<'_>,
        path: &[u8],
        (parent, name): (&Arc<Folder>, Option<&Name>),
        trail: &Trail,
    ) -> Result<Vec<FetchJob>, Failure> {
        // A folder is opened when its turn comes: few are open at a time, whatever the server lists.
        let folder = match name {
            None => Arc::clone(parent),
            Some(name) => Arc::new(
                parent.child(name).map_err(|error| Failure::local(output::name(path).to_string(), error))?,
            ),
        };
        let mut entries = fetch.client.list(path).await?;
        if let Some(text) = remote::left_out(fetch.client, path) {
            self.console.failed(&text);
        }
        self.budget.borrow_mut().take(entries.len())?;
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        let mut jobs = Vec::new();
        for entry in entries {
            let below = remote::join(path, &entry.name);
            jobs.extend(self.below(fetch, below, &folder, entry, trail)?);
        }
        Ok(jobs)
    }
}

impl Work for FetchTree<'_> {
    type Job = FetchJob;

    const LATE: bool = false;

    fn size(job: &FetchJob) -> Option<u64> {
        match job {
            FetchJob::Folder { .. } => None,
            FetchJob::File { entry, .. } => Some(entry.size.unwrap_or(0)),
        }
    }

    async fn run(&self, client: &mut Client, job: &FetchJob) -> Result<Vec<FetchJob>, Failure> {
        let mut fetch = Fetch { client, copy: self.copy, console: self.console };
        match job {
            FetchJob::Folder { path, parent, name, trail } => {
                self.folder(&mut fetch, path, (parent, name.as_ref()), trail).await
            }
            FetchJob::File { path, folder, name, entry } => {
                let place = folder
                    .identity()
                    .map_err(|error| Failure::local(output::local(name.as_bytes()).to_string(), error))?;
                self.targets.take(place, name.as_bytes(), path)?;
                let names = [name, &name.part()].map(|name| Key::new(place, name.as_bytes()));
                let _claim = self.claims.hold(names.into()).await;
                fetch.file(path, folder, name, Some(entry)).await?;
                Ok(Vec::new())
            }
        }
    }

    async fn settle(&self, _: &mut Client) -> Result<(), Failure> {
        Ok(())
    }

    fn failed(&self, job: &FetchJob, failure: &Failure) {
        self.console.failed(&failure.about(&output::name(job.path()).to_string()));
    }

    fn end(&self, job: &FetchJob, failure: Failure) -> Failure {
        failure.at(&output::name(job.path()).to_string())
    }

    fn is_root(job: &FetchJob) -> bool {
        matches!(job, FetchJob::Folder { name: None, .. })
    }

    fn detail(&self, text: &str, warning: bool) {
        super::tell(self.console, text, warning);
    }
}

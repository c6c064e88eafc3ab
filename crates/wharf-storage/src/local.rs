//! Storage on a local disk.

mod account;
mod base;
mod change;
mod clock;
mod errno;
mod link;
mod listing;
mod medium;
mod mode;
mod owners;
mod partial;
mod pool;
mod read;
mod root;
mod sink;
mod suspensions;
mod temporary;
mod tree;
mod turns;
mod upload;
mod write;

use std::{io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use wharf_types::{FileError, Grant};

use self::{
    account::LocalAccount, owners::Owners, partial::Sweeps, pool::Pool, root::Root, suspensions::Suspensions,
    turns::Turns,
};
use crate::{Durability, Storage, StorageProvider};

/// How a [`LocalDisk`] stores.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "programs fill it in by name, with the rest from the default")]
pub struct LocalOptions {
    /// What a commit promises.
    pub durability: Durability,
    /// The permission bits that new files (of `0o666`) and directories (of `0o777`) do not get.
    pub umask: u32,
    /// How long a cut upload can be continued.
    pub partial_ttl: Duration,
    /// The most calls into the file system at one time.
    pub max_blocking: usize,
}

impl Default for LocalOptions {
    /// Full durability, umask `0o022`, partials for seven days, 64 calls at one time.
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            umask: 0o022,
            partial_ttl: Duration::from_secs(7 * 24 * 60 * 60),
            max_blocking: 64,
        }
    }
}

/// Storage on a local disk, confined to a directory (Linux 5.6 or later).
///
/// Every path is resolved by the kernel below an open handle of that directory, by one call that refuses to leave it
/// (`openat2` with `RESOLVE_BENEATH`); there is no check of strings that a link, swapped in at the right moment, could
/// get around. Links are followed as long as they stay beneath; a write never follows a link in the last component.
///
/// File system calls that may have to wait for a disk run on tokio's blocking threads, so that its methods need a tokio
/// runtime around them.
#[derive(Debug)]
pub struct LocalDisk {
    root: Arc<Root>,
    shared: Arc<Shared>,
}

/// What all accounts of a disk share.
#[derive(Debug)]
struct Shared {
    options: LocalOptions,
    pool: Pool,
    owners: Owners,
    sweeps: Sweeps,
    suspensions: Suspensions,
    /// For opening files whose content has to be copied first, which takes as long as they are.
    copies: Arc<Semaphore>,
    commits: Turns,
}

impl LocalDisk {
    /// Opens the directory `root`.
    ///
    /// # Errors
    /// When it is not there, is no directory, or the kernel has no `openat2`.
    pub fn open(root: &Path, options: LocalOptions) -> io::Result<Self> {
        let root = Arc::new(Root::open(root)?);
        let shared = Shared {
            pool: Pool::new(options.max_blocking),
            owners: Owners::load(),
            sweeps: Sweeps::default(),
            suspensions: Suspensions::default(),
            copies: Arc::new(Semaphore::new((options.max_blocking / 4).max(1))),
            commits: Turns::default(),
            options,
        };
        Ok(Self { root, shared: Arc::new(shared) })
    }

    /// The storage of the account `name`, with the whole disk as its root.
    #[must_use]
    pub fn account(&self, name: &str) -> Arc<dyn Storage> {
        Arc::new(LocalAccount::new(Arc::clone(&self.root), Arc::clone(&self.shared), name))
    }

    /// The storage of the account `name`, with the directory `root` as its root, wherever that lies.
    ///
    /// # Errors
    /// When it is not there or is no directory.
    pub fn account_in(&self, name: &str, root: &Path) -> io::Result<Arc<dyn Storage>> {
        let root = Arc::new(Root::open(root)?);
        Ok(Arc::new(LocalAccount::new(root, Arc::clone(&self.shared), name)))
    }
}

/// The root of a grant: empty for the disk's root, relative for a directory below it (a link or `..` cannot leave it),
/// absolute for any directory of the system.
#[async_trait]
impl StorageProvider for LocalDisk {
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError> {
        if grant.root.is_empty() {
            return Ok(self.account(&grant.account));
        }
        let (disk, path) = (Arc::clone(&self.root), grant.root.clone());
        let open = move || {
            if path.starts_with('/') {
                Root::open(Path::new(&path)).map_err(|error| errno::from_io(&error))
            } else {
                disk.below(path.as_bytes())
            }
        };
        let root = Arc::new(self.shared.pool.run(open).await?);
        Ok(Arc::new(LocalAccount::new(root, Arc::clone(&self.shared), &grant.account)))
    }
}

//! `get`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::AsyncWriteExt as _;
use wharf_client::{Client, EntryKind, Error, Features, Portion, RemoteEntry, TimePrecision, TimeVal};

use crate::args::Copy;
use crate::failure::Failure;
use crate::local::{Folder, Name, split};
use crate::location::Location;
use crate::output;
use crate::overlap::{OVERLAP, Overlap};
use crate::part::Part;
use crate::progress::Console;
use crate::remote::{self, Found, Trail};
use crate::tree::{self, FetchJob, FetchTree};
use crate::verify;

/// One `get`.
pub(crate) struct Fetch<'a> {
    pub(crate) client: &'a mut Client,
    pub(crate) copy: Copy,
    pub(crate) console: &'a Console,
}

impl Fetch<'_> {
    pub(crate) async fn run(&mut self, there: &Location, local: Option<&Path>) -> Result<(), Failure> {
        if local == Some(Path::new("-")) {
            return self.print(there).await;
        }
        if let Some(found) = remote::expand(self.client, there, |text| self.console.failed(text)).await? {
            return self.matches(found, local.unwrap_or_else(|| Path::new("."))).await;
        }
        let path = there.path()?;
        if self.copy.recursive && self.is_tree(&path).await? {
            let target = match local {
                Some(local) => local.to_owned(),
                None => beneath(Path::new("."), &here(self.client, remote::base_name(&path)))?,
            };
            return self.tree(path, &target).await;
        }
        if remote::base_name(&path).is_empty() {
            return Err(Failure::usage("the URL names a directory: -r copies directories"));
        }
        let target = match local {
            None => beneath(Path::new("."), &here(self.client, remote::base_name(&path)))?,
            Some(local) if is_folder(local) => beneath(local, &here(self.client, remote::base_name(&path)))?,
            Some(local) => local.to_owned(),
        };
        if is_special(&target) {
            return self.fill(&path, &target).await;
        }
        let (folder, name) =
            split(&target).ok_or_else(|| Failure::usage(format!("{} names no file", target.display())))?;
        let folder = open(&folder)?;
        self.file(&path, &folder, &name, None).await
    }

    async fn print(&mut self, there: &Location) -> Result<(), Failure> {
        if self.copy.recursive || self.copy.go_on || self.copy.verify {
            return Err(Failure::usage("standard output takes neither -r nor -c nor --verify"));
        }
        crate::browse::cat(self.client, there, self.console).await
    }

    /// Devices and pipes are written to as they are: nothing may take their place.
    async fn fill(&mut self, path: &[u8], target: &Path) -> Result<(), Failure> {
        let fail = |error| Failure::local(target.display().to_string(), error);
        let mut file = tokio::fs::OpenOptions::new().write(true).open(target).await.map_err(fail)?;
        self.client.download(path, 0, &mut file, &mut |_| {}).await?;
        file.flush().await.map_err(fail)
    }

    async fn is_tree(&mut self, path: &[u8]) -> Result<bool, Failure> {
        if path.is_empty() || path.ends_with(b"/") {
            return Ok(true);
        }
        match self.client.stat(path).await.map_err(Failure::from) {
            Ok(entry) if entry.kind == EntryKind::Symlink => remote::is_directory(self.client, path).await,
            Ok(entry) => Ok(entry.kind != EntryKind::File),
            // It may be there all the same, hidden from listings.
            Err(failure) if failure.is_refusal() => {
                if remote::is_directory(self.client, path).await? {
                    Ok(true)
                } else {
                    Err(failure)
                }
            }
            Err(failure) => Err(failure),
        }
    }

    /// Everything that matched, into a folder.
    async fn matches(&mut self, found: Vec<Found>, local: &Path) -> Result<(), Failure> {
        if self.copy.recursive {
            std::fs::create_dir_all(local)
                .map_err(|error| Failure::local(local.display().to_string(), error))?;
        }
        let folder = Arc::new(open(local)?);
        let tree = FetchTree::new(self.copy, self.console);
        let mut jobs = Vec::new();
        for Found { path, entry } in found {
            if entry.kind == EntryKind::Directory && !self.copy.recursive {
                self.console.note(&format!("{}: a directory, skipped without -r", output::name(&path)));
            } else {
                jobs.extend(tree.below(self, path, &folder, entry, &Trail::default())?);
            }
        }
        tree::run(&tree, self.client, self.copy.connections(), jobs).await
    }

    /// The contents of a directory become those of the folder.
    async fn tree(&mut self, path: Vec<u8>, target: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(target)
            .map_err(|error| Failure::local(target.display().to_string(), error))?;
        let root = FetchJob::root(path, open(target)?);
        let tree = FetchTree::new(self.copy, self.console);
        tree::run(&tree, self.client, self.copy.connections(), vec![root]).await
    }

    /// One file, under a temporary name until it is whole.
    pub(crate) async fn file(
        &mut self,
        path: &[u8],
        folder: &Folder,
        name: &Name,
        entry: Option<&RemoteEntry>,
    ) -> Result<(), Failure> {
        let fail = |error| Failure::local(output::local(name.as_bytes()).to_string(), error);
        let mut held = Held(Some(Part::new(folder, name, self.copy.go_on).map_err(fail)?));
        let Some(part) = &held.0 else { return Ok(()) };
        let offset = part.offset;
        let done = self.bring(path, part, name, entry).await;
        let Some(part) = held.0.take() else { return Ok(()) };
        match done {
            Ok(Came::All) => part.finish().map_err(fail),
            Ok(Came::Nothing) => Ok(()),
            Ok(Came::Another(failure)) => {
                part.discard();
                Err(failure)
            }
            Err(failure) => {
                if matches!(&failure, Failure::Remote(Error::Damaged { .. })) {
                    part.cut_back().map_err(fail)?;
                }
                part.give_up(failure.is_refusal());
                let more = matches!(&failure, Failure::Remote(_)) && offset > 0 && failure.is_refusal();
                if more {
                    self.console.note("the server may not continue files: fetch it without -c");
                }
                Err(failure)
            }
        }
    }

    /// What is missing of it.
    async fn bring(
        &mut self,
        path: &[u8],
        part: &Part<'_>,
        name: &Name,
        entry: Option<&RemoteEntry>,
    ) -> Result<Came, Failure> {
        let fail = |error| Failure::local(output::local(name.as_bytes()).to_string(), error);
        // A LIST line may count otherwise: nothing fails by it.
        let mut size = entry.filter(|entry| entry.size_exact).and_then(|entry| entry.size);
        let time = if self.copy.times { self.time_of(path, entry).await? } else { None };
        let offset = part.offset;
        if offset > 0 || (self.copy.go_on && part.is_target()) {
            size = self.client.size(path).await?.or(size);
            match size {
                Some(size) if size < offset => {
                    return Err(fail(std::io::Error::other(format!(
                        "{offset} bytes are here, but the server's file has {size}: it is another file; \
                         fetch it without -c"
                    ))));
                }
                Some(0) => return Ok(Came::Nothing),
                Some(size) if size == offset && part.is_target() => {
                    if self.copy.verify {
                        drop(part.open().map_err(fail)?);
                        // What the user had is not for this program to throw away.
                        verify::same(self.client, path, part.read().map_err(fail)?).await?;
                        return Ok(Came::All);
                    }
                    let goes_on = self.client.features().is_none_or(Features::rest_stream);
                    if size > OVERLAP && !goes_on {
                        return Ok(Came::Nothing);
                    }
                }
                Some(_) | None => {}
            }
        }
        let bar = size.or_else(|| entry.and_then(|entry| entry.size));
        let done = self.receive(path, part, size, time, bar).await;
        // A server that did not leave out what is here has put it there twice.
        if let (Err(_), Some(size)) = (&done, size.filter(|_| offset > 0))
            && part.read().and_then(|file| file.metadata()).is_ok_and(|here| here.len() > size)
        {
            part.cut_back().map_err(fail)?;
        }
        done?;
        if self.copy.verify
            && let Err(failure) = verify::same(self.client, path, part.read().map_err(fail)?).await
        {
            return Ok(Came::Another(failure));
        }
        Ok(Came::All)
    }

    async fn receive(
        &mut self,
        path: &[u8],
        part: &Part<'_>,
        size: Option<u64>,
        time: Option<TimeVal>,
        shown: Option<u64>,
    ) -> Result<(), Failure> {
        let fail = |error| Failure::local(format!("writing {}", output::name(path)), error);
        let file = part.open().map_err(fail)?;
        let here = part.tail(OVERLAP).map_err(fail)?;
        let compared = here.len() as u64;
        let start = part.offset - compared;
        let portion = Portion { offset: start, size };
        let bar = self.console.bar(path, shown, start);
        let mut progress = |bytes| bar.set_position(start + bytes);
        if here.is_empty() {
            let done = self.client.download_file(path, portion, &file, &mut progress).await;
            bar.finish_and_clear();
            done?;
        } else {
            let writer = tokio::fs::File::from_std(file.try_clone().map_err(fail)?);
            let mut to = Overlap::new(here, writer);
            let done = self.client.download(path, portion, &mut to, &mut progress).await;
            bar.finish_and_clear();
            let differs = to.differs();
            // What came is kept, whatever came after it.
            let (_, flushed) = to.finish().await;
            if differs || done.as_ref().is_ok_and(|bytes| *bytes < compared) {
                return Err(another(path));
            }
            done?;
            flushed.map_err(fail)?;
        }
        if let Some(time) = time.and_then(system_time) {
            file.set_modified(time).map_err(fail)?;
        }
        Ok(())
    }

    /// The listing's time where it is exact, else what the server says when asked.
    async fn time_of(
        &mut self,
        path: &[u8],
        entry: Option<&RemoteEntry>,
    ) -> Result<Option<TimeVal>, Failure> {
        let listed = entry.and_then(|entry| entry.modified);
        match listed {
            Some(modified) if modified.utc && modified.precision == TimePrecision::Second => {
                Ok(Some(modified.time))
            }
            _ => Ok(self.client.modified(path).await?),
        }
    }

    /// The name on this side: the same text, or the same bytes where they are none.
    pub(crate) fn name(&self, name: &[u8]) -> Option<Name> {
        Name::new(&here(self.client, name))
    }
}

/// What a download came to.
enum Came {
    /// The whole file is there, and takes its name.
    All,
    /// There was nothing to do.
    Nothing,
    /// What came is not what the server has.
    Another(Failure),
}

/// A download that may be dropped in the middle: what nothing was added to goes back to where it stood.
struct Held<'a>(Option<Part<'a>>);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(part) = self.0.take() {
            part.give_up(false);
        }
    }
}

fn here<'a>(client: &Client, name: &'a [u8]) -> Cow<'a, [u8]> {
    match client.charset().decode(name) {
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Some(Cow::Borrowed(_)) | None => Cow::Borrowed(name),
    }
}

fn open(path: &Path) -> Result<Folder, Failure> {
    Folder::open(path).map_err(|error| Failure::local(path.display().to_string(), error))
}

/// What is here is not the beginning of the server's file.
fn another(path: &[u8]) -> Failure {
    let what = output::name(path).to_string();
    Failure::here(what, "what is here is not the beginning of the server's file: fetch it without -c")
}

fn beneath(folder: &Path, name: &[u8]) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt as _;
    match Name::new(name) {
        Some(name) => Ok(folder.join(std::ffi::OsStr::from_bytes(name.as_bytes()))),
        None => Err(Failure::usage("the URL ends in no name: say where to put it")),
    }
}

fn is_folder(path: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    path.is_dir() || path.as_os_str().as_bytes().ends_with(b"/")
}

fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn system_time(time: TimeVal) -> Option<SystemTime> {
    let since = Duration::from_secs(time.secs().unsigned_abs());
    let second = if time.secs() < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(since)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(since)
    };
    second?.checked_add(Duration::from_nanos(time.nanos().into()))
}

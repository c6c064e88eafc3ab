//! `put`.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tokio::io::AsyncSeekExt as _;
use wharf_client::{Client, TimeVal, Upload};

use crate::args::Copy;
use crate::failure::Failure;
use crate::glob::{Pattern, is_special};
use crate::location::Location;
use crate::output;
use crate::progress::Console;
use crate::remote;
use crate::targets::Targets;
use crate::tree::{self, SendJob, SendTree};
use crate::verify;

/// One `put`.
pub(crate) struct Send<'a> {
    pub(crate) client: &'a mut Client,
    pub(crate) copy: Copy,
    pub(crate) console: &'a Console,
    /// Whether the server has shown that it cannot set times.
    pub(crate) no_times: &'a Cell<bool>,
}

impl Send<'_> {
    pub(crate) async fn run(&mut self, there: &Location, locals: &[PathBuf]) -> Result<(), Failure> {
        let target = there.path()?;
        if let [local] = locals {
            if local == Path::new("-") {
                return self.standard_input(&target).await;
            }
            if metadata(local)?.is_dir() {
                if !self.copy.recursive {
                    return Err(Failure::usage(format!("{} is a folder: -r copies folders", shown(local))));
                }
                let root = self.root(local, target).await?;
                return self.tree(vec![root]).await;
            }
            let target = if target.is_empty() || target.ends_with(b"/") {
                remote::join(&target, &self.name(local)?)
            } else {
                target
            };
            return self.file(local, &target).await;
        }
        let targets = Targets::default();
        let mut jobs = Vec::new();
        for local in locals {
            let target = match self.name(local) {
                Ok(name) => remote::join(&target, &name),
                Err(failure) => {
                    self.proceed(Err(failure))?;
                    continue;
                }
            };
            let done = match metadata(local) {
                Ok(metadata) if metadata.is_dir() && self.copy.recursive => {
                    self.root(local, target).await.map(|root| jobs.push(root))
                }
                Ok(metadata) if metadata.is_dir() => {
                    self.console.note(&format!("{}: a folder, skipped without -r", shown(local)));
                    Ok(())
                }
                Ok(metadata) if self.copy.recursive => {
                    jobs.push(SendJob::file(local.clone(), target, &metadata));
                    Ok(())
                }
                Ok(_) => match targets.take((), &target, local.as_os_str().as_bytes()) {
                    Ok(()) => self.file(local, &target).await,
                    taken => taken,
                },
                Err(failure) => Err(failure),
            };
            self.proceed(done.map_err(|failure| failure.at(&shown(local))))?;
        }
        self.tree(jobs).await
    }

    async fn standard_input(&mut self, target: &[u8]) -> Result<(), Failure> {
        if self.copy.recursive || self.copy.go_on || self.copy.verify {
            return Err(Failure::usage("standard input takes neither -r nor -c nor --verify"));
        }
        if target.is_empty() || target.ends_with(b"/") {
            return Err(Failure::usage("standard input has no name: the URL must end in one"));
        }
        self.client.upload(target, 0, Upload::Store, &mut tokio::io::stdin(), &mut |_| {}).await?;
        Ok(())
    }

    /// A folder whose contents become those of the directory, which is made where it is missing.
    async fn root(&mut self, local: &Path, target: Vec<u8>) -> Result<SendJob, Failure> {
        let target = match target.as_slice() {
            b"/" | b"" => target,
            [start @ .., b'/'] => start.to_vec(),
            _ => target,
        };
        remote::ensure_directory(self.client, &target, true).await?;
        SendJob::root(local.to_owned(), target)
    }

    async fn tree(&mut self, jobs: Vec<SendJob>) -> Result<(), Failure> {
        let targets = Targets::default();
        let tree = SendTree::new(self.copy, self.console, self.no_times, &targets);
        let done = tree::run(&tree, self.client, self.copy.connections(), jobs).await;
        self.client.defer(false);
        done
    }

    /// The last component as the server writes it.
    pub(crate) fn name(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let name = last(path)?;
        match std::str::from_utf8(name) {
            Ok(text) => self
                .client
                .charset()
                .encode(text)
                .map_err(|why| Failure::local(shown(path), io::Error::other(why))),
            // No text, and nobody's character set: bytes are bytes.
            Err(_) => Ok(name.to_vec()),
        }
    }

    pub(crate) fn tell_late(&mut self) {
        for error in self.client.late_failures() {
            self.console.failed(&Failure::from(error).to_string());
        }
    }

    pub(crate) async fn file(&mut self, local: &Path, target: &[u8]) -> Result<(), Failure> {
        let fail = |error| Failure::local(shown(local), error);
        let mut file = tokio::fs::File::open(local).await.map_err(fail)?;
        let metadata = file.metadata().await.map_err(fail)?;
        if metadata.is_dir() {
            return Err(Failure::here(shown(local), "it is a folder"));
        }
        // Pipes have neither a size nor a place to go on at.
        let size = Some(metadata.len()).filter(|_| metadata.is_file());
        let mut offset = 0;
        if self.copy.go_on {
            let size = size.ok_or_else(|| Failure::here(shown(local), "only a file can be continued"))?;
            offset = self.client.size(target).await?.unwrap_or(0);
            if offset > size {
                let why = format!(
                    "it has {size} bytes, but the server's file has {offset}: that is another file; store it without -c"
                );
                return Err(Failure::local(shown(local), io::Error::other(why)));
            }
            file.seek(SeekFrom::Start(offset)).await.map_err(fail)?;
        }
        if offset == 0 || Some(offset) != size {
            let bar = self.console.bar(target, size, offset);
            let mut progress = |bytes| bar.set_position(offset + bytes);
            let done = if metadata.is_file() {
                let file = file.into_std().await;
                self.client.upload_file(target, offset, Upload::Store, &file, &mut progress).await
            } else {
                self.client.upload(target, offset, Upload::Store, &mut file, &mut progress).await
            };
            bar.finish_and_clear();
            let sent = done?;
            if let Some(size) = size.filter(|size| sent < size.saturating_sub(offset)) {
                let why = format!(
                    "it had {size} bytes when it was opened, but only {} could be read: it became shorter while it was \
                     sent; send it again when nobody writes to it",
                    offset.saturating_add(sent)
                );
                return Err(Failure::local(shown(local), io::Error::other(why)));
            }
        }
        if self.copy.verify && metadata.is_file() {
            let here = fs::File::open(local).map_err(|error| Failure::local(shown(local), error))?;
            verify::same(self.client, target, here).await?;
        }
        let kept = self.keep_time(&metadata, target).await;
        self.tell_late();
        kept
    }

    async fn keep_time(&mut self, metadata: &Metadata, target: &[u8]) -> Result<(), Failure> {
        if !self.copy.times || self.no_times.get() || !metadata.is_file() {
            return Ok(());
        }
        let time = TimeVal::new(metadata.mtime(), u32::try_from(metadata.mtime_nsec()).unwrap_or(0));
        match self.client.set_modified(target, time).await.map_err(Failure::from) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.no_times.set(true);
                Ok(())
            }
            // The file is there: that its time is not is no failure.
            Err(failure) if failure.is_refusal() => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn proceed(&self, done: Result<(), Failure>) -> Result<(), Failure> {
        match done {
            Err(failure) if failure.ends_all() => Err(failure),
            Err(failure) => {
                self.console.failed(&failure.to_string());
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Files by name, or by a pattern in the last component where there is no such file.
pub(crate) fn expand(locals: Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for local in locals {
        let name = local.file_name().map_or(&b""[..], OsStr::as_bytes);
        let literal = local == Path::new("-") || fs::symlink_metadata(&local).is_ok();
        if literal || !name.iter().any(|byte| is_special(*byte)) {
            found.push(local);
            continue;
        }
        let text = std::str::from_utf8(name).map_err(|_| Failure::usage("a pattern must be UTF-8"))?;
        let pattern = Pattern::new(text).map_err(Failure::Usage)?;
        let parent =
            local.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let before = found.len();
        found.extend(
            sorted(parent)?.into_iter().filter(|path| last(path).is_ok_and(|name| pattern.matches(name))),
        );
        if found.len() == before {
            return Err(Failure::here(shown(&local), "nothing here matches the pattern"));
        }
    }
    Ok(found)
}

pub(crate) fn metadata(path: &Path) -> Result<Metadata, Failure> {
    fs::metadata(path).map_err(|error| Failure::local(shown(path), error))
}

pub(crate) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

pub(crate) fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries: Vec<PathBuf> = entries.map_err(|error| Failure::local(shown(folder), error))?;
    entries.sort();
    Ok(entries)
}

fn last(path: &Path) -> Result<&[u8], Failure> {
    path.file_name()
        .map(OsStr::as_bytes)
        .ok_or_else(|| Failure::usage(format!("{} has no name of its own: say where to put it", shown(path))))
}

pub(crate) fn shown(path: &Path) -> String {
    output::local(path.as_os_str().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_patterns() {
        let place = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a.txt", "c.md", "[x].txt"] {
            fs::write(place.path().join(name), b"").unwrap();
        }
        let names = |pattern: &str| {
            let found = expand(vec![place.path().join(pattern)])?;
            Ok::<_, Failure>(
                found.iter().map(|path| shown(Path::new(path.file_name().unwrap()))).collect::<Vec<_>>(),
            )
        };
        assert_eq!(names("?.txt").unwrap(), ["a.txt", "b.txt"]);
        assert_eq!(names("[x].txt").unwrap(), ["[x].txt"], "what is there means itself");
        assert_eq!(names("*.rs").unwrap_err().exit_code(), 7);
        assert_eq!(names("gone").unwrap(), ["gone"], "a plain name is looked for later");
    }
}

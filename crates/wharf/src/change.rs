//! `rm`, `mkdir`, `rmdir` and `mv`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use wharf_client::{Client, EntryKind};

use crate::failure::Failure;
use crate::location::{Location, encode};
use crate::output;
use crate::progress::Console;
use crate::remote::{self, Budget, Trail};

fn named(there: &Location) -> Result<Vec<u8>, Failure> {
    let path = there.path()?;
    if path.is_empty() {
        Err(Failure::usage("the URL names nothing but the server: add a path"))
    } else {
        Ok(path)
    }
}

pub(crate) async fn rm(
    client: &mut Client,
    there: &Location,
    recursive: bool,
    console: &Console,
) -> Result<(), Failure> {
    let Some(found) = remote::expand(client, there, |text| console.failed(text)).await? else {
        let path = named(there)?;
        // Something that cannot be looked at may still be removed, as a file.
        if recursive && remote::is_directory(client, &path).await? && !is_link(client, &path).await {
            return tree(client, path, console).await;
        }
        return Ok(client.delete(&path).await?);
    };
    for one in found {
        let done = match one.entry.kind {
            EntryKind::Directory if recursive => tree(client, one.path.clone(), console).await,
            EntryKind::Directory => Err(Failure::usage("it is a directory: -r removes directories")),
            EntryKind::File | EntryKind::Symlink | EntryKind::Other => {
                client.delete(&one.path).await.map_err(Into::into)
            }
        };
        match done {
            Err(failure) if failure.ends_all() => return Err(failure),
            Err(failure) => console.failed(&format!("{}: {failure}", output::name(&one.path))),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// A link goes, not what it points to.
async fn is_link(client: &mut Client, path: &[u8]) -> bool {
    client.stat(path).await.is_ok_and(|entry| entry.kind == EntryKind::Symlink)
}

enum Step {
    Enter(Vec<u8>, Trail),
    Leave(Vec<u8>),
}

/// Files first, then the directories that held them. Links are removed, never followed.
async fn tree(client: &mut Client, root: Vec<u8>, console: &Console) -> Result<(), Failure> {
    let mut steps = vec![Step::Enter(root, Trail::default())];
    let mut budget = Budget::default();
    while let Some(step) = steps.pop() {
        let (path, trail) = match step {
            Step::Enter(path, trail) => (path, trail),
            Step::Leave(path) => {
                proceed(client.rmdir(&path).await, console)?;
                continue;
            }
        };
        let entries = client.list(&path).await?;
        budget.take(entries.len())?;
        steps.push(Step::Leave(path.clone()));
        let mut files = Vec::new();
        for entry in entries {
            let below = remote::join(&path, &entry.name);
            if entry.kind == EntryKind::Directory {
                let trail = trail.down(&below, &entry)?;
                steps.push(Step::Enter(below, trail));
            } else {
                files.push(below);
            }
        }
        for done in client.delete_all(files).await? {
            proceed(done, console)?;
        }
    }
    Ok(())
}

fn proceed(done: Result<(), wharf_client::Error>, console: &Console) -> Result<(), Failure> {
    match done.map_err(Failure::from) {
        Err(failure) if failure.ends_all() => Err(failure),
        Err(failure) => {
            console.failed(&failure.to_string());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

pub(crate) async fn mkdir(client: &mut Client, there: &Location, parents: bool) -> Result<(), Failure> {
    let path = named(there)?;
    if parents {
        return remote::ensure_directory(client, &path, true).await;
    }
    client.mkdir(&path).await?;
    Ok(())
}

pub(crate) async fn rmdir(client: &mut Client, there: &Location) -> Result<(), Failure> {
    Ok(client.rmdir(named(there)?).await?)
}

pub(crate) async fn mv(client: &mut Client, there: &Location, to: Vec<u8>) -> Result<(), Failure> {
    Ok(client.rename(named(there)?, to).await?)
}

/// The new path, checked before anybody is called.
pub(crate) fn new_path(there: &Location, to: &OsStr) -> Result<Vec<u8>, Failure> {
    let path = if to.as_bytes().windows(3).any(|window| window == b"://") {
        let mut other = Location::parse(to)?;
        other.charset = there.charset;
        if other.host != there.host || other.port != there.port {
            return Err(Failure::usage("a file moves on one server only: the new URL is on another one"));
        }
        other.path()?
    } else {
        encode(there.charset, to.as_bytes())?
    };
    if path.is_empty() || path.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(Failure::usage("the new path is empty, or holds CR, LF or NUL"));
    }
    Ok(path)
}

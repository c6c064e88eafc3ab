//! Paths on the server.

use wharf_client::{Client, EntryKind, RemoteEntry};

use crate::failure::Failure;
use crate::location::{Location, Part};
use crate::output;
use crate::progress::Console;

/// How deep directories may lie in each other (E9).
pub(crate) const DEEPEST: usize = 256;
/// The most entries of one tree that are taken (E9).
pub(crate) const MOST: u64 = 10_000_000;

/// A path with what a listing said of it.
pub(crate) struct Found {
    pub(crate) path: Vec<u8>,
    pub(crate) entry: RemoteEntry,
}

/// `name` in `folder`; the login directory has no name.
pub(crate) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    match folder {
        b"" => name.to_vec(),
        [.., b'/'] => [folder, name].concat(),
        _ => [folder, b"/", name].concat(),
    }
}

/// The last component.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    path[..end].rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Everything that matches the URL, in the order of names; `None` where the URL holds no pattern. `odd` hears of listings
/// that are not understood as a whole.
pub(crate) async fn expand(
    client: &mut Client,
    there: &Location,
    odd: impl Fn(&str),
) -> Result<Option<Vec<Found>>, Failure> {
    let Some(parts) = there.pattern()? else { return Ok(None) };
    let mut plain = Vec::new();
    let mut found: Option<Vec<Found>> = None;
    for (number, part) in parts.iter().enumerate() {
        match (part, &mut found) {
            (Part::Plain(name), None) if number == 0 => plain.clone_from(name),
            (Part::Plain(name), None) => plain = [&plain[..], b"/", name].concat(),
            // What stands behind a pattern is looked for in each directory that matched.
            (Part::Plain(name), Some(found)) if !name.is_empty() => {
                let mut next = Vec::new();
                for one in found.drain(..).filter(|one| one.entry.kind == EntryKind::Directory) {
                    let path = join(&one.path, name);
                    match client.stat(&path).await.map_err(Failure::from) {
                        Ok(entry) => next.push(Found { path, entry }),
                        Err(failure) if failure.is_refusal() => {}
                        Err(failure) => return Err(failure),
                    }
                }
                *found = next;
            }
            (Part::Plain(_), Some(_)) => {}
            (Part::Pattern(pattern), _) => {
                let folders = match found.take() {
                    None if number == 1 && plain.is_empty() => vec![b"/".to_vec()],
                    None => vec![std::mem::take(&mut plain)],
                    Some(found) => {
                        let is_folder = |one: &Found| one.entry.kind == EntryKind::Directory;
                        found.into_iter().filter(is_folder).map(|one| one.path).collect()
                    }
                };
                let mut next = Vec::new();
                for folder in folders {
                    let entries = client.list(&folder).await?.into_iter();
                    if let Some(text) = left_out(client, &folder) {
                        odd(&text);
                    }
                    let charset = there.charset;
                    let fits = |entry: &RemoteEntry| match charset.decode(&entry.name) {
                        Some(text) => pattern.matches(text.as_bytes()),
                        None => pattern.matches(&entry.name),
                    };
                    next.extend(entries.filter(fits).map(|entry| {
                        let path = join(&folder, &entry.name);
                        Found { path, entry }
                    }));
                }
                found = Some(next);
            }
        }
    }
    let mut found = found.unwrap_or_default();
    if found.is_empty() {
        return Err(Failure::usage(
            "nothing on the server matches the pattern; %2A %3F %5B stand for plain * ? [",
        ));
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Some(found))
}

/// What the last listing had that is not understood, in words.
pub(crate) fn left_out(client: &Client, folder: &[u8]) -> Option<String> {
    let lines = client.left_out();
    let shown =
        if folder.is_empty() { "the login directory".to_owned() } else { output::name(folder).to_string() };
    (lines > 0).then(|| format!("{shown}: {lines} lines of the listing make no sense or name no file"))
}

/// The files that are left when everything else that matched is passed over with a note.
///
/// # Errors
/// There is none.
pub(crate) fn files(found: Vec<Found>, links: bool, console: &Console) -> Result<Vec<Found>, Failure> {
    let mut files = Vec::new();
    for one in found {
        let what = match one.entry.kind {
            EntryKind::Directory => "a directory",
            EntryKind::Symlink if !links => "a link",
            EntryKind::Other if !links => "neither file nor directory",
            EntryKind::File | EntryKind::Symlink | EntryKind::Other => {
                files.push(one);
                continue;
            }
        };
        console.note(&format!("{}: {what}, skipped", output::name(&one.path)));
    }
    if files.is_empty() {
        return Err(Failure::usage("nothing that matches the pattern is a file"));
    }
    Ok(files)
}

/// Whether the path is a directory, by going there and back.
pub(crate) async fn is_directory(client: &mut Client, path: &[u8]) -> Result<bool, Failure> {
    if path.is_empty() {
        return Ok(true);
    }
    let home = client.pwd().await?;
    match client.cwd(path).await.map_err(Failure::from) {
        Ok(()) => {}
        Err(failure) if failure.is_refusal() => return Ok(false),
        Err(failure) => return Err(failure),
    }
    client.cwd(home).await?;
    Ok(true)
}

/// Makes the directory where it is missing; its parents too if asked.
pub(crate) async fn ensure_directory(client: &mut Client, path: &[u8], parents: bool) -> Result<(), Failure> {
    let Some(refusal) = make(client, path).await? else { return Ok(()) };
    if is_directory(client, path).await? {
        return Ok(());
    }
    if !parents {
        return Err(refusal);
    }
    let mut last = None;
    for end in (1..=path.len()).filter(|end| path.get(*end).is_none_or(|byte| *byte == b'/')) {
        last = make(client, &path[..end]).await?;
    }
    match last {
        Some(refusal) if !is_directory(client, path).await? => Err(refusal),
        _ => Ok(()),
    }
}

/// Makes directories whose parents are there, where they are missing; the results stand in the order of the paths.
pub(crate) async fn ensure_all(
    client: &mut Client,
    paths: impl Iterator<Item = &Vec<u8>> + Clone,
) -> Result<Vec<Result<(), Failure>>, Failure> {
    let mut results = Vec::new();
    let made = client.mkdir_all(paths.clone()).await?;
    for (path, done) in paths.zip(made) {
        results.push(match done.map_err(Failure::from) {
            Err(refusal) if refusal.is_refusal() => {
                if is_directory(client, path).await? {
                    Ok(())
                } else {
                    Err(refusal)
                }
            }
            done => done,
        });
    }
    Ok(results)
}

/// `None` when it was made; the server's refusal may only mean that it is there.
async fn make(client: &mut Client, path: &[u8]) -> Result<Option<Failure>, Failure> {
    if path.is_empty() {
        return Ok(None);
    }
    match client.mkdir(path).await.map_err(Failure::from) {
        Ok(_) => Ok(None),
        Err(failure) if failure.is_refusal() => Ok(Some(failure)),
        Err(failure) => Err(failure),
    }
}

/// The way from the root of a tree to a directory in it: what leads back to its own ancestor is a loop (E9).
#[derive(Clone, Default)]
pub(crate) struct Trail(Vec<(Vec<u8>, Option<Vec<u8>>)>);

impl Trail {
    /// One step further down.
    pub(crate) fn down(&self, path: &[u8], entry: &RemoteEntry) -> Result<Self, Failure> {
        let step = (entry.name.to_vec(), entry.unique.as_ref().map(|unique| unique.to_vec()));
        let shown = output::name(path);
        if step.1.is_some() && self.0.contains(&step) {
            return Err(Failure::Endless(format!("{shown}: the directory holds itself")));
        }
        if self.0.len() >= DEEPEST {
            return Err(Failure::Endless(format!("{shown}: directories lie more than {DEEPEST} deep")));
        }
        let mut trail = self.clone();
        trail.0.push(step);
        Ok(trail)
    }
}

/// Counts entries of a tree.
#[derive(Default)]
pub(crate) struct Budget(u64);

impl Budget {
    pub(crate) fn take(&mut self, entries: usize) -> Result<(), Failure> {
        self.0 = self.0.saturating_add(entries as u64);
        if self.0 > MOST {
            return Err(Failure::Endless(format!("the server's tree has more than {MOST} entries")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_names() {
        assert_eq!(join(b"", b"x"), b"x");
        assert_eq!(join(b"/", b"x"), b"/x");
        assert_eq!(join(b"a", b"x"), b"a/x");
        assert_eq!(join(b"a/", b"x"), b"a/x");
        assert_eq!(base_name(b"a/b/"), b"b");
        assert_eq!(base_name(b"b"), b"b");
        assert_eq!(base_name(b"/"), b"");
    }
}

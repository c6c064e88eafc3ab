//! The names of owners and groups.

use std::{fs, sync::Arc};

use rustix::fs::{FileType, Stat};
use wharf_types::{FileKind, Metadata, Timestamp};

/// The names of owners and groups, as the system's two files have them at the start; others are shown by number.
#[derive(Debug, Default)]
pub(super) struct Owners {
    users: Names,
    groups: Names,
}

/// Names in the order of their ids: there are a few dozen, and every line of a listing looks for two.
type Names = Vec<(u32, Arc<[u8]>)>;

impl Owners {
    pub(super) fn load() -> Self {
        Self { users: names("/etc/passwd"), groups: names("/etc/group") }
    }

    /// What `stat` says, as a server tells it.
    pub(super) fn metadata(&self, stat: &Stat) -> Metadata {
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => FileKind::File,
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::DanglingLink,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => FileKind::Special,
        };
        let size = if kind == FileKind::File { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 };
        let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        let modified = Timestamp { secs: stat.st_mtime, nanos };
        Metadata {
            mode: stat.st_mode & 0o777,
            links: wide(stat.st_nlink).max(1),
            identity: (stat.st_dev, stat.st_ino),
            ..Metadata::owned(
                kind,
                size,
                modified,
                name(&self.users, stat.st_uid),
                name(&self.groups, stat.st_gid),
            )
        }
    }
}

/// The number of links, whose width depends on the processor.
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}

fn name(names: &Names, id: u32) -> Arc<[u8]> {
    let found = names.binary_search_by_key(&id, |(known, _)| *known).ok().and_then(|at| names.get(at));
    found.map_or_else(|| id.to_string().into_bytes().into(), |(_, name)| Arc::clone(name))
}

fn names(file: &str) -> Names {
    // Without the file there are numbers.
    parse(&fs::read(file).unwrap_or_default())
}

fn parse(content: &[u8]) -> Names {
    let entry = |line: &[u8]| {
        let mut fields = line.split(|b| *b == b':');
        let name = fields.next().filter(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))?;
        let id = str::from_utf8(fields.nth(1)?).ok()?.parse().ok()?;
        Some((id, Arc::from(name)))
    };
    let mut names: Names = content.split(|b| *b == b'\n').filter_map(entry).collect();
    // The sort keeps the order of those with the same id.
    names.sort_by_key(|(id, _)| *id);
    names.dedup_by_key(|(id, _)| *id);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_an_id_counts() {
        let names =
            parse(b"root:x:0:0::/:\ntoor:x:0:0::/:\n# note\nodd name:x:7:7\n\nbroken:x\nalice:x:1000:100\n");
        assert_eq!(&*name(&names, 0), b"root");
        assert_eq!(&*name(&names, 1000), b"alice");
        assert_eq!(&*name(&names, 7), b"7");
    }
}

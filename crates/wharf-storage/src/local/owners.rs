//! The names of owners and groups.

use std::{fs, sync::Arc};

use rustix::fs::{FileType, Stat, Statx, makedev};
use wharf_types::{FileKind, Metadata, Timestamp};

/// The names of owners and groups, as the system's two files have them at the start; others are shown by number.
#[derive(Debug, Default)]
pub(super) struct Owners {
    users: Names,
    groups: Names,
}

/// Names in the order of their ids: there are a few dozen, and every line of a listing looks for two.
type Names = Vec<(u32, Arc<[u8]>)>;

/// What the system says of a file, by whichever call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes {
    pub(super) kind: FileType,
    mode: u32,
    size: u64,
    modified: Timestamp,
    links: u64,
    user: u32,
    group: u32,
    pub(super) device: u64,
    number: u64,
}

impl Attributes {
    /// Of something that cannot be looked at: no right to, or its file system fails.
    pub(super) const fn unknown(kind: FileType) -> Self {
        let modified = Timestamp::from_secs(0);
        Self { kind, mode: 0, size: 0, modified, links: 1, user: 0, group: 0, device: 0, number: 0 }
    }
}

impl From<&Stat> for Attributes {
    fn from(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            mode: stat.st_mode,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: Timestamp {
                secs: stat.st_mtime,
                nanos: u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
            },
            links: wide(stat.st_nlink),
            user: stat.st_uid,
            group: stat.st_gid,
            device: stat.st_dev,
            number: stat.st_ino,
        }
    }
}

impl From<&Statx> for Attributes {
    fn from(stat: &Statx) -> Self {
        let mode = u32::from(stat.stx_mode);
        Self {
            kind: FileType::from_raw_mode(mode),
            mode,
            size: stat.stx_size,
            modified: Timestamp { secs: stat.stx_mtime.tv_sec, nanos: stat.stx_mtime.tv_nsec },
            links: wide(stat.stx_nlink),
            user: stat.stx_uid,
            group: stat.stx_gid,
            device: makedev(stat.stx_dev_major, stat.stx_dev_minor),
            number: stat.stx_ino,
        }
    }
}

impl Owners {
    pub(super) fn load() -> Self {
        Self { users: names("/etc/passwd"), groups: names("/etc/group") }
    }

    /// What the system says, as a server tells it.
    pub(super) fn metadata(&self, found: impl Into<Attributes>) -> Metadata {
        let found = found.into();
        let kind = match found.kind {
            FileType::RegularFile => FileKind::File,
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::DanglingLink,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => FileKind::Special,
        };
        let size = if kind == FileKind::File { found.size } else { 0 };
        Metadata {
            mode: found.mode & 0o777,
            links: found.links.max(1),
            identity: (found.device, found.number),
            ..Metadata::owned(
                kind,
                size,
                found.modified,
                name(&self.users, found.user),
                name(&self.groups, found.group),
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

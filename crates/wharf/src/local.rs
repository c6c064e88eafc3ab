//! Files on this side. Names from a server are one component, and are opened below a folder that is held open, without
//! following links: no listing leads out of the target (E4).

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

/// The longest name of usual file systems, in bytes.
const LONGEST: usize = 255;
/// Names of files that are not whole end in this, and begin with a dot.
const PART: &[u8] = b".wharf-part";

/// One component: it names something in a folder, and nothing elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(Vec<u8>);

impl Name {
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let elsewhere =
            matches!(bytes, b"" | b"." | b"..") || bytes.iter().any(|byte| matches!(byte, b'/' | 0));
        if elsewhere { None } else { Some(Self(bytes.to_vec())) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name that a file has while it is not whole.
    pub(crate) fn part(&self) -> Self {
        let kept = self.0.len().min(LONGEST - PART.len() - 1);
        Self([b".", self.0.get(..kept).unwrap_or(&self.0), PART].concat())
    }

    /// Whether it is such a name: another file's part may stand under it.
    pub(crate) fn is_part(&self) -> bool {
        self.0.len() > PART.len() + 1 && self.0.starts_with(b".") && self.0.ends_with(PART)
    }
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Nothing,
    /// A regular file of so many bytes.
    File(u64),
    Other,
}

/// A folder that is held open.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder that the user named; links on the way are the user's own.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self(openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// A folder in this one, made where it is missing.
    pub(crate) fn child(&self, name: &Name) -> io::Result<Self> {
        match mkdirat(&self.0, name.as_bytes(), Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.0, name.as_bytes(), flags, Mode::empty()) {
            Ok(fd) => Ok(Self(fd)),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                Err(io::Error::other("something else than a folder stands there"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What no other folder has: the device and the number on it.
    pub(crate) fn identity(&self) -> io::Result<(u64, u64)> {
        let stat = fstat(&self.0)?;
        Ok((stat.st_dev, stat.st_ino))
    }

    pub(crate) fn standing(&self, name: &Name) -> io::Result<Standing> {
        Ok(match self.stat(name)? {
            Some(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                Standing::File(u64::try_from(stat.st_size).unwrap_or(0))
            }
            Some(_) => Standing::Other,
            None => Standing::Nothing,
        })
    }

    /// The device and the number of what stands under a name.
    pub(crate) fn identity_of(&self, name: &Name) -> io::Result<Option<(u64, u64)>> {
        Ok(self.stat(name)?.map(|stat| (stat.st_dev, stat.st_ino)))
    }

    /// Who may read, write and run what stands under a name.
    pub(crate) fn mode(&self, name: &Name) -> io::Result<Option<u32>> {
        Ok(self.stat(name)?.map(|stat| stat.st_mode & 0o777))
    }

    fn stat(&self, name: &Name) -> io::Result<Option<Stat>> {
        match statat(&self.0, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn open_file(&self, name: &Name, flags: OFlags, mode: Mode) -> io::Result<File> {
        Ok(File::from(openat(&self.0, name.as_bytes(), flags, mode)?))
    }

    pub(crate) fn rename(&self, from: &Name, to: &Name) -> io::Result<()> {
        Ok(renameat(&self.0, from.as_bytes(), &self.0, to.as_bytes())?)
    }

    pub(crate) fn remove(&self, name: &Name) -> io::Result<()> {
        Ok(unlinkat(&self.0, name.as_bytes(), AtFlags::empty())?)
    }
}

/// Splits a path into a folder and a name in it; links at its end are followed, for the user named them.
pub(crate) fn split(path: &Path) -> Option<(PathBuf, Name)> {
    let path = if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    } else {
        path.to_owned()
    };
    let name = Name::new(path.file_name()?.as_bytes())?;
    Some((path.parent().unwrap_or_else(|| Path::new("")).to_owned(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_is_one_component() {
        for wrong in ["", ".", "..", "../x", "/etc/x", "a/b", "a\0b"] {
            assert!(Name::new(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
        for odd in ["~x", "-rf", "|id", "file:", "...", "a\nb"] {
            assert!(Name::new(odd.as_bytes()).is_some(), "{odd:?}");
        }
        assert_eq!(name(&"x".repeat(255)).part().as_bytes().len(), 255);
    }
}

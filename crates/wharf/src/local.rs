//! Files on this side. Names from a server are one component, and are opened below a folder that is held open, without
//! following links: no listing leads out of the target (E4).

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// The longest name of usual file systems, in bytes.
const LONGEST: usize = 255;

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
        let end = b".wharf-part";
        let kept = self.0.len().min(LONGEST - end.len() - 1);
        Self([b".", self.0.get(..kept).unwrap_or(&self.0), end].concat())
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
        match statat(&self.0, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                Ok(Standing::File(u64::try_from(stat.st_size).unwrap_or(0)))
            }
            Ok(_) => Ok(Standing::Other),
            Err(Errno::NOENT) => Ok(Standing::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    fn rename(&self, from: &Name, to: &Name) -> io::Result<()> {
        Ok(renameat(&self.0, from.as_bytes(), &self.0, to.as_bytes())?)
    }
}

/// A download that is not whole yet: it takes its name when it is.
pub(crate) struct Part<'a> {
    folder: &'a Folder,
    name: &'a Name,
    part: Name,
    /// The shorter file that it goes on from had the final name.
    taken: bool,
    /// Bytes that are there.
    pub(crate) offset: u64,
}

impl<'a> Part<'a> {
    /// `go_on` keeps what an earlier download left, else what stands under the final name.
    pub(crate) fn new(folder: &'a Folder, name: &'a Name, go_on: bool) -> io::Result<Self> {
        let mut this = Self { folder, name, part: name.part(), taken: false, offset: 0 };
        let target = folder.standing(name)?;
        if target == Standing::Other {
            return Err(io::Error::other("something else than a file stands there"));
        }
        if go_on {
            match (folder.standing(&this.part)?, target) {
                (Standing::File(bytes), _) => this.offset = bytes,
                (_, Standing::File(bytes)) => (this.offset, this.taken) = (bytes, true),
                _ => {}
            }
        }
        Ok(this)
    }

    /// Whether the file under the final name is what there is.
    pub(crate) fn is_target(&self) -> bool {
        self.taken
    }

    pub(crate) fn open(&self) -> io::Result<File> {
        if self.taken {
            self.folder.rename(self.name, &self.part)?;
        }
        let start = if self.offset == 0 { OFlags::TRUNC } else { OFlags::APPEND };
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | start;
        let file =
            File::from(openat(&self.folder.0, self.part.as_bytes(), flags, Mode::from_raw_mode(0o666))?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("something else than a file stands under its temporary name"));
        }
        Ok(file)
    }

    /// The last bytes of what is there, at most so many, behind [`open`](Self::open).
    pub(crate) fn tail(&self, most: u64) -> io::Result<Vec<u8>> {
        let length = most.min(self.offset);
        let mut bytes = Vec::new();
        if length > 0 {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let mut file = File::from(openat(&self.folder.0, self.part.as_bytes(), flags, Mode::empty())?);
            file.seek(SeekFrom::Start(self.offset - length))?;
            file.take(length).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != length {
                return Err(io::Error::other("the file changes while it is read"));
            }
        }
        Ok(bytes)
    }

    /// Forgets what this download brought, where that is not to be relied on.
    pub(crate) fn cut_back(&self) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(openat(&self.folder.0, self.part.as_bytes(), flags, Mode::empty())?);
        file.set_len(self.offset)
    }

    /// What has come, behind [`open`](Self::open).
    pub(crate) fn read(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(File::from(openat(&self.folder.0, self.part.as_bytes(), flags, Mode::empty())?))
    }

    /// What came is not what the server has: nothing can go on from it.
    pub(crate) fn discard(self) {
        // The error that is reported is the one that led here.
        let _ = unlinkat(&self.folder.0, self.part.as_bytes(), AtFlags::empty());
    }

    /// The download is whole.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.folder.rename(&self.part, self.name)
    }

    /// It is not, and what came is kept to go on from.
    ///
    /// Nothing empty stays, unless the transfer may have begun over a file that is still there: a later `-c` must
    /// not take that older file for the beginning of the new one.
    pub(crate) fn give_up(self, refused: bool) {
        let stands = |name| self.folder.standing(name);
        // The error that is reported is the one that led here.
        let _ = match (stands(&self.part), stands(self.name)) {
            (Ok(Standing::File(0)), Ok(target)) if refused || target == Standing::Nothing => {
                unlinkat(&self.folder.0, self.part.as_bytes(), AtFlags::empty()).map_err(Into::into)
            }
            (Ok(Standing::File(bytes)), _) if self.taken && bytes == self.offset => {
                self.folder.rename(&self.part, self.name)
            }
            _ => Ok(()),
        };
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
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

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

    #[test]
    fn links_lead_nowhere() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), inside.path().join("a")).unwrap();
        symlink(outside.path().join("new"), inside.path().join(".f.wharf-part")).unwrap();
        let folder = Folder::open(inside.path()).unwrap();
        assert!(folder.child(&name("a")).is_err());
        let file = name("f");
        assert!(Part::new(&folder, &file, false).unwrap().open().is_err());
        assert!(Part::new(&folder, &name("a"), false).is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_is_whole_has_its_name() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        let part = Part::new(&folder, &file, false).unwrap();
        part.open().unwrap().write_all(b"abc").unwrap();
        part.give_up(false);
        assert_eq!(folder.standing(&file).unwrap(), Standing::Nothing);
        let part = Part::new(&folder, &file, true).unwrap();
        assert_eq!(part.offset, 3);
        part.open().unwrap().write_all(b"def").unwrap();
        part.finish().unwrap();
        assert_eq!(fs::read(place.path().join("f")).unwrap(), b"abcdef");
    }

    #[test]
    fn an_older_file_is_not_the_beginning_of_a_newer_one() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("f"), b"old").unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        let begin = |go_on| Part::new(&folder, &file, go_on).unwrap();
        let part = begin(false);
        drop(part.open().unwrap());
        part.give_up(false);
        assert!(begin(true).offset == 0 && !begin(true).is_target());
        begin(true).give_up(true);
        assert!(begin(true).offset == 3 && begin(true).is_target(), "a refused one never began");
    }

    #[test]
    fn what_a_damaged_download_brought_is_forgotten() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("f"), b"abc").unwrap();
        let folder = Folder::open(place.path()).unwrap();
        for (file, go_on) in [("f", true), ("g", false)] {
            let file = name(file);
            let part = Part::new(&folder, &file, go_on).unwrap();
            part.open().unwrap().write_all(b"damaged").unwrap();
            part.cut_back().unwrap();
            part.give_up(false);
        }
        assert_eq!(fs::read(place.path().join("f")).unwrap(), b"abc");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_shorter_file_is_continued_and_given_back() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("f"), b"abc").unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        let part = Part::new(&folder, &file, true).unwrap();
        assert!(part.is_target() && part.offset == 3);
        drop(part.open().unwrap());
        part.give_up(false);
        assert_eq!(fs::read(place.path().join("f")).unwrap(), b"abc");
    }
}

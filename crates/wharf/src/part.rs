//! Downloads that are not whole yet.

use std::cell::RefCell;
use std::fs::{File, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use rustix::fs::{Mode, OFlags};

use crate::local::{Folder, Name, Standing};

/// So often the part is opened anew, where it has gone from under its name in between.
const TRIES: usize = 16;

/// A download that is not whole yet: it takes its name when it is.
///
/// Its file is locked as long as it is held: nobody else writes into it, and one that a killed program left is free.
pub(crate) struct Part<'a> {
    folder: &'a Folder,
    name: &'a Name,
    part: Name,
    /// The shorter file that it goes on from had the final name.
    taken: bool,
    /// Who may do what with the file that stands under the final name.
    mode: Option<u32>,
    /// The file, and its lock.
    held: RefCell<Option<File>>,
    /// Bytes that are there.
    pub(crate) offset: u64,
}

impl<'a> Part<'a> {
    /// `go_on` keeps what an earlier download left, else what stands under the final name.
    pub(crate) fn new(folder: &'a Folder, name: &'a Name, go_on: bool) -> io::Result<Self> {
        if name.is_part() {
            return Err(io::Error::other(
                "that is a name for files that are not whole: fetch it by itself, under another name",
            ));
        }
        let target = folder.standing(name)?;
        if target == Standing::Other {
            return Err(io::Error::other("something else than a file stands there"));
        }
        let mode = if target == Standing::Nothing { None } else { folder.mode(name)? };
        let (part, held) = (name.part(), RefCell::new(None));
        let mut this = Self { folder, name, part, taken: false, mode, held, offset: 0 };
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

    /// The file to write to, for this program alone.
    pub(crate) fn open(&self) -> io::Result<File> {
        if self.taken {
            self.folder.rename(self.name, &self.part)?;
        }
        let file = self.locked()?;
        // From here on it is this download's, to give back too.
        *self.held.borrow_mut() = Some(file.try_clone()?);
        if self.offset == 0 {
            file.set_len(0)?;
        } else if (&file).seek(SeekFrom::End(0))? != self.offset {
            return Err(io::Error::other("somebody else has written to its temporary file"));
        }
        if let Some(mode) = self.mode {
            // Nobody reads here what they could not read before.
            set_mode(&file, mode | 0o600)?;
        }
        Ok(file)
    }

    /// What stands under the temporary name, locked. Until then nothing is changed in it: it may be somebody else's.
    fn locked(&self) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let mode = self.mode.map_or(0o666, |mode| mode & 0o666 | 0o600);
        for _ in 0..TRIES {
            let file = self.folder.open_file(&self.part, flags, Mode::from_raw_mode(mode))?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("something else than a file stands under its temporary name"));
            }
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::other("another wharf is fetching it"));
                }
                // A file system without locks: the name is looked at before the end all the same.
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Whoever held it may just have finished: the file has its own name now, and is whole.
            if self.is_in_place(&file)? {
                return Ok(file);
            }
        }
        Err(io::Error::other("others keep replacing its temporary file"))
    }

    fn is_in_place(&self, file: &File) -> io::Result<bool> {
        let metadata = file.metadata()?;
        Ok(self.folder.identity_of(&self.part)? == Some((metadata.dev(), metadata.ino())))
    }

    /// The last bytes of what is there, at most so many, behind [`open`](Self::open).
    pub(crate) fn tail(&self, most: u64) -> io::Result<Vec<u8>> {
        let length = most.min(self.offset);
        let mut bytes = Vec::new();
        if length > 0 {
            let mut file = self.read()?;
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
        self.held.borrow().as_ref().map_or(Ok(()), |file| file.set_len(self.offset))
    }

    /// What has come, behind [`open`](Self::open).
    pub(crate) fn read(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        self.folder.open_file(&self.part, flags, Mode::empty())
    }

    /// What came is not what the server has: nothing can go on from it.
    pub(crate) fn discard(self) {
        // The error that is reported is the one that led here.
        let _ = self.is_ours().and_then(|ours| if ours { self.folder.remove(&self.part) } else { Ok(()) });
    }

    /// The download is whole.
    pub(crate) fn finish(self) -> io::Result<()> {
        if !self.is_ours()? {
            return Err(io::Error::other(
                "somebody has moved its temporary file, or put another one in its place",
            ));
        }
        if let (Some(mode), Some(file)) = (self.mode, self.held.borrow().as_ref()) {
            set_mode(file, mode)?;
        }
        self.folder.rename(&self.part, self.name)
    }

    /// It is not, and what came is kept to go on from.
    ///
    /// Nothing empty stays, unless the transfer may have begun over a file that is still there: a later `-c` must
    /// not take that older file for the beginning of the new one.
    pub(crate) fn give_up(self, refused: bool) {
        if !self.is_ours().unwrap_or(false) {
            return;
        }
        let stands = |name| self.folder.standing(name);
        // The error that is reported is the one that led here.
        let _ = match (stands(&self.part), stands(self.name)) {
            (Ok(Standing::File(0)), Ok(target)) if refused || target == Standing::Nothing => {
                self.folder.remove(&self.part)
            }
            (Ok(Standing::File(bytes)), _) if self.taken && bytes == self.offset => {
                self.folder.rename(&self.part, self.name)
            }
            _ => Ok(()),
        };
    }

    /// Whether what stands under the temporary name is what this download wrote.
    fn is_ours(&self) -> io::Result<bool> {
        self.held.borrow().as_ref().map_or(Ok(false), |file| self.is_in_place(file))
    }
}

/// File systems that know no modes need not be asked.
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    if file.metadata()?.mode() & 0o777 == mode {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(mode))
}

fn has_no_locks(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    error.kind() == io::ErrorKind::Unsupported
        || matches!(
            number,
            Some(rustix::io::Errno::NOLCK | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP)
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    fn name(text: &str) -> Name {
        Name::new(text.as_bytes()).unwrap()
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
        let part = begin(true);
        drop(part.open().unwrap());
        part.give_up(true);
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

    #[test]
    fn two_never_write_the_same_file() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        for go_on in [false, true] {
            let first = Part::new(&folder, &file, false).unwrap();
            first.open().unwrap().write_all(b"abc").unwrap();
            let second = Part::new(&folder, &file, go_on).unwrap();
            assert_eq!(second.open().unwrap_err().to_string(), "another wharf is fetching it");
            second.give_up(true);
            first.finish().unwrap();
            assert_eq!(fs::read(place.path().join("f")).unwrap(), b"abc");
        }
        // Nothing locks what a killed one left.
        fs::write(place.path().join(".f.wharf-part"), b"left by another").unwrap();
        let part = Part::new(&folder, &file, false).unwrap();
        part.open().unwrap().write_all(b"new").unwrap();
        part.finish().unwrap();
        assert_eq!(fs::read(place.path().join("f")).unwrap(), b"new");
    }

    #[test]
    fn a_part_that_was_replaced_does_not_get_the_name() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        let part = Part::new(&folder, &file, false).unwrap();
        part.open().unwrap().write_all(b"abc").unwrap();
        fs::remove_file(place.path().join(".f.wharf-part")).unwrap();
        fs::write(place.path().join(".f.wharf-part"), b"another").unwrap();
        part.finish().unwrap_err();
        assert!(!place.path().join("f").exists());
    }

    #[test]
    fn who_may_read_the_file_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f");
        let folder = Folder::open(place.path()).unwrap();
        let file = name("f");
        for mode in [0o600, 0o440, 0o755] {
            fs::write(&path, b"old").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let part = Part::new(&folder, &file, false).unwrap();
            let written = part.open().unwrap();
            assert_eq!(written.metadata().unwrap().mode() & 0o777, mode | 0o600);
            part.finish().unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, mode);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn nothing_is_fetched_under_the_name_of_a_part() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        assert!(Part::new(&folder, &name(".f.wharf-part"), false).is_err());
        for other in ["f.wharf-part", ".wharf-part", ".f.wharf-part2"] {
            assert!(Part::new(&folder, &name(other), false).is_ok(), "{other}");
        }
    }
}

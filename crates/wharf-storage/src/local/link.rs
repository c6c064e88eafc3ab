//! Symbolic links.

use rustix::fs::{OFlags, symlinkat};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{account::Inner, errno, root::Place};

impl Inner {
    /// Makes the link `link` that leads to `target`.
    ///
    /// Neither path leads over another link, so that the relative text of the new one means on the disk what it means
    /// to the account; and the target is there, below the root.
    pub(super) fn make_link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<(), FileError> {
        let (Some(parent), Some(name)) = (link.parent(), link.file_name()) else {
            return Err(FileError::new(FileErrorKind::Exists));
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let dir = self.root.open_plain(&parent, flags).map_err(errno::path)?;
        let place = Place { dir, name: name.to_vec() };
        self.root.open_plain(target, OFlags::PATH).map_err(errno::path)?;
        let text = relative(target, &parent);
        symlinkat(text.as_slice(), &place.dir, place.name.as_slice()).map_err(errno::path)?;
        self.sync_names(&place.dir)
    }
}

/// How `target` is written from the directory `from`.
fn relative(target: &VirtualPath, from: &VirtualPath) -> Vec<u8> {
    let shared = target.components().zip(from.components()).take_while(|(one, other)| one == other).count();
    let up = core::iter::repeat_n(&b".."[..], from.components().count() - shared);
    let parts: Vec<&[u8]> = up.chain(target.components().skip(shared)).collect();
    if parts.is_empty() { b".".to_vec() } else { parts.join(&b'/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative() {
        let path = |name: &str| VirtualPath::root().resolve(name.as_bytes()).unwrap();
        for (target, from, text) in [
            ("/a", "/", "a"),
            ("/a/b", "/a", "b"),
            ("/a", "/b/c", "../../a"),
            ("/a/x", "/a/b/c", "../../x"),
            ("/", "/a", ".."),
            ("/a", "/a", "."),
        ] {
            assert_eq!(relative(&path(target), &path(from)), text.as_bytes(), "{target} from {from}");
        }
    }
}

//! Arguments are checked before a byte is sent.

use bytes::Bytes;
use wharf_codec::{Pathname, Text, TextError, UserName};

use crate::Error;

pub(super) fn path(bytes: impl AsRef<[u8]>) -> Result<Pathname, Error> {
    Pathname::copy_from(bytes.as_ref()).map_err(|why| Error::InvalidArgument { what: "the path", why })
}

/// A directory; an empty name means the current one.
pub(super) fn directory(bytes: impl AsRef<[u8]>) -> Result<Option<Pathname>, Error> {
    match Pathname::copy_from(bytes.as_ref()) {
        Ok(path) => Ok(Some(path)),
        Err(TextError::Empty) => Ok(None),
        Err(why) => Err(Error::InvalidArgument { what: "the path", why }),
    }
}

pub(super) fn user_name(name: &str) -> Result<UserName, Error> {
    UserName::copy_from(name.as_bytes()).map_err(|why| Error::InvalidArgument { what: "the user name", why })
}

/// A free argument made of parts that were checked before.
pub(super) fn text(parts: &[&[u8]]) -> Result<Text, Error> {
    Text::new(Bytes::from(parts.concat())).map_err(|why| Error::InvalidArgument { what: "the argument", why })
}

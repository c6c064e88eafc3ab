//! What takes one command or two, and no data connection.

use bytes::Bytes;
use wharf_codec::{Command, Reply, ReplyCode, Representation, TimeVal, parse_257};

use super::{Client, arguments};
use crate::Error;

impl Client {
    /// The current directory (PWD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pwd(&mut self) -> Result<Bytes, Error> {
        let reply = self.done(Command::Pwd).await?;
        parse_257(reply.text()).ok_or_else(|| Error::PeerMisbehaved(format!("no directory in {reply}")))
    }

    /// Changes the current directory (CWD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cwd(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.done(Command::Cwd(arguments::path(path)?)).await.map(drop)
    }

    /// Makes a directory (MKD) and returns the name that the server gives it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn mkdir(&mut self, path: impl AsRef<[u8]>) -> Result<Bytes, Error> {
        let path = arguments::path(path)?;
        let reply = self.done(Command::Mkd(path.clone())).await?;
        // Some servers say no more than yes.
        Ok(parse_257(reply.text()).unwrap_or_else(|| path.into_bytes()))
    }

    /// Removes an empty directory (RMD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rmdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.done(Command::Rmd(arguments::path(path)?)).await.map(drop)
    }

    /// Removes a file (DELE).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.done(Command::Dele(arguments::path(path)?)).await.map(drop)
    }

    /// Gives a file or directory another name (RNFR, RNTO).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Error> {
        let (from, to) = (arguments::path(from)?, arguments::path(to)?);
        self.done(Command::Rnfr(from)).await?;
        self.done(Command::Rnto(to)).await.map(drop)
    }

    /// Size of a file in bytes (SIZE in TYPE I); `None` when the server does not say (XFR-05).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn size(&mut self, path: impl AsRef<[u8]>) -> Result<Option<u64>, Error> {
        let path = arguments::path(path)?;
        if self.session.machine().representation() != Some(Representation::Image) {
            self.done(Command::Type(Representation::Image)).await?;
        }
        let reply = self.command(Command::Size(path)).await?;
        Ok(size_of(&reply))
    }

    /// Time of a file's last change, UTC (MDTM); `None` when the server does not say.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn modified(&mut self, path: impl AsRef<[u8]>) -> Result<Option<TimeVal>, Error> {
        let reply = self.command(Command::Mdtm(arguments::path(path)?)).await?;
        Ok(status(&reply).and_then(TimeVal::parse))
    }
}

/// The number in an answer to SIZE.
pub(super) fn size_of(reply: &Reply) -> Option<u64> {
    status(reply).and_then(|text| core::str::from_utf8(text).ok()?.parse().ok())
}

/// The text of a 213 reply.
fn status(reply: &Reply) -> Option<&[u8]> {
    (reply.code() == ReplyCode::FILE_STATUS).then(|| reply.text().trim_ascii())
}

/// Whether the server does not have the command, as opposed to refusing it for this file.
pub(super) fn is_unknown(reply: &Reply) -> bool {
    matches!(
        reply.code(),
        ReplyCode::UNRECOGNIZED
            | ReplyCode::BAD_PARAMETER
            | ReplyCode::NOT_IMPLEMENTED
            | ReplyCode::PARAMETER_NOT_IMPLEMENTED
    )
}

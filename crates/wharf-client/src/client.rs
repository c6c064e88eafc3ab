//! The client.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wharf_codec::{Command, Features, Reply, Secret, TimeVal};
use wharf_transport::TlsInfo;

use crate::{ConnectOptions, Error, RemoteEntry};

/// How an upload meets what stands under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Upload {
    /// Replaces the file, or continues it at the offset (STOR).
    #[default]
    Store,
    /// Adds to its end (APPE).
    Append,
    /// Takes a name that is not in use (STOU).
    Unique,
}

/// A session with a server.
#[derive(Debug)]
pub struct Client {}

impl Client {
    /// Connects, waits for the greeting and protects the connection as asked.
    ///
    /// # Errors
    /// When the server cannot be reached, turns the connection away, or TLS does not come about as asked.
    pub async fn connect(options: ConnectOptions) -> Result<Self, Error> {
        todo!("{options:?}")
    }

    /// Logs in, and learns what the server can do.
    ///
    /// # Errors
    /// [`Error::Login`] when the server says no; [`Error::ClearPassword`] when the password would go in clear.
    pub async fn login(
        &mut self,
        user: &str,
        password: Secret,
        account: Option<Secret>,
    ) -> Result<(), Error> {
        todo!("{user} {password} {account:?}")
    }

    /// What the server says that it can do; `None` before login, or when it does not say.
    #[must_use]
    pub fn features(&self) -> Option<&Features> {
        todo!()
    }

    /// TLS of the control connection.
    #[must_use]
    pub fn tls_info(&self) -> Option<&TlsInfo> {
        todo!()
    }

    /// TLS of the last data connection: whether it resumed the session shows in `resumed`.
    #[must_use]
    pub fn data_tls_info(&self) -> Option<&TlsInfo> {
        todo!()
    }

    /// The greeting.
    #[must_use]
    pub fn greeting(&self) -> &Reply {
        todo!()
    }

    /// The current directory (PWD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pwd(&mut self) -> Result<Bytes, Error> {
        todo!()
    }

    /// Changes the current directory (CWD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cwd(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Makes a directory (MKD) and returns the name that the server gives it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn mkdir(&mut self, path: impl AsRef<[u8]>) -> Result<Bytes, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Removes an empty directory (RMD).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rmdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Removes a file (DELE).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Gives a file or directory another name (RNFR, RNTO).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Error> {
        todo!("{:?} {:?}", from.as_ref(), to.as_ref())
    }

    /// Size of a file in bytes (SIZE in TYPE I); `None` when the server does not say (XFR-05).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn size(&mut self, path: impl AsRef<[u8]>) -> Result<Option<u64>, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Time of a file's last change, UTC (MDTM); `None` when the server does not say.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn modified(&mut self, path: impl AsRef<[u8]>) -> Result<Option<TimeVal>, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// Sets the time of a file's last change (MFMT, or what older servers have); whether that worked.
    ///
    /// # Errors
    /// See [`Error`]; that the server has no such command is no error.
    pub async fn set_modified(&mut self, path: impl AsRef<[u8]>, time: TimeVal) -> Result<bool, Error> {
        todo!("{:?} {time:?}", path.as_ref())
    }

    /// Sends one command and returns its reply, refusals included.
    ///
    /// # Errors
    /// See [`Error`]; commands that set up data connections are [`Error::ApiMisuse`].
    pub async fn command(&mut self, command: Command) -> Result<Reply, Error> {
        todo!("{command:?}")
    }

    /// Sends one line as it is and returns its reply, refusals included (CTL-26).
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn raw(&mut self, line: &str) -> Result<Reply, Error> {
        todo!("{line}")
    }

    /// What is known of one file or directory.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stat(&mut self, path: impl AsRef<[u8]>) -> Result<RemoteEntry, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// The entries of a directory; the current one for an empty path.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<RemoteEntry>, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// How many lines of the last listing were left out, because they were not understood or named what no directory
    /// may hold (LST-21).
    #[must_use]
    pub fn left_out(&self) -> usize {
        todo!()
    }

    /// The names in a directory (NLST), as the server writes them; the current one for an empty path.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn names(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<Bytes>, Error> {
        todo!("{:?}", path.as_ref())
    }

    /// The text of a listing as the server writes it (LIST); `argument` may hold flags.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_text(&mut self, argument: impl AsRef<[u8]>) -> Result<Bytes, Error> {
        todo!("{:?}", argument.as_ref())
    }

    /// Fetches a file from `offset` on and returns the number of bytes written to `to`.
    ///
    /// `progress` is told the bytes so far, the offset not counted.
    ///
    /// # Errors
    /// See [`Error`]. What was written before an error is good up to the point where it stopped.
    pub async fn download<W: AsyncWrite + Unpin + Send>(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        to: &mut W,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let _ = (to, progress);
        todo!("{:?} {offset}", path.as_ref())
    }

    /// Fetches a file as text: line ends become those of this side (TYPE A).
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn download_text<W: AsyncWrite + Unpin + Send>(
        &mut self,
        path: impl AsRef<[u8]>,
        to: &mut W,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let _ = (to, progress);
        todo!("{:?}", path.as_ref())
    }

    /// Stores what `from` gives and returns its number of bytes. With an `offset` the server keeps what stands before
    /// it; `from` must give what comes behind it.
    ///
    /// `progress` is told the bytes so far, the offset not counted.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn upload<R: AsyncRead + Unpin + Send>(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        how: Upload,
        from: &mut R,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let _ = (from, progress);
        todo!("{:?} {offset} {how:?}", path.as_ref())
    }

    /// The name that the server chose for the last [`Upload::Unique`], where it said.
    #[must_use]
    pub fn unique_name(&self) -> Option<&Bytes> {
        todo!()
    }

    /// Stops a transfer whose future was dropped and brings the connection back in step; nothing otherwise.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn abort(&mut self) -> Result<(), Error> {
        todo!()
    }

    /// Says goodbye and closes the connection.
    ///
    /// # Errors
    /// See [`Error`]; a server that just closes is no error.
    pub async fn quit(self) -> Result<(), Error> {
        todo!()
    }
}

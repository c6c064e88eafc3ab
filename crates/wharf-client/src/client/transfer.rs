//! Files.

use std::fs::File;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wharf_codec::{Command, FactType, Facts, Pathname};
use wharf_session::client::{OpError, Outcome, TransferSpec, TransferType, TransferVerb};

use super::commands::is_unknown;
use super::deferred::is_lost;
use super::rewind::Rewind;
use super::{Client, arguments};
use crate::session::{Failure, Pump};
use crate::{Error, Features};

/// Bytes of an upload that are kept, as long as it is not known how the server takes data connections, to begin
/// anew with them when it refuses.
const KEPT: usize = 1 << 20;

/// How an upload meets what stands under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Upload {
    /// Replaces the file, or continues it at the offset (STOR).
    #[default]
    Store,
    /// Adds to its end (APPE). An offset tells how much stands there, so that the size can be compared in the end.
    Append,
    /// Takes a name that is not in use (STOU); the path is a wish, and may be empty.
    Unique,
}

/// What of a file is fetched. An offset alone will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Portion {
    /// Bytes to leave out at the start.
    pub offset: u64,
    /// The size of the whole file, where it is known as a listing or an earlier SIZE told it. A server that knows SIZE
    /// is asked anew.
    ///
    /// Fewer bytes are an error then. More are one too behind an offset, where they would come from a server that does
    /// not leave out what it was told to; a whole file may have grown.
    pub size: Option<u64>,
}

impl From<u64> for Portion {
    fn from(offset: u64) -> Self {
        Self { offset, size: None }
    }
}

impl Client {
    /// Fetches a file, from an offset on or as a whole, and returns the number of bytes written to `to`.
    ///
    /// What comes has to agree with the size of the file, where the server tells it. `progress` is told the bytes so
    /// far, the offset not counted. The bytes come in large pieces; `to` need not be
    /// buffered.
    ///
    /// # Errors
    /// See [`Error`]. What was written before an error is good up to the point where it stopped, but for
    /// [`Error::Damaged`].
    pub async fn download<W: AsyncWrite + Unpin + Send>(
        &mut self,
        path: impl AsRef<[u8]>,
        portion: impl Into<Portion>,
        to: &mut W,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        self.download_at(path.as_ref(), portion.into(), &mut Target::Writer(to), progress).await
    }

    /// As [`download`](Self::download), into a file from where it stands: with fewer copies of the bytes, in clear
    /// with none.
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn download_file(
        &mut self,
        path: impl AsRef<[u8]>,
        portion: impl Into<Portion>,
        to: &File,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        self.download_at(path.as_ref(), portion.into(), &mut Target::File(to), progress).await
    }

    async fn download_at(
        &mut self,
        path: &[u8],
        portion: Portion,
        to: &mut Target<'_>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let path = arguments::path(path)?;
        let Portion { offset, size: known } = portion;
        // A server that tells the size makes a cut file show, whatever cut it.
        let tells_size = self.tells_size();
        let size = if tells_size && offset > 0 { self.size(path.as_bytes()).await? } else { None };
        let size = match size.or(known) {
            None if !tells_size => self.size_by_facts(&path).await?,
            size => size,
        };
        let rest = match size {
            Some(size) if size < offset => {
                let what =
                    format!("the server's file has {size} bytes, fewer than the {offset} that are here");
                return Err(Error::Truncated { what, bytes: 0 });
            }
            Some(size) => Some(size - offset),
            None => None,
        };
        let mut spec = TransferSpec { offset, ..TransferSpec::new(TransferVerb::Retr, Some(path)) };
        if offset > 0 {
            spec.expected = rest;
        } else {
            (spec.at_least, spec.ask_size) = (rest, tells_size);
        }
        self.receive(spec, to, progress).await
    }

    /// Whether SIZE is worth asking: a server that has no FEAT may know it all the same (XFR-05).
    fn tells_size(&self) -> bool {
        let facts = self.session.machine().facts();
        facts.size.unwrap_or_else(|| facts.features.as_ref().is_none_or(Features::size))
    }

    /// The size of a file as MLST tells it, where there is no SIZE.
    async fn size_by_facts(&mut self, path: &Pathname) -> Result<Option<u64>, Error> {
        if !self.features().is_some_and(Features::mlst) {
            return Ok(None);
        }
        let reply = self.command(Command::Mlst(Some(path.clone()))).await?;
        // Whatever is wrong with the file shows when it is fetched.
        let told = Facts::parse_mlst(&reply).ok().filter(|_| reply.code().is_completion());
        Ok(told.and_then(|(facts, _)| facts.size.filter(|_| facts.kind == FactType::File)))
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
        let spec = TransferSpec {
            representation: TransferType::Ascii,
            ..TransferSpec::new(TransferVerb::Retr, Some(arguments::path(path)?))
        };
        self.receive(spec, &mut Target::Writer(to), progress).await
    }

    async fn receive(
        &mut self,
        spec: TransferSpec,
        to: &mut Target<'_>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        self.prepare_tickets(false).await?;
        let what = describe(&spec);
        loop {
            let pump = match to {
                Target::Writer(to) => Pump::Receive { to: &mut **to, progress: &mut *progress },
                Target::File(to) => Pump::Store { to, progress: &mut *progress },
            };
            let done = self.transfer(&spec, pump).await;
            match done.result {
                Ok(outcome) => return self.moved(outcome),
                Err(failure) if done.data.moved == 0 && is_lost(&failure) => self.recover().await?,
                Err(failure) if done.data.moved == 0 && self.may_retry(&failure, &done.data) => {
                    self.renew().await?;
                }
                Err(failure) => return Err(self.session.error(&what, failure, done.data)),
            }
        }
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
        let source = Rewind::new(from, if self.reuse.is_known() { 0 } else { KEPT });
        self.upload_from(path.as_ref(), offset, how, &mut Source::Reader(source), progress).await
    }

    /// As [`upload`](Self::upload), out of a regular file from where it stands: with fewer copies of the bytes, in
    /// clear with none.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    pub async fn upload_file(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        how: Upload,
        from: &File,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        self.upload_from(path.as_ref(), offset, how, &mut Source::File(from), progress).await
    }

    async fn upload_from(
        &mut self,
        path: &[u8],
        offset: u64,
        how: Upload,
        source: &mut Source<'_>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Error> {
        let verb = match how {
            // XFR-10: without REST the end of the file is the only place to go on at.
            Upload::Store if offset > 0 && self.features().is_some_and(|f| !f.rest_stream()) => {
                TransferVerb::Appe
            }
            Upload::Store => TransferVerb::Stor,
            Upload::Append => TransferVerb::Appe,
            Upload::Unique => TransferVerb::Stou,
        };
        let path =
            if how == Upload::Unique { arguments::directory(path)? } else { Some(arguments::path(path)?) };
        // What the file has to have in the end: where that is added to, only the caller can know what it began with.
        let before = match how {
            Upload::Store => Some(offset),
            Upload::Append => (offset > 0).then_some(offset),
            Upload::Unique => None,
        };
        let offset = if verb == TransferVerb::Stor { offset } else { 0 };
        let mut spec = TransferSpec { offset, ..TransferSpec::new(verb, path.clone()) };
        self.prepare_tickets(true).await?;
        let what = describe(&spec);
        let bytes = loop {
            let pump = source.pump(&mut *progress);
            let done = self.transfer(&spec, pump).await;
            // What was added to a file would be there twice.
            let again = source.is_whole() && (verb == TransferVerb::Stor || !done.data.started);
            match done.result {
                Ok(outcome) => break self.moved(outcome)?,
                // E8: REST is listed and refused all the same; the end of the file is where it would go on.
                Err(Failure::Op(OpError::Refused(reply)))
                    if spec.offset > 0 && again && is_unknown(&reply) && !done.data.started =>
                {
                    (spec.verb, spec.offset) = (TransferVerb::Appe, 0);
                }
                Err(failure) if again && is_lost(&failure) => {
                    source.rewind();
                    self.recover().await?;
                }
                Err(failure) if again && self.may_retry(&failure, &done.data) => {
                    source.rewind();
                    self.renew().await?;
                }
                Err(failure) => return Err(self.session.error(&what, failure, done.data)),
            }
        };
        if let (Some(before), Some(path)) = (before, path) {
            self.verify(path.as_bytes(), before, bytes, &what).await?;
        }
        Ok(bytes)
    }

    /// In clear nothing marks the end of a file but the end of the connection, which anybody on the way can bring
    /// about: the server's size has to agree. So it has in MODE Z, where there are servers (ProFTPD 1.3.8) that confirm a
    /// file which they did not expand to its end. And so it has behind an offset: there are servers that take REST and
    /// store from the start all the same, which leaves nothing of what stood there.
    async fn verify(&mut self, path: &[u8], before: u64, sent: u64, what: &str) -> Result<(), Error> {
        let deflated = self.options.compress && self.features().is_some_and(Features::mode_z);
        let sure = self.data_protected() && !deflated && before == 0;
        let whole = before + sent;
        if sure || !self.tells_size() || self.check_later(path, whole, what) {
            return Ok(());
        }
        match self.size(path).await? {
            Some(size) => same_size(what, whole, size),
            None => Ok(()),
        }
    }

    fn moved(&mut self, outcome: Outcome) -> Result<u64, Error> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a transfer has one outcome")]
        match outcome {
            Outcome::Transferred { bytes, name, .. } => {
                self.unique_name = name;
                Ok(bytes)
            }
            other => Err(Error::PeerMisbehaved(format!("a transfer ended as {other:?}"))),
        }
    }

    /// The name that the server chose for the last [`Upload::Unique`], where it said.
    #[must_use]
    pub fn unique_name(&self) -> Option<&Bytes> {
        self.unique_name.as_ref()
    }
}

/// Where a download goes.
enum Target<'a> {
    Writer(&'a mut (dyn AsyncWrite + Unpin + Send)),
    File(&'a File),
}

/// Where an upload comes from.
enum Source<'a> {
    Reader(Rewind<'a>),
    /// From where it stands, which sending does not change.
    File(&'a File),
}

impl Source<'_> {
    fn pump<'p>(&'p mut self, progress: &'p mut (dyn FnMut(u64) + Send)) -> Pump<'p> {
        match self {
            Self::Reader(from) => Pump::Send { from, progress },
            Self::File(file) => Pump::Fetch { from: file, progress },
        }
    }

    /// Whether [`rewind`](Self::rewind) brings everything back.
    fn is_whole(&self) -> bool {
        match self {
            Self::Reader(reader) => reader.is_whole(),
            Self::File(_) => true,
        }
    }

    fn rewind(&mut self) {
        match self {
            Self::Reader(reader) => reader.rewind(),
            Self::File(_) => {}
        }
    }
}

/// Whether the server has all that was sent.
pub(super) fn same_size(what: &str, sent: u64, size: u64) -> Result<(), Error> {
    if size == sent {
        return Ok(());
    }
    let what = format!("{what}: the server's file should have {sent} bytes now, but it has {size}");
    Err(Error::Truncated { what, bytes: size })
}

/// A transfer in the words of a command.
pub(super) fn describe(spec: &TransferSpec) -> String {
    let verb = match spec.verb {
        TransferVerb::Retr => "RETR",
        TransferVerb::Stor => "STOR",
        TransferVerb::Appe => "APPE",
        TransferVerb::Stou => "STOU",
        TransferVerb::List => "LIST",
        TransferVerb::Nlst => "NLST",
        TransferVerb::Mlsd => "MLSD",
    };
    match &spec.path {
        Some(path) => format!("{verb} {path}"),
        None => verb.to_owned(),
    }
}

//! From one server to another.
//!
//! The target listens and the source dials it (RFC 959 §5.4, figure 3), so that the bytes do not pass through here. On
//! protected data connections one of the two has to act as the TLS client, which is what CPSV and SSCN are for.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;
use wharf_codec::{Command, EpsvArgument, HostPort, Reply, parse_epsv, parse_pasv};
use wharf_session::client::{OpError, Operation, Outcome, TransferSpec, TransferVerb};

use super::transfer::same_size;
use super::{Client, Upload, arguments};
use crate::session::{Failure, Pump};
use crate::{Error, Features};

/// How long the other side of a transfer that failed on one side may take to notice.
const NOTICE: Duration = Duration::from_secs(5);
/// Bytes on their way through this side.
const PIPE: usize = 1 << 20;

/// Which way a file took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// From server to server.
    Direct,
    /// Through this side.
    Through,
}

/// Who acts as the TLS client on the data connection between two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roles {
    /// Nobody: it is in clear.
    Clear,
    /// The target, by CPSV.
    Cpsv,
    /// The source, by SSCN ON.
    SourceSscn,
    /// The target, by SSCN ON.
    TargetSscn,
}

impl Client {
    /// Copies a file from one server to another.
    ///
    /// With `dangerous_direct` the servers are asked to send it to each other (FXP). Many refuse that, for good
    /// reasons: whoever can have a server dial anywhere has a means of attack (RFC 2577 §3), and nothing tells the two
    /// that they reached each other, unless both check certificates. Where they refuse, and without `dangerous_direct`,
    /// the bytes pass through this side. `progress` is told about those.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn transfer_between(
        source: &mut Self,
        from: impl AsRef<[u8]>,
        target: &mut Self,
        to: impl AsRef<[u8]>,
        dangerous_direct: bool,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Between, Error> {
        let (from, to) = (from.as_ref(), to.as_ref());
        if dangerous_direct && Self::direct(source, from, target, to).await? {
            return Ok(Between::Direct);
        }
        let (mut writer, reader) = tokio::io::duplex(PIPE);
        let mut reader = BufReader::new(reader);
        let fetching = async {
            // Where it fails, what came is not the file: the end of the pipe must not look like the end of it.
            match source.download(from, 0, &mut writer, &mut |_| {}).await {
                Ok(bytes) => Ok(bytes),
                Err(error) => Err((error, writer)),
            }
        };
        tokio::pin!(fetching);
        // A server may empty the target's file when it hears STOR, so the source has to give its file first.
        let mut fetched = tokio::select! {
            fetched = &mut fetching => Some(fetched.map_err(|(error, _writer)| error)?),
            _begun = reader.fill_buf() => None,
        };
        let storing = target.upload(to, 0, Upload::Store, &mut reader, progress);
        tokio::pin!(storing);
        let stored = loop {
            tokio::select! {
                done = &mut fetching, if fetched.is_none() => match done {
                    Ok(bytes) => fetched = Some(bytes),
                    // Dropping the upload has the server throw it away.
                    Err((error, _writer)) => return Err(error),
                },
                stored = &mut storing => break stored?,
            }
        };
        let fetched = match fetched {
            Some(bytes) => bytes,
            None => fetching.await.map_err(|(error, _writer)| error)?,
        };
        same_size("copying", fetched, stored)?;
        Ok(Between::Through)
    }

    /// Whether the servers sent it to each other. An error only where a connection is lost: the other way will tell
    /// whatever else is wrong.
    async fn direct(source: &mut Self, from: &[u8], target: &mut Self, to: &[u8]) -> Result<bool, Error> {
        let Some(roles) = roles(source, target) else { return Ok(false) };
        let spec = |verb, path: &[u8]| -> Result<TransferSpec, Error> {
            Ok(TransferSpec { elsewhere: true, ..TransferSpec::new(verb, Some(arguments::path(path)?)) })
        };
        let (fetch, store) = (spec(TransferVerb::Retr, from)?, spec(TransferVerb::Stor, to)?);
        // Nothing is asked of the target for a file that is not there; the other way tells why.
        if source.features().is_some_and(Features::size) && source.size(from).await?.is_none() {
            return Ok(false);
        }
        source.image().await?;
        target.image().await?;
        let sscn = match roles {
            Roles::Clear | Roles::Cpsv => None,
            Roles::SourceSscn => Some(&mut *source),
            Roles::TargetSscn => Some(&mut *target),
        };
        if let Some(client) = sscn
            && client.set_up(Command::Sscn(Some(true))).await?.is_none()
        {
            return Ok(false);
        }
        let moved = Self::join(source, fetch, target, store, roles).await;
        let sscn = match roles {
            Roles::Clear | Roles::Cpsv => None,
            Roles::SourceSscn => Some(&mut *source),
            Roles::TargetSscn => Some(&mut *target),
        };
        if let Some(client) = sscn {
            client.set_up(Command::Sscn(Some(false))).await?;
        }
        if !moved? {
            return Ok(false);
        }
        match (source.size(from).await?, target.size(to).await?) {
            (Some(there), Some(here)) => {
                same_size("copying from server to server", there, here).map(|()| true)
            }
            (Some(_) | None, _) => Ok(true),
        }
    }

    async fn join(
        source: &mut Self,
        fetch: TransferSpec,
        target: &mut Self,
        store: TransferSpec,
        roles: Roles,
    ) -> Result<bool, Error> {
        let Some(addr) = target.listen(roles == Roles::Cpsv).await? else { return Ok(false) };
        let port = match addr {
            SocketAddr::V4(addr) => Command::Port(HostPort::V4(addr)),
            SocketAddr::V6(addr) => Command::Eprt(HostPort::V6(addr)),
        };
        if source.set_up(port).await?.is_none() {
            return Ok(false);
        }
        let (stored, fetched) = {
            let storing = target.session.run(Operation::Transfer(store), Pump::None);
            let fetching = source.session.run(Operation::Transfer(fetch), Pump::None);
            tokio::pin!(storing, fetching);
            // Where one side refuses, the other one would wait for it.
            tokio::select! {
                stored = &mut storing => {
                    let patience = if stored.result.is_ok() { Duration::MAX } else { NOTICE };
                    (Some(stored), timeout(patience, fetching).await.ok())
                }
                fetched = &mut fetching => {
                    let patience = if fetched.result.is_ok() { Duration::MAX } else { NOTICE };
                    (timeout(patience, storing).await.ok(), Some(fetched))
                }
            }
        };
        source.hear();
        target.hear();
        let mut moved = true;
        for (client, done) in [(source, fetched), (target, stored)] {
            match done.map(|done| done.result) {
                Some(Ok(_)) => {}
                // ABOR, and both are in step again.
                None => {
                    moved = false;
                    client.abort().await?;
                }
                Some(Err(failure)) => {
                    moved = false;
                    if client.session.machine().is_closed() {
                        return Err(client.session.error(
                            "copying from server to server",
                            failure,
                            Default::default(),
                        ));
                    }
                }
            }
        }
        Ok(moved)
    }

    /// Where this server waits for the other one: at its own address, whatever it says (SEC-06).
    async fn listen(&mut self, cpsv: bool) -> Result<Option<SocketAddr>, Error> {
        let Some(ip) = self.session.peer_ip() else { return Ok(None) };
        let command = if cpsv {
            Command::Cpsv
        } else if ip.is_ipv6() {
            Command::Epsv(EpsvArgument::Any)
        } else {
            Command::Pasv
        };
        let Some(reply) = self.set_up(command).await? else { return Ok(None) };
        let port = if ip.is_ipv6() && !cpsv {
            parse_epsv(reply.text())
        } else {
            parse_pasv(reply.text()).map(|addr| addr.port())
        };
        Ok(port.filter(|port| *port != 0).map(|port| SocketAddr::new(ip, port)))
    }

    /// A command about the data connection between two servers; `None` where it is refused.
    async fn set_up(&mut self, command: Command) -> Result<Option<Reply>, Error> {
        let what = command.to_string();
        let done = self.session.run(Operation::SetUp(command), Pump::None).await;
        self.hear();
        match done.result {
            Ok(Outcome::Done(reply)) => Ok(Some(reply)),
            Ok(_) | Err(Failure::Op(OpError::Refused(_))) => Ok(None),
            Err(failure) => Err(self.session.error(&what, failure, done.data)),
        }
    }
}

/// Who would be the TLS client; `None` where the two cannot agree.
fn roles(source: &Client, target: &Client) -> Option<Roles> {
    let has = |client: &Client, label: &str| client.features().is_some_and(|features| features.has(label));
    match (source.data_protected(), target.data_protected()) {
        (false, false) => Some(Roles::Clear),
        (true, true) => {
            let v4 = target.session.peer_ip().is_some_and(|ip| ip.is_ipv4());
            if has(target, "CPSV") && v4 {
                Some(Roles::Cpsv)
            } else if has(source, "SSCN") {
                Some(Roles::SourceSscn)
            } else {
                has(target, "SSCN").then_some(Roles::TargetSscn)
            }
        }
        (true, false) | (false, true) => None,
    }
}

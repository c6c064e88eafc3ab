//! The client.

mod arguments;
mod between;
mod commands;
mod deferred;
mod hash;
mod listing;
mod resumption;
mod rewind;
mod times;
mod transfer;
mod twin;

use std::fmt;

use bytes::Bytes;
use tokio::time::timeout;
use wharf_codec::{Command, Features, Reply, Secret, Text};
use wharf_session::client::{OpError, Operation, Outcome};
use wharf_transport::TlsInfo;
use wharf_types::HashAlgorithm;

use self::deferred::{Deferred, is_lost};
use self::resumption::{Resumption, Trail};
use self::times::Setter;
use crate::memory::Memory;
use crate::session::{Failure, GOODBYE, Pump, Session};
use crate::{Charset, ConnectOptions, Error, TlsMode};

pub use self::between::Between;
pub use self::transfer::{Portion, Upload};
pub use self::twin::Twin;

/// A session with a server.
///
/// Its methods do one thing at a time and wait for it. A future may be dropped at any time: what it began is stopped
/// when the next method is called, and an upload that was cut so never looks whole to the server.
///
/// Path names are bytes. CR, LF and NUL are refused before anything is sent, so that no name can carry a command
/// (CTL-28).
pub struct Client {
    options: ConnectOptions,
    session: Session,
    credentials: Option<Credentials>,
    memory: Memory,
    reuse: Resumption,
    trail: Trail,
    /// The control connection went back to clear text by [`Client::clear_control`].
    control_cleared: bool,
    left_out: usize,
    unique_name: Option<Bytes>,
    deferred: Deferred,
    /// The command that sets times here; `Some(None)` when there is none.
    setter: Option<Option<Setter>>,
    /// What HASH was told to digest by.
    hash_algorithm: Option<HashAlgorithm>,
}

/// What a connection that is made anew logs in with.
#[derive(Debug, Clone)]
struct Credentials {
    user: wharf_codec::UserName,
    /// None where the certificate of this side is enough.
    password: Option<Secret>,
    account: Option<Secret>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects, waits for the greeting and protects the connection as asked.
    ///
    /// # Errors
    /// When the server cannot be reached, turns the connection away, or TLS does not come about as asked;
    /// [`Error::Downgrade`] when the server did TLS before and refuses it now.
    pub async fn connect(options: ConnectOptions) -> Result<Self, Error> {
        let mut memory = Memory::of(&options);
        let session = Session::start(&options, options.max_version, &mut memory).await?;
        Ok(Self {
            session,
            credentials: None,
            reuse: Resumption::new(memory.record().reuse_required),
            options,
            memory,
            trail: Trail::default(),
            control_cleared: false,
            left_out: 0,
            unique_name: None,
            deferred: Deferred::default(),
            setter: None,
            hash_algorithm: None,
        })
    }

    /// Logs in, and learns what the server can do. The secrets are kept for the case that the connection has to be
    /// made anew, and wiped with the client.
    ///
    /// # Errors
    /// [`Error::Login`] when the server says no; [`Error::ClearPassword`] when the password would go in clear.
    pub async fn login(
        &mut self,
        user: &str,
        password: Secret,
        account: Option<Secret>,
    ) -> Result<(), Error> {
        let user = arguments::user_name(user)?;
        self.keep_login(Credentials { user, password: Some(password), account }).await
    }

    /// Logs in by the certificate of this side ([`ConnectOptions::client_identity`]): the server is expected to say
    /// 232 to USER (RFC 4217 §4.2), and no password is there to be sent.
    ///
    /// # Errors
    /// [`Error::Login`] when the server says no, or asks for a password as well; [`login`](Self::login) may follow.
    pub async fn login_by_certificate(&mut self, user: &str) -> Result<(), Error> {
        let user = arguments::user_name(user)?;
        self.keep_login(Credentials { user, password: None, account: None }).await
    }

    async fn keep_login(&mut self, credentials: Credentials) -> Result<(), Error> {
        self.log_in(&credentials).await?;
        self.credentials = Some(credentials);
        // A login begins at home.
        self.trail = Trail::default();
        Ok(())
    }

    async fn log_in(&mut self, credentials: &Credentials) -> Result<(), Error> {
        let anonymous = [&b"anonymous"[..], b"ftp"]
            .iter()
            .any(|name| credentials.user.as_bytes().eq_ignore_ascii_case(name));
        let harmless = anonymous || self.session.is_loopback() || self.options.tls == TlsMode::Off;
        if self.session.tls_info().is_none() && !harmless {
            return Err(Error::ClearPassword);
        }
        let login = Operation::Login {
            user: credentials.user.clone(),
            password: credentials.password.clone(),
            account: credentials.account.clone(),
        };
        let done = self.session.run(login, Pump::None).await;
        match done.result {
            Ok(_) => {
                if self.options.compress && !self.features().is_some_and(Features::mode_z) {
                    self.session.say("the server does not offer MODE Z: nothing is compressed");
                }
                Ok(())
            }
            Err(Failure::Op(OpError::Refused(reply))) => Err(Error::Login { reply }),
            Err(failure) => Err(self.session.error("login", failure, done.data)),
        }
    }

    /// What the server says that it can do; `None` before login, or when it does not say.
    #[must_use]
    pub fn features(&self) -> Option<&Features> {
        self.session.machine().facts().features.as_ref()
    }

    /// The character set of names, as it was [given](ConnectOptions::charset).
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.options.charset.unwrap_or(Charset::UTF_8)
    }

    /// TLS of the control connection.
    #[must_use]
    pub fn tls_info(&self) -> Option<&TlsInfo> {
        self.session.tls_info()
    }

    /// TLS of the last data connection: whether it resumed the session shows in `resumed`.
    #[must_use]
    pub fn data_tls_info(&self) -> Option<&TlsInfo> {
        self.session.data_tls()
    }

    /// Whether data connections are protected (PROT P).
    #[must_use]
    pub fn data_protected(&self) -> bool {
        self.session.machine().facts().data_protected
    }

    /// The greeting.
    #[must_use]
    pub fn greeting(&self) -> &Reply {
        self.session.greeting()
    }

    /// What the user ought to hear, beyond errors: that data connections do not resume any more, for example. It
    /// grows as the session goes on.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.memory.warnings()
    }

    /// Takes the control connection back to clear text (CCC, RFC 4217 §5), for firewalls that have to read PORT and
    /// PASV to open ports. Data connections stay as they are protected. From then on anybody on the way can read and
    /// change commands and replies.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server does not take it; see [`Error`] otherwise.
    pub async fn clear_control(&mut self) -> Result<(), Error> {
        self.done(Command::Ccc).await?;
        self.session.settle().await;
        self.control_cleared = true;
        Ok(())
    }

    /// Sends one command and returns its reply, refusals included.
    ///
    /// # Errors
    /// See [`Error`]; commands that set up data connections are [`Error::ApiMisuse`].
    pub async fn command(&mut self, command: Command) -> Result<Reply, Error> {
        let what = command.to_string();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others lead nowhere")]
        let step = match &command {
            Command::Cwd(path) => Some(path.clone()),
            Command::Cdup => Some(arguments::path("..")?),
            _ => None,
        };
        let reply = self.reply_to(&what, Operation::Command(command)).await?;
        if let Some(step) = step.filter(|_| reply.code().is_completion()) {
            self.trail.step(&step);
        }
        Ok(reply)
    }

    /// Sends one line as it is and returns its reply, refusals included (CTL-26).
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn raw(&mut self, line: &str) -> Result<Reply, Error> {
        let line = Text::copy_from(line.as_bytes())
            .map_err(|why| Error::InvalidArgument { what: "the command", why })?;
        // What the line does is not known: nothing goes out with it.
        self.flush().await?;
        self.reply_to("the command", Operation::Raw(line)).await
    }

    /// The reply, whatever it says.
    async fn reply_to(&mut self, what: &str, operation: Operation) -> Result<Reply, Error> {
        loop {
            let done = self.session.run(operation.clone(), Pump::None).await;
            self.hear();
            return match done.result {
                Ok(Outcome::Done(reply)) | Err(Failure::Op(OpError::Refused(reply))) => Ok(reply),
                Ok(_) => Err(Error::PeerMisbehaved(format!("{what} moved a file"))),
                Err(failure) if is_lost(&failure) => {
                    self.recover().await?;
                    continue;
                }
                Err(failure) => Err(self.session.error(what, failure, done.data)),
            };
        }
    }

    /// The reply, when it says yes.
    async fn done(&mut self, command: Command) -> Result<Reply, Error> {
        let what = command.to_string();
        let reply = self.command(command).await?;
        if reply.code().is_refusal() {
            return Err(Error::Refused { command: what, reply });
        }
        Ok(reply)
    }

    /// Stops a transfer whose future was dropped and brings the connection back in step; nothing otherwise.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn abort(&mut self) -> Result<(), Error> {
        self.session.settle().await;
        if self.session.machine().is_closed() {
            return Err(Error::Closed { said: None });
        }
        Ok(())
    }

    /// Says goodbye and closes the connection. The server's answer is waited for, but not for long: nothing depends on
    /// it.
    ///
    /// # Errors
    /// See [`Error`]; what was [deferred](Self::defer) and failed is one, a server that just closes, or does not answer, is none.
    pub async fn quit(mut self) -> Result<(), Error> {
        self.flush().await?;
        let late = self.late_failures().into_iter().next();
        let done = timeout(GOODBYE, self.session.run(Operation::Quit, Pump::None)).await;
        self.session.close().await;
        let Ok(done) = done else { return late.map_or(Ok(()), Err) };
        match done.result {
            Ok(_) => late.map_or(Ok(()), Err),
            Err(failure) => Err(self.session.error("QUIT", failure, done.data)),
        }
    }
}

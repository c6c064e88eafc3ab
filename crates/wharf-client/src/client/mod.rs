//! The client.

mod arguments;
mod commands;
mod listing;
mod transfer;

use std::fmt;

use bytes::Bytes;
use wharf_codec::{Command, Features, Reply, Secret, Text};
use wharf_session::client::{OpError, Operation, Outcome};
use wharf_transport::{TlsInfo, TlsVersion};

use crate::session::{Failure, Pump, Session};
use crate::{ConnectOptions, Error, TlsMode};

pub use self::transfer::Upload;

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
    /// The server wants its sessions resumed, and gives too few tickets for TLS 1.3.
    keeps_to_tls12: bool,
    /// A data connection has resumed the session of the control connection.
    resumes: bool,
    left_out: usize,
    unique_name: Option<Bytes>,
}

/// What a connection that is made anew logs in with.
struct Credentials {
    user: wharf_codec::UserName,
    password: Secret,
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
    /// When the server cannot be reached, turns the connection away, or TLS does not come about as asked.
    pub async fn connect(options: ConnectOptions) -> Result<Self, Error> {
        let session = Session::start(&options, options.max_version).await?;
        Ok(Self {
            options,
            session,
            credentials: None,
            keeps_to_tls12: false,
            resumes: false,
            left_out: 0,
            unique_name: None,
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
        let credentials = Credentials { user, password, account };
        self.log_in(&credentials).await?;
        self.credentials = Some(credentials);
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
            password: Some(credentials.password.clone()),
            account: credentials.account.clone(),
        };
        let done = self.session.run(login, Pump::None).await;
        match done.result {
            Ok(_) => Ok(()),
            Err(Failure::Op(OpError::Refused(reply))) => Err(Error::Login { reply }),
            Err(failure) => Err(self.session.error("login", failure, done.data)),
        }
    }

    /// What the server says that it can do; `None` before login, or when it does not say.
    #[must_use]
    pub fn features(&self) -> Option<&Features> {
        self.session.machine().facts().features.as_ref()
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

    /// Sends one command and returns its reply, refusals included.
    ///
    /// # Errors
    /// See [`Error`]; commands that set up data connections are [`Error::ApiMisuse`].
    pub async fn command(&mut self, command: Command) -> Result<Reply, Error> {
        let what = command.to_string();
        self.reply_to(&what, Operation::Command(command)).await
    }

    /// Sends one line as it is and returns its reply, refusals included (CTL-26).
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn raw(&mut self, line: &str) -> Result<Reply, Error> {
        let line = Text::copy_from(line.as_bytes())
            .map_err(|why| Error::InvalidArgument { what: "the command", why })?;
        self.reply_to("the command", Operation::Raw(line)).await
    }

    /// The reply, whatever it says.
    async fn reply_to(&mut self, what: &str, operation: Operation) -> Result<Reply, Error> {
        let done = self.session.run(operation, Pump::None).await;
        match done.result {
            Ok(Outcome::Done(reply)) | Err(Failure::Op(OpError::Refused(reply))) => Ok(reply),
            Ok(_) => Err(Error::PeerMisbehaved(format!("{what} moved a file"))),
            Err(failure) => Err(self.session.error(what, failure, done.data)),
        }
    }

    /// The reply, when it says yes.
    async fn done(&mut self, command: Command) -> Result<Reply, Error> {
        let what = command.to_string();
        let reply = self.reply_to(&what, Operation::Command(command)).await?;
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

    /// Says goodbye and closes the connection.
    ///
    /// # Errors
    /// See [`Error`]; a server that just closes is no error.
    pub async fn quit(mut self) -> Result<(), Error> {
        let done = self.session.run(Operation::Quit, Pump::None).await;
        self.session.close().await;
        match done.result {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.session.error("QUIT", failure, done.data)),
        }
    }

    /// Makes the connection anew with TLS 1.2, whose sessions can be resumed without end, and comes back to where
    /// this one stood.
    async fn reconnect_with_tls12(&mut self) -> Result<(), Error> {
        let directory = self.pwd().await.ok();
        let mut session = Session::start(&self.options, TlsVersion::V1_2).await?;
        core::mem::swap(&mut self.session, &mut session);
        let mut old = session;
        old.close().await;
        self.keeps_to_tls12 = true;
        if let Some(credentials) = self.credentials.take() {
            let done = self.log_in(&credentials).await;
            self.credentials = Some(credentials);
            done?;
        }
        if let Some(directory) = directory {
            self.cwd(directory).await?;
        }
        Ok(())
    }

    /// Whether a connection with TLS 1.2 may and can take the place of this one.
    fn may_use_tls12(&self) -> bool {
        !self.keeps_to_tls12
            && self.options.min_version == TlsVersion::V1_2
            && self.session.tls_info().is_some_and(|info| info.version == TlsVersion::V1_3)
    }
}

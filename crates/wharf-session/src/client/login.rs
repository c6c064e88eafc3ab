//! USER, PASS, ACCT, and what a client needs to know afterwards.

use std::time::Instant;

use bytes::Bytes;
use wharf_codec::{
    Class, Command, Fact, Features, OptsArgument, Reply, ReplyCode, Secret, Text, Token, UserName,
};

use super::Client;
use super::job::Job;
use super::operation::{OpError, OpId, Outcome};
use super::protect::{ProtectStep, Protected};

/// A login under way.
#[derive(Debug)]
pub(super) struct Login {
    step: LoginStep,
    password: Option<Secret>,
    account: Option<Secret>,
    /// The reply that let the user in.
    welcome: Option<Reply>,
}

/// The command that waits for its reply; in the order in which they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginStep {
    User,
    Pass,
    Acct,
    Protect(ProtectStep),
    Feat,
    Clnt,
    Utf8,
    Facts,
    Syst,
}

impl Client {
    pub(super) fn start_login(
        &mut self,
        now: Instant,
        op: OpId,
        user: UserName,
        password: Option<Secret>,
        account: Option<Secret>,
    ) {
        self.send(now, &Command::User(user));
        self.go_on(op, Job::Login(Login { step: LoginStep::User, password, account, welcome: None }));
    }

    pub(super) fn on_login_reply(&mut self, now: Instant, op: OpId, mut login: Login, reply: Reply) {
        match login.step {
            LoginStep::User | LoginStep::Pass | LoginStep::Acct => {
                if let Err(error) = self.on_credential_reply(now, &mut login, reply) {
                    return self.finish(op, Err(error));
                }
            }
            LoginStep::Protect(step) => {
                login.step = match self.on_protect_reply(now, step, reply) {
                    Protected::GoOn(step) => LoginStep::Protect(step),
                    // A refusal shows when a transfer asks for protection.
                    Protected::Done { .. } => self.ask_features(now),
                };
            }
            LoginStep::Feat => {
                if reply.code().is_completion() {
                    let features = Features::parse(&reply);
                    self.facts.utf8 = features.utf8();
                    self.facts.features = Some(features);
                }
                return self.after(now, op, login, LoginStep::Feat);
            }
            LoginStep::Syst => {
                if reply.code().is_completion() {
                    self.facts.syst = Some(Bytes::copy_from_slice(reply.text()));
                }
                return self.after(now, op, login, LoginStep::Syst);
            }
            // These help, but nothing depends on them (I18-06).
            step @ (LoginStep::Clnt | LoginStep::Utf8 | LoginStep::Facts) => {
                return self.after(now, op, login, step);
            }
        }
        self.go_on(op, Job::Login(login));
    }

    /// USER, PASS and ACCT: what the server asks for decides what is sent (LOG-06, LOG-07).
    fn on_credential_reply(&mut self, now: Instant, login: &mut Login, reply: Reply) -> Result<(), OpError> {
        let code = reply.code();
        match code.class() {
            // 230, 232 after USER; 230, 202 after PASS; any other 2yz will do as well.
            Class::Completion => {
                self.facts.logged_in = true;
                login.welcome = Some(reply);
                login.password = None;
                login.account = None;
                login.step = if self.wants_protection() {
                    LoginStep::Protect(self.start_protect(now))
                } else {
                    self.ask_features(now)
                };
                Ok(())
            }
            Class::Intermediate if code == ReplyCode::NEED_ACCOUNT && login.step != LoginStep::Acct => {
                let account = login.account.take().ok_or(OpError::NeedAccount(reply))?;
                self.send(now, &Command::Acct(account));
                login.step = LoginStep::Acct;
                Ok(())
            }
            // 331, 336: and only in answer to USER, so that a password never goes out unasked.
            Class::Intermediate if login.step == LoginStep::User => {
                if !matches!(code, ReplyCode::NEED_PASSWORD | ReplyCode::CHALLENGE) {
                    return Err(OpError::PeerMisbehaved(format!("USER was answered by {reply}")));
                }
                let password = login.password.take().ok_or(OpError::NeedPassword(reply))?;
                self.send(now, &Command::Pass(password));
                login.step = LoginStep::Pass;
                Ok(())
            }
            Class::Transient | Class::Permanent => Err(OpError::Refused(reply)),
            Class::Preliminary | Class::Intermediate | Class::Protected => {
                Err(OpError::PeerMisbehaved(format!("a login was answered by {reply}")))
            }
        }
    }

    fn ask_features(&mut self, now: Instant) -> LoginStep {
        self.send(now, &Command::Feat);
        LoginStep::Feat
    }

    /// Sends the first command behind `done` that is of use with this server, or ends the login.
    fn after(&mut self, now: Instant, op: OpId, mut login: Login, done: LoginStep) {
        let features = self.facts.features.clone().unwrap_or_default();
        let command = if done == LoginStep::Feat && features.has("CLNT") {
            client_name().map(|name| (LoginStep::Clnt, Command::Clnt(name)))
        } else if matches!(done, LoginStep::Feat | LoginStep::Clnt) && self.facts.utf8 && self.config.utf8 {
            Some((LoginStep::Utf8, Command::Opts(OptsArgument::Utf8(Some(true)))))
        } else if done != LoginStep::Facts && done != LoginStep::Syst && lacks_wanted_facts(&features) {
            Some((LoginStep::Facts, Command::Opts(OptsArgument::Mlst(wanted_facts(&features)))))
        } else if done != LoginStep::Syst && !features.mlst() {
            Some((LoginStep::Syst, Command::Syst))
        } else {
            None
        };
        if let Some((step, command)) = command {
            login.step = step;
            self.send(now, &command);
            return self.go_on(op, Job::Login(login));
        }
        let reply = login.welcome.take().unwrap_or_else(|| Reply::new(ReplyCode::LOGGED_IN, "Logged in"));
        self.finish(op, Ok(Outcome::Done(reply)));
    }
}

fn client_name() -> Option<Text> {
    Text::copy_from(concat!("Wharf ", env!("CARGO_PKG_VERSION")).as_bytes()).ok()
}

/// The facts that a client has a use for.
const WANTED: [Fact; 6] = [Fact::Type, Fact::Size, Fact::Modify, Fact::Perm, Fact::Unique, Fact::UnixMode];

/// The facts of the FEAT line, each with whether it is switched on (RFC 3659 §7.8).
fn offered(features: &Features) -> Vec<(Fact, bool)> {
    let line = features.param("MLST").unwrap_or_default();
    line.split(|byte| *byte == b';')
        .filter_map(|fact| {
            let fact = fact.trim_ascii();
            let name = fact.strip_suffix(b"*").unwrap_or(fact);
            Some((Fact::from_name(name)?, name.len() != fact.len()))
        })
        .collect()
}

fn lacks_wanted_facts(features: &Features) -> bool {
    offered(features).iter().any(|(fact, on)| !on && WANTED.contains(fact))
}

fn wanted_facts(features: &Features) -> Vec<Token> {
    offered(features)
        .into_iter()
        .filter(|(fact, _)| WANTED.contains(fact))
        .filter_map(|(fact, _)| Token::copy_from(fact.name().as_bytes()).ok())
        .collect()
}

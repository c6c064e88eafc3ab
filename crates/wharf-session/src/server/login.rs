//! USER, PASS, ACCT, HOST, REIN.

use std::{net::IpAddr, time::Instant};

use wharf_codec::{HostName, Secret, UserName};

use super::{
    AuditEvent, CloseReason, Link, LoginAnswer, LoginTicket, Output, Question, Server, Settings, Stale,
    VirtualHost, Wait, Waiting,
    answer::{Answer, Good},
    timers::Timer,
};
use wharf_types::TlsRule;

use crate::{
    SubStatus,
    policy::{Action, ControlLevel, DataPolicy, Verdict, decide},
};

impl Server {
    /// USER: the same reply for every name, so that nobody learns which are known (RFC 2577 §7).
    pub(super) fn user(&mut self, now: Instant, name: UserName) {
        // The strictest scope that could apply decides before anybody is invited to send a password (TLS-10).
        let own = self.virtual_host().and_then(|host| host.accounts.as_ref());
        let account = own.unwrap_or(&self.cfg.accounts).rule_for(name.as_bytes());
        if !self.permits(&self.policy().and(account), Action::TakeCredentials) {
            return;
        }
        if self.settings.grant.is_some() {
            return self
                .no(SubStatus::AlreadyLoggedIn, "Already logged in; REIN or a new connection starts over");
        }
        if let Some(problem) = self.certificate_problem() {
            return self.refuse_for_certificate(now, problem);
        }
        self.settings.account = account;
        if let Some(certificate) = self.client_identity() {
            return self.ask_for_certified(name, certificate);
        }
        self.invite_password(name);
    }

    /// USER needs a password, whoever it is.
    pub(super) fn invite_password(&mut self, name: UserName) {
        let anonymous = is_anonymous(name.as_bytes());
        self.settings.user = Some(name);
        self.done_with(
            Good::NEED_PASSWORD,
            if anonymous { "Your e-mail address as password, please" } else { "Password, please" },
        );
    }

    pub(super) fn pass(&mut self, now: Instant, password: Secret) {
        if !self.may_send_credentials() {
            return;
        }
        if self.settings.certified {
            // Clients that send both together need not fail for it.
            return self.done_with(Good::SUPERFLUOUS, "The certificate has logged in already");
        }
        if self.settings.grant.is_some() {
            return self.no(SubStatus::AlreadyLoggedIn, "Already logged in");
        }
        let Some(user) = self.settings.user.take() else {
            return self.no(SubStatus::UserFirst, "USER comes first");
        };
        if let Some(problem) = self.certificate_problem() {
            return self.refuse_for_certificate(now, problem);
        }
        let id = self.fresh_id();
        let secured = self.control == ControlLevel::Secured;
        let (host, root) = self.host_of_login();
        self.out.push_back(Output::Ask(Question::Login {
            ticket: LoginTicket(id),
            user: user.clone(),
            password,
            secured,
            certificate: self.client_identity(),
            host,
            root,
        }));
        self.wait(Wait::Login { ticket: id, user });
    }

    /// Whether PASS and ACCT may come now; answers when not.
    fn may_send_credentials(&mut self) -> bool {
        let account = if self.settings.user.is_some() { self.settings.account } else { TlsRule::NONE };
        self.permits(&self.policy().and(account), Action::TakeCredentials)
    }

    pub(super) fn acct(&mut self) {
        if !self.may_send_credentials() {
            return;
        }
        if self.settings.grant.is_some() {
            self.done_with(Good::SUPERFLUOUS, "No account is needed");
        } else {
            self.no(SubStatus::UserFirst, "USER and PASS come first");
        }
    }

    /// The answer to [`Question::Login`] and to [`Question::Certified`].
    ///
    /// To the latter [`LoginAnswer::Accept`] means 232 (RFC 2228 §5.1, RFC 4217 §4.2), and after [`LoginAnswer::Refuse`]
    /// PASS is needed. Before either counts, the certificate is looked at once more: see
    /// [`handle_client_certificate`](Self::handle_client_certificate).
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more.
    pub fn answer_login(
        &mut self,
        now: Instant,
        ticket: LoginTicket,
        answer: LoginAnswer,
    ) -> Result<(), Stale> {
        let (text, user, certified) = match self.waiting.take() {
            Some(Waiting { text, what: Wait::Login { ticket: open, user } }) if open == ticket.0 => {
                (text, user, false)
            }
            Some(Waiting { text, what: Wait::Certified { ticket: open, user } }) if open == ticket.0 => {
                (text, user, true)
            }
            other => {
                self.waiting = other;
                return Err(Stale);
            }
        };
        self.current = text;
        self.last_activity = now;
        // It may have been revoked since the question was asked, which takes as long as a password is checked.
        let lapsed = match answer {
            LoginAnswer::Accept(_) => self.certificate_problem(),
            LoginAnswer::Refuse if certified => self.certificate_problem(),
            LoginAnswer::Refuse | LoginAnswer::Unavailable => None,
        };
        if let Some(problem) = lapsed {
            self.event(AuditEvent::LoginFailed { user: user.to_string() });
            self.refuse_for_certificate(now, problem);
            self.run(now);
            return Ok(());
        }
        match answer {
            LoginAnswer::Accept(grant) => {
                // What only the account back end knows of the account.
                let policy = self.base_policy().and(self.settings.account).and(grant.tls);
                if let Verdict::Refuse(refusal) = decide(&policy, &self.view(), Action::TakeCredentials) {
                    self.event(AuditEvent::LoginFailed { user: user.to_string() });
                    self.no_as(refusal.code, refusal.substatus, refusal.text);
                    self.run(now);
                    return Ok(());
                }
                self.timers.clear(Timer::Login);
                self.login_failures = 0;
                self.bad_commands = 0;
                self.event(AuditEvent::LoggedIn {
                    account: grant.account.clone(),
                    secured: self.control == ControlLevel::Secured,
                });
                self.note_path(&grant.home);
                self.settings.cwd = grant.home.clone();
                self.settings.grant = Some(grant);
                self.settings.certified = certified;
                if certified {
                    self.done_with(Good::LOGGED_IN_SECURED, "Logged in by the client certificate");
                } else {
                    self.done_with(Good::LOGGED_IN, "Logged in");
                }
            }
            // Somebody else's certificate, or one that is not enough.
            LoginAnswer::Refuse if certified => self.invite_password(user),
            LoginAnswer::Refuse => {
                self.event(AuditEvent::LoginFailed { user: user.to_string() });
                self.login_failures += 1;
                let last = self.login_failures >= self.cfg.max_login_failures;
                // The delay slows guessing down and holds nothing but a timer (RFC 2577 §5).
                self.timers.set(Timer::LoginDelay, now + self.cfg.timeouts.login_delay);
                let anonymous = is_anonymous(user.as_bytes());
                let why = if anonymous { SubStatus::AnonymousRefused } else { SubStatus::LoginIncorrect };
                self.wait(Wait::LoginDelay { last, why });
            }
            LoginAnswer::Unavailable => {
                self.no(SubStatus::LoginUnavailable, "Logins cannot be checked now, try again later");
                self.close(now, CloseReason::LoginFailures);
            }
        }
        self.run(now);
        Ok(())
    }

    pub(super) fn login_delay_over(&mut self, now: Instant) {
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::LoginDelay { last, why } }) => {
                self.current = text;
                self.last_activity = now;
                if last {
                    self.no(SubStatus::TooManyLoginFailures, "Too many failed logins; closing");
                    self.close(now, CloseReason::LoginFailures);
                } else {
                    self.no(why, "Login incorrect");
                }
            }
            other => self.waiting = other,
        }
    }

    /// The virtual host that HOST or TLS has named.
    pub(super) fn virtual_host(&self) -> Option<&VirtualHost> {
        self.cfg.hosts.get(self.host?)
    }

    /// The virtual host of that name, by its place in the configuration.
    pub(super) fn host_called(&self, name: &str) -> Option<usize> {
        self.cfg.hosts.iter().position(|host| host.is_called(name))
    }

    /// HOST (RFC 7151): the virtual host that the session is meant for. TLS and HOST have to name the same one.
    pub(super) fn host(&mut self, name: &HostName) {
        if self.settings.grant.is_some() {
            return self.no(SubStatus::AlreadyLoggedIn, "HOST comes before the login");
        }
        let name = name.as_str();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let host = self.host_called(name);
        let known = host.is_some()
            || bare.parse::<IpAddr>().map_or_else(
                |_| name.eq_ignore_ascii_case("localhost"),
                |ip| ip == self.ends.local.ip().to_canonical(),
            );
        let asked_in_tls = self.tls.as_ref().and_then(|tls| tls.server_name.as_deref());
        let same = |sni: &str| {
            sni.eq_ignore_ascii_case(name) || host.is_some_and(|index| self.host_called(sni) == Some(index))
        };
        if !known {
            self.no(SubStatus::UnknownHost, "No such host here");
        } else if asked_in_tls.is_some_and(|sni| !same(sni)) {
            self.no(SubStatus::HostDiffers, "TLS was started for another host name");
        } else {
            self.host = host;
            self.settings.user = None;
            let greeting = host.and_then(|index| self.cfg.hosts.get(index)?.greeting.clone());
            let text = greeting.unwrap_or_else(|| "Host accepted".to_owned());
            self.done(Answer::good(Good::SERVICE_READY, text));
        }
    }

    /// REIN: everything is forgotten, TLS included (RFC 959 §4.1.1, RFC 4217 §13).
    pub(super) fn rein(&mut self, now: Instant) {
        if self.cfg.implicit {
            return self.no(SubStatus::ImplicitHasNoStart, "This port has no state before TLS; reconnect");
        }
        self.drop_setup();
        self.host = None;
        self.settings = Settings::new(self.cfg.implicit, DataPolicy::Allow, false);
        self.timers.set(Timer::Login, now + self.cfg.timeouts.login);
        self.done_with(Good::SERVICE_READY, "Ready for a new user");
        if self.control == ControlLevel::Secured {
            self.out.push_back(Output::ClearTls);
            self.link = Link::Clearing(ControlLevel::Clear);
            self.timers.set(Timer::TlsHandshake, now + self.cfg.timeouts.tls_handshake);
        } else {
            self.control = ControlLevel::Clear;
        }
    }
}

/// The names under which everybody may log in where that is on (RFC 1635).
fn is_anonymous(name: &[u8]) -> bool {
    [&b"anonymous"[..], b"ftp"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

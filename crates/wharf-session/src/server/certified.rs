//! What the client's certificate means for a login (RFC 4217 §4.2, §15.1.2).

use std::{sync::Arc, time::Instant};

use wharf_codec::{ReplyCode, UserName};
use wharf_types::{ClientCertificateRule, ClientIdentity};

use super::{AuditEvent, CloseReason, Link, LoginTicket, Output, Question, Server, Wait, answer::Answer};
use crate::{
    SubStatus,
    certificate::{ClientCertificate, ClientCertificateProblem},
};

impl Server {
    /// Why nobody may log in here now, as far as certificates of the client go. What TLS refused is refused even where
    /// none is needed: a certificate that is wrong is not as good as none.
    pub(super) fn certificate_problem(&self) -> Option<ClientCertificateProblem> {
        let needed = self.certificate_rule() == ClientCertificateRule::Required;
        match self.tls.as_ref().map(|tls| &tls.client_certificate) {
            Some(ClientCertificate::Refused(problem)) => Some(*problem),
            Some(ClientCertificate::Verified(_)) => None,
            Some(ClientCertificate::Missing | ClientCertificate::NotAsked) | None => {
                needed.then_some(ClientCertificateProblem::Missing)
            }
        }
    }

    /// What the client's certificate is worth now, after those who are trusted have changed. A session that is logged in
    /// ends, with 421, when it counts no longer: nobody goes on by a certificate that was revoked. One whose login is being
    /// checked is refused once the answer is there.
    pub fn handle_client_certificate(&mut self, now: Instant, certificate: ClientCertificate) {
        if self.is_closed() {
            return;
        }
        let problem = match &certificate {
            ClientCertificate::Refused(problem) => Some(*problem),
            ClientCertificate::Missing | ClientCertificate::NotAsked | ClientCertificate::Verified(_) => None,
        };
        if let Some(tls) = &mut self.tls {
            tls.client_certificate = certificate;
        }
        if let Some(problem) = problem.filter(|_| self.settings.grant.is_some()) {
            self.event(AuditEvent::CertificateRefused(problem));
            // While TLS is being ended there is no way for a reply.
            if self.link == Link::Open {
                self.cut_lines(now);
                let status = problem.substatus();
                self.send(&Answer::no_as(ReplyCode::SERVICE_NOT_AVAILABLE, status, problem.text()));
            }
            self.close(now, CloseReason::Certificate);
        }
    }

    /// What the listener and the host say.
    fn certificate_rule(&self) -> ClientCertificateRule {
        let of_host = self.virtual_host().map_or(ClientCertificateRule::Off, |host| host.client_certificates);
        self.cfg.client_certificates.max(of_host)
    }

    /// What TLS has proved of the client. Where nothing asks for certificates it counts for nothing, although TLS asks
    /// everybody as soon as one host of the listener does.
    pub(super) fn client_identity(&self) -> Option<Arc<ClientIdentity>> {
        if self.certificate_rule() == ClientCertificateRule::Off {
            return None;
        }
        match &self.tls.as_ref()?.client_certificate {
            ClientCertificate::Verified(identity) => Some(Arc::clone(identity)),
            ClientCertificate::Missing | ClientCertificate::NotAsked | ClientCertificate::Refused(_) => None,
        }
    }

    /// Nobody logs in: the reply says why, since with TLS 1.3 the client believes by now that its certificate was taken.
    /// A client that tries again and again is sent away as one that guesses passwords.
    pub(super) fn refuse_for_certificate(&mut self, now: Instant, problem: ClientCertificateProblem) {
        self.login_failures += 1;
        if self.login_failures >= self.cfg.max_login_failures {
            self.no(SubStatus::TooManyLoginFailures, "Too many failed logins; closing");
            return self.close(now, CloseReason::LoginFailures);
        }
        let text = match (problem, &self.tls) {
            (ClientCertificateProblem::Missing, None) => {
                "A client certificate is needed: AUTH TLS comes first"
            }
            (problem, _) => problem.text(),
        };
        self.no_as(ReplyCode::NOT_LOGGED_IN, problem.substatus(), text);
    }

    /// Asks whether the certificate logs in under this name.
    pub(super) fn ask_for_certified(&mut self, user: UserName, certificate: Arc<ClientIdentity>) {
        let id = self.fresh_id();
        let (host, root) = self.host_of_login();
        let ticket = LoginTicket(id);
        let asked = user.clone();
        self.out.push_back(Output::Ask(Question::Certified { ticket, user: asked, certificate, host, root }));
        self.wait(Wait::Certified { ticket: id, user });
    }

    /// The first name and the directory of the virtual host.
    pub(super) fn host_of_login(&self) -> (Option<String>, Option<String>) {
        let host = self.virtual_host();
        (host.and_then(|host| host.names.first().cloned()), host.and_then(|host| host.root.clone()))
    }
}

//! Certificates of clients, from the handshake to the reply.

use std::sync::Arc;

use wharf_server::{
    ByCertificate, CertificateLogin, CertificateMap, ClientCertificateRule, ClientTrust, DataSession,
    Fingerprint, Identity, ServerTls, ServerTlsOptions, TlsVersion, VirtualHost,
};
use wharf_testkit::{Authority, Issued};
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, DataChannel, DataRole, TicketPlan, TokioNet, Trust,
};

use crate::{
    harness::{Harness, PASSWORD, disk_with, sample, users},
    raw::Raw,
};

const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

/// A server that asks for certificates, and how to change whom it trusts.
struct Asking {
    harness: Harness,
    tls: ServerTls,
    fingerprint: Fingerprint,
}

fn trusting(authority: &Authority, revoked: &[&Issued]) -> ClientTrust {
    let list = authority.list(revoked, 40);
    ClientTrust::from_pem(authority.pem.as_bytes(), &[list.as_bytes()]).unwrap()
}

impl Asking {
    async fn start(rule: ClientCertificateRule, trust: ClientTrust, data_session: DataSession) -> Self {
        let identity = Identity::self_signed(&["localhost".to_owned()]).unwrap();
        let fingerprint = identity.fingerprint();
        let mut tls = ServerTlsOptions::new(identity);
        tls.client_trust = Some(trust);
        tls.data_session = data_session;
        let tls = ServerTls::new(tls).unwrap();
        let shared = tls.clone();
        let harness = Harness::with(disk_with("f", &sample(10_000)), move |options| {
            options.tls = Some(shared);
            options.session.client_certificates = rule;
            options.session.hosts = vec![VirtualHost::new(vec!["localhost".to_owned()])];
            let map = CertificateMap::CommonName;
            options.auth = Arc::new(ByCertificate::new(Arc::new(users()), map, CertificateLogin::Either));
        })
        .await;
        Self { harness, tls, fingerprint }
    }

    fn client(&self, shown: Option<&Issued>, version: TlsVersion) -> ClientControlTls {
        let mut options = ClientTlsOptions::new(Trust::Pin(self.fingerprint), "localhost", 21);
        options.max_version = version;
        options.identity =
            shown.map(|issued| Identity::from_pem(issued.cert.as_bytes(), issued.key.as_bytes()).unwrap());
        ClientControlTls::new(options).unwrap()
    }

    /// Under TLS.
    async fn secured(&self, shown: Option<&Issued>, version: TlsVersion) -> Raw {
        let tls = self.client(shown, version);
        let mut raw = Raw::dial("127.0.0.1", self.harness.explicit, tls).await;
        raw.expect(220).await;
        raw.secure().await;
        raw
    }

    /// Logged in by the certificate, ready for transfers.
    async fn certified(&self, shown: &Issued, version: TlsVersion) -> Raw {
        let mut raw = self.secured(Some(shown), version).await;
        raw.ask("USER wharf", 232).await;
        for line in ["PBSZ 0", "PROT P", "TYPE I"] {
            raw.ask(line, 200).await;
        }
        raw
    }
}

/// What RETR comes to on a data connection with the tickets and the certificate of `tls`.
async fn fetched(raw: &mut Raw, tls: &ClientControlTls) -> (u16, String) {
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.expect(150).await;
    let role = DataRole::Client(tls.clone());
    let moved = raw
        .while_reading(async move {
            let mut channel = DataChannel::active(Arc::new(TokioNet), addr, None);
            channel.connect().await.unwrap();
            // What is refused with TLS 1.3 shows to the client only behind its handshake.
            channel.secure(&role, TicketPlan::None).await.ok()?;
            let mut data = channel.into_stream();
            let mut bytes = bytes::BytesMut::new();
            while data.read_chunk(&mut bytes, 1 << 20).await.ok()? > 0 {}
            Some(bytes)
        })
        .await;
    let (code, line) = raw.reply().await.unwrap();
    let whole = moved.is_some_and(|bytes| *bytes == *sample(10_000));
    assert_eq!(whole, code == 226, "{line}");
    (code, line)
}

#[tokio::test]
async fn a_certificate_logs_in_and_its_data_connections_need_it() {
    // TLS-31 TLS-32
    let ours = Authority::new("ours");
    let (mine, others) = (ours.issue("wharf"), ours.issue("somebody"));
    for version in VERSIONS {
        for data_session in [DataSession::Require, DataSession::Off] {
            let trust = trusting(&ours, &[]);
            let server = Asking::start(ClientCertificateRule::Required, trust, data_session).await;
            let mut raw = server.certified(&mine, version).await;
            let own = raw.tls.clone();
            assert_eq!(fetched(&mut raw, &own).await.0, 226, "{version}");
            let mut refusals = Vec::new();
            for shown in [Some(&others), None] {
                let (code, line) = fetched(&mut raw, &server.client(shown, version)).await;
                assert_eq!(code, 522, "{version} {line}");
                refusals.push(line);
            }
            assert!(refusals[0].contains("another client certificate"), "{refusals:?}");
            assert!(refusals[1].contains("none was shown"), "{refusals:?}");
            assert_eq!(fetched(&mut raw, &own).await.0, 226, "{version}");

            // Somebody else's certificate leaves the password.
            let mut raw = server.secured(Some(&others), version).await;
            raw.ask("USER wharf", 331).await;
            raw.ask(&format!("PASS {PASSWORD}"), 230).await;
            server.harness.ended().await;
        }
    }
}

#[tokio::test]
async fn each_certificate_that_counts_for_nothing_gets_its_reply() {
    // TLS-31
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let revoked = ours.issue("wharf");
    let cases = [
        (None, "none was shown"),
        (Some(theirs.issue("wharf")), "not trusted here"),
        (Some(ours.issue_expired("wharf")), "has expired"),
        (Some(revoked.clone()), "has been revoked"),
    ];
    for version in VERSIONS {
        for rule in [ClientCertificateRule::Required, ClientCertificateRule::Optional] {
            let server = Asking::start(rule, trusting(&ours, &[&revoked]), DataSession::Prefer).await;
            for (shown, part) in &cases {
                let mut raw = server.secured(shown.as_ref(), version).await;
                if shown.is_none() && rule == ClientCertificateRule::Optional {
                    raw.log_in().await;
                    continue;
                }
                let line = raw.ask("USER wharf", 530).await;
                assert!(line.contains(part), "{version} {rule}: {line}");
                raw.ask(&format!("PASS {PASSWORD}"), 503).await;
                raw.ask("HOST localhost", 220).await;
                raw.ask("USER wharf", 530).await;
                raw.ask("USER wharf", 421).await;
                assert!(raw.hear().await.is_none());
            }
            server.harness.ended().await;
        }
    }
}

#[tokio::test]
async fn what_is_revoked_meanwhile_moves_no_more_files() {
    let ours = Authority::new("ours");
    let (mine, others) = (ours.issue("wharf"), ours.issue("wharf"));
    for version in VERSIONS {
        let trust = trusting(&ours, &[]);
        let server = Asking::start(ClientCertificateRule::Required, trust, DataSession::Require).await;
        let mut raw = server.certified(&mine, version).await;
        let mut other = server.certified(&others, version).await;
        let (own, of_other) = (raw.tls.clone(), other.tls.clone());
        assert_eq!(fetched(&mut raw, &own).await.0, 226);
        assert!(server.tls.replace_client_trust(trusting(&ours, &[&mine])));
        // The session stays, and so does the session that could be resumed; its certificate is judged anew.
        raw.ask("NOOP", 200).await;
        let (code, line) = fetched(&mut raw, &own).await;
        assert_eq!(code, 522, "{version}");
        assert!(line.contains("has been revoked"), "{line}");
        assert_eq!(fetched(&mut other, &of_other).await.0, 226, "{version}");
        let mut late = server.secured(Some(&mine), version).await;
        late.ask("USER wharf", 530).await;
        server.harness.ended().await;
    }
}

#[tokio::test]
async fn in_clear_nobody_has_a_certificate() {
    let ours = Authority::new("ours");
    let tls = {
        let mut tls = ServerTlsOptions::new(Identity::self_signed(&["localhost".to_owned()]).unwrap());
        tls.client_trust = Some(trusting(&ours, &[]));
        ServerTls::new(tls).unwrap()
    };
    let harness = Harness::with(disk_with("f", &sample(10)), move |options| {
        options.tls = Some(tls);
        options.session.policy.control = wharf_server::ControlPolicy::Allow;
        options.session.client_certificates = ClientCertificateRule::Required;
    })
    .await;
    let mut raw = Raw::connect(&harness).await;
    assert!(raw.ask("USER wharf", 530).await.contains("AUTH TLS comes first"));
    harness.ended().await;
}

#[tokio::test]
async fn a_certificate_goes_with_ccc() {
    // TLS-25
    let ours = Authority::new("ours");
    let mine = ours.issue("wharf");
    let identity = Identity::self_signed(&["localhost".to_owned()]).unwrap();
    let fingerprint = identity.fingerprint();
    let mut tls = ServerTlsOptions::new(identity);
    tls.client_trust = Some(trusting(&ours, &[]));
    let tls = ServerTls::new(tls).unwrap();
    let shared = tls.clone();
    let harness = Harness::with(disk_with("f", &sample(10_000)), move |options| {
        options.tls = Some(shared);
        options.session.policy.control = wharf_server::ControlPolicy::Credentials;
        options.session.client_certificates = ClientCertificateRule::Required;
        let map = CertificateMap::CommonName;
        options.auth = Arc::new(ByCertificate::new(Arc::new(users()), map, CertificateLogin::Certificate));
    })
    .await;
    let server = Asking { harness, tls, fingerprint };
    let mut raw = server.certified(&mine, TlsVersion::V1_3).await;
    raw.ask("CCC", 200).await;
    raw.control.downgrade();
    while raw.control.tls_info().is_some() {
        raw.control.progress(true).await;
    }
    // Logged in it stays, and data connections still show who it is.
    raw.fetch("f", 10_000).await;
    server.harness.ended().await;
}

//! REIN under TLS.

use wharf_server::{DataSession, ServerTls, ServerTlsOptions};
use wharf_transport::ControlEvent;

use crate::{
    harness::{Harness, disk_with, sample},
    raw::{Raw, gives_nothing},
};

#[tokio::test]
async fn rein_ends_tls_and_what_was_known_of_it() {
    // TLS-27, LOG-10, TLS-20
    let identity = wharf_server::Identity::self_signed(&["localhost".to_owned()]).unwrap();
    let fingerprint = identity.fingerprint();
    let mut harness = Harness::with(disk_with("f", &sample(10_000)), |options| {
        let mut tls = ServerTlsOptions::new(identity);
        tls.data_session = DataSession::Prefer;
        options.tls = Some(ServerTls::new(tls).unwrap());
    })
    .await;
    harness.fingerprint = fingerprint;
    let mut raw = Raw::protected(&harness).await;
    raw.fetch("f", 10_000).await;
    // This client resumes, so that a full handshake is refused from now on: tickets of another session bring no more.
    let other = Raw::protected(&harness).await.tls;
    raw.tls = other.clone();
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.expect(150).await;
    if let Ok(data) = raw.protected_data(addr).await {
        gives_nothing(data).await;
    }
    raw.expect(522).await;
    raw.ask("REIN", 220).await;
    raw.control.downgrade();
    loop {
        match raw.control.progress(true).await {
            ControlEvent::Cleared => break,
            ControlEvent::CloseNotify | ControlEvent::Flushed | ControlEvent::Read => {}
            event => panic!("{event:?}"),
        }
    }
    assert!(raw.control.tls_info().is_none());
    raw.ask("NOOP", 200).await;
    raw.ask("USER wharf", 530).await;
    raw.ask("PROT P", 503).await;
    // Under TLS anew: what the next user's client can do is not known yet.
    raw.secure().await;
    raw.ask("PWD", 530).await;
    raw.log_in().await;
    raw.ask("PBSZ 0", 200).await;
    raw.ask("PROT P", 200).await;
    raw.tls = other;
    raw.fetch("f", 10_000).await;
    harness.ended().await;
}

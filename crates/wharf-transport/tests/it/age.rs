//! Control connections that live longer than their tickets. // TLS-20 TLS-21

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::HandshakeKind;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use wharf_transport::{Clock, DataFailure, DataSession, ServerTls, ServerTlsOptions, TicketPlan, TlsVersion};

use crate::resumption::{bare_data, bare_session_at};
use crate::support::*;

const DAY: u64 = 24 * 60 * 60;

/// A calendar that both ends share, and that days can be added to.
#[derive(Debug, Clone, Default)]
struct Calendar(Arc<AtomicU64>);

impl Calendar {
    fn pass(&self, days: u64) {
        self.0.fetch_add(days * DAY, Ordering::SeqCst);
    }

    #[expect(clippy::disallowed_methods, reason = "the certificate of these tests begins today")]
    fn now(&self) -> Duration {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        today + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn server(&self, data_session: DataSession) -> ServerTls {
        let mut options = ServerTlsOptions::new(identity());
        options.data_session = data_session;
        let calendar = self.clone();
        options.clock = Clock::new(move || calendar.now());
        ServerTls::new(options).unwrap()
    }

    fn client(&self, version: TlsVersion) -> Bare {
        Bare::with(version, &["ftp"], |config| config.time_provider = Arc::new(self.clone()))
    }
}

impl TimeProvider for Calendar {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.now()))
    }
}

/// No key rotates while a control connection lives: its first tickets are good for as long as a client may use them.
#[tokio::test]
async fn tickets_are_good_for_a_week() {
    for version in VERSIONS {
        let calendar = Calendar::default();
        let client = calendar.client(version);
        let (_server, tls, _client) = bare_session_at(&calendar.server(DataSession::Require), &client).await;
        for days in [1, 2, 3] {
            calendar.pass(days);
            let (taken, kind) = bare_data(&tls, &client, TicketPlan::Upload).await;
            assert!(taken.unwrap().bound, "{version}");
            assert_eq!(kind, Some(HandshakeKind::Resumed), "{version}");
        }
    }
}

/// Downloads restock, so that a session in use outlives every ticket.
#[tokio::test]
async fn a_session_in_use_goes_on_for_a_month() {
    for version in VERSIONS {
        let calendar = Calendar::default();
        let client = calendar.client(version);
        let (_server, tls, _client) = bare_session_at(&calendar.server(DataSession::Require), &client).await;
        for _ in 0..6 {
            calendar.pass(5);
            let (taken, kind) = bare_data(&tls, &client, TicketPlan::Download).await;
            assert!(taken.unwrap().bound, "{version}");
            assert_eq!(kind, Some(HandshakeKind::Resumed), "{version}");
        }
    }
}

/// After more than a week without a transfer no client may use its tickets (RFC 8446 §4.6.1): `prefer` takes its full
/// handshake, `require` cannot.
#[tokio::test]
async fn a_session_that_slept_for_longer_is_excused_where_resumption_is_preferred() {
    for version in VERSIONS {
        for data_session in [DataSession::Prefer, DataSession::Require] {
            let calendar = Calendar::default();
            let client = calendar.client(version);
            let (_server, tls, _client) = bare_session_at(&calendar.server(data_session), &client).await;
            assert!(bare_data(&tls, &client, TicketPlan::Download).await.0.unwrap().bound);
            calendar.pass(8);
            let (taken, kind) = bare_data(&tls, &client, TicketPlan::Download).await;
            if data_session == DataSession::Prefer {
                assert!(!taken.unwrap().bound, "{version}");
                assert_ne!(kind, Some(HandshakeKind::Resumed), "{version}");
            } else {
                assert!(matches!(taken, Err(DataFailure::NotResumed)), "{version}: {taken:?}");
            }
        }
    }
}

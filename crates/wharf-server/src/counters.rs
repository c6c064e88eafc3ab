//! What a server counts for those who watch it.

use std::sync::atomic::{AtomicU64, Ordering};

use wharf_session::server::{AuditEvent, TransferRecord};

/// What happened since the start; see [`ServerOptions::counters`](crate::ServerOptions::counters).
#[derive(Debug, Default)]
pub struct Counters {
    sessions: AtomicU64,
    ended: AtomicU64,
    refused: AtomicU64,
    logins: AtomicU64,
    failed_logins: AtomicU64,
    failed_handshakes: AtomicU64,
    downloads: Moved,
    uploads: Moved,
    listings: Moved,
}

#[derive(Debug, Default)]
struct Moved {
    done: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
}

/// Transfers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfers {
    /// Those that ended well (2yz).
    pub done: u64,
    /// The others.
    pub failed: u64,
    /// Bytes of both.
    pub bytes: u64,
}

impl Counters {
    /// Sessions that were opened.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        read(&self.sessions)
    }

    /// Sessions that are there now.
    #[must_use]
    pub fn active_sessions(&self) -> u64 {
        let ended = read(&self.ended);
        read(&self.sessions).saturating_sub(ended)
    }

    /// Clients that were turned away, since there were too many.
    #[must_use]
    pub fn refused(&self) -> u64 {
        read(&self.refused)
    }

    /// Logins.
    #[must_use]
    pub fn logins(&self) -> u64 {
        read(&self.logins)
    }

    /// Logins that failed.
    #[must_use]
    pub fn failed_logins(&self) -> u64 {
        read(&self.failed_logins)
    }

    /// TLS handshakes of control connections that failed.
    #[must_use]
    pub fn failed_handshakes(&self) -> u64 {
        read(&self.failed_handshakes)
    }

    /// RETR and its kin.
    #[must_use]
    pub fn downloads(&self) -> Transfers {
        self.downloads.read()
    }

    /// STOR, STOU, APPE.
    #[must_use]
    pub fn uploads(&self) -> Transfers {
        self.uploads.read()
    }

    /// LIST, NLST, MLSD.
    #[must_use]
    pub fn listings(&self) -> Transfers {
        self.listings.read()
    }

    pub(crate) fn opened(&self) {
        add(&self.sessions, 1);
    }

    pub(crate) fn ended(&self) {
        add(&self.ended, 1);
    }

    pub(crate) fn turned_away(&self) {
        add(&self.refused, 1);
    }

    pub(crate) fn note(&self, event: &AuditEvent) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "most of what happens is not counted")]
        match event {
            AuditEvent::LoggedIn { .. } => add(&self.logins, 1),
            AuditEvent::LoginFailed { .. } => add(&self.failed_logins, 1),
            AuditEvent::TlsFailed(_) => add(&self.failed_handshakes, 1),
            AuditEvent::Transferred(record) => self.moved(record),
            _ => {}
        }
    }

    fn moved(&self, record: &TransferRecord) {
        let kind = match record.verb {
            "STOR" | "STOU" | "APPE" => &self.uploads,
            "RETR" => &self.downloads,
            _ => &self.listings,
        };
        add(if record.code.is_some_and(|code| code.get() < 300) { &kind.done } else { &kind.failed }, 1);
        add(&kind.bytes, record.bytes);
    }
}

impl Moved {
    fn read(&self) -> Transfers {
        Transfers { done: read(&self.done), failed: read(&self.failed), bytes: read(&self.bytes) }
    }
}

/// The session that holds it is counted as long as it is there, however it ends.
#[derive(Debug)]
pub(crate) struct Counted(pub(crate) std::sync::Arc<Counters>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.ended();
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn add(counter: &AtomicU64, many: u64) {
    counter.fetch_add(many, Ordering::Relaxed);
}

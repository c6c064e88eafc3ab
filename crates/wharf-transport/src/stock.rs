//! The session tickets of one control connection, on the client.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls_pki_types::ServerName;

/// Tickets kept at most; the oldest goes first.
const MOST_TICKETS: usize = 16;

/// Sessions of one control connection and its data connections, and of nothing else: a shared store would offer
/// the tickets of one server to another one on the same host.
#[derive(Default)]
pub(crate) struct TicketStock(Mutex<Stock>);

#[derive(Default)]
struct Stock {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tls13: VecDeque<Tls13ClientSessionValue>,
}

impl TicketStock {
    fn locked(&self) -> MutexGuard<'_, Stock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Data connections that can still resume. A TLS 1.2 session counts as one and is never used up.
    pub(crate) fn count(&self) -> usize {
        let stock = self.locked();
        stock.tls13.len() + usize::from(stock.tls12.is_some())
    }
}

impl fmt::Debug for TicketStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketStock").field("count", &self.count()).finish_non_exhaustive()
    }
}

// The server name is not asked for: every connection of this store goes to the same server.
impl ClientSessionStore for TicketStock {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.locked().group = Some(group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.locked().group
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.locked().tls12 = Some(value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.locked().tls12.clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.locked().tls12 = None;
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut stock = self.locked();
        if stock.tls13.len() == MOST_TICKETS {
            stock.tls13.pop_front();
        }
        stock.tls13.push_back(value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        // The newest is the one a server is least likely to have forgotten.
        self.locked().tls13.pop_back()
    }
}

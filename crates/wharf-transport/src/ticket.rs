//! Session tickets that belong to one control connection.
//!
//! The server keeps no session: what a ticket needs travels sealed in the ticket, so a client may present the
//! same one for every transfer, as OpenSSL does. Each control connection seals with a key of its own that lives
//! exactly as long as it does. So no ticket of another session, listener, virtual host or certificate policy
//! can ever be opened here, and a session of many hours never loses its first tickets to a rotating key.
//!
//! The token inside names the connection that gave the ticket. A stranger at a passive port gets tickets with
//! his full handshake, before anybody can judge him; their token is approved only when his connection turns out
//! to be a resumption, that is: never.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use rustls::server::{ProducesTickets, StoresServerSessions};

use crate::failure::TlsError;
use crate::ledger::{LIFETIME, Ledger, TicketId, Token};

const NONCE: usize = 12;
const TAG: usize = 16;
/// Bytes of tickets that one connection gives. A client that shows a certificate gets its whole chain back in each of them,
/// and may ask for many (RFC 9149): what waits to be sent is bounded by this.
const MOST_GIVEN: usize = 64 * 1024;

/// The key and the books of one control connection.
pub(crate) struct TicketOffice {
    key: RandomizedNonceKey,
    ledger: Mutex<Ledger>,
}

impl TicketOffice {
    /// Opens an office; the token of the control connection itself is approved from the start.
    pub(crate) fn open() -> Result<(Arc<Self>, Token), TlsError> {
        let no_random = |_| TlsError::Setup("no random bytes".to_owned());
        let mut key = [0; 32];
        rand::fill(&mut key).map_err(no_random)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(no_random)?;
        let token = fresh_token()?;
        Ok((Arc::new(Self { key, ledger: Mutex::new(Ledger::new(token)) }), token))
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seal(&self, token: Token, state: &[u8]) -> Option<(TicketId, Vec<u8>)> {
        let mut sealed = Vec::with_capacity(NONCE + token.len() + state.len() + TAG);
        sealed.extend_from_slice(&token);
        sealed.extend_from_slice(state);
        let nonce = self.key.seal_in_place_append_tag(Aad::empty(), &mut sealed).ok()?;
        let id = TicketId::try_from(sealed.last_chunk::<TAG>()?.as_slice()).ok()?;
        sealed.splice(0..0, nonce.as_ref().iter().copied());
        Some((id, sealed))
    }

    fn unseal(&self, sealed: &[u8]) -> Option<(TicketId, Token, Vec<u8>)> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        let id = *rest.last_chunk::<TAG>()?;
        let mut rest = rest.to_vec();
        let opened = self.key.open_in_place(Nonce::from(nonce), Aad::empty(), &mut rest).ok()?;
        let (token, state) = opened.split_first_chunk::<16>()?;
        Some((id, *token, state.to_vec()))
    }
}

impl fmt::Debug for TicketOffice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketOffice").finish_non_exhaustive()
    }
}

pub(crate) fn fresh_token() -> Result<Token, TlsError> {
    let mut token = [0; 16];
    rand::fill(&mut token).map_err(|_| TlsError::Setup("no random bytes".to_owned()))?;
    Ok(token)
}

/// Gives and takes the tickets of one connection.
pub(crate) struct Counter {
    office: Arc<TicketOffice>,
    token: Token,
    given: Mutex<Vec<TicketId>>,
    came_back: Mutex<Option<TicketId>>,
}

impl Counter {
    pub(crate) fn new(office: &Arc<TicketOffice>, token: Token) -> Arc<Self> {
        Arc::new(Self {
            office: Arc::clone(office),
            token,
            given: Mutex::default(),
            came_back: Mutex::default(),
        })
    }

    /// The tickets given so far; they are taken out.
    pub(crate) fn given(&self) -> Vec<TicketId> {
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The valid ticket that the peer presented.
    pub(crate) fn came_back(&self) -> Option<TicketId> {
        *self.came_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn token(&self) -> Token {
        self.token
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").finish_non_exhaustive()
    }
}

impl ProducesTickets for Counter {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(LIFETIME.as_secs()).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        // All of one connection are about as long.
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).len();
        if given > 0 && (given + 1) * plain.len() > MOST_GIVEN {
            return None;
        }
        let (id, sealed) = self.office.seal(self.token, plain)?;
        self.given.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        Some(sealed)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (id, token, state) = self.office.unseal(cipher)?;
        if !self.office.ledger().is_approved(&token) {
            return None;
        }
        *self.came_back.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        Some(state)
    }
}

/// The session ids of the control connection (TLS 1.2 without tickets), as a data connection sees them: it may
/// resume them and add none.
#[derive(Debug)]
pub(crate) struct ReadOnly(pub(crate) Arc<dyn StoresServerSessions>);

impl StoresServerSessions for ReadOnly {
    fn put(&self, _: Vec<u8>, _: Vec<u8>) -> bool {
        false
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }

    fn can_cache(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_connection_gives_no_more_than_a_certain_number_of_bytes() {
        for (length, most) in [(200, 327), (16 * 1024, 4), (200 * 1024, 1)] {
            let (office, token) = TicketOffice::open().unwrap();
            let counter = Counter::new(&office, token);
            let given = (0..1000).map_while(|_| counter.encrypt(&vec![0; length])).count();
            assert_eq!(given, most);
        }
    }

    #[test]
    fn tickets_open_only_for_approved_connections_of_the_same_session() {
        let (office, token) = TicketOffice::open().unwrap();
        let control = Counter::new(&office, token);
        let ticket = control.encrypt(b"state").unwrap();
        let data = Counter::new(&office, fresh_token().unwrap());
        assert_eq!(data.decrypt(&ticket).as_deref(), Some(&b"state"[..]));
        assert!(data.came_back().is_some());

        let stolen = data.encrypt(b"stranger").unwrap();
        assert_eq!(control.decrypt(&stolen), None);
        office.ledger().approve(data.token(), data.given(), Duration::ZERO);
        assert_eq!(control.decrypt(&stolen).as_deref(), Some(&b"stranger"[..]));

        let (other, token) = TicketOffice::open().unwrap();
        assert_eq!(Counter::new(&other, token).decrypt(&ticket), None);
        for cut in 0..ticket.len() {
            assert_eq!(data.decrypt(&ticket[..cut]), None);
        }
    }
}

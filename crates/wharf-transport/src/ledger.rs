//! What the server knows about the tickets of one control connection: given, and come back.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// How long a client may use a ticket: the longest that TLS 1.3 allows (RFC 8446 §4.6.1), since the key dies with the
/// control connection.
pub(crate) const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Names a connection that gave tickets.
pub(crate) type Token = [u8; 16];
/// Names one ticket.
pub(crate) type TicketId = [u8; 16];

/// Approved data connections remembered. Clients present recent tickets; a client that comes with one older than
/// this many transfers makes a full handshake.
const MOST_APPROVED: usize = 1024;
/// Tickets that a client is believed to hold at most: small stores keep about as many, and forget the oldest.
const MOST_HELD: usize = 8;
/// Spent tickets remembered, to notice one that comes back a second time.
const MOST_SPENT: usize = 64;

/// The books of one control connection.
#[derive(Debug)]
pub(crate) struct Ledger {
    control: Token,
    approved: HashSet<Token>,
    in_order: VecDeque<Token>,
    held: VecDeque<(TicketId, Duration)>,
    /// When tickets were given last.
    last: Duration,
    spent: VecDeque<TicketId>,
    has_resumed: bool,
    keeps_sessions: bool,
}

fn push_bounded<T>(list: &mut VecDeque<T>, new: T, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(new);
}

impl Ledger {
    pub(crate) fn new(control: Token) -> Self {
        Self {
            control,
            approved: HashSet::new(),
            in_order: VecDeque::new(),
            held: VecDeque::new(),
            last: Duration::ZERO,
            spent: VecDeque::new(),
            has_resumed: false,
            keeps_sessions: false,
        }
    }

    pub(crate) fn is_approved(&self, token: &Token) -> bool {
        *token == self.control || self.approved.contains(token)
    }

    /// The connection `token` has proved to belong to the session: the tickets it gave are good from now on.
    pub(crate) fn approve(&mut self, token: Token, given: Vec<TicketId>, now: Duration) {
        if token == self.control {
            // A session of TLS 1.2 may do without tickets.
            self.last = now;
        }
        if given.is_empty() {
            return;
        }
        self.last = now;
        for id in given {
            push_bounded(&mut self.held, (id, now), MOST_HELD);
        }
        if token != self.control && self.approved.insert(token) {
            self.in_order.push_back(token);
            if self.in_order.len() > MOST_APPROVED
                && let Some(oldest) = self.in_order.pop_front()
            {
                self.approved.remove(&oldest);
            }
        }
    }

    /// The client has resumed. `ticket` is what it presented; `None` or `reusable` stand for a session that it
    /// can present again and again (TLS 1.2).
    pub(crate) fn resumed(&mut self, ticket: Option<TicketId>, reusable: bool) {
        self.has_resumed = true;
        match ticket {
            Some(id) if !reusable => {
                if self.spent.contains(&id) {
                    self.keeps_sessions = true;
                }
                self.held.retain(|(held, _)| *held != id);
                push_bounded(&mut self.spent, id, MOST_SPENT);
            }
            _ => self.keeps_sessions = true,
        }
    }

    /// Whether a full handshake may still come from this client: it has never resumed, or it spends tickets
    /// and has none left, or all that it has is older than a client may use (RFC 8446 §4.6.1).
    pub(crate) fn excuses_full_handshake(&self, now: Duration) -> bool {
        let old = |given: Duration| now.saturating_sub(given) > LIFETIME;
        !self.has_resumed
            || if self.keeps_sessions {
                old(self.last)
            } else {
                self.held.iter().all(|(_, given)| old(*given))
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000_000);

    fn id(n: u8) -> TicketId {
        [n; 16]
    }

    #[test]
    fn a_client_that_spends_is_excused_when_it_has_none_left() {
        let mut ledger = Ledger::new([0; 16]);
        ledger.approve([0; 16], vec![id(1), id(2)], NOW);
        assert!(ledger.excuses_full_handshake(NOW), "it has never resumed");
        ledger.resumed(Some(id(2)), false);
        assert!(!ledger.excuses_full_handshake(NOW), "it holds one");
        ledger.resumed(Some(id(1)), false);
        assert!(ledger.excuses_full_handshake(NOW), "it has spent all");
        ledger.approve([1; 16], vec![id(3)], NOW);
        assert!(!ledger.excuses_full_handshake(NOW), "it got another one");
    }

    #[test]
    fn a_client_that_keeps_its_session_is_never_excused_again() {
        let mut ledger = Ledger::new([0; 16]);
        ledger.approve([0; 16], vec![id(1)], NOW);
        ledger.resumed(Some(id(1)), false);
        ledger.resumed(Some(id(1)), false);
        assert!(!ledger.excuses_full_handshake(NOW));

        let mut ledger = Ledger::new([0; 16]);
        ledger.approve([0; 16], Vec::new(), NOW);
        ledger.resumed(None, false);
        assert!(!ledger.excuses_full_handshake(NOW));
    }

    #[test]
    fn the_books_are_bounded() {
        let mut ledger = Ledger::new([0; 16]);
        for n in 0..5000_u32 {
            let mut token = [1; 16];
            token[..4].copy_from_slice(&n.to_be_bytes());
            ledger.approve(token, vec![token], NOW);
            ledger.resumed(Some(token), false);
        }
        assert_eq!((ledger.approved.len(), ledger.in_order.len()), (MOST_APPROVED, MOST_APPROVED));
        assert!(ledger.held.len() <= MOST_HELD && ledger.spent.len() <= MOST_SPENT);
        assert!(ledger.is_approved(&[0; 16]));
    }

    #[test]
    fn a_client_whose_tickets_are_all_too_old_is_excused() {
        let later = NOW + LIFETIME + Duration::from_secs(1);
        let mut spends = Ledger::new([0; 16]);
        spends.approve([0; 16], vec![id(1), id(2)], NOW);
        spends.resumed(Some(id(2)), false);
        assert!(!spends.excuses_full_handshake(NOW + LIFETIME));
        assert!(spends.excuses_full_handshake(later));
        spends.approve([1; 16], vec![id(3)], later);
        assert!(!spends.excuses_full_handshake(later), "it got a new one");

        let mut keeps = Ledger::new([0; 16]);
        keeps.approve([0; 16], vec![id(1)], NOW);
        keeps.resumed(None, true);
        assert!(!keeps.excuses_full_handshake(NOW + LIFETIME));
        assert!(keeps.excuses_full_handshake(later));
    }
}

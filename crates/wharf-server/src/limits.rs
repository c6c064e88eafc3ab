//! How many sessions there may be.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts sessions, in all and by address.
#[derive(Debug)]
pub(crate) struct Limiter {
    max_sessions: usize,
    max_per_ip: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Only addresses with sessions, so at most `max_sessions` of them.
    by_host: HashMap<IpAddr, usize>,
}

/// One session's place; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    host: IpAddr,
    counts: Arc<Mutex<Counts>>,
}

impl Limiter {
    pub(crate) fn new(max_sessions: usize, max_per_ip: usize) -> Self {
        Self { max_sessions, max_per_ip, counts: Arc::default() }
    }

    /// A place for a session from `ip`; `None` when there is none.
    pub(crate) fn enter(&self, ip: IpAddr) -> Option<Place> {
        let host = host(ip);
        let mut counts = locked(&self.counts);
        let here = counts.by_host.get(&host).copied().unwrap_or_default();
        if counts.all >= self.max_sessions || here >= self.max_per_ip {
            return None;
        }
        counts.all += 1;
        counts.by_host.insert(host, here + 1);
        Some(Place { host, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = locked(&self.counts);
        counts.all -= 1;
        if let Some(here) = counts.by_host.get_mut(&self.host) {
            *here -= 1;
            if *here == 0 {
                counts.by_host.remove(&self.host);
            }
        }
    }
}

fn locked(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An IPv6 host has a whole /64 to come from.
fn host(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let limiter = Limiter::new(3, 2);
        let ip = |text: &str| text.parse().unwrap();
        let first = limiter.enter(ip("10.0.0.1"));
        let second = limiter.enter(ip("::ffff:10.0.0.1"));
        assert!(first.is_some() && second.is_some());
        assert!(limiter.enter(ip("10.0.0.1")).is_none(), "one address has its share");
        let third = limiter.enter(ip("2001:db8::1"));
        assert!(third.is_some());
        assert!(limiter.enter(ip("10.0.0.2")).is_none(), "all places are taken");
        drop(first);
        assert!(limiter.enter(ip("2001:db8::2")).is_some(), "the second of its /64");
        drop((second, third));
        assert!(locked(&limiter.counts).by_host.is_empty());
    }
}

//! Files that are being written: no two connections write the same one, whatever a server lists twice.

use std::cell::RefCell;
use std::collections::HashSet;

use tokio::sync::Notify;

/// A folder, and a name in it as file systems see it that do not tell capital letters from small ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key((u64, u64), Vec<u8>);

impl Key {
    pub(super) fn new(folder: (u64, u64), name: &[u8]) -> Self {
        let name = match std::str::from_utf8(name) {
            Ok(text) => text.to_lowercase().into_bytes(),
            Err(_) => name.to_ascii_lowercase(),
        };
        Self(folder, name)
    }
}

/// What is being written.
#[derive(Default)]
pub(super) struct Claims {
    held: RefCell<HashSet<Key>>,
    released: Notify,
}

impl Claims {
    /// Waits until nobody holds one of these, and holds them all until the claim is dropped.
    pub(super) async fn hold(&self, mut keys: Vec<Key>) -> Claim<'_> {
        keys.sort_by(|one, other| one.1.cmp(&other.1));
        keys.dedup();
        loop {
            let released = self.released.notified();
            if self.try_hold(&keys) {
                return Claim { claims: self, keys };
            }
            released.await;
        }
    }

    fn try_hold(&self, keys: &[Key]) -> bool {
        let mut held = self.held.borrow_mut();
        let free = !keys.iter().any(|key| held.contains(key));
        if free {
            held.extend(keys.iter().cloned());
        }
        free
    }
}

/// Names that are held.
pub(super) struct Claim<'a> {
    claims: &'a Claims,
    keys: Vec<Key>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut held = self.claims.held.borrow_mut();
        for key in &self.keys {
            held.remove(key);
        }
        drop(held);
        self.claims.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let claims = Claims::default();
        let keys = |names: &[&str]| -> Vec<Key> {
            names.iter().map(|name| Key::new((1, 2), name.as_bytes())).collect()
        };
        assert!(claims.try_hold(&keys(&["f", ".f.wharf-part"])));
        assert!(!claims.try_hold(&keys(&["F"])) && !claims.try_hold(&keys(&["g", ".f.wharf-part"])));
        assert!(claims.try_hold(&keys(&["g"])), "what could not be held whole is not held in part");
        assert!(claims.try_hold(&[Key::new((1, 3), b"f")]));
        drop(Claim { claims: &claims, keys: keys(&["f", ".f.wharf-part"]) });
        assert!(claims.try_hold(&keys(&["F"])));
    }
}

//! Where else than on the listener rules are said: client networks and accounts.
//!
//! Scopes only tighten. What holds for a session is the strictest of what its listener, its client's network, its
//! virtual host and its account say.

use std::{collections::HashMap, net::IpAddr};

use ipnet::IpNet;
use wharf_types::TlsRule;

/// Rules by client network; of several networks that hold an address the smallest one counts.
#[derive(Debug, Clone, Default)]
pub struct Networks(Vec<(IpNet, TlsRule)>);

impl Networks {
    /// No rule at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule; of two for the same network the later one counts.
    pub fn add(&mut self, network: IpNet, rule: TlsRule) {
        let network = network.trunc();
        self.0.retain(|(known, _)| *known != network);
        self.0.push((network, rule));
    }

    /// The rule for a client. An IPv4 address mapped into IPv6 counts as what it is.
    #[must_use]
    pub fn rule_for(&self, peer: IpAddr) -> TlsRule {
        let peer = peer.to_canonical();
        self.0
            .iter()
            .filter(|(network, _)| network.contains(&peer))
            .max_by_key(|(network, _)| network.prefix_len())
            .map_or(TlsRule::NONE, |(_, rule)| *rule)
    }
}

/// Which accounts there are, and the rule of each.
///
/// Asked when USER is answered, so that nobody is invited to send a password in clear where it must not go. A name that
/// is not known gets the strictest rule of all: nothing tells it from a known one that has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountRules {
    known: HashMap<Vec<u8>, TlsRule>,
    anonymous: Option<TlsRule>,
    strictest: TlsRule,
}

impl AccountRules {
    /// No account: every name is unknown, and no rule is said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an account known, with everything that its own scope and those of its groups say.
    pub fn add(&mut self, name: impl Into<Vec<u8>>, rule: TlsRule) {
        self.strictest = self.strictest.and(rule);
        self.known.insert(name.into(), rule);
    }

    /// Makes the anonymous account known, under both of its names (RFC 1635).
    pub fn allow_anonymous(&mut self, rule: TlsRule) {
        self.strictest = self.strictest.and(rule);
        self.anonymous = Some(rule);
    }

    /// The rule for a login under this name.
    #[must_use]
    pub fn rule_for(&self, name: &[u8]) -> TlsRule {
        let anonymous = || {
            self.anonymous
                .filter(|_| [&b"anonymous"[..], b"ftp"].iter().any(|known| name.eq_ignore_ascii_case(known)))
        };
        self.known.get(name).copied().or_else(anonymous).unwrap_or(self.strictest)
    }

    /// The strictest of all of them.
    #[must_use]
    pub const fn strictest(&self) -> TlsRule {
        self.strictest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_types::{ControlPolicy, DataPolicy};

    fn control(policy: ControlPolicy) -> TlsRule {
        TlsRule { control: Some(policy), data: None }
    }

    #[test]
    fn the_smallest_network_counts() {
        let mut networks = Networks::new();
        networks.add("0.0.0.0/0".parse().unwrap(), control(ControlPolicy::Require));
        networks.add("10.0.0.0/8".parse().unwrap(), control(ControlPolicy::Credentials));
        networks.add("10.9.0.7/16".parse().unwrap(), control(ControlPolicy::Allow));
        networks.add("2001:db8::/32".parse().unwrap(), control(ControlPolicy::Allow));
        let rule = |peer: &str| networks.rule_for(peer.parse().unwrap()).control;
        assert_eq!(rule("192.0.2.1"), Some(ControlPolicy::Require));
        assert_eq!(rule("10.1.2.3"), Some(ControlPolicy::Credentials));
        assert_eq!(rule("10.9.1.1"), Some(ControlPolicy::Allow));
        assert_eq!(rule("::ffff:10.9.1.1"), Some(ControlPolicy::Allow));
        assert_eq!(rule("2001:db8:1::1"), Some(ControlPolicy::Allow));
        assert_eq!(rule("2001:db9::1"), None);
        networks.add("10.9.0.0/16".parse().unwrap(), control(ControlPolicy::Require));
        assert_eq!(networks.rule_for("10.9.1.1".parse().unwrap()).control, Some(ControlPolicy::Require));
    }

    #[test]
    fn an_unknown_name_is_the_strictest_account() {
        let mut accounts = AccountRules::new();
        assert_eq!(accounts.rule_for(b"anybody"), TlsRule::NONE);
        accounts.add("printer", control(ControlPolicy::Allow));
        accounts
            .add("alice", TlsRule { control: Some(ControlPolicy::Require), data: Some(DataPolicy::Require) });
        accounts.add("bob", TlsRule::NONE);
        accounts.allow_anonymous(control(ControlPolicy::Allow));
        assert_eq!(accounts.rule_for(b"nobody"), accounts.rule_for(b"alice"));
        assert_eq!(accounts.rule_for(b"ALICE"), accounts.strictest());
        assert_eq!(accounts.rule_for(b"bob"), TlsRule::NONE);
        assert_eq!(accounts.rule_for(b"Anonymous"), control(ControlPolicy::Allow));
        assert_eq!(accounts.rule_for(b"ftp"), control(ControlPolicy::Allow));
    }

    #[test]
    fn without_an_anonymous_account_its_names_are_unknown() {
        let mut accounts = AccountRules::new();
        accounts.add("alice", control(ControlPolicy::Require));
        assert_eq!(accounts.rule_for(b"anonymous"), accounts.strictest());
    }
}

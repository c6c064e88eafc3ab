//! What must be encrypted, as listeners, networks, hosts and accounts say it.

use core::{fmt, str::FromStr};

/// How much of the control channel must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlPolicy {
    /// Clear and TLS alike.
    Allow,
    /// User name, password and account only under TLS; the rest as the client likes.
    Credentials,
    /// Everything under TLS; in clear only what leads there.
    Require,
    /// No TLS on this listener.
    Deny,
}

impl ControlPolicy {
    /// The stricter one of two. [`Deny`](Self::Deny) asks for nothing: where a narrower scope asks for TLS on a
    /// listener that has none, what it asks for stays, and nobody gets past it there.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Require, _) | (_, Self::Require) => Self::Require,
            (Self::Credentials, _) | (_, Self::Credentials) => Self::Credentials,
            (Self::Deny, _) | (_, Self::Deny) => Self::Deny,
            (Self::Allow, Self::Allow) => Self::Allow,
        }
    }
}

impl fmt::Display for ControlPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Credentials => "credentials",
            Self::Require => "require",
            Self::Deny => "deny",
        })
    }
}

/// How much of the data channel must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataPolicy {
    /// Clear and TLS alike.
    Allow,
    /// Only under TLS.
    Require,
    /// Only in clear.
    Deny,
    /// Not at all: one scope asks for TLS and another one forbids it.
    Neither,
}

impl DataPolicy {
    /// What both permit.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, both) | (both, Self::Allow) => both,
            (Self::Require, Self::Require) => Self::Require,
            (Self::Deny, Self::Deny) => Self::Deny,
            (Self::Require, Self::Deny)
            | (Self::Deny, Self::Require)
            | (Self::Neither, _)
            | (_, Self::Neither) => Self::Neither,
        }
    }
}

impl fmt::Display for DataPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Require => "require",
            Self::Deny => "deny",
            Self::Neither => "neither",
        })
    }
}

/// A word that names no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoSuchPolicy {
    /// The words that do.
    pub words: &'static str,
}

impl fmt::Display for NoSuchPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {}", self.words)
    }
}

impl core::error::Error for NoSuchPolicy {}

impl FromStr for ControlPolicy {
    type Err = NoSuchPolicy;

    fn from_str(word: &str) -> Result<Self, NoSuchPolicy> {
        match word {
            "allow" => Ok(Self::Allow),
            "credentials" => Ok(Self::Credentials),
            "require" => Ok(Self::Require),
            "deny" => Ok(Self::Deny),
            _ => Err(NoSuchPolicy { words: "allow, credentials, require or deny" }),
        }
    }
}

impl FromStr for DataPolicy {
    type Err = NoSuchPolicy;

    fn from_str(word: &str) -> Result<Self, NoSuchPolicy> {
        match word {
            "allow" => Ok(Self::Allow),
            "require" => Ok(Self::Require),
            "deny" => Ok(Self::Deny),
            _ => Err(NoSuchPolicy { words: "allow, require or deny" }),
        }
    }
}

/// What one scope says of encryption: a network, a virtual host, a group, an account. `None` says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TlsRule {
    /// Of the control channel.
    pub control: Option<ControlPolicy>,
    /// Of the data channel.
    pub data: Option<DataPolicy>,
}

impl TlsRule {
    /// Says nothing.
    pub const NONE: Self = Self { control: None, data: None };

    /// The strictest of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let control = match (self.control, other.control) {
            (Some(one), Some(two)) => Some(one.and(two)),
            (one, None) => one,
            (None, two) => two,
        };
        let data = match (self.data, other.data) {
            (Some(one), Some(two)) => Some(one.and(two)),
            (one, None) => one,
            (None, two) => two,
        };
        Self { control, data }
    }

    /// What it says itself, and where it says nothing what `fallback` says.
    #[must_use]
    pub const fn or(self, fallback: Self) -> Self {
        Self {
            control: match self.control {
                Some(own) => Some(own),
                None => fallback.control,
            },
            data: match self.data {
                Some(own) => Some(own),
                None => fallback.data,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    const CONTROL: [ControlPolicy; 4] =
        [ControlPolicy::Allow, ControlPolicy::Credentials, ControlPolicy::Require, ControlPolicy::Deny];
    const DATA: [DataPolicy; 4] =
        [DataPolicy::Allow, DataPolicy::Require, DataPolicy::Deny, DataPolicy::Neither];

    #[test]
    fn order_and_grouping_of_scopes_do_not_matter() {
        for a in CONTROL {
            assert_eq!(a.and(a), a);
            for b in CONTROL {
                assert_eq!(a.and(b), b.and(a));
                for c in CONTROL {
                    assert_eq!(a.and(b).and(c), a.and(b.and(c)));
                }
            }
        }
        for a in DATA {
            assert_eq!(a.and(a), a);
            for b in DATA {
                assert_eq!(a.and(b), b.and(a));
                for c in DATA {
                    assert_eq!(a.and(b).and(c), a.and(b.and(c)));
                }
            }
        }
    }

    #[test]
    fn a_scope_that_says_nothing_changes_nothing() {
        let rule = TlsRule { control: Some(ControlPolicy::Credentials), data: Some(DataPolicy::Deny) };
        assert_eq!((rule.and(TlsRule::NONE), TlsRule::NONE.and(rule)), (rule, rule));
        assert_eq!((rule.or(TlsRule::NONE), TlsRule::NONE.or(rule)), (rule, rule));
        let half = TlsRule { control: Some(ControlPolicy::Allow), data: None };
        assert_eq!(half.or(rule), TlsRule { control: Some(ControlPolicy::Allow), data: rule.data });
        assert_eq!(half.and(rule), rule);
    }

    #[test]
    fn words_are_read_back() {
        for policy in CONTROL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for policy in [DataPolicy::Allow, DataPolicy::Require, DataPolicy::Deny] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert!("Neither".parse::<DataPolicy>().is_err() && "must".parse::<ControlPolicy>().is_err());
    }
}

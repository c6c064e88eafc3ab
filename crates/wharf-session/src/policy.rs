//! What must be encrypted: one pure function over actions, not verbs.
//!
//! Whatever a verb does is one of the [`Action`]s, so no verb (EPSV, PORT, MLSD, ...) slips past a rule that was
//! written for another. The match is exhaustive.

mod dialect;
mod scopes;

use wharf_codec::ReplyCode;

use crate::SubStatus;

pub use dialect::{Ban, Dialect, NoSuchDialect};
pub use ipnet::IpNet;
pub use scopes::{AccountRules, Networks};
pub use wharf_types::{ControlPolicy, DataPolicy, NoSuchPolicy, TlsRule};

/// The policy of a session: what its listener says, and after [`Policy::and`] what all scopes that apply say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The control channel.
    pub control: ControlPolicy,
    /// The data channel.
    pub data: DataPolicy,
    /// The reply codes of refusals.
    pub dialect: Dialect,
    /// Whether what the policy forbids passes all the same, and is only reported ([`Verdict::Report`]).
    pub report_only: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            control: ControlPolicy::Require,
            data: DataPolicy::Require,
            dialect: Dialect::default(),
            report_only: false,
        }
    }
}

impl Policy {
    /// Tightened by what another scope says.
    #[must_use]
    pub const fn and(mut self, rule: TlsRule) -> Self {
        if let Some(control) = rule.control {
            self.control = self.control.and(control);
        }
        if let Some(data) = rule.data {
            self.data = self.data.and(data);
        }
        self
    }
}

/// How the control channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlLevel {
    /// In clear since the start, or again after REIN.
    Clear,
    /// Under TLS.
    Secured,
    /// In clear again after CCC (RFC 4217 §5).
    Cleared,
}

/// The protection level of data connections (PROT, RFC 4217 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataLevel {
    /// PROT C.
    Clear,
    /// PROT P.
    Private,
}

/// What a decision may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionView {
    /// The control channel.
    pub control: ControlLevel,
    /// Whether the listener speaks TLS from the first byte.
    pub implicit: bool,
    /// Whether a user is logged in.
    pub logged_in: bool,
    /// Whether the listener has a certificate.
    pub tls_available: bool,
    /// Whether the listener's policy is to have no TLS ([`ControlPolicy::Deny`]).
    pub tls_denied: bool,
}

/// What a session is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Go from clear to TLS (AUTH).
    StartTls,
    /// Go from TLS back to clear (CCC).
    ClearControl,
    /// Take a user name, password or account.
    TakeCredentials,
    /// Set the level of data connections (PROT).
    SetDataLevel(DataLevel),
    /// Move bytes on a data connection, at this level.
    MoveData(DataLevel),
    /// Answer what leads to TLS and what every client asks first (FEAT, HELP, HOST, LANG, CLNT, OPTS, NOOP, SYST, QUIT).
    Greet,
    /// Anything else.
    Converse,
}

/// A refusal: the reply's code, and a text that names the cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: ReplyCode,
    /// What the log says.
    pub substatus: SubStatus,
    /// The text.
    pub text: &'static str,
}

/// What comes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may happen.
    Allow,
    /// It may happen, since the policy only reports; otherwise this would have been the answer.
    Report(Refusal),
    /// It may not.
    Refuse(Refusal),
}

/// Decides one action.
///
/// Deterministic and free of side effects: the same policy, view and action give the same verdict. A policy that only
/// reports lets pass what it forbids, and nothing else: what cannot be done stays refused.
#[must_use]
pub fn decide(policy: &Policy, view: &SessionView, action: Action) -> Verdict {
    if let Some(refusal) = impossible(view, action) {
        return Verdict::Refuse(refusal);
    }
    let banned = banned(policy, view, action).map(|(ban, substatus, text)| Refusal {
        code: policy.dialect.code(ban),
        substatus,
        text,
    });
    if let Some(refusal) = banned.filter(|_| !policy.report_only) {
        return Verdict::Refuse(refusal);
    }
    if let Some(refusal) = premature(view, action) {
        return Verdict::Refuse(refusal);
    }
    banned.map_or(Verdict::Allow, Verdict::Report)
}

/// What makes no sense as the session stands, whatever the policy.
const fn impossible(view: &SessionView, action: Action) -> Option<Refusal> {
    let (substatus, text) = match (action, view.control) {
        (Action::StartTls, ControlLevel::Secured) => (SubStatus::TlsAlready, "TLS is already in use"),
        (Action::StartTls, ControlLevel::Cleared) => {
            (SubStatus::TlsAfterCcc, "TLS was ended by CCC and cannot start again in this session")
        }
        (Action::ClearControl, ControlLevel::Clear | ControlLevel::Cleared) => {
            (SubStatus::NotUnderTls, "The control connection is not under TLS")
        }
        (Action::ClearControl, ControlLevel::Secured) if view.implicit => {
            (SubStatus::ControlMustStay, "This port speaks TLS from the first byte to the last")
        }
        (Action::StartTls, ControlLevel::Clear)
        | (Action::ClearControl, ControlLevel::Secured)
        | (
            Action::TakeCredentials
            | Action::SetDataLevel(_)
            | Action::MoveData(_)
            | Action::Greet
            | Action::Converse,
            _,
        ) => return None,
    };
    Some(Refusal { code: substatus.code(), substatus, text })
}

/// What the policy permits but the session is not ready for.
const fn premature(view: &SessionView, action: Action) -> Option<Refusal> {
    let (substatus, text) = match action {
        Action::StartTls if !view.tls_available => {
            (SubStatus::NoCertificate, "TLS is not set up on this port")
        }
        Action::ClearControl if !view.logged_in => (SubStatus::CccBeforeLogin, "Log in first"),
        Action::StartTls
        | Action::ClearControl
        | Action::TakeCredentials
        | Action::SetDataLevel(_)
        | Action::MoveData(_)
        | Action::Greet
        | Action::Converse => return None,
    };
    Some(Refusal { code: substatus.code(), substatus, text })
}

/// What the policy forbids, and a text that names the cure.
const fn banned(
    policy: &Policy,
    view: &SessionView,
    action: Action,
) -> Option<(Ban, SubStatus, &'static str)> {
    let in_clear = !matches!(view.control, ControlLevel::Secured);
    match action {
        Action::StartTls if view.tls_denied => {
            Some((Ban::Tls, SubStatus::TlsOff, "TLS is switched off on this port"))
        }
        Action::StartTls | Action::Greet => None,
        Action::ClearControl => match policy.control {
            ControlPolicy::Require | ControlPolicy::Deny => Some((
                Ban::ClearingControl,
                SubStatus::ControlMustStay,
                "The control connection must stay under TLS here",
            )),
            ControlPolicy::Allow | ControlPolicy::Credentials => None,
        },
        Action::TakeCredentials => match policy.control {
            ControlPolicy::Credentials | ControlPolicy::Require if in_clear => {
                Some((Ban::ClearCredentials, SubStatus::CredentialsNeedTls, tls_first(view)))
            }
            ControlPolicy::Allow
            | ControlPolicy::Credentials
            | ControlPolicy::Require
            | ControlPolicy::Deny => None,
        },
        Action::Converse => match policy.control {
            ControlPolicy::Require if in_clear => {
                Some((Ban::ClearCommands, SubStatus::CommandsNeedTls, tls_first(view)))
            }
            ControlPolicy::Allow
            | ControlPolicy::Credentials
            | ControlPolicy::Require
            | ControlPolicy::Deny => None,
        },
        Action::SetDataLevel(level) => match (policy.data, level) {
            (DataPolicy::Require, DataLevel::Clear) => Some((
                Ban::Level,
                SubStatus::DataNeedsTls,
                "Data connections must be protected here, use PROT P",
            )),
            (DataPolicy::Deny, DataLevel::Private) => Some((
                Ban::Level,
                SubStatus::DataMustBeClear,
                "Data connections are in clear here, use PROT C",
            )),
            (DataPolicy::Neither, DataLevel::Clear | DataLevel::Private) => {
                Some((Ban::Level, SubStatus::RulesContradict, NEITHER))
            }
            (DataPolicy::Allow, DataLevel::Clear | DataLevel::Private)
            | (DataPolicy::Require, DataLevel::Private)
            | (DataPolicy::Deny, DataLevel::Clear) => None,
        },
        Action::MoveData(level) => match (policy.data, level) {
            (DataPolicy::Require, DataLevel::Clear) => Some((
                Ban::ClearData,
                SubStatus::DataNeedsTls,
                "Data connections must be protected here, use AUTH TLS, PBSZ 0 and PROT P",
            )),
            (DataPolicy::Deny, DataLevel::Private) => Some((
                Ban::PrivateData,
                SubStatus::DataMustBeClear,
                "Data connections are in clear here, use PROT C",
            )),
            (DataPolicy::Neither, DataLevel::Clear) => {
                Some((Ban::ClearData, SubStatus::RulesContradict, NEITHER))
            }
            (DataPolicy::Neither, DataLevel::Private) => {
                Some((Ban::PrivateData, SubStatus::RulesContradict, NEITHER))
            }
            (DataPolicy::Allow, DataLevel::Clear | DataLevel::Private)
            | (DataPolicy::Require, DataLevel::Private)
            | (DataPolicy::Deny, DataLevel::Clear) => None,
        },
    }
}

const NEITHER: &str =
    "The rules for this session contradict each other on data connections, ask the administrator";

const fn tls_first(view: &SessionView) -> &'static str {
    if view.tls_denied || !view.tls_available {
        "TLS is required here, and this port has none; use another port"
    } else {
        "TLS is required here, use AUTH TLS first"
    }
}

/// Whether CCC may ever be accepted, so that FEAT tells the truth.
#[must_use]
pub const fn offers_ccc(policy: &Policy, implicit: bool, tls_available: bool) -> bool {
    let permitted =
        policy.report_only || matches!(policy.control, ControlPolicy::Allow | ControlPolicy::Credentials);
    tls_available && !implicit && permitted
}

#[cfg(test)]
mod tests;

//! What must be encrypted: one pure function over actions, not verbs.
//!
//! Whatever a verb does is one of the [`Action`]s, so no verb (EPSV, PORT, MLSD, ...) slips past a rule that was
//! written for another. The match is exhaustive.

use wharf_codec::ReplyCode;

/// How much of the control channel must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// How much of the data channel must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataPolicy {
    /// Clear and TLS alike.
    Allow,
    /// Only under TLS.
    Require,
    /// Only in clear.
    Deny,
}

/// The policy of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The control channel.
    pub control: ControlPolicy,
    /// The data channel.
    pub data: DataPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self { control: ControlPolicy::Require, data: DataPolicy::Require }
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
    /// The text.
    pub text: &'static str,
}

/// What comes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may happen.
    Allow,
    /// It may not.
    Refuse(Refusal),
}

const fn refuse(code: ReplyCode, text: &'static str) -> Verdict {
    Verdict::Refuse(Refusal { code, text })
}

/// Decides one action.
///
/// Deterministic and free of side effects: the same policy, view and action give the same verdict.
#[must_use]
pub fn decide(policy: &Policy, view: &SessionView, action: Action) -> Verdict {
    match action {
        Action::StartTls => start_tls(policy, view),
        Action::ClearControl => clear_control(policy, view),
        Action::TakeCredentials => match (policy.control, view.control) {
            (
                ControlPolicy::Credentials | ControlPolicy::Require,
                ControlLevel::Clear | ControlLevel::Cleared,
            ) => refuse(ReplyCode::NOT_LOGGED_IN, "TLS is required here, use AUTH TLS first"),
            (ControlPolicy::Allow | ControlPolicy::Deny, _) | (_, ControlLevel::Secured) => Verdict::Allow,
        },
        Action::SetDataLevel(level) => match (policy.data, level) {
            (DataPolicy::Require, DataLevel::Clear) => {
                refuse(ReplyCode::POLICY_DENIED, "Data connections must be protected here, use PROT P")
            }
            (DataPolicy::Deny, DataLevel::Private) => {
                refuse(ReplyCode::POLICY_DENIED, "Data connections are in clear here, use PROT C")
            }
            (DataPolicy::Allow, _)
            | (DataPolicy::Require, DataLevel::Private)
            | (DataPolicy::Deny, DataLevel::Clear) => Verdict::Allow,
        },
        Action::MoveData(level) => match (policy.data, level) {
            (DataPolicy::Require, DataLevel::Clear) => refuse(
                ReplyCode::PROTECTION_NOT_SUFFICIENT,
                "Data connections must be protected here, use AUTH TLS, PBSZ 0 and PROT P",
            ),
            (DataPolicy::Deny, DataLevel::Private) => {
                refuse(ReplyCode::POLICY_DENIED, "Data connections are in clear here, use PROT C")
            }
            (DataPolicy::Allow, _)
            | (DataPolicy::Require, DataLevel::Private)
            | (DataPolicy::Deny, DataLevel::Clear) => Verdict::Allow,
        },
        Action::Greet => Verdict::Allow,
        Action::Converse => match (policy.control, view.control) {
            (ControlPolicy::Require, ControlLevel::Clear | ControlLevel::Cleared) => {
                refuse(ReplyCode::NOT_LOGGED_IN, "TLS is required here, use AUTH TLS first")
            }
            (ControlPolicy::Allow | ControlPolicy::Credentials | ControlPolicy::Deny, _)
            | (ControlPolicy::Require, ControlLevel::Secured) => Verdict::Allow,
        },
    }
}

fn start_tls(policy: &Policy, view: &SessionView) -> Verdict {
    match (view.control, policy.control) {
        (ControlLevel::Secured, _) => refuse(ReplyCode::POLICY_DENIED, "TLS is already in use"),
        (ControlLevel::Cleared, _) => {
            refuse(ReplyCode::POLICY_DENIED, "TLS was ended by CCC and cannot start again in this session")
        }
        (ControlLevel::Clear, ControlPolicy::Deny) => {
            refuse(ReplyCode::POLICY_DENIED, "TLS is switched off on this port")
        }
        (ControlLevel::Clear, _) if !view.tls_available => {
            refuse(ReplyCode::NOT_IMPLEMENTED, "TLS is not set up on this port")
        }
        (ControlLevel::Clear, ControlPolicy::Allow | ControlPolicy::Credentials | ControlPolicy::Require) => {
            Verdict::Allow
        }
    }
}

fn clear_control(policy: &Policy, view: &SessionView) -> Verdict {
    match (view.control, policy.control) {
        (ControlLevel::Clear | ControlLevel::Cleared, _) => {
            refuse(ReplyCode::PROTECTION_DENIED, "The control connection is not under TLS")
        }
        (ControlLevel::Secured, _) if view.implicit => {
            refuse(ReplyCode::POLICY_DENIED, "This port speaks TLS from the first byte to the last")
        }
        (ControlLevel::Secured, ControlPolicy::Require | ControlPolicy::Deny) => {
            refuse(ReplyCode::POLICY_DENIED, "The control connection must stay under TLS here")
        }
        (ControlLevel::Secured, ControlPolicy::Allow | ControlPolicy::Credentials) if !view.logged_in => {
            refuse(ReplyCode::POLICY_DENIED, "Log in first")
        }
        (ControlLevel::Secured, ControlPolicy::Allow | ControlPolicy::Credentials) => Verdict::Allow,
    }
}

/// Whether CCC may ever be accepted, so that FEAT tells the truth.
#[must_use]
pub const fn offers_ccc(policy: &Policy, implicit: bool, tls_available: bool) -> bool {
    tls_available && !implicit && matches!(policy.control, ControlPolicy::Allow | ControlPolicy::Credentials)
}

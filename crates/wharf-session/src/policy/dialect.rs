//! The reply codes of policy refusals: the standard leaves room, and old clients know one server's choice.

use core::{fmt, str::FromStr};

use wharf_codec::ReplyCode;

/// Whose reply codes a refusal by policy has. The texts are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// 530 for logins, 521 for transfers in clear, 534 for everything else (RFC 4217 §10.2, RFC 2228 §5.1).
    #[default]
    Rfc4217,
    /// 534 for everything, as the FTP service of Windows has it.
    Iis,
    /// 530 for logins, 522 for transfers, 534 for everything else, as vsftpd has it.
    Vsftpd,
}

/// What a policy forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ban {
    /// Name, password or account in clear.
    ClearCredentials,
    /// Other commands in clear.
    ClearCommands,
    /// Data in clear.
    ClearData,
    /// Data under TLS.
    PrivateData,
    /// A level of data connections that no transfer could use.
    Level,
    /// The end of TLS on the control connection.
    ClearingControl,
    /// TLS.
    Tls,
}

impl Dialect {
    /// The code that says so.
    #[must_use]
    pub const fn code(self, ban: Ban) -> ReplyCode {
        match (self, ban) {
            (Self::Rfc4217 | Self::Vsftpd, Ban::ClearCredentials | Ban::ClearCommands) => {
                ReplyCode::NOT_LOGGED_IN
            }
            (Self::Rfc4217, Ban::ClearData) => ReplyCode::PROTECTION_NOT_SUFFICIENT,
            (Self::Vsftpd, Ban::ClearData | Ban::PrivateData) => ReplyCode::PROTOCOL_OR_TLS_REFUSED,
            (Self::Rfc4217, Ban::PrivateData)
            | (Self::Rfc4217 | Self::Vsftpd, Ban::Level | Ban::ClearingControl | Ban::Tls)
            | (
                Self::Iis,
                Ban::ClearCredentials
                | Ban::ClearCommands
                | Ban::ClearData
                | Ban::PrivateData
                | Ban::Level
                | Ban::ClearingControl
                | Ban::Tls,
            ) => ReplyCode::POLICY_DENIED,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rfc4217 => "rfc4217",
            Self::Iis => "iis",
            Self::Vsftpd => "vsftpd",
        })
    }
}

impl FromStr for Dialect {
    type Err = NoSuchDialect;

    fn from_str(word: &str) -> Result<Self, NoSuchDialect> {
        match word {
            "rfc4217" => Ok(Self::Rfc4217),
            "iis" => Ok(Self::Iis),
            "vsftpd" => Ok(Self::Vsftpd),
            _ => Err(NoSuchDialect),
        }
    }
}

/// A word that names no dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write rfc4217, iis or vsftpd")]
pub struct NoSuchDialect;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for dialect in [Dialect::Rfc4217, Dialect::Iis, Dialect::Vsftpd] {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("IIS".parse::<Dialect>(), Err(NoSuchDialect));
    }
}

//! Reply codes ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §4.2 and the documents that add to it).

use core::fmt;

/// What the first digit of a reply says; a client decides on it alone wherever it can (CTL-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// 1yz: begun, another reply follows.
    Preliminary,
    /// 2yz: done.
    Completion,
    /// 3yz: accepted, another command is needed.
    Intermediate,
    /// 4yz: refused now, trying later may help.
    Transient,
    /// 5yz: refused for good.
    Permanent,
    /// 6yz: a protected reply ([RFC 2228](https://www.rfc-editor.org/rfc/rfc2228) §5.2); never with TLS.
    Protected,
}

/// A three-digit reply code from 100 to 699; unknown ones are as welcome as named ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// A code from 100 to 699, or nothing.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if matches!(code, 100..=699) { Some(Self(code)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The meaning of its first digit.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            1 => Class::Preliminary,
            2 => Class::Completion,
            3 => Class::Intermediate,
            4 => Class::Transient,
            5 => Class::Permanent,
            _ => Class::Protected,
        }
    }

    /// Whether the command was done (2yz).
    #[must_use]
    pub const fn is_completion(self) -> bool {
        matches!(self.class(), Class::Completion)
    }

    /// Whether the command was refused (4yz or 5yz).
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self.class(), Class::Transient | Class::Permanent)
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $doc:literal;)*) => {
        impl ReplyCode {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*
        }
    };
}

codes! {
    RESTART_MARKER = 110, "110 `MARK ssss = rrrr`, in block and compressed mode only.";
    SERVICE_READY_IN = 120, "120 Service ready in some minutes; 220 follows.";
    DATA_ALREADY_OPEN = 125, "125 Data connection already open, the transfer starts.";
    FILE_STATUS_OKAY = 150, "150 File status okay, about to open the data connection.";
    OKAY = 200, "200 Command okay.";
    SUPERFLUOUS = 202, "202 Not implemented, and not needed here; counts as success.";
    SYSTEM_STATUS = 211, "211 System status, or the list of `FEAT`.";
    DIRECTORY_STATUS = 212, "212 Directory status.";
    FILE_STATUS = 213, "213 File status: size, time, digest.";
    HELP = 214, "214 Help for a human.";
    SYSTEM_TYPE = 215, "215 Name of the system type.";
    SERVICE_READY = 220, "220 Ready for a new user.";
    CLOSING_CONTROL = 221, "221 Closing the control connection.";
    DATA_OPEN = 225, "225 Data connection open, no transfer in progress.";
    CLOSING_DATA = 226, "226 Closing the data connection, the transfer (or its abort) succeeded.";
    PASSIVE_MODE = 227, "227 Entering passive mode.";
    LONG_PASSIVE_MODE = 228, "228 Entering long passive mode (RFC 1639).";
    EXTENDED_PASSIVE_MODE = 229, "229 Entering extended passive mode (RFC 2428).";
    LOGGED_IN = 230, "230 User logged in.";
    LOGGED_IN_SECURED = 232, "232 User logged in by the identity that TLS proved (RFC 2228).";
    SECURITY_COMPLETE = 234, "234 The security exchange begins right behind this line (RFC 4217).";
    SECURITY_DATA_ACCEPTED = 235, "235 Security data accepted (`ADAT`, RFC 2228).";
    ACTION_COMPLETED = 250, "250 File action completed.";
    DIGEST = 251, "251 Digest of a file (`MD5`).";
    PATHNAME_CREATED = 257, "257 A quoted path name: created, or the current directory.";
    NEED_PASSWORD = 331, "331 User name okay, need a password.";
    NEED_ACCOUNT = 332, "332 Need an account to log in.";
    NEED_SECURITY_DATA = 334, "334 Mechanism accepted, security data needed (RFC 2228).";
    NEED_MORE_SECURITY_DATA = 335, "335 More security data needed (RFC 2228).";
    CHALLENGE = 336, "336 User name okay, the text holds a challenge for the password (RFC 2228).";
    PENDING_INFORMATION = 350, "350 Accepted, another command is to follow.";
    SERVICE_NOT_AVAILABLE = 421, "421 Service not available, closing the control connection.";
    CANNOT_OPEN_DATA = 425, "425 Cannot open the data connection.";
    TRANSFER_ABORTED = 426, "426 Data connection closed, transfer aborted.";
    SECURITY_UNAVAILABLE = 431, "431 A resource needed for security is missing (RFC 2228).";
    FILE_BUSY = 450, "450 File unavailable for now.";
    LOCAL_ERROR = 451, "451 Local error in processing.";
    INSUFFICIENT_STORAGE = 452, "452 No storage space for now.";
    UNRECOGNIZED = 500, "500 Command not recognised, or its line too long.";
    BAD_PARAMETER = 501, "501 Wrong syntax in the argument.";
    NOT_IMPLEMENTED = 502, "502 Command known, but not offered.";
    BAD_SEQUENCE = 503, "503 Wrong order of commands.";
    PARAMETER_NOT_IMPLEMENTED = 504, "504 Command offered, but not for this value.";
    PROTECTION_NOT_SUFFICIENT = 521, "521 No data connection with this `PROT` setting (RFC 4217).";
    FAMILY_NOT_SUPPORTED = 521, "521 Supported address families follow (`LPRT`, RFC 1639).";
    PROTOCOL_OR_TLS_REFUSED = 522, "522 Network protocol not supported (RFC 2428), or TLS on the data connection refused (RFC 4217).";
    NOT_LOGGED_IN = 530, "530 Not logged in.";
    NEED_ACCOUNT_FOR_STORING = 532, "532 Need an account to store files.";
    PROTECTION_DENIED = 533, "533 Protection level of the command denied by policy (RFC 2228).";
    POLICY_DENIED = 534, "534 Denied by policy (RFC 2228).";
    SECURITY_CHECK_FAILED = 535, "535 Security check failed (RFC 2228).";
    PROT_NOT_SUPPORTED = 536, "536 This `PROT` level is not supported by the mechanism (RFC 2228).";
    COMMAND_PROT_NOT_SUPPORTED = 537, "537 This protection of commands is not supported by the mechanism (RFC 2228).";
    FILE_UNAVAILABLE = 550, "550 File not found, or no access.";
    PAGE_TYPE_UNKNOWN = 551, "551 Page type unknown.";
    STORAGE_EXCEEDED = 552, "552 Storage allocation exceeded.";
    NAME_NOT_ALLOWED = 553, "553 File name not allowed.";
    INVALID_REST = 554, "554 The `REST` parameter does not fit the file (RFC 1123).";
    TYPE_MISMATCH = 555, "555 Type or structure does not fit the file (RFC 1123).";
    HASH_TOO_LARGE = 556, "556 The file is larger than this server digests (`HASH`).";
}

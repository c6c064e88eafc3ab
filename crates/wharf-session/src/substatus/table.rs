//! The table of sub-statuses. Numbers are never given twice: a row that goes leaves its number behind.

use wharf_codec::ReplyCode as Code;

macro_rules! table {
    ($($variant:ident = $number:literal, $name:literal, [$($code:ident),+], $meaning:literal, $cure:literal;)*) => {
        /// Why a reply is negative: a stable number, a name, and what an operator wants to know.
        ///
        /// Every negative reply of the server machine has exactly one. `docs/substatus.md` lists them all.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum SubStatus {
            $(#[doc = $meaning] $variant,)*
        }

        impl SubStatus {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number, which logs show.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// The name, in words joined by dashes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The codes that replies with it may have, the usual one first.
            #[must_use]
            pub const fn codes(self) -> &'static [Code] {
                match self {
                    $(Self::$variant => const { &[$(Code::$code),+] },)*
                }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }

            /// What helps.
            #[must_use]
            pub const fn cure(self) -> &'static str {
                match self {
                    $(Self::$variant => $cure,)*
                }
            }
        }
    };
}

table! {
    // Those of IIS.
    AccessRule = 1, "access-rule", [FILE_UNAVAILABLE],
        "The account's rights do not permit it there.",
        "Give the account the right, or tell its user.";
    FileSystemDenied = 2, "file-system-denied", [FILE_UNAVAILABLE, LOCAL_ERROR],
        "The system did not permit it.",
        "Look at owner and mode of the file and of the directories above, as the server's system user.";
    FileSystemError = 3, "file-system-error", [LOCAL_ERROR],
        "The disk, the file system or the driver of the storage failed; the log at level debug tells how.",
        "Look at the system's log.";
    NotRegular = 13, "not-regular", [FILE_UNAVAILABLE, NAME_NOT_ALLOWED, PARAMETER_NOT_IMPLEMENTED, LOCAL_ERROR],
        "What stands there is no regular file: a directory where a file is meant, a socket, a device.",
        "Name a file.";
    IdleTimeout = 14, "idle-timeout", [SERVICE_NOT_AVAILABLE],
        "No command came for too long.",
        "Usual; raise the idle limit where clients need it.";
    DataTimeout = 15, "data-timeout", [CANNOT_OPEN_DATA, TRANSFER_ABORTED],
        "Nobody came to the data connection in time, or no byte moved on it for too long.",
        "Look for a firewall between client and passive ports; see whether the client hangs.";
    LoginTimeout = 16, "login-timeout", [SERVICE_NOT_AVAILABLE],
        "No login came in time.",
        "Usual for scanners; many from one address are worth a look.";
    TooManySessions = 19, "too-many-sessions", [SERVICE_NOT_AVAILABLE],
        "The limit on sessions, or on those of one address, is reached.",
        "Raise the limit, or see who holds the sessions.";
    TransferAborted = 20, "transfer-aborted", [TRANSFER_ABORTED],
        "The client ended the transfer by ABOR.",
        "Nothing: the client wanted it.";
    ServerStopping = 21, "server-stopping", [SERVICE_NOT_AVAILABLE, TRANSFER_ABORTED],
        "The server stops.",
        "Nothing; clients come back when it runs again.";
    DataNeedsTls = 24, "data-needs-tls", [PROTECTION_NOT_SUFFICIENT, POLICY_DENIED, PROTOCOL_OR_TLS_REFUSED],
        "The policy wants data connections under TLS, and the client wanted one in clear.",
        "Let the client use PROT P (explicit FTPS with protected data).";
    CommandsNeedTls = 25, "commands-need-tls", [NOT_LOGGED_IN, POLICY_DENIED],
        "The policy wants the control connection under TLS, and the client sent a command in clear.",
        "Let the client use AUTH TLS first (explicit FTPS).";
    CredentialsNeedTls = 26, "credentials-need-tls", [NOT_LOGGED_IN, POLICY_DENIED],
        "The policy wants names and passwords under TLS, and the client sent one in clear.",
        "Let the client use AUTH TLS before USER. A password that came so was on the network in clear: change it.";
    DataMustBeClear = 27, "data-must-be-clear", [POLICY_DENIED, PROTOCOL_OR_TLS_REFUSED],
        "The policy forbids TLS on data connections, and the client wanted it.",
        "Let the client use PROT C, or change the policy.";
    NoCertificate = 31, "no-certificate", [NOT_IMPLEMENTED],
        "TLS was asked for, and this listener has no certificate.",
        "Configure a certificate.";
    DataTlsFailed = 32, "data-tls-failed", [PROTOCOL_OR_TLS_REFUSED],
        "The TLS handshake on the data connection failed, or that on the control connection, where no reply can say so.",
        "The line before tells the cause: another version, another cipher, somebody else at the port.";
    LoginIncorrect = 35, "login-incorrect", [NOT_LOGGED_IN],
        "The name or the password is wrong, or the account may not log in; the client is not told which.",
        "Check the account; many from one address are guesses.";
    UnknownHost = 37, "unknown-host", [PARAMETER_NOT_IMPLEMENTED],
        "HOST named a host that is not served here.",
        "Configure the virtual host, or correct the client.";
    ForeignAddress = 38, "foreign-address", [BAD_PARAMETER],
        "PORT or its kin named an address that is not the client's: an attempt to use the server against others, or a client behind address translation.",
        "Let the client use passive mode.";
    TooLarge = 39, "too-large", [FILE_UNAVAILABLE, STORAGE_EXCEEDED, PARAMETER_NOT_IMPLEMENTED, HASH_TOO_LARGE],
        "The file is larger than the server takes, digests or counts.",
        "Raise the limit where that is wanted.";
    LoginUnavailable = 41, "login-unavailable", [SERVICE_NOT_AVAILABLE],
        "The login could not be checked: the accounts cannot be read, or the storage not opened.",
        "The log says what failed.";
    AnonymousRefused = 42, "anonymous-refused", [NOT_LOGGED_IN],
        "Somebody tried to log in as anonymous, and may not.",
        "Nothing, unless anonymous logins are wanted.";
    ProtFirst = 43, "prot-first", [BAD_SEQUENCE],
        "The command is about protected data connections, and PROT P was not said.",
        "Let the client send PROT P first.";
    ClientCertificateMissing = 47, "client-certificate-missing", [NOT_LOGGED_IN, PROTOCOL_OR_TLS_REFUSED, SERVICE_NOT_AVAILABLE],
        "The policy wants a certificate of the client, and there was none.",
        "Give the client its certificate and key.";
    ClientCertificateUntrusted = 48, "client-certificate-untrusted", [NOT_LOGGED_IN, PROTOCOL_OR_TLS_REFUSED, SERVICE_NOT_AVAILABLE],
        "The client's certificate is not of an authority that is trusted here, or not good for this.",
        "Look at who issued it, and at the authorities that are configured.";
    ClientCertificateDiffers = 49, "client-certificate-differs", [PROTOCOL_OR_TLS_REFUSED],
        "The data connection came with another certificate of the client than the control connection.",
        "Let the client use one certificate; somebody else at the port shows in the same way.";

    // Commands.
    UnknownCommand = 1000, "unknown-command", [UNRECOGNIZED],
        "The line is no command.",
        "Nothing, unless a client that is wanted sends it.";
    LineTooLong = 1001, "line-too-long", [UNRECOGNIZED],
        "The line is longer than the limit.",
        "Raise the limit only for names that are really so long.";
    EndlessLine = 1002, "endless-line", [SERVICE_NOT_AVAILABLE],
        "Bytes came without end and without a line's end.",
        "Nothing; the client is broken or hostile.";
    BadArgument = 1003, "bad-argument", [BAD_PARAMETER],
        "The argument is missing, too much, or malformed.",
        "Look at the syntax in `docs/commands.md`.";
    BadCharacter = 1004, "bad-character", [BAD_PARAMETER],
        "The argument holds NUL or CR.",
        "Correct the client.";
    ValueUnsupported = 1005, "value-unsupported", [PARAMETER_NOT_IMPLEMENTED, BAD_PARAMETER],
        "The command is offered, but not with that value: a type, a mode, an option, a language.",
        "Look at the reply's text for what is offered.";
    NotOffered = 1006, "not-offered", [NOT_IMPLEMENTED, BAD_SEQUENCE, PARAMETER_NOT_IMPLEMENTED, COMMAND_PROT_NOT_SUPPORTED],
        "The command is known and not offered here.",
        "`docs/commands.md` tells the reason, and what to use.";
    SwitchedOff = 1007, "switched-off", [NOT_IMPLEMENTED, FILE_UNAVAILABLE],
        "The command is switched off by the configuration (active mode, SITE RMDIR).",
        "Switch it on where it is wanted.";
    WrongOrder = 1008, "wrong-order", [BAD_SEQUENCE],
        "Another command has to come right before (RNFR, SITE CPFR, PBSZ), or must not (REST before STOU).",
        "Correct the client.";
    TooManyBadCommands = 1009, "too-many-bad-commands", [SERVICE_NOT_AVAILABLE],
        "The session sent more nonsense than it may.",
        "Nothing; the client is no FTP client, or a scanner.";
    CommandAborted = 1010, "command-aborted", [LOCAL_ERROR],
        "ABOR ended a command that only reads.",
        "Nothing: the client wanted it.";
    UnknownTopic = 1011, "unknown-topic", [NOT_IMPLEMENTED, PARAMETER_NOT_IMPLEMENTED],
        "HELP was asked about a command that is not offered.",
        "Nothing.";
    InternalError = 1012, "internal-error", [LOCAL_ERROR],
        "The driver of the session answered something else than was asked: a fault of this software.",
        "Report it.";
    AuditUnavailable = 1013, "audit-unavailable", [SERVICE_NOT_AVAILABLE],
        "The audit log cannot be written, and the configuration lets nobody in then.",
        "Make room on its disk; the log on standard error tells what failed.";

    // Logins.
    NotLoggedIn = 1100, "not-logged-in", [NOT_LOGGED_IN],
        "The command needs a login, and there was none (or AUTH or REIN has undone it).",
        "Let the client log in first.";
    AlreadyLoggedIn = 1101, "already-logged-in", [BAD_SEQUENCE],
        "USER, PASS or HOST came after the login.",
        "Correct the client; REIN or a new connection starts over.";
    UserFirst = 1102, "user-first", [BAD_SEQUENCE],
        "PASS or ACCT came without USER before it.",
        "Correct the client.";
    TooManyLoginFailures = 1103, "too-many-login-failures", [SERVICE_NOT_AVAILABLE],
        "This login failed too, and it was the last one that the session has.",
        "As for login-incorrect.";

    // TLS.
    TlsFirst = 1200, "tls-first", [BAD_SEQUENCE],
        "The command is about TLS, and the control connection is in clear.",
        "Let the client send AUTH TLS first.";
    TlsAlready = 1201, "tls-already", [POLICY_DENIED],
        "AUTH came under TLS.",
        "Correct the client; on an implicit listener there is no AUTH.";
    TlsAfterCcc = 1202, "tls-after-ccc", [POLICY_DENIED, PROTECTION_DENIED],
        "TLS was ended by CCC; neither AUTH nor PBSZ and PROT come after it.",
        "Let the client connect anew.";
    TlsOff = 1203, "tls-off", [POLICY_DENIED],
        "The policy of this listener is to have no TLS.",
        "Use another listener.";
    ControlMustStay = 1204, "control-must-stay", [POLICY_DENIED],
        "CCC was asked for, and the policy or the implicit listener wants the control connection under TLS.",
        "Let the client go on under TLS.";
    NotUnderTls = 1205, "not-under-tls", [PROTECTION_DENIED],
        "CCC came on a control connection that is in clear.",
        "Correct the client.";
    CccBeforeLogin = 1206, "ccc-before-login", [POLICY_DENIED],
        "CCC came before the login.",
        "Correct the client.";
    UnknownMechanism = 1207, "unknown-mechanism", [PARAMETER_NOT_IMPLEMENTED],
        "AUTH named another mechanism than TLS.",
        "Let the client use AUTH TLS.";
    LevelUnsupported = 1208, "level-unsupported", [PROT_NOT_SUPPORTED],
        "PROT S or PROT E: TLS has C and P only.",
        "Let the client use PROT P.";
    RulesContradict = 1209, "rules-contradict", [POLICY_DENIED, PROTECTION_NOT_SUFFICIENT, PROTOCOL_OR_TLS_REFUSED],
        "Rules that apply together (listener, network, host, account) leave no way for data connections.",
        "Run `wharfd check`, and change one of them.";
    HostDiffers = 1210, "host-differs", [PARAMETER_NOT_IMPLEMENTED, SERVICE_NOT_AVAILABLE],
        "HOST and the name in TLS (SNI) mean different hosts.",
        "Correct the client.";
    ImplicitHasNoStart = 1211, "implicit-has-no-start", [NOT_IMPLEMENTED],
        "REIN on an implicit listener, where no state comes before TLS.",
        "Let the client connect anew.";
    ClientCertificateExpired = 1220, "client-certificate-expired", [NOT_LOGGED_IN, PROTOCOL_OR_TLS_REFUSED, SERVICE_NOT_AVAILABLE],
        "The client's certificate has expired, or is not valid yet.",
        "Renew it; look at the clocks.";
    ClientCertificateRevoked = 1221, "client-certificate-revoked", [NOT_LOGGED_IN, PROTOCOL_OR_TLS_REFUSED, SERVICE_NOT_AVAILABLE],
        "The client's certificate stands on a list of revoked ones.",
        "Issue another one; find out who uses the old one.";
    ClientCertificateUnproven = 1222, "client-certificate-unproven", [NOT_LOGGED_IN, PROTOCOL_OR_TLS_REFUSED, SERVICE_NOT_AVAILABLE],
        "Nothing tells whether the client's certificate has been revoked: its issuer has no list here, or an expired one.",
        "Get the issuer's current list.";

    // Data connections.
    DataNotPrepared = 1300, "data-not-prepared", [CANNOT_OPEN_DATA],
        "A transfer was asked for without PASV, EPSV, PORT or EPRT before it.",
        "Correct the client.";
    NoPortFree = 1301, "no-port-free", [CANNOT_OPEN_DATA],
        "No passive port is free, or none opened in time.",
        "Widen the range of passive ports, or lower the number of sessions.";
    DataRefused = 1302, "data-refused", [CANNOT_OPEN_DATA],
        "The data connection did not come up: nobody answered, or somebody refused.",
        "Look for a firewall; let the client use passive mode.";
    NotResumed = 1303, "not-resumed", [PROTOCOL_OR_TLS_REFUSED],
        "The data connection did not resume the TLS session of the control connection: another client, or one that cannot.",
        "Let the client resume sessions; `data_session` says how strict the server is.";
    DataBroken = 1304, "data-broken", [TRANSFER_ABORTED],
        "The data connection broke while bytes moved.",
        "Look at the network, and at the client.";
    ProtChanged = 1305, "prot-changed", [CANNOT_OPEN_DATA],
        "PROT changed between the preparation of the data connection and the transfer.",
        "Let the client prepare another one.";
    OnlyEpsv = 1306, "only-epsv", [BAD_PARAMETER],
        "EPSV ALL was said, and something else than EPSV followed.",
        "Correct the client.";
    WrongFamily = 1307, "wrong-family", [PROTOCOL_OR_TLS_REFUSED, CANNOT_OPEN_DATA, BAD_PARAMETER, FAMILY_NOT_SUPPORTED],
        "The data connection was asked for with another network protocol than the control connection has.",
        "Let the client use EPSV.";
    LowPort = 1308, "low-port", [PARAMETER_NOT_IMPLEMENTED],
        "PORT or its kin named a port below 1024, where services of others are.",
        "Let the client use passive mode.";

    // Names and files.
    NotFound = 1400, "not-found", [FILE_UNAVAILABLE, LOCAL_ERROR],
        "Nothing stands under that name, or nothing that the account may see.",
        "Look at the name in the log.";
    NameNotAllowed = 1401, "name-not-allowed", [NAME_NOT_ALLOWED, LOCAL_ERROR],
        "The name cannot be stored here: empty, reserved, or with bytes that no name may have.",
        "Let the user choose another one.";
    NameTooLong = 1402, "name-too-long", [NAME_NOT_ALLOWED],
        "The path is longer than the limit.",
        "Let the user choose another one.";
    NameTooDeep = 1403, "name-too-deep", [NAME_NOT_ALLOWED],
        "The path has more levels than the limit.",
        "Let the user choose another one.";
    NameIsDirectory = 1404, "name-is-directory", [FILE_UNAVAILABLE, NAME_NOT_ALLOWED],
        "A file was meant, and the name ends in a slash.",
        "Correct the name.";
    NameTaken = 1405, "name-taken", [FILE_UNAVAILABLE, LOCAL_ERROR],
        "Something stands under that name.",
        "Let the user choose another one, or remove it first.";
    NotADirectory = 1406, "not-a-directory", [FILE_UNAVAILABLE, BAD_PARAMETER, LOCAL_ERROR],
        "A directory was meant, and a file stands there.",
        "Correct the name.";
    DirectoryNotEmpty = 1407, "directory-not-empty", [FILE_UNAVAILABLE, LOCAL_ERROR],
        "The directory is not empty.",
        "Let the user remove first what is in it.";
    RootStays = 1408, "root-stays", [FILE_UNAVAILABLE],
        "The root of the account was to be removed.",
        "Nothing.";
    FileBusy = 1409, "file-busy", [FILE_BUSY, LOCAL_ERROR],
        "Somebody else holds the file.",
        "Let the client try again later.";
    SameFile = 1410, "same-file", [FILE_UNAVAILABLE, BAD_PARAMETER],
        "A copy would have the same file as source and target, or names one twice.",
        "Correct the names.";
    StorageUnsupported = 1411, "storage-unsupported", [PARAMETER_NOT_IMPLEMENTED, FILE_UNAVAILABLE, LOCAL_ERROR],
        "The storage cannot do that at all.",
        "Nothing, or another storage.";

    // Transfers.
    DiskFull = 1500, "disk-full", [INSUFFICIENT_STORAGE, STORAGE_EXCEEDED],
        "The disk is full.",
        "Make room.";
    QuotaExceeded = 1501, "quota-exceeded", [STORAGE_EXCEEDED],
        "The account's quota is used up.",
        "Raise it, or let the user remove files.";
    BadOffset = 1502, "bad-offset", [INVALID_REST, BAD_PARAMETER, PAGE_TYPE_UNKNOWN],
        "REST or RANG does not fit the file, or not the type of the transfer.",
        "Let the client ask SIZE, and use TYPE I.";
    PartialChanged = 1503, "partial-changed", [FILE_BUSY],
        "The cut upload that was to be continued has changed since its length was told.",
        "Let the client ask SIZE again.";
    DataCut = 1504, "data-cut", [TRANSFER_ABORTED],
        "The upload ended without the end mark that its protection or its compression has (close_notify, the end of the zlib stream): it may be cut, and is not taken.",
        "Correct the client; somebody who cuts connections shows in the same way.";
    TooFewBytes = 1505, "too-few-bytes", [TRANSFER_ABORTED],
        "Fewer bytes came than ALLO had said; the file is not taken.",
        "Let the client send the file again.";
    TooManyBytes = 1506, "too-many-bytes", [STORAGE_EXCEEDED],
        "More bytes came than RANG had chosen; the file is not changed.",
        "Correct the client.";
    Damaged = 1507, "damaged", [LOCAL_ERROR],
        "The compressed data of MODE Z is damaged, or something stands behind its end.",
        "Let the client send the file again.";
    RatioExceeded = 1508, "ratio-exceeded", [STORAGE_EXCEEDED],
        "The compressed data of MODE Z holds more for its size than is taken here.",
        "Let the client send the file in MODE S.";
}

//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum, value_parser};
use wharf_client::{Charset, TlsMode, TlsVersion};

use crate::duration::parse_duration;
use crate::trust::TrustChoice;

const AFTER: &str = "\
URLs:
  ftpes://[USER@]HOST[:PORT]/PATH   explicit TLS, required (port 21)
  ftps://...                        implicit TLS (port 990)
  ftp://...                         explicit TLS where the server offers it
  PATH counts from the login directory; begin it with %2F for an absolute one. Names may hold * ? [...]
  where files are read or removed; write %2A %3F %5B for the plain characters.

Servers are remembered: --trust tofu refuses another certificate, and a server that did TLS once is
  refused without it. `wharf forget URL` forgets one; --tls off goes without TLS this once.

Passwords: --password-stdin, --password-command, WHARF_PASSWORD, ~/.netrc (or $NETRC), or a prompt.
  With cp the first three, and --password, are for the first URL's server; for the second one's only where
  host and user are the same. Else its password is in its URL, in netrc, typed, or with --password-stdin
  on a line of its own: one for each server that has none of its own, the first URL's first.

Exit codes:
  0 all went well          1 some files failed         2 wrong usage
  3 network                4 TLS or certificate        5 login
  6 refused or not found   7 something local           8 timed out
  9 the server misbehaved  10 a transfer is not whole  130 interrupted";

/// An FTP and FTPS client for the command line.
#[derive(Parser)]
#[command(name = "wharf", version, after_help = AFTER, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What goes with every command, before or after its name.
#[derive(clap::Args)]
pub(crate) struct Global {
    /// Protection of the connection; by default what the URL says
    #[arg(long, global = true, value_name = "MODE", help_heading = "Connection")]
    pub(crate) tls: Option<Tls>,
    /// Lowest version of TLS
    #[arg(long, global = true, value_name = "VERSION", default_value = "1.2", help_heading = "Connection")]
    pub(crate) tls_min: Version,
    /// Highest version of TLS
    #[arg(long, global = true, value_name = "VERSION", default_value = "1.3", help_heading = "Connection")]
    pub(crate) tls_max: Version,
    /// Which certificates to trust: system, tofu, pin:sha256:HEX[,sha256:HEX...], ca:FILE, insecure
    #[arg(long, global = true, value_name = "TRUST", default_value = "system", help_heading = "Connection")]
    pub(crate) trust: TrustChoice,
    /// Certificate of this side, with its chain, in PEM: shown to a server that asks for one
    #[arg(long, global = true, value_name = "PEM", help_heading = "Connection")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Private key of that certificate, where it is not in the same file
    #[arg(long, global = true, value_name = "PEM", requires = "client_cert", help_heading = "Connection")]
    pub(crate) client_key: Option<PathBuf>,
    /// What is remembered of servers: their certificates, and that they do TLS; `none` remembers nothing
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "WHARF_KNOWN_HOSTS",
        hide_env_values = true,
        help_heading = "Connection"
    )]
    pub(crate) known_hosts: Option<PathBuf>,
    /// Let the server dial the data connections
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) active: bool,
    /// Compress files and listings on their way, where the server can (MODE Z)
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) compress: bool,
    /// Tell the server the name of its host (HOST), where it takes that: for several hosts on one address
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) send_host: bool,
    /// Ask for protected data connections behind the login only: some servers forget what they took before it
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) prot_after_login: bool,
    /// Character set of names on the server, where it is not UTF-8: windows-1252, koi8-r, shift_jis, gbk, ...
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub(crate) charset: Option<Charset>,
    /// Send every command by itself: for servers that lose commands which come together (they are found out and
    /// remembered anyway)
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) no_pipeline: bool,
    /// Longest wait for a reply, and longest stall of a transfer (60s, 2m, 500ms)
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = parse_duration,
          help_heading = "Connection")]
    pub(crate) timeout: Duration,
    /// Longest wait for a connection
    #[arg(long, global = true, value_name = "DURATION", default_value = "15s", value_parser = parse_duration,
          help_heading = "Connection")]
    pub(crate) connect_timeout: Duration,
    /// User name, where the URL has none
    #[arg(long, global = true, value_name = "NAME", help_heading = "Login")]
    pub(crate) user: Option<String>,
    /// Read the password from the first line of standard input; with cp a line for each server that needs one
    #[arg(long, global = true, help_heading = "Login", conflicts_with_all = ["password", "password_command"])]
    pub(crate) password_stdin: bool,
    /// Take the password from the first line that a shell command prints
    #[arg(long, global = true, value_name = "CMD", help_heading = "Login", conflicts_with = "password")]
    pub(crate) password_command: Option<OsString>,
    /// The password itself: other users of this computer can see it
    #[arg(long, global = true, value_name = "PASSWORD", help_heading = "Login")]
    pub(crate) password: Option<OsString>,
    /// Show the conversation with the server on standard error, secrets masked
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// No progress, warnings and notes
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List a directory, a file, or what matches a pattern
    Ls {
        /// Kind, permissions, size and time too
        #[arg(short)]
        long: bool,
        url: OsString,
    },
    /// Fetch files
    Get {
        #[command(flatten)]
        copy: Copy,
        url: OsString,
        /// File or folder; `-` is standard output. By default the remote name, here
        local: Option<PathBuf>,
    },
    /// Store files
    Put {
        #[command(flatten)]
        copy: Copy,
        /// Files (or one folder with -r); `-` is standard input
        #[arg(required = true)]
        local: Vec<PathBuf>,
        url: OsString,
    },
    /// Write files to standard output
    Cat { url: OsString },
    /// Remove files
    Rm {
        /// Directories too, with all that is in them
        #[arg(short)]
        recursive: bool,
        url: OsString,
    },
    /// Make a directory
    Mkdir {
        /// Parents too; no error if it is there
        #[arg(short)]
        parents: bool,
        url: OsString,
    },
    /// Remove an empty directory
    Rmdir { url: OsString },
    /// Give a file or directory another name
    Mv {
        url: OsString,
        /// The new path, from the login directory; not percent-encoded. Or a URL of the same server
        new_path: OsString,
    },
    /// Show what is known of a file or directory
    Stat { url: OsString },
    /// Copy files from one server to another; through here, unless --fxp
    Cp {
        /// Have the servers send them to each other, where they take that (dangerous: it lets a server be told where to
        /// connect to, and most refuse it)
        #[arg(long)]
        fxp: bool,
        url: OsString,
        /// The file on the other server, or a directory if it ends in a slash
        target_url: OsString,
    },
    /// Show digests of files, as `sha256sum -c` reads them: the server's own, or else SHA-256 of what it gives
    Hash { url: OsString },
    /// Forget what is remembered of the URL's server: its certificate, and that it does TLS
    Forget { url: OsString },
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// How files are copied.
#[derive(clap::Args, Clone, Copy)]
pub(crate) struct Copy {
    /// Copy a folder: the target becomes what the source is
    #[arg(short)]
    pub(crate) recursive: bool,
    /// Go on where an earlier copy stopped
    #[arg(short = 'c', long = "continue")]
    pub(crate) go_on: bool,
    /// With -r, the most connections that files go over at the same time (1 to 16). A few small files take one
    #[arg(short = 'j', long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u8).range(1..=16))]
    pub(crate) parallel: u8,
    /// Compare each file with the server's behind the copy: by the best digest that the server tells (HASH, XSHA256,
    /// XSHA1, XMD5, XCRC), else by its size
    #[arg(long)]
    pub(crate) verify: bool,
    /// Do not keep modification times
    #[arg(long = "no-times", action = ArgAction::SetFalse)]
    pub(crate) times: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Tls {
    /// AUTH TLS, required
    Explicit,
    /// TLS from the first byte
    Implicit,
    /// AUTH TLS where the server offers it; no password goes in clear to another machine
    Offered,
    /// None: passwords and files go in clear
    Off,
}

impl From<Tls> for TlsMode {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Explicit => Self::Explicit,
            Tls::Implicit => Self::Implicit,
            Tls::Offered => Self::ExplicitIfOffered,
            Tls::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    #[value(name = "1.2")]
    V1_2,
    #[value(name = "1.3")]
    V1_3,
}

impl From<Version> for TlsVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::V1_2 => Self::V1_2,
            Version::V1_3 => Self::V1_3,
        }
    }
}

impl Copy {
    /// The most connections.
    pub(crate) fn connections(self) -> usize {
        if self.recursive { self.parallel.into() } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn global_options_stand_on_either_side() {
        for words in [["wharf", "--active", "ls", "ftp://h/"], ["wharf", "ls", "ftp://h/", "--active"]] {
            let args = Args::try_parse_from(words).unwrap();
            assert!(args.global.active && matches!(args.command, Some(Command::Ls { .. })));
        }
    }

    #[test]
    fn times_are_kept_unless_told() {
        let times = |words: &[&str]| match Args::try_parse_from(words).unwrap().command {
            Some(Command::Get { copy, .. }) => copy.times,
            _ => unreachable!(),
        };
        assert!(times(&["wharf", "get", "ftp://h/x"]));
        assert!(!times(&["wharf", "get", "--no-times", "ftp://h/x"]));
    }
}

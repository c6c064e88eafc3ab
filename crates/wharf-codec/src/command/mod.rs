//! Commands: the enum, and what its parts mean.

mod argument;
mod doubt;
mod encode;
mod error;
mod parse;
mod site;
mod value;
mod verb;

use alloc::vec::Vec;

use crate::address::HostPort;
use crate::text::{HostName, Pathname, Secret, Text, Token, UserName};
use crate::time::TimeVal;

pub use error::{CommandError, CommandErrorKind};
pub use parse::{Leniency, is_foreign_protocol};
pub use site::{SiteCommand, SiteError, SiteVerb, SiteVerbInfo};
pub use value::{
    AuthMechanism, ChecksumArgument, EpsvArgument, Format, OptsArgument, ProtectionLevel, Representation,
    Structure, TransferMode,
};
pub use verb::{DataDirection, Verb, VerbInfo};

/// One command with its argument.
///
/// Whatever can be built can be sent: [`encode`](Self::encode) cannot fail, and what it writes holds exactly one line
/// end. The old forms with an X in front (`XPWD`) are read as the command they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// `ABOR`: stop the transfer.
    Abor,
    /// `ACCT`: an account.
    Acct(Secret),
    /// `ADAT`: security data.
    Adat(Text),
    /// `ALLO`: reserve space.
    Allo {
        /// Bytes of the file.
        size: u64,
        /// Bytes of the longest record or page.
        record: Option<u64>,
    },
    /// `APPE`: append to a file.
    Appe(Pathname),
    /// `AUTH`: begin a security mechanism.
    Auth(AuthMechanism),
    /// `AVBL`: free space.
    Avbl(Option<Pathname>),
    /// `CCC`: clear command channel.
    Ccc,
    /// `CDUP`: to the parent directory.
    Cdup,
    /// `CLNT`: the name of the client.
    Clnt(Text),
    /// `COMB`: append files to another one.
    Comb {
        /// The file that is added to.
        target: Pathname,
        /// The files that are added, and deleted then; at least one.
        parts: Vec<Pathname>,
    },
    /// `CONF`: a confidential command.
    Conf(Text),
    /// `CPSV`: passive, with the server as TLS client.
    Cpsv,
    /// `CSID`: facts about the client.
    Csid(Text),
    /// `CWD`: change directory.
    Cwd(Pathname),
    /// `DELE`: delete a file.
    Dele(Pathname),
    /// `DSIZ`: size of a directory.
    Dsiz(Option<Pathname>),
    /// `ENC`: an encrypted command.
    Enc(Text),
    /// `EPRT`: extended data port.
    Eprt(HostPort),
    /// `EPSV`: extended passive.
    Epsv(EpsvArgument),
    /// `ESTA`: open the active data connection now.
    Esta,
    /// `ESTP`: accept the passive data connection now.
    Estp,
    /// `FEAT`: list the features.
    Feat,
    /// `HASH`: digest of a file.
    Hash(Pathname),
    /// `HELP`, perhaps on one topic.
    Help(Option<Text>),
    /// `HOST`: choose a virtual host.
    Host(HostName),
    /// `LANG`: language of the replies.
    Lang(Option<Text>),
    /// `LIST`: a listing for humans; flags and path name as they came.
    List(Option<Text>),
    /// `LPRT`: long data port.
    Lprt(HostPort),
    /// `LPSV`: long passive.
    Lpsv,
    /// `MACB`: MacBinary.
    Macb(Text),
    /// `MD5`: digest of a file.
    Md5(Pathname),
    /// `MDTM`: time of last change.
    Mdtm(Pathname),
    /// `MFCT`: set the time of creation.
    Mfct {
        /// The time to set.
        time: TimeVal,
        /// The file.
        path: Pathname,
    },
    /// `MFF`: set facts.
    Mff {
        /// Names and values, in their order; at least one.
        facts: Vec<(Token, Token)>,
        /// The file.
        path: Pathname,
    },
    /// `MFMT`: set the time of last change.
    Mfmt {
        /// The time to set.
        time: TimeVal,
        /// The file.
        path: Pathname,
    },
    /// `MIC`: an integrity protected command.
    Mic(Text),
    /// `MKD`: make a directory.
    Mkd(Pathname),
    /// `MLSD`: a listing for machines.
    Mlsd(Option<Pathname>),
    /// `MLST`: facts about one object.
    Mlst(Option<Pathname>),
    /// `MMD5`: digests of several files.
    Mmd5(Text),
    /// `MODE`: transfer mode.
    Mode(TransferMode),
    /// `NLST`: a listing of names; flags and path name as they came.
    Nlst(Option<Text>),
    /// `NOOP`: nothing.
    Noop,
    /// `OPTS`: options of another command.
    Opts(OptsArgument),
    /// `PASS`: a password.
    Pass(Secret),
    /// `PASV`: passive.
    Pasv,
    /// `PBSZ`: protection buffer size in bytes.
    Pbsz(u32),
    /// `PORT`: data port.
    Port(HostPort),
    /// `PRET`: the transfer command behind the next PASV, as it came.
    Pret(Text),
    /// `PROT`: protection of data connections.
    Prot(ProtectionLevel),
    /// `PWD`: name of the current directory.
    Pwd,
    /// `QUIT`: end the session.
    Quit,
    /// `RANG`: the first and the last byte of the next transfer, counted from 0; a first one behind the last one asks
    /// for no range.
    Rang {
        /// The first byte.
        start: u64,
        /// The last byte.
        end: u64,
    },
    /// `REIN`: begin the session anew.
    Rein,
    /// `REST`: offset in bytes for the next transfer.
    Rest(u64),
    /// `RETR`: fetch a file.
    Retr(Pathname),
    /// `RMD`: remove a directory.
    Rmd(Pathname),
    /// `RNFR`: rename from.
    Rnfr(Pathname),
    /// `RNTO`: rename to.
    Rnto(Pathname),
    /// `SITE`: whatever the server adds.
    Site(Text),
    /// `SIZE`: transfer size of a file.
    Size(Pathname),
    /// `SMNT`: mount.
    Smnt(Pathname),
    /// `SPSV`: passive, told by the port alone.
    Spsv,
    /// `SSCN`: TLS role on data connections; without an argument a question.
    Sscn(Option<bool>),
    /// `STAT`: state of the session, or a listing on the control connection.
    Stat(Option<Pathname>),
    /// `STOR`: store a file.
    Stor(Pathname),
    /// `STOU`: store under a unique name; the path name is a hint that some clients give.
    Stou(Option<Pathname>),
    /// `STRU`: file structure.
    Stru(Structure),
    /// `SYST`: type of the system.
    Syst,
    /// `THMB`: a small picture.
    Thmb(Text),
    /// `TYPE`: representation of data.
    Type(Representation),
    /// `USER`: a user name.
    User(UserName),
    /// `XCRC`: CRC-32 of a file.
    Xcrc(ChecksumArgument),
    /// `XMD5`: MD5 digest of a file.
    Xmd5(ChecksumArgument),
    /// `XSHA`: SHA-1 digest of a file.
    Xsha(ChecksumArgument),
    /// `XSHA256`: SHA-256 digest of a file.
    Xsha256(ChecksumArgument),
    /// `XSHA512`: SHA-512 digest of a file.
    Xsha512(ChecksumArgument),
    /// Any other verb, as it came.
    Unknown {
        /// The verb.
        verb: Token,
        /// Everything behind the first space.
        argument: Text,
    },
}

//! Commands: the enum, and what its parts mean.

mod argument;
mod encode;
mod error;
mod parse;
mod value;
mod verb;

use crate::address::HostPort;
use crate::text::{HostName, Pathname, Secret, Text, Token, UserName};
use crate::time::TimeVal;

pub use error::{CommandError, CommandErrorKind};
pub use parse::{Leniency, is_foreign_protocol};
pub use value::{
    AuthMechanism, EpsvArgument, Format, OptsArgument, ProtectionLevel, Representation, Structure,
    TransferMode,
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
    /// `CCC`: clear command channel.
    Ccc,
    /// `CDUP`: to the parent directory.
    Cdup,
    /// `CLNT`: the name of the client.
    Clnt(Text),
    /// `CONF`: a confidential command.
    Conf(Text),
    /// `CWD`: change directory.
    Cwd(Pathname),
    /// `DELE`: delete a file.
    Dele(Pathname),
    /// `ENC`: an encrypted command.
    Enc(Text),
    /// `EPRT`: extended data port.
    Eprt(HostPort),
    /// `EPSV`: extended passive.
    Epsv(EpsvArgument),
    /// `FEAT`: list the features.
    Feat,
    /// `HELP`, perhaps on one topic.
    Help(Option<Text>),
    /// `HOST`: choose a virtual host.
    Host(HostName),
    /// `LANG`: language of the replies.
    Lang(Option<Text>),
    /// `LIST`: a listing for humans; flags and path name as they came.
    List(Option<Text>),
    /// `LPRT`: long data port.
    Lprt(Text),
    /// `LPSV`: long passive.
    Lpsv,
    /// `MDTM`: time of last change.
    Mdtm(Pathname),
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
    /// `PROT`: protection of data connections.
    Prot(ProtectionLevel),
    /// `PWD`: name of the current directory.
    Pwd,
    /// `QUIT`: end the session.
    Quit,
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
    /// `TYPE`: representation of data.
    Type(Representation),
    /// `USER`: a user name.
    User(UserName),
    /// Any other verb, as it came.
    Unknown {
        /// The verb.
        verb: Token,
        /// Everything behind the first space.
        argument: Text,
    },
}

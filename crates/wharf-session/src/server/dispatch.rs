//! One command, one action: the only place where verbs are told apart.

use std::time::Instant;

use wharf_codec::{Command, OptsArgument, ReplyCode};
use wharf_types::HashAlgorithm;

use super::{
    CloseReason, Server,
    answer::{Answer, Good},
    setup::Told,
};
use crate::{SubStatus, policy::Action};

/// What a command needs before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Nothing: it judges itself (AUTH, PBSZ, PROT, CCC and their kin).
    Own,
    /// What [`Action::Greet`] needs.
    Greet,
    /// What [`Action::TakeCredentials`] needs; it is judged with the account's name.
    Credentials,
    /// What [`Action::Converse`] needs, without a login.
    Converse,
    /// The same, and a login.
    Login,
}

const fn gate(command: &Command) -> Gate {
    match command {
        Command::Adat(_)
        | Command::Auth(_)
        | Command::Ccc
        | Command::Conf(_)
        | Command::Enc(_)
        | Command::Mic(_)
        | Command::Pbsz(_)
        | Command::Prot(_) => Gate::Own,
        Command::Clnt(_)
        | Command::Csid(_)
        | Command::Feat
        | Command::Help(_)
        | Command::Host(_)
        | Command::Lang(_)
        | Command::Noop
        | Command::Opts(_)
        | Command::Quit
        | Command::Syst
        | Command::Unknown { .. } => Gate::Greet,
        Command::Acct(_) | Command::Pass(_) | Command::User(_) => Gate::Credentials,
        Command::Rein => Gate::Converse,
        // Everything else, and whatever the codec may learn, needs a login.
        Command::Abor
        | Command::Allo { .. }
        | Command::Appe(_)
        | Command::Avbl(_)
        | Command::Cdup
        | Command::Comb { .. }
        | Command::Cpsv
        | Command::Cwd(_)
        | Command::Dele(_)
        | Command::Dsiz(_)
        | Command::Eprt(_)
        | Command::Epsv(_)
        | Command::Esta
        | Command::Estp
        | Command::Hash(_)
        | Command::List(_)
        | Command::Lprt(_)
        | Command::Lpsv
        | Command::Macb(_)
        | Command::Md5(_)
        | Command::Mdtm(_)
        | Command::Mfct { .. }
        | Command::Mff { .. }
        | Command::Mfmt { .. }
        | Command::Mkd(_)
        | Command::Mlsd(_)
        | Command::Mlst(_)
        | Command::Mmd5(_)
        | Command::Mode(_)
        | Command::Nlst(_)
        | Command::Pasv
        | Command::Port(_)
        | Command::Pret(_)
        | Command::Pwd
        | Command::Rang { .. }
        | Command::Rest(_)
        | Command::Retr(_)
        | Command::Rmd(_)
        | Command::Rnfr(_)
        | Command::Rnto(_)
        | Command::Site(_)
        | Command::Size(_)
        | Command::Smnt(_)
        | Command::Spsv
        | Command::Sscn(_)
        | Command::Stat(_)
        | Command::Stor(_)
        | Command::Stou(_)
        | Command::Stru(_)
        | Command::Thmb(_)
        | Command::Type(_)
        | Command::Xcrc(_)
        | Command::Xmd5(_)
        | Command::Xsha(_)
        | Command::Xsha256(_)
        | Command::Xsha512(_)
        | _ => Gate::Login,
    }
}

impl Server {
    pub(super) fn dispatch(&mut self, now: Instant, command: Command) {
        let rename_from = self.settings.rename_from.take();
        let copy_from = self.settings.copy_from.take();
        let gate = gate(&command);
        let action = match gate {
            Gate::Own | Gate::Greet => Action::Greet,
            Gate::Credentials | Gate::Converse | Gate::Login => Action::Converse,
        };
        if gate != Gate::Credentials && !self.permits(&self.policy(), action) {
            return;
        }
        if gate == Gate::Login && self.settings.grant.is_none() {
            return self.no(SubStatus::NotLoggedIn, "Log in with USER and PASS first");
        }
        if let Some((code, text)) = command.verb().and_then(|verb| self.declines(verb)) {
            return self.no_as(code, SubStatus::NotOffered, text);
        }
        match command {
            Command::Abor => self.abor(),
            Command::Acct(_) => self.acct(),
            Command::Allo { size, .. } => {
                self.settings.allocated = Some(size);
                self.done_with(Good::OKAY, "Noted");
            }
            Command::Appe(path) => self.appe(now, &path),
            Command::Auth(mechanism) => self.auth(now, &mechanism),
            Command::Avbl(path) => self.avbl(path.as_ref()),
            Command::Ccc => self.ccc(),
            Command::Cdup => self.cdup(),
            Command::Clnt(name) => self.clnt(&name),
            Command::Comb { target, parts } => self.comb(&target, &parts),
            Command::Cpsv => self.cpsv(now),
            Command::Csid(facts) => self.csid(&facts),
            Command::Cwd(path) => self.cwd(&path),
            Command::Dele(path) => self.dele(&path),
            Command::Eprt(target) => self.active(target, Told::Extended),
            Command::Epsv(argument) => self.epsv(now, argument),
            Command::Feat => self.feat(),
            Command::Hash(path) => self.hash(&path),
            Command::Help(topic) => self.help(topic.as_ref()),
            Command::Host(name) => self.host(&name),
            Command::Lang(language) => self.lang(language.as_ref()),
            Command::List(argument) => self.list(now, argument.as_ref()),
            Command::Lprt(target) => self.active(target, Told::Long),
            Command::Lpsv => self.lpsv(now),
            Command::Md5(path) => self.md5(&path),
            Command::Mdtm(path) => self.mdtm(&path),
            Command::Mff { facts, path } => self.mff(&facts, &path),
            Command::Mfmt { time, path } => self.mfmt(time, &path),
            Command::Mkd(path) => self.mkd(&path),
            Command::Mlsd(path) => self.mlsd(now, path.as_ref()),
            Command::Mlst(path) => self.mlst(path.as_ref()),
            Command::Mode(mode) => self.mode(mode),
            Command::Nlst(argument) => self.nlst(now, argument.as_ref()),
            Command::Noop => self.done_with(Good::OKAY, "Here"),
            Command::Opts(OptsArgument::Hash(name)) => self.opts_hash(name.as_ref()),
            Command::Opts(OptsArgument::Mlst(facts)) => self.opts_mlst(&facts),
            Command::Opts(OptsArgument::Utf8(on)) => self.opts_utf8(on),
            Command::Opts(OptsArgument::Other { name, value }) if name.is("MODE") => self.opts_mode(&value),
            Command::Opts(_) => {
                self.no_as(ReplyCode::BAD_PARAMETER, SubStatus::ValueUnsupported, "No such option")
            }
            Command::Pass(secret) => self.pass(now, secret),
            Command::Pasv => self.pasv(now),
            Command::Pbsz(_) => self.pbsz(),
            Command::Port(target) => self.active(target, Told::Plain),
            Command::Pret(command) => self.pret(&command),
            Command::Prot(level) => self.prot(level),
            Command::Pwd => self.pwd(),
            Command::Quit => {
                self.done_with(Good::CLOSING_CONTROL, "Goodbye");
                self.close(now, CloseReason::Quit);
            }
            Command::Rang { start, end } => self.rang(start, end),
            Command::Rein => self.rein(now),
            Command::Rest(offset) => self.rest(offset),
            Command::Retr(path) => self.retr(now, &path),
            Command::Rmd(path) => self.rmd(&path),
            Command::Rnfr(path) => self.rnfr(&path),
            Command::Rnto(path) => self.rnto(rename_from, &path),
            Command::Site(text) => self.site(&text, copy_from),
            Command::Size(path) => self.size(&path),
            Command::Sscn(on) => self.sscn(on),
            Command::Stat(path) => match path {
                Some(path) => self.stat_path(&path),
                None => self.status(),
            },
            Command::Stor(path) => self.stor(now, &path),
            Command::Stou(hint) => self.stou(now, hint.as_ref()),
            Command::Stru(structure) => self.stru(structure),
            Command::Syst => self.done_with(Good::SYSTEM_TYPE, "UNIX Type: L8"),
            Command::Type(representation) => self.set_type(representation),
            Command::User(name) => self.user(now, name),
            Command::Xcrc(what) => self.checksum(HashAlgorithm::Crc32, &what),
            Command::Xmd5(what) => self.checksum(HashAlgorithm::Md5, &what),
            Command::Xsha(what) => self.checksum(HashAlgorithm::Sha1, &what),
            Command::Xsha256(what) => self.checksum(HashAlgorithm::Sha256, &what),
            Command::Xsha512(what) => self.checksum(HashAlgorithm::Sha512, &what),
            Command::Unknown { .. } => {
                let reply = Answer::no(SubStatus::UnknownCommand, "Command not understood");
                self.bad_command(now, reply);
            }
            // What is declined is answered above; and whatever the codec may learn before this machine does is known,
            // not offered.
            Command::Adat(_)
            | Command::Conf(_)
            | Command::Dsiz(_)
            | Command::Enc(_)
            | Command::Esta
            | Command::Estp
            | Command::Macb(_)
            | Command::Mfct { .. }
            | Command::Mic(_)
            | Command::Mmd5(_)
            | Command::Smnt(_)
            | Command::Spsv
            | Command::Thmb(_)
            | _ => self.no(SubStatus::NotOffered, "That command is not offered here"),
        }
    }
}

//! STAT without a path: how the session stands, also while a transfer runs (RFC 1123 §4.1.3.3).

use wharf_codec::Representation;

use super::{
    Server,
    answer::{Answer, Good},
};
use crate::mode::DataMode;
use crate::policy::{ControlLevel, DataLevel};

impl Server {
    pub(super) fn status(&mut self) {
        let control = match (&self.tls, self.control) {
            (Some(tls), ControlLevel::Secured) => format!("{} {}", tls.version, tls.cipher),
            (_, ControlLevel::Cleared) => "in clear after CCC".to_owned(),
            (_, ControlLevel::Clear | ControlLevel::Secured) => "in clear".to_owned(),
        };
        let data = match self.settings.level {
            DataLevel::Clear => "in clear (PROT C)",
            DataLevel::Private => "protected (PROT P)",
        };
        let kind = match self.settings.representation {
            Representation::Image => "I",
            Representation::Ascii(_) | Representation::Ebcdic(_) | Representation::Local(_) => "A",
        };
        let mode = match self.data_mode() {
            DataMode::Stream => "S".to_owned(),
            DataMode::Deflate(level) => format!("Z (level {level})"),
        };
        let mut lines = vec![
            "Status of this session".to_owned(),
            format!(" Commands: {control}"),
            format!(" Data: {data}"),
            format!(" TYPE {kind}, STRU F, MODE {mode}"),
            format!(" Durability of uploads: {}", self.cfg.durability),
        ];
        match &self.settings.grant {
            Some(grant) => lines.push(format!(" Logged in as {}", grant.account.escape_debug())),
            None => lines.push(" Not logged in".to_owned()),
        }
        if let Some(transfer) = &self.transfer {
            lines.push(format!(" {} is running, {} bytes so far", transfer.verb, transfer.bytes));
        }
        lines.push("End of status".to_owned());
        self.done(Answer::lines(Good::SYSTEM_STATUS, lines));
    }
}

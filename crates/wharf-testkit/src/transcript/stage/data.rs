//! The data connection of a performance.

use wharf_session::{CancelHow, DataCommand, DataEvent, DataFailure, DeflateFault, EndMark, Flow};
use wharf_types::FileErrorKind;

use super::{Stage, tls_info};
use crate::{pattern::matches, transcript::step::DataStep};

impl Stage {
    pub(super) fn data_command(&mut self, command: DataCommand) {
        match command {
            DataCommand::Listen { id, peer } => {
                self.note(format!("listen {peer:?}"));
                self.data = Some(id);
                if !self.hold.iter().any(|held| held == "data") {
                    let mut addr = self.local;
                    addr.set_port(self.next_port);
                    self.next_port += 1;
                    self.server.handle_data(self.now, id, DataEvent::Listening(addr));
                }
            }
            DataCommand::Dial { id, to, from } => {
                let from = from.map_or_else(String::new, |from| format!(" from {from}"));
                self.note(format!("dial {to}{from}"));
                self.data = Some(id);
            }
            DataCommand::Secure { tickets, .. } => self.note(format!("secure {tickets:?}")),
            DataCommand::SecureAsClient { .. } => self.note("secure as the client".to_owned()),
            DataCommand::Start { flow, form, mode, .. } => {
                let way = if matches!(flow, Flow::Send(_)) { "send" } else { "receive" };
                let packed = if mode.is_deflate() { format!(" {mode:?}") } else { String::new() };
                self.note(format!("start {way} {form:?}{packed}"));
                self.moving = Some((flow, form));
            }
            DataCommand::Cancel { how, .. } => {
                let how = if how == CancelHow::Abort { "abort" } else { "close" };
                self.note(format!("cancel {how}"));
                // Whatever came stays with the job.
                self.store_upload();
            }
        }
    }

    fn store_upload(&mut self) -> u64 {
        let wire = core::mem::take(&mut self.upload);
        match &self.moving {
            Some((Flow::Receive(job), form)) => self.model.receive(*job, form, &wire),
            Some((Flow::Send(_), _)) | None => 0,
        }
    }

    pub(super) fn data(&mut self, step: &DataStep) -> Result<(), String> {
        let id = self.data.ok_or("there is no data connection")?;
        let event = match step {
            DataStep::Connect => DataEvent::Connected { peer: self.peer },
            DataStep::Secured => DataEvent::Secured { tls: tls_info(None), bound: true },
            DataStep::Progress(bytes) => DataEvent::Progress { bytes: *bytes },
            DataStep::Send(bytes) => {
                self.upload.extend_from_slice(bytes);
                return Ok(());
            }
            DataStep::End { clean } => {
                if !matches!(self.moving, Some((Flow::Receive(_), _))) {
                    return Err("nothing is being received".to_owned());
                }
                let end = if *clean { EndMark::Clean } else { EndMark::NoCloseNotify };
                let bytes = self.store_upload();
                DataEvent::Finished { bytes, end }
            }
            DataStep::Take(pattern) => {
                let Some((Flow::Send(job), form)) = &self.moving else {
                    return Err("nothing is being sent".to_owned());
                };
                let wire = self.model.wire(*job, form).ok_or("that job cannot be sent so")?;
                let text = wire.escape_ascii().to_string();
                if !matches(pattern, &text) {
                    return Err(format!("{pattern:?} is expected, {text:?} is sent"));
                }
                DataEvent::Finished { bytes: wire.len() as u64, end: EndMark::Clean }
            }
            DataStep::Fail(how) => {
                self.store_upload();
                DataEvent::Failed(match how.as_str() {
                    "port" => DataFailure::NoPortFree("all are taken".to_owned()),
                    "connect" => DataFailure::Connect("refused".to_owned()),
                    "tls" => DataFailure::Tls("bad record".to_owned()),
                    "session" => DataFailure::NotResumed,
                    "broken" => DataFailure::Broken("reset".to_owned()),
                    "deflate-cut" => DataFailure::Deflate(DeflateFault::Cut),
                    "deflate-corrupt" => DataFailure::Deflate(DeflateFault::Corrupt),
                    "deflate-trailing" => DataFailure::Deflate(DeflateFault::Trailing),
                    "deflate-ratio" => DataFailure::Deflate(DeflateFault::Ratio),
                    "too-large" => DataFailure::Storage(FileErrorKind::TooLarge.into()),
                    "read" => DataFailure::Storage(FileErrorKind::Io.into()),
                    "no-space" => DataFailure::Storage(FileErrorKind::NoSpace.into()),
                    _ => return Err("unknown failure".to_owned()),
                })
            }
        };
        self.server.handle_data(self.now, id, event);
        Ok(())
    }
}

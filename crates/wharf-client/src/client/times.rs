//! The time of a file's last change, by whatever command the server has for it.

use wharf_codec::{Command, Pathname, TimeVal, Token};

use super::commands::is_unknown;
use super::{Client, arguments};
use crate::Error;

/// A command that sets times; in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setter {
    /// What its name says.
    Mfmt,
    /// `SITE UTIME YYYYMMDDHHMMSS path`.
    SiteUtime,
    /// `MDTM YYYYMMDDHHMMSS path` (XFR-24).
    Mdtm,
}

const SETTERS: [Setter; 3] = [Setter::Mfmt, Setter::SiteUtime, Setter::Mdtm];

impl Client {
    /// Sets the time of a file's last change (MFMT, or what older servers have); whether that worked.
    ///
    /// # Errors
    /// See [`Error`]; that the server has no such command is no error.
    pub async fn set_modified(&mut self, path: impl AsRef<[u8]>, time: TimeVal) -> Result<bool, Error> {
        let path = arguments::path(path)?;
        if let Some(known) = self.setter {
            return match known {
                Some(setter) => self.set_by(setter, &path, time).await.map(|done| done == Some(true)),
                None => Ok(false),
            };
        }
        // E8: what FEAT says may be wrong, what it leaves out is not tried; without FEAT everything is.
        let (has_mfmt, has_mdtm) =
            self.features().map_or((true, true), |features| (features.mfmt(), features.mdtm()));
        let mut some = false;
        for setter in SETTERS {
            let worth = match setter {
                Setter::Mfmt => has_mfmt,
                Setter::SiteUtime => true,
                Setter::Mdtm => has_mdtm,
            };
            if !worth {
                continue;
            }
            match self.set_by(setter, &path, time).await? {
                Some(true) => {
                    self.setter = Some(Some(setter));
                    return Ok(true);
                }
                // Understood and refused: for another file it may do.
                Some(false) => some = true,
                None => {}
            }
        }
        if !some {
            self.setter = Some(None);
        }
        Ok(false)
    }

    /// `None` when the server does not have the command.
    async fn set_by(
        &mut self,
        setter: Setter,
        path: &Pathname,
        time: TimeVal,
    ) -> Result<Option<bool>, Error> {
        // Whole seconds are all that the older forms take.
        let stamp = TimeVal::new(time.secs(), 0).to_string();
        let command = match setter {
            Setter::Mfmt => Command::Mfmt { time, path: path.clone() },
            Setter::SiteUtime => {
                Command::Site(arguments::text(&[b"UTIME ", stamp.as_bytes(), b" ", path.as_bytes()])?)
            }
            Setter::Mdtm => {
                let argument = arguments::text(&[stamp.as_bytes(), b" ", path.as_bytes()])?;
                let verb =
                    Token::try_from("MDTM").map_err(|why| Error::InvalidArgument { what: "a verb", why })?;
                Command::Unknown { verb, argument }
            }
        };
        if self.setter == Some(Some(setter)) && self.set_later(&command) {
            return Ok(Some(true));
        }
        let what = command.to_string();
        let reply = self.command(command).await?;
        if reply.code().is_completion() {
            return Ok(Some(true));
        }
        if is_unknown(&reply) {
            return Ok(None);
        }
        match setter {
            // The one command that is meant for it: its refusal is about this file.
            Setter::Mfmt => Err(Error::Refused { command: what, reply }),
            Setter::SiteUtime | Setter::Mdtm => Ok(Some(false)),
        }
    }
}

//! `--trust`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use etcetera::BaseStrategy as _;
use wharf_client::{Fingerprint, KnownHostsFile, Trust};

use crate::failure::Failure;

/// Which certificates are trusted, as it was said on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustChoice {
    System,
    Tofu,
    Pin(Fingerprint),
    Ca(PathBuf),
    Insecure,
}

impl FromStr for TrustChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "system" => Ok(Self::System),
            None if text == "tofu" => Ok(Self::Tofu),
            None if text == "insecure" => Ok(Self::Insecure),
            Some(("pin", pin)) if pin.starts_with("sha256:") => {
                pin.parse().map(Self::Pin).map_err(|error| error.to_string())
            }
            Some(("ca", file)) if !file.is_empty() => Ok(Self::Ca(file.into())),
            _ => Err("use system, tofu, pin:sha256:HEX, ca:FILE or insecure".to_owned()),
        }
    }
}

impl TrustChoice {
    /// In the library's terms; the known hosts are in the user's data folder.
    pub(crate) fn into_trust(self) -> Result<Trust, Failure> {
        Ok(match self {
            Self::System => Trust::System,
            Self::Pin(fingerprint) => Trust::Pin(fingerprint),
            Self::Ca(file) => Trust::CaFile(file),
            Self::Insecure => Trust::DangerousInsecure,
            Self::Tofu => {
                let folders = etcetera::choose_base_strategy().map_err(|_| {
                    Failure::usage("--trust tofu needs a home folder to remember servers in: set HOME")
                })?;
                let file = folders.data_dir().join("wharf").join("known_hosts");
                Trust::Tofu(Arc::new(KnownHostsFile::new(file)))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind() {
        let hex = "ab".repeat(32);
        assert_eq!("system".parse(), Ok(TrustChoice::System));
        assert_eq!("ca:a:b.pem".parse(), Ok(TrustChoice::Ca("a:b.pem".into())));
        assert!(matches!(format!("pin:sha256:{hex}").parse(), Ok(TrustChoice::Pin(_))));
        for wrong in ["", "all", "ca:", "pin:abcd", "pin:sha256:12", "tofu:x"] {
            assert!(wrong.parse::<TrustChoice>().is_err(), "{wrong}");
        }
    }
}

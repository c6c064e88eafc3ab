//! `--trust`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use wharf_client::{Fingerprint, FingerprintError, KnownHostsFile, Trust};

use crate::failure::Failure;

/// Which certificates are trusted, as it was said on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustChoice {
    System,
    Tofu,
    Pins(Vec<Fingerprint>),
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
            Some(("pin", pins)) if pins.split(',').all(|pin| pin.starts_with("sha256:")) => {
                let pins: Result<_, _> = pins.split(',').map(str::parse).collect();
                pins.map(Self::Pins).map_err(|error: FingerprintError| error.to_string())
            }
            Some(("ca", file)) if !file.is_empty() => Ok(Self::Ca(file.into())),
            _ => Err("use system, tofu, pin:sha256:HEX, ca:FILE or insecure".to_owned()),
        }
    }
}

impl TrustChoice {
    /// In the library's terms, with the file that is the memory for first use.
    pub(crate) fn into_trust(self, memory: Option<&Arc<KnownHostsFile>>) -> Result<Trust, Failure> {
        Ok(match self {
            Self::System => Trust::System,
            Self::Pins(pins) => Trust::Pins(pins),
            Self::Ca(file) => Trust::CaFile(file),
            Self::Insecure => Trust::DangerousInsecure,
            Self::Tofu => {
                let memory = memory.ok_or_else(|| {
                    Failure::usage("--trust tofu needs a file to remember servers in: --known-hosts, or HOME")
                })?;
                Trust::Tofu(Arc::clone(memory) as Arc<_>)
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
        for (count, text) in [(1, format!("pin:sha256:{hex}")), (2, format!("pin:sha256:{hex},sha256:{hex}"))]
        {
            assert!(matches!(text.parse(), Ok(TrustChoice::Pins(pins)) if pins.len() == count), "{text}");
        }
        for wrong in ["", "all", "ca:", "pin:abcd", "pin:", "pin:sha256:12,", "pin:sha256:12", "tofu:x"] {
            assert!(wrong.parse::<TrustChoice>().is_err(), "{wrong}");
        }
    }
}

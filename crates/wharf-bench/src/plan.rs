//! The command line.

use std::ops::RangeInclusive;

use wharf_client::{TlsMode, TlsVersion};

pub(crate) const USAGE: &str = "\
usage: wharf-bench HOST:PORT USER clear|explicit|implicit TRANSFERS BYTES [1.2|1.3]
                   [--uploads-only] [--no-ticket-request] [--jitter] [--sizes MIN-MAX] [--seed N] [--report json]
The password stands in WHARF_PASSWORD.";

/// What to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) tls: TlsMode,
    pub(crate) max_version: TlsVersion,
    pub(crate) transfers: usize,
    /// Bytes of each file.
    pub(crate) sizes: RangeInclusive<usize>,
    /// Nothing is fetched back.
    pub(crate) uploads_only: bool,
    /// Whether session tickets are asked for (RFC 9149).
    pub(crate) request_tickets: bool,
    /// Uploads come in random pieces, with pauses.
    pub(crate) jitter: bool,
    /// Where random sizes, pieces and pauses begin.
    pub(crate) seed: u64,
    /// One JSON object instead of text.
    pub(crate) json: bool,
}

impl Plan {
    pub(crate) fn parse(args: &[String]) -> Result<Self, &'static str> {
        let [address, user, mode, transfers, size, rest @ ..] = args else { return Err(USAGE) };
        let (host, port) = address.rsplit_once(':').ok_or(USAGE)?;
        let size = size.parse().map_err(|_| USAGE)?;
        let mut plan = Self {
            host: host.to_owned(),
            port: port.parse().map_err(|_| USAGE)?,
            user: user.clone(),
            tls: match mode.as_str() {
                "clear" => TlsMode::Off,
                "explicit" => TlsMode::Explicit,
                "implicit" => TlsMode::Implicit,
                _ => return Err(USAGE),
            },
            max_version: TlsVersion::V1_3,
            transfers: transfers.parse().map_err(|_| USAGE)?,
            sizes: size..=size,
            uploads_only: false,
            request_tickets: true,
            jitter: false,
            seed: 1,
            json: false,
        };
        let mut rest = rest.iter().map(String::as_str).peekable();
        if let Some(version) = rest.next_if(|word| !word.starts_with("--")) {
            plan.max_version = match version {
                "1.2" => TlsVersion::V1_2,
                "1.3" => TlsVersion::V1_3,
                _ => return Err(USAGE),
            };
        }
        while let Some(flag) = rest.next() {
            match flag {
                "--uploads-only" => plan.uploads_only = true,
                "--no-ticket-request" => plan.request_tickets = false,
                "--jitter" => plan.jitter = true,
                "--sizes" => plan.sizes = rest.next().and_then(sizes).ok_or(USAGE)?,
                "--seed" => plan.seed = rest.next().and_then(|seed| seed.parse().ok()).ok_or(USAGE)?,
                "--report" if rest.next() == Some("json") => plan.json = true,
                _ => return Err(USAGE),
            }
        }
        Ok(plan)
    }
}

fn sizes(text: &str) -> Option<RangeInclusive<usize>> {
    let (least, most) = text.split_once('-')?;
    let (least, most) = (least.parse().ok()?, most.parse().ok()?);
    (least <= most).then_some(least..=most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Plan, &'static str> {
        Plan::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_stand_behind_the_rest() {
        let plan = parse("::1:21 me explicit 3 100 1.2 --sizes 0-70000 --jitter --report json").unwrap();
        assert_eq!((plan.host.as_str(), plan.port, plan.sizes), ("::1", 21, 0..=70_000));
        assert_eq!(plan.max_version, TlsVersion::V1_2);
        assert!(plan.jitter && plan.json && plan.request_tickets && !plan.uploads_only);
        let plan = parse("h:21 me clear 3 100 --uploads-only --no-ticket-request").unwrap();
        assert!(plan.uploads_only && !plan.request_tickets && !plan.json);
        assert_eq!(plan.sizes, 100..=100);
        for wrong in [
            "h:21 me explicit 3",
            "h me explicit 3 1",
            "h:21 me tls 3 1",
            "h:21 me explicit 3 1 1.1",
            "h:21 me explicit 3 1 --report text",
            "h:21 me explicit 3 1 --sizes 9-1",
            "h:21 me explicit 3 1 --fast",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

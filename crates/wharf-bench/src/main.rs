//! Load generator: files up and down on one control session, every byte checked.

use std::{fmt, process::ExitCode, time::Instant};

use wharf_client::{Client, ConnectOptions, Secret, TlsMode, TlsVersion, Trust, Upload};

/// What to do.
struct Plan {
    host: String,
    port: u16,
    user: String,
    tls: TlsMode,
    max_version: TlsVersion,
    transfers: usize,
    size: usize,
}

const USAGE: &str = "usage: wharf-bench HOST:PORT USER clear|explicit|implicit TRANSFERS BYTES [1.2|1.3] \
                     (the password stands in WHARF_PASSWORD)";

fn plan(args: &[String]) -> Result<Plan, &'static str> {
    let [address, user, mode, transfers, size, rest @ ..] = args else { return Err(USAGE) };
    let (host, port) = address.rsplit_once(':').ok_or(USAGE)?;
    Ok(Plan {
        host: host.to_owned(),
        port: port.parse().map_err(|_| USAGE)?,
        user: user.clone(),
        tls: match mode.as_str() {
            "clear" => TlsMode::Off,
            "explicit" => TlsMode::Explicit,
            "implicit" => TlsMode::Implicit,
            _ => return Err(USAGE),
        },
        max_version: match rest {
            [] => TlsVersion::V1_3,
            [version] if version == "1.3" => TlsVersion::V1_3,
            [version] if version == "1.2" => TlsVersion::V1_2,
            _ => return Err(USAGE),
        },
        transfers: transfers.parse().map_err(|_| USAGE)?,
        size: size.parse().map_err(|_| USAGE)?,
    })
}

/// What came of it.
#[derive(Default)]
struct Tally {
    transfers: usize,
    bytes: u64,
    different: usize,
    full_handshakes: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} transfers, {} bytes, {} different, {} full handshakes on data connections",
            self.transfers, self.bytes, self.different, self.full_handshakes
        )
    }
}

/// Bytes that differ from file to file and within a file.
fn content(number: usize, size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ number as u64;
    core::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    })
    .take(size)
    .collect()
}

async fn load(plan: &Plan, password: Secret) -> Result<Tally, wharf_client::Error> {
    let mut options = ConnectOptions::new(&plan.host);
    options.port = Some(plan.port);
    options.tls = plan.tls;
    options.trust = Trust::DangerousInsecure;
    options.max_version = plan.max_version;
    let mut client = Client::connect(options).await?;
    client.login(&plan.user, password, None).await?;
    let mut tally = Tally::default();
    let mut sent = Vec::new();
    for number in 0..plan.transfers {
        let name = format!("bench-{}.bin", number / 2 % 16);
        if number % 2 == 0 {
            sent = content(number, plan.size);
            client.upload(&name, 0, Upload::Store, &mut sent.as_slice(), &mut |_| {}).await?;
        } else {
            let mut back = Vec::new();
            client.download(&name, 0, &mut back, &mut |_| {}).await?;
            tally.different += usize::from(back != sent);
        }
        tally.transfers += 1;
        tally.bytes += plan.size as u64;
        tally.full_handshakes += usize::from(client.data_tls_info().is_some_and(|tls| !tls.resumed));
    }
    client.quit().await?;
    Ok(tally)
}

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let password = Secret::new(std::env::var("WHARF_PASSWORD").unwrap_or_default());
    let (plan, password) = match (plan(&args), password) {
        (Ok(plan), Ok(password)) => (plan, password),
        (Err(usage), _) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
        (_, Err(error)) => {
            eprintln!("the password cannot be sent: {error}");
            return ExitCode::from(2);
        }
    };
    #[expect(clippy::disallowed_methods, reason = "a load generator measures")]
    let began = Instant::now();
    match load(&plan, password).await {
        Ok(tally) => {
            let seconds = began.elapsed().as_secs_f64();
            println!("{tally}");
            println!(
                "{:.3} s, {:.1} transfers/s, {:.1} MB/s",
                seconds,
                tally.transfers as f64 / seconds,
                tally.bytes as f64 / 1e6 / seconds
            );
            ExitCode::from(u8::from(tally.different + tally.full_handshakes > 0))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

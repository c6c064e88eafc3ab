//! Load generator: files up and down on one control session, every byte checked; and modes that measure one thing as
//! fast as they can, checking lengths alone.

mod body;
mod gauge;
mod limit;
mod limit_tls;
mod line;
mod mode;
mod plan;
mod session;
mod tally;
mod wishes;

use std::{process::ExitCode, time::Instant};

use wharf_client::{Client, ConnectOptions, Error, Secret, Trust, Upload};

use crate::body::{Dice, Jitter, content};
use crate::plan::Plan;
use crate::tally::Tally;

async fn load(plan: &Plan, password: Secret) -> Result<Tally, Error> {
    let mut options = ConnectOptions::new(&plan.host);
    options.port = Some(plan.port);
    options.tls = plan.tls;
    options.trust = Trust::DangerousInsecure;
    options.max_version = plan.max_version;
    options.request_tickets = plan.request_tickets;
    let mut client = Client::connect(options).await?;
    client.login(&plan.user, password, None).await?;
    let mut tally = Tally::default();
    let mut dice = Dice::new(plan.seed);
    let mut sent = Vec::new();
    for number in 0..plan.transfers {
        let name = format!("bench-{}.bin", number / 2 % 16);
        if plan.uploads_only || number % 2 == 0 {
            let spread = plan.sizes.end() - plan.sizes.start();
            let more = usize::try_from(dice.up_to(spread as u64)).unwrap_or(spread);
            sent = content(number, plan.sizes.start() + more);
            upload(&mut client, &name, &sent, plan.jitter.then(|| Dice::new(plan.seed ^ number as u64)))
                .await?;
        } else {
            let mut back = Vec::new();
            client.download(&name, 0, &mut back, &mut |_| {}).await?;
            tally.different += usize::from(back != sent);
        }
        tally.count(sent.len(), client.data_tls_info());
    }
    tally.tls_version = client.tls_info().map(|tls| tls.version.to_string()).unwrap_or_default();
    client.quit().await?;
    Ok(tally)
}

async fn upload(client: &mut Client, name: &str, bytes: &[u8], jitter: Option<Dice>) -> Result<(), Error> {
    match jitter {
        Some(dice) => {
            let mut source = Jitter::new(bytes, dice);
            client.upload(name, 0, Upload::Store, &mut source, &mut |_| {}).await.map(drop)
        }
        None => {
            let mut source = bytes;
            client.upload(name, 0, Upload::Store, &mut source, &mut |_| {}).await.map(drop)
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let password = std::env::var("WHARF_PASSWORD").unwrap_or_default();
    if mode::is_one(&args) { measure(&args, password) } else { checked(&args, password) }
}

/// One mode.
fn measure(args: &[String], password: String) -> ExitCode {
    match mode::run(args, password) {
        Ok(outcome) => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if error.kind() == std::io::ErrorKind::InvalidInput { 2 } else { 1 })
        }
    }
}

/// Files up and down, every byte checked.
#[tokio::main]
async fn checked(args: &[String], password: String) -> ExitCode {
    let (plan, password) = match (Plan::parse(args), Secret::new(password)) {
        (Ok(plan), Ok(password)) => (plan, password),
        (Err(usage), _) => {
            eprintln!("{usage}\n\n{}", mode::USAGE);
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
        Ok(mut tally) => {
            tally.seconds = began.elapsed().as_secs_f64();
            if plan.json {
                println!("{}", tally.json());
            } else {
                println!("{tally}");
            }
            ExitCode::from(u8::from(!tally.is_good()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

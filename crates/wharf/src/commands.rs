//! From the command line to what it asks for.

use std::cell::Cell;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use wharf_client::Client;

use crate::args::{Args, Command, Global};
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::fetch::Fetch;
use crate::location::Location;
use crate::progress::Console;
use crate::send::{self, Send};
use crate::{between, browse, change, connect, memory, output, verify};

/// Does it all over one connection, if it needs one; trees may take more.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let Args { global, command } = args;
    let Some(command) = command else { return Err(no_shell()) };
    let console = Console::new(&global);
    if let Some(client) = work(&global, command, &console).await? {
        // All is done: a goodbye that fails changes nothing.
        let _ = client.quit().await;
    }
    match console.failures() {
        0 => Ok(()),
        failures => Err(Failure::Some(failures)),
    }
}

async fn work(global: &Global, command: Command, console: &Console) -> Result<Option<Client>, Failure> {
    // Whatever is wrong with the arguments shows before anybody is called.
    match command {
        Command::Ls { long, url } => {
            let (mut client, there) = reach(global, &url).await?;
            browse::ls(&mut client, &there, long, console).await.map(|()| Some(client))
        }
        Command::Get { copy, url, local } => {
            let (mut client, there) = reach(global, &url).await?;
            Fetch { client: &mut client, copy, console }.run(&there, local.as_deref()).await?;
            Ok(Some(client))
        }
        Command::Put { copy, local, url } => {
            Location::parse(&url)?;
            let locals = send::expand(local)?;
            let (mut client, there) = reach(global, &url).await?;
            Send { client: &mut client, copy, console, no_times: &Cell::new(false) }
                .run(&there, &locals)
                .await?;
            Ok(Some(client))
        }
        Command::Cat { url } => {
            let (mut client, there) = reach(global, &url).await?;
            browse::cat(&mut client, &there, console).await.map(|()| Some(client))
        }
        Command::Rm { recursive, url } => {
            let (mut client, there) = reach(global, &url).await?;
            change::rm(&mut client, &there, recursive, console).await.map(|()| Some(client))
        }
        Command::Mkdir { parents, url } => {
            let (mut client, there) = reach(global, &url).await?;
            change::mkdir(&mut client, &there, parents).await.map(|()| Some(client))
        }
        Command::Rmdir { url } => {
            let (mut client, there) = reach(global, &url).await?;
            change::rmdir(&mut client, &there).await.map(|()| Some(client))
        }
        Command::Mv { url, new_path } => {
            let to = change::new_path(&locate(global, &url)?, &new_path)?;
            let (mut client, there) = reach(global, &url).await?;
            change::mv(&mut client, &there, to).await.map(|()| Some(client))
        }
        Command::Stat { url } => {
            let (mut client, there) = reach(global, &url).await?;
            browse::stat(&mut client, &there).await.map(|()| Some(client))
        }
        Command::Cp { fxp, url, target_url } => {
            let (mut here, mut there) = (wanted(global, &url)?, locate(global, &target_url)?);
            there.path()?;
            let options = (connect::options(global, &here)?, connect::options(global, &there)?);
            let (one, other) = Credentials::find_both(global, &mut here, &mut there).await?;
            let same = one.user == other.user && between::is_same_server(global, &here, &there);
            let mut source = connect::connect(options.0, one, &here).await?;
            let mut target = connect::connect(options.1, other, &there).await?;
            let how = between::How { fxp, same, console };
            between::cp((&mut source, &here), (&mut target, &there), how).await?;
            target.quit().await?;
            Ok(Some(source))
        }
        Command::Hash { url } => {
            let (mut client, there) = reach(global, &url).await?;
            verify::hash(&mut client, &there, console).await.map(|()| Some(client))
        }
        Command::Forget { url } => memory::forget(global, &Location::parse(&url)?).map(|()| None),
        Command::Other(words) => Err(unknown(&words)),
    }
}

async fn reach(global: &Global, url: &OsString) -> Result<(Client, Location), Failure> {
    let mut there = wanted(global, url)?;
    let options = connect::options(global, &there)?;
    let credentials = Credentials::find(global, &mut there).await?;
    let client = connect::connect(options, credentials, &there).await?;
    Ok((client, there))
}

/// A URL that may hold a pattern.
fn wanted(global: &Global, url: &OsString) -> Result<Location, Failure> {
    let there = locate(global, url)?;
    there.pattern()?;
    there.path()?;
    Ok(there)
}

/// The URL, in the character set that was asked for.
fn locate(global: &Global, url: &OsString) -> Result<Location, Failure> {
    let mut there = Location::parse(url)?;
    if let Some(charset) = global.charset {
        there.charset = charset;
        output::names_are(charset);
    }
    Ok(there)
}

fn unknown(words: &[OsString]) -> Failure {
    match words.first() {
        Some(word) if word.as_bytes().windows(3).any(|window| window == b"://") => no_shell(),
        // A secret may stand anywhere in a line that went wrong; the word alone is shown.
        Some(word) => Failure::usage(format!(
            "there is no command `{}`: see wharf --help",
            output::name(word.as_bytes())
        )),
        None => no_shell(),
    }
}

fn no_shell() -> Failure {
    Failure::usage(
        "the interactive shell is not there yet: use a command, such as `wharf ls URL` (see wharf --help)",
    )
}

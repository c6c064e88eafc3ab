//! Who logs in, and with which password (E12).

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use wharf_client::Secret;

use crate::args::Global;
use crate::failure::Failure;
use crate::location::Location;
use crate::{netrc, output, prompt};

const STDIN: &str = "reading the password from standard input";

pub(crate) struct Credentials {
    pub(crate) user: String,
    /// None where a certificate stands for the user, as long as the server does not ask for a password too.
    pub(crate) password: Option<Secret>,
    pub(crate) account: Option<Secret>,
}

impl Credentials {
    /// What was said outright comes first; then the environment, the netrc file, and a prompt.
    pub(crate) async fn find(global: &Global, there: &mut Location) -> Result<Self, Failure> {
        warn(global, &[there]);
        let given = if global.password_stdin { Some(from_stdin().await?) } else { outright(global).await? };
        let login = Login::look_up(global, there, given.is_some())?;
        login.with(global, given, from_environment()?).await
    }

    /// For two servers. A password that names none of them is the first one's, and the other's only where both are the
    /// same user on the same host: no server is told the password of another.
    pub(crate) async fn find_both(
        global: &Global,
        source: &mut Location,
        target: &mut Location,
    ) -> Result<(Self, Self), Failure> {
        warn(global, &[source, target]);
        let said = global.password_stdin || global.password_command.is_some() || global.password.is_some();
        let users = |one: &Location| one.user.clone().or_else(|| global.user.clone());
        let alike = source.host == target.host && users(source) == users(target);
        let first = Login::look_up(global, source, said)?;
        let second = Login::look_up(global, target, said && alike)?;
        let same = first.host == second.host && first.user == second.user;
        let (for_first, for_second) = if global.password_stdin {
            let one = if first.wants_line(true) { Some(from_stdin().await?) } else { None };
            let other = match &one {
                _ if !second.wants_line(same) => None,
                Some(one) if same => Some(one.clone()),
                Some(_) => Some(from_stdin_again().await?),
                None => Some(from_stdin().await?),
            };
            (one, other)
        } else {
            let given = outright(global).await?;
            let other = given.clone().filter(|_| same);
            (given, other)
        };
        let environment = from_environment()?;
        let shared = environment.clone().filter(|_| same);
        let first = first.with(global, for_first, environment).await?;
        let second = match for_second.or(shared) {
            // What was typed for the one is good for the other.
            None if same && second.is_bare() => Self {
                user: first.user.clone(),
                password: first.password.clone(),
                account: first.account.clone(),
            },
            given => second.with(global, given, None).await?,
        };
        Ok((first, second))
    }
}

/// What is known of a login before a password is asked for.
struct Login {
    host: String,
    /// None for nobody in particular.
    user: Option<String>,
    from_url: Option<Secret>,
    stored: Option<Secret>,
    account: Option<Secret>,
}

impl Login {
    /// The netrc file is asked where a user is missing, or a password.
    fn look_up(global: &Global, there: &mut Location, given: bool) -> Result<Self, Failure> {
        let said = there.user.take().or_else(|| global.user.clone());
        let from_url = there.password.take();
        let known = if said.is_some() && (given || from_url.is_some()) {
            None
        } else {
            from_netrc(&there.host, said.as_deref())?
        };
        let (login, stored, account) = known.map_or((None, None, None), |e| (e.login, e.password, e.account));
        Ok(Self { host: there.host.clone(), user: said.or(login), from_url, stored, account })
    }

    fn is_anonymous(&self) -> bool {
        self.user.as_deref().is_none_or(is_anonymous)
    }

    /// Nothing but the user is known.
    fn is_bare(&self) -> bool {
        self.from_url.is_none() && self.stored.is_none() && !self.is_anonymous()
    }

    /// Whether a line of standard input is for this one; what is said outright goes before the netrc file.
    fn wants_line(&self, outright: bool) -> bool {
        !self.is_anonymous() && self.from_url.is_none() && (outright || self.stored.is_none())
    }

    async fn with(
        self,
        global: &Global,
        given: Option<Secret>,
        environment: Option<Secret>,
    ) -> Result<Credentials, Failure> {
        let given = given.or(self.from_url);
        let Some(user) = self.user else {
            if given.is_some() {
                return Err(Failure::usage(
                    "there is a password, but no user: write USER@ in the URL, or --user",
                ));
            }
            let password = Some(secret("anonymous@")?);
            return Ok(Credentials { user: "anonymous".to_owned(), password, account: None });
        };
        let password = match given.or(environment).or(self.stored) {
            Some(password) => Some(password),
            None if is_anonymous(&user) => Some(secret("anonymous@")?),
            None if global.client_cert.is_some() => None,
            None => Some(prompt(&user, &self.host).await?),
        };
        Ok(Credentials { user, password, account: self.account })
    }
}

fn warn(global: &Global, servers: &[&Location]) {
    let shown = global.password.is_some() || servers.iter().any(|there| there.password.is_some());
    if shown && !global.quiet {
        output::note(
            "wharf: warning: a password in the arguments can be seen by others on this computer; \
             --password-stdin, --password-command, WHARF_PASSWORD and netrc are safer",
        );
    }
}

fn is_anonymous(user: &str) -> bool {
    user.eq_ignore_ascii_case("anonymous") || user.eq_ignore_ascii_case("ftp")
}

fn secret(bytes: impl Into<Vec<u8>>) -> Result<Secret, Failure> {
    Secret::new(bytes).map_err(|why| Failure::usage(format!("the password cannot be sent: it {why}")))
}

/// A password that is there, in a line.
fn some(line: Option<Vec<u8>>, what: &str, why: &'static str) -> Result<Secret, Failure> {
    match line {
        Some(line) if !line.is_empty() => secret(line),
        _ => Err(Failure::here(what, why)),
    }
}

async fn from_stdin() -> Result<Secret, Failure> {
    let line = prompt::standard_input().await.map_err(|error| Failure::local(STDIN, error))?;
    some(line, STDIN, "there is no password")
}

async fn from_stdin_again() -> Result<Secret, Failure> {
    let line = prompt::standard_input().await.map_err(|error| Failure::local(STDIN, error))?;
    some(
        line,
        STDIN,
        "there is no second line, for the second server: its password is in neither URL nor netrc file",
    )
}

async fn outright(global: &Global) -> Result<Option<Secret>, Failure> {
    if let Some(command) = &global.password_command {
        return from_command(command).await.map(Some);
    }
    global.password.clone().map(|password| secret(password.into_vec())).transpose()
}

async fn from_command(command: &OsStr) -> Result<Secret, Failure> {
    let what = "running the password command";
    let output = prompt::command(command).await.map_err(|error| Failure::local(what, error))?;
    if !output.status.success() {
        return Err(Failure::local(what, io::Error::other(output.status.to_string())));
    }
    let line = prompt::line(&output.stdout[..]).map_err(|error| Failure::local(what, error))?;
    some(line, what, "there is no password")
}

fn from_environment() -> Result<Option<Secret>, Failure> {
    std::env::var_os("WHARF_PASSWORD").map(|password| secret(password.into_vec())).transpose()
}

fn from_netrc(host: &str, user: Option<&str>) -> Result<Option<netrc::Entry>, Failure> {
    let file = match std::env::var_os("NETRC").filter(|file| !file.is_empty()) {
        Some(file) => PathBuf::from(file),
        None => match etcetera::home_dir() {
            Ok(home) => home.join(".netrc"),
            Err(_) => return Ok(None),
        },
    };
    let shown = file.display();
    let fail = |error| Failure::local(format!("reading {shown}"), error);
    let mut opened = match fs::File::open(&file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mode = opened.metadata().map_err(fail)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Failure::here(
            format!("reading {shown}"),
            "others than you may read the passwords in it: chmod 600 it",
        ));
    }
    let mut text = String::new();
    opened.read_to_string(&mut text).map_err(fail)?;
    netrc::look_up(&text, host, user)
        .map_err(|why| Failure::local(format!("reading {shown}"), io::Error::other(why)))
}

/// Asks on the terminal.
pub(crate) async fn prompt(user: &str, host: &str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "there is no password for {user} at {host}, and no terminal to ask at: use --password-stdin, \
             --password-command, WHARF_PASSWORD or a netrc file"
        )));
    }
    let what = "asking for the password";
    let question = output::clean(&format!("Password for {user} at {host}: "));
    let answer = prompt::ask(&question).await.map_err(|error| Failure::local(what, error))?;
    secret(answer.ok_or_else(|| Failure::here(what, "there is no password"))?)
}

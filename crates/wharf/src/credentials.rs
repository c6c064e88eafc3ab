//! Who logs in, and with which password (E12).

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, IsTerminal as _, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use wharf_client::Secret;

use crate::args::Global;
use crate::failure::Failure;
use crate::location::Location;
use crate::{netrc, output};

/// The most bytes that a password may have.
const LONGEST: u64 = 64 * 1024;

pub(crate) struct Credentials {
    pub(crate) user: String,
    /// None where a certificate stands for the user, as long as the server does not ask for a password too.
    pub(crate) password: Option<Secret>,
    pub(crate) account: Option<Secret>,
}

impl Credentials {
    /// What was said outright comes first; then the environment, the netrc file, and a prompt.
    pub(crate) fn find(global: &Global, there: &mut Location) -> Result<Self, Failure> {
        let said = there.user.take().or_else(|| global.user.clone());
        let from_url = there.password.take();
        if !global.quiet && (from_url.is_some() || global.password.is_some()) {
            output::note(
                "wharf: warning: a password in the arguments can be seen by others on this computer; \
                 --password-stdin, --password-command, WHARF_PASSWORD and netrc are safer",
            );
        }
        let given = outright(global)?.or(from_url);
        let known = match &given {
            Some(_) if said.is_some() => None,
            _ => from_netrc(&there.host, said.as_deref())?,
        };
        let (login, stored, account) = known.map_or((None, None, None), |e| (e.login, e.password, e.account));
        let Some(user) = said.or(login) else {
            if given.is_some() {
                return Err(Failure::usage(
                    "there is a password, but no user: write USER@ in the URL, or --user",
                ));
            }
            return Ok(Self {
                user: "anonymous".to_owned(),
                password: Some(secret("anonymous@")?),
                account: None,
            });
        };
        let password = match given.or(from_environment()?).or(stored) {
            Some(password) => Some(password),
            None if is_anonymous(&user) => Some(secret("anonymous@")?),
            None if global.client_cert.is_some() => None,
            None => Some(prompt(&user, &there.host)?),
        };
        Ok(Self { user, password, account })
    }
}

fn is_anonymous(user: &str) -> bool {
    user.eq_ignore_ascii_case("anonymous") || user.eq_ignore_ascii_case("ftp")
}

fn secret(bytes: impl Into<Vec<u8>>) -> Result<Secret, Failure> {
    Secret::new(bytes).map_err(|why| Failure::usage(format!("the password cannot be sent: it {why}")))
}

fn outright(global: &Global) -> Result<Option<Secret>, Failure> {
    if global.password_stdin {
        return first_line(io::stdin().lock(), "reading the password from standard input").map(Some);
    }
    if let Some(command) = &global.password_command {
        return from_command(command).map(Some);
    }
    global.password.clone().map(|password| secret(password.into_vec())).transpose()
}

fn from_command(command: &OsStr) -> Result<Secret, Failure> {
    let what = "running the password command";
    let mut shell = Command::new("/bin/sh");
    let output = shell
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::local(what, error))?;
    if !output.status.success() {
        return Err(Failure::local(what, io::Error::other(output.status.to_string())));
    }
    first_line(&output.stdout[..], what)
}

/// One line, without its end; what follows it stays to be read.
fn first_line(from: impl BufRead, what: &str) -> Result<Secret, Failure> {
    let mut line = Vec::new();
    from.take(LONGEST).read_until(b'\n', &mut line).map_err(|error| Failure::local(what, error))?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    if line.is_empty() {
        return Err(Failure::here(what, "there is no password"));
    }
    secret(line)
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
pub(crate) fn prompt(user: &str, host: &str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "there is no password for {user} at {host}, and no terminal to ask at: use --password-stdin, \
             --password-command, WHARF_PASSWORD or a netrc file"
        )));
    }
    let question = output::clean(&format!("Password for {user} at {host}: "));
    let password =
        rpassword::prompt_password(question).map_err(|e| Failure::local("asking for the password", e))?;
    secret(password)
}

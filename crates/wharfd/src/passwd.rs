//! `wharfd passwd`: accounts of a users file.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufRead, IsTerminal, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use wharf_server::{Rights, UsersFile, users_file_line};
use zeroize::Zeroizing;

use crate::{
    args::Passwd,
    failure::{Failure, shown},
};

/// The longest password that is read, in bytes; a command line of the protocol holds no longer one.
const LONGEST: u64 = 1024;

/// Makes the line and prints it, or puts it into the file.
pub(crate) fn run(asked: &Passwd) -> Result<(), Failure> {
    let users = asked.users.as_deref().map(Users::open).transpose()?;
    let before = users.as_ref().and_then(|users| account(&users.text, &asked.name));
    let (root, rights) = before.unwrap_or_default();
    let root = asked.root.as_deref().unwrap_or(root);
    let rights = asked.permissions.or(rights).unwrap_or(Rights::FULL);
    let password = read_password(&asked.name)?;
    let line = users_file_line(&asked.name, &password, root, rights)
        .map_err(|error| Failure::input(error.cause, error.cure))?;
    match users {
        Some(users) => users.put(&asked.name, &line),
        None => writeln!(io::stdout(), "{line}").map_err(|error| {
            Failure::system(format!("the line cannot be printed: {error}"), "check where the output goes")
        }),
    }
}

/// From the terminal twice, or the first line of standard input.
fn read_password(name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let unreadable = |error: io::Error| {
        Failure::system(
            format!("the password cannot be read: {error}"),
            "type it at a terminal, or give it as the first line of standard input",
        )
    };
    if io::stdin().is_terminal() {
        let ask = |prompt: String| rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(unreadable);
        let first = ask(format!("password for {}: ", name.escape_debug()))?;
        if *first != *ask("the same again: ".to_owned())? {
            return Err(Failure::input("the two passwords differ", "try again"));
        }
        return Ok(Zeroizing::new(first.as_bytes().to_vec()));
    }
    let mut password = Zeroizing::new(Vec::with_capacity(1024 + 2));
    io::stdin().lock().take(LONGEST + 2).read_until(b'\n', &mut password).map_err(unreadable)?;
    if password.last() == Some(&b'\n') {
        password.pop();
        if password.last() == Some(&b'\r') {
            password.pop();
        }
    }
    if password.is_empty() {
        return Err(Failure::input(
            "standard input holds no password",
            "give it as the first line, or run this at a terminal to be asked",
        ));
    }
    if password.len() as u64 > LONGEST {
        return Err(Failure::input(
            format!("the password is longer than {LONGEST} bytes"),
            "give a shorter one",
        ));
    }
    Ok(password)
}

/// Root and rights of the account `name` in the text of a users file that was read before.
fn account<'a>(text: &'a str, name: &str) -> Option<(&'a str, Option<Rights>)> {
    let rest = text.lines().find_map(|line| rest_of(line, name))?;
    let (_hash, rest) = rest.split_once(':')?;
    let (root, permissions) = rest.rsplit_once(':')?;
    Some((root, Rights::from_word(permissions.trim_end())))
}

/// What stands behind the name, if `line` is that of the account `name`.
fn rest_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(':')
}

/// The text with the account's line replaced, or added at the end; the other lines stay as they are.
fn with_line(text: &str, name: &str, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter_mut().find(|old| rest_of(old, name).is_some()) {
        Some(old) => *old = line,
        None => lines.push(line),
    }
    lines.join("\n") + "\n"
}

/// A users file that is being changed. Its directory is locked, so that of two changes at one time none is lost.
struct Users {
    path: PathBuf,
    dir: PathBuf,
    _lock: File,
    text: String,
    before: Option<fs::Metadata>,
}

impl Users {
    fn open(given: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::system(
                format!("the users file {} cannot be changed: {error}", shown(given)),
                "check the path, and that you may write to its directory",
            )
        };
        // A link stays one: what it points to is replaced.
        let path = match fs::canonicalize(given) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => given.to_path_buf(),
            path => path.map_err(failed)?,
        };
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let lock = File::open(&dir).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let (text, before) = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), None),
            file => {
                let mut file = file.map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                if !metadata.is_file() {
                    return Err(failed(io::Error::other("it is not a regular file")));
                }
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed)?;
                (text, Some(metadata))
            }
        };
        UsersFile::parse(&text).map_err(|error| {
            Failure::input(format!("the users file {}: {error}", shown(given)), "nothing was changed")
        })?;
        Ok(Self { path, dir, _lock: lock, text, before })
    }

    /// Replaces the file in one step: a server that reads it meanwhile sees the old or the new one.
    fn put(&self, name: &str, line: &str) -> Result<(), Failure> {
        let text = with_line(&self.text, name, line);
        UsersFile::parse(&text)
            .map_err(|error| Failure::input(error.to_string(), "nothing was changed in the users file"))?;
        let beside = self.dir.join(format!(".wharfd-passwd-{}.tmp", std::process::id()));
        let written = self.write(&beside, &text);
        if written.is_err() {
            // Best effort: the error that matters is the first one.
            let _ = fs::remove_file(&beside);
        }
        written.map_err(|error| {
            Failure::system(
                format!("the users file {} cannot be written: {error}", shown(&self.path)),
                "check that you may write to its directory and that there is room; the old file is as it was",
            )
        })
    }

    fn write(&self, beside: &Path, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
        if let Some(before) = &self.before {
            let now = file.metadata()?;
            if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
                // The server that reads it runs as its owner.
                fchown(&file, Some(before.uid()), Some(before.gid()))?;
            }
            file.set_permissions(Permissions::from_mode(before.mode() & 0o755))?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, &self.path)?;
        File::open(&self.dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_replaced_in_its_place_or_added() {
        let text = "# cameras\nal:H1:/a:b:full\n\nalice:H2::read-only\n";
        assert_eq!(with_line(text, "al", "al:X"), "# cameras\nal:X\n\nalice:H2::read-only\n");
        assert_eq!(with_line(text, "bo", "bo:X"), format!("{text}bo:X\n"));
        assert_eq!(with_line("", "bo", "bo:X"), "bo:X\n");
    }

    #[test]
    fn root_and_permissions_are_kept() {
        let text = "al:H1:/a:b:full\nalice:H2::lr\n";
        assert_eq!(account(text, "al"), Some(("/a:b", Some(Rights::FULL))));
        assert_eq!(account(text, "alice"), Some(("", Some(Rights::READ_ONLY))));
        assert_eq!(account(text, "bob"), None);
    }
}

//! `cp`: from one server to another.

use wharf_client::{Between, Client, TlsMode};

use crate::args::Global;
use crate::failure::Failure;
use crate::location::Location;
use crate::progress::Console;
use crate::targets::Targets;
use crate::{output, remote};

/// How files are copied.
#[derive(Clone, Copy)]
pub(crate) struct How<'a> {
    pub(crate) fxp: bool,
    /// Whether both are the same user on the same server.
    pub(crate) same: bool,
    pub(crate) console: &'a Console,
}

/// Whether both lead to one server, whatever protects the way there.
pub(crate) fn is_same_server(global: &Global, one: &Location, other: &Location) -> bool {
    let port = |there: &Location| {
        let usual = if global.tls.map_or(there.tls, Into::into) == TlsMode::Implicit { 990 } else { 21 };
        there.port.filter(|port| *port != usual)
    };
    one.host == other.host && port(one) == port(other)
}

/// One file, or what a pattern matches into a directory.
pub(crate) async fn cp(
    (source, here): (&mut Client, &Location),
    (target, there): (&mut Client, &Location),
    how: How<'_>,
) -> Result<(), Failure> {
    let console = how.console;
    let to = there.path()?;
    let into = to.is_empty() || to.ends_with(b"/");
    let home = if how.same { Some(source.pwd().await?.to_vec()) } else { None };
    let Some(found) = remote::expand(source, here, |text| console.failed(text)).await? else {
        let from = here.path()?;
        let name = remote::base_name(&from);
        if name.is_empty() || from.ends_with(b"/") {
            return Err(Failure::usage("the first URL names a directory: cp copies files"));
        }
        let to = if into { remote::join(&to, name) } else { to };
        differ(home.as_deref(), &from, &to)?;
        return one((source, &from), (target, &to), how).await;
    };
    if !into && !remote::is_directory(target, &to).await? {
        return Err(Failure::usage(
            "what a pattern matches goes into a directory, and the second URL names none",
        ));
    }
    let targets = Targets::default();
    for file in remote::files(found, false, console)? {
        let to = remote::join(&to, &file.entry.name);
        let free = targets.take((), &to, &file.path);
        let done = match free.and_then(|()| differ(home.as_deref(), &file.path, &to)) {
            Ok(()) => one((source, &file.path), (target, &to), how).await,
            refused => refused,
        };
        match done {
            Err(failure) if failure.ends_all() => return Err(failure),
            Err(failure) => console.failed(&failure.about(&output::name(&file.path).to_string())),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Many a server empties a file when it is about to be stored: one that is copied onto itself would be gone.
fn differ(home: Option<&[u8]>, from: &[u8], to: &[u8]) -> Result<(), Failure> {
    let same = home.is_some_and(|home| absolute(home, from) == absolute(home, to));
    if !same {
        return Ok(());
    }
    Err(Failure::usage(format!("{}: that is a file and its own copy: nothing is done", output::name(from))))
}

/// The names on the way from the root.
fn absolute<'a>(home: &'a [u8], path: &'a [u8]) -> Vec<&'a [u8]> {
    let home = if path.starts_with(b"/") { b"" } else { home };
    let mut names = Vec::new();
    for name in [home, path].into_iter().flat_map(|path| path.split(|byte| *byte == b'/')) {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names
}

async fn one(
    (source, from): (&mut Client, &[u8]),
    (target, to): (&mut Client, &[u8]),
    How { fxp, console, .. }: How<'_>,
) -> Result<(), Failure> {
    let bar = console.bar(from, None, 0);
    let done =
        Client::transfer_between(source, from, target, to, fxp, &mut |bytes| bar.set_position(bytes)).await;
    bar.finish_and_clear();
    if done? == Between::Through && fxp {
        console.note(&format!(
            "{}: the servers do not send it to each other, so it went through here",
            output::name(from)
        ));
    }
    if let Some(time) = source.modified(from).await? {
        match target.set_modified(to, time).await.map_err(Failure::from) {
            Ok(_) => {}
            // The file is there: that its time is not is no failure.
            Err(failure) if failure.is_refusal() => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_by_any_other_name() {
        for path in [&b"x"[..], b"./x", b"/home/x", b"/home//./y/../x", b"../home/x"] {
            assert!(differ(Some(b"/home"), b"x", path).is_err(), "{}", output::name(path));
            differ(None, b"x", path).unwrap();
        }
        for path in [&b"X"[..], b"/x", b"y/x"] {
            differ(Some(b"/home"), b"x", path).unwrap();
        }
    }
}

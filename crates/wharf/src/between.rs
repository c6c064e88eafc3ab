//! `cp`: from one server to another.

use wharf_client::{Between, Client, EntryKind};

use crate::failure::Failure;
use crate::location::Location;
use crate::progress::Console;
use crate::{output, remote};

/// One file, or what a pattern matches into a directory.
pub(crate) async fn cp(
    (source, here): (&mut Client, &Location),
    (target, there): (&mut Client, &Location),
    fxp: bool,
    console: &Console,
) -> Result<(), Failure> {
    let to = there.path()?;
    let into = to.is_empty() || to.ends_with(b"/");
    let Some(found) = remote::expand(source, here).await? else {
        let from = here.path()?;
        let name = remote::base_name(&from);
        if name.is_empty() || from.ends_with(b"/") {
            return Err(Failure::usage("the first URL names a directory: cp copies files"));
        }
        let to = if into { remote::join(&to, name) } else { to };
        return one(source, &from, target, &to, fxp, console).await;
    };
    if !into && !remote::is_directory(target, &to).await? {
        return Err(Failure::usage(
            "what a pattern matches goes into a directory, and the second URL names none",
        ));
    }
    for file in found.into_iter().filter(|file| file.entry.kind == EntryKind::File) {
        let to = remote::join(&to, &file.entry.name);
        match one(source, &file.path, target, &to, fxp, console).await {
            Err(failure) if failure.ends_all() => return Err(failure),
            Err(failure) => console.failed(&format!("{}: {failure}", output::name(&file.path))),
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn one(
    source: &mut Client,
    from: &[u8],
    target: &mut Client,
    to: &[u8],
    fxp: bool,
    console: &Console,
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

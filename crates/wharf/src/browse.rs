//! `ls`, `stat` and `cat`.

use tokio::io::AsyncWriteExt as _;
use wharf_client::{Client, EntryKind, Modified, RemoteEntry, TimePrecision, civil_from_unix};

use crate::failure::Failure;
use crate::location::Location;
use crate::progress::Console;
use crate::{output, remote};

fn print(text: &str) -> Result<(), Failure> {
    output::line(text).map_err(|error| Failure::local("writing to standard output", error))
}

/// Names one per line, or the long form.
pub(crate) async fn ls(
    client: &mut Client,
    there: &Location,
    long: bool,
    console: &Console,
) -> Result<(), Failure> {
    if let Some(found) = remote::expand(client, there, |text| console.note(text)).await? {
        return found.iter().try_for_each(|one| print(&line(&one.entry, &one.path, long)));
    }
    let path = there.path()?;
    match client.list(&path).await.map_err(Failure::from) {
        Ok(mut entries) => {
            entries.sort_by(|one, other| one.name.cmp(&other.name));
            entries.iter().try_for_each(|entry| print(&line(entry, &entry.name, long)))?;
            if let Some(text) = remote::left_out(client, &path) {
                console.note(&text);
            }
            Ok(())
        }
        // Some servers list directories only.
        Err(failure) if failure.is_refusal() && !path.is_empty() => match client.stat(&path).await {
            Ok(entry) if entry.kind != EntryKind::Directory => print(&line(&entry, &path, long)),
            _ => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

fn line(entry: &RemoteEntry, name: &[u8], long: bool) -> String {
    let name = output::name(name);
    if !long {
        return name.to_string();
    }
    let size = entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let time = entry.modified.map_or_else(|| "-".to_owned(), time);
    let target = match &entry.target {
        Some(target) => format!(" -> {}", output::name(target)),
        None => String::new(),
    };
    format!("{} {size:>12} {time:<20} {name}{target}", mode(entry))
}

/// As `ls -l` writes it; question marks where the server does not say.
fn mode(entry: &RemoteEntry) -> String {
    let mut text = String::from(match entry.kind {
        EntryKind::File => '-',
        EntryKind::Directory => 'd',
        EntryKind::Symlink => 'l',
        EntryKind::Other => '?',
    });
    for at in (0..9).rev() {
        text.push(match entry.permissions {
            None => '?',
            Some(permissions) if permissions.0 >> at & 1 == 1 => ['x', 'w', 'r'][at % 3],
            Some(_) => '-',
        });
    }
    text
}

/// ISO 8601; `Z` where the clock is known to be UTC.
fn time(modified: Modified) -> String {
    let c = civil_from_unix(modified.time.secs());
    let day = format!("{:04}-{:02}-{:02}", c.year, c.month, c.day);
    let zone = if modified.utc { "Z" } else { "" };
    match modified.precision {
        TimePrecision::Day => day,
        TimePrecision::Minute => format!("{day}T{:02}:{:02}{zone}", c.hour, c.minute),
        TimePrecision::Second => format!("{day}T{:02}:{:02}:{:02}{zone}", c.hour, c.minute, c.second),
    }
}

/// One fact per line.
pub(crate) async fn stat(client: &mut Client, there: &Location) -> Result<(), Failure> {
    let path = there.path()?;
    let path = if path.is_empty() { client.pwd().await?.to_vec() } else { path };
    let entry = client.stat(&path).await?;
    print(&format!("name: {}", output::name(&entry.name)))?;
    let kind = match entry.kind {
        EntryKind::File => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink => "link",
        EntryKind::Other => "other",
    };
    print(&format!("kind: {kind}"))?;
    if let Some(size) = entry.size {
        print(&format!("size: {size}"))?;
    }
    if let Some(modified) = entry.modified {
        print(&format!("modified: {}", time(modified)))?;
    }
    if let Some(permissions) = entry.permissions {
        print(&format!("permissions: {:04o}", permissions.0))?;
    }
    if let Some(target) = &entry.target {
        print(&format!("target: {}", output::name(target)))?;
    }
    Ok(())
}

/// Files to standard output, one behind the other.
pub(crate) async fn cat(client: &mut Client, there: &Location, console: &Console) -> Result<(), Failure> {
    let paths = match remote::expand(client, there, |text| console.failed(text)).await? {
        Some(found) => remote::files(found, true, console)?.into_iter().map(|one| one.path).collect(),
        None => vec![there.path()?],
    };
    let mut out = tokio::io::stdout();
    for path in paths {
        if path.is_empty() {
            return Err(Failure::usage("the URL names a directory, not a file"));
        }
        client.download(&path, 0, &mut out, &mut |_| {}).await?;
    }
    out.flush().await.map_err(|error| Failure::local("writing to standard output", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_client::TimeVal;

    #[test]
    fn times_are_as_exact_as_they_are_known() {
        let at = |precision, utc| time(Modified { time: TimeVal::new(1_000_000_000, 0), precision, utc });
        assert_eq!(at(TimePrecision::Second, true), "2001-09-09T01:46:40Z");
        assert_eq!(at(TimePrecision::Minute, false), "2001-09-09T01:46");
        assert_eq!(at(TimePrecision::Day, false), "2001-09-09");
    }
}

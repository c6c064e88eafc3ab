//! Comparing files on both sides, and digests of files on the server.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wharf_client::{Client, Digest, Error, HashAlgorithm, Hasher};

use crate::failure::Failure;
use crate::location::Location;
use crate::progress::Console;
use crate::{output, remote};

/// Whether the server's file is the one that is here: by the best digest that it tells, else by its size.
pub(crate) async fn same(client: &mut Client, path: &[u8], here: File) -> Result<(), Failure> {
    let fail = |error| Failure::local(format!("reading what belongs to {}", output::name(path)), error);
    let shown = output::name(path);
    if let Some(there) = client.digest(path).await? {
        let algorithm = there.algorithm;
        let here = digest(here, algorithm).await.map_err(fail)?;
        return if here == there {
            Ok(())
        } else {
            Err(differs(format!(
                "{shown}: the server's file has the {} {there}, the one here {here}",
                algorithm.name()
            )))
        };
    }
    let length = here.metadata().map_err(fail)?.len();
    match client.size(path).await? {
        Some(size) if size == length => Ok(()),
        Some(size) => {
            Err(differs(format!("{shown}: the server's file has {size} bytes, the one here {length}")))
        }
        None => Err(Failure::Peer(format!(
            "{shown}: the server tells neither a digest nor a size to verify it by"
        ))),
    }
}

fn differs(what: String) -> Failure {
    Failure::Remote(Error::Truncated { what, bytes: 0 })
}

/// It takes its time, and a thread of its own.
async fn digest(mut file: File, algorithm: HashAlgorithm) -> io::Result<Digest> {
    tokio::task::spawn_blocking(move || Digest::of(&mut file, algorithm)).await.map_err(io::Error::other)?
}

/// `hash`: a line for each file, as `sha256sum -c` and its kin read it.
pub(crate) async fn hash(client: &mut Client, there: &Location, console: &Console) -> Result<(), Failure> {
    let paths = match remote::expand(client, there, |text| console.failed(text)).await? {
        Some(found) => remote::files(found, true, console)?.into_iter().map(|one| one.path).collect(),
        None => vec![there.path()?],
    };
    for path in paths {
        if path.is_empty() {
            return Err(Failure::usage("the URL names a directory, not a file"));
        }
        let digest = match client.digest(&path).await? {
            Some(digest) => digest,
            // A server that cannot do it gives the file.
            None => {
                let mut sink = Sink(Hasher::new(HashAlgorithm::Sha256));
                client.download(&path, 0, &mut sink, &mut |_| {}).await?;
                sink.0.finish()
            }
        };
        let tag = digest.algorithm.name().replace('-', "");
        let line = format!("{tag} ({}) = {digest}", output::name(&path));
        output::line(&line).map_err(|error| Failure::local("writing to standard output", error))?;
    }
    Ok(())
}

/// Digests what is written to it.
struct Sink(Hasher);

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.update(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

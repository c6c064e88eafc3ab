//! Why there is no certificate.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why there is no certificate, or no new one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcmeError {
    /// A file of the state folder cannot be read or written.
    #[error("{}: {source}", .path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The terms are not accepted, or no name is given.
    #[error("{0}")]
    Unready(&'static str),
    /// The root that the authority is to be known by cannot be used.
    #[error("the ca_file {} cannot be used ({cause}): give the root of the authority's own certificate in PEM", .path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Nothing can listen for the authority's request.
    #[error("cannot listen at {addr} for the authority's request: {source}")]
    Listen {
        /// Where it was tried.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The program for DNS records failed.
    #[error("the hook {} {cause}", .hook.display())]
    Hook {
        /// The program.
        hook: PathBuf,
        /// What it did, and the last line that it said.
        cause: String,
    },
    /// The authority does not offer the way of proof that was chosen.
    #[error("the authority does not offer {challenge} for {name}")]
    NotOffered {
        /// The name.
        name: String,
        /// The way of proof.
        challenge: &'static str,
    },
    /// The authority did not find the proof.
    #[error("the authority did not find the proof for {0}")]
    Unproved(String),
    /// The authority does not know the account that is kept: it has forgotten it, or is another one behind the same URL.
    #[error("the authority does not know the account: {0}")]
    UnknownAccount(String),
    /// The authority cannot be reached, or refuses.
    #[error("the authority: {0}")]
    Authority(String),
    /// What it gave is no certificate.
    #[error("the authority gave no usable certificate: {0}")]
    Certificate(String),
    /// It took too long.
    #[error("not done within {0} minutes")]
    Slow(u64),
}

impl From<instant_acme::Error> for AcmeError {
    fn from(error: instant_acme::Error) -> Self {
        // RFC 8555 §6.7.
        const UNKNOWN: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
        if let instant_acme::Error::Api(problem) = &error
            && problem.r#type.as_deref() == Some(UNKNOWN)
        {
            return Self::UnknownAccount(one_line(problem.detail.as_deref().unwrap_or("no reason")));
        }
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(deeper) = source {
            let said = deeper.to_string();
            // Some errors say what is below them by themselves.
            if !text.contains(&said) {
                _ = write!(text, ": {said}");
            }
            source = deeper.source();
        }
        Self::Authority(one_line(&text))
    }
}

/// What others wrote, on one line, without control characters and not too long.
pub(crate) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}

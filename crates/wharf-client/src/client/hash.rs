//! Digests that the server makes: HASH (draft-bryan-ftpext-hash) and what there was before it.

use wharf_codec::{Command, OptsArgument, Reply, Representation, Token};

use super::{Client, arguments};
use wharf_types::HashAlgorithm;

use crate::{Digest, Error};

/// The older commands, as FEAT names them.
const OLDER: [(&str, HashAlgorithm); 7] = [
    ("XSHA512", HashAlgorithm::Sha512),
    ("XSHA256", HashAlgorithm::Sha256),
    ("XSHA1", HashAlgorithm::Sha1),
    ("XSHA", HashAlgorithm::Sha1),
    ("XMD5", HashAlgorithm::Md5),
    ("MD5", HashAlgorithm::Md5),
    ("XCRC", HashAlgorithm::Crc32),
];

impl Client {
    /// The digest of a file on the server, by the strongest algorithm that the server offers; `None` when it offers
    /// none, or not for this file.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn digest(&mut self, path: impl AsRef<[u8]>) -> Result<Option<Digest>, Error> {
        let path = arguments::path(path)?;
        let Some(features) = self.features() else { return Ok(None) };
        let offered: Vec<Vec<u8>> = features
            .param("HASH")
            .map(|list| list.split(|byte| *byte == b';').map(|name| name.trim_ascii().to_vec()).collect())
            .unwrap_or_default();
        let older: Vec<_> = OLDER.iter().filter(|(verb, _)| features.has(verb)).collect();
        let best =
            HashAlgorithm::ALL.into_iter().find(|known| offered.iter().any(|name| is_called(name, *known)));
        if let Some(algorithm) = best {
            self.image().await?;
            if self.hash_algorithm == Some(algorithm) || self.choose(algorithm).await? {
                self.hash_algorithm = Some(algorithm);
                let reply = self.command(Command::Hash(path.clone())).await?;
                if let Some(digest) = read_hash(&reply, algorithm) {
                    return Ok(Some(digest));
                }
            }
        }
        for (verb, algorithm) in older {
            self.image().await?;
            // A path with spaces could be read as one with a range behind it.
            let quoted =
                verb.starts_with('X') && path.as_bytes().contains(&b' ') && !path.as_bytes().contains(&b'"');
            let quote: &[u8] = if quoted { b"\"" } else { b"" };
            let reply = self.ask(verb, &[quote, path.as_bytes(), quote]).await?;
            if let Some(digest) = read_older(&reply, *algorithm) {
                return Ok(Some(digest));
            }
        }
        Ok(None)
    }

    /// Digests are of the file as it is.
    pub(super) async fn image(&mut self) -> Result<(), Error> {
        if self.session.machine().representation() != Some(Representation::Image) {
            self.done(Command::Type(Representation::Image)).await?;
        }
        Ok(())
    }

    async fn choose(&mut self, algorithm: HashAlgorithm) -> Result<bool, Error> {
        let name = Token::try_from(algorithm.name())
            .map_err(|why| Error::InvalidArgument { what: "an algorithm", why })?;
        let reply = self.command(Command::Opts(OptsArgument::Hash(Some(name)))).await?;
        Ok(reply.code().is_completion())
    }

    /// Quotes stand around the path only where they are needed: not every server knows them.
    async fn ask(&mut self, verb: &str, argument: &[&[u8]]) -> Result<Reply, Error> {
        let verb = Token::try_from(verb).map_err(|why| Error::InvalidArgument { what: "a verb", why })?;
        let argument = arguments::text(argument)?;
        self.command(Command::Unknown { verb, argument }).await
    }
}

/// Whether a name of FEAT, the chosen one with a star behind it, means this algorithm.
fn is_called(name: &[u8], algorithm: HashAlgorithm) -> bool {
    let plain = |name: &[u8]| -> Vec<u8> {
        name.iter().filter(|byte| !matches!(byte, b'-' | b'*')).map(u8::to_ascii_uppercase).collect()
    };
    plain(name) == plain(algorithm.name().as_bytes())
}

/// `213 SHA-256 0-49 DIGEST name`; some leave out the range or the name (XFR-20).
fn read_hash(reply: &Reply, algorithm: HashAlgorithm) -> Option<Digest> {
    if !reply.code().is_completion() {
        return None;
    }
    let mut words = reply.text().split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    // A server that digests by another algorithm than it was told says so.
    words.next().filter(|name| is_called(name, algorithm))?;
    words.take(2).find_map(|word| Digest::parse(word, algorithm))
}

/// `250 DIGEST`, or the digest behind the name.
fn read_older(reply: &Reply, algorithm: HashAlgorithm) -> Option<Digest> {
    if !reply.code().is_completion() {
        return None;
    }
    let text = reply.text().trim_ascii();
    let words = text.split(u8::is_ascii_whitespace).map(|word| word.strip_suffix(b".").unwrap_or(word));
    Digest::parse(text, algorithm).or_else(|| words.rev().find_map(|word| Digest::parse(word, algorithm)))
}

#[cfg(test)]
mod tests {
    use wharf_codec::ReplyCode;

    use super::*;

    #[test]
    fn every_form_of_an_answer() {
        // XFR-20
        let reply = |text: &'static str| Reply::new(ReplyCode::FILE_STATUS, text);
        let md5 = "900150983cd24fb0d6963f7d28e17f72";
        for text in [
            "MD5 0-2 900150983cd24fb0d6963f7d28e17f72 a b",
            "MD5 0-2 900150983CD24FB0D6963F7D28E17F72",
            "MD5 900150983cd24fb0d6963f7d28e17f72 a",
            "md5 900150983cd24fb0d6963f7d28e17f72",
        ] {
            let digest = read_hash(&reply(text), HashAlgorithm::Md5);
            assert_eq!(digest.unwrap().to_string(), md5, "{text}");
        }
        assert_eq!(read_hash(&reply("SHA-1 0-2 900150983cd24fb0d6963f7d28e17f72"), HashAlgorithm::Md5), None);
        for text in [
            "900150983CD24FB0D6963F7D28E17F72",
            "a b 900150983cd24fb0d6963f7d28e17f72",
            "The digest is 900150983cd24fb0d6963f7d28e17f72.",
        ] {
            let digest = read_older(&reply(text), HashAlgorithm::Md5);
            assert_eq!(digest.unwrap().to_string(), md5, "{text}");
        }
        assert_eq!(read_older(&Reply::new(ReplyCode::FILE_UNAVAILABLE, md5), HashAlgorithm::Md5), None);
    }
}

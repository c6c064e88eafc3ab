//! The one table of verbs: parser, help, fuzz dictionary and tests all read it.

/// Which way a verb moves data over a data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataDirection {
    /// No data connection.
    None,
    /// From server to client.
    Download,
    /// From client to server.
    Upload,
}

/// What is known about a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerbInfo {
    /// The verb.
    pub verb: Verb,
    /// Its name, in capitals.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// How it is written.
    pub syntax: &'static str,
    /// The document that defines it.
    pub reference: &'static str,
    /// Whether a user must have logged in.
    pub needs_login: bool,
    /// Whether it moves data, and which way.
    pub direction: DataDirection,
    /// One line of help.
    pub help: &'static str,
}

macro_rules! verbs {
    ($($verb:ident $name:literal [$($alias:literal)*] $syntax:literal, $reference:literal,
       $login:ident, $direction:ident, $help:literal;)*) => {
        /// A verb that this crate knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = concat!("`", $syntax, "` (", $reference, "): ", $help)] $verb,)*
        }

        impl Verb {
            /// Every verb, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$verb),*];

            /// Names and aliases as [`key`] has them.
            const KEYS: &[(u64, Self)] =
                &[$((key($name.as_bytes()), Self::$verb), $((key($alias.as_bytes()), Self::$verb),)*)*];

            /// What is known about it.
            #[must_use]
            pub const fn info(self) -> &'static VerbInfo {
                match self {
                    $(Self::$verb => &VerbInfo {
                        verb: Self::$verb,
                        name: $name,
                        aliases: &[$($alias),*],
                        syntax: $syntax,
                        reference: $reference,
                        needs_login: verbs!(@login $login),
                        direction: DataDirection::$direction,
                        help: $help,
                    },)*
                }
            }
        }
    };
    (@login free) => { false };
    (@login login) => { true };
}

impl Verb {
    /// Its name, in capitals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The verb of that name or alias, in any case of letters (CTL-04).
    #[must_use]
    pub fn from_bytes(word: &[u8]) -> Option<Self> {
        let wanted = key(word);
        // Looked up for every command: one comparison for each name.
        Self::KEYS.iter().find(|(key, _)| *key == wanted && wanted != 0).map(|(_, verb)| *verb)
    }
}

/// A word of at most eight bytes in capitals as a number; 0 for what cannot be a name.
const fn key(word: &[u8]) -> u64 {
    let mut key = 0;
    let mut rest = word;
    while let [first, behind @ ..] = rest {
        if word.len() > 8 || *first == 0 {
            return 0;
        }
        key = key << 8 | first.to_ascii_uppercase() as u64;
        rest = behind;
    }
    key
}

impl core::fmt::Display for Verb {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

verbs! {
    Abor "ABOR" [] "ABOR", "RFC 959 §4.1.3", login, None, "Stop the transfer that is running.";
    Acct "ACCT" [] "ACCT account", "RFC 959 §4.1.1", free, None, "Name an account.";
    Adat "ADAT" [] "ADAT base64", "RFC 2228 §3", free, None, "Security data of the mechanism that AUTH chose.";
    Allo "ALLO" [] "ALLO size [R record-size]", "RFC 959 §4.1.3", login, None, "Reserve space for an upload.";
    Appe "APPE" [] "APPE path", "RFC 959 §4.1.3", login, Upload, "Append to a file, or create it.";
    Auth "AUTH" [] "AUTH mechanism", "RFC 2228 §3, RFC 4217 §4", free, None, "Secure the control connection.";
    Avbl "AVBL" [] "AVBL [directory]", "draft-peterson-streamlined-ftp-command-extensions", login, None, "Free space in bytes.";
    Ccc "CCC" [] "CCC", "RFC 2228 §3, RFC 4217 §5", login, None, "Send commands in clear again.";
    Cdup "CDUP" ["XCUP"] "CDUP", "RFC 959 §4.1.1", login, None, "Go to the parent directory.";
    Clnt "CLNT" [] "CLNT name", "de facto", free, None, "Tell the name of the client program.";
    Comb "COMB" [] "COMB \"target\" \"part\" [\"part\" ...]", "de facto", login, None, "Append files to another one, and delete them.";
    Conf "CONF" [] "CONF base64", "RFC 2228 §3", free, None, "A confidential command.";
    Cpsv "CPSV" [] "CPSV", "de facto", login, None, "Open a data port, with TLS the other way round.";
    Csid "CSID" [] "CSID fact=value;...", "draft-peterson-streamlined-ftp-command-extensions", free, None, "Tell the client's name and version, learn the server's.";
    Cwd "CWD" ["XCWD"] "CWD path", "RFC 959 §4.1.1", login, None, "Change the current directory.";
    Dele "DELE" [] "DELE path", "RFC 959 §4.1.3", login, None, "Delete a file.";
    Dsiz "DSIZ" [] "DSIZ [directory]", "draft-peterson-streamlined-ftp-command-extensions", login, None, "Size of a directory with all below it.";
    Enc "ENC" [] "ENC base64", "RFC 2228 §3", free, None, "An encrypted command.";
    Eprt "EPRT" [] "EPRT |family|address|port|", "RFC 2428 §2", login, None, "Name the data port to connect to.";
    Epsv "EPSV" [] "EPSV [family | ALL]", "RFC 2428 §3", login, None, "Open a data port to be connected to.";
    Esta "ESTA" [] "ESTA", "de facto", login, None, "Open the active data connection now.";
    Estp "ESTP" [] "ESTP", "de facto", login, None, "Accept the passive data connection now.";
    Feat "FEAT" [] "FEAT", "RFC 2389 §3", free, None, "List the extensions.";
    Hash "HASH" [] "HASH path", "draft-bryan-ftpext-hash", login, None, "Digest of a file.";
    Help "HELP" [] "HELP [command]", "RFC 959 §4.1.3", free, None, "Explain the commands.";
    Host "HOST" [] "HOST name", "RFC 7151 §3", free, None, "Choose a virtual host.";
    Lang "LANG" [] "LANG [tag]", "RFC 2640 §4", free, None, "Choose the language of replies.";
    List "LIST" [] "LIST [path]", "RFC 959 §4.1.3", login, Download, "List a directory for people.";
    Lprt "LPRT" [] "LPRT family,length,address,length,port", "RFC 1639 §2", login, None, "Name a data port, in an old way.";
    Lpsv "LPSV" [] "LPSV", "RFC 1639 §3", login, None, "Open a data port, in an old way.";
    Macb "MACB" [] "MACB ENABLE | DISABLE", "de facto", login, None, "Choose MacBinary framing.";
    Md5 "MD5" [] "MD5 path", "draft-twine-ftpmd5", login, None, "MD5 digest of a file.";
    Mdtm "MDTM" [] "MDTM path", "RFC 3659 §3", login, None, "Time of a file's last change, in UTC.";
    Mfct "MFCT" [] "MFCT time path", "draft-somers-ftp-mfxx §4", login, None, "Set the time of a file's creation.";
    Mff "MFF" [] "MFF fact=value;... path", "draft-somers-ftp-mfxx §5", login, None, "Set facts of a file.";
    Mfmt "MFMT" [] "MFMT time path", "draft-somers-ftp-mfxx §3", login, None, "Set the time of a file's last change.";
    Mic "MIC" [] "MIC base64", "RFC 2228 §3", free, None, "An integrity protected command.";
    Mkd "MKD" ["XMKD"] "MKD path", "RFC 959 §4.1.3", login, None, "Make a directory.";
    Mlsd "MLSD" [] "MLSD [path]", "RFC 3659 §7", login, Download, "List a directory for programs.";
    Mlst "MLST" [] "MLST [path]", "RFC 3659 §7", login, None, "Facts about one file or directory.";
    Mmd5 "MMD5" [] "MMD5 path, ...", "draft-twine-ftpmd5", login, None, "MD5 digests of several files.";
    Mode "MODE" [] "MODE S | B | C | Z", "RFC 959 §4.1.2", login, None, "Choose the transfer mode.";
    Nlst "NLST" [] "NLST [path]", "RFC 959 §4.1.3", login, Download, "List the names in a directory.";
    Noop "NOOP" [] "NOOP", "RFC 959 §4.1.3", free, None, "Do nothing.";
    Opts "OPTS" [] "OPTS command [options]", "RFC 2389 §4", free, None, "Set options of a command.";
    Pass "PASS" [] "PASS password", "RFC 959 §4.1.1", free, None, "Give the password.";
    Pasv "PASV" [] "PASV", "RFC 959 §4.1.2", login, None, "Open a data port to be connected to.";
    Pbsz "PBSZ" [] "PBSZ size", "RFC 2228 §3, RFC 4217 §9", free, None, "Protection buffer size; 0 with TLS.";
    Port "PORT" [] "PORT h1,h2,h3,h4,p1,p2", "RFC 959 §4.1.2", login, None, "Name the data port to connect to.";
    Pret "PRET" [] "PRET command [argument]", "de facto", login, None, "Announce the transfer command behind the next PASV.";
    Prot "PROT" [] "PROT C | S | E | P", "RFC 2228 §3, RFC 4217 §9", free, None, "Choose the protection of data.";
    Pwd "PWD" ["XPWD"] "PWD", "RFC 959 §4.1.3", login, None, "Name of the current directory.";
    Quit "QUIT" [] "QUIT", "RFC 959 §4.1.1", free, None, "End the session.";
    Rang "RANG" [] "RANG start end", "draft-bryan-ftp-range", login, None, "Choose the bytes of the next transfer.";
    Rein "REIN" [] "REIN", "RFC 959 §4.1.1", free, None, "Log out and begin anew.";
    Rest "REST" [] "REST offset", "RFC 959 §4.1.3, RFC 3659 §5", login, None, "Begin the next transfer at an offset.";
    Retr "RETR" [] "RETR path", "RFC 959 §4.1.3", login, Download, "Fetch a file.";
    Rmd "RMD" ["XRMD"] "RMD path", "RFC 959 §4.1.3", login, None, "Remove an empty directory.";
    Rnfr "RNFR" [] "RNFR path", "RFC 959 §4.1.3", login, None, "Name what to rename.";
    Rnto "RNTO" [] "RNTO path", "RFC 959 §4.1.3", login, None, "Rename it to this name.";
    Site "SITE" [] "SITE command", "RFC 959 §4.1.3", login, None, "A command of this server.";
    Size "SIZE" [] "SIZE path", "RFC 3659 §4", login, None, "Size of a file as it would be sent.";
    Smnt "SMNT" [] "SMNT path", "RFC 959 §4.1.1", login, None, "Mount another file system.";
    Spsv "SPSV" [] "SPSV", "de facto", login, None, "Open a data port, told by its number alone.";
    Sscn "SSCN" [] "SSCN [ON | OFF]", "de facto", login, None, "Choose the TLS role on data connections.";
    Stat "STAT" [] "STAT [path]", "RFC 959 §4.1.3", login, None, "State of the session, or a listing as a reply.";
    Stor "STOR" [] "STOR path", "RFC 959 §4.1.3", login, Upload, "Store a file.";
    Stou "STOU" [] "STOU", "RFC 959 §4.1.3", login, Upload, "Store a file under a new name.";
    Stru "STRU" [] "STRU F | R | P", "RFC 959 §4.1.2", login, None, "Choose the file structure.";
    Syst "SYST" [] "SYST", "RFC 959 §4.1.3", free, None, "Type of the system.";
    Thmb "THMB" [] "THMB format width height path", "draft-peterson-streamlined-ftp-command-extensions", login, None, "Fetch a small picture of a picture.";
    Type "TYPE" [] "TYPE A | E | I | L size", "RFC 959 §4.1.2", login, None, "Choose the representation of data.";
    User "USER" [] "USER name", "RFC 959 §4.1.1", free, None, "Name the user to log in.";
    Xcrc "XCRC" [] "XCRC path [start end]", "de facto", login, None, "CRC-32 of a file.";
    Xmd5 "XMD5" [] "XMD5 path [start end]", "de facto", login, None, "MD5 digest of a file.";
    Xsha "XSHA" ["XSHA1"] "XSHA path [start end]", "de facto", login, None, "SHA-1 digest of a file.";
    Xsha256 "XSHA256" [] "XSHA256 path [start end]", "de facto", login, None, "SHA-256 digest of a file.";
    Xsha512 "XSHA512" [] "XSHA512 path [start end]", "de facto", login, None, "SHA-512 digest of a file.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_nothing_like_it() {
        for verb in Verb::ALL {
            for name in core::iter::once(&verb.name()).chain(verb.info().aliases) {
                assert_eq!(Verb::from_bytes(name.as_bytes()), Some(*verb));
                assert_eq!(Verb::from_bytes(name.to_ascii_lowercase().as_bytes()), Some(*verb));
                let longer = [name.as_bytes(), b"ABCDEFGH"].concat();
                assert_eq!(Verb::from_bytes(&longer), None);
                assert_eq!(Verb::from_bytes(&[name.as_bytes(), b"\0"].concat()), None);
                assert_eq!(Verb::from_bytes(&[b"\0", name.as_bytes()].concat()), None);
            }
        }
        assert_eq!(Verb::from_bytes(b""), None);
    }
}

//! URLs: RFC 1738 §3.2, with bytes in the path.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use wharf_client::{Charset, Secret, TlsMode};

use crate::failure::Failure;
use crate::glob::{Pattern, is_special};

/// Where something is. Its password never shows.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) tls: TlsMode,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    /// A name, or an address without brackets.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// What the server writes names in.
    pub(crate) charset: Charset,
    /// What stands behind the slash after the host, split at its slashes and not decoded yet.
    segments: Vec<Vec<u8>>,
}

/// A part of a path.
pub(crate) enum Part {
    Plain(Vec<u8>),
    Pattern(Pattern),
}

impl Location {
    /// # Errors
    /// Wrong usage: no URL, or one that would smuggle in a command (E2).
    pub(crate) fn parse(url: &OsStr) -> Result<Self, Failure> {
        let bytes = url.as_bytes();
        let at = find(bytes, b"://").ok_or_else(|| no_url("it has no scheme"))?;
        let tls = match bytes[..at].to_ascii_lowercase().as_slice() {
            b"ftpes" => TlsMode::Explicit,
            b"ftps" => TlsMode::Implicit,
            b"ftp" => TlsMode::ExplicitIfOffered,
            _ => return Err(no_url("its scheme is another one")),
        };
        let rest = &bytes[at + 3..];
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (authority, path) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let (user, host) = match authority.iter().rposition(|byte| *byte == b'@') {
            Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
            None => (None, authority),
        };
        let (user, password) = user.map_or(Ok((None, None)), user_and_password)?;
        let (host, port) = host_and_port(host)?;
        let segments: Vec<Vec<u8>> =
            without_type(path)?.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
        for segment in &segments {
            checked(decode(segment)?)?;
        }
        Ok(Self { tls, user, password, host, port, charset: Charset::UTF_8, segments })
    }

    /// The path as it is sent; special characters mean themselves. Empty for the login directory.
    pub(crate) fn path(&self) -> Result<Vec<u8>, Failure> {
        let parts: Vec<_> =
            self.segments.iter().map(|segment| self.on_server(segment)).collect::<Result<_, _>>()?;
        Ok(parts.join(&b'/'))
    }

    /// The path in parts, if one of them is a pattern.
    pub(crate) fn pattern(&self) -> Result<Option<Vec<Part>>, Failure> {
        if !self.segments.iter().flatten().any(|byte| is_special(*byte)) {
            return Ok(None);
        }
        // An escaped slash parts names like any other, and no name holds one.
        let names = self.segments.iter().flat_map(|segment| at_slashes(segment));
        names.map(|name| self.part(name)).collect::<Result<_, _>>().map(Some)
    }

    /// What was typed is text, and becomes what the server writes for it; escapes are bytes of the server already.
    fn on_server(&self, segment: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut typed = Vec::new();
        for (byte, escaped) in decoded(segment) {
            let byte = byte.ok_or_else(bad_percent)?;
            if escaped {
                bytes.extend(encode(self.charset, &typed)?);
                typed.clear();
                bytes.push(byte);
            } else {
                typed.push(byte);
            }
        }
        bytes.extend(encode(self.charset, &typed)?);
        Ok(bytes)
    }

    fn part(&self, segment: &[u8]) -> Result<Part, Failure> {
        if segment.iter().any(|byte| is_special(*byte)) {
            pattern(segment).map(Part::Pattern)
        } else {
            self.on_server(segment).map(Part::Plain)
        }
    }
}

/// Typed text as the server writes it; bytes that are no text stay.
pub(crate) fn encode(charset: Charset, typed: &[u8]) -> Result<Vec<u8>, Failure> {
    match std::str::from_utf8(typed) {
        Ok(text) => charset.encode(text).map_err(|why| Failure::usage(why.to_string())),
        Err(_) => Ok(typed.to_vec()),
    }
}

fn pattern(segment: &[u8]) -> Result<Pattern, Failure> {
    let mut pattern = Vec::new();
    for (byte, encoded) in decoded(segment) {
        let byte = byte.ok_or_else(bad_percent)?;
        if byte == b'\\' || encoded && matches!(byte, b'*' | b'?' | b'[' | b']' | b'-' | b'!') {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
    let text = String::from_utf8(pattern).map_err(|_| Failure::usage("a pattern must be UTF-8"))?;
    Pattern::new(&text).map_err(|why| Failure::usage(format!("{why}; write %5B for a plain [")))
}

fn no_url(why: &str) -> Failure {
    Failure::usage(format!(
        "that is no URL of an FTP server ({why}): write ftpes://USER@HOST/PATH, ftps:// or ftp://"
    ))
}

fn bad_percent() -> Failure {
    Failure::usage("the URL has a % without two hex digits: write %25 for a plain %")
}

fn user_and_password(bytes: &[u8]) -> Result<(Option<String>, Option<Secret>), Failure> {
    let (user, password) = match bytes.iter().position(|byte| *byte == b':') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    let user = String::from_utf8(checked(decode(user)?)?)
        .map_err(|_| Failure::usage("the user name in the URL must be UTF-8"))?;
    let password = match password {
        Some(password) => Some(
            Secret::new(decode(password)?)
                .map_err(|why| Failure::usage(format!("the password in the URL cannot be sent: it {why}")))?,
        ),
        None => None,
    };
    Ok((Some(user).filter(|user| !user.is_empty()), password))
}

fn host_and_port(bytes: &[u8]) -> Result<(String, Option<u16>), Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| no_url("its host is not UTF-8"))?;
    let end = text.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match text[end..].rfind(':') {
        Some(at) => (&text[..end + at], Some(&text[end + at + 1..])),
        None => (text, None),
    };
    let port = match port {
        Some(port) if !port.is_empty() => Some(
            port.parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| no_url("its port is no number of a port"))?,
        ),
        _ => None,
    };
    let host = match url::Host::parse(host) {
        Ok(url::Host::Domain(name)) if !name.is_empty() => name,
        Ok(url::Host::Ipv4(address)) => address.to_string(),
        Ok(url::Host::Ipv6(address)) => address.to_string(),
        Ok(url::Host::Domain(_)) | Err(_) => return Err(no_url("its host is no name or address")),
    };
    Ok((host, port))
}

/// RFC 1738 ends a URL with `;type=`; files here are always moved as they are.
fn without_type(path: &[u8]) -> Result<&[u8], Failure> {
    let Some(at) = path.len().checked_sub(7) else { return Ok(path) };
    let (start, end) = path.split_at(at);
    match end.to_ascii_lowercase().as_slice() {
        b";type=i" => Ok(start),
        b";type=a" | b";type=d" => Err(Failure::usage("of the types in URLs only ;type=i is understood")),
        _ => Ok(path),
    }
}

/// E2: nothing that ends a line may come out of a URL, and it is refused before anybody is called.
fn checked(bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(Failure::usage("the URL holds CR, LF or NUL, which cannot be sent in a command"));
    }
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    decoded(bytes).map(|(byte, _)| byte).collect::<Option<_>>().ok_or_else(bad_percent)
}

/// The bytes, and whether they were percent-encoded; none where that is done wrong.
fn decoded(bytes: &[u8]) -> impl Iterator<Item = (Option<u8>, bool)> {
    let mut rest = bytes.iter().copied();
    std::iter::from_fn(move || match rest.next()? {
        b'%' => {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
            Some((value, true))
        }
        byte => Some((Some(byte), false)),
    })
}

/// What stands between the escaped slashes of a segment.
fn at_slashes(segment: &[u8]) -> Vec<&[u8]> {
    let (mut names, mut rest) = (Vec::new(), segment);
    while let Some(at) = find(rest, b"%2F").into_iter().chain(find(rest, b"%2f")).min() {
        names.push(&rest[..at]);
        rest = &rest[at + 3..];
    }
    names.push(rest);
    names
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Location {
        Location::parse(OsStr::new(url)).unwrap()
    }

    fn refused(url: &str) -> String {
        let failure = Location::parse(OsStr::new(url)).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        failure.to_string()
    }

    #[test]
    fn schemes() {
        assert_eq!(parse("ftpes://h/x").tls, TlsMode::Explicit);
        assert_eq!(parse("FTPS://h/x").tls, TlsMode::Implicit);
        assert_eq!(parse("ftp://h/x").tls, TlsMode::ExplicitIfOffered);
        for wrong in ["h/x", "http://h/", "ftp:/h", "ftp:///x", "ftp://h:0/", "ftp://h:x/", "ftp://h:70000/"]
        {
            refused(wrong);
        }
    }

    #[test]
    fn paths_count_from_the_login_directory() {
        assert_eq!(parse("ftp://h/dir/x").path().unwrap(), b"dir/x");
        assert_eq!(parse("ftp://h/%2Fdir/x").path().unwrap(), b"/dir/x");
        assert_eq!(parse("ftp://h/%2f").path().unwrap(), b"/");
        assert_eq!(parse("ftp://h//dir").path().unwrap(), b"/dir");
        assert_eq!(parse("ftp://h").path().unwrap(), b"");
        assert_eq!(parse("ftp://h/").path().unwrap(), b"");
        assert_eq!(parse("ftp://h/a/../b").path().unwrap(), b"a/../b");
    }

    #[test]
    fn names_are_bytes() {
        assert_eq!(parse("ftp://h/r%E9sum%e9%20x").path().unwrap(), b"r\xe9sum\xe9 x");
        assert_eq!(parse("ftp://h/a#b;c").path().unwrap(), b"a#b;c");
        assert_eq!(parse("ftp://h/a;type=i").path().unwrap(), b"a");
        refused("ftp://h/a;type=a");
        refused("ftp://h/a%2");
        refused("ftp://h/a%zz");
    }

    #[test]
    fn no_url_carries_a_command() {
        for url in
            ["ftp://h/%0d%0aDELE%20x", "ftp://h/a%0A", "ftp://h/a%00b", "ftp://h/a\nb", "ftp://u%0d@h/"]
        {
            assert!(refused(url).contains("CR, LF or NUL"), "{url}");
        }
        refused("ftp://u:a%0ab@h/");
        refused("ftp://h%0a/");
    }

    #[test]
    fn user_and_host() {
        let there = parse("ftp://me%40home:p%3Aw@[::1]:2121/x");
        assert_eq!(there.user.as_deref(), Some("me@home"));
        assert_eq!(there.password.as_ref().unwrap().expose(), b"p:w");
        assert_eq!((there.host.as_str(), there.port), ("::1", Some(2121)));
        assert!(!format!("{there:?}").contains("p:w"));
        let there = parse("ftp://a@b@h/");
        assert_eq!((there.user.as_deref(), there.host.as_str()), (Some("a@b"), "h"));
        assert!(parse("ftp://h/").user.is_none());
    }

    #[test]
    fn patterns() {
        assert!(parse("ftp://h/a/b.txt").pattern().unwrap().is_none());
        assert!(parse("ftp://h/a%2A").pattern().unwrap().is_none());
        let parts = parse("ftp://h/a%20b/%2A*.txt").pattern().unwrap().unwrap();
        match parts.as_slice() {
            [Part::Plain(plain), Part::Pattern(pattern)] => {
                assert_eq!(plain, b"a b");
                assert!(pattern.matches(b"*x.txt") && !pattern.matches(b"x.txt"));
            }
            _ => panic!("a plain part and a pattern"),
        }
        for url in ["ftp://h/%2F*", "ftp://h/%2f*", "ftp://h//*"] {
            let parts = parse(url).pattern().unwrap().unwrap();
            assert!(matches!(parts.as_slice(), [Part::Plain(root), Part::Pattern(_)] if root.is_empty()));
        }
        assert!(parse("ftp://h/[a").pattern().is_err());
        assert_eq!(parse("ftp://h/[a").path().unwrap(), b"[a");
    }
}

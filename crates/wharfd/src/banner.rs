//! What is printed once the server listens.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

/// All that the printed lines tell.
#[derive(Debug)]
pub(crate) struct Banner<'a> {
    /// The directory that is served, ready to be shown.
    pub(crate) dir: &'a str,
    /// The bound addresses, and whether TLS starts with the first byte there.
    pub(crate) listeners: &'a [(SocketAddr, bool)],
    /// SHA-256 of the certificate in hex.
    pub(crate) fingerprint: &'a str,
    /// Where the certificate comes from.
    pub(crate) origin: &'a str,
    /// The names that the certificate is for.
    pub(crate) names: &'a [String],
    /// How a client comes to trust the certificate.
    pub(crate) trust: Trust<'a>,
    /// Who may log in, a line each.
    pub(crate) accounts: &'a [String],
    /// Who the lines to paste log in.
    pub(crate) login: Login<'a>,
}

/// How a client comes to trust the certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// By the file that holds it.
    File(&'a Path),
    /// By what the client trusts anyway.
    System,
}

/// Name and, where it was made up here, password.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: Option<&'a str>,
}

impl std::fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Banner<'_> {
    /// The lines, each ended by a newline.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("wharfd {} serves {}\n", env!("CARGO_PKG_VERSION"), self.dir);
        for (address, implicit) in self.listeners {
            line(&mut text, if *implicit { "implicit FTPS" } else { "explicit FTPS" }, &address.to_string());
        }
        line(&mut text, "certificate", &format!("sha256:{} ({})", self.fingerprint, self.origin));
        for account in self.accounts {
            line(&mut text, "user", account);
        }
        // Explicit FTPS is the standard one, and what more clients can.
        let first = self.listeners.iter().find(|(_, implicit)| !implicit).or_else(|| self.listeners.first());
        if let Some((address, implicit)) = first {
            text.push('\n');
            self.lines_to_paste(&mut text, *address, *implicit);
        }
        text
    }

    fn lines_to_paste(&self, text: &mut String, address: SocketAddr, implicit: bool) {
        let reachable = reachable(address);
        let named = self.names.iter().any(|name| name.parse() == Ok(reachable));
        // A certificate for a name alone is checked under that name.
        let dns = self.names.iter().find(|name| name.parse::<IpAddr>().is_err() && !name.starts_with('*'));
        let (host, checked) = match (named, self.trust, dns) {
            (true, _, _) => (SocketAddr::new(reachable, address.port()).to_string(), true),
            (false, Trust::System, Some(dns)) => (format!("{dns}:{}", address.port()), true),
            (false, _, _) => (SocketAddr::new(reachable, address.port()).to_string(), false),
        };
        let ca = match self.trust {
            Trust::File(path) => path.to_str().filter(|path| !path.contains(char::is_control)),
            Trust::System => None,
        };
        let checked = checked && (ca.is_some() || matches!(self.trust, Trust::System));
        let Login { name, password } = self.login;
        let credentials = |separator: char| {
            quoted(
                &password.map_or_else(|| name.to_owned(), |password| format!("{name}{separator}{password}")),
            )
        };
        if !checked {
            let note = "(curl and lftp cannot check the certificate at this address; wharf does, by its fingerprint)";
            line(text, "", note);
        }

        let scheme = if implicit { "ftps" } else { "ftp" };
        let url = quoted(&format!("{scheme}://{host}/"));
        let mut curl = String::from("curl");
        if !implicit {
            curl.push_str(" --ssl-reqd");
        }
        match (checked, ca) {
            (false, _) => curl.push_str(" -k"),
            (true, Some(ca)) => _ = write!(curl, " --cacert {}", quoted(ca)),
            (true, None) => {}
        }
        line(text, "curl:", &format!("{curl} -u {} {url}", credentials(':')));

        let mut settings = match (checked, ca) {
            (false, _) => String::from("set ssl:verify-certificate no; "),
            (true, Some(ca)) => format!("set ssl:ca-file {}; ", lftp_quoted(ca)),
            (true, None) => String::new(),
        };
        settings.push_str("set ftp:ssl-force yes; set ftp:ssl-protect-data yes");
        // A path in the address would be entered before the settings hold.
        let site = quoted(&format!("{scheme}://{host}"));
        line(text, "lftp:", &format!("lftp -e {} -u {} {site}", quoted(&settings), credentials(',')));

        let scheme = if implicit { "ftps" } else { "ftpes" };
        let user = percent_encoded(name);
        let secret = password.map_or_else(String::new, |password| format!(":{}", percent_encoded(password)));
        line(text, "FileZilla:", &format!("{scheme}://{user}{secret}@{host}"));

        let secret =
            password.map_or_else(String::new, |password| format!("WHARF_PASSWORD={} ", quoted(password)));
        let url = quoted(&format!("{scheme}://{user}@{host}/"));
        line(text, "wharf:", &format!("{secret}wharf --trust pin:sha256:{} ls {url}", self.fingerprint));
    }
}

fn line(text: &mut String, label: &str, rest: &str) {
    _ = writeln!(text, "  {label:<14} {rest}");
}

/// An address that a client on this machine can connect to.
fn reachable(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    }
}

/// A word for a shell: in single quotes where it needs some.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A word for lftp.
fn lftp_quoted(word: &str) -> String {
    if quoted(word) == word {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}

/// User information of a URL ([RFC 3986 §3.2.1]).
///
/// [RFC 3986 §3.2.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
fn percent_encoded(word: &str) -> String {
    word.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests;

//! The netrc file: names and passwords by host, as other FTP clients keep them.

use wharf_client::Secret;

/// What it says of one machine, or of any (`default`).
#[derive(Default)]
pub(crate) struct Entry {
    machine: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) account: Option<Secret>,
}

/// The first entry for the host, and for the user where one is known; otherwise the default.
pub(crate) fn look_up(text: &str, host: &str, user: Option<&str>) -> Result<Option<Entry>, String> {
    let fits = |entry: &Entry| {
        let machine = entry.machine.as_ref().is_none_or(|machine| machine.eq_ignore_ascii_case(host));
        let login = user.is_none() || entry.login.is_none() || entry.login.as_deref() == user;
        machine && login
    };
    let mut entries: Vec<Entry> = parse(text)?.into_iter().filter(fits).collect();
    let at = entries.iter().position(|entry| entry.machine.is_some()).unwrap_or(0);
    Ok(if entries.is_empty() { None } else { Some(entries.swap_remove(at)) })
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let mut words = Words { rest: text };
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(word) = words.next()? {
        match word.as_str() {
            "machine" => entries.push(Entry { machine: Some(words.value("machine")?), ..Entry::default() }),
            "default" => entries.push(Entry::default()),
            "macdef" => words.skip_macro(),
            "login" | "password" | "account" => {
                let value = words.value(&word)?;
                let entry =
                    entries.last_mut().ok_or_else(|| format!("`{word}` stands before any machine"))?;
                let secret = |value: String| Secret::new(value).map_err(|why| format!("a {word} {why}"));
                match word.as_str() {
                    "login" => entry.login = Some(value),
                    "password" => entry.password = Some(secret(value)?),
                    _ => entry.account = Some(secret(value)?),
                }
            }
            // The word may be a password that lost its quotes: it is not shown.
            _ => {
                return Err(
                    "it has a word that is none of machine, default, login, password, account, macdef".into(),
                );
            }
        }
    }
    Ok(entries)
}

/// Words, bare or in quotes; `#` begins a comment where a keyword could stand.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<String>, String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return self.word();
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn value(&mut self, of: &str) -> Result<String, String> {
        self.rest = self.rest.trim_start();
        self.word()?.ok_or_else(|| format!("`{of}` has no value"))
    }

    fn word(&mut self) -> Result<Option<String>, String> {
        let mut chars = self.rest.char_indices();
        let mut word = String::new();
        let quoted = self.rest.starts_with('"');
        if quoted {
            chars.next();
        }
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quoted => {
                    end = Some(at + 1);
                    break;
                }
                c if !quoted && c.is_ascii_whitespace() => {
                    end = Some(at);
                    break;
                }
                '\\' => {
                    if let Some((_, next)) = chars.next() {
                        word.push(next);
                    }
                }
                c => word.push(c),
            }
        }
        if quoted && end.is_none() {
            return Err("a quote is not closed".to_owned());
        }
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Ok(if taken.is_empty() { None } else { Some(word) })
    }

    /// A macro goes on to the next empty line.
    fn skip_macro(&mut self) {
        let lines = self.rest.split_inclusive('\n');
        let taken: usize = lines
            .scan(false, |over, line| {
                if *over {
                    return None;
                }
                *over = line.trim().is_empty();
                Some(line.len())
            })
            .sum();
        self.rest = self.rest.get(taken..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# hosts\nmachine a.example login me password \"p w\\\"#\" account acc\n\
        machine a.example login you password yours\n\
        machine b.example macdef init\nmachine evil login x\n  bin\n\n login bob password #1\\\\\n\
        default login anonymous password me@\n";

    fn found(host: &str, user: Option<&str>) -> (Option<String>, Option<Vec<u8>>) {
        let entry = look_up(FILE, host, user).unwrap().unwrap();
        (entry.login, entry.password.map(|password| password.expose().to_vec()))
    }

    #[test]
    fn by_machine_and_login() {
        assert_eq!(found("A.example", None), (Some("me".into()), Some(b"p w\"#".to_vec())));
        assert_eq!(found("a.example", Some("you")), (Some("you".into()), Some(b"yours".to_vec())));
        assert!(look_up(FILE, "a.example", Some("else")).unwrap().is_none());
        assert_eq!(look_up(FILE, "a.example", None).unwrap().unwrap().account.unwrap().expose(), b"acc");
    }

    #[test]
    fn macros_are_skipped_and_the_default_comes_last() {
        assert_eq!(found("b.example", None), (Some("bob".into()), Some(b"#1\\".to_vec())));
        assert_eq!(found("evil", None).0.as_deref(), Some("anonymous"));
    }

    #[test]
    fn mistakes_are_named_without_secrets() {
        for (text, part) in [
            ("machine", "no value"),
            ("login x", "before any machine"),
            ("machine h password \"x", "not closed"),
            ("machine h password my secret", "none of machine"),
        ] {
            let error = look_up(text, "h", None).err().unwrap();
            assert!(error.contains(part) && !error.contains("secret"), "{error}");
        }
    }
}

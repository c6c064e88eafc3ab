//! The options of the modes.

use std::path::PathBuf;

/// What stands behind the fixed words; each mode reads what it needs.
#[derive(Debug)]
pub(crate) struct Wishes {
    /// A path on the server.
    pub(crate) path: String,
    /// A local file.
    pub(crate) file: PathBuf,
    /// Bytes of each file.
    pub(crate) size: u64,
    /// How often.
    pub(crate) count: u64,
    /// No more is begun after so many seconds: what many small things come to is known by then.
    pub(crate) seconds: f64,
    /// Sessions at the same time.
    pub(crate) parallel: u64,
    /// Commands that are sent together.
    pub(crate) depth: u64,
    /// LIST, MLSD or NLST.
    pub(crate) verb: String,
    /// The length of an AES key.
    pub(crate) bits: u32,
    /// Waits before and behind what is measured.
    pub(crate) steps: bool,
    /// A certificate chain, its key and its authority in PEM.
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ca: PathBuf,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            path: ".".to_owned(),
            file: PathBuf::new(),
            size: 0,
            count: 1,
            seconds: f64::INFINITY,
            parallel: 1,
            depth: 1,
            verb: "LIST".to_owned(),
            bits: 256,
            steps: false,
            cert: PathBuf::new(),
            key: PathBuf::new(),
            ca: PathBuf::new(),
        }
    }
}

impl Wishes {
    /// Reads `--option value` again and again; `None` when it is something else.
    pub(crate) fn parse(args: &[String]) -> Option<Self> {
        let mut wishes = Self::default();
        for pair in args.chunks(2) {
            let [option, value] = pair else { return None };
            match option.as_str() {
                "--path" => wishes.path.clone_from(value),
                "--file" => wishes.file = value.into(),
                "--size" => wishes.size = value.parse().ok()?,
                "--count" => wishes.count = value.parse().ok()?,
                "--seconds" => wishes.seconds = value.parse().ok()?,
                "--parallel" => wishes.parallel = value.parse().ok()?,
                "--depth" => wishes.depth = value.parse().ok()?,
                "--verb" => wishes.verb.clone_from(value),
                "--bits" => wishes.bits = value.parse().ok()?,
                "--steps" => wishes.steps = value == "yes",
                "--cert" => wishes.cert = value.into(),
                "--key" => wishes.key = value.into(),
                "--ca" => wishes.ca = value.into(),
                _ => return None,
            }
        }
        Some(wishes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Wishes> {
        Wishes::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_come_in_pairs() {
        let wishes = parse("--path small --count 2000 --size 4096").unwrap();
        assert_eq!((wishes.path.as_str(), wishes.count, wishes.size), ("small", 2000, 4096));
        assert_eq!(parse("").unwrap().count, 1);
        for wrong in ["--path", "--speed 9", "--count many", "path small"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}

//! A peer that knows nothing but bytes.

use std::{collections::VecDeque, fmt};

use crate::pattern::matches;

#[derive(Debug, Clone)]
enum Part {
    Say(Vec<u8>),
    Expect(String),
}

/// A peer that plays a script: it says what it is told to, and compares what it hears, line by line. It understands
/// no FTP, so that it cannot share a mistake with what is tested, and does no I/O, so that any transport will do.
///
/// ```
/// use wharf_testkit::ScriptedPeer;
///
/// let mut server = ScriptedPeer::new().say("220 ready\r\n").expect("USER *").say("331 go on\r\n");
/// assert_eq!(server.take_output(), b"220 ready\r\n");
/// server.hear(b"USER al")?;
/// assert!(server.take_output().is_empty());
/// server.hear(b"ice\r\n")?;
/// assert_eq!(server.take_output(), b"331 go on\r\n");
/// assert!(server.is_done());
/// # Ok::<(), wharf_testkit::Mismatch>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScriptedPeer {
    script: VecDeque<Part>,
    heard: Vec<u8>,
}

/// Something else was heard than the script has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The pattern in the script; `None` behind its end.
    pub expected: Option<String>,
    /// The line that was heard, odd bytes escaped.
    pub heard: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expected {
            Some(expected) => write!(f, "{expected:?} was expected, {:?} was heard", self.heard),
            None => write!(f, "{:?} was heard behind the end of the script", self.heard),
        }
    }
}

impl std::error::Error for Mismatch {}

impl ScriptedPeer {
    /// An empty script.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes to say, as they are: line ends are the caller's.
    #[must_use]
    pub fn say(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.script.push_back(Part::Say(bytes.as_ref().to_vec()));
        self
    }

    /// Adds a line to hear; `*` stands for anything, the line end is not part of it.
    #[must_use]
    pub fn expect(mut self, line: impl Into<String>) -> Self {
        self.script.push_back(Part::Expect(line.into()));
        self
    }

    /// Hears bytes, however they are cut.
    ///
    /// # Errors
    /// At the first line that the script does not have there.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        self.heard.extend_from_slice(bytes);
        self.compare()
    }

    /// What it says now: everything up to the next line that it has to hear.
    pub fn take_output(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(Part::Say(_)) = self.script.front() {
            if let Some(Part::Say(bytes)) = self.script.pop_front() {
                out.extend(bytes);
            }
        }
        out
    }

    /// Whether the script is at its end, and nothing more was heard.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.script.is_empty() && self.heard.is_empty()
    }

    fn compare(&mut self) -> Result<(), Mismatch> {
        // Lines that come before their time are compared all the same: what is to be said before them stays.
        let mut at = 0;
        while let Some(end) = self.heard.windows(2).position(|end| end == b"\r\n") {
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            let heard = line.get(..end).unwrap_or_default().escape_ascii().to_string();
            while matches!(self.script.get(at), Some(Part::Say(_))) {
                at += 1;
            }
            let expected = match self.script.remove(at) {
                Some(Part::Expect(pattern)) => pattern,
                Some(Part::Say(_)) | None => return Err(Mismatch { expected: None, heard }),
            };
            if !matches(&expected, &heard) {
                return Err(Mismatch { expected: Some(expected), heard });
            }
        }
        Ok(())
    }
}

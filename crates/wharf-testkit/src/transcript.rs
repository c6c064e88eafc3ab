//! Dialogues as text: what the client says, what the server has to answer, and what happens around them.
//!
//! The format stands in the README of this crate.

mod parse;
mod stage;
mod step;

use std::{fs, path::Path};

pub use self::parse::Transcript;
use self::stage::Stage;

/// How the client's bytes are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Lines that follow each other arrive in one piece.
    Whole,
    /// Byte by byte.
    Bytes,
    /// At random, from this seed.
    Random(u64),
}

impl Transcript {
    /// Plays it once.
    ///
    /// # Errors
    /// Names the line and what was there instead.
    pub fn play(&self, cut: Cut) -> Result<(), String> {
        let mut stage = Stage::new(self, cut);
        for (line, step) in &self.steps {
            stage.perform(step).map_err(|what| format!("line {line}: {what}"))?;
        }
        stage.nothing_more().map_err(|what| format!("at the end: {what}"))
    }

    /// Plays it whole, and, if it does not forbid that, byte by byte and at random cuts.
    ///
    /// # Errors
    /// Names the line, what was there instead, and the cut.
    pub fn play_all(&self) -> Result<(), String> {
        let mut cuts = vec![Cut::Whole];
        if !self.whole_only {
            cuts.push(Cut::Bytes);
            cuts.extend((0..8).map(Cut::Random));
        }
        cuts.into_iter().try_for_each(|cut| self.play(cut).map_err(|what| format!("{cut:?}: {what}")))
    }
}

/// Plays every `.ftp` file of a folder and returns how many there are.
///
/// # Panics
/// When a file cannot be read, is malformed or does not play; all that failed are named.
pub fn play_folder(folder: &Path) -> usize {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "ftp"))
        .collect();
    files.sort();
    let failures: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let text = fs::read_to_string(file).expect("a transcript is text");
            let name = file.file_name().unwrap_or_default().display();
            let played = Transcript::parse(&text).and_then(|transcript| transcript.play_all());
            played.err().map(|what| format!("{name}: {what}"))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} transcripts fail\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
    files.len()
}

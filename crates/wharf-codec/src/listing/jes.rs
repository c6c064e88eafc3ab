//! The queue of jobs of z/OS, as its server shows it in the mode for jobs. A job is fetched by its number.
//!
//! ```text
//! JOBNAME  JOBID    OWNER    STATUS CLASS
//! COPYJOB  JOB00121 USER01   OUTPUT A        RC=0000 3 spool files
//! LISTJOB  JOB00122 USER01   ACTIVE A
//! USER1    JOB01906  OUTPUT    3 Spool Files
//! ```

use crate::listing::clues::{Context, Reading};
use crate::listing::line::Line;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, _: &Context<'_>) -> Option<Reading> {
    let (job, id) = (line.word(0), line.word(1));
    let is_letter = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"@#$".contains(byte);
    let is_word = |word: &[u8]| (1..=8).contains(&word.len()) && word.iter().all(is_letter);
    if !is_word(job) || !is_job(id) {
        return None;
    }
    let owner = match (is_status(line.word(2)), is_status(line.word(3))) {
        (true, _) => None,
        // The system's own jobs belong to `+MASTER+`.
        (false, true) if line.word(2).len() <= 8 => Some(line.word(2)),
        (false, _) => return None,
    };
    let entry = ListEntry {
        owner: owner.map(|owner| line.bytes(owner)),
        ..ListEntry::bare(line.raw(), line.bytes(id), EntryKind::File)
    };
    Some(Reading::new(entry))
}

/// The line above the jobs. Of one job its spool files follow below another heading; they are no entries, since they are
/// fetched by numbers that do not stand in their lines.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    let jobs = line.word(0) == b"JOBNAME" && line.word(1) == b"JOBID";
    jobs || line.word(0) == b"ID" && line.word(1) == b"STEPNAME"
}

/// `JOB00121`, `STC01234`, `TSU00001`, or one letter and seven digits.
fn is_job(word: &[u8]) -> bool {
    let digits = [&b"JOB"[..], b"STC", b"TSU", b"J", b"S", b"T"]
        .iter()
        .find_map(|start| word.strip_prefix(*start).filter(|rest| rest.iter().all(u8::is_ascii_digit)));
    word.len() == 8 && digits.is_some()
}

fn is_status(word: &[u8]) -> bool {
    matches!(word, b"INPUT" | b"ACTIVE" | b"OUTPUT" | b"HELD" | b"-HELD-" | b"*HELD*" | b"EXECUTING")
}

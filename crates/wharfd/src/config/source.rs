//! The text of the file.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use super::problem::Problem;

/// The longest file, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

/// Reads the file.
///
/// # Errors
/// When it cannot be read, may be written by others than its owner, or is not UTF-8.
pub(super) fn read(path: &Path) -> Result<String, Problem> {
    let unreadable = |error: io::Error| {
        Problem::whole(format!("it cannot be read: {error}"), "check its path and permissions")
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Problem::whole("it is not a regular file", "give the path of a file"));
    }
    // Who may write it chooses what is served to whom.
    if metadata.permissions().mode() & 0o022 != 0 {
        return Err(Problem::whole(
            "it may be written by others than its owner",
            format!("take that permission away: chmod go-w {}", path.display().to_string().escape_debug()),
        ));
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        return Err(Problem::whole("it is longer than 16 MiB", "keep accounts in a users file"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
        Problem::at(line, "it is not UTF-8", "save the file as UTF-8")
    })
}

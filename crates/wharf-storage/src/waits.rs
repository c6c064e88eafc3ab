//! What a file waits for.

/// What work on an open file may have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Waits {
    /// For nothing: it lies in memory (tmpfs).
    Never,
    /// For a disk of this machine. What of it is in memory is there at once, and many file systems tell
    /// (`RWF_NOWAIT`).
    Disk,
    /// Another program or another machine, for however long that takes: even a question has to be put by a thread that
    /// may wait.
    Unknown,
}

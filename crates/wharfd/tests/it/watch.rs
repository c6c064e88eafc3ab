//! Waiting for what a server writes into files.

use std::{fs, path::Path, time::Instant};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify::{self, CreateFlags, WatchFlags},
    io::read,
};

use crate::program::PATIENCE;

/// Waits until a file holds what is `wanted`, and gives its text. Its folder must be there.
#[expect(clippy::disallowed_methods, reason = "what never comes must not block")]
pub(crate) fn await_file(file: &Path, wanted: impl Fn(&str) -> bool) -> String {
    let watch = inotify::init(CreateFlags::CLOEXEC).unwrap();
    let changes = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
    inotify::add_watch(&watch, file.parent().unwrap(), changes).unwrap();
    let begun = Instant::now();
    loop {
        // What is written behind this look is an event.
        let text = fs::read_to_string(file).unwrap_or_default();
        if wanted(&text) {
            return text;
        }
        let left = PATIENCE.saturating_sub(begun.elapsed());
        let mut waiting = [PollFd::new(&watch, PollFlags::IN)];
        let changed = poll(&mut waiting, Some(&Timespec::try_from(left).unwrap())).unwrap();
        assert!(changed > 0 && !left.is_zero(), "not what is wanted: {} holds {text:?}", file.display());
        read(&watch, &mut [0; 4096]).unwrap();
    }
}

//! The server machine against every transcript of `tests/transcripts/`.

use std::path::Path;

use wharf_testkit::transcript::play_folder;

#[test]
fn transcripts_play() {
    let played = play_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts"));
    assert!(played > 40, "only {played} transcripts were found");
}

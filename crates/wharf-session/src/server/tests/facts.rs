//! What facts give away.

use wharf_types::{FileKind, Grant, Metadata, Timestamp, VirtualPath};

use crate::server::facts_of;

#[test]
fn unique_tells_objects_apart_and_nothing_of_the_disk() {
    // LST-16
    let unique = |identity: (u64, u64), name: &str, key: &[u8; 16]| {
        let mut metadata = Metadata::new(FileKind::File, 3, Timestamp::from_secs(0));
        metadata.identity = identity;
        let path = VirtualPath::root().resolve(name.as_bytes()).unwrap();
        let unique = facts_of(&metadata, &path, &Grant::new("alice", ""), key).unique.unwrap();
        String::from_utf8(unique.to_vec()).unwrap()
    };
    let (one, other) = ([1; 16], [2; 16]);
    assert_eq!(unique((7, 8), "a", &one), unique((7, 8), "b", &one), "two names of one object");
    let all = [((7, 8), &one), ((8, 7), &one), ((7, 9), &one), ((7, 8), &other)];
    let mut seen: Vec<String> = all.iter().map(|(identity, key)| unique(*identity, "a", key)).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all.len());
    // A number of the disk shows in no form.
    let inode = 1_234_567_u64;
    let shown = unique((65, inode), "a", &one);
    assert!(!shown.contains(&inode.to_string()) && !shown.contains(&format!("{inode:x}")), "{shown}");
}

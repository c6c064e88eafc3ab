//! Bytes in clear behind AUTH.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_server::{ControlPolicy, MemoryDisk};

use crate::{
    harness::{HOME, Harness},
    raw::dial,
};

#[tokio::test]
async fn a1_bytes_behind_auth_are_never_a_command() {
    // TLS-04
    let harness = Harness::with(MemoryDisk::new(), |options| {
        options.session.policy.control = ControlPolicy::Allow;
    })
    .await;
    let script = b"AUTH TLS\r\nUSER evil\r\nPASS x\r\n";
    for split in 0..=script.len() {
        let mut tcp = dial(&HOME.to_string(), harness.explicit).await;
        let (first, second) = script.split_at(split);
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n") {
            assert!(tcp.read_buf(&mut heard).await.unwrap() > 0);
        }
        tcp.write_all(first).await.unwrap();
        tokio::task::yield_now().await;
        // The server may have closed already.
        let _ = tcp.write_all(second).await;
        let _ = tcp.shutdown().await;
        // A reset is an end too.
        let _ = tcp.read_to_end(&mut heard).await;
        let text = heard.escape_ascii().to_string();
        assert!(!["331", "503", "530"].iter().any(|code| text.contains(code)), "{split}: {text}");
        assert!(text.starts_with("220 "), "{text}");
    }
    harness.ended().await;
}

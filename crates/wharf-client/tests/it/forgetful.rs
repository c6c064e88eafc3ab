//! Servers that lose commands which come together.

use std::sync::Arc;

use wharf_client::{KnownHostsFile, TlsMode, Upload};

use crate::peer::{Server, logged_in, sample};

/// Serves until the client goes: uploads into memory, downloads of `content`. Everything that came together with a
/// command is thrown away before it is answered.
async fn forgetful(server: &Server, content: &[u8]) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut peer = server.greet().await;
    (peer.forgets, peer.features) = (true, "SIZE\r\n MFMT\r\n MLST type*;");
    let mut taken = Vec::new();
    while let Some(line) = peer.hear().await {
        match line.split(' ').next().unwrap_or_default() {
            "STOR" => taken.push(peer.take(None).await),
            "RETR" => peer.give(content, None).await,
            "SIZE" => peer.say(&format!("213 {}", content.len())).await,
            _ => peer.otherwise(&line).await,
        }
    }
    (taken, peer.heard)
}

#[tokio::test]
async fn a_server_that_loses_commands_gets_them_one_by_one() {
    // E8: correct, if slower, and known the next time.
    let server = Server::start().await;
    let place = tempfile::tempdir().unwrap();
    let known = place.path().join("known");
    let mut options = server.options(TlsMode::Off);
    options.memory = Some(Arc::new(KnownHostsFile::new(&known)));
    let again = options.clone();
    let content = sample(500);
    let copy = content.clone();
    let script = tokio::spawn(async move {
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(forgetful(&server, &copy).await);
        }
        sessions
    });
    let mut client = logged_in(options).await.unwrap();
    client.cwd("/there").await.unwrap();
    for number in 0..4 {
        let name = format!("f{number}");
        let stored = client.upload(&name, 0, Upload::Store, &mut &content[..], &mut |_| {}).await;
        assert_eq!(stored.unwrap(), 500);
    }
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, content);
    client.quit().await.unwrap();
    assert!(std::fs::read_to_string(&known).unwrap().contains("nopipeline"));
    let mut client = logged_in(again).await.unwrap();
    for _ in 0..3 {
        client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap();
    }
    client.quit().await.unwrap();
    let sessions = script.await.unwrap();
    assert_eq!(sessions[0].0.len(), 1, "{:?}", sessions[0].1);
    assert_eq!(sessions[1].0.len(), 3, "{:?}", sessions[1].1);
    assert!(sessions[1].1.contains(&"CWD /there".to_owned()), "{:?}", sessions[1].1);
    assert_eq!(sessions[2].1.iter().filter(|line| line.starts_with("RETR")).count(), 3);
}

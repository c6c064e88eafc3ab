//! Section C: paths that mean to leave the root.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use wharf_server::{Durability, LocalDisk, LocalOptions};

use super::clear;
use crate::{
    harness::{Harness, PATIENCE},
    raw::{Raw, read_all},
};

/// Of no other file's length.
const CANARY: usize = 77_773;

/// Ways to write "one level up", those that only another system or a careless decoder understands included.
const UP: [&[u8]; 16] = [
    b"../",
    b"..//",
    b"./../",
    b".././",
    b"x/../../",
    b"..\\",
    b"..\\/",
    b"....//",
    b".../",
    b"%2e%2e/",
    b"%2e%2e%2f",
    b"..%2f",
    b"..%c0%af",
    b"\xc0\xae\xc0\xae/",
    b"..\xc0\xaf",
    b"..;/",
];

fn payloads(outside: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for up in UP {
        for depth in [1, 2, 3, 12] {
            for front in [&b""[..], b"/", b"./", b"inside/"] {
                for target in [&b"canary"[..], b"outside/canary"] {
                    all.push([front, &up.repeat(depth), target].concat());
                }
            }
        }
    }
    let outside = outside.as_os_str().as_encoded_bytes();
    for whole in [
        &b"~"[..],
        b"~root",
        b"~root/.profile",
        b"~/../canary",
        b"..",
        b"/..",
        b"../..",
        b"C:\\canary",
        b"\\\\host\\share\\canary",
        b"file:///canary",
        b"|cat canary",
        b"canary\0.txt",
        b"/proc/self/root/etc/passwd",
        b"/proc/self/cwd/canary",
        b"/dev/fd/0",
    ] {
        all.push(whole.to_vec());
    }
    for front in [&b""[..], b"/", b"//", b"./", b"inside/../../..", b"file://"] {
        all.push([front, outside, b"/canary"].concat());
    }
    // Deeper than any path may be, and back.
    all.push([&b"x/".repeat(1_000)[..], &b"../".repeat(1_010), b"canary"].concat());
    all.push([&b"../".repeat(1_300)[..], b"canary"].concat());
    all
}

/// Everything outside the root: name, content, time.
fn snapshot(outside: &Path) -> BTreeMap<std::ffi::OsString, (Vec<u8>, SystemTime)> {
    fs::read_dir(outside)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let modified = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name(), (fs::read(entry.path()).unwrap_or_default(), modified))
        })
        .collect()
}

fn say(raw: &mut Raw, parts: &[&[u8]]) {
    let mut line = parts.concat();
    line.extend_from_slice(b"\r\n");
    raw.control.queue(Bytes::from(line));
}

/// Commands that need no data connection, in front of a path and behind it.
const COMMANDS: [(&[u8], &[u8]); 23] = [
    (b"SIZE ", b""),
    (b"MDTM ", b""),
    (b"MLST ", b""),
    (b"STAT ", b""),
    (b"HASH ", b""),
    (b"XCRC ", b""),
    (b"CWD ", b""),
    (b"MFMT 20200101000000 ", b""),
    (b"MFF Modify=20200101000000;UNIX.mode=777; ", b""),
    (b"SITE CHMOD 777 ", b""),
    (b"SITE UTIME 202001010000 ", b""),
    (b"SITE SYMLINK ", b" link"),
    (b"SITE SYMLINK inside ", b""),
    (b"SITE COPY ", b" copy"),
    (b"SITE COPY mine ", b""),
    (b"COMB mine ", b""),
    (b"COMB ", b" mine"),
    (b"RNFR ", b""),
    (b"RNTO ", b""),
    (b"SITE RMDIR ", b""),
    (b"DELE ", b""),
    (b"RMD ", b""),
    (b"MKD ", b""),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_no_path_of_any_verb_leaves_the_root() {
    // XFR-15, I18-08
    let dir = tempfile::tempdir().unwrap();
    let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
    fs::create_dir_all(root.join("inside")).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("canary"), vec![b'c'; CANARY]).unwrap();
    fs::write(dir.path().join("canary"), vec![b'c'; CANARY]).unwrap();
    let before = (snapshot(&outside), fs::read(dir.path().join("canary")).unwrap());
    let options = LocalOptions { durability: Durability::Off, ..LocalOptions::default() };
    let harness = Harness::with(LocalDisk::open(&root, options).unwrap(), |options| {
        clear(options);
        options.session.site_rmdir = true;
    })
    .await;
    let payloads = payloads(&outside);
    assert!(payloads.len() >= 500, "{}", payloads.len());
    for (front, behind) in COMMANDS {
        fs::write(root.join("mine"), b"mine").unwrap();
        let mut raw = Raw::open(&harness).await;
        for payload in &payloads {
            if front == b"RNTO " {
                raw.ask("RNFR mine", 350).await;
            }
            say(&mut raw, &[front, payload, behind]);
            let shown = format!("{}{}", front.escape_ascii(), payload.escape_ascii());
            loop {
                let line = raw.hear().await.unwrap_or_else(|| panic!("{shown} ended the session"));
                assert!(!line.contains(&CANARY.to_string()), "{shown}: {line}");
                if line.as_bytes().get(3) == Some(&b' ') && line.as_bytes()[0].is_ascii_digit() {
                    break;
                }
            }
            // Wherever it went inside the root, it goes back.
            say(&mut raw, &[b"CWD /"]);
            raw.expect(250).await;
            if front == b"RNTO " && !root.join("mine").exists() {
                fs::write(root.join("mine"), b"mine").unwrap();
            }
        }
        assert_eq!(before.0, snapshot(&outside), "{}", front.escape_ascii());
        assert!(dir.path().join("canary").metadata().unwrap().len() == CANARY as u64);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "{}", front.escape_ascii());
        // What was made inside is of no interest; the root itself stays, the server holds it open.
        for made in fs::read_dir(&root).unwrap() {
            let made = made.unwrap().path();
            match if made.is_dir() { fs::remove_dir_all(&made) } else { fs::remove_file(&made) } {
                // A thread removes what was given up.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => removed.unwrap(),
            }
        }
        fs::create_dir(root.join("inside")).unwrap();
    }
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_no_transfer_leaves_the_root() {
    // XFR-15
    let dir = tempfile::tempdir().unwrap();
    let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
    fs::create_dir_all(root.join("inside")).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("canary"), vec![b'c'; CANARY]).unwrap();
    let before = snapshot(&outside);
    let options = LocalOptions { durability: Durability::Off, ..LocalOptions::default() };
    let harness = Harness::with(LocalDisk::open(&root, options).unwrap(), clear).await;
    let payloads = payloads(&outside);
    // One of each kind is enough here: every path goes one way, above.
    let some: Vec<&Vec<u8>> = payloads.iter().step_by(9).chain(payloads.iter().rev().take(25)).collect();
    for command in [&b"RETR "[..], b"LIST ", b"NLST ", b"MLSD ", b"STOR ", b"APPE ", b"STOU "] {
        let mut raw = Raw::open(&harness).await;
        for payload in &some {
            let addr = raw.epsv().await;
            say(&mut raw, &[command, payload]);
            let shown = format!("{}{}", command.escape_ascii(), payload.escape_ascii());
            if raw.reply().await.expect(&shown).0 != 150 {
                continue;
            }
            let mut data = raw.data(addr).await;
            if ![&b"STOR "[..], b"APPE ", b"STOU "].contains(&command) {
                let bytes = raw.while_reading(read_all(data)).await;
                assert!(bytes.len() < CANARY, "{shown}");
                let text = bytes.escape_ascii().to_string();
                assert!(!text.contains(&CANARY.to_string()), "{shown}: {text}");
            } else {
                data.write_all(b"x").await.unwrap();
                raw.while_reading(data.finish_send(PATIENCE)).await.unwrap();
            }
            raw.reply().await.expect(&shown);
        }
        assert_eq!(before, snapshot(&outside), "{}", command.escape_ascii());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "{}", command.escape_ascii());
    }
    harness.ended().await;
}

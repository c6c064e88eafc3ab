//! The audit log of a server that runs, and what `wharfd audit` says of logs.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use crate::{
    program::{Control, Running, run, run_with_input},
    watch::await_file,
};

const FREE: [&str; 2] = ["--listen", "127.0.0.1:0"];
const CANARY: &str = "Kanarienvogel7";

fn started(home: &Path, words: &[&str]) -> Running {
    let all = [&["share"], &FREE[..], &["--audit-log", "audit.log"], words].concat();
    Running::start(home, &all)
}

/// A passive transfer in clear; the final reply.
fn transfer(
    control: &mut Control,
    address: SocketAddr,
    line: impl AsRef<[u8]>,
    upload: Option<&[u8]>,
) -> String {
    let reply = control.command("EPSV");
    let port: u16 = reply.rsplit('|').nth(1).unwrap().parse().unwrap();
    let mut data = TcpStream::connect((address.ip(), port)).unwrap();
    let first = control.command(line);
    if !first.starts_with("150") {
        return first;
    }
    match upload {
        Some(bytes) => data.write_all(bytes).unwrap(),
        None => drop(data.read_to_end(&mut Vec::new())),
    }
    drop(data);
    control.last()
}

fn audit(home: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output = run(home, [&["audit"], words].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Waits until the file holds that word so many times.
fn log_with(file: &Path, word: &str, count: usize) -> String {
    await_file(file, |text| text.matches(word).count() >= count)
}

#[test]
fn no_secret_reaches_any_log() {
    for format in ["text", "json"] {
        let home = tempfile::tempdir().unwrap();
        let words = [
            "--control-tls",
            "credentials",
            "--data-tls",
            "allow",
            "--log-level",
            "trace",
            "--log-format",
            format,
        ];
        let server = started(home.path(), &words);
        let address = server.address("explicit FTPS");
        let lines = [
            "PASS {}",
            "pass {}",
            "PaSs  {}",
            "PASS\t{}",
            "PASS{}",
            "PASSWORD {}",
            "PAS {}",
            "PSAS {}",
            "{}",
            "USER alice {}\0",
            "ACCT {}",
            "ADAT {}",
            "AUTH {}",
            "MIC {}",
            "CONF {}",
            "ENC {}",
            "SITE {}",
            "SITE PSWD {}",
            "SITE PASS old {}",
            "ALLO {}",
            "TYPE {}",
            "MODE {}",
            "STRU {}",
            "PROT {}",
            "PBSZ {}",
            "REST {}",
            "HELP {}",
            "HELP PASS {}",
            "OPTS {}",
            "OPTS PASS {}",
            "LANG {}",
            "PRET {}",
            "PRET PASS {}",
            "XPAS {}",
            "\u{ff}PASS {}",
            " PASS {}",
            "PASS:{}",
            "PASS={}",
        ];
        for line in lines {
            let mut control = Control::connect(address);
            control.command(line.replace("{}", CANARY));
        }
        let telnet = [b"PA\xff\xf1SS ", CANARY.as_bytes()].concat();
        Control::connect(address).command(telnet);
        let long = format!("PASS {}", CANARY.repeat(2_000));
        Control::connect(address).command(long);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("replied"), "{log}");
        let rows = fs::read_to_string(home.path().join("audit.log")).unwrap();
        assert!(rows.contains(" PASS *** 530 0 26 "), "{rows}");
        for text in [&log, &rows] {
            let found = text.lines().find(|line| line.contains(CANARY));
            assert_eq!(found, None, "{format}");
        }
        let (code, told, _) = audit(home.path(), &["audit.log"]);
        assert_eq!(code, Some(1));
        assert!(told.contains("password-in-clear: PASS in clear, answered 530"), "{told}");
        assert!(!told.contains(CANARY), "{told}");
    }
}

#[test]
fn no_name_forges_a_line_in_any_log() {
    let home = tempfile::tempdir().unwrap();
    let server = started(
        home.path(),
        &["--control-tls", "allow", "--data-tls", "allow", "--user", "alice:secret", "--log-level", "trace"],
    );
    let address = server.address("explicit FTPS");
    let mut control = Control::connect(address);
    let names: [&[u8]; 6] = [
        b"x 2026-01-01 00:00:00 192.0.2.9 root 192.0.2.1 21 PASS *** 230 0 0 forged",
        b"#Fields: date time",
        b"\x1b[2J\x1b]0;title\x07",
        "a\u{2028}b\u{85}c\u{202e}d".as_bytes(),
        b"\xff\xfe%0a+\"quoted\"",
        b"tab\there\x0b\x0c",
    ];
    assert!(control.command([b"USER ", names[0]].concat()).starts_with("331"));
    assert!(control.command("USER alice").starts_with("331"));
    assert!(control.command("PASS secret").starts_with("230"));
    for name in names {
        let reply = transfer(&mut control, address, [b"STOR ", name].concat(), Some(b"bytes"));
        assert!(reply.starts_with("226"), "{reply}");
        assert!(control.command([b"DELE ", name].concat()).starts_with("250"));
        control.command([b"CLNT ", name].concat());
    }
    assert!(control.command("QUIT").starts_with("221"));
    let (_, log) = server.end();
    let rows = fs::read_to_string(home.path().join("audit.log")).unwrap();
    for text in [&log, &rows] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}", text.escape_debug());
        assert!(!text.contains(['\u{2028}', '\u{202e}']));
    }
    let columns = rows.lines().find_map(|line| line.strip_prefix("#Fields: ")).unwrap().split(' ').count();
    assert_eq!(rows.lines().filter(|line| line.starts_with('#')).count(), 4, "{rows}");
    for row in rows.lines().filter(|line| !line.starts_with('#')) {
        assert_eq!(row.split(' ').count(), columns, "{row}");
        assert!(!row.contains(" root ") && row.contains(" 127.0.0.1 "), "{row}");
    }
    assert_eq!(rows.matches(" STOR ").count(), 6);
    assert!(
        rows.contains("/x+2026-01-01+00:00:00+192.0.2.9+root+192.0.2.1+21+PASS+***+230+0+0+forged"),
        "{rows}"
    );
    let (code, told, _) = audit(home.path(), &["audit.log"]);
    assert_eq!(code, Some(1));
    // A password, and six files.
    assert!(told.contains("password-in-clear") && told.contains("data-in-clear"), "{told}");
    assert!(told.contains("(and 5 more lines)") && !told.contains("malformed"), "{told}");
}

#[test]
fn a_log_that_is_moved_away_is_opened_anew() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), &[]);
    let address = server.address("explicit FTPS");
    let (log, moved) = (home.path().join("audit.log"), home.path().join("moved.log"));
    drop(Control::connect(address));
    log_with(&log, "ControlChannelClosed", 1);
    fs::rename(&log, &moved).unwrap();
    server.signal("USR1");
    log_with(&log, "#Fields: date time c-ip", 1);
    drop(Control::connect(address));
    let text = log_with(&log, "ControlChannelClosed", 1);
    assert!(text.starts_with("#Software: wharf "), "{text}");
    assert_eq!(fs::read_to_string(&moved).unwrap().matches("ControlChannelOpened").count(), 1);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_log_that_cannot_be_written_turns_clients_away_where_that_is_wanted() {
    // What cannot be written, as a full disk.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("share")).unwrap();
    let config = "root = \"share\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n[audit]\nfile = \"/dev/full\"\n";
    fs::write(home.path().join("wharfd.toml"), config).unwrap();
    let output = run(home.path(), ["run", "--config", "wharfd.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr).unwrap().contains("the audit log \"/dev/full\" cannot be opened")
    );
}

#[test]
fn rows_that_are_lost_at_the_end_are_told() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("share")).unwrap();
    fs::create_dir(home.path().join("logs")).unwrap();
    let config = "root = \"share\"\nstate_dir = \"state\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n[anonymous]\n\
        [audit]\nfile = \"logs/audit.log\"\nmax_size = \"1K\"\n";
    let path = home.path().join("wharfd.toml");
    fs::write(&path, config).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut server = Running::configured(home.path(), &[]);
    let address = server.address("explicit FTPS");
    // The next file has no place.
    fs::rename(home.path().join("logs"), home.path().join("gone")).unwrap();
    for _ in 0..10 {
        drop(Control::connect(address));
    }
    server.await_log("the audit log cannot be written");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("rows of the audit log are lost"), "{log}");
}

#[test]
fn exit_codes_and_input() {
    let home = tempfile::tempdir().unwrap();
    let head = "#Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status x-session\n";
    let fine = format!(
        "{head}2026-01-01 00:00:00 192.0.2.7 - 192.0.2.1 21 ControlChannelOpened - - s1\n\
        2026-01-01 00:00:00 192.0.2.7 - 192.0.2.1 21 AUTH TLS 234 s1\n2026-01-01 00:00:01 192.0.2.7 - 192.0.2.1 21 USER a 331 s1\n"
    );
    let clear = fine.replace("AUTH TLS 234", "SYST - 215");
    fs::write(home.path().join("fine.log"), &fine).unwrap();
    fs::write(home.path().join("other.txt"), "hello\nworld\n").unwrap();
    fs::write(home.path().join("empty.log"), "").unwrap();
    fs::write(home.path().join("begun.log"), head).unwrap();
    fs::write(home.path().join("cr.log"), clear.replace('\n', "\r")).unwrap();
    let web =
        "#Fields: date time s-ip cs-method cs-uri-stem sc-status\n2026-01-01 00:00:01 192.0.2.1 GET / 200\n";
    fs::write(home.path().join("web.log"), web).unwrap();
    assert_eq!(audit(home.path(), &["fine.log", "begun.log"]).0, Some(0));
    for (file, why) in [
        ("other.txt", "it has no #Fields"),
        ("empty.log", "it has no #Fields"),
        ("cr.log", "it has no #Fields"),
        ("web.log", "it tells nothing of FTP"),
    ] {
        let (code, _, error) = audit(home.path(), &[file, "fine.log"]);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(&format!("{file}: {why}")), "{error}");
    }
    let (code, told, error) = audit(home.path(), &["--json", "absent.log", "fine.log", "web.log"]);
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, error.lines().count()), (Some(2), 2), "{error}");
    let unusable = report["unusable"].as_array().unwrap();
    assert_eq!(unusable.len(), 2, "{told}");
    assert!(unusable[0]["why"].as_str().unwrap().contains("cannot be read"), "{told}");
    assert_eq!(unusable[1]["file"], "web.log");
    assert_eq!(audit(home.path(), &[]).0, Some(2));
    let output = run_with_input(home.path(), &["audit", "--json", "-"], clear.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "wharf-audit-1");
    assert_eq!(report["findings"][0]["kind"], "user-in-clear");
    assert_eq!((&report["findings"][0]["line"], &report["findings"][0]["file"]), (&4.into(), &"-".into()));
    assert_eq!(report["summary"]["logins"]["clear"], 1);
    // The later file is given first; the session goes on in it.
    let (one, two) = fine.split_at(fine.find("2026-01-01 00:00:01").unwrap());
    fs::write(home.path().join("a.log.1"), one).unwrap();
    fs::write(home.path().join("a.log"), format!("{head}{two}")).unwrap();
    assert_eq!(audit(home.path(), &["a.log", "a.log.1"]).0, Some(0));
    // Without the one before nothing is held against it.
    let (code, told, _) = audit(home.path(), &["a.log"]);
    assert_eq!((code, told.contains("1 sessions without their beginning")), (Some(0), true), "{told}");
}

#[test]
fn files_that_begin_in_the_same_second_are_in_the_order_of_their_numbers() {
    let home = tempfile::tempdir().unwrap();
    let rows = [
        "ControlChannelOpened - -",
        "AUTH TLS 234",
        "REIN - 220",
        "PASS *** 503",
        "AUTH TLS 234",
        "PROT P 200",
        "LIST - 226",
        "CCC - 200",
        "LIST - 226",
        "QUIT - 221",
        "ControlChannelClosed - -",
    ];
    for (name, row) in
        ["", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9", ".10"].iter().rev().zip(rows)
    {
        let head = "#Fields: date time c-ip cs-method cs-uri-stem sc-status x-session";
        let text = format!("{head}\n2026-01-01 00:00:00 192.0.2.7 {row} s1\n");
        fs::write(home.path().join(format!("a.log{name}")), text).unwrap();
    }
    let files: Vec<_> = ["", ".1", ".10", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9"]
        .map(|name| format!("a.log{name}"))
        .into();
    let words: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, told, _) = audit(home.path(), &words);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("a.log.7:2: password-in-clear: ") && told.contains(" 1 findings"), "{told}");
}

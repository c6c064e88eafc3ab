//! `wharfd check`.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::program::run;

fn write(home: &Path, text: &str) {
    let path = home.join("wharfd.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Exit code, standard output and standard error.
fn check(home: &Path) -> (Option<i32>, String, String) {
    let output = run(home, ["check", "wharfd.toml"]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_right_file_ends_with_0_and_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("srv")).unwrap();
    write(home.path(), "root = \"srv\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n[anonymous]\n");
    let (code, out, err) = check(home.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("wharfd.toml: fine\n  explicit FTPS  127.0.0.1:0  control require, data require"),
        "{out}"
    );
    assert!(out.ends_with("\n  accounts       0, and anonymous may read\n"), "{out}");
    assert!(!home.path().join(".local").exists());
}

#[test]
fn warnings_end_with_0_and_name_their_line() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("srv")).unwrap();
    write(home.path(), "root = \"srv\"\n[[listener]]\naddress = \"127.0.0.1:22\"\n[anonymous]\n");
    let (code, out, err) = check(home.path());
    assert_eq!(code, Some(0));
    assert!(out.starts_with("wharfd.toml: fine\n"), "{out}");
    assert_eq!(err, "wharfd.toml, line 3: warning: port 22 is assigned to SSH\n");
}

#[test]
fn errors_end_with_2_and_all_are_told() {
    let home = tempfile::tempdir().unwrap();
    write(
        home.path(),
        "root = \"srv\"\nrot = 1\ngrace = \"soon\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n",
    );
    let (code, out, err) = check(home.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "wharfd: wharfd.toml, line 2: unknown key \"rot\" above the sections\n  did you mean root?\n\
        wharfd: wharfd.toml, line 3: grace cannot be \"soon\"\n  write grace = \"30s\"\n"
    );
    write(home.path(), "root = \"srv\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n");
    let (code, _, err) = check(home.path());
    assert_eq!(code, Some(2));
    assert!(err.contains("wharfd.toml, line 1: the root ") && err.contains("cannot be served"), "{err}");
    let absent = run(home.path(), ["check", "absent.toml"]);
    assert_eq!(absent.status.code(), Some(2));
    assert_eq!(run(home.path(), ["run", "--config", "absent.toml"]).status.code(), Some(2));
    assert_eq!(run(home.path(), ["check"]).status.code(), Some(2));
}

#[test]
fn in_json_each_error_of_run_is_a_line() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "root = 1\ngrace = \"soon\"\n");
    let output = run(home.path(), ["run", "--config", "wharfd.toml", "--log-format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    let causes: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        causes,
        [
            "wharfd.toml: there is no [[listener]]",
            "wharfd.toml, line 1: root cannot be 1",
            "wharfd.toml, line 2: grace cannot be \"soon\""
        ]
    );
}

//! Two files that want one name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::server::{Server, good, run, text};

#[test]
fn a_file_is_fetched_by_one_program_at_a_time() {
    let server = Server::start(&[("f", Some("0123456789"))]);
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("f");
    let part = place.path().join(".f.wharf-part");
    fs::write(&part, b"012").unwrap();
    let other = fs::File::options().write(true).open(&part).unwrap();
    other.lock().unwrap();
    for options in [&["get"][..], &["get", "-c"]] {
        let output = run(&[options, &[&server.url("f"), target.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("another wharf is fetching it"), "{}", text(&output.stderr));
        assert_eq!(fs::read(&part).unwrap(), b"012");
        assert!(!target.exists());
    }
    drop(other);
    good(&["get", "-c", &server.url("f"), target.to_str().unwrap()]);
    assert_eq!(fs::read(&target).unwrap(), b"0123456789");
}

#[test]
fn the_first_of_two_files_keeps_the_name_here() {
    let server = Server::start(&[
        ("a", None),
        ("b", None),
        ("a/r.csv", Some("from a")),
        ("b/r.csv", Some("from b")),
        ("b/s", None),
        ("b/s/r.csv", Some("deeper")),
    ]);
    for options in [&["get"][..], &["get", "-r"], &["get", "-r", "-j1"]] {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().to_str().unwrap();
        let output = run(&[options, &[&server.url("[ab]/r.csv"), target]].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("b/r.csv: ") && said.contains("another file of this run"), "{said}");
        assert_eq!(fs::read(place.path().join("r.csv")).unwrap(), b"from a");
    }
    // In other folders they do not meet.
    let place = tempfile::tempdir().unwrap();
    good(&["get", "-r", &server.url("[ab]"), place.path().to_str().unwrap()]);
    assert_eq!(fs::read(place.path().join("b/s/r.csv")).unwrap(), b"deeper");
}

#[test]
fn the_first_of_two_files_keeps_the_name_there() {
    let place = tempfile::tempdir().unwrap();
    for (folder, content) in [("1", "one"), ("2", "two")] {
        fs::create_dir_all(place.path().join(folder).join("d")).unwrap();
        fs::write(place.path().join(folder).join("d/x"), content).unwrap();
    }
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    for (options, names, target) in
        [(&["put"][..], ["1/d/x", "2/d/x"], "d/x"), (&["put", "-r"], ["1/d", "2/d"], "d/d/x")]
    {
        let server = Server::start(&[("d", None)]);
        let [one, two] = names.map(path);
        let output = run(&[options, &[&one, &two, &server.url("d/")]].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&path("2/d/x")) || said.contains("d/x: another file"), "{said}");
        assert_eq!(server.content(target).unwrap(), b"one");
    }
    let (one, two) = (Server::start(&[("a", None), ("b", None)]), Server::start(&[("d", None)]));
    for (name, content) in [("a/x", "one"), ("b/x", "two")] {
        one.state.lock().unwrap().tree.insert(name.to_owned(), Some(content.into()));
    }
    let output = run(&["cp", &one.url("[ab]/x"), &two.url("d/")]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("b/x: "), "{}", text(&output.stderr));
    assert_eq!(two.content("d/x").unwrap(), b"one");
}

#[test]
fn a_part_on_the_server_meets_no_part_here() {
    let server =
        Server::start(&[("t", None), ("t/x", Some("x")), ("t/.x.wharf-part", Some("of somebody else"))]);
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", &server.url("t"), place.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("t/.x.wharf-part: "), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    let other = place.path().join("other");
    good(&["get", &server.url("t/.x.wharf-part"), other.to_str().unwrap()]);
    assert_eq!(fs::read(&other).unwrap(), b"of somebody else");
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode() {
    let server = Server::start(&[("f", Some("secret"))]);
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("f");
    fs::write(&target, b"old").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
    good(&["get", &server.url("f"), target.to_str().unwrap()]);
    assert_eq!(fs::read(&target).unwrap(), b"secret");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
}

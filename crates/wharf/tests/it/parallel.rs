//! Trees over several connections.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::server::{Server, good, run, text};

const FILES: usize = 60;

/// Files of a few sizes in three directories.
fn content(number: usize) -> String {
    format!("{number};").repeat(1 + number * 97 % 4000)
}

fn holding() -> Server {
    let server = Server::start(&[("t", None), ("t/d0", None), ("t/d1", None), ("t/d1/d2", None)]);
    let mut state = server.state.lock().unwrap();
    for number in 0..FILES {
        let folder = ["t/d0", "t/d1", "t/d1/d2"][number % 3];
        state.tree.insert(format!("{folder}/f{number}"), Some(content(number).into_bytes()));
    }
    drop(state);
    server
}

fn lay_out(folder: &Path) {
    for number in 0..FILES {
        let folder = folder.join(["d0", "d1", "d1/d2"][number % 3]);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("f{number}")), content(number)).unwrap();
    }
}

fn is_whole(folder: &Path) {
    for number in 0..FILES {
        let file = folder.join(["d0", "d1", "d1/d2"][number % 3]).join(format!("f{number}"));
        assert_eq!(fs::read_to_string(&file).unwrap(), content(number), "{}", file.display());
    }
    for folder in ["", "d0", "d1", "d1/d2"].map(|name| folder.join(name)) {
        let mut left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!left.any(|name| name.to_str().unwrap().contains("wharf-part")), "{}", folder.display());
    }
}

/// The connections over which files moved.
fn connections(server: &Server) -> usize {
    let state = server.state.lock().unwrap();
    state.moved.iter().map(|(number, _)| *number).collect::<BTreeSet<_>>().len()
}

#[test]
fn a_tree_comes_whole_over_several_connections() {
    for (options, least, most) in
        [(&[][..], 2, 4), (&["-j", "2"], 2, 2), (&["--parallel=16"], 2, 16), (&["-j1"], 1, 1)]
    {
        let server = holding();
        let place = tempfile::tempdir().unwrap();
        let back = place.path().join("back");
        good(&[&["get", "-r"], options, &[&server.url("t"), back.to_str().unwrap()]].concat());
        is_whole(&back);
        let time = fs::metadata(back.join("d0/f0")).unwrap().modified().unwrap();
        let since = time.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_000_000_000);
        let used = connections(&server);
        assert!((least..=most).contains(&used), "{used} connections with {options:?}");
        assert!(server.state.lock().unwrap().connections <= most);
        assert_eq!(server.state.lock().unwrap().moved.len(), FILES, "each of them once");
    }
    for wrong in ["0", "17", "x"] {
        assert_eq!(run(&["get", "-r", "-j", wrong, "ftp://127.0.0.1:1/x"]).status.code(), Some(2));
    }
}

#[test]
fn a_tree_goes_whole_over_several_connections() {
    let place = tempfile::tempdir().unwrap();
    lay_out(place.path());
    for (options, least, most) in [(&[][..], 2, 4), (&["-j3"], 2, 3)] {
        let server = Server::start(&[]);
        good(&[&["put", "-r"], options, &[place.path().to_str().unwrap(), &server.url("x/t")]].concat());
        for number in 0..FILES {
            let path = format!("x/t/{}/f{number}", ["d0", "d1", "d1/d2"][number % 3]);
            assert_eq!(server.content(&path).unwrap(), content(number).into_bytes(), "{path}");
            assert!(server.state.lock().unwrap().times.contains_key(&path), "{path}");
        }
        let used = connections(&server);
        assert!((least..=most).contains(&used), "{used} connections with {options:?}");
        assert!(server.state.lock().unwrap().connections <= most);
    }
}

#[test]
fn a_handful_of_files_takes_one_connection() {
    let server = Server::start(&[("t", None), ("t/a", Some("A")), ("t/b", Some("B"))]);
    let place = tempfile::tempdir().unwrap();
    let back = place.path().join("back");
    good(&["get", "-r", &server.url("t"), back.to_str().unwrap()]);
    good(&["put", "-r", back.to_str().unwrap(), &server.url("u")]);
    assert_eq!(server.content("u/b").unwrap(), b"B");
    assert_eq!(server.state.lock().unwrap().connections, 2);
}

#[test]
fn a_server_that_takes_one_connection_is_no_obstacle() {
    let server = holding();
    server.state.lock().unwrap().most = Some(1);
    let place = tempfile::tempdir().unwrap();
    let back = place.path().join("back");
    good(&["get", "-r", "-j", "8", &server.url("t"), back.to_str().unwrap()]);
    is_whole(&back);
    assert_eq!(connections(&server), 1);
    let tried = server.state.lock().unwrap().connections;
    assert!(tried <= 8, "{tried} connections were tried");
}

#[test]
fn a_file_that_fails_does_not_stop_the_others() {
    let server = holding();
    let mut listing: String =
        (0..FILES).filter(|number| number % 3 == 0).fold(String::new(), |text, number| {
            text + &format!("type=file;size={}; f{number}\r\n", content(number).len())
        });
    listing.insert_str(0, "type=file;size=3; gone\r\n");
    server.state.lock().unwrap().listings.insert("t/d0".to_owned(), listing);
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", &server.url("t"), place.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr).matches("t/d0/gone").count(), 1, "{}", text(&output.stderr));
    is_whole(place.path());
    assert!(connections(&server) > 1);
}

#[test]
fn a_file_that_one_may_not_have_is_that_file_alone() {
    // A server may say so by the codes for those who are not logged in.
    for jobs in ["-j1", "-j4"] {
        for reply in ["530 Access denied", "532 for accounts"] {
            let server = holding();
            server.state.lock().unwrap().refused.insert("t/d0/f0".to_owned(), reply.to_owned());
            let place = tempfile::tempdir().unwrap();
            lay_out(&place.path().join("here"));
            let back = place.path().join("back");
            let output = run(&["get", "-r", jobs, &server.url("t"), back.to_str().unwrap()]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("t/d0/f0: ") && said.contains(reply) && !said.contains("lost"), "{said}");
            assert!(!back.join("d0/f0").exists());
            fs::write(back.join("d0/f0"), content(0)).unwrap();
            is_whole(&back);
            let here = place.path().join("here");
            let output = run(&["put", "-r", jobs, here.to_str().unwrap(), &server.url("t")]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("t/d0/f0: ") && said.contains(reply) && !said.contains("lost"), "{said}");
        }
    }
    let server = Server::start(&[("f", Some("F"))]);
    server.state.lock().unwrap().refused.insert("f".to_owned(), "530 Access denied".to_owned());
    assert_eq!(run(&["cat", &server.url("f")]).status.code(), Some(6));
}

#[test]
fn a_file_whose_transfer_is_cut_is_named() {
    let server = Server::start(&[("t", None), ("t/a", Some("A")), ("t/b", Some("B"))]);
    server.state.lock().unwrap().cut = Some(0);
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", &server.url("t"), place.path().to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("t/a: "), "{said}");
}

#[test]
fn what_a_lost_connection_left_is_done_by_the_others() {
    for dying in [[(1, 3), (3, 1)], [(2, 4), (3, 2)]] {
        let server = holding();
        server.state.lock().unwrap().dying.extend(dying);
        let place = tempfile::tempdir().unwrap();
        let back = place.path().join("back");
        good(&["get", "-r", &server.url("t"), back.to_str().unwrap()]);
        is_whole(&back);
        assert!(server.state.lock().unwrap().connections <= 4, "none is made for one that was lost");

        lay_out(&place.path().join("there"));
        let server = Server::start(&[]);
        server.state.lock().unwrap().dying.extend(dying);
        good(&["put", "-r", place.path().join("there").to_str().unwrap(), &server.url("t")]);
        for number in 0..FILES {
            let path = format!("t/{}/f{number}", ["d0", "d1", "d1/d2"][number % 3]);
            assert_eq!(server.content(&path).unwrap(), content(number).into_bytes(), "{path}");
            assert!(server.state.lock().unwrap().times.contains_key(&path), "{path}");
        }
    }
}

#[test]
fn the_last_connection_that_is_lost_ends_it() {
    let server = holding();
    server.state.lock().unwrap().dying.extend((1..=4).map(|number| (number, 2)));
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", &server.url("t"), place.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(server.state.lock().unwrap().connections <= 4);
}

#[test]
fn names_that_meet_here_are_written_one_at_a_time() {
    // One file's temporary name is another file's own, and fails; one is listed twice.
    let server = Server::start(&[("t", None)]);
    let mut state = server.state.lock().unwrap();
    let mut listing = String::new();
    for number in 0..20 {
        for name in [format!("f{number}"), format!(".f{number}.wharf-part"), format!("f{number}")] {
            let content = format!("{name};").repeat(20_000);
            listing += &format!("type=file;size={}; {name}\r\n", content.len());
            state.tree.insert(format!("t/{name}"), Some(content.into_bytes()));
        }
    }
    state.listings.insert("t".to_owned(), listing);
    drop(state);
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", "-j16", &server.url("t"), place.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    for number in 0..20 {
        let name = format!("f{number}");
        assert_eq!(fs::read_to_string(place.path().join(&name)).unwrap(), format!("{name};").repeat(20_000));
        assert!(text(&output.stderr).contains(&format!(".{name}.wharf-part: ")), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 20);
}

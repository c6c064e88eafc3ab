//! The file in which servers are remembered.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use wharf_transport::{Fingerprint, HostMemory as _, HostRecord, KnownHosts as _, KnownHostsFile};

fn print(of: &str) -> Fingerprint {
    Fingerprint::of_der(of.as_bytes())
}

#[test]
fn lines_of_old_are_read_and_words_of_tomorrow_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("known_hosts");
    let (a, b) = (print("a"), print("b"));
    let old =
        format!("# mine\nftp.example.org 21 sha256:{a}\nother 21 sha256:{b} tls shiny=3\n\nhalf a line\n");
    fs::write(&path, &old).unwrap();
    let known = KnownHostsFile::new(&path);
    assert_eq!(known.lookup("FTP.example.org.", 21).unwrap(), Some(a));
    assert_eq!(known.recall("ftp.example.org", 990).unwrap(), HostRecord::default());
    assert!(known.recall("other", 21).unwrap().tls);

    // Nothing new: the file is left alone.
    known.note("other", 21, &|record| record.tls = true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    known.note("other", 21, &|record| record.resumes = true).unwrap();
    known.note("[2001:DB8::1]", 21, &|record| (record.tls, record.reuse_required) = (true, true)).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        format!(
            "# mine\nftp.example.org 21 sha256:{a}\n\nhalf a line\nother 21 sha256:{b} tls resumes shiny=3\n\
             2001:db8::1 21 - tls reuse=required\n"
        )
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let record = known.recall("2001:db8::1", 21).unwrap();
    assert!(record.tls && record.reuse_required && record.certificate.is_none());
    assert_eq!(known.lookup("2001:db8::1", 21).unwrap(), None);

    assert!(known.forget("other", 21).unwrap());
    assert!(!known.forget("other", 21).unwrap());
    assert!(!fs::read_to_string(&path).unwrap().contains("other"));
    known.note("two words", 21, &|record| record.tls = true).unwrap_err();
}

#[test]
fn writers_do_not_undo_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/known_hosts");
    // Each with a file of its own, as two programs have.
    thread::scope(|scope| {
        for writer in 0..4 {
            let known = KnownHostsFile::new(&path);
            scope.spawn(move || {
                // Where the disk is slow, one of four that write all the time may have to ask again.
                let note = |host: &str, port, change: &dyn Fn(&mut HostRecord)| loop {
                    match known.note(host, port, change) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        noted => return noted.unwrap(),
                    }
                };
                for port in 1..=25 {
                    note(&format!("h{writer}"), port, &|record| record.tls = true);
                    note("shared", port, &|record| match writer {
                        0 => record.tls = true,
                        1 => record.resumes = true,
                        2 => record.reuse_required = true,
                        _ => record.certificate = Some(print("shared")),
                    });
                }
            });
        }
    });
    let known = KnownHostsFile::new(&path);
    for port in 1..=25 {
        for writer in 0..4 {
            assert!(known.recall(&format!("h{writer}"), port).unwrap().tls);
        }
        let shared = known.recall("shared", port).unwrap();
        assert!(shared.tls && shared.resumes && shared.reuse_required && shared.certificate.is_some());
    }
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 125);
}

#[test]
fn the_file_does_not_grow_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("known_hosts");
    let many: String = (0..10_000).map(|number| format!("h{number} 21 - tls\n")).collect();
    fs::write(&path, many).unwrap();
    let known = KnownHostsFile::new(&path);
    known.note("new", 21, &|record| record.tls = true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 10_000);
    assert!(known.recall("new", 21).unwrap().tls && !known.recall("h0", 21).unwrap().tls);

    fs::write(&path, vec![b'#'; (8 << 20) + 1]).unwrap();
    let error = known.recall("new", 21).unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
}

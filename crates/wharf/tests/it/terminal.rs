//! Passwords that are waited for, and interrupts meanwhile.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::server::{Server, text, wharf};

/// The program on a terminal of its own.
struct Terminal {
    keyboard: File,
    screen: File,
    child: Child,
}

impl Terminal {
    fn start(words: &[&str]) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let screen = File::from(rustix::fs::open(&name, flags, Mode::empty()).unwrap());
        let program = wharf(words);
        let mut command = Command::new("setsid");
        command
            .arg("--ctty")
            .arg(program.get_program())
            .args(program.get_args())
            .env_remove("WHARF_PASSWORD");
        command.env("NETRC", "/nonexistent/netrc").env("WHARF_KNOWN_HOSTS", "none");
        command.stdin(screen.try_clone().unwrap()).stdout(screen.try_clone().unwrap());
        let child = command.stderr(screen.try_clone().unwrap()).spawn().unwrap();
        Self { keyboard: File::from(keyboard), screen, child }
    }

    fn read_until(&mut self, end: &str) {
        let mut seen = String::new();
        while !seen.contains(end) {
            let mut bytes = [0; 256];
            let length = self.keyboard.read(&mut bytes).unwrap();
            seen += &text(&bytes[..length]);
        }
    }

    fn shows_what_is_typed(&self) -> bool {
        tcgetattr(&self.screen).unwrap().local_modes.contains(LocalModes::ECHO)
    }
}

#[test]
fn a_password_is_typed_unseen() {
    // E12
    let server = Server::start(&[("f", Some("F"))]);
    let mut terminal = Terminal::start(&["ls", &server.url("")]);
    terminal.read_until("Password for me at 127.0.0.1: ");
    assert!(!terminal.shows_what_is_typed());
    terminal.keyboard.write_all(b"typed\n").unwrap();
    assert!(terminal.child.wait().unwrap().success());
    assert!(server.heard().contains(&"PASS typed".to_owned()));
    assert!(terminal.shows_what_is_typed());
}

#[test]
fn whoever_is_asked_for_a_password_may_leave() {
    for _ in 0..4 {
        let server = Server::start(&[]);
        let mut terminal = Terminal::start(&["ls", &server.url("")]);
        terminal.read_until("Password for me at 127.0.0.1: ");
        terminal.keyboard.write_all(b"\x03").unwrap();
        assert_eq!(terminal.child.wait().unwrap().code(), Some(130));
        assert!(terminal.shows_what_is_typed());
        assert_eq!(server.state.lock().unwrap().connections, 0);
    }
}

#[test]
fn a_password_command_ends_with_the_program() {
    let server = Server::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("mark");
    let command = format!("echo > '{}'; exec sleep 60", mark.display());
    let child = wharf(&["--password-command", &command, "ls", &server.url("")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fs::metadata(&mark).is_err() {
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    // What the command holds of it is closed too: it has gone.
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(child.wait_with_output().unwrap()));
    let output = told.recv_timeout(Duration::from_secs(40)).unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
}

//! Fault classes of FTP servers (`docs/fault-classes.md`) that take a whole dialogue to show.

use wharf_testkit::transcript::Transcript;

/// A login where nothing has to be encrypted, in image type, with a file `/a` that holds `hello`.
const LOGGED_IN: &str = "\
file /a hello
config control=allow data=allow
S: 220 *
C: USER alice
S: 331 *
C: PASS secret
S: 230 *
C: TYPE I
S: 200 *
";

fn plays(dialogue: &str) {
    let text: String = dialogue.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
    let played =
        Transcript::parse(&format!("{LOGGED_IN}{text}")).and_then(|transcript| transcript.play_all());
    played.unwrap_or_else(|what| panic!("{what}\n{text}"));
}

#[test]
fn b3_a_peer_that_does_not_come_or_answer_is_not_waited_for_for_ever() {
    // DAT-13, CTL-19: meanwhile the control connection is served.
    plays(
        "C: PASV
         S: 227 *
         C: RETR a
         S: 150 *
         C: NOOP
         S: 200 *
         @ +29s
         C: STAT
         S: 211-*
         S: ...
         S: 211 *
         @ +1s
         > cancel *
         S: 425 *
         C: NOOP
         S: 200 *",
    );
    // A target that swallows the call, given up by the clock, by ABOR, and by QUIT.
    plays(
        "C: PORT 203,0,113,7,200,1
         S: 200 *
         C: RETR a
         S: 150 *
         > dial *
         C: NOOP
         S: 200 *
         @ +30s
         > cancel *
         S: 425 *",
    );
    plays(
        "C: PORT 203,0,113,7,200,1
         S: 200 *
         C: RETR a
         S: 150 *
         > dial *
         C: ABOR
         > cancel *
         S: 426 *
         S: 226 *
         C: NOOP
         S: 200 *",
    );
    plays(
        "C: PORT 203,0,113,7,200,1
         S: 200 *
         C: RETR a
         S: 150 *
         C: QUIT
         @ +30s
         S: 425 *
         S: 221 *
         = closed",
    );
}

#[test]
fn b5_an_abort_leaves_nothing_behind_and_undoes_nothing() {
    // DAT-07, DAT-18: EPSV ALL outlives ABOR.
    plays(
        "C: EPSV ALL
         S: 200 *
         C: ABOR
         S: 226 *
         C: PASV
         S: 501 *
         C: EPSV
         S: 229 *
         C: STOR b
         S: 150 *
         D: connect
         D: send half of it
         C: ABOR
         > cancel abort
         S: 426 *
         S: 226 *
         = none /b
         C: PORT 203,0,113,7,200,1
         S: 501 *
         C: RETR a
         S: 425 *
         C: EPSV
         S: 229 *
         C: RETR a
         S: 150 *
         D: connect
         D: take hello
         S: 226 *
         C: ABOR
         S: 226 *",
    );
    // The control connection goes: so does the transfer.
    plays(
        "C: PASV
         S: 227 *
         C: STOR b
         S: 150 *
         D: connect
         D: send half of it
         E:
         > cancel *
         = closed
         = none /b",
    );
}

#[test]
fn b6_what_a_transfer_is_about_is_settled_when_it_begins() {
    // CTL-12, CTL-19: commands behind it wait for their turn, and the file is the one that was asked for.
    plays(
        "file /secret other
         C: PASV
         S: 227 *
         C: RETR a
         S: 150 *
         C: USER ../../secret
         C: CWD /secret
         C: TYPE A
         C: REST 3
         C: RNFR secret
         D: connect
         > start send Image
         D: take hello
         S: 226 *
         S: 503 *
         S: 550 *
         S: 200 *
         S: 350 *
         S: 350 *",
    );
    plays(
        "C: PASV
         S: 227 *
         C: STOR b
         S: 150 *
         C: USER ../../a
         C: DELE a
         D: connect
         D: send new
         D: end
         S: 226 *
         S: 503 *
         S: 250 *
         = file /b new",
    );
}

#[test]
fn b8_a_peer_that_moves_no_byte_is_given_up() {
    // DAT-19: what moved before puts the end off, and nothing of an upload shows.
    plays(
        "C: PASV
         S: 227 *
         C: STOR a
         S: 150 *
         D: connect
         @ +299s
         D: progress 10
         @ +299s
         @ +1s
         > cancel abort
         S: 426 *
         = file /a hello
         C: PASV
         S: 227 *
         C: RETR a
         S: 150 *
         D: connect
         @ +300s
         > cancel abort
         S: 426 *
         C: NOOP
         S: 200 *",
    );
}

#[test]
fn c6_an_offset_is_a_number_inside_the_file() {
    // XFR-06, XFR-07, XFR-21
    for bad in [
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775808",
        "-1",
        "+1",
        "1e9",
        "0x10",
        "1.5",
        "1 2",
        "99999999999999999999999999",
    ] {
        plays(&format!(
            "C: REST 2
             S: 350 *
             C: REST {bad}
             S: 501 *
             C: NOOP
             S: 200 *"
        ));
    }
    plays(
        "C: REST 9223372036854775807
         S: 350 *
         C: PASV
         S: 227 *
         C: STOR b
         S: 554 *
         = none /b
         C: REST 10
         S: 350 *
         C: PASV
         S: 227 *
         C: STOR a
         S: 554 *
         = file /a hello
         C: REST 10
         S: 350 *
         C: PASV
         S: 227 *
         C: RETR a
         S: 554 *
         C: PASV
         S: 227 *
         C: RETR a
         S: 150 *
         D: connect
         D: take hello
         S: 226 *",
    );
    // A range is no way around that.
    for bad in ["RANG -1 5", "RANG 5 1", "RANG 0 18446744073709551616", "RANG 1", "RANG 1e1 20"] {
        plays(&format!(
            "C: {bad}
             S: 501 *
             C: PASV
             S: 227 *
             C: RETR a
             S: 150 *
             D: connect
             D: take hello
             S: 226 *"
        ));
    }
}

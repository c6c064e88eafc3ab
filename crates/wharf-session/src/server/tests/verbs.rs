//! No verb slips past the policy: every verb of the table, not a list of some.

use wharf_codec::{DataDirection, Verb};
use wharf_types::{FileOp, Right, Rights};

use super::driver::{Driver, config};
use crate::policy::{ControlPolicy, DataPolicy};

/// Every way to prepare a data connection.
const SETUPS: [&str; 6] = [
    "EPSV",
    "LPSV",
    "PASV",
    "EPRT |1|192.0.2.7|51200|",
    "LPRT 4,4,192,0,2,7,2,200,0",
    "PORT 192,0,2,7,200,0",
];

/// A line that parses, for every verb.
pub(super) fn line(verb: Verb) -> String {
    let argument = match verb.name() {
        "AUTH" => " TLS",
        "ALLO" | "PBSZ" | "REST" => " 0",
        "EPRT" => " |1|192.0.2.7|51200|",
        "HOST" => " localhost",
        "COMB" => " x y",
        "LPRT" => " 4,4,192,0,2,7,2,200,0",
        "MFCT" | "MFMT" => " 20260101000000 x",
        "MFF" => " Modify=20260101000000;UNIX.mode=644; x",
        "PRET" => " RETR x",
        "RANG" => " 0 1",
        "SITE" => " CHMOD 644 x",
        "MODE" => " S",
        "OPTS" => " UTF8 ON",
        "PORT" => " 192,0,2,7,200,0",
        "PROT" => " P",
        "STRU" => " F",
        "TYPE" => " I",
        "ABOR" | "CCC" | "CDUP" | "CPSV" | "EPSV" | "ESTA" | "ESTP" | "FEAT" | "SPSV" | "SSCN" | "HELP"
        | "LANG" | "LIST" | "LPSV" | "NLST" | "NOOP" | "PASV" | "PWD" | "QUIT" | "REIN" | "STAT" | "SYST" => {
            ""
        }
        _ => " x",
    };
    format!("{}{argument}", verb.name())
}

fn fresh(control: ControlPolicy, data: DataPolicy) -> Driver {
    let mut driver = Driver::new(config(control, data, false));
    driver.take();
    driver
}

#[test]
fn require_answers_only_what_leads_to_tls() {
    // TLS-10
    let free = ["AUTH", "FEAT", "HELP", "HOST", "LANG", "CLNT", "CSID", "OPTS", "NOOP", "SYST", "QUIT"];
    // These say by themselves that there is no TLS to speak of.
    let own = ["PBSZ", "PROT", "CCC", "ADAT", "MIC", "CONF", "ENC"];
    for verb in Verb::ALL {
        let mut driver = fresh(ControlPolicy::Require, DataPolicy::Require);
        let code = driver.code(&line(*verb));
        if free.contains(&verb.name()) {
            assert!(code < 400, "{}: {code}", verb.name());
        } else if own.contains(&verb.name()) {
            assert!(matches!(code, 503 | 533 | 537), "{}: {code}", verb.name());
        } else {
            assert_eq!(code, 530, "{}", verb.name());
        }
        assert_eq!(
            driver.record.opened + driver.record.dialled + driver.record.started,
            0,
            "{}",
            verb.name()
        );
    }
}

#[test]
fn credentials_never_cross_in_clear() {
    // TLS-10
    for control in [ControlPolicy::Credentials, ControlPolicy::Require] {
        for text in ["USER alice", "PASS secret", "ACCT x"] {
            assert_eq!(fresh(control, DataPolicy::Allow).code(text), 530, "{control:?} {text}");
        }
    }
}

#[test]
fn what_needs_a_login_needs_a_login() {
    // LOG-03, LOG-09: the same codes as the table of verbs has them
    for verb in Verb::ALL.iter().filter(|verb| verb.info().needs_login) {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        // In clear CCC fails for want of TLS before it fails for want of a login.
        let wanted = if *verb == Verb::Ccc { 533 } else { 530 };
        assert_eq!(driver.code(&line(*verb)), wanted, "{}", verb.name());
        assert_eq!(driver.record.opened, 0, "{}", verb.name());
    }
    for verb in Verb::ALL.iter().filter(|verb| !verb.info().needs_login) {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        assert_ne!(driver.code(&line(*verb)), 530, "{}", verb.name());
    }
}

#[test]
fn every_verb_that_moves_data_is_judged_on_its_level() {
    // TLS-17, TLS-18
    let movers: Vec<Verb> =
        Verb::ALL.iter().copied().filter(|verb| verb.info().direction != DataDirection::None).collect();
    assert_eq!(
        movers.len(),
        7,
        "RETR STOR STOU APPE LIST NLST MLSD; a new one must be thought through: {movers:?}"
    );
    for verb in movers {
        for setup in SETUPS {
            let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Require);
            driver.codes("USER alice");
            driver.codes("PASS secret");
            driver.codes(setup);
            assert_eq!(driver.codes(&line(verb)), [521], "{} after {setup}", verb.name());
            assert_eq!(driver.record.opened + driver.record.dialled + driver.record.started, 0);
            // A client that has no setup learns the same.
            assert_eq!(driver.codes(&line(verb)), [521]);
        }
    }
}

#[test]
fn epsv_all_leaves_one_way_to_prepare_a_connection() {
    // DAT-07
    for setup in SETUPS.into_iter().chain(["CPSV", "SPSV"]) {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        driver.codes("USER alice");
        driver.codes("PASS secret");
        assert_eq!(driver.codes("EPSV ALL"), [200]);
        let code = driver.code(setup);
        if setup == "EPSV" {
            assert_eq!(code, 229);
        } else {
            assert!(matches!(code, 501 | 502), "{setup}: {code}");
            assert_eq!(driver.codes("LIST"), [425], "{setup}");
            assert_eq!(driver.record.dialled + driver.record.started, 0, "{setup}");
        }
    }
}

#[test]
fn no_verb_dials_by_itself() {
    // SEC-01
    for verb in Verb::ALL.iter().filter(|verb| verb.info().direction == DataDirection::None) {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        driver.codes("USER alice");
        driver.codes("PASS secret");
        driver.codes("PORT 192,0,2,7,200,0");
        driver.codes(&line(*verb));
        assert_eq!(driver.record.dialled + driver.record.started, 0, "{verb}");
    }
}

/// What a row of lines asks of storage, and the codes of its last line.
fn effects(lines: &[String], rights: Rights) -> (Vec<FileOp>, Vec<u16>) {
    let mut config = config(ControlPolicy::Allow, DataPolicy::Allow, false);
    config.site_rmdir = true;
    let mut driver = Driver::new(config);
    driver.rights = rights;
    driver.take();
    driver.codes("USER alice");
    driver.codes("PASS secret");
    driver.codes("EPSV");
    let codes = lines.iter().map(|line| driver.codes(line)).last().unwrap_or_default();
    (driver.record.effects, codes)
}

#[test]
fn c4_no_verb_is_a_way_around_a_right() {
    // SEC-03: for each right that an account lacks, every verb, every command of SITE, and every row of commands (C4).
    let mut rows: Vec<Vec<String>> = Verb::ALL.iter().map(|verb| vec![line(*verb)]).collect();
    let more = [
        "CPFR x",
        "COPY x y",
        "CHMOD 600 x",
        "UTIME 202601010000 x",
        "UTIME x 20260101000000 20260101000000 20260101000000 UTC",
        "SYMLINK x y",
        "MKDIR x/y",
        "RMDIR x",
        "UMASK 0",
        "UMASK",
        "QUOTA",
        "WHO",
        "HELP",
    ];
    rows.extend(more.map(|site| vec![format!("SITE {site}")]));
    rows.extend(
        [
            ["RNFR x", "RNTO y"],
            ["SITE CPFR x", "SITE CPTO y"],
            ["TYPE A", "SIZE x"],
            ["RANG 0 1", "STOR x"],
            ["RANG 0 1", "RETR x"],
            ["REST 1", "STOR x"],
            ["TYPE I", "MFF Modify=20260101000000; x"],
            ["TYPE I", "MFF UNIX.mode=600; x"],
            ["TYPE I", "STAT x"],
            ["TYPE I", "MDTM 20260101000000 x"],
            ["TYPE I", "LIST *.x"],
        ]
        .map(|row| row.map(str::to_owned).to_vec()),
    );
    let mut denied = 0;
    for row in rows {
        let (full, _) = effects(&row, Rights::FULL);
        for (letter, right) in Right::LETTERS {
            let rest = Right::LETTERS.iter().filter(|(other, _)| *other != letter);
            let few = rest.fold(Rights::NONE, |set, (_, right)| set.with(*right));
            let (asked, codes) = effects(&row, few);
            let needs = |ops: &[FileOp]| ops.iter().any(|op| op.needs().any(|(_, needed)| needed == right));
            assert!(!needs(&asked), "{row:?} without {right:?} asked {asked:?}");
            if needs(&full) {
                denied += 1;
                assert_eq!(codes.len(), 1, "{row:?} without {right:?}: {codes:?}");
                assert!(matches!(codes[0], 503 | 550), "{row:?} without {right:?}: {codes:?}");
            }
        }
    }
    assert!(denied > 50, "{denied}");
}

#[test]
fn every_verb_gets_exactly_one_final_reply() {
    // CTL-12, CTL-21
    for verb in Verb::ALL {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        driver.codes("USER alice");
        driver.codes("PASS secret");
        driver.codes("EPSV");
        let codes = driver.codes(&line(*verb));
        let finals = codes.iter().filter(|code| **code >= 200).count();
        assert_eq!(finals, 1, "{}: {codes:?}", verb.name());
        assert_ne!(codes.last(), Some(&500), "{} is a verb that is known", verb.name());
    }
}

#[test]
fn a1_auth_with_anything_behind_it_ends_the_session_unread() {
    // TLS-04
    let bytes = b"AUTH TLS\r\nUSER alice\r\n";
    for cut in 0..=bytes.len() {
        let mut driver = fresh(ControlPolicy::Allow, DataPolicy::Allow);
        driver.server.handle_bytes(driver.now, &bytes[..cut]);
        // What the machine does not take, a driver hands to TLS: it is no command any more.
        driver.server.handle_bytes(driver.now, &bytes[cut..]);
        driver.drive();
        let codes: Vec<u16> = driver.take().iter().map(|reply| reply.code().get()).collect();
        assert!(!codes.contains(&331) && codes.iter().all(|code| *code == 234), "cut at {cut}: {codes:?}");
    }
}

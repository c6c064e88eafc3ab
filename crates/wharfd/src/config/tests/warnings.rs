//! What is warned of, word by word.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use super::{super::Warning, Folder, far, now, with_head};

fn warnings_in(folder: &Folder, text: &str) -> Vec<String> {
    let plan = folder.plan(text);
    let told = |warning: &Warning| match warning.line {
        Some(line) => format!("{line}: {}", warning.text),
        None => warning.text.clone(),
    };
    plan.warnings
        .iter()
        .map(told)
        .map(|text| text.replace(&folder.path().display().to_string(), "DIR"))
        .collect()
}

/// The warnings of a file with one listener, whose keys begin in line 4; the account is in the last line.
#[track_caller]
fn warned(listener: &str, expected: &[&str]) {
    let text = format!(
        "root = \"srv\"\nstate_dir = \"state\"\n[[listener]]\n{listener}\n[[user]]\nname = \"alice\"\nhash = \"HASH\"\n"
    );
    assert_eq!(warnings_in(&Folder::new(), &text), expected, "{text}");
}

/// The warnings of a text below a right head, whose lines count from 4.
#[track_caller]
fn warned_below(text: &str, expected: &[&str]) {
    assert_eq!(warnings_in(&Folder::new(), &with_head(text)), expected, "{text}");
}

const ALICE: &str = "[[user]]\nname = \"alice\"\nhash = \"HASH\"\n";

#[test]
fn a_plain_file_has_none() {
    warned("address = \"127.0.0.1:2121\"", &[]);
    warned("address = \"0.0.0.0:21\"", &[]);
    warned("address = \"0.0.0.0:990\"", &[]);
    warned("address = \"127.0.0.1:0\"\nimplicit = true", &[]);
}

#[test]
fn nobody_can_log_in() {
    warned_below(
        "",
        &["there is no account: nobody can log in; write a [[user]], accounts.file or [anonymous]"],
    );
}

#[test]
fn roots_that_are_not_there() {
    warned_below(
        &format!("{ALICE}root = \"home\"\n[anonymous]\nroot = \"/nowhere/pub\"\n"),
        &[
            "7: the root \"DIR/srv/home\" of \"alice\" is no directory: its logins fail",
            "9: the root \"/nowhere/pub\" of \"anonymous\" is no directory: its logins fail",
        ],
    );
    warned_below(&format!("{ALICE}root = \".\"\n"), &[]);
}

#[test]
fn ports_of_other_protocols() {
    warned("address = \"127.0.0.1:443\"", &["4: port 443 is assigned to HTTPS"]);
    warned(
        "address = \"127.0.0.1:989\"",
        &["4: port 989 is assigned to the data connections of implicit FTPS"],
    );
}

#[test]
fn implicit_tls_where_nobody_looks_and_explicit_where_nobody_expects_it() {
    warned(
        "address = \"127.0.0.1:2990\"\nimplicit = true",
        &["5: implicit TLS at 127.0.0.1:2990, and nowhere on port 990, where clients look for it"],
    );
    warned("address = \"127.0.0.1:2990\"\nimplicit = true\n[[listener]]\naddress = \"127.0.0.1:990\"", &[]);
    warned(
        "address = \"127.0.0.1:990\"\nimplicit = false",
        &["5: port 990 is explicit here, but clients start TLS there with the first byte"],
    );
}

#[test]
fn passive_ports() {
    let public = format!("public_ip = \"203.0.113.5\"\n{ALICE}");
    warned_below(
        &public,
        &["4: public_ip without passive_ports: a router in front can hardly forward every port"],
    );
    warned_below(&format!("passive_ports = \"50000-50999\"\n{public}"), &[]);
    warned_below(
        &format!("passive_ports = \"50000-50100\"\n{public}"),
        &["4: passive_ports are 101 for up to 1000 sessions: when all are taken, transfers are refused"],
    );
    warned_below(&format!("passive_ports = \"50000-50100\"\nmax_sessions = 101\n{ALICE}"), &[]);
    warned_below(
        &format!("passive_ports = \"2000-3000\"\n{ALICE}"),
        &["4: passive_ports hold 2121, the port of the listener in line 3"],
    );
}

#[test]
fn clear_text_beyond_this_machine() {
    warned("address = \"127.0.0.1:2121\"\ncontrol = \"allow\"\ndata = \"allow\"", &[]);
    warned(
        "address = \"0.0.0.0:21\"\ncontrol = \"allow\"\ndata = \"allow\"",
        &[
            "5: passwords may cross the network in clear at 0.0.0.0:21",
            "6: files may cross the network in clear at 0.0.0.0:21",
        ],
    );
    warned(
        "address = \"[::]:21\"\ncontrol = \"credentials\"\ndata = \"deny\"",
        &[
            "5: commands and names of files may cross the network in clear at [::]:21",
            "6: files may cross the network in clear at [::]:21",
        ],
    );
    warned(
        "address = \"192.0.2.1:21\"\ncontrol = \"deny\"",
        &[
            "4: files may cross the network in clear at 192.0.2.1:21",
            "5: passwords may cross the network in clear at 192.0.2.1:21",
        ],
    );
    // With implicit TLS the control connection is never in clear.
    warned(
        "address = \"0.0.0.0:990\"\ncontrol = \"allow\"\ndata = \"allow\"",
        &["6: files may cross the network in clear at 0.0.0.0:990"],
    );
}

#[test]
fn clear_text_counts_by_network_and_account() {
    let listener = "address = \"0.0.0.0:21\"\ncontrol = \"allow\"\n";
    warned(
        &format!("{listener}[[network]]\ncidr = \"10.0.0.0/8\"\ncontrol = \"require\"\n"),
        &["5: passwords may cross the network in clear at 0.0.0.0:21 for clients in no [[network]]"],
    );
    warned(
        &format!(
            "{listener}[[network]]\ncidr = \"0.0.0.0/0\"\ncontrol = \"require\"\n\
            [[network]]\ncidr = \"10.9.0.0/16\"\ncontrol = \"allow\"\n\
            [[network]]\ncidr = \"127.0.0.0/8\"\ncontrol = \"allow\"\n"
        ),
        &["11: passwords may cross the network in clear at 0.0.0.0:21 for clients in 10.9.0.0/16"],
    );
    // Whoever may log in needs TLS.
    warned(&format!("{listener}[accounts]\ncontrol = \"require\"\n"), &[]);
}

#[test]
fn data_rules_that_leave_no_transfer() {
    warned_below(
        &format!("{ALICE}data = \"deny\"\n"),
        &[
            "7: no transfer is possible where both hold: the account \"alice\" forbids TLS on data connections, the \
            listener 127.0.0.1:2121 (line 3) requires it",
        ],
    );
    warned(
        "address = \"127.0.0.1:21\"\ndata = \"deny\"\n[[network]]\ncidr = \"10.0.0.0/8\"\ndata = \"require\"",
        &[
            "8: no transfer is possible where both hold: the network 10.0.0.0/8 requires TLS on data connections, the \
            listener 127.0.0.1:21 (line 5) forbids it",
        ],
    );
    warned(
        "address = \"127.0.0.1:21\"\ncontrol = \"deny\"\ndata = \"require\"",
        &["6: no transfer is possible at 127.0.0.1:21: it has no TLS, and data is \"require\""],
    );
    warned(
        "address = \"127.0.0.1:21\"\ndata = \"allow\"\n[[group]]\nname = \"a\"\ndata = \"deny\"\n[[group]]\n\
        name = \"b\"\ndata = \"require\"\n[[user]]\nname = \"bob\"\nhash = \"HASH\"\ngroups = [\"a\", \"b\"]",
        &[
            "8: no transfer is possible for the account \"bob\": one of its groups requires TLS on data connections, another one \
            forbids it",
        ],
    );
}

#[test]
fn a_listener_that_nobody_gets_past() {
    warned(
        "address = \"127.0.0.1:21\"\ncontrol = \"deny\"\n[accounts]\ncontrol = \"require\"",
        &["4: nobody can log in at 127.0.0.1:21: it has no TLS, and every account needs it"],
    );
}

#[test]
fn accounts_that_a_stranger_can_tell_from_unknown_names() {
    let strict = "[[user]]\nname = \"zoe\"\nhash = \"HASH\"\ncontrol = \"require\"";
    warned(&format!("address = \"127.0.0.1:21\"\n{strict}"), &[]);
    warned(
        &format!("address = \"127.0.0.1:21\"\ncontrol = \"allow\"\n{strict}"),
        &[
            "11: the account \"alice\" may log in in clear while others may not: a stranger can tell who is there from \
            names that nobody has",
        ],
    );
    let others: String =
        ["bob", "carol"].map(|name| format!("[[user]]\nname = \"{name}\"\nhash = \"HASH\"\n")).concat();
    warned(
        &format!("address = \"127.0.0.1:21\"\ncontrol = \"allow\"\n{strict}\n{others}[anonymous]\n"),
        &[
            "19: the accounts \"alice\", \"bob\", \"carol\" and 1 more may log in in clear while others may not: a \
            stranger can tell who is there from names that nobody has",
        ],
    );
}

#[test]
fn a_listener_that_only_reports() {
    warned(
        "address = \"127.0.0.1:21\"\nreport_only = true",
        &["5: report_only: nothing is enforced at 127.0.0.1:21, refusals are only logged"],
    );
}

#[test]
fn certificates_that_end_or_prove_other_names() {
    let folder = Folder::new();
    folder.certificate("own", &["a.example.org"]);
    let text = with_head(&format!(
        "{ALICE}[[host]]\nname = \"A.example.org\"\naliases = [\"b.example.org\"]\ncertificate = \"own/cert.pem\"\n\
        key = \"own/key.pem\"\n[[host]]\nname = \"c.example.org\"\n"
    ));
    assert_eq!(
        warnings_in(&folder, &text),
        ["9: the certificate from \"DIR/own/cert.pem\" does not prove the name b.example.org"]
    );
    let warnings = |moment| {
        let plan = folder.plan_at(&text, moment).unwrap();
        plan.warnings
            .iter()
            .filter(|warning| warning.line == Some(10))
            .map(|warning| warning.text.clone())
            .collect::<Vec<_>>()
    };
    let path = folder.path().join("own/cert.pem");
    assert_eq!(warnings(far(60_000)), [format!("the certificate from {path:?} has expired")]);
    let end = wharf_server::Identity::from_pem_files(&path, &folder.path().join("own/key.pem"))
        .unwrap()
        .not_after();
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(warnings(end - day * 13), [format!("the certificate from {path:?} ends in 13 days")]);
    assert_eq!(warnings(end - day), [format!("the certificate from {path:?} ends in 1 day")]);
    assert!(warnings(end - day * 15).is_empty() && warnings(now()).is_empty());
    assert_eq!(
        warnings(now() - day * 3),
        [format!(
            "the certificate from {path:?} is not valid yet: clients refuse it until then; check the clock of this machine"
        )]
    );
}

#[test]
fn an_audit_log_below_the_root_is_one() {
    warned_below(
        &format!("[audit]\nfile = \"srv/audit.log\"\n{ALICE}"),
        &["5: the audit log \"DIR/srv/audit.log\" lies below the root: accounts can reach it"],
    );
    warned_below(&format!("[audit]\nfile = \"audit.log\"\n{ALICE}"), &[]);
}

#[test]
fn an_audit_log_that_cannot_be_rotated_is_one() {
    let folder = Folder::new();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::write(logs.join("audit.log"), "").unwrap();
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o500)).unwrap();
    // Whoever may do everything is stopped by no mode.
    let free = fs::write(logs.join("other"), "").is_ok();
    let said = || {
        let text = format!("[audit]\nfile = \"logs/audit.log\"\n{ALICE}");
        let found = warnings_in(&folder, &with_head(&text));
        found.iter().any(|text| text.starts_with("5: the directory of the audit log "))
    };
    assert_eq!(said(), !free);
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(!said());
}

#[test]
fn an_audit_log_is_opened_as_the_file_says() {
    let text = format!(
        "[audit]\nfile = \"audit.log\"\nmax_size = \"5M\"\ndaily = false\nkeep = 7\non_failure = \"refuse\"\n{ALICE}"
    );
    let folder = Folder::new();
    let audit = folder.plan(&with_head(&text)).audit.unwrap();
    assert_eq!((audit.max_size, audit.daily, audit.keep), (Some(5 << 20), false, 7));
    assert_eq!(audit.on_failure, wharf_server::OnAuditFailure::Refuse);
    assert_eq!(audit.file, folder.path().join("audit.log"));
    // To be asked for makes nothing.
    assert!(!audit.file.exists());
}

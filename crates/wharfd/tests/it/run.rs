//! `wharfd run`, started for real: what the file says takes effect.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path};

use crate::program::{Control, Running, run_with_input, talk};

/// A home with a directory to serve.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("srv")).unwrap();
    fs::write(home.path().join("srv/file"), "content").unwrap();
    home
}

/// The hash of the password `secret`.
fn hash(home: &Path) -> String {
    let output = run_with_input(home, &["passwd", "x"], b"secret\n");
    String::from_utf8(output.stdout).unwrap().split(':').nth(1).unwrap().to_owned()
}

/// Runs with `text` below the root.
fn started(home: &Path, text: &str) -> Running {
    started_with(home, text, &[])
}

fn started_with(home: &Path, text: &str, words: &[&str]) -> Running {
    let path = home.join("wharfd.toml");
    fs::write(&path, format!("root = \"srv\"\nstate_dir = \"state\"\n{text}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    Running::configured(home, words)
}

/// The code of the last reply to these lines.
fn code(address: SocketAddr, lines: &[&str]) -> String {
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    let replies = talk(address, &lines);
    replies.last().unwrap().split([' ', '-']).next().unwrap().to_owned()
}

#[test]
fn each_listener_has_its_policy() {
    let home = home();
    let server = started(
        home.path(),
        "greeting = \"Ahoy\"\n[tls]\ncontrol = \"credentials\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"require\"\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\nimplicit = true\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"deny\"\n[anonymous]\n",
    );
    let explicit = server.addresses("explicit FTPS");
    let [credentials, open, strict] = explicit.as_slice() else { panic!("{explicit:?}") };
    let clear = server.address("FTP");
    assert!(talk(*open, &[])[0].contains("Ahoy"));
    // TLS-10: name and password wait for TLS where the policy says so.
    assert_eq!(code(*credentials, &["USER anonymous"]), "530");
    assert_eq!(code(*credentials, &["PWD"]), "530");
    assert_eq!(code(*open, &["USER anonymous", "PASS x"]), "230");
    assert_eq!(code(*strict, &["USER anonymous"]), "530");
    assert_eq!(code(clear, &["USER anonymous", "PASS x"]), "230");
    // Without TLS nothing leads there; elsewhere AUTH does.
    assert_eq!(code(clear, &["AUTH TLS"]), "534");
    assert_eq!(code(*open, &["AUTH TLS"]), "234");
    assert_ne!(server.address("implicit FTPS").port(), 0);
    assert!(home.path().join("state/cert.pem").is_file());
}

#[test]
fn accounts_and_groups_tighten_a_listener() {
    let home = home();
    let hash = hash(home.path());
    let users = run_with_input(
        home.path(),
        &["passwd", "dave", "--users", "users", "--permissions", "read-only"],
        b"secret\n",
    );
    assert!(users.status.success());
    let user = |name: &str, more: &str| format!("[[user]]\nname = \"{name}\"\nhash = \"{hash}\"\n{more}\n");
    let text = format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\ndata = \"allow\"\n\
        [[group]]\nname = \"staff\"\ncontrol = \"require\"\n[accounts]\nfile = \"users\"\n{}{}{}{}",
        user("alice", "permissions = \"full\""),
        user("bob", "control = \"credentials\""),
        user("carol", "groups = [\"staff\"]"),
        user("erin", "data = \"require\"")
    );
    let server = started(home.path(), &text);
    let address = server.address("explicit FTPS");
    assert!(server.printed.ends_with("\n  accounts       5\n"), "{}", server.printed);
    assert!(!server.printed.contains("secret") && !server.printed.contains("argon2"));
    assert_eq!(code(address, &["USER alice", "PASS secret", "MKD new"]), "257");
    assert_eq!(code(address, &["USER alice", "PASS wrong"]), "530");
    assert_eq!(code(address, &["USER bob"]), "530");
    assert_eq!(code(address, &["USER carol"]), "530");
    // TLS-10: an unknown name is answered as the strictest account is.
    assert_eq!(code(address, &["USER nobody"]), "530");
    // The users file counts beside the accounts of the file, with its permissions.
    assert_eq!(code(address, &["USER dave", "PASS secret"]), "230");
    assert_eq!(code(address, &["USER dave", "PASS secret", "MKD other"]), "550");
    assert_eq!(code(address, &["USER erin", "PASS secret", "EPSV", "LIST"]), "521");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("may log in in clear while others may not"), "{log}");
}

#[test]
fn the_smallest_network_counts() {
    let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\n[anonymous]\n";
    let network =
        |cidr: &str, control: &str| format!("[[network]]\ncidr = \"{cidr}\"\ncontrol = \"{control}\"\n");
    for (networks, expected) in [
        (String::new(), "331"),
        (network("10.0.0.0/8", "require"), "331"),
        (network("127.0.0.0/8", "require"), "530"),
        (network("127.0.0.0/8", "require") + &network("127.0.0.1", "allow"), "331"),
        (network("127.0.0.1/32", "require") + &network("0.0.0.0/0", "allow"), "530"),
    ] {
        let home = home();
        let server = started(home.path(), &format!("{listener}{networks}"));
        assert_eq!(code(server.address("explicit FTPS"), &["USER anonymous"]), expected, "{networks}");
    }
}

#[test]
fn a_host_tightens_once_it_is_named() {
    let home = home();
    let server = started(
        home.path(),
        "[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\n[anonymous]\n[[host]]\n\
        name = \"private.example.org\"\naliases = [\"secret.example.org\"]\ncontrol = \"require\"\n",
    );
    let address = server.address("explicit FTPS");
    assert_eq!(code(address, &["USER anonymous"]), "331");
    assert_eq!(code(address, &["HOST private.example.org", "USER anonymous"]), "530");
    assert_eq!(code(address, &["HOST secret.example.org", "USER anonymous"]), "530");
    assert_eq!(code(address, &["HOST other.example.org"]), "504");
}

#[test]
fn a_host_has_its_own_accounts_files_and_words() {
    // VH-01
    let home = home();
    for (name, users) in [("alice", "users"), ("alice", "shop-users"), ("bob", "shop-users")] {
        let password: &[u8] = if users == "users" { b"secret\n" } else { b"shop\n" };
        assert!(run_with_input(home.path(), &["passwd", name, "--users", users], password).status.success());
    }
    fs::create_dir(home.path().join("srv/shop")).unwrap();
    fs::write(home.path().join("srv/shop/ware"), "content of the shop").unwrap();
    let server = started(
        home.path(),
        "[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\n[accounts]\nfile = \"users\"\n\
        [[host]]\nname = \"shop.example.org\"\naliases = [\"store.example.org\"]\nroot = \"shop\"\n\
        users = \"shop-users\"\ngreeting = \"The shop\"\n\
        [[host]]\nname = \"open.example.org\"\nanonymous = true\n",
    );
    let address = server.address("explicit FTPS");
    let replies = talk(address, &[b"HOST store.example.org", b"USER alice", b"PASS shop", b"SIZE ware"]);
    assert!(replies[1].starts_with("220 The shop"), "{replies:?}");
    assert!(replies[3].starts_with("230"), "{replies:?}");
    assert_eq!(
        code(address, &["HOST shop.example.org", "USER bob", "PASS shop", "TYPE I", "SIZE ware"]),
        "213"
    );
    assert_eq!(code(address, &["HOST shop.example.org", "USER alice", "PASS secret"]), "530");
    assert_eq!(code(address, &["USER alice", "PASS secret", "TYPE I", "SIZE file"]), "213");
    assert_eq!(code(address, &["USER bob", "PASS shop"]), "530");
    assert_eq!(code(address, &["USER anonymous", "PASS x"]), "530");
    assert_eq!(code(address, &["HOST open.example.org", "USER anonymous", "PASS x"]), "230");
    assert_eq!(code(address, &["HOST open.example.org", "USER alice", "PASS secret"]), "530");
}

#[test]
fn other_servers_are_reached_where_the_file_says_so() {
    // SEC-01 TLS-30
    let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\n[anonymous]\n";
    let pin = format!("certificates = [\"sha256:{}\"]\n", "5a".repeat(32));
    for (section, port, sscn) in [
        (String::new(), "501", "502"),
        ("[server_to_server]\n".to_owned(), "200", "502"),
        // It is offered, but there is no TLS here.
        (format!("[server_to_server]\n{pin}"), "200", "503"),
    ] {
        let home = home();
        let server = started(home.path(), &format!("{listener}{section}"));
        let address = server.address("explicit FTPS");
        assert_eq!(code(address, &["USER anonymous", "PASS x", "PORT 127,0,0,2,200,1"]), port);
        assert_eq!(code(address, &["USER anonymous", "PASS x", "SSCN ON"]), sscn);
    }
}

#[test]
fn dialects_differ_in_codes() {
    let home = home();
    let listener = |dialect: &str| {
        format!("[[listener]]\naddress = \"127.0.0.1:0\"\ncontrol = \"allow\"\ndialect = \"{dialect}\"\n")
    };
    let text =
        [listener("rfc4217"), listener("iis"), listener("vsftpd"), "[anonymous]\n".to_owned()].concat();
    let server = started(home.path(), &text);
    for (address, expected) in server.addresses("explicit FTPS").into_iter().zip(["521", "534", "522"]) {
        assert_eq!(code(address, &["USER anonymous", "PASS x", "EPSV", "RETR file"]), expected);
    }
    let server = Running::start(
        home.path(),
        &["srv", "--listen", "127.0.0.1:0", "--anonymous", "--control-tls", "allow", "--dialect", "vsftpd"],
    );
    let lines = ["USER anonymous", "PASS x", "EPSV", "RETR file"];
    assert_eq!(code(server.address("explicit FTPS"), &lines), "522");
}

#[test]
fn report_only_refuses_nothing_and_logs_what_it_would() {
    let home = home();
    let text = "[[listener]]\naddress = \"127.0.0.1:0\"\nreport_only = true\n[anonymous]\n";
    let server = started(home.path(), text);
    assert_eq!(code(server.address("explicit FTPS"), &["USER anonymous", "PASS x"]), "230");
    let (_, log) = server.end();
    assert!(log.contains("report_only: nothing is enforced"), "{log}");
    assert!(log.contains("code=530"), "{log}");

    let words = ["srv", "--listen", "127.0.0.1:0", "--anonymous", "--report-only"];
    let server = Running::start(home.path(), &words);
    assert_eq!(code(server.address("explicit FTPS"), &["USER anonymous", "PASS x"]), "230");
    let (_, log) = server.end();
    assert!(log.contains("--report-only: nothing is enforced") && log.contains("code=530"), "{log}");
}

#[test]
fn operation_and_log_are_as_the_file_says() {
    let home = home();
    let server = started_with(
        home.path(),
        "max_per_ip = 1\npublic_ip = \"203.0.113.5\"\npassive_ports = \"1024-65535\"\n\
        listener = [{ address = \"127.0.0.1:0\", control = \"allow\", data = \"allow\" }]\n\
        [log]\nformat = \"json\"\nlevel = \"error\"\n[anonymous]\n",
        &["--log-level", "info"],
    );
    let address = server.address("explicit FTPS");
    let mut control = Control::connect(address);
    for command in ["USER anonymous", "PASS x"] {
        control.command(command);
    }
    assert!(control.command("PASV").contains("203,0,113,5"));
    assert!(talk(address, &[])[0].starts_with("421"));
    drop(control);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    let events: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ending = |event: &serde_json::Value| event["message"].as_str().unwrap().starts_with("ending");
    assert!(events.iter().any(ending), "{log}");
}

//! What is refused, word by word.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{Config, EVERYTHING, Folder, errors, now, told, with_head};

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(errors(text), expected, "{text}");
}

/// The same for a text below a right head, whose lines count from 4.
#[track_caller]
fn refused_below(text: &str, expected: &str) {
    refused(&with_head(text), expected);
}

#[test]
fn a_file_without_anything_says_what_it_needs() {
    refused(
        "",
        "wharfd.toml: root is missing\n  write root = \"/srv/ftp\", the directory to serve\n\
        wharfd.toml: there is no [[listener]]\n  write one, such as [[listener]] and address = \"0.0.0.0:21\" below it",
    );
    refused(
        "root = \"srv\"\n[[listener]]\nimplicit = true\n",
        "wharfd.toml, line 2: [[listener]] has no address\n  \
        write address = \"0.0.0.0:21\" or \"[::]:21\" (an IP address and a port)",
    );
}

#[test]
fn what_is_not_toml_names_its_line() {
    let text = errors(&with_head("greeting = \"a\ngrace = 1\n"));
    assert!(text.starts_with("wharfd.toml, line 4: this is not TOML: "), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
    let text = errors(&with_head("grace = 1\ngrace = 2\n"));
    assert!(text.starts_with("wharfd.toml, line 5: this is not TOML: "), "{text}");
}

#[test]
fn unknown_keys_are_told_one_by_one_with_what_was_meant() {
    refused_below(
        "graec = 3\n[tls]\ncontrl = \"require\"\nmin-version = \"1.2\"\ngreeting = \"x\"\nnonsense = 1\n",
        "wharfd.toml, line 4: unknown key \"graec\" above the sections\n  did you mean grace?\n\
        wharfd.toml, line 6: unknown key \"contrl\" in [tls]\n  did you mean control?\n\
        wharfd.toml, line 7: unknown key \"min-version\" in [tls]\n  did you mean min_version?\n\
        wharfd.toml, line 8: unknown key \"greeting\" in [tls]\n  it belongs to the top of the file or [[host]]\n\
        wharfd.toml, line 9: unknown key \"nonsense\" in [tls]\n  remove it; known here: certificate, key, control, \
        data, min_version, max_version, min_strength, data_session, dialect, report_only or strict_close",
    );
    refused_below(
        "[[user]]\nname = \"a\"\nhash = \"HASH\"\npassword = \"canary\"\n",
        "wharfd.toml, line 7: unknown key \"password\" in [[user]]\n  \
        passwords are kept as hashes: `wharfd passwd NAME` prints one, behind the first colon",
    );
    refused_below(
        "[lgo]\nlevel = \"info\"\n",
        "wharfd.toml, line 4: unknown key \"lgo\" above the sections\n  did you mean log?",
    );
}

#[test]
fn wrong_values_say_what_to_write() {
    for (line, cause, cure) in [
        ("greeting = 5", "greeting cannot be 5", "write greeting = \"Welcome\" (one line)"),
        (
            "greeting = \"a\\r\\nb\"",
            "greeting cannot be \"a\\r\\nb\"",
            "write greeting = \"Welcome\" (one line)",
        ),
        (
            "durability = \"ful\"",
            "durability cannot be \"ful\"",
            "did you mean \"full\"? It may be \"full\", \"data\" or \"off\"",
        ),
        ("durability = true", "durability cannot be true", "write \"full\", \"data\" or \"off\""),
        ("max_sessions = 0", "max_sessions cannot be 0", "write max_sessions = 1000"),
        ("max_sessions = -1", "max_sessions cannot be -1", "write max_sessions = 1000"),
        ("max_per_ip = 1.5", "max_per_ip cannot be 1.5", "write max_per_ip = 50"),
        (
            "idle_timeout = \"5 minutes\"",
            "idle_timeout cannot be \"5 minutes\"",
            "write idle_timeout = \"5m\"",
        ),
        ("max_upload = \"lots\"", "max_upload cannot be \"lots\"", "write max_upload = \"10G\""),
        ("max_upload = 0", "max_upload cannot be 0", "write max_upload = \"10G\""),
        ("compression = \"yes\"", "compression cannot be \"yes\"", "write compression = true or false"),
        ("idle_timeout = 0", "idle_timeout cannot be 0", "write idle_timeout = \"5m\""),
        ("grace = []", "grace cannot be a list", "write grace = \"30s\""),
        (
            "passive_ports = \"50100-50000\"",
            "passive_ports cannot be \"50100-50000\"",
            "write passive_ports = \"50000-50100\"",
        ),
        ("passive_ports = 50000", "passive_ports cannot be 50000", "write passive_ports = \"50000-50100\""),
        (
            "public_ip = \"::1\"",
            "public_ip cannot be \"::1\"",
            "write public_ip = \"203.0.113.5\" (an IPv4 address)",
        ),
        ("tls = 1", "tls is a section", "write its keys below a line [tls]"),
        ("tls.min_version = 1.2", "min_version cannot be 1.2", "write \"1.2\" or \"1.3\""),
        ("tls.min_strength = 112", "min_strength cannot be 112", "write min_strength = 128 or 256"),
        ("tls.report_only = \"yes\"", "report_only cannot be \"yes\"", "write report_only = true or false"),
        (
            "tls.dialect = \"vsftp\"",
            "dialect cannot be \"vsftp\"",
            "did you mean \"vsftpd\"? It may be \"rfc4217\", \"iis\" or \"vsftpd\"",
        ),
        (
            "log.level = \"loud\"",
            "level cannot be \"loud\"",
            "write \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        ),
        (
            "user = { name = \"a\" }",
            "user is a section that may be there several times",
            "write its keys below a line [[user]]",
        ),
        (
            "group = [1]",
            "group is a section that may be there several times",
            "write its keys below a line [[group]]",
        ),
        (
            "network = [{ cidr = \"ten\" }]",
            "cidr cannot be \"ten\"",
            "write cidr = \"10.0.0.0/8\" or \"2001:db8::/32\" (an address and the length of the prefix)",
        ),
        (
            "network = [{ cidr = \"10.0.0.1/8\" }]",
            "10.0.0.1/8 has bits set behind its prefix",
            "write cidr = \"10.0.0.0/8\"",
        ),
        (
            "host = [{ name = \"a:21\" }]",
            "\"a:21\" is no host name",
            "write it in ASCII without a port, such as files.example.org",
        ),
        (
            "host = [{ name = \"a\", aliases = [\"b\", 7] }]",
            "aliases cannot hold 7",
            "write aliases = [\"ftp.example.org\"]",
        ),
        ("group = [{ control = \"allow\" }]", "[[group]] has no name", "write name = \"staff\""),
        ("user = [{ name = \"\", hash = \"HASH\" }]", "name cannot be \"\"", "write name = \"alice\""),
        (
            "user = [{ name = \"a:b\", hash = \"HASH\" }]",
            "\"a:b\" cannot be the name of an account",
            "give a name without colons and spaces at its ends, that does not begin with #",
        ),
        (
            "user = [{ name = \"#a\", hash = \"HASH\" }]",
            "\"#a\" cannot be the name of an account",
            "give a name without colons and spaces at its ends, that does not begin with #",
        ),
        (
            "user = [{ name = \"a\", hash = \"canary:\" }]",
            "hash cannot be read",
            "write what `wharfd passwd NAME` prints between the first two colons",
        ),
        (
            "user = [{ name = \"a\", hash = \"canary\" }]",
            "the password hash cannot be read",
            "make a line with `wharfd passwd`",
        ),
        (
            "user = [{ name = \"a\", hash = 5 }]",
            "hash cannot be read",
            "write what `wharfd passwd NAME` prints between the first two colons",
        ),
        (
            "user = [{ name = \"a\", hash = \"HASH\", permissions = \"everything\" }]",
            "permissions cannot be \"everything\"",
            "write permissions = \"full\", \"read-only\", \"upload-only\", \"none\", or letters of adlmrntwps",
        ),
    ] {
        let text = errors(&with_head(line));
        assert_eq!(text, format!("wharfd.toml, line 4: {cause}\n  {cure}"), "{line}");
        assert!(!text.contains("canary"));
    }
}

#[test]
fn contradictions_name_both_lines() {
    for (text, expected) in [
        (
            "[[group]]\nname = \"a\"\n[[group]]\nname = \"a\"\n",
            "line 7: the group \"a\" is in line 5 already\n  remove one of the two",
        ),
        (
            "[[user]]\nname = \"a\"\nhash = \"HASH\"\n[[user]]\nname = \"a\"\nhash = \"HASH\"\n",
            "line 8: the user \"a\" is in line 5 already\n  remove one of the two",
        ),
        (
            "[[host]]\nname = \"a.example\"\n[[host]]\nname = \"b\"\naliases = [\"A.example\"]\n",
            "line 8: the host \"a.example\" is in line 5 already\n  remove one of the two",
        ),
        (
            "[[network]]\ncidr = \"10.0.0.7\"\n[[network]]\ncidr = \"10.0.0.7/32\"\n",
            "line 7: the network \"10.0.0.7/32\" is in line 5 already\n  remove one of the two",
        ),
        (
            "[[user]]\nname = \"a\"\nhash = \"HASH\"\ngroups = [\"staf\"]\n[[group]]\nname = \"staff\"\n",
            "line 7: the user \"a\" is in the group \"staf\", which is not there\n  did you mean \"staff\"?",
        ),
        (
            "[[user]]\nname = \"a\"\ngroups = []\n",
            "line 5: the user \"a\" has no hash, and there is no accounts.file that could hold one\n  \
            write hash = \"...\" as `wharfd passwd NAME` prints it behind the first colon",
        ),
        (
            "[[user]]\nname = \"FTP\"\nhash = \"HASH\"\n[anonymous]\n",
            "line 5: the user \"FTP\" is what [anonymous] in line 7 lets in\n  remove one of the two",
        ),
        (
            "[tls]\ncertificate = \"c.pem\"\n",
            "line 5: a certificate without its key\n  write certificate and key in the same section",
        ),
        (
            "[[host]]\nname = \"a\"\nkey = \"k.pem\"\n",
            "line 6: a key without its certificate\n  write certificate and key in the same section",
        ),
        (
            "[tls]\nmin_version = \"1.3\"\nmax_version = \"1.2\"\n",
            "line 5: min_version = \"1.3\" is above max_version = \"1.2\" in line 6\n  raise max_version or lower min_version",
        ),
    ] {
        refused_below(text, &format!("wharfd.toml, {expected}"));
    }
}

#[test]
fn listeners_contradict_each_other_and_themselves() {
    let head = "root = \"srv\"\nstate_dir = \"state\"\n";
    for (text, expected) in [
        (
            "[[listener]]\naddress = \"127.0.0.1:2121\"\n[[listener]]\naddress = \"127.0.0.1:2121\"\n",
            "line 6: a listener at 127.0.0.1:2121 is in line 4 already\n  remove one of the two, or give one another port",
        ),
        (
            "[[listener]]\naddress = \"127.0.0.1:2121\"\nimplicit = true\ncontrol = \"deny\"\n",
            "line 5: implicit TLS, but control = \"deny\" in line 6 switches TLS off\n  remove one of the two",
        ),
        (
            "[[listener]]\naddress = \"127.0.0.1:990\"\ncontrol = \"deny\"\n",
            "line 5: control = \"deny\" switches TLS off, but port 990 in line 4 is implicit TLS\n  \
            give another port, or write implicit = false",
        ),
        (
            "[[listener]]\naddress = \"127.0.0.1:0\"\nmax_version = \"1.2\"\n[tls]\nmin_version = \"1.3\"\n",
            "line 7: min_version = \"1.3\" is above max_version = \"1.2\" in line 5\n  raise max_version or lower min_version",
        ),
    ] {
        refused(&format!("{head}{text}"), &format!("wharfd.toml, {expected}"));
    }
    for (first, later, fits) in [
        ("0.0.0.0:21", "127.0.0.1:21", false),
        ("127.0.0.1:21", "0.0.0.0:21", false),
        ("[::]:21", "0.0.0.0:21", false),
        ("[::]:21", "[::1]:21", false),
        ("0.0.0.0:21", "[::]:21", true),
        ("127.0.0.1:21", "[::]:21", true),
        ("0.0.0.0:21", "0.0.0.0:2121", true),
        ("127.0.0.1:21", "127.0.0.2:21", true),
    ] {
        let text =
            format!("{head}[[listener]]\naddress = \"{first}\"\n[[listener]]\naddress = \"{later}\"\n");
        let expected = format!(
            "wharfd.toml, line 6: {later} overlaps with the listener {first} in line 4\n  \
            keep the wider one, or give one another port"
        );
        assert_eq!(errors(&text), if fits { String::new() } else { expected }, "{first} {later}");
    }
    // The system chooses two ports.
    assert_eq!(
        errors(&format!(
            "{head}[[listener]]\naddress = \"127.0.0.1:0\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n"
        )),
        ""
    );
}

#[test]
fn no_tls_is_a_matter_of_a_listener() {
    for scope in ["tls", "accounts", "anonymous"] {
        let text = errors(&with_head(&format!("[{scope}]\ncontrol = \"deny\"\n")));
        assert!(text.starts_with("wharfd.toml, line 5: control cannot be \"deny\" here"), "{text}");
    }
    for scope in ["host", "group", "network", "user"] {
        let name = if scope == "network" { "cidr = \"10.0.0.0/8\"" } else { "name = \"a\"" };
        let hash = if scope == "user" { "hash = \"HASH\"\n" } else { "" };
        let text = errors(&with_head(&format!("[[{scope}]]\ncontrol = \"deny\"\n{name}\n{hash}")));
        assert!(text.starts_with("wharfd.toml, line 5: control cannot be \"deny\" here"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}

#[test]
fn files_that_are_named_have_to_be_there_and_right() {
    refused(
        "listener = [{ address = \"127.0.0.1:0\" }]\nroot = \"absent\"\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n\
        [accounts]\nfile = \"users\"\n",
        "wharfd.toml, line 2: the root \"DIR/absent\" cannot be served: No such file or directory (os error 2)\n  \
        make it first, or write the path of another directory\n\
        wharfd.toml, line 4: DIR/c.pem: No such file or directory (os error 2)\n  \
        check the files of certificate and key\n\
        wharfd.toml, line 7: the users file \"DIR/users\": the users file cannot be read: No such file or directory \
        (os error 2)\n  check its path and permissions",
    );
    let folder = Folder::new();
    folder.write("users", &format!("# people\nalice:{}::full\nftp:{0}::full\nbob:x::full\n", &**super::HASH));
    let told_of = |text: &str| match folder.plan_at(&with_head(text), now()) {
        Ok(_) => String::new(),
        Err(failures) => told(&failures).replace(&folder.path().display().to_string(), "DIR"),
    };
    assert_eq!(
        told_of("[accounts]\nfile = \"users\"\n"),
        "wharfd.toml, line 5: the users file \"DIR/users\", line 4: the password hash cannot be read\n  \
        make a line with `wharfd passwd`"
    );
    assert_eq!(
        told_of(
            "[accounts]\nfile = \"users\"\n[anonymous]\n[[user]]\nname = \"alice\"\nhash = \"HASH\"\n\
            [[user]]\nname = \"carol\"\n"
        ),
        "wharfd.toml, line 6: line 3 of accounts.file holds \"ftp\", whom [anonymous] lets in\n  remove one of the two\n\
        wharfd.toml, line 8: the user \"alice\" has a hash here and one in line 2 of accounts.file\n  remove one of the two\n\
        wharfd.toml, line 11: the user \"carol\" has no hash here and is not in accounts.file\n  \
        add the account with `wharfd passwd --users FILE NAME`, or write its hash here"
    );
    assert_eq!(
        told_of("[accounts]\nfile = \"users\"\n[[user]]\nname = \"alice\"\nroot = \"a\"\n"),
        "wharfd.toml, line 8: root of the user \"alice\", who has no hash here, stands in accounts.file\n  \
        remove it here; `wharfd passwd --users FILE --root ...` changes it there"
    );
}

#[test]
fn the_file_itself_is_looked_at() {
    let folder = Folder::new();
    let read = |path: &std::path::Path| match Config::read(path) {
        Ok(_) => String::new(),
        Err(failures) => told(&failures).replace(&folder.path().display().to_string(), "DIR"),
    };
    let path = folder.write("w.toml", EVERYTHING);
    assert_eq!(read(&path), "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
    assert_eq!(
        read(&path),
        "DIR/w.toml: it may be written by others than its owner\n  take that permission away: chmod go-w DIR/w.toml"
    );
    assert!(read(&folder.path().join("absent")).contains("No such file"));
    assert!(read(&folder.path().join("srv")).contains("not a regular file"));
    fs::write(folder.path().join("latin"), b"root = \"x\"\ngreeting = \"\xfc\"\n").unwrap();
    fs::set_permissions(folder.path().join("latin"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(
        read(&folder.path().join("latin")),
        "DIR/latin, line 2: it is not UTF-8\n  save the file as UTF-8"
    );
}

#[test]
fn every_error_of_a_cut_file_names_a_line_of_it() {
    for end in 0..EVERYTHING.len() {
        let text = &EVERYTHING[..end];
        let Err(failures) = Config::parse(text, std::path::Path::new("/"), "w".to_owned()) else { continue };
        for failure in failures.0 {
            let line = failure.cause.strip_prefix("w, line ").and_then(|rest| rest.split(':').next());
            let within = |line: &str| line.parse::<usize>().unwrap() <= text.lines().count().max(1) + 1;
            // What is missing as a whole has no line.
            assert!(line.map_or_else(|| failure.cause.starts_with("w: "), within), "{text}\n{failure}");
        }
    }
}

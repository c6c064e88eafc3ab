//! What files that are right come to.

use std::{net::IpAddr, time::Duration};

use wharf_server::{
    ControlPolicy, DataPolicy, Dialect, Networks, Policy, ServerConfig, ServerOptions, TlsRule,
};

use super::{super::Log, Config, EVERYTHING, Folder, with_head};
use crate::args::{LogFormat, LogLevel};

const fn rule(control: ControlPolicy, data: DataPolicy) -> TlsRule {
    TlsRule { control: Some(control), data: Some(data) }
}

fn session(options: &ServerOptions, listener: usize) -> &ServerConfig {
    options.listeners[listener].session.as_ref().unwrap()
}

fn network(networks: &Networks, peer: &str) -> TlsRule {
    networks.rule_for(peer.parse::<IpAddr>().unwrap())
}

/// A folder with everything that `EVERYTHING` names.
fn full_folder() -> Folder {
    let folder = Folder::new();
    folder.certificate("state", &["usual.example.org"]);
    folder.certificate("own", &["files.example.org", "ftp.example.org"]);
    folder.write("users", &format!("bob:{}::full\n", &**super::HASH));
    folder.write("files-users", &format!("carol:{}::full\n", &**super::HASH));
    folder
}

#[test]
fn every_key_takes_effect() {
    let plan = full_folder().plan(EVERYTHING);
    let options = &plan.options;
    assert_eq!((options.max_sessions, options.max_per_ip), (100, 10));
    assert_eq!((options.session.max_upload, options.session.deflate), (Some(10 << 30), false));
    assert_eq!(options.session.max_hash, 20 << 30);
    assert!(options.session.site_rmdir && options.session.dangerous_foreign_data);
    assert!(options.peer_tls.is_some());
    assert_eq!(options.passive_ports, Some(50_000..=50_200));
    assert_eq!(options.grace, Duration::from_secs(45));

    assert_eq!(options.listeners.len(), 2);
    let (first, second) = (session(options, 0), session(options, 1));
    assert_eq!(options.listeners[0].addr.to_string(), "127.0.0.1:2121");
    assert!(!options.listeners[0].implicit && options.listeners[1].implicit);
    assert!(options.listeners.iter().all(|listener| listener.tls.is_some()));
    assert_eq!(
        first.policy,
        Policy {
            control: ControlPolicy::Credentials,
            data: DataPolicy::Allow,
            dialect: Dialect::Iis,
            report_only: true
        }
    );
    assert_eq!(
        second.policy,
        Policy {
            control: ControlPolicy::Require,
            data: DataPolicy::Require,
            dialect: Dialect::Vsftpd,
            report_only: false
        }
    );
    assert!(!first.strict_close && second.strict_close);
    for session in [first, second] {
        assert_eq!(session.greeting, "Welcome");
        assert_eq!(session.durability, "data");
        assert_eq!(session.timeouts.idle, Duration::from_secs(600));
        assert_eq!(session.public_ip, Some("203.0.113.5".parse().unwrap()));
        assert_eq!(session.hosts[0].names, ["files.example.org", "ftp.example.org"]);
        assert_eq!(session.hosts[0].tls, rule(ControlPolicy::Require, DataPolicy::Require));
        assert_eq!(session.hosts[0].greeting.as_deref(), Some("Files"));
        assert_eq!(session.hosts[0].root.as_deref(), Some("files"));
        let own = session.hosts[0].accounts.as_ref().unwrap();
        assert_eq!(own.rule_for(b"carol"), rule(ControlPolicy::Allow, DataPolicy::Require));
        assert_eq!(own.rule_for(b"anonymous"), rule(ControlPolicy::Allow, DataPolicy::Allow));
        let inside = network(&session.networks, "10.9.9.9");
        assert_eq!(inside, rule(ControlPolicy::Require, DataPolicy::Require));
        assert_eq!(network(&session.networks, "192.0.2.1"), TlsRule::default());
        let account = |name: &str| session.accounts.rule_for(name.as_bytes());
        assert_eq!(account("alice"), rule(ControlPolicy::Require, DataPolicy::Allow));
        assert_eq!(account("bob"), rule(ControlPolicy::Allow, DataPolicy::Require));
        assert_eq!(account("Anonymous"), rule(ControlPolicy::Allow, DataPolicy::Allow));
    }
    // The other names that a listener's own certificate proves are hosts too.
    assert_eq!(first.hosts[1].names, ["usual.example.org"]);
    assert_eq!(second.hosts.len(), 1);
    let text = plan.summary.text();
    assert!(
        text.starts_with(
            "  explicit FTPS  127.0.0.1:2121  control credentials, data allow, TLS 1.2, at least 256 bits, \
            client certificates optional, dialect iis, report only\n  implicit FTPS  [::1]:990  control require, data require, TLS 1.3, at least \
            128 bits, dialect vsftpd\n  certificate    sha256:"
        ),
        "{text}"
    );
    for part in [
        "\n  host           files.example.org, ftp.example.org  control require, data require; root files; \
            1 account of its own, and anonymous may read; client certificates required; sha256:",
        "\n  network        10.0.0.0/8  control require, data require\n",
        "\n  accounts       2, and anonymous may read\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("argon2"), "{text}");
}

#[test]
fn what_is_not_said_is_the_default() {
    let folder = Folder::new();
    let text = "root = \"srv\"\nstate_dir = \"state\"\n[[listener]]\naddress = \"127.0.0.1:990\"\n\
        [[listener]]\naddress = \"127.0.0.1:21\"\n[[listener]]\naddress = \"127.0.0.1:990\"\nimplicit = false\n";
    let two = text.rsplit_once("[[listener]]").unwrap().0;
    let options = folder.plan(two).options;
    assert!(options.listeners[0].implicit && !options.listeners[1].implicit);
    for listener in 0..2 {
        assert_eq!(session(&options, listener).policy, Policy::default());
        assert!(session(&options, listener).strict_close);
        assert_eq!(session(&options, listener).greeting, ServerConfig::default().greeting);
    }
    assert_eq!((options.max_sessions, options.max_per_ip), (1_000, 50));
    assert_eq!((options.session.max_upload, options.session.deflate), (None, true));
    assert_eq!(options.passive_ports, None);
    // A check makes nothing.
    assert!(!folder.path().join("state").exists());
    assert!(folder.plan(two).summary.text().contains("will be made and kept in"));
    let explicit = text.replacen("[[listener]]\naddress = \"127.0.0.1:990\"\n", "", 1);
    assert!(!folder.plan(&explicit).options.listeners[1].implicit);
}

#[test]
fn a_listener_may_have_no_tls() {
    let folder = Folder::new();
    let options = folder
        .plan("root = \"srv\"\n[[listener]]\naddress = \"127.0.0.1:2121\"\ncontrol = \"deny\"\n[anonymous]\n")
        .options;
    assert!(options.listeners[0].tls.is_none() && options.tls.is_none());
    let policy = session(&options, 0).policy;
    assert_eq!((policy.control, policy.data), (ControlPolicy::Deny, DataPolicy::Deny));
}

#[test]
fn an_account_has_its_own_word_or_its_groups_strictest_or_that_for_all() {
    let folder = Folder::new();
    folder.write("users", &format!("dave:{}::full\n", &**super::HASH));
    let plan = folder.plan(&with_head(
        r#"
[accounts]
file = "users"
control = "credentials"
[[group]]
name = "loose"
control = "allow"
[[group]]
name = "strict"
control = "require"
data = "require"
[[user]]
name = "alice"
hash = "HASH"
groups = ["loose", "strict"]
[[user]]
name = "bob"
hash = "HASH"
groups = ["loose", "strict"]
control = "allow"
[[user]]
name = "carol"
hash = "HASH"
groups = ["loose"]
[[user]]
name = "dave"
data = "deny"
"#,
    ));
    let accounts = &session(&plan.options, 0).accounts;
    let account = |name: &str| {
        let TlsRule { control, data } = accounts.rule_for(name.as_bytes());
        (control, data)
    };
    assert_eq!(account("alice"), (Some(ControlPolicy::Require), Some(DataPolicy::Require)));
    assert_eq!(account("bob"), (Some(ControlPolicy::Allow), Some(DataPolicy::Require)));
    assert_eq!(account("carol"), (Some(ControlPolicy::Allow), None));
    assert_eq!(account("dave"), (Some(ControlPolicy::Credentials), Some(DataPolicy::Deny)));
    // TLS-10: an unknown name is answered as the strictest account is.
    assert_eq!(account("nobody").0, Some(ControlPolicy::Require));
}

#[test]
fn the_file_speaks_of_the_log_and_the_command_line_wins() {
    let config = Config::parse(EVERYTHING, std::path::Path::new("/"), String::new()).unwrap();
    let Log { format, level } = config.log();
    assert_eq!((format, level), (Some(LogFormat::Json), Some(LogLevel::Debug)));
    let wishes = crate::args::LogWishes { format: Some(LogFormat::Text), level: None };
    let log = crate::run::log(wishes, Some(&config));
    assert_eq!((log.format, log.level), (LogFormat::Text, LogLevel::Debug));
}

#[test]
fn no_hash_is_shown_by_debug() {
    let text = format!("{:?}", Config::parse(EVERYTHING, std::path::Path::new("/"), String::new()).unwrap());
    assert!(text.contains("alice") && !text.contains("HASH"), "{text}");
}

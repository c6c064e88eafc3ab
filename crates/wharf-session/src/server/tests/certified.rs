//! Logins by certificates of clients, and for want of them.

use std::sync::Arc;

use wharf_types::{ClientCertificateRule, ClientIdentity};

use super::driver::{Driver, config};
use crate::{
    ClientCertificate, ClientCertificateProblem as Problem, DataFailure,
    policy::{ControlPolicy, DataPolicy},
    server::{ServerConfig, VirtualHost},
};

fn asking(rule: ClientCertificateRule) -> ServerConfig {
    let mut config = config(ControlPolicy::Credentials, DataPolicy::Allow, false);
    config.client_certificates = rule;
    config
}

fn of(name: &str) -> ClientCertificate {
    ClientCertificate::Verified(Arc::new(ClientIdentity {
        fingerprint: [7; 32],
        common_name: Some(name.to_owned()),
        emails: Vec::new(),
        dns_names: Vec::new(),
    }))
}

/// Under TLS.
fn secured(config: ServerConfig, certificate: ClientCertificate) -> Driver {
    let mut driver = Driver::new(config).shows(certificate);
    driver.take();
    assert_eq!(driver.code("AUTH TLS"), 234);
    driver
}

fn text(driver: &mut Driver, line: &str) -> String {
    let reply = driver.replies(line).pop().unwrap();
    String::from_utf8(reply.to_bytes().to_vec()).unwrap().trim_end().to_owned()
}

const ASKING: [ClientCertificateRule; 2] = [ClientCertificateRule::Optional, ClientCertificateRule::Required];

#[test]
fn a_certificate_that_names_the_user_needs_no_password() {
    // TLS-31 TLS-32
    for rule in ASKING {
        let mut driver = secured(asking(rule), of("alice"));
        // As RFC 4217 §12.2 draws it.
        assert_eq!(driver.code("PBSZ 0"), 200);
        assert_eq!(driver.code("PROT P"), 200);
        assert_eq!(driver.code("USER alice"), 232);
        assert_eq!(driver.code("PWD"), 257);
        // Who sent both together need not fail.
        assert_eq!(driver.code("PASS secret"), 202);
        assert_eq!(driver.code("USER alice"), 503);
        // REIN ends TLS, and what it proved.
        assert_eq!(driver.code("REIN"), 220);
        assert_eq!(driver.code("PASS secret"), 530);
    }
}

#[test]
fn a_certificate_of_somebody_else_leaves_the_password() {
    // TLS-31
    for rule in ASKING {
        for (user, code) in [("bob", 230), ("mallory", 530)] {
            let mut driver = secured(asking(rule), of("alice"));
            assert_eq!(driver.code(&format!("USER {user}")), 331);
            assert_eq!(driver.code("PASS secret"), code);
        }
        // When nobody can tell, a password would not help either.
        let mut driver = secured(asking(rule), of("nobody"));
        assert_eq!(driver.code("USER nobody"), 421);
        assert!(driver.record.closed);
    }
}

#[test]
fn who_needs_a_certificate_and_has_none_is_told() {
    let mut driver = secured(asking(ClientCertificateRule::Optional), ClientCertificate::Missing);
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("PASS secret"), 230);

    let mut driver = secured(asking(ClientCertificateRule::Required), ClientCertificate::Missing);
    let told = text(&mut driver, "USER alice");
    assert_eq!(told, "530 A client certificate is needed, and none was shown");
    assert_eq!(driver.code("PASS secret"), 503);
    // Everybody alike: nobody learns which names are known.
    assert_eq!(text(&mut driver, "USER nobody"), told);
    assert_eq!(driver.code("USER alice"), 421);
    assert!(driver.record.closed);

    // In clear the policy comes first; where it lets names pass, this does not.
    let mut config = asking(ClientCertificateRule::Required);
    config.policy.control = ControlPolicy::Allow;
    let mut driver = Driver::new(config);
    driver.take();
    assert_eq!(text(&mut driver, "USER alice"), "530 A client certificate is needed: AUTH TLS comes first");
}

#[test]
fn a_certificate_that_counts_for_nothing_is_worse_than_none() {
    let problems = [
        Problem::UnknownIssuer,
        Problem::Expired,
        Problem::NotYetValid,
        Problem::Revoked,
        Problem::RevocationUnknown,
        Problem::RevocationExpired,
        Problem::WrongPurpose,
        Problem::Unusable,
    ];
    let mut texts = Vec::new();
    for problem in problems {
        for rule in
            [ClientCertificateRule::Off, ClientCertificateRule::Optional, ClientCertificateRule::Required]
        {
            let mut driver = secured(asking(rule), ClientCertificate::Refused(problem));
            assert_eq!(driver.code("USER anonymous"), 530);
            let told = text(&mut driver, "USER alice");
            assert_eq!(told, format!("530 {}", problem.text()));
            texts.push(told);
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), problems.len());
}

#[test]
fn one_that_is_revoked_while_the_login_is_checked_logs_nobody_in() {
    // TLS-31
    let revoked = || ClientCertificate::Refused(Problem::Revoked);
    let told = format!("530 {}", Problem::Revoked.text());
    for rule in [ClientCertificateRule::Off, ClientCertificateRule::Optional, ClientCertificateRule::Required]
    {
        let mut driver = secured(asking(rule), of("somebody"));
        assert_eq!(driver.code("USER alice"), 331);
        driver.judges_meanwhile(revoked());
        assert_eq!(text(&mut driver, "PASS secret"), told);
        assert_eq!(text(&mut driver, "USER alice"), told);
        assert!(driver.server.grant().is_none());
    }
    for rule in ASKING {
        // Neither by the certificate itself, nor is anybody asked for a password then.
        for name in ["alice", "bob"] {
            let mut driver = secured(asking(rule), of("alice"));
            driver.judges_meanwhile(revoked());
            assert_eq!(text(&mut driver, &format!("USER {name}")), told);
            assert_eq!(driver.code("PASS secret"), 503);
        }
        // One that still counts is no matter.
        let mut driver = secured(asking(rule), of("alice"));
        driver.judges_meanwhile(of("alice"));
        assert_eq!(driver.code("USER alice"), 232);
    }
}

#[test]
fn one_that_is_revoked_ends_a_session_that_is_logged_in() {
    let mut driver = secured(asking(ClientCertificateRule::Optional), of("alice"));
    assert_eq!(driver.code("USER alice"), 232);
    let now = driver.now;
    driver.server.handle_client_certificate(now, ClientCertificate::Refused(Problem::Revoked));
    driver.drive();
    assert!(driver.record.closed);
    assert!(driver.server.is_closed());

    // In the middle of CCC no reply can be sent, and the verdict is not lost.
    let mut driver = secured(asking(ClientCertificateRule::Optional), of("alice"));
    assert_eq!(driver.code("USER alice"), 232);
    driver.judges_meanwhile(ClientCertificate::Refused(Problem::Revoked));
    assert_eq!(driver.code("CCC"), 200);
    assert_eq!((driver.record.clear_tls, driver.record.closed), (1, true));
}

#[test]
fn a_host_may_need_one_where_others_do_not() {
    let mut config = asking(ClientCertificateRule::Optional);
    let mut strict = VirtualHost::new(vec!["strict.example".to_owned()]);
    strict.client_certificates = ClientCertificateRule::Required;
    config.hosts = vec![strict, VirtualHost::new(vec!["other.example".to_owned()])];
    let mut driver = secured(config, ClientCertificate::Missing);
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("HOST strict.example"), 220);
    // HOST has forgotten USER.
    assert_eq!(driver.code("PASS secret"), 503);
    assert_eq!(driver.code("USER alice"), 530);
    assert_eq!(driver.code("HOST other.example"), 220);
    assert_eq!(driver.code("USER alice"), 331);
}

#[test]
fn each_problem_of_a_data_connection_has_its_words() {
    for problem in [Problem::Missing, Problem::Different, Problem::Revoked, Problem::Expired] {
        let reply =
            super::super::transfer_end::reply_to_failure(&DataFailure::ClientCertificate(problem), false);
        assert_eq!(reply.code().get(), 522);
        assert!(reply.reply().to_bytes().escape_ascii().to_string().contains(problem.text()));
    }
}

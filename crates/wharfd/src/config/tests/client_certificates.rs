//! `[client_certificates]`: what files that say something of it come to.

use std::time::Duration;

use wharf_server::ClientCertificateRule as Rule;

use super::{super::Plan, Folder, errors, far, now, told, with_head};
use crate::live::issuer::Issuer;

/// An authority, and its list of revoked certificates that ends with the year 2029.
const CA: &str = "-----BEGIN CERTIFICATE-----\n\
    MIIBfDCCASGgAwIBAgIUTfs32CiPENKXEP33ub7JAkx1lPMwCgYIKoZIzj0EAwIw\n\
    EjEQMA4GA1UEAwwHY2xpZW50czAgFw0yNjExMjExNDAxMTRaGA8yMTI2MTAyODE0\n\
    MDExNFowEjEQMA4GA1UEAwwHY2xpZW50czBZMBMGByqGSM49AgEGCCqGSM49AwEH\n\
    A0IABOA6n7lrACROGa7iOSxRFzNFOvnnUdFcnxdiTcwlGCuKSKCwDZXMuvGIOicf\n\
    067sBiNmLdmASdDa2aJ0XC2ajjWjUzBRMB0GA1UdDgQWBBRWlt2ZEkmpbHziNJgC\n\
    VmWrL/YtkDAfBgNVHSMEGDAWgBRWlt2ZEkmpbHziNJgCVmWrL/YtkDAPBgNVHRMB\n\
    Af8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCvIGqTChE5V2qu7HKPQZ04pJgO\n\
    fLhDWmn5KDrvXtpKXAIhAPS8OU3SAxXPrD/RqUIiZAnReed6zfk/kyjm40sS+Xy/\n\
    -----END CERTIFICATE-----\n";
const LIST: &str = "-----BEGIN X509 CRL-----\n\
    MIGpMFECAQEwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHY2xpZW50cxcNMjYxMTIx\n\
    MTQwMTE0WhcNMzAwMTAxMDAwMDAwWqAOMAwwCgYDVR0UBAMCAQEwCgYIKoZIzj0E\n\
    AwIDSAAwRQIhAMKlMeyKqrKgfTdLpxL3wmKlrmudD1oX5yTofWW/k8iAAiByBA9/\n\
    Up1FdZqevM9X2rlrKdspVChwc9+1gqWYxA3Yaw==\n\
    -----END X509 CRL-----\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("ca.pem", CA);
    folder.write("list.crl", LIST);
    folder
}

const USERS: &str = "[[user]]\nname = \"alice\"\nhash = \"HASH\"\n";

fn rules(plan: &Plan) -> Vec<(Rule, bool)> {
    let listeners = plan.options.listeners.iter();
    let asks = |tls: &wharf_server::ServerTls| tls.client_trust().is_some();
    listeners
        .map(|listener| {
            (listener.session.as_ref().unwrap().client_certificates, listener.tls.as_ref().is_some_and(asks))
        })
        .collect()
}

#[test]
fn each_listener_and_each_host_may_ask() {
    let text = |more: &str| {
        format!(
            "root = \"srv\"\nstate_dir = \"state\"\n[[listener]]\naddress = \"127.0.0.1:2121\"\n[[listener]]\n\
            address = \"127.0.0.1:2122\"\nclient_certificates = \"off\"\n[[listener]]\naddress = \"127.0.0.1:2123\"\n\
            client_certificates = \"optional\"\n{USERS}[client_certificates]\nask = \"required\"\nca = \"ca.pem\"\n\
            crl = [\"list.crl\"]\nmap = \"common-name\"\n{more}"
        )
    };
    let plan = folder().plan(&text(""));
    assert_eq!(rules(&plan), [(Rule::Required, true), (Rule::Off, false), (Rule::Optional, true)]);
    let summary = plan.summary.text();
    for part in [
        "at least 128 bits, client certificates required, dialect rfc4217\n",
        "\n  client certs   authorities: 1, lists of revoked ones: 1\n",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    // Where a host asks, a listener has to: its clients are told apart only behind the handshake.
    let plan = folder().plan(&text("[[host]]\nname = \"a.example\"\nclient_certificates = \"required\"\n"));
    assert_eq!(rules(&plan), [(Rule::Required, true), (Rule::Off, true), (Rule::Optional, true)]);
    for listener in &plan.options.listeners {
        assert_eq!(listener.session.as_ref().unwrap().hosts[0].client_certificates, Rule::Required);
    }
    assert_eq!(rules(&folder().plan(&with_head(USERS))), [(Rule::Off, false)]);
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(errors(&with_head(text)), expected, "{text}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    refused(
        "[client_certificates]\nask = \"required\"\n",
        "wharfd.toml, line 5: certificates of clients are required, but nothing says whose\n  \
        write ca = \"clients-ca.pem\" in [client_certificates], the certificates of those who sign them",
    );
    refused(
        "[[host]]\nname = \"a.example\"\nclient_certificates = \"optional\"\n[client_certificates]\ncrl = [\"x\"]\n",
        "wharfd.toml, line 6: certificates of clients are optional, but nothing says whose\n  \
        write ca = \"clients-ca.pem\" in [client_certificates], the certificates of those who sign them\n\
        wharfd.toml, line 8: crl without ca\n  write ca in the same section",
    );
    refused(
        "[tls]\ncontrol = \"deny\"\n[client_certificates]\nask = \"required\"\nca = \"ca.pem\"\n",
        "wharfd.toml, line 3: certificates of clients are required, but the listener 127.0.0.1:2121 has no TLS, so that \
        nobody could log in\n  write client_certificates = \"off\" in that [[listener]], or take control = \"deny\" away\n\
        wharfd.toml, line 5: control cannot be \"deny\" here: whether there is TLS at all is a matter of a listener\n  \
        write control = \"deny\" in the [[listener]] that shall have no TLS, and here \"allow\", \"credentials\" or \
        \"require\"",
    );
    refused(
        "[client_certificates]\nca = \"ca.pem\"\nlogin = \"both\"\n",
        "wharfd.toml, line 6: login = \"both\" lets nobody in: no listener asks for certificates\n  \
        write ask = \"optional\" in [client_certificates]",
    );
    refused(
        &format!(
            "{USERS}login = \"certificate\"\ncertificates = [\"sha256:{}\", \"x\"]\n\
        [client_certificates]\nask = \"optional\"\nca = \"ca.pem\"\n",
            "0".repeat(64)
        ),
        "wharfd.toml, line 7: login = \"certificate\" lets nobody in: no certificate names an account\n  \
        write map = \"common-name\" or another way in [client_certificates]\n\
        wharfd.toml, line 8: \"x\" is no fingerprint: a fingerprint is 64 hex digits (SHA-256 of the certificate), colons \
        allowed\n  write \"sha256:\" and 64 hexadecimal digits, as wharfd prints its own\n\
        wharfd.toml, line 8: the certificates of the user \"alice\" count for nothing\n  \
        write map = \"fingerprint\" in [client_certificates], or remove them",
    );
    refused(
        "[client_certificates]\nmap = \"comon-name\"\n",
        "wharfd.toml, line 5: map cannot be \"comon-name\"\n  did you mean \"common-name\"? It may be \"none\", \
        \"common-name\", \"san-email\", \"san-dns\" or \"fingerprint\"",
    );
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = folder();
    folder.write("junk", "junk");
    let told_of = |ca: &str, list: &str| {
        let text = format!(
            "[client_certificates]\nask = \"required\"\nca = \"{ca}\"\ncrl = [\"list.crl\", \"{list}\"]\n"
        );
        let failures = folder.plan_at(&with_head(&text), now()).unwrap_err();
        told(&failures).replace(&folder.path().display().to_string(), "DIR")
    };
    assert!(told_of("absent", "list.crl").starts_with(
        "wharfd.toml, line 6: the authorities in \"DIR/absent\": it cannot be read: No such file"
    ));
    assert_eq!(
        told_of("junk", "list.crl"),
        "wharfd.toml, line 6: the authorities in \"DIR/junk\": it holds no certificate: give those of the authorities in \
        PEM\n  give the certificates of those who sign certificates of clients, in PEM"
    );
    assert_eq!(
        told_of("ca.pem", "junk"),
        "wharfd.toml, line 7: the list of revoked certificates \"DIR/junk\": it holds no list of revoked certificates \
        (X509 CRL), in PEM or DER\n  give one in PEM or DER, as its authority publishes it"
    );
}

#[test]
fn authorities_and_lists_that_shut_everybody_out_are_warned_of() {
    let year = |year| rcgen::date_time_ymd(year, 1, 1);
    let over = Issuer::new_with("over", |params| params.not_after = year(2020));
    let future = Issuer::new_with("future", |params| params.not_before = year(2900));
    let soon = Issuer::new_with("soon", |params| params.not_after = year(2030));
    let (good, other) = (Issuer::new("good"), Issuer::new("good"));
    let [from, until] = [21_900_u32, 40_000].map(|day| Duration::from_secs(24 * 60 * 60) * day);
    let folder = folder();
    let warnings = |authorities: &[&Issuer], lists: &[&Issuer]| -> Vec<String> {
        folder.write("ca.pem", &authorities.iter().map(|issuer| issuer.pem.as_str()).collect::<String>());
        let lists: String = lists.iter().map(|issuer| issuer.list(from, until)).collect();
        let crl = if lists.is_empty() { "" } else { "crl = [\"list.crl\"]\n" };
        folder.write("list.crl", &lists);
        let text = format!("[client_certificates]\nask = \"required\"\nca = \"ca.pem\"\n{crl}{USERS}");
        // Ten days and some hours before the year 2030.
        let plan = folder.plan_at(&with_head(&text), far(21_905)).unwrap();
        let told = |warning: &super::super::Warning| {
            let text = format!("{}: {}", warning.line.unwrap_or(0), warning.text);
            text.replace(&folder.path().display().to_string(), "DIR")
        };
        plan.warnings.iter().map(told).collect()
    };
    let signed = "the certificates that it has signed are refused";
    assert_eq!(
        warnings(&[&over, &future, &soon, &good], &[]),
        [
            format!("6: the authority CN=over in \"DIR/ca.pem\" has expired: {signed}"),
            format!("6: the authority CN=future in \"DIR/ca.pem\" is not valid yet: {signed}"),
            format!("6: the authority CN=soon in \"DIR/ca.pem\" ends in 10 days: {signed} then"),
        ]
    );
    // A key that was changed, with a list by each, by one of the two, and by a third one.
    assert!(warnings(&[&good, &other], &[&good, &other]).is_empty());
    let none = format!(
        "6: the authority CN=good in \"DIR/ca.pem\" has signed none of the lists in crl: {signed} until there is one"
    );
    assert_eq!(warnings(&[&good, &other], &[&other]), std::slice::from_ref(&none));
    let foreign = "7: the list of revoked certificates \"DIR/list.crl\" (CN=good) counts for nothing: the key of no \
        authority of that name in ca has signed it";
    assert_eq!(warnings(&[&good], &[&other]), [none, foreign.to_owned()]);
}

#[test]
fn what_is_hardly_meant_is_warned_of() {
    let folder = folder();
    let warnings = |text: &str, days: u64| -> Vec<String> {
        let plan = folder.plan_at(&with_head(text), far(days)).unwrap();
        let told =
            |warning: &super::super::Warning| format!("{}: {}", warning.line.unwrap_or(0), warning.text);
        let dir = folder.path().display().to_string();
        plan.warnings.iter().map(told).map(|text| text.replace(&dir, "DIR")).collect()
    };
    let section = "[client_certificates]\nask = \"required\"\nca = \"ca.pem\"\ncrl = [\"list.crl\"]\n";
    let text = format!("{section}{USERS}");
    assert!(warnings(&text, 21_900).is_empty());
    assert_eq!(
        warnings(&text, 21_915),
        ["7: the list of revoked certificates \"DIR/list.crl\" (CN=clients) expires in less than 6 hours"]
    );
    assert_eq!(
        warnings(&text, 21_916),
        [
            "7: the list of revoked certificates \"DIR/list.crl\" (CN=clients) has expired: certificates of that issuer \
            are refused until there is a new one"
        ]
    );
    assert_eq!(
        warnings(&text.replace("required", "optional"), 21_900),
        [
            "5: certificates of clients are optional and name no account: who shows one gains nothing; write map"
        ]
    );
    assert_eq!(
        warnings(&text.replace("required", "off"), 21_900),
        ["6: no listener asks for certificates of clients"]
    );
    assert_eq!(
        warnings(&text.replace("[[user]]", "map = \"fingerprint\"\n[[user]]"), 21_900),
        ["8: map = \"fingerprint\", but no [[user]] has certificates: no certificate logs in"]
    );
    let nobody = format!("{section}{}", USERS.replace("HASH", "*"));
    assert_eq!(
        warnings(&nobody, 21_900),
        ["10: the user \"alice\" has no password, and no certificate logs in"]
    );
    assert!(warnings(&nobody.replace("[[user]]", "map = \"common-name\"\n[[user]]"), 21_900).is_empty());
}

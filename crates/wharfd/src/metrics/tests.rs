//! What the file says.

use wharf_server::{ClientTrust, FileWatch, ServerTls, ServerTlsOptions};

use super::*;
use crate::{certificate::Certificate, live::issuer::Issuer};

#[test]
fn labels_are_escaped() {
    let mut text = String::new();
    line(&mut text, "a", &[("x", "1\"\\\n"), ("y", "")], 7);
    line(&mut text, "b", &[], 8);
    assert_eq!(text, "a{x=\"1\\\"\\\\\\n\",y=\"\"} 7\nb 8\n");
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let [file, temp, other] = ["a.prom", "a.prom.new", "other"].map(|name| dir.path().join(name));
    fs::write(&other, "precious").unwrap();
    for _ in 0..2 {
        std::os::unix::fs::symlink(&other, &temp).unwrap();
        replace(&file, "new\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new\n");
        assert!(fs::symlink_metadata(&file).unwrap().is_file() && !temp.exists());
    }
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
}

/// Sources with these certificates.
fn sources(live: &Arc<Live>) -> Sources {
    Sources {
        live: Arc::clone(live),
        reloads: Reloads::default(),
        counters: Arc::default(),
        started: UNIX_EPOCH,
    }
}

#[tokio::test]
async fn the_list_of_each_issuer_that_counts_now_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let [authorities, old, new] = ["ca.pem", "old.crl", "new.crl"].map(|name| dir.path().join(name));
    let [one, other] = ["one", "other"].map(Issuer::new);
    let list =
        |issuer: &Issuer, from, until| issuer.list(Duration::from_secs(from), Duration::from_secs(until));
    fs::write(&authorities, format!("{}{}", one.pem, other.pem)).unwrap();
    fs::write(&old, format!("{}{}", list(&one, 1_000, 2_000), list(&other, 1_000, 3_000))).unwrap();
    fs::write(&new, list(&one, 900, 1_900)).unwrap();
    let lists = vec![old, new.clone()];
    let certificate = Certificate::kept(dir.path(), &["localhost".to_owned()]).unwrap();
    let mut tls = ServerTlsOptions::new(certificate.identity.clone());
    tls.client_trust = Some(ClientTrust::from_files(&authorities, &lists).unwrap());
    let mut live = Live::default();
    let slot = live.slot(&certificate);
    live.show(&ServerTls::new(tls).unwrap(), slot, Vec::new());
    live.trust_clients(authorities, lists);
    let live = Arc::new(live);
    let mut watch = FileWatch::new();
    let mut sources = sources(&live);
    sources.reloads = live.watch(&mut watch);
    let told = || -> Vec<String> {
        let text = text(&sources);
        let lines = text.lines().filter_map(|line| line.strip_prefix("wharfd_crl_next_update_seconds{file="));
        lines.map(|line| line.rsplit('/').next().unwrap().to_owned()).collect()
    };
    assert_eq!(told(), ["old.crl\",issuer=\"CN=one\"} 2000", "old.crl\",issuer=\"CN=other\"} 3000"]);
    fs::write(&new, list(&one, 1_500, 2_500)).unwrap();
    watch.look().await.unwrap();
    let text = text(&sources);
    assert!(text.contains("wharfd_client_trust_reloads_total{outcome=\"ok\"} 1\n"), "{text}");
    assert!(text.contains("wharfd_certificate_reloads_total{outcome=\"ok\"} 0\n"), "{text}");
    assert_eq!(told(), ["new.crl\",issuer=\"CN=one\"} 2500", "old.crl\",issuer=\"CN=other\"} 3000"]);
}

#[test]
fn each_key_of_an_authority_has_a_list_that_counts() {
    let dir = tempfile::tempdir().unwrap();
    let [authorities, one, both] = ["ca.pem", "one.crl", "both.crl"].map(|name| dir.path().join(name));
    let [old, new] = [Issuer::new("clients"), Issuer::new("clients")];
    let list =
        |issuer: &Issuer, from, until| issuer.list(Duration::from_secs(from), Duration::from_secs(until));
    fs::write(&authorities, format!("{}{}", old.pem, new.pem)).unwrap();
    fs::write(&one, list(&old, 1_500, 4_000)).unwrap();
    fs::write(&both, format!("{}{}", list(&old, 1_000, 2_000), list(&new, 1_000, 3_000))).unwrap();
    let told = |lists: Vec<PathBuf>| -> Vec<String> {
        let certificate = Certificate::kept(dir.path(), &["localhost".to_owned()]).unwrap();
        let mut tls = ServerTlsOptions::new(certificate.identity.clone());
        tls.client_trust = Some(ClientTrust::from_files(&authorities, &lists).unwrap());
        let mut live = Live::default();
        let slot = live.slot(&certificate);
        live.show(&ServerTls::new(tls).unwrap(), slot, Vec::new());
        let text = text(&sources(&Arc::new(live)));
        let lines = text.lines().filter_map(|line| line.strip_prefix("wharfd_crl_next_update_seconds{file="));
        lines.map(|line| line.rsplit('/').next().unwrap().to_owned()).collect()
    };
    let told_both = told(vec![one, both.clone()]);
    assert_eq!(
        told_both,
        ["both.crl\",issuer=\"CN=clients\"} 3000", "one.crl\",issuer=\"CN=clients\"} 4000"]
    );
    // A figure that is there twice would make the whole file unreadable.
    assert_eq!(told(vec![both]), ["both.crl\",issuer=\"CN=clients\"} 2000"]);
}

#[test]
fn what_stands_in_for_a_certificate_is_not_told_as_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut certificate = Certificate::kept(dir.path(), &["localhost".to_owned()]).unwrap();
    certificate.placeholder = true;
    let mut live = Live::default();
    let slot = live.slot(&certificate);
    let live = Arc::new(live);
    let sources = sources(&live);
    assert!(!text(&sources).contains("wharfd_certificate_not_after_seconds{"));
    live.replace(slot, certificate.identity);
    assert!(text(&sources).contains("wharfd_certificate_not_after_seconds{"));
}

#[test]
fn no_figure_is_there_twice() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = Certificate::kept(dir.path(), &["localhost".to_owned()]).unwrap();
    let mut other = certificate.clone();
    other.files.1 = dir.path().join("link-to-key.pem");
    let mut live = Live::default();
    assert_ne!(live.slot(&certificate), live.slot(&other));
    let text = text(&sources(&Arc::new(live)));
    let mut figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    figures = figures.into_iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    let count = figures.len();
    figures.sort_unstable();
    figures.dedup();
    assert_eq!(figures.len(), count, "{text}");
    assert!(text.contains("wharfd_certificate_not_after_seconds{"), "{text}");
}

#[test]
fn each_family_is_described_before_its_figures() {
    let text = text(&sources(&Arc::default()));
    let mut described = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            described.push(rest.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            assert_eq!(described.last(), Some(&name), "{line}");
            assert!(line.rsplit(' ').next().unwrap().parse::<u64>().is_ok(), "{line}");
        }
    }
    assert!(text.contains("wharfd_transfers_total{kind=\"upload\",outcome=\"failed\"} 0\n"));
}

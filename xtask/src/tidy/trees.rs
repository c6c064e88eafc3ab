//! Crates that may not stand anywhere in a dependency tree, as `cargo tree --prefix none` prints it.
//!
//! The lock file would not do: it also names what optional features of others could bring.

use super::Findings;

/// One TLS library with one provider: the others stay out.
pub(super) const FOREIGN_TLS: &[&str] = &["ring", "openssl-sys", "native-tls"];

/// What a crate without I/O cannot hold.
pub(super) const NO_IO: &[&str] = &["tokio", "rustls", "tokio-rustls", "tokio-util", "mio", "socket2"];

/// None of the `unwanted` crates is in the printed tree.
pub(super) fn nowhere(of: &str, printed: &str, unwanted: &[&str], findings: &mut Findings) {
    let found = |name: &&&str| printed.lines().any(|line| line.split(' ').next() == Some(**name));
    for name in unwanted.iter().filter(found) {
        findings.error(format!("{name} is in the dependency tree of {of}: `cargo tree -i {name}` says why"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_names_only() {
        let mut findings = Findings::default();
        nowhere("x", "x v1.0.0 (/x)\nring-buffer v1.0.0\nrustls v0.23.0", FOREIGN_TLS, &mut findings);
        assert!(findings.errors.is_empty());
        nowhere("x", "x v1.0.0\nring v0.17.14\nring v0.17.14 (*)", FOREIGN_TLS, &mut findings);
        assert_eq!(findings.errors, ["ring is in the dependency tree of x: `cargo tree -i ring` says why"]);
    }

    #[test]
    fn a_runtime_in_a_machine_is_found() {
        let mut findings = Findings::default();
        nowhere("wharf-session", "wharf-session v0.1.0\ntokio v1.48.0", NO_IO, &mut findings);
        assert_eq!(findings.errors.len(), 1);
    }
}

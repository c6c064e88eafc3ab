//! Which versions and cipher suites are weak.

/// Why TLS of that version with that cipher suite is weak; `None` when it is not. Both as logs show them, in the names of
/// IANA or of OpenSSL.
///
/// Weak are versions before 1.2; suites without encryption or without a proof of the server; RC2, RC4, DES, 3DES, IDEA, SEED
/// and ciphers for export; MD5; CBC with SHA-1; and key exchange by RSA, which leaves everything readable to whoever gets the
/// key later.
#[must_use]
pub fn weakness(version: &str, cipher: &str) -> Option<&'static str> {
    let (version, cipher) = (version.to_ascii_uppercase(), cipher.to_ascii_uppercase());
    let digits: String = version.chars().filter(char::is_ascii_digit).collect();
    if version.starts_with("SSL") || matches!(&*digits, "1" | "10" | "11") {
        return Some("a version before TLS 1.2");
    }
    let words: Vec<&str> = cipher.split(['_', '-']).collect();
    let has = |word: &str| words.contains(&word);
    // OpenSSL does not name CBC, nor RSA where it exchanges the key: what is left is a cipher alone.
    let openssl = cipher.contains('-') && !cipher.contains('_');
    if has("NULL") {
        Some("no encryption")
    } else if has("ANON") || has("ADH") || has("AECDH") {
        Some("no proof of the server")
    } else if has("EXPORT") || has("EXP") || has("RC2") || has("RC4") || has("IDEA") || has("SEED") {
        Some("a broken cipher")
    } else if has("DES") || has("3DES") || has("CBC3") || has("DES40") {
        Some("DES or 3DES")
    } else if has("MD5") {
        Some("MD5")
    } else if has("SHA") && (has("CBC") || openssl) {
        Some("CBC with SHA-1")
    } else if cipher.starts_with("TLS_RSA_")
        || openssl && (words.first() == Some(&"RSA") || is_cipher(&words))
    {
        Some("key exchange by RSA, without forward secrecy")
    } else {
        None
    }
}

/// Whether a name of OpenSSL begins with its cipher, and with no key exchange.
fn is_cipher(words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    ["AES128", "AES256", "CAMELLIA128", "CAMELLIA256", "ARIA128", "ARIA256"].contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_broken_ones_are_weak() {
        for (version, cipher) in [
            ("TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
            ("TLSv1.1", ""),
            ("TLS1", "AES128-SHA"),
            ("SSLv3", "RC4-SHA"),
            ("TLSv1.2", "TLS_ECDHE_RSA_WITH_NULL_SHA"),
            ("TLSv1.2", "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
            ("TLSv1.2", "ECDHE-RSA-RC4-SHA"),
            ("TLSv1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
            ("TLSv1.2", "DES-CBC3-SHA"),
            ("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
            ("TLSv1.2", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
            ("TLSv1.2", "AES128-SHA"),
            ("TLSv1.2", "AES128-SHA256"),
            ("TLSv1.2", "AES128-GCM-SHA256"),
            ("TLSv1.2", "AES256-CCM8"),
            ("TLSv1.2", "CAMELLIA256-SHA"),
            ("TLSv1.2", "RSA-PSK-AES128-GCM-SHA256"),
            ("TLSv1.2", "ECDHE-RSA-AES256-SHA"),
            ("TLSv1.2", "DHE-RSA-AES128-SHA"),
            ("TLSv1.2", "EDH-RSA-DES-CBC3-SHA"),
            ("TLSv1.2", "PSK-AES128-CBC-SHA"),
        ] {
            assert!(weakness(version, cipher).is_some(), "{version} {cipher}");
        }
        for (version, cipher) in [
            ("TLSv1.3", "TLS13_AES_128_GCM_SHA256"),
            ("TLSv1.3", "TLS13_CHACHA20_POLY1305_SHA256"),
            ("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            ("TLS 1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
            ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
            ("TLSv1.2", "DHE-RSA-AES128-GCM-SHA256"),
            ("TLSv1.2", "ECDHE-RSA-AES256-SHA384"),
            ("TLSv1.2", "ECDHE-ECDSA-AES128-CCM"),
            ("TLSv1.3", "TLS_AES_128_GCM_SHA256"),
            ("TLSv1.3", ""),
        ] {
            assert_eq!(weakness(version, cipher), None, "{version} {cipher}");
        }
    }
}

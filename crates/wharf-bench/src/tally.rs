//! What came of it.

use std::fmt;

use wharf_client::TlsInfo;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) transfers: usize,
    pub(crate) bytes: u64,
    /// Files that came back changed.
    pub(crate) different: usize,
    /// Protected data connections that did not resume the session of the control connection.
    pub(crate) full_handshakes: usize,
    /// Protected data connections that did.
    pub(crate) resumed: usize,
    pub(crate) seconds: f64,
    /// The version of the control connection at the end; empty without TLS.
    pub(crate) tls_version: String,
}

impl Tally {
    pub(crate) fn count(&mut self, bytes: usize, data: Option<&TlsInfo>) {
        self.transfers += 1;
        self.bytes += bytes as u64;
        match data {
            Some(tls) if tls.resumed => self.resumed += 1,
            Some(_) => self.full_handshakes += 1,
            None => {}
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.different + self.full_handshakes == 0
    }

    /// One JSON object on one line; `tls_version` is null without TLS.
    pub(crate) fn json(&self) -> String {
        let Self { transfers, bytes, different, full_handshakes, resumed, seconds, tls_version } = self;
        let version = if tls_version.is_empty() { "null".to_owned() } else { format!("\"{tls_version}\"") };
        format!(
            "{{\"transfers\":{transfers},\"bytes\":{bytes},\"different\":{different},\
             \"full_handshakes\":{full_handshakes},\"resumed\":{resumed},\"seconds\":{seconds:.3},\
             \"tls_version\":{version}}}"
        )
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} transfers, {} bytes, {} different, {} full handshakes on data connections",
            self.transfers, self.bytes, self.different, self.full_handshakes
        )?;
        write!(
            f,
            "{:.3} s, {:.1} transfers/s, {:.1} MB/s",
            self.seconds,
            self.transfers as f64 / self.seconds,
            self.bytes as f64 / 1e6 / self.seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object() {
        let mut tally = Tally { seconds: 1.5, ..Tally::default() };
        tally.count(10, None);
        let start = "{\"transfers\":1,\"bytes\":10,\"different\":0,\"full_handshakes\":0,\"resumed\":0,\"seconds\":1.500,";
        assert_eq!(tally.json(), format!("{start}\"tls_version\":null}}"));
        tally.tls_version = "TLSv1.3".to_owned();
        assert_eq!(tally.json(), format!("{start}\"tls_version\":\"TLSv1.3\"}}"));
    }
}

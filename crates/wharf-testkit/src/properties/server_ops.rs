//! The server machine under any bytes and events.

mod judge;
mod outside;

use std::{sync::Arc, time::Duration};

use wharf_session::{
    ClientCertificate, ClientCertificateProblem, TlsEvent, TlsInfo, TlsVersion,
    policy::{ControlPolicy, DataPolicy, Policy},
    server::{PeerInfo, Server, ServerConfig},
};
use wharf_types::ClientIdentity;

use self::{judge::Judge, outside::Outside};
use super::ops::{Op, decode};

/// The server machine under any bytes and events (CTL-12, TLS-04, CTL-02):
///
/// - nothing makes it panic;
/// - each command gets at most one completing reply, in the order of the commands, but that NOOP and STAT pass a
///   running transfer;
/// - nothing that stood in clear behind AUTH is answered;
/// - once a timeout was handled, the next one lies ahead, or there is none;
/// - what waits to be sent is bounded;
/// - behind `Close` stand only what gives things back and news for the log;
/// - when it is closed, every job and every data connection has been given back.
///
/// # Panics
/// On a finding.
pub fn server_ops(data: &[u8]) {
    let (variant, ops) = decode(data);
    let mut run = Run::new(variant);
    run.settle();
    for op in ops {
        run.step(op);
        run.settle();
    }
    run.step(Op::Eof);
    run.settle();
    run.judge.at_the_end(&run.outside);
}

struct Run {
    server: Server,
    now: std::time::Instant,
    judge: Judge,
    outside: Outside,
    /// What the peer sent and the machine did not take yet.
    wire: Vec<u8>,
    peer_reads: bool,
    unsent: usize,
}

impl Run {
    fn new(variant: u8) -> Self {
        let bit = |n: u8| variant >> n & 1 == 1;
        let mut cfg = ServerConfig::default();
        cfg.policy = match variant & 3 {
            0 => Policy { control: ControlPolicy::Allow, data: DataPolicy::Allow, ..Policy::default() },
            1 => Policy { control: ControlPolicy::Credentials, data: DataPolicy::Allow, ..Policy::default() },
            2 => Policy { control: ControlPolicy::Require, data: DataPolicy::Require, ..Policy::default() },
            _ => Policy { control: ControlPolicy::Deny, data: DataPolicy::Deny, ..Policy::default() },
        };
        cfg.policy.report_only = bit(7);
        cfg.implicit = bit(2);
        cfg.dangerous_foreign_data = bit(3);
        cfg.dangerous_tls_client = bit(3);
        if bit(4) {
            cfg.look_ahead = 2;
            cfg.max_pending = 256;
        }
        if bit(5) {
            cfg.limits.max_line = 64;
            cfg.limits.max_discard = 256;
        }
        let v6 = bit(6);
        let peer = if v6 { "[2001:db8::7]:40000" } else { "203.0.113.7:40000" };
        let local = if v6 { "[2001:db8::1]:21" } else { "192.0.2.1:21" };
        let ends =
            PeerInfo { peer: peer.parse().expect("an address"), local: local.parse().expect("an address") };
        let now = crate::start();
        let cfg = Arc::new(cfg);
        Self {
            judge: Judge::new(&cfg),
            server: Server::new(cfg, ends, now),
            now,
            outside: Outside::new(ends),
            wire: Vec::new(),
            peer_reads: true,
            unsent: 0,
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Bytes(bytes) => self.wire.extend_from_slice(&bytes),
            Op::Automatic(on) => self.outside.automatic = on,
            Op::Answer(how) => self.outside.answer(&mut self.server, self.now, how),
            Op::Tls(how) => {
                let event = match how % 4 {
                    0 => TlsEvent::Established(TlsInfo { client_certificate: shown(how >> 4), ..tls_info() }),
                    1 => TlsEvent::Cleared,
                    2 => TlsEvent::Failed("no cipher in common".to_owned()),
                    _ => TlsEvent::CloseNotify,
                };
                // Nothing comes of TLS that was not asked for.
                if self.outside.tls_pending || how % 4 >= 2 {
                    self.outside.tls_pending = false;
                    self.tls(event);
                }
            }
            Op::Data(how) => self.outside.data_event(&mut self.server, self.now, how),
            Op::Time(quarters) => {
                self.now += Duration::from_millis(250) * u32::from(quarters);
                self.timeout();
            }
            Op::Due => {
                if let Some(at) = self.server.poll_timeout() {
                    self.now = self.now.max(at);
                    self.timeout();
                }
            }
            Op::PeerReads(on) => self.peer_reads = on,
            Op::Eof => self.server.handle_eof(self.now),
            Op::Shutdown(over) => self.server.shutdown(self.now, over),
            Op::Plaintext => self.server.handle_plaintext_after_auth(self.now),
        }
    }

    fn tls(&mut self, event: TlsEvent) {
        self.judge.tls(&event);
        self.server.handle_tls(self.now, event);
    }

    fn timeout(&mut self) {
        self.server.handle_timeout(self.now);
        let next = self.server.poll_timeout();
        assert!(next.is_none_or(|at| at > self.now), "the timeout does not move on");
    }

    /// What a driver does until nothing changes any more.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            let mut busy = false;
            while let Some(output) = self.server.poll_output() {
                busy = true;
                self.unsent += self.judge.output(&output);
                if let Some(event) = self.outside.perform(&mut self.server, self.now, output) {
                    self.tls(event);
                }
            }
            assert!(self.unsent <= self.judge.most_unsent, "{} bytes wait to be sent", self.unsent);
            if self.peer_reads && self.unsent > 0 {
                self.unsent = 0;
                self.server.handle_sent(self.now, 0);
                busy = true;
            }
            if !self.wire.is_empty() {
                let wanted = self.server.wants_bytes();
                let taken = self.server.handle_bytes(self.now, &self.wire);
                assert!(wanted == (taken > 0), "wants_bytes is {wanted}, {taken} bytes were taken");
                self.judge.taken(&self.wire[..taken]);
                self.wire.drain(..taken);
                busy |= taken > 0;
            }
            if !busy {
                return;
            }
        }
        panic!("output without end");
    }
}

/// What TLS tells of the client's certificate.
fn shown(how: u8) -> ClientCertificate {
    match how {
        0..8 => ClientCertificate::NotAsked,
        8..10 => ClientCertificate::Missing,
        10..12 => ClientCertificate::Refused(ClientCertificateProblem::Revoked),
        _ => ClientCertificate::Verified(Arc::new(ClientIdentity {
            fingerprint: [7; 32],
            common_name: Some("alice".to_owned()),
            emails: Vec::new(),
            dns_names: Vec::new(),
        })),
    }
}

fn tls_info() -> TlsInfo {
    TlsInfo {
        version: TlsVersion::V1_3,
        cipher: "TLS13_AES_128_GCM_SHA256".to_owned(),
        resumed: false,
        server_name: None,
        client_certificate: ClientCertificate::NotAsked,
    }
}

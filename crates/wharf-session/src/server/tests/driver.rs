//! A driver without sockets: answers what the machine asks as a friendly world would, and keeps a record.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use wharf_codec::{Limits, Reply, ReplyFramer};
use wharf_types::{FileKind, FileOp, Grant, Metadata, Rights, Timestamp, TlsRule};

use super::super::{AuditEvent, FileAnswer, LoginAnswer, Output, PeerInfo, Question, Server, ServerConfig};
use crate::{
    SubStatus,
    certificate::ClientCertificate,
    contract::{DataCommand, DataEvent, DataFailure, DataId, EndMark, TlsEvent, TlsInfo, TlsVersion},
    policy::{ControlPolicy, DataPolicy, Policy},
};

/// What the machine did besides replying.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) dialled: usize,
    pub(super) started: usize,
    pub(super) opened: usize,
    pub(super) cancelled: usize,
    pub(super) clear_tls: usize,
    /// The codes that would have been the answer if the policy were enforced.
    pub(super) would_refuse: Vec<u16>,
    pub(super) closed: bool,
    /// Of the last reply.
    pub(super) substatus: Option<SubStatus>,
    /// What storage was asked for.
    pub(super) effects: Vec<FileOp>,
}

#[derive(Debug)]
pub(super) struct Driver {
    pub(super) server: Server,
    pub(super) now: Instant,
    pub(super) record: Record,
    /// Handshakes on data connections begin, and end when [`Driver::secured`] says so.
    pub(super) slow_tls: bool,
    /// They do not even begin.
    pub(super) slow_hello: bool,
    /// The version of TLS that both agree on.
    pub(super) version: TlsVersion,
    /// How long the handshake of the control connection takes.
    pub(super) handshake: Duration,
    /// What accounts say of encryption by themselves.
    pub(super) grant_rule: TlsRule,
    /// What they may do.
    pub(super) rights: Rights,
    /// The host that the client names in TLS.
    sni: Option<&'static str>,
    /// What TLS told of the client's certificate.
    certificate: ClientCertificate,
    /// What it is worth once the next question is open.
    meanwhile: Option<ClientCertificate>,
    securing: Option<DataId>,
    wire: BytesMut,
    framer: ReplyFramer,
}

pub(super) fn config(control: ControlPolicy, data: DataPolicy, implicit: bool) -> ServerConfig {
    let policy = Policy { control, data, ..Policy::default() };
    ServerConfig { policy, implicit, ..ServerConfig::default() }
}

impl Driver {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self::naming(config, None)
    }

    /// With a client that names a host in TLS.
    #[expect(clippy::disallowed_methods, reason = "the base of the virtual clock; nothing is measured")]
    pub(super) fn naming(config: ServerConfig, sni: Option<&'static str>) -> Self {
        let now = Instant::now();
        let ends =
            PeerInfo { peer: "192.0.2.7:50000".parse().unwrap(), local: "192.0.2.1:2121".parse().unwrap() };
        let mut this = Self {
            server: Server::new(Arc::new(config), ends, now),
            now,
            record: Record::default(),
            slow_tls: false,
            slow_hello: false,
            version: TlsVersion::V1_3,
            handshake: Duration::ZERO,
            grant_rule: TlsRule::NONE,
            rights: Rights::FULL,
            sni,
            certificate: ClientCertificate::NotAsked,
            meanwhile: None,
            securing: None,
            wire: BytesMut::new(),
            framer: ReplyFramer::new(&Limits::default()),
        };
        this.drive();
        this
    }

    /// With a client of which TLS told this.
    pub(super) fn shows(mut self, certificate: ClientCertificate) -> Self {
        self.certificate = certificate;
        self
    }

    fn tls(&self) -> TlsInfo {
        TlsInfo {
            version: self.version,
            cipher: "TLS13_AES_128_GCM_SHA256".to_owned(),
            resumed: false,
            server_name: None,
            client_certificate: self.certificate.clone(),
        }
    }

    /// The next login is checked, or TLS is ended, for so long that this comes first.
    pub(super) fn judges_meanwhile(&mut self, certificate: ClientCertificate) {
        self.meanwhile = Some(certificate);
    }

    fn meanwhile(&mut self) {
        if let Some(certificate) = self.meanwhile.take() {
            self.server.handle_client_certificate(self.now, certificate);
        }
    }

    /// Does what the machine asks until it asks nothing more.
    pub(super) fn drive(&mut self) {
        while let Some(output) = self.server.poll_output() {
            let now = self.now;
            match output {
                Output::Transmit(bytes) => {
                    self.wire.extend_from_slice(&bytes);
                    self.server.handle_sent(now, 0);
                }
                Output::UpgradeTls { .. } => {
                    let tls = TlsInfo { server_name: self.sni.map(str::to_owned), ..self.tls() };
                    self.now += self.handshake;
                    self.server.handle_tls(self.now, TlsEvent::Established(tls));
                }
                Output::ClearTls => {
                    self.record.clear_tls += 1;
                    self.meanwhile();
                    self.server.handle_tls(now, TlsEvent::Cleared);
                }
                Output::Ask(Question::Login { ticket, user, password, .. }) => {
                    let known = [&b"alice"[..], b"bob", b"anonymous"].contains(&user.as_bytes());
                    let answer = if known && password.expose() == b"secret" {
                        let mut grant = Grant::new(user.to_string(), "").with_rights(self.rights);
                        grant.tls = self.grant_rule;
                        LoginAnswer::Accept(grant)
                    } else {
                        LoginAnswer::Refuse
                    };
                    self.meanwhile();
                    self.server.answer_login(now, ticket, answer).unwrap();
                }
                Output::Ask(Question::Certified { ticket, user, certificate, .. }) => {
                    let named = certificate.common_name.as_deref();
                    let answer = match named.filter(|named| named.as_bytes() == user.as_bytes()) {
                        Some("nobody") => LoginAnswer::Unavailable,
                        Some(name) => LoginAnswer::Accept(Grant::new(name, "").with_rights(self.rights)),
                        None => LoginAnswer::Refuse,
                    };
                    self.meanwhile();
                    self.server.answer_login(now, ticket, answer).unwrap();
                }
                Output::Ask(Question::File { ticket, op }) => {
                    self.record.effects.push(op.clone());
                    let answer = match op {
                        FileOp::Read { .. } | FileOp::Write { .. } | FileOp::List { .. } => {
                            self.record.opened += 1;
                            FileAnswer::Opened { size: Some(3), path: None, offset: 0 }
                        }
                        FileOp::Enter(_)
                        | FileOp::Metadata(_)
                        | FileOp::MetadataOrPartial(_)
                        | FileOp::RenameFrom(_) => FileAnswer::Metadata {
                            metadata: Metadata::new(FileKind::File, 3, Timestamp::from_secs(0)),
                            partial: false,
                        },
                        FileOp::SetModified { to, .. } => FileAnswer::Time(to),
                        FileOp::Available(_) | FileOp::TextSize { .. } => FileAnswer::Size(3),
                        FileOp::Combine { .. } | FileOp::Copy { .. } => {
                            FileAnswer::Opened { size: None, path: None, offset: 0 }
                        }
                        FileOp::Hash { algorithm, .. } => {
                            FileAnswer::Digest { digest: vec![0xab; algorithm.length()], start: 0, length: 3 }
                        }
                        FileOp::SetMode { mode, .. } => FileAnswer::Mode(mode),
                        FileOp::Umask { to, .. } => FileAnswer::Mode(to.unwrap_or(0o022)),
                        FileOp::MakeDirectory(_)
                        | FileOp::RemoveDirectory(_)
                        | FileOp::RemoveFile(_)
                        | FileOp::RemoveTree(_)
                        | FileOp::Symlink { .. }
                        | FileOp::Rename { .. } => FileAnswer::Done,
                    };
                    self.server.answer_file(now, ticket, Ok(answer)).unwrap();
                }
                Output::Ask(Question::Lines { ticket, .. }) => {
                    self.server.answer_lines(now, ticket, Ok(Vec::new())).unwrap();
                }
                Output::Ask(Question::Commit { ticket, .. }) => {
                    self.server.answer_commit(now, ticket, Ok(())).unwrap();
                }
                Output::Ask(Question::Sessions { ticket }) => {
                    self.server.answer_sessions(now, ticket, Vec::new()).unwrap();
                }
                Output::Data(command) => self.data(command),
                Output::Close | Output::Abort => self.record.closed = true,
                Output::Event(AuditEvent::WouldRefuse { code, .. }) => {
                    self.record.would_refuse.push(code.get());
                }
                Output::Event(AuditEvent::Replied { code, substatus, .. }) => {
                    // Exactly the negative replies have a sub-status, and one that is listed for the code.
                    assert_eq!(code.is_refusal(), substatus.is_some(), "{code}");
                    assert!(substatus.is_none_or(|status| status.codes().contains(&code)), "{code}");
                    self.record.substatus = substatus;
                }
                Output::Withdraw(_) | Output::Release(_) | Output::Event(_) => {}
            }
        }
    }

    fn data(&mut self, command: DataCommand) {
        let now = self.now;
        match command {
            DataCommand::Listen { id, .. } => {
                self.server.handle_data(now, id, DataEvent::Listening("192.0.2.1:40000".parse().unwrap()));
                let peer = "192.0.2.7:50001".parse().unwrap();
                self.server.handle_data(now, id, DataEvent::Connected { peer });
            }
            DataCommand::Dial { id, to, .. } => {
                self.record.dialled += 1;
                self.server.handle_data(now, id, DataEvent::Connected { peer: to });
            }
            DataCommand::Secure { id, .. } if self.slow_tls => {
                self.securing = Some(id);
                if !self.slow_hello {
                    self.server.handle_data(now, id, DataEvent::HandshakeBegun);
                }
            }
            DataCommand::Secure { id, .. } => {
                self.server.handle_data(now, id, DataEvent::Secured { tls: self.tls(), bound: true });
            }
            DataCommand::SecureAsClient { id } => {
                self.server.handle_data(now, id, DataEvent::Secured { tls: self.tls(), bound: false });
            }
            DataCommand::Start { id, .. } => {
                self.record.started += 1;
                self.server.handle_data(now, id, DataEvent::Finished { bytes: 3, end: EndMark::Clean });
            }
            DataCommand::Cancel { .. } => self.record.cancelled += 1,
        }
    }

    /// The handshake that began is done, or failed.
    pub(super) fn secured(&mut self, done: bool) -> Vec<u16> {
        let event = if done {
            DataEvent::Secured { tls: self.tls(), bound: true }
        } else {
            DataEvent::Failed(DataFailure::NotResumed)
        };
        self.server.handle_data(self.now, self.securing.take().unwrap(), event);
        self.drive();
        self.take().iter().map(|reply| reply.code().get()).collect()
    }

    /// The handshake that began came to nothing, and the port listens on.
    pub(super) fn handshake_lost(&mut self) -> Vec<u16> {
        if let Some(id) = self.securing {
            self.server.handle_data(self.now, id, DataEvent::HandshakeLost);
        }
        self.slow_hello = true;
        self.drive();
        self.take().iter().map(|reply| reply.code().get()).collect()
    }

    /// Sends a line and gives the codes of all replies to it.
    pub(super) fn codes(&mut self, line: &str) -> Vec<u16> {
        self.replies(line).iter().map(|reply| reply.code().get()).collect()
    }

    pub(super) fn replies(&mut self, line: &str) -> Vec<Reply> {
        let mut bytes = line.as_bytes().to_vec();
        bytes.extend_from_slice(b"\r\n");
        self.send(&bytes);
        self.take()
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.server.handle_bytes(self.now, rest);
            rest = &rest[taken..];
            self.drive();
            if taken == 0 {
                break;
            }
        }
    }

    pub(super) fn take(&mut self) -> Vec<Reply> {
        core::iter::from_fn(|| self.framer.next_reply(&mut self.wire).unwrap()).collect()
    }

    /// Lets ten seconds pass.
    pub(super) fn wait(&mut self) -> Vec<Reply> {
        self.pass(Duration::from_secs(10))
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Reply> {
        self.now += time;
        self.server.handle_timeout(self.now);
        self.drive();
        self.take()
    }

    /// The code of the one final reply to a line, after the delay of a failed login.
    pub(super) fn code(&mut self, line: &str) -> u16 {
        let mut codes = self.codes(line);
        if codes.is_empty() {
            codes = self.wait().iter().map(|reply| reply.code().get()).collect();
        }
        let finals: Vec<u16> = codes.into_iter().filter(|code| *code >= 200).collect();
        assert_eq!(finals.len(), 1, "{line} got {finals:?}");
        finals[0]
    }
}

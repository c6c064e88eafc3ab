//! The machine against replies and data events, without any connection.

mod deflate;
mod endings;
mod pipeline;
mod session;
mod telnet;
mod transfer;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wharf_codec::{Command, Pathname, ReplyCode, Secret, Text, UserName};

use super::*;
use crate::ClientCertificate;
use crate::contract::{
    CancelHow, DataCommand, DataEvent, DataFailure, DataId, EndMark, TlsEvent, TlsInfo, TlsVersion,
};
use crate::mode::{DataMode, DeflateFault};

struct Rig {
    client: Client,
    now: Instant,
}

/// What the machine put out, in short: `> line` for a command, `data Dial ...`, `done`, `failed ...`, `lost ...`.
fn short(output: Output) -> Option<String> {
    Some(match output {
        Output::Transmit(bytes) => format!("> {}", String::from_utf8(bytes.to_vec()).unwrap().trim_end()),
        Output::UpgradeTls { host } => format!("upgrade {host}"),
        Output::ClearTls => "clear".to_owned(),
        Output::Data(command) => match command {
            DataCommand::Listen { id, .. } => format!("{id} listen"),
            DataCommand::Dial { id, to, .. } => format!("{id} dial {to}"),
            DataCommand::Secure { id, .. } => format!("{id} secure"),
            DataCommand::SecureAsClient { .. } => panic!("a client is the TLS client anyway"),
            DataCommand::Start { id, flow, form, mode } => match mode {
                DataMode::Stream => format!("{id} start {flow:?} {form:?}"),
                DataMode::Deflate(_) => format!("{id} start {flow:?} {form:?} deflated"),
            },
            DataCommand::Cancel { id, how } => format!("{id} cancel {how:?}"),
        },
        Output::Event(Event::Finished { result: Ok(Outcome::Done(reply)), .. }) => format!("done {reply}"),
        Output::Event(Event::Finished { result: Ok(Outcome::Transferred { bytes, name, .. }), .. }) => {
            match name {
                Some(name) => format!("transferred {bytes} as {name:?}"),
                None => format!("transferred {bytes}"),
            }
        }
        Output::Event(Event::Finished { result: Err(error), .. }) => format!("failed {error:?}"),
        Output::Event(Event::Lost(reason)) => format!("lost {reason:?}"),
        Output::Event(Event::Greeting(_) | Event::Sent(_) | Event::Received(_)) => return None,
        Output::Close => "close".to_owned(),
    })
}

impl Rig {
    fn new(config: ClientConfig) -> Self {
        Self::at(config, "192.0.2.1:21", StartSecurity::Clear)
    }

    fn at(config: ClientConfig, peer: &str, security: StartSecurity) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any time will do to begin with")]
        let now = Instant::now();
        let peer: SocketAddr = peer.parse().unwrap();
        let local = "192.0.2.9:40000".parse().unwrap();
        Self { client: Client::new(config, peer, local, security, now), now }
    }

    /// Greeted, in clear.
    fn open() -> Self {
        let mut rig =
            Self::new(ClientConfig { clear_login: true, pipeline: false, ..ClientConfig::default() });
        assert!(rig.says("220 hello").is_empty());
        rig
    }

    /// Greeted, with TLS and protected data connections.
    fn secure() -> Self {
        let mut rig = Self::new(ClientConfig { pipeline: false, ..ClientConfig::default() });
        rig.says("220 hello");
        assert_eq!(rig.start(Operation::Secure { host: "h".into() }), ["> AUTH TLS"]);
        assert_eq!(rig.says("234 go"), ["upgrade h"]);
        assert_eq!(rig.tls(TlsEvent::Established(info())), ["> PBSZ 0"]);
        assert_eq!(rig.says("200 ok"), ["> PROT P"]);
        assert_eq!(rig.says("200 ok"), ["done 234 go"]);
        rig
    }

    fn drain(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.client.poll_output()).filter_map(short).collect()
    }

    fn says(&mut self, line: &str) -> Vec<String> {
        let bytes = format!("{line}\r\n");
        assert_eq!(self.client.handle_bytes(self.now, bytes.as_bytes()), bytes.len());
        self.drain()
    }

    fn start(&mut self, operation: Operation) -> Vec<String> {
        self.client.start(self.now, operation).unwrap();
        self.drain()
    }

    fn tls(&mut self, event: TlsEvent) -> Vec<String> {
        self.client.handle_tls(self.now, event);
        self.drain()
    }

    fn data(&mut self, id: u64, event: DataEvent) -> Vec<String> {
        self.client.handle_data(self.now, DataId(id), event);
        self.drain()
    }

    fn connected(&mut self, id: u64) -> Vec<String> {
        self.data(id, DataEvent::Connected { peer: "192.0.2.1:1".parse().unwrap() })
    }

    fn ended(&mut self, id: u64, bytes: u64) -> Vec<String> {
        self.data(id, DataEvent::Finished { bytes, end: EndMark::Clean })
    }

    fn passes(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.client.handle_timeout(self.now);
        self.drain()
    }

    fn fetch(&mut self, spec: TransferSpec) -> Vec<String> {
        self.start(Operation::Transfer(spec))
    }
}

fn info() -> TlsInfo {
    TlsInfo {
        version: TlsVersion::V1_3,
        cipher: "c".into(),
        resumed: false,
        server_name: None,
        client_certificate: ClientCertificate::NotAsked,
    }
}

fn path(name: &str) -> Pathname {
    Pathname::try_from(name).unwrap()
}

fn spec(verb: TransferVerb) -> TransferSpec {
    TransferSpec::new(verb, Some(path("f")))
}

fn login(password: Option<&str>) -> Operation {
    Operation::Login {
        user: UserName::try_from("u").unwrap(),
        password: password.map(|text| Secret::new(text).unwrap()),
        account: None,
    }
}

//! What is measured of the client machine, against a server that answers all that was sent together.

use std::{hint::black_box, time::Instant};

use bytes::BytesMut;
use wharf_codec::{Command, Pathname, Secret, UserName};
use wharf_session::{
    DataCommand, DataEvent, EndMark, TlsEvent,
    client::{Client, ClientConfig, Event, Operation, Output, StartSecurity, TransferSpec, TransferVerb},
};

use crate::Function;
use crate::world::{CLIENT, FILE, SERVER, now, tls};

pub(crate) const FUNCTIONS: &[Function] = &[
    Function::new("session/client-login", 200, 2, login),
    Function::new("session/client-retr", 500, 1, retr),
    Function::new("session/client-noop-100", 50, 110, noops),
];

const GREETING: &[u8] = b"220 Wharf ready\r\n";

/// What the server says to the command that begins so; 200 to all others.
const REPLIES: &[(&[u8], &[u8])] = &[
    (b"AUTH", b"234 Begin the TLS handshake\r\n"),
    (b"USER", b"331 Password needed\r\n"),
    (b"PASS", b"230 Logged in\r\n"),
    (
        b"FEAT",
        b"211-Features:\r\n AUTH TLS\r\n CLNT\r\n EPRT\r\n EPSV\r\n MDTM\r\n MFMT\r\n \
        MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;\r\n PBSZ\r\n PROT\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n \
        UTF8\r\n211 End\r\n",
    ),
    (b"EPSV", b"229 Entering extended passive mode (|||40000|)\r\n"),
    (b"RETR", b"150 Sending 65536 bytes\r\n"),
];

const DONE: &[u8] = b"200 Done\r\n";
const TRANSFERRED: &[u8] = b"226 Transfer complete\r\n";

/// NOOPs that go together; a client keeps no more than a dozen on their way.
const TOGETHER: usize = 10;

type Call = Box<dyn FnMut() -> usize>;

/// A whole login under TLS, from the greeting on. Gives the operations that succeeded.
fn login() -> Call {
    let now = now();
    Box::new(move || logged_in(now).take_done())
}

/// A download of a session that has made some, without the bytes of the file.
fn retr() -> Call {
    let mut rig = settled(now());
    Box::new(move || {
        rig.start(black_box(download()));
        rig.take_done()
    })
}

/// A hundred commands, ten at a time. Gives their number and that of the operations they went out with.
fn noops() -> Call {
    let mut rig = settled(now());
    Box::new(move || {
        for _ in 0..100 / TOGETHER {
            for _ in 0..TOGETHER {
                let _ = rig.client.post(Command::Noop);
            }
            rig.start(Operation::Flush);
        }
        rig.take_done()
    })
}

fn logged_in(now: Instant) -> Rig {
    let client = Client::new(ClientConfig::default(), SERVER, CLIENT, StartSecurity::Clear, now);
    let mut rig = Rig { client, now, said: BytesMut::from(GREETING), done: 0 };
    rig.drive();
    rig.start(Operation::Secure { host: "ftp.example.org".to_owned() });
    if let (Ok(user), Ok(password)) = (UserName::try_from("alice"), Secret::new("secret")) {
        rig.start(Operation::Login { user, password: Some(password), account: None });
    }
    rig
}

/// Logged in, and the server has shown that it answers commands that come together.
fn settled(now: Instant) -> Rig {
    let mut rig = logged_in(now);
    for _ in 0..3 {
        rig.start(download());
    }
    rig.take_done();
    rig
}

fn download() -> Operation {
    let path = Pathname::new(&b"/pub/report-00042.tar.gz"[..]).ok();
    Operation::Transfer(TransferSpec::new(TransferVerb::Retr, path))
}

/// A client machine, and all that its driver and the server remember.
struct Rig {
    client: Client,
    now: Instant,
    /// What the server has said and the client not read.
    said: BytesMut,
    /// Operations that succeeded.
    done: usize,
}

impl Rig {
    fn take_done(&mut self) -> usize {
        core::mem::take(&mut self.done)
    }

    fn start(&mut self, operation: Operation) {
        let started = self.client.start(self.now, operation);
        debug_assert!(started.is_ok(), "one operation at a time: {started:?}");
        self.drive();
    }

    /// Does all that the machine asks for, then answers all that it sent, until nothing is left to do.
    fn drive(&mut self) {
        loop {
            while let Some(output) = self.client.poll_output() {
                self.perform(output);
            }
            if self.said.is_empty() {
                return;
            }
            let said = self.said.split();
            let taken = self.client.handle_bytes(self.now, black_box(&said));
            debug_assert_eq!(taken, said.len(), "the server speaks when it was asked");
        }
    }

    fn perform(&mut self, output: Output) {
        let now = self.now;
        match output {
            Output::Transmit(line) => {
                let known = REPLIES.iter().find(|(verb, _)| line.starts_with(verb));
                self.said.extend_from_slice(known.map_or(DONE, |(_, reply)| reply));
            }
            Output::UpgradeTls { .. } => self.client.handle_tls(now, TlsEvent::Established(tls())),
            Output::ClearTls => self.client.handle_tls(now, TlsEvent::Cleared),
            Output::Data(command) => self.data(command),
            Output::Event(Event::Finished { result, .. }) => self.done += usize::from(result.is_ok()),
            Output::Event(event) => drop(black_box(event)),
            Output::Close => {}
        }
    }

    fn data(&mut self, command: DataCommand) {
        let (client, now) = (&mut self.client, self.now);
        match command {
            DataCommand::Listen { .. } | DataCommand::Cancel { .. } => {}
            DataCommand::Dial { id, to, .. } => {
                client.handle_data(now, id, DataEvent::Connected { peer: to });
            }
            DataCommand::Secure { id, .. } | DataCommand::SecureAsClient { id } => {
                client.handle_data(now, id, DataEvent::Secured { tls: tls(), bound: true });
            }
            DataCommand::Start { id, .. } => {
                client.handle_data(now, id, DataEvent::Finished { bytes: FILE, end: EndMark::Clean });
                self.said.extend_from_slice(TRANSFERRED);
            }
        }
    }
}

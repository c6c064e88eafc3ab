//! What is measured of the server machine, with a driver that grants everything at once.

use std::{hint::black_box, sync::Arc, time::Instant};

use wharf_session::{
    DataCommand, DataEvent, EndMark, TlsEvent,
    server::{FileAnswer, LoginAnswer, Output, PeerInfo, Question, Server, ServerConfig},
};
use wharf_types::Grant;

use crate::Function;
use crate::world::{CLIENT, CLIENT_DATA, FILE, SERVER, SERVER_DATA, now, tls};

pub(crate) const FUNCTIONS: &[Function] = &[
    Function::new("session/server-login", 200, 638, login),
    Function::new("session/server-retr", 500, 155, retr),
    Function::new("session/server-noop-100", 50, 1000, noops),
];

/// What a client sends from the greeting to the first transfer.
const LOGIN: &[&[u8]] = &[
    b"AUTH TLS\r\n",
    b"PBSZ 0\r\n",
    b"PROT P\r\n",
    b"USER alice\r\n",
    b"PASS secret\r\n",
    b"FEAT\r\n",
    b"OPTS UTF8 ON\r\n",
    b"PWD\r\n",
    b"TYPE I\r\n",
];

type Call = Box<dyn FnMut() -> usize>;

/// A whole login under TLS, from the greeting on. Gives the bytes of all replies.
fn login() -> Call {
    let (config, now) = (Arc::new(ServerConfig::default()), now());
    Box::new(move || logged_in(&config, now).take_sent())
}

/// A download of a session that is logged in, without the bytes of the file. Gives the bytes of the replies.
fn retr() -> Call {
    let mut rig = logged_in(&Arc::new(ServerConfig::default()), now());
    rig.take_sent();
    Box::new(move || {
        rig.receive(black_box(b"EPSV\r\nRETR /pub/report-00042.tar.gz\r\n"));
        rig.take_sent()
    })
}

/// A hundred commands that came in one piece. Gives the bytes of the replies.
fn noops() -> Call {
    let mut rig = logged_in(&Arc::new(ServerConfig::default()), now());
    rig.take_sent();
    let sent = b"NOOP\r\n".repeat(100);
    Box::new(move || {
        rig.receive(black_box(&sent));
        rig.take_sent()
    })
}

fn logged_in(config: &Arc<ServerConfig>, now: Instant) -> Rig {
    let ends = PeerInfo { peer: CLIENT, local: SERVER };
    let mut rig = Rig { server: Server::new(Arc::clone(config), ends, now), now, sent: 0 };
    rig.drive();
    for line in LOGIN {
        rig.receive(black_box(line));
    }
    rig
}

/// A server machine, and all that its driver remembers.
struct Rig {
    server: Server,
    now: Instant,
    /// Bytes of replies.
    sent: usize,
}

impl Rig {
    fn take_sent(&mut self) -> usize {
        core::mem::take(&mut self.sent)
    }

    /// The machine takes what it wants, and is asked for its output in between.
    fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.server.handle_bytes(self.now, bytes);
            self.drive();
            match bytes.get(taken..) {
                Some(rest) if taken > 0 => bytes = rest,
                Some(_) | None => return,
            }
        }
    }

    fn drive(&mut self) {
        let now = self.now;
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Transmit(bytes) => {
                    self.sent += black_box(bytes).len();
                    self.server.handle_sent(now, 0);
                }
                Output::UpgradeTls { .. } => self.server.handle_tls(now, TlsEvent::Established(tls())),
                Output::ClearTls => self.server.handle_tls(now, TlsEvent::Cleared),
                Output::Ask(question) => self.answer(question),
                Output::Data(command) => self.data(command),
                Output::Event(event) => drop(black_box(event)),
                Output::Withdraw(_) | Output::Release(_) | Output::Close | Output::Abort => {}
            }
        }
    }

    fn answer(&mut self, question: Question) {
        let (server, now) = (&mut self.server, self.now);
        let answered = match question {
            Question::Login { ticket, .. } | Question::Certified { ticket, .. } => {
                server.answer_login(now, ticket, LoginAnswer::Accept(Grant::new("alice", "")))
            }
            Question::File { ticket, .. } => {
                let opened = FileAnswer::Opened { size: Some(FILE), path: None, offset: 0 };
                server.answer_file(now, ticket, Ok(opened))
            }
            Question::Lines { ticket, .. } => server.answer_lines(now, ticket, Ok(Vec::new())),
            Question::Commit { ticket, .. } => server.answer_commit(now, ticket, Ok(())),
            Question::Sessions { ticket } => server.answer_sessions(now, ticket, Vec::new()),
        };
        debug_assert!(answered.is_ok(), "each question is answered at once");
    }

    fn data(&mut self, command: DataCommand) {
        let (server, now) = (&mut self.server, self.now);
        match command {
            DataCommand::Listen { id, .. } => {
                server.handle_data(now, id, DataEvent::Listening(SERVER_DATA));
                server.handle_data(now, id, DataEvent::Connected { peer: CLIENT_DATA });
            }
            DataCommand::Dial { id, to, .. } => {
                server.handle_data(now, id, DataEvent::Connected { peer: to });
            }
            DataCommand::Secure { id, .. } | DataCommand::SecureAsClient { id } => {
                server.handle_data(now, id, DataEvent::Secured { tls: tls(), bound: true });
            }
            DataCommand::Start { id, .. } => {
                server.handle_data(now, id, DataEvent::Finished { bytes: FILE, end: EndMark::Clean });
            }
            DataCommand::Cancel { .. } => {}
        }
    }
}

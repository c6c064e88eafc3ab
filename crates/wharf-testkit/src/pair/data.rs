//! The one data connection of a [`Pair`].

use bytes::BytesMut;
use wharf_codec::{AsciiDecoder, AsciiEncoder};
use wharf_session::{
    CancelHow, DataCommand, DataEvent, DataFailure, DataId, DataMode, EndMark, Flow, Form, JobId,
};

use super::{Arrival, Pair, Side, tls_info};

/// What both sides asked for and got.
#[derive(Debug, Default)]
pub(super) struct DataLink {
    ids: [Option<DataId>; 2],
    secure: [bool; 2],
    start: [Option<(Flow, Form)>; 2],
    modes: [DataMode; 2],
    /// Bytes that arrived at the receiver.
    came: Vec<u8>,
}

/// What arrives at one side.
#[derive(Debug)]
pub(super) enum Happening {
    Event(DataId, DataEvent),
    /// A piece of the file, at the receiver.
    Piece(DataId, Vec<u8>),
    /// All of it is there.
    End(DataId),
}

impl Pair {
    pub(super) fn data_command(&mut self, side: Side, command: DataCommand) {
        let me = side as usize;
        match command {
            DataCommand::Listen { id, .. } => {
                let mut link = DataLink::default();
                link.ids[me] = Some(id);
                self.link = Some(link);
                self.next_port += 1;
                let ip = if side == Side::Server { [192, 0, 2, 1] } else { [203, 0, 113, 7] };
                self.data_event(side, id, DataEvent::Listening((ip, self.next_port).into()));
            }
            DataCommand::Dial { id, to, .. } => {
                let port = self.next_port;
                match &mut self.link {
                    Some(link) if to.port() == port && link.ids[side.other() as usize].is_some() => {
                        link.ids[me] = Some(id);
                        self.both_ends(|| DataEvent::Connected { peer: (to.ip(), 50_000).into() });
                    }
                    _ => {
                        let failure = DataFailure::Connect("nobody listens".to_owned());
                        self.data_event(side, id, DataEvent::Failed(failure));
                    }
                }
            }
            DataCommand::Secure { .. } | DataCommand::SecureAsClient { .. } => {
                let Some(link) = &mut self.link else { return };
                let done = link.secure == [true; 2];
                link.secure[me] = true;
                if !done && link.secure == [true; 2] {
                    self.both_ends(|| DataEvent::Secured { tls: tls_info(), bound: true });
                }
            }
            DataCommand::Start { flow, form, mode, .. } => {
                let Some(link) = &mut self.link else { return };
                link.start[me] = Some((flow, form));
                link.modes[me] = mode;
                if link.start.iter().all(Option::is_some) {
                    self.move_bytes();
                }
            }
            DataCommand::Cancel { id, how } => self.cancel(side, id, how),
        }
    }

    /// One side gives the connection up; the other one notices.
    fn cancel(&mut self, side: Side, id: DataId, how: CancelHow) {
        let Some(link) = &mut self.link else { return };
        if link.ids[side as usize] != Some(id) {
            return;
        }
        link.ids[side as usize] = None;
        if let Some(other) = link.ids[side.other() as usize].take() {
            let text = if how == CancelHow::Abort { "reset" } else { "closed" };
            let failure = DataFailure::Broken(text.to_owned());
            self.data_event(side.other(), other, DataEvent::Failed(failure));
        }
        // What is on its way meets nobody; the server may still want what came (`keep_what_came`).
    }

    /// Both are ready: the sender's bytes go their way in pieces.
    fn move_bytes(&mut self) {
        let Some(link) = &self.link else { return };
        let (Some((server, form)), Some(client)) = (&link.start[1], &link.start[0]) else { return };
        let (to, wire) = match (server, client) {
            (Flow::Send(job), (Flow::Receive(_), _)) => {
                (Side::Client, self.model.wire(*job, form).expect("the job can be sent so"))
            }
            (Flow::Receive(_), (Flow::Send(_), form)) => (Side::Server, encoded(&self.upload, form)),
            (Flow::Send(_) | Flow::Receive(_), _) => panic!("both sides send, or both receive"),
        };
        let (Some(receiver), Some(sender)) = (link.ids[to as usize], link.ids[to.other() as usize]) else {
            return;
        };
        let [client, server] = link.modes.map(DataMode::is_deflate);
        assert_eq!(client, server, "both sides have the same mode");
        let total = wire.len() as u64;
        let mut rest = &wire[..];
        let mut at = self.now;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(1 + self.dice.below(rest.len().min(4096)));
            at += self.delay();
            self.wire.push(to, at, Arrival::Data(Happening::Piece(receiver, piece.to_vec())));
            rest = tail;
        }
        at += self.delay();
        self.wire.push(to, at, Arrival::Data(Happening::End(receiver)));
        let finished = DataEvent::Finished { bytes: total, end: EndMark::Clean };
        self.wire.push(to.other(), at, Arrival::Data(Happening::Event(sender, finished)));
    }

    pub(super) fn data_arrives(&mut self, side: Side, happening: Happening) {
        match happening {
            Happening::Event(id, event) => self.hand_over(side, id, event),
            Happening::Piece(id, bytes) => {
                let Some(link) = self.link.as_mut().filter(|link| link.ids[side as usize] == Some(id)) else {
                    return;
                };
                link.came.extend(bytes);
                let bytes = link.came.len() as u64;
                self.hand_over(side, id, DataEvent::Progress { bytes });
            }
            Happening::End(id) => {
                let Some(link) = self.link.as_mut().filter(|link| link.ids[side as usize] == Some(id)) else {
                    return;
                };
                let came = core::mem::take(&mut link.came);
                let bytes = match (side, link.start[side as usize].clone()) {
                    (Side::Server, Some((Flow::Receive(job), form))) => self.model.receive(job, &form, &came),
                    (Side::Client, Some((_, form))) => {
                        self.download = decoded(&came, &form);
                        self.download.len() as u64
                    }
                    (Side::Client | Side::Server, _) => 0,
                };
                self.hand_over(side, id, DataEvent::Finished { bytes, end: EndMark::Clean });
            }
        }
    }

    /// An upload that is released keeps what came of it.
    pub(super) fn keep_what_came(&mut self, job: JobId) {
        if let Some(link) = &mut self.link
            && let Some((Flow::Receive(own), form)) = &link.start[Side::Server as usize]
            && *own == job
        {
            let came = core::mem::take(&mut link.came);
            self.model.receive(job, form, &came);
        }
    }

    fn hand_over(&mut self, side: Side, id: DataId, event: DataEvent) {
        match side {
            Side::Client => self.client.handle_data(self.now, id, event),
            Side::Server => self.server.handle_data(self.now, id, event),
        }
    }

    fn data_event(&mut self, side: Side, id: DataId, event: DataEvent) {
        let at = self.now + self.delay();
        self.wire.push(side, at, Arrival::Data(Happening::Event(id, event)));
    }

    fn both_ends(&mut self, event: impl Fn() -> DataEvent) {
        let ids = self.link.as_ref().map_or([None; 2], |link| link.ids);
        for (side, id) in [Side::Client, Side::Server].into_iter().zip(ids) {
            if let Some(id) = id {
                self.data_event(side, id, event());
            }
        }
    }
}

fn encoded(content: &[u8], form: &Form) -> Vec<u8> {
    if !matches!(form, Form::Ascii { .. }) {
        return content.to_vec();
    }
    let (mut encoder, mut out) = (AsciiEncoder::new(), BytesMut::new());
    encoder.push(content, &mut out);
    encoder.finish(&mut out);
    out.to_vec()
}

fn decoded(wire: &[u8], form: &Form) -> Vec<u8> {
    if !matches!(form, Form::Ascii { .. }) {
        return wire.to_vec();
    }
    let (mut decoder, mut out) = (AsciiDecoder::new(), BytesMut::new());
    decoder.push(wire, &mut out);
    decoder.finish(&mut out);
    out.to_vec()
}

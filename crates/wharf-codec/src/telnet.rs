//! The little of Telnet that the control connection keeps
//! ([RFC 854](https://www.rfc-editor.org/rfc/rfc854), [RFC 1123](https://www.rfc-editor.org/rfc/rfc1123) §4.1.2.12).

use bytes::{BufMut as _, Bytes, BytesMut};

/// Interpret as command: the byte in front of every Telnet command, and of itself when it is data.
pub(crate) const IAC: u8 = 0xff;
const DONT: u8 = 0xfe;
const DO: u8 = 0xfd;
const WONT: u8 = 0xfc;
const WILL: u8 = 0xfb;
const SB: u8 = 0xfa;
const SE: u8 = 0xf0;

/// Most bytes of answers that wait to be fetched; a peer that asks for more gets no answer.
const MAX_ANSWERS: usize = 192;

/// Appends bytes with every 0xFF doubled (CTL-15).
pub(crate) fn put_doubled(dst: &mut BytesMut, bytes: &[u8]) {
    for part in bytes.split_inclusive(|&byte| byte == IAC) {
        dst.put_slice(part);
        if part.last() == Some(&IAC) {
            dst.put_u8(IAC);
        }
    }
}

/// Where in a Telnet sequence the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Data,
    /// Behind IAC.
    Command,
    /// Behind WILL, WONT, DO or DONT, which is kept.
    Option(u8),
    /// In a subnegotiation.
    Sub,
    /// Behind IAC in a subnegotiation.
    SubCommand,
}

/// What one byte turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Part of a Telnet sequence.
    Nothing,
    /// Data.
    Data(u8),
    /// The 0xFF before this byte was data after all; the byte itself has not been taken.
    LoneIac,
}

/// Strips Telnet sequences off a stream, byte by byte (CTL-14), and refuses every option (CTL-13).
#[derive(Debug, Default)]
pub(crate) struct Telnet {
    state: State,
    answers: BytesMut,
}

impl Telnet {
    /// Whether no sequence is half-read, so that bytes other than IAC are data.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Data
    }

    pub(crate) fn take_answers(&mut self) -> Bytes {
        self.answers.split().freeze()
    }

    pub(crate) fn push(&mut self, byte: u8) -> Piece {
        let (state, piece) = match (self.state, byte) {
            (State::Data, IAC) => (State::Command, Piece::Nothing),
            (State::Data, _) => (State::Data, Piece::Data(byte)),
            (State::Command, IAC) => (State::Data, Piece::Data(IAC)),
            (State::Command, WILL..=DONT) => (State::Option(byte), Piece::Nothing),
            (State::Command, SB) => (State::Sub, Piece::Nothing),
            (State::Command, SE..SB) => (State::Data, Piece::Nothing),
            // No Telnet command has such a number: clients that send Latin-1 without doubling (CTL-15).
            (State::Command, _) => (State::Data, Piece::LoneIac),
            (State::Option(verb), option) => {
                self.answer(verb, option);
                (State::Data, Piece::Nothing)
            }
            (State::Sub, IAC) => (State::SubCommand, Piece::Nothing),
            (State::SubCommand, SE) => (State::Data, Piece::Nothing),
            (State::Sub | State::SubCommand, _) => (State::Sub, Piece::Nothing),
        };
        self.state = state;
        piece
    }

    fn answer(&mut self, verb: u8, option: u8) {
        let refusal = match verb {
            DO => WONT,
            WILL => DONT,
            _ => return,
        };
        if self.answers.len() + 3 <= MAX_ANSWERS {
            self.answers.put_slice(&[IAC, refusal, option]);
        }
    }
}

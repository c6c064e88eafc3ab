//! How bytes are read as operations on a server machine.
//!
//! Plain text is what the peer sends, line by line, so that a list of commands is a good input. The bytes from 0x80 to
//! 0x9f are operations; each takes the byte behind it as its argument.

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    /// The peer sends this, in one piece.
    Bytes(Vec<u8>),
    /// Whether the outside answers at once by itself.
    Automatic(bool),
    /// Answers an open question, or a withdrawn one.
    Answer(u8),
    /// TLS of the control connection.
    Tls(u8),
    /// A data connection.
    Data(u8),
    /// Time passes, in units of a quarter of a second.
    Time(u8),
    /// As long as the machine asked for, and not longer.
    Due,
    /// Whether the peer reads what it is sent.
    PeerReads(bool),
    /// The peer closes.
    Eof,
    /// The server stops; whether the grace is over.
    Shutdown(bool),
    /// The driver found clear bytes behind AUTH.
    Plaintext,
}

/// The variant of the configuration (the argument of a leading 0x9e), and the steps.
pub(super) fn decode(data: &[u8]) -> (u8, Vec<Op>) {
    let (variant, data) = match data {
        [0x9e, variant, rest @ ..] => (*variant, rest),
        _ => (0, data),
    };
    let (mut ops, mut text, mut whole) = (Vec::new(), Vec::new(), false);
    let mut bytes = data.iter().copied();
    while let Some(byte) = bytes.next() {
        if !(0x80..=0x9f).contains(&byte) {
            text.push(byte);
            if byte == b'\n' && !whole {
                ops.push(Op::Bytes(core::mem::take(&mut text)));
            }
            continue;
        }
        let argument = bytes.next().unwrap_or_default();
        let op = match byte {
            0x80 => {
                text.push(argument);
                continue;
            }
            // From here on lines gather until an operation comes.
            0x9f => {
                whole = argument != 0;
                continue;
            }
            0x81 => Op::Automatic(argument & 1 == 1),
            0x82 | 0x83 => Op::Answer(argument),
            0x84 => Op::Tls(argument),
            0x85 | 0x86 => Op::Data(argument),
            0x87 => Op::Time(argument),
            0x88 => Op::Due,
            0x89 => Op::PeerReads(argument & 1 == 1),
            0x8a => Op::Eof,
            0x8b => Op::Shutdown(argument & 1 == 1),
            0x8c => Op::Plaintext,
            _ => continue,
        };
        if !text.is_empty() {
            ops.push(Op::Bytes(core::mem::take(&mut text)));
        }
        ops.push(op);
    }
    if !text.is_empty() {
        ops.push(Op::Bytes(text));
    }
    (variant, ops)
}

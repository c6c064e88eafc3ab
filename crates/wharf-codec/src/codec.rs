//! The framers as codecs of `tokio-util`, for those who drive a connection with its `Framed`.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::command::{Command, CommandError, Leniency};
use crate::frame::{Limits, LineError, LineFramer, ReplyError, ReplyFramer};
use crate::reply::Reply;

extern crate std;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The stream of commands is flooded.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The stream of replies is out of step.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// A line that is no command; the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadLine {
    /// Over the limit of length: answer 500.
    #[error("command line too long")]
    TooLong,
    /// Wrong syntax: answer with [`CommandError::reply_code`].
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// The server's side: reads commands, writes replies. Telnet options are refused without a word.
#[derive(Debug)]
pub struct CommandCodec {
    framer: LineFramer,
    leniency: Leniency,
}

impl CommandCodec {
    /// A codec at the start of a connection.
    #[must_use]
    pub fn new(limits: &Limits, leniency: Leniency) -> Self {
        Self { framer: LineFramer::new(limits), leniency }
    }
}

impl Default for CommandCodec {
    fn default() -> Self {
        Self::new(&Limits::default(), Leniency::default())
    }
}

impl Decoder for CommandCodec {
    type Item = Result<Command, BadLine>;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, CodecError> {
        let line = self.framer.next_line(src);
        drop(self.framer.take_telnet_answers());
        match line {
            Ok(None) => Ok(None),
            Ok(Some(line)) => Ok(Some(Command::parse(&line, &self.leniency).map_err(BadLine::Command))),
            Err(LineError::TooLong) => Ok(Some(Err(BadLine::TooLong))),
            Err(error @ LineError::Flooded) => Err(error.into()),
        }
    }
}

impl Encoder<Reply> for CommandCodec {
    type Error = CodecError;

    fn encode(&mut self, reply: Reply, dst: &mut BytesMut) -> Result<(), CodecError> {
        reply.encode(dst);
        Ok(())
    }
}

/// The client's side: reads replies, writes commands.
#[derive(Debug)]
pub struct ReplyCodec {
    framer: ReplyFramer,
}

impl ReplyCodec {
    /// A codec at the start of a connection.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { framer: ReplyFramer::new(limits) }
    }
}

impl Default for ReplyCodec {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

impl Decoder for ReplyCodec {
    type Item = Reply;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Reply>, CodecError> {
        Ok(self.framer.next_reply(src)?)
    }
}

impl Encoder<Command> for ReplyCodec {
    type Error = CodecError;

    fn encode(&mut self, command: Command, dst: &mut BytesMut) -> Result<(), CodecError> {
        command.encode(dst);
        Ok(())
    }
}

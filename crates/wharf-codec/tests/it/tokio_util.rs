//! The codecs of `tokio-util`.

use bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder as _};
use wharf_codec::{
    BadLine, CodecError, Command, CommandCodec, Leniency, Limits, LineError, Reply, ReplyCode, ReplyCodec,
};

#[test]
fn both_sides_understand_each_other() {
    let (mut client, mut server, mut wire) =
        (ReplyCodec::default(), CommandCodec::default(), BytesMut::new());
    client.encode(Command::Noop, &mut wire).unwrap();
    assert!(matches!(server.decode(&mut wire), Ok(Some(Ok(Command::Noop)))));
    let reply = Reply::new(ReplyCode::OKAY, "Still here.");
    server.encode(reply.clone(), &mut wire).unwrap();
    assert_eq!(client.decode(&mut wire).unwrap(), Some(reply));
}

// CTL-18
#[test]
fn a_bad_line_does_not_end_the_stream() {
    let limits = Limits { max_line: 10, max_discard: 20, ..Limits::default() };
    let mut server = CommandCodec::new(&limits, Leniency::default());
    let mut wire = BytesMut::from(
        &b"REST x\r\n0123456789abc\r\nNOOP\r\n0123456789 0123456789 0123456789 0123456789"[..],
    );
    assert!(matches!(server.decode(&mut wire), Ok(Some(Err(BadLine::Command(_))))));
    assert!(matches!(server.decode(&mut wire), Ok(Some(Err(BadLine::TooLong)))));
    assert!(matches!(server.decode(&mut wire), Ok(Some(Ok(Command::Noop)))));
    assert!(matches!(server.decode(&mut wire), Ok(Some(Err(BadLine::TooLong)))));
    assert!(matches!(server.decode(&mut wire), Err(CodecError::Line(LineError::Flooded))));
}

//! Replies.

use arbitrary::{Arbitrary as _, Unstructured};
use bytes::BytesMut;
use wharf_codec::{Limits, Reply, ReplyError, ReplyFramer, parse_257, parse_epsv, parse_pasv};

use super::chunking::{SMALL, replies};

/// Bytes from a server: replies within the limits, or an error that says what stood there. Whatever their texts hold,
/// the readers of parsed texts find something or nothing (CTL-08, CTL-09).
///
/// # Panics
/// On a finding.
pub fn reply_stream(data: &[u8]) {
    for limits in [Limits::default(), SMALL] {
        for found in replies(data, &limits, &[]) {
            let reply = match found {
                Ok(reply) => reply,
                Err(error @ (ReplyError::TooLarge | ReplyError::Nul)) => {
                    assert!(!error.to_string().is_empty());
                    continue;
                }
                Err(error) => {
                    assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
                    continue;
                }
            };
            assert!(reply.text_lines().count() <= limits.max_reply_lines.max(1), "too many lines are kept");
            // The first line may be as long as a line may be, whatever the rest is held to.
            let kept: usize = reply.text_lines().map(<[u8]>::len).sum();
            assert!(kept <= limits.max_reply_bytes.max(limits.max_line), "{kept} bytes are kept");
            assert!(!reply.to_string().chars().any(|c| c.is_control() && c != '\n'), "{reply:?}");
            for line in reply.text_lines() {
                let _ = (parse_257(line), parse_epsv(line), parse_pasv(line));
            }
        }
    }
}

/// A reply made from the input, written and read again: the same code and lines, whatever the lines look like
/// (CTL-07).
///
/// # Panics
/// On a finding.
pub fn reply_round_trip(data: &[u8]) {
    let Ok(reply) = Reply::arbitrary(&mut Unstructured::new(data)) else { return };
    let mut wire = BytesMut::from(&reply.to_bytes()[..]);
    let limits = Limits { max_line: wire.len(), max_reply_bytes: wire.len(), ..Limits::default() };
    let mut framer = ReplyFramer::new(&limits);
    let back = framer.next_reply(&mut wire).expect("what was written can be read").expect("it is whole");
    assert!(wire.is_empty() && framer.is_idle(), "something is behind the reply");
    assert_eq!(back.code(), reply.code());
    assert!(back.text_lines().eq(reply.text_lines()), "{reply:?} came back as {back:?}");
}

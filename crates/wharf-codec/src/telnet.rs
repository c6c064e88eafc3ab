//! The little of Telnet that the control connection keeps
//! ([RFC 854](https://www.rfc-editor.org/rfc/rfc854), [RFC 1123](https://www.rfc-editor.org/rfc/rfc1123) §4.1.2.12).

use bytes::{BufMut as _, BytesMut};

/// Interpret as command: the byte in front of every Telnet command, and of itself when it is data.
pub(crate) const IAC: u8 = 0xff;

/// Appends bytes with every 0xFF doubled (CTL-15).
pub(crate) fn put_doubled(dst: &mut BytesMut, bytes: &[u8]) {
    for part in bytes.split_inclusive(|&byte| byte == IAC) {
        dst.put_slice(part);
        if part.last() == Some(&IAC) {
            dst.put_u8(IAC);
        }
    }
}

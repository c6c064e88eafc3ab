//! A line that is put together from many small pieces: a listing has a dozen of them in each of its lines.

use bytes::{BufMut as _, BytesMut};

/// Room for what most lines need.
const ROOM: usize = 256;

/// Gathers pieces, and hands them to the buffer together.
pub(crate) struct LineBuf<'a> {
    room: [u8; ROOM],
    length: usize,
    dst: &'a mut BytesMut,
}

impl<'a> LineBuf<'a> {
    /// What is put goes behind what `dst` holds.
    pub(crate) const fn new(dst: &'a mut BytesMut) -> Self {
        Self { room: [0; ROOM], length: 0, dst }
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(room) = self.room.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        } else {
            self.pour();
            self.dst.put_slice(bytes);
        }
    }

    /// Hands over what was gathered.
    pub(crate) fn pour(&mut self) -> &mut BytesMut {
        self.dst.put_slice(self.room.get(..self.length).unwrap_or_default());
        self.length = 0;
        self.dst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_order_whatever_their_length() {
        for length in [0, 1, 7, 100, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM] {
            let (mut dst, piece) = (BytesMut::from(&b"before"[..]), alloc::vec![b'x'; length]);
            let mut line = LineBuf::new(&mut dst);
            for _ in 0..3 {
                line.put(&piece);
                line.put(b"-");
            }
            line.pour();
            let part = alloc::format!("{}-", "x".repeat(length));
            assert_eq!(dst, alloc::format!("before{}", part.repeat(3)).as_bytes());
        }
    }
}

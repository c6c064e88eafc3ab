//! Numbers as text, without the machinery of formatting: a listing has a handful of them in each of its lines.

/// The decimal digits of a number, written to the end of `room`.
pub(crate) fn decimal(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut at = room.len();
    for place in room.iter_mut().rev() {
        *place = digit(number % 10);
        number /= 10;
        at -= 1;
        if number == 0 {
            break;
        }
    }
    room.get(at..).unwrap_or_default()
}

/// The last `N` decimal digits of a number, with zeros before them.
pub(crate) fn padded<const N: usize>(mut number: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    for place in digits.iter_mut().rev() {
        *place = digit(number % 10);
        number /= 10;
    }
    digits
}

/// The last `N` octal digits of a number, with zeros before them.
pub(crate) fn octal<const N: usize>(mut number: u32) -> [u8; N] {
    let mut digits = [b'0'; N];
    for place in digits.iter_mut().rev() {
        *place = digit(u64::from(number & 7));
        number >>= 3;
    }
    digits
}

const fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_formatting_writes_them() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), alloc::format!("{number}").as_bytes());
        }
        assert_eq!(&padded::<4>(31), b"0031");
        assert_eq!(&padded::<2>(123), b"23");
        assert_eq!(&octal::<4>(0o644), b"0644");
        assert_eq!(&octal::<4>(0o7777), b"7777");
    }
}

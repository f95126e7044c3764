//! Numbers in the byte order of the machine that recorded a binary trace.

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The two bytes at `at`.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    /// The four bytes at `at`.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// The eight bytes at `at`.
    #[inline]
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    /// The number of `size` bytes (1, 2, 4 or 8) at `at`.
    #[inline]
    pub(crate) fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        match size {
            1 => bytes.get(at).map(|&byte| u64::from(byte)),
            2 => self.u16(bytes, at).map(u64::from),
            4 => self.u32(bytes, at).map(u64::from),
            8 => self.u64(bytes, at),
            _ => None,
        }
    }

    /// The same, with the sign bit of its size carried on.
    #[inline]
    pub(crate) fn signed(self, bytes: &[u8], at: usize, size: usize) -> Option<i64> {
        let number = self.number(bytes, at, size)?;
        Some(match size {
            1 => i64::from(number as u8 as i8),
            2 => i64::from(number as u16 as i16),
            4 => i64::from(number as u32 as i32),
            _ => number as i64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_either_order_end_with_the_bytes() {
        let bytes = [0xff, 0xfe, 3, 4];
        assert_eq!(Order::Little.u16(&bytes, 0), Some(0xfeff));
        assert_eq!(Order::Big.u32(&bytes, 0), Some(0xfffe_0304));
        assert_eq!(Order::Big.signed(&bytes, 0, 2), Some(-2));
        assert_eq!(Order::Little.signed(&bytes, 0, 1), Some(-1));
        assert_eq!(Order::Little.u32(&bytes, 1), None);
        assert_eq!(Order::Little.number(&bytes, 9, 8), None);
        assert_eq!(Order::Little.number(&bytes, 0, 3), None);
    }
}

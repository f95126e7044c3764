//! Values at bit positions.
//!
//! Positions are bits from the beginning of the packet, because alignment counts from there. Little-endian fields fill
//! bytes from their lowest bit, big-endian ones from their highest.

use super::schema::{ByteOrder, Encoding};

/// Why decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The bytes at hand end; the packet's content may not.
    Short,
    /// What is there cannot be.
    Bad(&'static str),
}

/// A place in a packet, and the bytes from some event's beginning on.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Position of the first byte, bits.
    origin: u64,
    /// Position of the next bit.
    pub(crate) at: u64,
    /// Position after the last bit that may be read.
    end: u64,
    /// Elements of arrays so far that took no bits.
    empty: u32,
}

/// Maximum number of elements without bits of one event. Arrays of such elements nest, and together they would never end.
const MAX_EMPTY: u32 = 1 << 10;

impl<'a> Cursor<'a> {
    /// A cursor at `at`, a position in `bytes`, whose first byte is byte `origin` of the packet.
    pub(crate) fn new(bytes: &'a [u8], origin: u64, at: u64) -> Self {
        let origin = origin.saturating_mul(8);
        Self { bytes, origin, at, end: origin.saturating_add(bytes.len() as u64 * 8), empty: 0 }
    }

    /// The same with nothing to be read from bit `end` on, for contents that are no whole bytes.
    pub(crate) fn ending_at(mut self, end: u64) -> Self {
        self.end = self.end.min(end);
        self
    }

    /// Counts an element of an array that took no bits.
    pub(crate) fn pass_empty(&mut self) -> Result<(), Fault> {
        self.empty += 1;
        if self.empty > MAX_EMPTY { Err(Fault::Bad("arrays of more elements than they have bits")) } else { Ok(()) }
    }

    /// Bits left.
    pub(crate) fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    /// Moves on to a multiple of `align` bits, a power of two.
    #[inline]
    pub(crate) fn align(&mut self, align: u32) -> Result<(), Fault> {
        let mask = u64::from(align.max(1)) - 1;
        let at = self.at.checked_add(mask).ok_or(Fault::Short)? & !mask;
        if at > self.end {
            return Err(Fault::Short);
        }
        self.at = at;
        Ok(())
    }

    /// Passes over `bits`.
    pub(crate) fn skip(&mut self, bits: u64) -> Result<(), Fault> {
        if bits > self.left() {
            return Err(Fault::Short);
        }
        self.at += bits;
        Ok(())
    }

    /// The next 1 to 64 bits as an unsigned number.
    #[inline]
    pub(crate) fn take(&mut self, bits: u8, order: ByteOrder) -> Result<u64, Fault> {
        if u64::from(bits) > self.left() {
            return Err(Fault::Short);
        }
        let relative = self.at - self.origin;
        let (first, shift) = ((relative / 8) as usize, (relative % 8) as u32);
        self.at += u64::from(bits);
        let count = (shift as usize + usize::from(bits)).div_ceil(8);
        let bytes = &self.bytes[first..first + count];
        if shift == 0 && bits.is_multiple_of(8) {
            return Ok(whole(bytes, order));
        }
        let wide = match order {
            ByteOrder::Little => bytes.iter().rev().fold(0u128, |value, &b| value << 8 | u128::from(b)) >> shift,
            ByteOrder::Big => {
                let value = bytes.iter().fold(0u128, |value, &b| value << 8 | u128::from(b));
                value >> (count as u32 * 8 - shift - u32::from(bits))
            }
        };
        Ok(wide as u64 & mask(bits))
    }

    /// The next `count` bytes; the position must be a byte's.
    pub(crate) fn take_bytes(&mut self, count: u64) -> Result<&'a [u8], Fault> {
        let first = ((self.at - self.origin) / 8) as usize;
        self.skip(count.checked_mul(8).ok_or(Fault::Short)?)?;
        Ok(&self.bytes[first..first + count as usize])
    }

    /// The bytes up to a zero code unit, which is passed over too; the position must be a byte's.
    pub(crate) fn take_string(&mut self, encoding: Encoding) -> Result<&'a [u8], Fault> {
        let first = ((self.at - self.origin) / 8) as usize;
        let bytes = &self.bytes[first..first + (self.left() / 8) as usize];
        let length = terminator(bytes, encoding).ok_or(Fault::Short)?;
        self.at += (length + unit(encoding)) as u64 * 8;
        Ok(&bytes[..length])
    }

    /// A LEB128 number (sign-extended if `signed`) and how many bits of it were stored.
    pub(crate) fn take_leb128(&mut self, signed: bool) -> Result<(u64, u32), Fault> {
        let (mut value, mut bits) = (0u64, 0u32);
        loop {
            let byte = self.take(8, ByteOrder::Little)?;
            if bits >= 70 {
                return Err(Fault::Bad("a variable-length integer of more than 10 bytes"));
            }
            if bits < 64 {
                value |= (byte & 0x7f) << bits;
            }
            bits += 7;
            if byte & 0x80 == 0 {
                if signed && byte & 0x40 != 0 && bits < 64 {
                    value |= u64::MAX << bits;
                }
                return Ok((value, bits.min(64)));
            }
        }
    }
}

/// Up to 8 whole bytes as a number.
#[inline]
pub(crate) fn whole(bytes: &[u8], order: ByteOrder) -> u64 {
    match (order, bytes.len()) {
        (ByteOrder::Little, 8) => u64::from_le_bytes(fixed(bytes)),
        (ByteOrder::Little, 4) => u64::from(u32::from_le_bytes(fixed(bytes))),
        (ByteOrder::Little, _) => bytes.iter().rev().fold(0, |value, &b| value << 8 | u64::from(b)),
        (ByteOrder::Big, _) => bytes.iter().fold(0, |value, &b| value << 8 | u64::from(b)),
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

/// The lowest `bits` bits.
#[inline]
pub(crate) fn mask(bits: u8) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

/// A number of `bits` bits in two's complement.
#[inline]
pub(crate) fn sign_extend(value: u64, bits: u8) -> u64 {
    let unused = 64 - u32::from(bits.clamp(1, 64));
    ((value << unused) as i64 >> unused) as u64
}

/// The lowest `bits` bits of `value` in the opposite order.
pub(crate) fn reverse(value: u64, bits: u8) -> u64 {
    value.reverse_bits() >> (64 - u32::from(bits.clamp(1, 64)))
}

/// Bytes of a code unit.
pub(crate) fn unit(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => 1,
        Encoding::Utf16Le | Encoding::Utf16Be => 2,
        Encoding::Utf32Le | Encoding::Utf32Be => 4,
    }
}

/// Bytes before the first zero code unit.
pub(crate) fn terminator(bytes: &[u8], encoding: Encoding) -> Option<usize> {
    let unit = unit(encoding);
    if unit == 1 {
        return memchr::memchr(0, bytes);
    }
    bytes.chunks_exact(unit).position(|unit| unit.iter().all(|&b| b == 0)).map(|index| index * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bit by bit, as the specification tells it.
    fn slowly(bytes: &[u8], at: u64, bits: u8, order: ByteOrder) -> u64 {
        (0..u64::from(bits)).fold(0, |value, index| {
            let position = at + index;
            let byte = bytes[(position / 8) as usize];
            match order {
                ByteOrder::Little => value | u64::from(byte >> (position % 8) & 1) << index,
                ByteOrder::Big => value << 1 | u64::from(byte >> (7 - position % 8) & 1),
            }
        })
    }

    proptest! {
        #[test]
        fn any_bits_are_those_read_one_by_one(
            bytes in proptest::collection::vec(any::<u8>(), 1..24),
            at in 0u64..100,
            bits in 1u8..=64,
            big in any::<bool>(),
            origin in 0u64..5,
        ) {
            let order = if big { ByteOrder::Big } else { ByteOrder::Little };
            let mut cursor = Cursor::new(&bytes, origin, origin * 8 + at);
            let taken = cursor.take(bits, order);
            if at + u64::from(bits) > bytes.len() as u64 * 8 {
                prop_assert_eq!(taken, Err(Fault::Short));
            } else {
                prop_assert_eq!(taken, Ok(slowly(&bytes, at, bits, order)));
                prop_assert_eq!(cursor.at, origin * 8 + at + u64::from(bits));
            }
        }

        #[test]
        fn reversing_twice_changes_nothing(value in any::<u64>(), bits in 1u8..=64) {
            let value = value & mask(bits);
            prop_assert_eq!(reverse(reverse(value, bits), bits), value);
        }

        #[test]
        fn leb128_is_read_back(value in any::<i64>()) {
            let mut bytes = Vec::new();
            let mut rest = value;
            loop {
                let low = (rest & 0x7f) as u8;
                rest >>= 7;
                let done = (rest == 0 && low & 0x40 == 0) || (rest == -1 && low & 0x40 != 0);
                bytes.push(if done { low } else { low | 0x80 });
                if done {
                    break;
                }
            }
            prop_assert_eq!(Cursor::new(&bytes, 0, 0).take_leb128(true).map(|(v, _)| v as i64), Ok(value));
        }
    }

    #[test]
    fn alignment_counts_from_the_packet() {
        let bytes = [0; 8];
        let mut cursor = Cursor::new(&bytes, 3, 25);
        cursor.align(32).unwrap();
        assert_eq!(cursor.at, 32);
        assert_eq!(cursor.align(128), Err(Fault::Short));
    }

    #[test]
    fn numbers_keep_their_sign() {
        assert_eq!(sign_extend(0b101, 3) as i64, -3);
        assert_eq!(sign_extend(0b011, 3) as i64, 3);
        assert_eq!(sign_extend(u64::MAX, 64) as i64, -1);
    }
}

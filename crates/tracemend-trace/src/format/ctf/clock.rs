//! From clock values, which may be stored in a few bits only, to nanoseconds.

use super::bits::mask;
use super::schema::Clock;

const SECOND_NS: i128 = 1_000_000_000;

/// How a stream class's clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    frequency: u64,
    /// Nanoseconds from the origin to the clock's 0.
    base_ns: i128,
}

impl Scale {
    /// The scale of a clock.
    pub(crate) fn new(clock: &Clock) -> Self {
        let frequency = clock.frequency.max(1);
        let cycles = i128::from(clock.offset_cycles) * SECOND_NS;
        Self {
            frequency,
            base_ns: i128::from(clock.offset_seconds) * SECOND_NS + cycles.div_euclid(i128::from(frequency)),
        }
    }

    /// Nanoseconds from the origin; what does not fit stays at the end of the range.
    #[inline]
    pub(crate) fn ns(&self, cycles: u64) -> i64 {
        let since_zero = if self.frequency == SECOND_NS as u64 {
            i128::from(cycles)
        } else {
            i128::from(cycles) * SECOND_NS / i128::from(self.frequency)
        };
        let ns = self.base_ns + since_zero;
        i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
    }
}

/// A clock value and the lowest bits of the next one: the clock went on by less than those bits can count.
#[inline]
pub(crate) fn advance(cycles: u64, low: u64, bits: u32) -> u64 {
    if bits >= 64 {
        return low;
    }
    let mask = mask(bits as u8);
    let low = low & mask;
    let value = cycles & !mask | low;
    if low < cycles & mask { value.wrapping_add(mask + 1) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(frequency: u64, offset_seconds: i64, offset_cycles: i64) -> Clock {
        Clock { name: String::new(), frequency, offset_seconds, offset_cycles, uuid: None, unix_epoch: true }
    }

    #[test]
    fn low_bits_wrap_once() {
        assert_eq!(advance(0x7ff_ffff, 1, 27), 0x800_0001);
        assert_eq!(advance(0x800_0001, 1, 27), 0x800_0001);
        assert_eq!(advance(5, 4, 64), 4);
        assert_eq!(advance(u64::MAX, 0, 32), 0);
    }

    #[test]
    fn cycles_of_any_length_are_exact() {
        assert_eq!(Scale::new(&clock(1_000_000_000, 0, 1_795_360_039_343_560_383)).ns(1), 1_795_360_039_343_560_384);
        assert_eq!(Scale::new(&clock(3, 10, -1)).ns(4), 10_999_999_999);
        assert_eq!(Scale::new(&clock(32_768, 1, 16_384)).ns(16_384), 2_000_000_000);
        assert_eq!(Scale::new(&clock(1, i64::MAX, 0)).ns(u64::MAX), i64::MAX);
    }
}

//! What similar places of a recording count for a gap, and how fillings are scored again by them.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Events on each side of a gap whose values are compared.
const REACH: usize = 32;
/// What the kernel of times gives a place at the least, however long it took.
const FAR: f64 = 0.02;

/// What is known of an event besides its token.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its time, ns.
    pub time_ns: Option<i64>,
    /// Hash of its return value, 1 to 255; 0 where there is none ([`value_hash`]).
    pub value: u8,
}

/// Hash of a return value, 1 to 255; 0 for none. Numbers beyond 32 bits are mostly addresses,
/// which differ from run to run, so only their magnitude counts.
///
/// ```
/// use tracemend_repair::kernel::value_hash;
///
/// assert_eq!(value_hash(None), 0);
/// assert_ne!(value_hash(Some(3)), value_hash(Some(4)));
/// ```
pub fn value_hash(ret: Option<i64>) -> u8 {
    let Some(ret) = ret else { return 0 };
    let bits = i64::BITS - ret.unsigned_abs().leading_zeros();
    let key = if bits > u32::BITS { i64::MIN + i64::from(bits) } else { ret };
    // Fibonacci hashing: Knuth, The Art of Computer Programming 3, section 6.4.
    1 + (((key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 255) as u8
}

/// What a place of a text counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Width of the Gaussian over the logarithms of times; `None`: times do not matter.
    pub time: Option<f64>,
    /// Factor of an event next to the gap that returned another value; 1: values do not matter.
    pub differing: f64,
}

impl Kernel {
    /// Places count alike.
    pub const EVEN: Self = Self { time: None, differing: 1.0 };

    /// What `place` of `text` counts for the gap `hidden` of `own`. Both are what is known of rows of events, `None` where
    /// nothing is.
    pub fn weight(
        self,
        own: &[Option<Known>],
        hidden: &Range<usize>,
        text: &[Option<Known>],
        place: &Range<usize>,
    ) -> f64 {
        let near = match self.time.map(|width| (took(own, hidden), took(text, place), width)) {
            Some((Some(gap), Some(there), width)) => (-0.5 * ((there - gap) / width).powi(2)).exp() + FAR,
            _ => 1.0,
        };
        if self.differing == 1.0 {
            return near;
        }
        let before = disagreement(own.iter().take(hidden.start).rev(), text.iter().take(place.start).rev());
        let after = disagreement(own.iter().skip(hidden.end), text.iter().skip(place.end));
        near * self.differing.powf(before + after)
    }
}

/// Logarithm of the time in ns from the event before a place to the one after it.
fn took(events: &[Option<Known>], place: &Range<usize>) -> Option<f64> {
    let event = |at: usize| events.get(at).copied().flatten();
    let (before, after) = (event(place.start.checked_sub(1)?)?.time_ns?, event(place.end)?.time_ns?);
    Some((after.saturating_sub(before).max(1) as f64).ln())
}

/// How much the values of two rows of events differ that lead away from a gap and a place: a difference d events away counts
/// 1 / (1 + d). An unknown value differs from no other; where a row ends, so does the comparison.
fn disagreement<'a>(
    own: impl Iterator<Item = &'a Option<Known>>,
    text: impl Iterator<Item = &'a Option<Known>>,
) -> f64 {
    let both = own.zip(text).take(REACH).map_while(|(own, text)| Some(((*own)?.value, (*text)?.value)));
    let differ = |&(_, (own, text)): &(usize, (u8, u8))| own != text && own != 0 && text != 0;
    both.enumerate().filter(differ).map(|(away, _)| 1.0 / (1.0 + away as f64)).sum()
}

/// How fillings are scored again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rescoring {
    /// What a place counts.
    pub kernel: Kernel,
    /// Exponent of the share of places that speak for a filling.
    pub exponent: f64,
}

impl Rescoring {
    /// Kernels to choose from.
    pub(crate) const KERNELS: [Kernel; 4] = [
        Kernel::EVEN,
        Kernel { time: None, differing: 0.1 },
        Kernel { time: Some(0.5), differing: 1.0 },
        Kernel { time: Some(0.5), differing: 0.1 },
    ];
    /// Exponents to choose from.
    pub(crate) const EXPONENTS: [f64; 3] = [0.25, 0.5, 1.0];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_differ_and_addresses_count_by_magnitude() {
        assert_eq!(value_hash(None), 0);
        let mut small: Vec<u8> = (-20..100).map(|ret| value_hash(Some(ret))).collect();
        small.sort_unstable();
        small.dedup();
        assert!(small.len() == 120 && small[0] > 0, "{}", small.len());
        assert_eq!(value_hash(Some(0x7f00_1234_5000)), value_hash(Some(0x7fff_0000_1000)));
    }

    #[test]
    fn a_place_counts_for_less_the_more_the_values_around_it_differ() {
        let known = |values: &[u8]| -> Vec<Option<Known>> {
            values.iter().map(|&value| Some(Known { time_ns: None, value })).collect()
        };
        let kernel = Kernel { time: None, differing: 0.1 };
        let own = known(&[1, 2, 3, 4]);
        let weight = |text: &[u8]| kernel.weight(&own, &(2..2), &known(text), &(2..2));
        assert_eq!(weight(&[1, 2, 3, 4]), 1.0);
        // Next to the gap a difference counts in full, one event further half, and an unknown value not at all.
        assert!((weight(&[1, 9, 3, 4]) - 0.1).abs() < 1e-12);
        assert!((weight(&[9, 2, 3, 4]) - 0.1f64.sqrt()).abs() < 1e-12);
        assert_eq!(weight(&[1, 0, 3, 4]), 1.0);
    }

    #[test]
    fn values_are_not_compared_beyond_the_ends_of_a_text_nor_with_unknown_ones() {
        let row = |values: &[u8]| -> Vec<Option<Known>> {
            values.iter().map(|&value| (value != 99).then_some(Known { time_ns: None, value })).collect()
        };
        let differ = |own: &[u8], text: &[u8]| disagreement(row(own).iter(), row(text).iter());
        // Nothing is known where one segment ends; what lies beyond belongs to another.
        assert!((differ(&[1, 2, 3, 4], &[1, 9, 99, 9]) - 0.5).abs() < 1e-12);
        assert!(differ(&[0, 2], &[7, 2]).abs() < 1e-12 && differ(&[7, 2], &[0, 2]).abs() < 1e-12);
        let far: Vec<u8> = (0..200).map(|at| 1 + u8::from(at >= REACH)).collect();
        assert!(differ(&[1; 200], &far).abs() < 1e-12);
    }
}

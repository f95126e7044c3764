//! Probabilities as logarithms, so that those of long fillings do not underflow.

use crate::rng::SplitMix64;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// The natural logarithm of a probability, or of a weight that is proportional to one.
///
/// Adding two multiplies the probabilities. [`LogProb::or`] adds the probabilities themselves.
///
/// ```
/// use tracemend_repair::LogProb;
///
/// let half = LogProb::of(0.5);
/// assert_eq!((half + half).probability(), 0.25);
/// assert_eq!(half.or(half), LogProb::CERTAIN);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LogProb(pub f64);

impl LogProb {
    /// The logarithm of probability 1.
    pub const CERTAIN: Self = Self(0.0);
    /// The logarithm of probability 0.
    pub const IMPOSSIBLE: Self = Self(f64::NEG_INFINITY);

    /// The logarithm of `p`, a probability from 0 to 1.
    pub fn of(p: f64) -> Self {
        Self(p.ln())
    }

    /// The probability itself.
    pub fn probability(self) -> f64 {
        self.0.exp()
    }

    /// The logarithm of the sum of two probabilities.
    pub fn or(self, other: Self) -> Self {
        let higher = self.0.max(other.0);
        if higher == f64::NEG_INFINITY {
            return Self::IMPOSSIBLE;
        }
        Self(higher + ((self.0 - higher).exp() + (other.0 - higher).exp()).ln())
    }

    /// The logarithm of the sum of all probabilities; [`LogProb::IMPOSSIBLE`] for none.
    pub(crate) fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::IMPOSSIBLE, Self::or)
    }

    /// Shares of the total: probabilities that sum to 1. Empty or impossible input gives zeros.
    pub(crate) fn normalised(all: &[Self]) -> Vec<f64> {
        let total = Self::any(all.iter().copied());
        if total == Self::IMPOSSIBLE {
            return vec![0.0; all.len()];
        }
        all.iter().map(|log_p| (log_p.0 - total.0).exp()).collect()
    }
}

impl Add for LogProb {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for LogProb {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for LogProb {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for LogProb {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for LogProb {
    /// The logarithm of the product of all probabilities.
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::CERTAIN, Self::add)
    }
}

/// Draws one of several weights that sum to 1; the first where rounding leaves a rest.
pub(crate) fn draw(weights: &[f64], random: &mut SplitMix64) -> usize {
    let mut point = random.next_u64() as f64 / u64::MAX as f64;
    let drawn = weights.iter().position(|&weight| {
        point -= weight;
        point <= 0.0
    });
    drawn.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_agree_with_plain_arithmetic(p in 1e-12f64..0.5, q in 1e-12f64..0.5) {
            let (a, b) = (LogProb::of(p), LogProb::of(q));
            prop_assert!(((a + b).probability() - p * q).abs() <= 1e-12);
            prop_assert!((a.or(b).probability() - (p + q)).abs() <= 1e-12);
            let shares = LogProb::normalised(&[a, b]);
            prop_assert!((shares[0] - p / (p + q)).abs() <= 1e-9);
        }
    }

    #[test]
    fn nothing_is_impossible_and_adds_nothing() {
        assert_eq!(LogProb::any([]), LogProb::IMPOSSIBLE);
        assert_eq!(LogProb::IMPOSSIBLE.or(LogProb::of(0.25)), LogProb::of(0.25));
        assert_eq!(LogProb::normalised(&[LogProb::IMPOSSIBLE; 2]), [0.0, 0.0]);
    }

    #[test]
    fn draws_follow_the_weights() {
        let mut random = SplitMix64::new(1, &["test"]);
        let drawn = (0..10_000).filter(|_| draw(&[0.25, 0.75], &mut random) == 1).count();
        // Four standard errors of a share of .75 in 10,000 draws.
        assert!((7_500 - 175..7_500 + 175).contains(&drawn), "{drawn}");
    }
}

//! Sufficient statistics of one gap.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use tracemend_repair::lcs::lcs_length;

/// Number of equal-width confidence bins of the expected calibration error (Guo et al. 2017).
pub(crate) const BINS: usize = 15;
/// The confidence from which `precision_at_90` counts.
pub(crate) const HIGH_CONFIDENCE: f32 = 0.9;

/// Total variation distance between the multisets of two equally long sequences, 0 (same events in any order) to 1.
///
/// Half the sum over events of |count in `truth` - count in `guess`|, divided by the length of `truth`; 0 if both are empty.
pub fn composition_distance<T: Eq + Hash>(truth: &[T], guess: &[T]) -> f64 {
    let mut surplus: FxHashMap<&T, i64> = FxHashMap::default();
    for t in truth {
        *surplus.entry(t).or_default() += 1;
    }
    for g in guess {
        *surplus.entry(g).or_default() -= 1;
    }
    let apart: u64 = surplus.values().map(|d| d.unsigned_abs()).sum();
    apart as f64 / 2.0 / truth.len().max(1) as f64
}

/// Right and all positions of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Share {
    pub right: u32,
    pub all: u32,
}

impl Share {
    fn add(&mut self, right: bool) {
        self.right += u32::from(right);
        self.all += 1;
    }

    fn merge(&mut self, other: Self) {
        self.right += other.right;
        self.all += other.all;
    }
}

/// One used bin of the reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bin {
    pub index: usize,
    pub share: Share,
    /// Sum of the confidences in this bin.
    pub confidence: f64,
}

/// What one gap, or several together, add to every metric.
#[derive(Clone, Debug, PartialEq)]
pub struct GapTally {
    pub(crate) share: Share,
    pub(crate) within_one: u32,
    pub(crate) gaps: u32,
    /// Gaps wholly right.
    pub(crate) perfect: u32,
    /// Sum over gaps.
    pub(crate) rouge_l: f64,
    /// Sum over gaps.
    pub(crate) composition_tv: f64,
    /// By true event type.
    pub(crate) types: Vec<(i64, Share)>,
    /// `None`: the method gives no confidences.
    pub(crate) bins: Option<Vec<Bin>>,
    pub(crate) confident: Share,
    /// Sum over gaps.
    pub(crate) seconds: Option<f64>,
}

impl GapTally {
    /// The tally of no gap.
    pub fn empty() -> Self {
        Self {
            share: Share::default(),
            within_one: 0,
            gaps: 0,
            perfect: 0,
            rouge_l: 0.0,
            composition_tv: 0.0,
            types: Vec::new(),
            bins: None,
            confident: Share::default(),
            seconds: None,
        }
    }

    /// Scores one gap of `N` missing positions.
    ///
    /// `truth`, `guess`: `[N]` event ids in order. `confidence`: `[N]` probability of each guess, where the method has
    /// one. Positions beyond the shorter of `truth` and `guess` count as wrong.
    pub fn new(truth: &[i64], guess: &[i64], confidence: Option<&[f32]>) -> Self {
        let mut share = Share::default();
        let mut confident = Share::default();
        let mut within_one = 0;
        let mut types: Vec<(i64, Share)> = Vec::new();
        let mut bins: Vec<Bin> = Vec::new();
        for (i, &t) in truth.iter().enumerate() {
            let g = guess.get(i).copied();
            let right = g == Some(t);
            share.add(right);
            within_one += u32::from(g.is_some_and(|g| g.abs_diff(t) <= 1));
            match types.iter_mut().find(|(id, _)| *id == t) {
                Some((_, of_type)) => of_type.add(right),
                None => types.push((t, Share { right: u32::from(right), all: 1 })),
            }
            let Some(p) = confidence.map(|c| c.get(i).copied().unwrap_or(0.0)) else {
                continue;
            };
            if p >= HIGH_CONFIDENCE {
                confident.add(right);
            }
            // A confidence of exactly 1 belongs to the last bin; a NaN falls into the first.
            let index = ((f64::from(p) * BINS as f64) as usize).min(BINS - 1);
            let at = bins.iter().position(|b| b.index == index).unwrap_or_else(|| {
                bins.push(Bin { index, share: Share::default(), confidence: 0.0 });
                bins.len() - 1
            });
            bins[at].share.add(right);
            bins[at].confidence += f64::from(p);
        }
        Self {
            share,
            within_one,
            gaps: 1,
            perfect: u32::from(truth == guess),
            rouge_l: lcs_length(truth, guess) as f64 / truth.len().max(1) as f64,
            composition_tv: composition_distance(truth, guess),
            types,
            bins: confidence.map(|_| bins),
            confident,
            seconds: None,
        }
    }

    /// Notes the CPU time, in seconds, that filling this gap took.
    #[must_use]
    pub fn with_seconds(mut self, seconds: f64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Adds the gaps of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.share.merge(other.share);
        self.within_one += other.within_one;
        self.gaps += other.gaps;
        self.perfect += other.perfect;
        self.rouge_l += other.rouge_l;
        self.composition_tv += other.composition_tv;
        for &(id, share) in &other.types {
            match self.types.iter_mut().find(|(of, _)| *of == id) {
                Some((_, sum)) => sum.merge(share),
                None => self.types.push((id, share)),
            }
        }
        for bin in other.bins.iter().flatten() {
            let bins = self.bins.get_or_insert_default();
            match bins.iter_mut().find(|b| b.index == bin.index) {
                Some(sum) => {
                    sum.share.merge(bin.share);
                    sum.confidence += bin.confidence;
                }
                None => bins.push(*bin),
            }
        }
        self.confident.merge(other.confident);
        if let Some(seconds) = other.seconds {
            *self.seconds.get_or_insert_default() += seconds;
        }
    }

    /// As if these gaps had occurred `copies` times.
    #[must_use]
    pub fn times(&self, copies: usize) -> Self {
        let mut sum = Self::empty();
        (0..copies).for_each(|_| sum.merge(self));
        sum
    }

    /// Missing positions of this gap, and how many of them were filled rightly.
    pub fn positions(&self) -> (u32, u32) {
        (self.share.all, self.share.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multisets() {
        assert_eq!(composition_distance(&[1, 2, 3, 3], &[3, 3, 2, 1]), 0.0);
        assert_eq!(composition_distance(&[1, 1, 1, 1], &[1, 1, 2, 3]), 0.5);
        assert_eq!(composition_distance::<u8>(&[], &[]), 0.0);
    }

    #[test]
    fn a_gap_by_hand() {
        let tally = GapTally::new(&[1, 2, 2, 9], &[1, 3, 2, 4], Some(&[1.0, 0.5, 0.95, 0.0]));
        assert_eq!(tally.positions(), (4, 2));
        assert_eq!(tally.within_one, 3);
        assert_eq!(tally.perfect, 0);
        assert_eq!(tally.rouge_l, 0.5);
        assert_eq!(tally.composition_tv, 0.5);
        assert_eq!(tally.confident, Share { right: 2, all: 2 });
        let bins = tally.bins.expect("confidences were given");
        assert_eq!(bins.iter().map(|b| b.index).collect::<Vec<_>>(), [14, 7, 0]);
    }
}

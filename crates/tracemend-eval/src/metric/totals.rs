//! Weighted sums of gap tallies, and the metrics of a sum.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::metric::tally::{BINS, GapTally};

/// Metric names, in the order of [`Totals::metrics`].
pub const METRICS: [&str; 9] = [
    "accuracy",
    "perfect_rate",
    "rouge_l",
    "macro_accuracy",
    "within_one",
    "composition_tv",
    "ece",
    "precision_at_90",
    "seconds_per_gap",
];

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    right: f64,
    all: f64,
}

/// Sums over gaps. Made once for a set of event types, then cleared and filled again for every resample.
#[derive(Clone, Debug)]
pub struct Totals {
    slots: FxHashMap<i64, usize>,
    gaps: f64,
    positions: Sums,
    within_one: f64,
    perfect: f64,
    rouge_l: f64,
    composition_tv: f64,
    types: Vec<Sums>,
    bins: [(Sums, f64); BINS],
    with_confidence: f64,
    confident: Sums,
    seconds: f64,
    timed: f64,
}

impl Totals {
    /// Empty sums able to take any of `tallies`.
    pub fn for_tallies<'a>(tallies: impl IntoIterator<Item = &'a GapTally>) -> Self {
        let ids: BTreeSet<i64> = tallies.into_iter().flat_map(|t| t.types.iter().map(|(id, _)| *id)).collect();
        let slots: FxHashMap<i64, usize> = ids.into_iter().zip(0..).collect();
        Self {
            types: vec![Sums::default(); slots.len()],
            slots,
            gaps: 0.0,
            positions: Sums::default(),
            within_one: 0.0,
            perfect: 0.0,
            rouge_l: 0.0,
            composition_tv: 0.0,
            bins: Default::default(),
            with_confidence: 0.0,
            confident: Sums::default(),
            seconds: 0.0,
            timed: 0.0,
        }
    }

    /// Back to zero, keeping the event types.
    pub fn clear(&mut self) {
        let slots = std::mem::take(&mut self.slots);
        let mut types = std::mem::take(&mut self.types);
        types.fill(Sums::default());
        *self = Self { slots, types, ..Self::for_tallies([]) };
    }

    /// Adds the gaps of a tally `weight` times. Event types unknown to this sum are left out of the macro accuracy.
    pub fn add(&mut self, tally: &GapTally, weight: f64) {
        self.gaps += weight * f64::from(tally.gaps);
        self.positions.right += weight * f64::from(tally.share.right);
        self.positions.all += weight * f64::from(tally.share.all);
        self.within_one += weight * f64::from(tally.within_one);
        self.perfect += weight * f64::from(tally.perfect);
        self.rouge_l += weight * tally.rouge_l;
        self.composition_tv += weight * tally.composition_tv;
        for (id, share) in &tally.types {
            if let Some(&slot) = self.slots.get(id) {
                self.types[slot].right += weight * f64::from(share.right);
                self.types[slot].all += weight * f64::from(share.all);
            }
        }
        if let Some(bins) = &tally.bins {
            self.with_confidence += weight * f64::from(tally.share.all);
            for bin in bins {
                let (sums, confidence) = &mut self.bins[bin.index];
                sums.right += weight * f64::from(bin.share.right);
                sums.all += weight * f64::from(bin.share.all);
                *confidence += weight * bin.confidence;
            }
            self.confident.right += weight * f64::from(tally.confident.right);
            self.confident.all += weight * f64::from(tally.confident.all);
        }
        if let Some(seconds) = tally.seconds {
            self.seconds += weight * seconds;
            self.timed += weight * f64::from(tally.gaps);
        }
    }

    /// For each bin of the confidence: positions, the sum of their confidences, and how many are right; empty without any
    /// confidence.
    pub fn bins(&self) -> Vec<[f64; 3]> {
        let known = self.with_confidence > 0.0;
        self.bins.iter().filter(|_| known).map(|(sums, confidence)| [sums.all, *confidence, sums.right]).collect()
    }

    /// The metrics of the sum in the order of [`METRICS`]; `None` where nothing was measured.
    pub fn metrics(&self) -> [Option<f64>; METRICS.len()] {
        let ratio = |a: f64, b: f64| (b > 0.0).then(|| a / b);
        let seen = self.types.iter().filter(|s| s.all > 0.0);
        let (sum, types) = seen.fold((0.0, 0.0), |(sum, n), s| (sum + s.right / s.all, n + 1.0));
        let apart: f64 = self.bins.iter().map(|(s, confidence)| (s.right - confidence).abs()).sum();
        [
            ratio(self.positions.right, self.positions.all),
            ratio(self.perfect, self.gaps),
            ratio(self.rouge_l, self.gaps),
            ratio(sum, types),
            ratio(self.within_one, self.positions.all),
            ratio(self.composition_tv, self.gaps),
            ratio(apart, self.with_confidence),
            ratio(self.confident.right, self.confident.all),
            ratio(self.seconds, self.timed),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_by_hand() {
        let gaps =
            [GapTally::new(&[1, 1], &[1, 1], Some(&[0.9, 0.7])), GapTally::new(&[1, 5], &[1, 3], Some(&[0.9, 0.9]))];
        let mut totals = Totals::for_tallies(&gaps);
        totals.add(&gaps[0], 3.0);
        totals.add(&gaps[1], 1.0);
        let m = totals.metrics();
        let close = |i: usize, want: f64| {
            let got = m[i].expect("measured");
            assert!((got - want).abs() < 1e-6, "{}: {got} != {want}", METRICS[i]);
        };
        close(0, 7.0 / 8.0);
        close(1, 0.75);
        close(2, (3.0 + 0.5) / 4.0);
        close(3, 0.5);
        close(4, 7.0 / 8.0);
        close(5, 0.125);
        // Bin of 0.9: 5 positions, 4 right, confidence 4.5. Bin of 0.7: 3 positions, all right, confidence 2.1.
        close(6, (0.5 + 0.9) / 8.0);
        close(7, 4.0 / 5.0);
        assert_eq!(m[8], None);
        totals.clear();
        assert!(totals.metrics().iter().all(Option::is_none));
    }
}

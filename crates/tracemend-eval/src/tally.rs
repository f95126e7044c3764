//! Sufficient statistics of gaps, and weighted sums of them.
//!
//! A [`GapTally`] holds what one gap adds to every metric of [`Metric`], whether it lies in a flat window or in a trace of
//! many threads. [`Totals`] adds tallies up with weights. Bootstrap resamples are weighted sums of tallies, so no gap is
//! scored twice.

use crate::metric::{Figures, Metric};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::Hash;
use tracemend_repair::lcs::lcs_length;

/// Number of equal-width bins of the probability (Guo et al. 2017).
pub(crate) const BINS: usize = 15;
/// The probability from which an event counts as sure.
const HIGH_CONFIDENCE: f32 = 0.9;

/// Right and all of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub right: f64,
    pub all: f64,
}

impl Share {
    /// One thing, right or not.
    pub(crate) fn one(right: bool) -> Self {
        Self { right: f64::from(u8::from(right)), all: 1.0 }
    }

    fn add(&mut self, other: Self, weight: f64) {
        self.right += weight * other.right;
        self.all += weight * other.all;
    }

    /// `None` where there is nothing to be right.
    fn figure(self) -> Option<f64> {
        (self.all > 0.0).then(|| self.right / self.all)
    }
}

/// One bin of the reliability diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Predicted events in this bin.
    pub events: f64,
    /// The sum of their probabilities.
    pub confidence: f64,
    /// How many of them are right.
    pub right: f64,
}

impl Bin {
    /// Adds another bin `weight` times.
    pub(crate) fn add(&mut self, other: Self, weight: f64) {
        self.events += weight * other.events;
        self.confidence += weight * other.confidence;
        self.right += weight * other.right;
    }
}

/// Adds up bins of the same widths; empty where there are none.
pub fn summed<'a>(all: impl IntoIterator<Item = &'a [Bin]>) -> Vec<Bin> {
    let mut sum: Vec<Bin> = Vec::new();
    for bins in all {
        sum.resize(sum.len().max(bins.len()), Bin::default());
        sum.iter_mut().zip(bins).for_each(|(sum, bin)| sum.add(*bin, 1.0));
    }
    sum
}

/// How sure a method was, and how often it was right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reliability {
    /// Used bins by number.
    bins: Vec<(usize, Bin)>,
    /// Events with high confidence.
    sure: Share,
}

impl Reliability {
    /// Counts predicted events, each with its probability and whether it is right.
    fn new(events: impl Iterator<Item = (f32, bool)>) -> Self {
        let mut new = Self::default();
        for (confidence, right) in events {
            // A confidence of exactly 1 belongs to the last bin; a NaN falls into the first.
            let number = ((f64::from(confidence) * BINS as f64) as usize).min(BINS - 1);
            let one = Share::one(right);
            if confidence >= HIGH_CONFIDENCE {
                new.sure.add(one, 1.0);
            }
            new.bin(number).add(Bin { events: 1.0, confidence: f64::from(confidence), right: one.right }, 1.0);
        }
        new
    }

    fn bin(&mut self, number: usize) -> &mut Bin {
        let place = self.bins.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
            self.bins.push((number, Bin::default()));
            self.bins.len() - 1
        });
        &mut self.bins[place].1
    }

    fn add(&mut self, other: &Self, weight: f64) {
        for &(number, bin) in &other.bins {
            self.bin(number).add(bin, weight);
        }
        self.sure.add(other.sure, weight);
    }
}

/// What only gaps in traces of many threads have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ThreadTally {
    /// Events on the longest common subsequences of their threads, summed.
    pub lcs: f64,
    /// Rows of the composition whose interval holds the true count, and all rows.
    pub coverage: Share,
    /// Gaps that obey the rules, and gaps that were validated.
    pub validity: Share,
}

/// What one gap, or several together, add to every metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GapTally {
    pub(crate) gaps: f64,
    pub(crate) positions: Share,
    /// Gaps wholly right.
    pub(crate) perfect: f64,
    /// LCS / gap length, summed over gaps.
    pub(crate) rouge_l: f64,
    /// Summed over gaps.
    pub(crate) composition_tv: f64,
    /// Positions by true event type.
    pub(crate) types: Vec<(i64, Share)>,
    /// Positions at most one id off; `None` where ids mean nothing.
    pub(crate) within_one: Option<f64>,
    /// `None`: the method gives no probabilities.
    pub(crate) reliability: Option<Reliability>,
    /// CPU seconds, summed over gaps; `None` where they were not measured.
    pub(crate) seconds: Option<f64>,
    /// `None` for gaps in windows.
    pub(crate) threads: Option<ThreadTally>,
}

/// Half the summed differences between two multisets, divided by the size of the true one; 0 if both are empty.
///
/// For multisets of one size this is their total variation distance: 0 (the same) to 1 (nothing in common).
pub(crate) fn composition_distance<T: Eq + Hash>(
    truth: impl IntoIterator<Item = T>,
    predicted: impl IntoIterator<Item = (T, f64)>,
) -> f64 {
    let mut size = 0usize;
    let mut surplus: FxHashMap<T, f64> = FxHashMap::default();
    for event in truth {
        size += 1;
        *surplus.entry(event).or_default() += 1.0;
    }
    for (event, count) in predicted {
        *surplus.entry(event).or_default() -= count;
    }
    let apart: f64 = surplus.values().map(|difference| difference.abs()).sum();
    apart / 2.0 / size.max(1) as f64
}

impl GapTally {
    /// Scores one gap of `N` positions in a flat window.
    ///
    /// `truth`, `predicted`: `[N]` event ids in order. `confidence`: `[N]` probability of each predicted event, where the
    /// method has one. Positions beyond the shorter of `truth` and `predicted` count as wrong.
    pub fn new(truth: &[i64], predicted: &[i64], confidence: Option<&[f32]>) -> Self {
        let is_right = |place: usize| predicted.get(place) == Some(&truth[place]);
        let near = |place: &usize| predicted.get(*place).is_some_and(|id| id.abs_diff(truth[*place]) <= 1);
        let mut tally = Self {
            perfect: f64::from(u8::from(truth == predicted)),
            rouge_l: lcs_length(truth, predicted) as f64 / truth.len().max(1) as f64,
            composition_tv: composition_distance(truth, predicted.iter().map(|id| (id, 1.0))),
            within_one: Some((0..truth.len()).filter(near).count() as f64),
            reliability: confidence.map(|all| {
                let one = |place| (all.get(place).copied().unwrap_or(0.0), is_right(place));
                Reliability::new((0..truth.len()).map(one))
            }),
            ..Self::of_gap()
        };
        (0..truth.len()).for_each(|place| tally.note_position(truth[place], is_right(place)));
        tally
    }

    /// The tally of one gap of which nothing is known yet.
    pub(crate) fn of_gap() -> Self {
        Self { gaps: 1.0, ..Self::default() }
    }

    /// Counts one position.
    pub(crate) fn note_position(&mut self, event_type: i64, right: bool) {
        let one = Share::one(right);
        self.positions.add(one, 1.0);
        self.share_of(event_type).add(one, 1.0);
    }

    /// Notes how sure the method was of each predicted event, and whether it is right.
    pub(crate) fn note_confidence(&mut self, events: impl Iterator<Item = (f32, bool)>) {
        self.reliability = Some(Reliability::new(events));
    }

    fn share_of(&mut self, event_type: i64) -> &mut Share {
        let place = self.types.iter().position(|(known, _)| *known == event_type).unwrap_or_else(|| {
            self.types.push((event_type, Share::default()));
            self.types.len() - 1
        });
        &mut self.types[place].1
    }

    /// Notes the CPU time, in seconds, that filling this gap took.
    #[must_use]
    pub(crate) fn with_seconds(mut self, seconds: f64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Adds the gaps of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.gaps += other.gaps;
        self.positions.add(other.positions, 1.0);
        self.perfect += other.perfect;
        self.rouge_l += other.rouge_l;
        self.composition_tv += other.composition_tv;
        for &(event_type, share) in &other.types {
            self.share_of(event_type).add(share, 1.0);
        }
        if let Some(other) = other.within_one {
            *self.within_one.get_or_insert_default() += other;
        }
        if let Some(other) = &other.reliability {
            self.reliability.get_or_insert_default().add(other, 1.0);
        }
        if let Some(other) = other.seconds {
            *self.seconds.get_or_insert_default() += other;
        }
        if let Some(other) = other.threads {
            let threads = self.threads.get_or_insert_default();
            threads.lcs += other.lcs;
            threads.coverage.add(other.coverage, 1.0);
            threads.validity.add(other.validity, 1.0);
        }
    }

    /// The tally as if these gaps had occurred `copies` times.
    #[must_use]
    pub(crate) fn times(&self, copies: usize) -> Self {
        let mut sum = Self::default();
        (0..copies).for_each(|_| sum.merge(self));
        sum
    }
}

/// Weighted sums over gaps. Made once for a set of event types, then cleared and filled again for every resample.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Places in `types`.
    places: FxHashMap<i64, usize>,
    types: Vec<Share>,
    sums: Sums,
}

#[derive(Clone, Debug, Default)]
struct Sums {
    gaps: f64,
    positions: Share,
    perfect: f64,
    rouge_l: f64,
    composition_tv: f64,
    /// Only gaps that have the figure.
    within_one: Share,
    bins: [Bin; BINS],
    sure: Share,
    /// Gaps for which the method gives probabilities.
    rated_gaps: f64,
    seconds: Share,
    thread_lcs: Share,
    coverage: Share,
    validity: Share,
}

impl Totals {
    /// Empty sums that can take any of `tallies`.
    pub fn for_tallies<'a>(tallies: impl IntoIterator<Item = &'a GapTally>) -> Self {
        // In order: floating-point sums depend on it.
        let ids: BTreeSet<i64> = tallies.into_iter().flat_map(|tally| tally.types.iter().map(|(id, _)| *id)).collect();
        let places: FxHashMap<i64, usize> = ids.into_iter().zip(0..).collect();
        Self { types: vec![Share::default(); places.len()], places, sums: Sums::default() }
    }

    /// Sets all sums back to zero and keeps the event types.
    pub(crate) fn clear(&mut self) {
        self.types.fill(Share::default());
        self.sums = Sums::default();
    }

    /// Adds the gaps of a tally `weight` times. Event types unknown to these sums are left out of the macro accuracy.
    pub fn add(&mut self, tally: &GapTally, weight: f64) {
        let sums = &mut self.sums;
        sums.gaps += weight * tally.gaps;
        sums.positions.add(tally.positions, weight);
        sums.perfect += weight * tally.perfect;
        sums.rouge_l += weight * tally.rouge_l;
        sums.composition_tv += weight * tally.composition_tv;
        for (id, share) in &tally.types {
            if let Some(&place) = self.places.get(id) {
                self.types[place].add(*share, weight);
            }
        }
        if let Some(right) = tally.within_one {
            sums.within_one.add(Share { right, all: tally.positions.all }, weight);
        }
        if let Some(reliability) = &tally.reliability {
            sums.rated_gaps += weight * tally.gaps;
            sums.sure.add(reliability.sure, weight);
            for &(number, bin) in &reliability.bins {
                sums.bins[number].add(bin, weight);
            }
        }
        if let Some(seconds) = tally.seconds {
            sums.seconds.add(Share { right: seconds, all: tally.gaps }, weight);
        }
        if let Some(threads) = &tally.threads {
            sums.thread_lcs.add(Share { right: threads.lcs, all: tally.positions.all }, weight);
            sums.coverage.add(threads.coverage, weight);
            sums.validity.add(threads.validity, weight);
        }
    }

    /// All bins of the probability; empty where no method gave any.
    pub(crate) fn bins(&self) -> Vec<Bin> {
        if self.sums.rated_gaps > 0.0 { self.sums.bins.to_vec() } else { Vec::new() }
    }

    /// The metrics of the sums.
    pub fn figures(&self) -> Figures {
        let sums = &self.sums;
        let share = |right: f64, all: f64| Share { right, all }.figure();
        let seen = self.types.iter().filter(|share| share.all > 0.0);
        let (by_type, types) = seen.fold((0.0, 0.0), |(sum, n), share| (sum + share.right / share.all, n + 1.0));
        let apart: f64 = sums.bins.iter().map(|bin| (bin.right - bin.confidence).abs()).sum();
        let predicted: f64 = sums.bins.iter().map(|bin| bin.events).sum();
        let mut figures = Figures::default();
        figures.set(Metric::Accuracy, sums.positions.figure());
        figures.set(Metric::PerfectRate, share(sums.perfect, sums.gaps));
        figures.set(Metric::RougeL, share(sums.rouge_l, sums.gaps));
        figures.set(Metric::MacroAccuracy, share(by_type, types));
        figures.set(Metric::WithinOne, sums.within_one.figure());
        figures.set(Metric::ThreadLcs, sums.thread_lcs.figure());
        figures.set(Metric::CompositionTv, share(sums.composition_tv, sums.gaps));
        figures.set(Metric::Coverage, sums.coverage.figure());
        figures.set(Metric::Ece, share(apart, predicted));
        figures.set(Metric::PrecisionAt90, sums.sure.figure());
        // All lost events count, also those of gaps that a method with probabilities leaves empty.
        let recall = share(sums.sure.right, sums.positions.all).filter(|_| sums.rated_gaps > 0.0);
        figures.set(Metric::RecallAt90, recall);
        figures.set(Metric::Validity, sums.validity.figure());
        figures.set(Metric::SecondsPerGap, sums.seconds.figure());
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(truth: &[u8], predicted: &[u8]) -> f64 {
        composition_distance(truth, predicted.iter().map(|event| (event, 1.0)))
    }

    #[test]
    fn multisets() {
        assert_eq!(distance(&[1, 2, 3, 3], &[3, 3, 2, 1]), 0.0);
        assert_eq!(distance(&[1, 1, 1, 1], &[1, 1, 2, 3]), 0.5);
        assert_eq!(distance(&[], &[]), 0.0);
        // The denominator is the truth's length: two of four missing, two of two too many.
        assert_eq!(distance(&[1, 1, 2, 2], &[1, 1]), 0.25);
        assert_eq!(distance(&[1, 1], &[1, 1, 2, 2]), 0.5);
    }

    #[test]
    fn a_gap_by_hand() {
        let tally = GapTally::new(&[1, 2, 2, 9], &[1, 3, 2, 4], Some(&[1.0, 0.5, 0.95, 0.0]));
        assert_eq!(tally.positions, Share { right: 2.0, all: 4.0 });
        assert_eq!(tally.within_one, Some(3.0));
        assert_eq!(tally.perfect, 0.0);
        assert_eq!(tally.rouge_l, 0.5);
        assert_eq!(tally.composition_tv, 0.5);
        let reliability = tally.reliability.expect("confidences were given");
        assert_eq!(reliability.sure, Share { right: 2.0, all: 2.0 });
        assert_eq!(reliability.bins.iter().map(|bin| bin.0).collect::<Vec<_>>(), [14, 7, 0]);
    }

    #[test]
    fn metrics_by_hand() {
        let gaps =
            [GapTally::new(&[1, 1], &[1, 1], Some(&[0.9, 0.7])), GapTally::new(&[1, 5], &[1, 3], Some(&[0.9, 0.9]))];
        let mut totals = Totals::for_tallies(&gaps);
        totals.add(&gaps[0], 3.0);
        totals.add(&gaps[1], 1.0);
        let figures = totals.figures();
        let close = |metric: Metric, want: f64| {
            let got = figures.get(metric).expect("measured");
            assert!((got - want).abs() < 1e-6, "{metric}: {got} != {want}");
        };
        close(Metric::Accuracy, 7.0 / 8.0);
        close(Metric::PerfectRate, 0.75);
        close(Metric::RougeL, (3.0 + 0.5) / 4.0);
        close(Metric::MacroAccuracy, 0.5);
        close(Metric::WithinOne, 7.0 / 8.0);
        close(Metric::CompositionTv, 0.125);
        // Bin of 0.9: 5 positions, 4 right, confidence 4.5. Bin of 0.7: 3 positions, all right, confidence 2.1.
        close(Metric::Ece, (0.5 + 0.9) / 8.0);
        close(Metric::PrecisionAt90, 4.0 / 5.0);
        // Four of the eight positions are both sure and right.
        close(Metric::RecallAt90, 4.0 / 8.0);
        for unmeasured in [Metric::SecondsPerGap, Metric::ThreadLcs, Metric::Coverage, Metric::Validity] {
            assert_eq!(figures.get(unmeasured), None);
        }
        totals.clear();
        assert_eq!(totals.figures(), Figures::default());
    }

    #[test]
    fn rouge_l_is_a_mean_over_gaps_however_long_they_are() {
        // 1 of 1 and 1 of 4: the mean is 0.625, not 2 of 5.
        let gaps = [GapTally::new(&[7], &[7], None), GapTally::new(&[1, 2, 3, 4], &[9, 9, 9, 1], None)];
        let mut totals = Totals::for_tallies(&gaps);
        gaps.iter().for_each(|gap| totals.add(gap, 1.0));
        assert_eq!(totals.figures().get(Metric::RougeL), Some(0.625));
        assert_eq!(totals.figures().get(Metric::RecallAt90), None);
    }
}

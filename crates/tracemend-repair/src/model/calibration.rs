//! Calibration: maps the support of events to probabilities, and the spread of counts to intervals, as measured in blackouts.
//!
//! Blackouts are cut into traces and repaired by a model that has not seen them. A belief is the support of one inferred event
//! (the weight of the fillings that agree on it) with the length of its gap and its distance to the gap's nearer end. Beliefs
//! that came true are counted in cells of these three; counts merge by sum.
//!
//! A confidence is the share that came true in the belief's cell, smoothed by coarser cells: with `n` beliefs in a cell, of
//! which `r` came true, `p = (r + b p_coarser) / (n + b)`, from all lengths to one length to one distance. It is not lowered where it
//! is high: on real losses that made it less true, and fewer events could be relied on (`DESIGN.md`).

use crate::params::ModelParams;
use serde::{Deserialize, Serialize};

/// Groups of gap lengths: up to 3, 15, 60, 250, and longer.
const LENGTHS: usize = 5;
/// Groups of distance to the nearer end of the gap: up to 2, up to 9, farther.
const EDGES: usize = 3;
/// Upper ends of the groups of support.
pub const SUPPORT: [f32; 13] = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.93, 0.98, 0.998, 1.1];
/// Upper ends of the groups of standardised errors of counts.
const SPREAD: [f32; 24] = [
    0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0,
    10.0, 1e9,
];
/// Upper ends of the groups of expected counts.
const MEANS: [f64; 4] = [0.3, 1.0, 4.0, f64::INFINITY];
/// Shares of the background that are tried.
pub(crate) const SHARES: [f64; 8] = [0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0];

/// Units of a [`Sums`] that make 1. Large enough that rounding is far below what any blackout can tell, small enough that a million
/// million fit.
const UNIT: f64 = (1u64 << 24) as f64;

/// A flat table of sums in fixed point: whole numbers add up to the same in any order. A sum that would be too large stays at the
/// largest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Sums(Vec<u64>);

impl Sums {
    fn zero(cells: usize) -> Self {
        Self(vec![0; cells])
    }

    fn add(&mut self, cell: usize, value: f64) {
        // The cast stops at the ends, and takes what is no number for 0.
        self.0[cell] = self.0[cell].saturating_add((value * UNIT).round() as u64);
    }

    fn get(&self, cell: usize) -> f64 {
        self.0[cell] as f64 / UNIT
    }

    fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, &more)| *sum = sum.saturating_add(more));
    }
}

/// What became of beliefs, counted. Tables are flat; the last index runs fastest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// `[LENGTHS]` blackouts.
    blackouts: Sums,
    /// `[LENGTHS, EDGES, SUPPORT, 2]` right and all.
    confidence: Sums,
    /// `[2, LENGTHS, MEANS, SPREAD]` standardised errors of expected counts: by thread, by event.
    spread: Sums,
    /// `[LENGTHS, 2]` event types that were lost without a row in the composition, and rows.
    unexpected: Sums,
    /// `[LENGTHS, 2]` squared time error as a share of the gap's width, and how many.
    times: Sums,
    /// `[LENGTHS, SHARES]` distance of the expected counts from the true ones, by the share of the background.
    background: Sums,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            blackouts: Sums::zero(LENGTHS),
            confidence: Sums::zero(LENGTHS * EDGES * SUPPORT.len() * 2),
            spread: Sums::zero(2 * LENGTHS * MEANS.len() * SPREAD.len()),
            unexpected: Sums::zero(LENGTHS * 2),
            times: Sums::zero(LENGTHS * 2),
            background: Sums::zero(LENGTHS * SHARES.len()),
        }
    }
}

/// What is believed of an inferred event.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Weight of the fillings that agree on it.
    pub support: f32,
    /// Length of the gap.
    pub lost: usize,
    /// Place of the event in the gap, from 0.
    pub place: usize,
}

/// Which rows of a composition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Counts of one event on one thread.
    ByThread,
    /// Counts of one event over all threads.
    ByEvent,
}

fn length_group(lost: usize) -> usize {
    match lost {
        0..=3 => 0,
        4..=15 => 1,
        16..=60 => 2,
        61..=250 => 3,
        _ => 4,
    }
}

fn mean_group(expected: f64) -> usize {
    MEANS.iter().position(|&end| expected <= end).unwrap_or(MEANS.len() - 1)
}

fn spread_row(rows: Rows, length: usize, mean: usize) -> usize {
    ((rows as usize * LENGTHS + length) * MEANS.len() + mean) * SPREAD.len()
}

/// The group of [`SUPPORT`] that a support belongs to; that of 0 for what is no number.
pub fn support_group(support: f32) -> usize {
    if support.is_nan() {
        return 0;
    }
    SUPPORT.iter().position(|&end| support <= end).unwrap_or(SUPPORT.len() - 1)
}

impl Belief {
    fn groups(&self) -> (usize, usize, usize) {
        let edge = self.place.min(self.lost.saturating_sub(1 + self.place));
        let edge = match edge {
            0..=2 => 0,
            3..=9 => 1,
            _ => 2,
        };
        (length_group(self.lost), edge, support_group(self.support))
    }
}

fn cell(length: usize, edge: usize, support: usize) -> usize {
    ((length * EDGES + edge) * SUPPORT.len() + support) * 2
}

impl Calibration {
    /// Each table, and how many times over it has a group for every length.
    fn tables(&mut self) -> [(&mut Sums, usize); 6] {
        [
            (&mut self.blackouts, 1),
            (&mut self.confidence, 1),
            (&mut self.spread, 2),
            (&mut self.unexpected, 1),
            (&mut self.times, 1),
            (&mut self.background, 1),
        ]
    }

    /// Adds another calibration.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        for ((mine, _), (other, _)) in self.tables().into_iter().zip(other.tables()) {
            mine.merge(other);
        }
    }

    /// Adds what blackouts in other traces say; in each group of lengths they count as at most `max` blackouts.
    pub(crate) fn merge_prior(&mut self, other: &Self, max: f64) {
        let mut other = other.clone();
        let weights: Vec<f64> =
            (0..LENGTHS).map(|length| (max / other.blackouts.get(length).max(1.0)).min(1.0)).collect();
        for (table, times) in other.tables() {
            let group = table.0.len() / (times * LENGTHS);
            for (number, sums) in table.0.chunks_mut(group.max(1)).enumerate() {
                sums.iter_mut().for_each(|sum| *sum = (*sum as f64 * weights[number % LENGTHS]).round() as u64);
            }
        }
        self.merge(&other);
    }

    /// Whether gaps of two lengths are calibrated together.
    pub(crate) fn same_length_group(a: usize, b: usize) -> bool {
        length_group(a) == length_group(b)
    }

    /// Whether the tables have the sizes this version works with.
    pub(crate) fn is_valid(&self) -> bool {
        let (mut mine, mut fresh) = (self.clone(), Self::default());
        mine.tables().into_iter().zip(fresh.tables()).all(|((table, _), (fresh, _))| table.0.len() == fresh.0.len())
    }

    /// Notes a blackout; its events and counts are noted one by one.
    pub(crate) fn note_blackout(&mut self, lost: usize) {
        self.blackouts.add(length_group(lost), 1.0);
    }

    /// Notes whether a belief came true.
    pub(crate) fn note(&mut self, belief: Belief, right: bool) {
        let (length, edge, support) = belief.groups();
        let cell = cell(length, edge, support);
        self.confidence.add(cell, f64::from(u8::from(right)));
        self.confidence.add(cell + 1, 1.0);
    }

    /// Notes an expected number and the true one.
    pub(crate) fn note_count(&mut self, rows: Rows, lost: usize, expected: f64, deviation: f64, truth: f64) {
        let error = ((truth - expected).abs() / deviation) as f32;
        let group = SPREAD.iter().position(|&end| error <= end).unwrap_or(SPREAD.len() - 1);
        self.spread.add(spread_row(rows, length_group(lost), mean_group(expected)) + group, 1.0);
    }

    /// Notes how many event types were lost without a row in the composition, and how many rows it had.
    pub(crate) fn note_unexpected(&mut self, lost: usize, unexpected: usize, rows: usize) {
        let cell = length_group(lost) * 2;
        self.unexpected.add(cell, unexpected as f64);
        self.unexpected.add(cell + 1, rows as f64);
    }

    /// Notes how far expected counts were from the truth with each of [`SHARES`].
    pub(crate) fn note_background(&mut self, lost: usize, distances: [f64; SHARES.len()]) {
        let start = length_group(lost) * SHARES.len();
        (start..).zip(distances).for_each(|(cell, distance)| self.background.add(cell, distance));
    }

    /// The share of the background that served best.
    pub fn background(&self, lost: usize) -> f64 {
        let start = length_group(lost) * SHARES.len();
        let sums = &self.background.0[start..start + SHARES.len()];
        let best = (0..SHARES.len()).min_by_key(|&share| sums[share]).unwrap_or(0);
        SHARES[best]
    }

    /// Notes a time error, as a share of the gap's width.
    pub(crate) fn note_time(&mut self, lost: usize, share: f64) {
        let cell = length_group(lost) * 2;
        self.times.add(cell, share * share);
        self.times.add(cell + 1, 1.0);
    }

    /// Probability that a belief is true; a cautious share of its support where no blackout was counted.
    pub fn confidence(&self, belief: Belief, params: &ModelParams) -> f32 {
        let backing = params.belief_backing;
        let (length, edge, support) = belief.groups();
        let raw = f64::from(belief.support);
        let groups = |lengths: std::ops::Range<usize>, edges: std::ops::Range<usize>| {
            let mut right = 0.0;
            let mut all = 0.0;
            for length in lengths {
                for edge in edges.clone() {
                    right += self.confidence.get(cell(length, edge, support));
                    all += self.confidence.get(cell(length, edge, support) + 1);
                }
            }
            (right, all)
        };
        let mut p = params.belief_prior * raw;
        for (right, all) in [
            groups(0..LENGTHS, 0..EDGES),
            groups(length..length + 1, 0..EDGES),
            groups(length..length + 1, edge..edge + 1),
        ] {
            p = (right + backing * p) / (all + backing);
        }
        p.clamp(params.confidence_floor, 1.0 - params.confidence_floor) as f32
    }

    /// Half the width of the 90 % interval of a count expected to be `expected`, in deviations. It is wider by half a standard
    /// error, counted by blackouts because the rows of one blackout err together. In rows by event, event types that were lost without
    /// a row are among the tenth that an interval may miss.
    pub(crate) fn half_width(&self, rows: Rows, lost: usize, expected: f64, params: &ModelParams) -> f64 {
        let ([other_mean, other_length], interval) = (params.borrowed_errors, params.interval);
        let (length, mean) = (length_group(lost), mean_group(expected));
        let mut counts = [0.0; SPREAD.len()];
        let mut add = |length: usize, mean: usize, weight: f64| {
            let row = spread_row(rows, length, mean);
            counts.iter_mut().zip(row..).for_each(|(count, cell)| *count += weight * self.spread.get(cell));
            counts.iter().sum::<f64>()
        };
        let mut total = add(length, mean, 1.0);
        if total < params.enough_errors {
            (0..MEANS.len()).for_each(|mean| total = add(length, mean, other_mean));
        }
        if total < params.enough_errors {
            (0..LENGTHS).for_each(|length| total = add(length, mean, other_length));
        }
        if total < params.too_few_errors {
            return params.wide_interval;
        }
        let safe = interval
            + 0.5 * (interval * (1.0 - interval) / (self.blackouts.get(length) + params.belief_backing)).sqrt();
        let share = match (rows, self.unexpected.get(length * 2 + 1)) {
            (Rows::ByEvent, rows) if rows > 0.0 => safe * (1.0 + self.unexpected.get(length * 2) / rows),
            _ => safe,
        };
        let share = share.min(params.max_interval_share);
        let mut below = 0.0;
        let mut low = 0.0;
        for (count, &end) in counts.iter().zip(&SPREAD) {
            if below + count >= share * total {
                let share = (share * total - below) / count;
                return low + share * (f64::from(end).min(params.max_error) - low);
            }
            below += count;
            low = f64::from(end);
        }
        low
    }

    /// Standard error of an estimated time, as a share of the gap's width.
    pub(crate) fn time_error(&self, lost: usize, params: &ModelParams) -> f64 {
        let backing = params.time_error_backing;
        let cell = length_group(lost) * 2;
        ((self.times.get(cell) + backing * params.time_error_prior) / (self.times.get(cell + 1) + backing)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_belief_is_answered_by_the_share_that_came_true() {
        let mut calibration = Calibration::default();
        let belief = Belief { support: 0.9, lost: 40, place: 20 };
        for try_number in 0..1000 {
            calibration.note(belief, try_number % 4 != 0);
        }
        assert!((calibration.confidence(belief, &ModelParams::default()) - 0.75).abs() < 0.02);
        let mut twice = calibration.clone();
        twice.merge(&calibration);
        assert!((twice.confidence(belief, &ModelParams::default()) - 0.75).abs() < 0.01);
    }

    #[test]
    fn nine_of_ten_errors_lie_within_the_half_width() {
        let mut calibration = Calibration::default();
        for error in 0..1000 {
            calibration.note_blackout(100);
            calibration.note_count(Rows::ByEvent, 100, 0.0, 1.0, f64::from(error) / 500.0);
        }
        assert!((calibration.half_width(Rows::ByEvent, 100, 0.0, &ModelParams::default()) - 1.8).abs() < 0.1);
    }
}

//! How long threads pause between one call's return and the next call.
//!
//! Histograms of the pause on a binary logarithmic scale, by the token before it. A pause far longer than what this
//! token is usually followed by says that events are missing there, whatever their names.

use crate::model::token::Token;
use crate::params::ModelParams;

/// Buckets of the histograms: binary logarithm of nanoseconds.
pub(super) const BUCKETS: usize = 40;
/// See [`Pauses::step_sum`].
const LOG_UNIT: f64 = 65536.0;
/// Largest logarithm of a step, in those units.
pub(crate) const MAX_LOG: u64 = 64 << 16;

/// Histogram of one token.
#[derive(Clone, Debug)]
pub(crate) struct Pauses {
    pub(crate) counts: [u32; BUCKETS],
    pub(crate) total: u32,
    /// Histogram of the whole step, entry to next entry, whatever happened on the CPU meanwhile.
    pub(crate) whole: [u32; BUCKETS],
    /// Sum of the binary logarithms of the whole step (entry to next entry) while the thread stayed on its CPU, in
    /// units of 1 / [`LOG_UNIT`]: whole numbers add up to the same sum in any order.
    pub(crate) step_sum: u64,
    pub(crate) steps: u32,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], total: 0, whole: [0; BUCKETS], step_sum: 0, steps: 0 }
    }
}

/// Pause histograms of all tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timing {
    pub(crate) tokens: Vec<Pauses>,
    pub(crate) all: Pauses,
}

/// The bucket of a time in nanoseconds.
pub(crate) fn bucket(ns: i64) -> usize {
    (64 - (ns.max(0) as u64).leading_zeros() as usize).min(BUCKETS - 1)
}

fn add(sum: &mut u32, weight: u32) {
    *sum = sum.saturating_add(weight);
}

impl Pauses {
    /// Adds the counts of another histogram.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, &count) in self.counts.iter_mut().zip(&other.counts) {
            add(sum, count);
        }
        for (sum, &count) in self.whole.iter_mut().zip(&other.whole) {
            add(sum, count);
        }
        add(&mut self.total, other.total);
        add(&mut self.steps, other.steps);
        self.step_sum = self.step_sum.saturating_add(other.step_sum);
    }

    /// Mean binary logarithm of the step, as if `prior` had been seen `weight` times before.
    fn mean_log(&self, prior: f64, weight: f64) -> f64 {
        (self.step_sum as f64 / LOG_UNIT + weight * prior) / (f64::from(self.steps) + weight)
    }
}

impl Timing {
    /// The rows up to the last token with a known time.
    pub(crate) fn known(&self) -> &[Pauses] {
        let known = self.tokens.iter().rposition(|pauses| pauses.total > 0).map_or(0, |last| last + 1);
        &self.tokens[..known]
    }

    /// Notes a pause after `token`, the time of the whole step, and whether the thread stayed on its CPU.
    pub(crate) fn note(&mut self, token: Token, pause_ns: i64, step_ns: i64, stayed: bool, weight: u32) {
        let token = token as usize;
        if self.tokens.len() <= token {
            self.tokens.resize_with(token + 1, Pauses::default);
        }
        let log = ((step_ns.max(1) as f64).log2() * LOG_UNIT) as u64;
        for pauses in [&mut self.tokens[token], &mut self.all] {
            add(&mut pauses.counts[bucket(pause_ns)], weight);
            add(&mut pauses.total, weight);
            add(&mut pauses.whole[bucket(step_ns)], weight);
            if stayed {
                pauses.step_sum = pauses.step_sum.saturating_add(u64::from(weight) * log);
                add(&mut pauses.steps, weight);
            }
        }
    }

    fn of(&self, token: Token) -> &Pauses {
        self.tokens.get(token as usize).unwrap_or(&self.all)
    }

    fn mass(
        &self,
        token: Token,
        of: impl Fn(&Pauses) -> &[u32; BUCKETS],
        buckets: std::ops::Range<usize>,
        backing: f64,
    ) -> f64 {
        let pauses = self.of(token);
        let all = f64::from(self.all.total) + BUCKETS as f64;
        buckets
            .map(|bucket| {
                let prior = (f64::from(of(&self.all)[bucket]) + 1.0) / all;
                (f64::from(of(pauses)[bucket]) + backing * prior) / (f64::from(pauses.total) + backing)
            })
            .sum()
    }

    /// Probability that the pause after `token` is about this long.
    pub(crate) fn pause(&self, token: Token, pause_ns: i64, params: &ModelParams) -> f64 {
        let bucket = bucket(pause_ns);
        self.mass(token, |pauses| &pauses.counts, bucket..bucket + 1, params.pause_backing)
    }

    /// Probability that the step from `token` to the thread's next event lies in this [`bucket`] or above.
    pub(crate) fn step_at_least(&self, token: Token, bucket: usize, params: &ModelParams) -> f64 {
        self.mass(token, |pauses| &pauses.whole, bucket..BUCKETS, params.pause_backing)
    }

    /// Typical nanoseconds from one event to the next of the same thread while it keeps its CPU (geometric mean).
    pub(crate) fn step_ns(&self, token: Token, params: &ModelParams) -> f64 {
        let all = self.all.mean_log(params.step_prior_log2, 1.0);
        self.of(token).mean_log(all, params.step_backing).exp2()
    }
}

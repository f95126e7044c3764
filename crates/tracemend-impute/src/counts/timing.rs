//! How long threads pause between one call's return and the next call.
//!
//! Histograms of the pause on a binary logarithmic scale, by the token before it. A pause far longer than what this
//! token is usually followed by says that events are missing there, whatever their names.

use super::token::Token;

/// Buckets of the histograms: binary logarithm of nanoseconds.
pub const BUCKETS: usize = 40;

/// Histogram of one token.
#[derive(Clone, Debug)]
pub(super) struct Pauses {
    pub(super) counts: [u32; BUCKETS],
    pub(super) total: u32,
    /// Histogram of the whole step, entry to next entry, whatever happened on the CPU meanwhile.
    pub(super) whole: [u32; BUCKETS],
    /// Sum of the binary logarithms of the whole step (entry to next entry) while the thread stayed on its CPU.
    pub(super) step_sum: f64,
    pub(super) steps: u32,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], total: 0, whole: [0; BUCKETS], step_sum: 0.0, steps: 0 }
    }
}

/// Pause histograms of all tokens.
#[derive(Clone, Debug, Default)]
pub struct Timing {
    pub(super) tokens: Vec<Pauses>,
    pub(super) all: Pauses,
}

/// The bucket of a time in nanoseconds.
pub fn bucket(ns: i64) -> usize {
    (64 - (ns.max(0) as u64).leading_zeros() as usize).min(BUCKETS - 1)
}

impl Timing {
    /// Notes a pause after `token`, the time of the whole step, and whether the thread stayed on its CPU.
    pub fn note(&mut self, token: Token, pause_ns: i64, step_ns: i64, stayed: bool, weight: u32) {
        let token = token as usize;
        if self.tokens.len() <= token {
            self.tokens.resize_with(token + 1, Pauses::default);
        }
        for pauses in [&mut self.tokens[token], &mut self.all] {
            pauses.counts[bucket(pause_ns)] += weight;
            pauses.total += weight;
            pauses.whole[bucket(step_ns)] += weight;
            if stayed {
                pauses.step_sum += f64::from(weight) * (step_ns.max(1) as f64).log2();
                pauses.steps += weight;
            }
        }
    }

    fn of(&self, token: Token) -> &Pauses {
        self.tokens.get(token as usize).unwrap_or(&self.all)
    }

    fn mass(&self, token: Token, of: impl Fn(&Pauses) -> &[u32; BUCKETS], buckets: std::ops::Range<usize>) -> f64 {
        let pauses = self.of(token);
        let all = f64::from(self.all.total) + BUCKETS as f64;
        buckets
            .map(|bucket| {
                let prior = (f64::from(of(&self.all)[bucket]) + 1.0) / all;
                (f64::from(of(pauses)[bucket]) + 3.0 * prior) / (f64::from(pauses.total) + 3.0)
            })
            .sum()
    }

    /// Probability that the pause after `token` is about this long.
    pub fn pause(&self, token: Token, pause_ns: i64) -> f64 {
        let bucket = bucket(pause_ns);
        self.mass(token, |pauses| &pauses.counts, bucket..bucket + 1)
    }

    /// Probability that the step from `token` to the thread's next event lies in this [`bucket`] or above.
    pub fn step_at_least(&self, token: Token, bucket: usize) -> f64 {
        self.mass(token, |pauses| &pauses.whole, bucket..BUCKETS)
    }

    /// Typical nanoseconds from one event to the next of the same thread while it keeps its CPU (geometric mean).
    pub fn step_ns(&self, token: Token) -> f64 {
        let all = (self.all.step_sum + 12.0) / (f64::from(self.all.steps) + 1.0);
        let pauses = self.of(token);
        ((pauses.step_sum + 2.0 * all) / (f64::from(pauses.steps) + 2.0)).exp2()
    }
}

//! Which thread a CPU turns to when it leaves one.
//!
//! At every switch each thread that could have been chosen is described by how recently it ran on this CPU, whether
//! it ran elsewhere since, its own last token, and the token after which the CPU was left. Counting how often such a
//! thread was there and how often it was chosen gives a hazard; a candidate's probability is its share of all hazards.

use crate::model::token::{BEGIN, Token};
use crate::params::ModelParams;
use rustc_hash::FxHashMap;

/// How recently a thread ran on the CPU in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recency {
    /// Place in the CPU's most-recently-used list; 1 is the thread before the current one.
    Rank(usize),
    /// Known, but not among the last [`LIST`] threads of this CPU.
    Elsewhere,
    /// Never seen before.
    New,
}

/// Length of the most-recently-used list of a CPU.
pub(crate) const LIST: usize = 12;

impl Recency {
    fn bucket(self) -> u64 {
        match self {
            Recency::Rank(rank @ 0..=3) => rank as u64,
            Recency::Rank(4..=6) => 4,
            Recency::Rank(_) => 5,
            Recency::Elsewhere => 6,
            Recency::New => 7,
        }
    }
}

/// One thread that could be next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// How recently it ran here.
    pub recency: Recency,
    /// Whether it last ran on another CPU.
    pub moved: bool,
    /// Its last token.
    pub last: Token,
    /// The token before that.
    pub before_last: Token,
}

impl Candidate {
    /// All threads of a kind that is not told apart further.
    pub(crate) fn class(recency: Recency) -> Self {
        Self { recency, moved: false, last: BEGIN, before_last: BEGIN }
    }
}

/// How often each kind of thread was chosen, of how often it could have been.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchedulerModel {
    pub(crate) table: FxHashMap<u64, (u32, u32)>,
}

const LEVELS: usize = 4;
/// Bits of a token in a key.
pub(crate) const TOKEN_BITS: u32 = 19;
/// Tokens from this one on count as one. A model with so many event types (half a million) no longer merges exactly.
pub(crate) const LAST_TOKEN: Token = (1 << TOKEN_BITS) - 1;
/// Where the last token, the token left and the token before the last begin in a key, each in one more level.
pub(crate) const TOKEN_SHIFTS: [u32; LEVELS - 1] = [4, 4 + TOKEN_BITS, 4 + 2 * TOKEN_BITS];
/// Where the level stands in a key.
pub(crate) const LEVEL_SHIFT: u32 = 4 + 3 * TOKEN_BITS;

fn keys(candidate: &Candidate, left: Token) -> [u64; LEVELS] {
    let shape = candidate.recency.bucket() << 1 | u64::from(candidate.moved);
    let token = |token: Token, field: usize| u64::from(token.min(LAST_TOKEN)) << TOKEN_SHIFTS[field];
    let (last, left, before) = (token(candidate.last, 0), token(left, 1), token(candidate.before_last, 2));
    let level = |level: u64| level << LEVEL_SHIFT | shape;
    [shape, level(1) | last, level(2) | last | left, level(3) | last | left | before]
}

impl SchedulerModel {
    /// Notes one thread that was there when the CPU was left after token `left`.
    pub(crate) fn note(&mut self, candidate: &Candidate, left: Token, chosen: bool, weight: u32) {
        for key in keys(candidate, left) {
            let entry = self.table.entry(key).or_default();
            entry.0 = entry.0.saturating_add(u32::from(chosen) * weight);
            entry.1 = entry.1.saturating_add(weight);
        }
    }

    /// How likely a thread like this is to be the next, before the share among all candidates is taken.
    pub(crate) fn hazard(&self, candidate: &Candidate, left: Token, params: &ModelParams) -> f64 {
        let (mut p, backing) = (params.scheduler_prior, params.scheduler_backing);
        for key in keys(candidate, left) {
            if let Some(&(chosen, present)) = self.table.get(&key) {
                p = (f64::from(chosen) + backing * p) / (f64::from(present) + backing);
            }
        }
        p
    }
}

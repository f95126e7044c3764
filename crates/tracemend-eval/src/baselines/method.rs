//! The interface of the baselines.

use crate::baselines::counts::BurstCounts;
use crate::baselines::{JointBeam, Lookup, Ngram, Repeat, StreamNgram, ThreadDp};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{Token, TokenTable};
use tracemend_trace::{Gap, Trace};

/// One inferred event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Its thread ([`tracemend_repair::model::thread_of`]).
    pub thread: i64,
    /// What it is, by the table of the index: name and phase count, the return value means nothing.
    pub token: Token,
    /// Probability that it is right, where the method has one.
    pub confidence: Option<f32>,
}

/// A way to fill gaps of known length.
pub trait BurstMethod: Sync + Send {
    /// The method's name in result tables.
    fn name(&self) -> &str;

    /// What its answers are numbered by: the names and phases learned, all without a return value.
    fn tokens(&self) -> &TokenTable;

    /// The lost events in order. The index is to be made with a copy of [`BurstMethod::tokens`], whose additions then
    /// stand for the names that were never learned. As many as `lost`, or none where nothing is known that could have run.
    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill>;
}

/// The names of all baselines.
pub const METHODS: [&str; 6] = ["repeat", "ngram", "lookup", "stream_ngram", "thread_dp", "joint_beam"];

/// What all baselines work with, learned from these traces. Nothing is learned across their gaps.
pub fn learn(training: &[&Trace]) -> Arc<BurstCounts> {
    let mut counts = BurstCounts::default();
    training.iter().for_each(|trace| counts.learn(trace));
    counts.freeze();
    Arc::new(counts)
}

/// The baseline of this name (one of [`METHODS`]; any other name gives `repeat`).
pub fn method(name: &str, counts: &Arc<BurstCounts>) -> Box<dyn BurstMethod> {
    let counts = counts.clone();
    match name {
        "ngram" => Box::new(Ngram::new(counts)),
        "lookup" => Box::new(Lookup::new(counts)),
        "stream_ngram" => Box::new(StreamNgram::new(counts)),
        "thread_dp" => Box::new(ThreadDp::new(counts)),
        "joint_beam" => Box::new(JointBeam::new(counts)),
        _ => Box::new(Repeat::new(counts)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::trace;
    use super::*;
    use crate::baselines::testing::fill;

    #[test]
    fn every_method_has_its_name() {
        for name in METHODS {
            assert_eq!(method(name, &learn(&[&trace(&[(0, 1, "a")])])).name(), name);
        }
    }

    #[test]
    fn gaps_at_both_ends_and_names_never_seen() {
        let (train, test) = ([(0, 1, "a"), (0, 1, "b")], [(0, 1, "x"), (0, 2, "y"), (0, 1, "z"), (0, 3, "x")]);
        for name in METHODS {
            for cut in [0..1, 0..2, 1..3, 2..4, 0..4] {
                let most = cut.len();
                assert!(fill(name, &train, &test, cut).len() <= most);
            }
        }
        assert_eq!(fill("repeat", &train, &test, 1..3), [(1, "x"), (1, "x")]);
    }
}

//! The interface of the baselines.

use super::counts::BurstCounts;
use super::{JointBeam, Lookup, Ngram, Repeat, StreamNgram, ThreadDp};
use crate::counts::Token;
use crate::repair::index::TraceIndex;
use std::sync::Arc;
use tracemend_trace::{Gap, Trace};

/// One inferred event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Its thread ([`crate::counts::thread_of`]).
    pub thread: i64,
    /// What it is, by [`BurstCounts::tokens`]: name and phase, without a return value.
    pub token: Token,
    /// Probability that it is right, where the method has one.
    pub confidence: Option<f32>,
}

/// A way to fill gaps of known length.
pub trait BurstMethod: Sync + Send {
    /// The method's name in result tables.
    fn name(&self) -> &str;

    /// The lost events in order. As many as `lost`, or none where nothing is known that could have run.
    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill>;
}

/// All baselines, learned from `training`, for gaps of `test`. Of the latter only the names are looked at, so that an
/// answer can hold them; its events are not counted.
pub fn all(training: &[Trace], test: &Trace) -> (Arc<BurstCounts>, Vec<Box<dyn BurstMethod>>) {
    let mut counts = BurstCounts::default();
    training.iter().for_each(|trace| counts.learn(trace));
    counts.name_events(test);
    counts.freeze();
    let counts = Arc::new(counts);
    let methods: Vec<Box<dyn BurstMethod>> = vec![
        Box::new(Repeat::new(counts.clone())),
        Box::new(Ngram::new(counts.clone())),
        Box::new(Lookup::new(counts.clone())),
        Box::new(StreamNgram::new(counts.clone())),
        Box::new(ThreadDp::new(counts.clone())),
        Box::new(JointBeam::new(counts.clone())),
    ];
    (counts, methods)
}

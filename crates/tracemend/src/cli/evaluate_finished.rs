//! What a protocol of `evaluate` yields.

use tracemend_eval::latency::CallLatency;
use tracemend_eval::protocol::ring::RingLoss;
use tracemend_eval::protocol::truth::{LossFigures, TruthGap};
use tracemend_eval::score::Score;
use tracemend_eval::strata::Stratum;

/// What a protocol yields.
#[derive(Default)]
pub(super) struct Finished {
    /// Real gaps, one by one; none in other protocols than `truth`.
    pub gaps: Vec<TruthGap>,
    /// What rings lost, by trace; none in other protocols than `ring`.
    pub rings: Vec<RingLoss>,
    /// The figures.
    pub scores: Vec<Score>,
    /// The figures of parts of the gaps; none in windows.
    pub strata: Vec<Stratum>,
    /// The figures of the latencies of calls; only in protocols with a complete recording and all gaps cut at once.
    pub latencies: Vec<CallLatency>,
}

impl Finished {
    /// The figures of traces with losses.
    pub(super) fn of_losses(figures: LossFigures) -> Self {
        let LossFigures { scores, strata, latencies } = figures;
        Self { scores, strata, latencies, ..Self::default() }
    }
}

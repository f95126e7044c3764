//! Baseline `repeat`.

use crate::baselines::around::Around;
use crate::baselines::counts::BurstCounts;
use crate::baselines::method::{BurstMethod, Fill};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TokenTable;
use tracemend_trace::Gap;

/// `repeat`: the CPU's last event again and again, on its thread; nothing where the CPU has none before the gap.
pub struct Repeat {
    counts: Arc<BurstCounts>,
}

impl Repeat {
    /// Uses the names of these counts.
    pub fn new(counts: Arc<BurstCounts>) -> Self {
        Self { counts }
    }
}

impl BurstMethod for Repeat {
    fn name(&self) -> &str {
        "repeat"
    }

    fn tokens(&self) -> &TokenTable {
        self.counts.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let Some((thread, token)) = Around::new(index, &self.counts, gap).last() else {
            return Vec::new();
        };
        vec![Fill { thread, token, confidence: None }; lost]
    }
}

#[cfg(test)]
mod tests {
    use crate::baselines::testing::fill;

    #[test]
    fn repeats_the_last_event_of_the_cpu() {
        let events = [(0, 1, "a"), (1, 2, "b"), (0, 3, "x"), (0, 3, "x"), (0, 1, "c")];
        assert_eq!(fill("repeat", &events, &events, 2..4), [(1, "a"), (1, "a")]);
    }
}

//! Baseline `repeat`.

use crate::baselines::around::Around;
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::NgramModel;
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TokenTable;
use tracemend_trace::Gap;

/// `repeat` predicts the CPU's last event again and again, on its thread, and nothing where the CPU has no event before
/// the gap.
pub(crate) struct Repeat {
    model: Arc<NgramModel>,
}

impl Repeat {
    /// Makes the baseline. It uses only the names of the model.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        Self { model }
    }
}

impl Baseline for Repeat {
    fn name(&self) -> &str {
        "repeat"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let Some((thread, token)) = Around::new(index, &self.model, gap).last() else {
            return Vec::new();
        };
        vec![Fill { thread, token, confidence: None }; lost]
    }
}

#[cfg(test)]
mod tests {
    use super::Repeat;
    use crate::baselines::testing::fill;

    #[test]
    fn repeats_the_last_event_of_the_cpu() {
        let events = [(0, 1, "a"), (1, 2, "b"), (0, 3, "x"), (0, 3, "x"), (0, 1, "c")];
        assert_eq!(fill(Repeat::new, &events, &events, 2..4), [(1, "a"), (1, "a")]);
    }
}

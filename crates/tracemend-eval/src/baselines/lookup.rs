//! Baseline `lookup`.

use crate::baselines::around::Around;
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::NgramModel;
use std::sync::Arc;
use tracemend_impute::window::baselines::TwoSidedLookup;
use tracemend_impute::window::context_index::ContextIndex;
use tracemend_impute::window::imputer::{Imputer, Window};
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TokenTable;
use tracemend_trace::Gap;

/// Events compared on each side of a gap: as many as the lookup can use.
const SIDE: usize = 40;

/// `lookup` finds the longest context on both sides of the gap that the training streams know, and predicts what stood
/// there most often. An event's thread is that of the CPU's most recent event of its type.
pub(crate) struct Lookup {
    model: Arc<NgramModel>,
    lookup: TwoSidedLookup,
}

impl Lookup {
    /// Makes the baseline that looks up in the streams this model has learned.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        let lookup = TwoSidedLookup::new(Arc::new(ContextIndex::new(&model.texts)));
        Self { model, lookup }
    }
}

impl Baseline for Lookup {
    fn name(&self) -> &str {
        "lookup"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.model, gap);
        let mut tokens = around.left(SIDE);
        let missing = tokens.len()..tokens.len() + lost;
        tokens.resize(missing.end, 0);
        tokens.extend(around.right(SIDE));
        let mut observed = vec![true; tokens.len()];
        observed[missing.clone()].fill(false);
        let filled = self.lookup.impute(Window::new(&tokens, &observed));
        missing
            .filter_map(|at| {
                let token = filled.tokens[at];
                let thread = around.thread_with(token)?;
                Some(Fill { thread, token, confidence: Some(filled.confidence(at)) })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Lookup;
    use crate::baselines::testing::{cycle, fill};

    #[test]
    fn finds_the_place_in_training() {
        let train = cycle(&[(0, 1, "a"), (0, 1, "b"), (0, 2, "c"), (0, 2, "d"), (0, 1, "e")], 50);
        assert_eq!(fill(Lookup::new, &train, &train, 21..24), [(1, "b"), (2, "c"), (2, "d")]);
    }
}

//! Baseline `ngram`.

use crate::baselines::around::Around;
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::{NgramModel, ORDER, SMOOTHING, context};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{FIRST_EVENT, TokenTable};
use tracemend_trace::Gap;

/// `ngram` predicts the likeliest next event of the CPU's stream by left contexts of up to 8 events, again and again, and
/// ignores what follows the gap. An event's thread is that of the CPU's most recent event of its type.
pub(crate) struct Ngram {
    model: Arc<NgramModel>,
}

impl Ngram {
    /// Makes the baseline of this model.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        Self { model }
    }
}

impl Baseline for Ngram {
    fn name(&self) -> &str {
        "ngram"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.model, gap);
        let trie = &self.model.stream;
        let mut state = context(trie, around.left(ORDER));
        let mut fills = Vec::with_capacity(lost);
        while fills.len() < lost {
            let next = trie.predict(state, self.model.vocabulary(), 0.5, 1, &SMOOTHING);
            let Some(&(token, p)) = next.iter().find(|&&(token, _)| token >= FIRST_EVENT) else {
                break;
            };
            let Some(thread) = around.thread_with(token) else {
                break;
            };
            fills.push(Fill { thread, token, confidence: Some(p as f32) });
            state = trie.advance(state, token);
        }
        fills
    }
}

#[cfg(test)]
mod tests {
    use super::Ngram;
    use crate::baselines::testing::{cycle, fill};

    #[test]
    fn goes_on_with_a_cycle() {
        let events = cycle(&[(0, 1, "a"), (0, 1, "b"), (0, 2, "c")], 30);
        assert_eq!(fill(Ngram::new, &events, &events, 15..19), [(1, "a"), (1, "b"), (2, "c"), (1, "a")]);
    }
}

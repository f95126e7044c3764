//! Baseline `ngram`.

use crate::baselines::around::Around;
use crate::baselines::counts::{BurstCounts, ORDER, context};
use crate::baselines::method::{BurstMethod, Fill};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{FIRST_EVENT, TokenTable};
use tracemend_trace::Gap;

/// `ngram`: the likeliest next event of the CPU's stream by left contexts of up to 8 events, again and again; what
/// stands after the gap is not looked at. Thread: that of the CPU's most recent event of the kind.
pub struct Ngram {
    counts: Arc<BurstCounts>,
}

impl Ngram {
    /// Uses these counts.
    pub fn new(counts: Arc<BurstCounts>) -> Self {
        Self { counts }
    }
}

impl BurstMethod for Ngram {
    fn name(&self) -> &str {
        "ngram"
    }

    fn tokens(&self) -> &TokenTable {
        self.counts.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.counts, gap);
        let trie = &self.counts.stream;
        let mut state = context(trie, around.left(ORDER));
        let mut fills = Vec::with_capacity(lost);
        while fills.len() < lost {
            let next = trie.predict(state, self.counts.vocabulary(), 0.5, 1);
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
    use crate::baselines::testing::{cycle, fill};

    #[test]
    fn goes_on_with_a_cycle() {
        let events = cycle(&[(0, 1, "a"), (0, 1, "b"), (0, 2, "c")], 30);
        assert_eq!(fill("ngram", &events, &events, 15..19), [(1, "a"), (1, "b"), (2, "c"), (1, "a")]);
    }
}

//! Baseline `stream_ngram`.

use crate::baselines::around::{Around, RIGHT};
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::{NgramModel, ORDER, context};
use crate::baselines::path::{Paths, Predictions};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TokenTable;
use tracemend_trace::Gap;

/// Sequences that survive a step.
const BEAM: usize = 32;
/// Next tokens tried.
const BRANCHES: usize = 6;

/// `stream_ngram` predicts the likeliest sequence of the CPU's stream by order-8 n-grams and beam search. The score
/// includes the eight events after the gap. An event's thread is that of the CPU's most recent event of its type.
pub(crate) struct StreamNgram {
    model: Arc<NgramModel>,
}

impl StreamNgram {
    /// Makes the baseline of this model.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        Self { model }
    }
}

impl Baseline for StreamNgram {
    fn name(&self) -> &str {
        "stream_ngram"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.model, gap);
        let trie = &self.model.stream;
        let mut predictions = Predictions::new(trie, self.model.vocabulary(), BRANCHES);
        let mut paths = Paths::new(context(trie, around.left(ORDER)));
        (0..lost).for_each(|_| paths.step(&mut predictions, BEAM));
        let Some((_, end)) = paths.best(&predictions, &around.right(RIGHT)) else {
            return Vec::new();
        };
        let fill = |token| Some(Fill { thread: around.thread_with(token)?, token, confidence: None });
        paths.tokens(end).into_iter().filter_map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::StreamNgram;
    use crate::baselines::testing::fill;

    #[test]
    fn the_event_after_the_gap_decides() {
        let ways = [["a", "b", "c", "end1"], ["a", "b", "c", "end1"], ["a", "x", "y", "end2"]];
        let train: Vec<(u32, i32, &str)> = ways.iter().cycle().take(60).flatten().map(|&name| (0, 1, name)).collect();
        let test: Vec<(u32, i32, &str)> = train[..12].to_vec();
        assert_eq!(fill(StreamNgram::new, &train, &test, 9..11), [(1, "x"), (1, "y")]);
        assert_eq!(fill(StreamNgram::new, &train, &test, 5..7), [(1, "b"), (1, "c")]);
    }
}

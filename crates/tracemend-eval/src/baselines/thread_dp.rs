//! Baseline `thread_dp`.

use crate::baselines::around::{Around, NearThread};
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::NgramModel;
use crate::baselines::path::{PathEnd, Paths, Predictions};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TokenTable;
use tracemend_trace::{Gap, ThreadKey};

/// Sequences of a thread that survive a step.
const BEAM: usize = 8;
/// Next tokens tried.
const BRANCHES: usize = 4;

/// `thread_dp` finds for each thread near the gap and each n the likeliest n events between what it did before and after,
/// by order-8 n-grams of threads and beam search. Dynamic programming then chooses the numbers per thread that sum to the
/// number lost and make the whole likeliest. The order in which threads take turns is not predicted: their events come
/// thread by thread, the thread that ran before the gap first and the one that runs after it last.
pub(crate) struct ThreadDp {
    model: Arc<NgramModel>,
}

struct Bridges {
    thread: ThreadKey,
    paths: Paths,
    /// By number of events: score and sequence.
    ends: Vec<Option<(f64, PathEnd)>>,
}

impl ThreadDp {
    /// Makes the baseline of this model.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        Self { model }
    }

    fn bridges(&self, near: &NearThread, predictions: &mut Predictions<'_>, lost: usize) -> Bridges {
        let mut paths = Paths::new(near.left);
        let mut ends = Vec::with_capacity(lost + 1);
        ends.push(paths.best(predictions, &near.right));
        for _ in 0..lost {
            paths.step(predictions, BEAM);
            ends.push(paths.best(predictions, &near.right));
        }
        Bridges { thread: near.thread, paths, ends }
    }
}

/// Divides `lost` events among threads so that the sum of `scores[thread][n]` is highest; `None` where no division has
/// a finite score.
fn allocate(scores: &[Vec<f64>], lost: usize) -> Option<Vec<usize>> {
    let mut best = vec![f64::NEG_INFINITY; lost + 1];
    best[0] = 0.0;
    let mut choices: Vec<Vec<u32>> = Vec::with_capacity(scores.len());
    for scores in scores {
        let mut next = vec![f64::NEG_INFINITY; lost + 1];
        let mut choice = vec![0u32; lost + 1];
        for (n, &score) in scores.iter().enumerate().take(lost + 1).filter(|(_, score)| score.is_finite()) {
            for before in 0..=lost - n {
                let sum = best[before] + score;
                if sum > next[before + n] {
                    next[before + n] = sum;
                    choice[before + n] = n as u32;
                }
            }
        }
        best = next;
        choices.push(choice);
    }
    if !best[lost].is_finite() {
        return None;
    }
    let mut left = lost;
    let mut numbers: Vec<usize> = choices
        .iter()
        .rev()
        .map(|choice| {
            let n = choice[left] as usize;
            left -= n;
            n
        })
        .collect();
    numbers.reverse();
    Some(numbers)
}

impl Baseline for ThreadDp {
    fn name(&self) -> &str {
        "thread_dp"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.model, gap);
        let mut predictions = Predictions::new(&self.model.thread, self.model.vocabulary(), BRANCHES);
        let mut threads = around.threads();
        // The thread before the gap comes first; a stable sort puts the one after it last.
        threads.sort_by_key(|near| {
            Some(near.thread) == around.next_thread() && Some(near.thread) != around.last().map(|(thread, _)| thread)
        });
        let bridges: Vec<Bridges> = threads.iter().map(|near| self.bridges(near, &mut predictions, lost)).collect();
        let score = |end: &Option<(f64, PathEnd)>| end.map_or(f64::NEG_INFINITY, |(score, _)| score);
        let scores: Vec<Vec<f64>> = bridges.iter().map(|bridges| bridges.ends.iter().map(score).collect()).collect();
        let Some(numbers) = allocate(&scores, lost) else {
            return Vec::new();
        };
        let mut fills = Vec::with_capacity(lost);
        for (bridges, n) in bridges.iter().zip(numbers) {
            if let Some((_, end)) = bridges.ends[n] {
                let tokens = bridges.paths.tokens(end).into_iter();
                fills.extend(tokens.map(|token| Fill { thread: bridges.thread, token, confidence: None }));
            }
        }
        fills
    }
}

#[cfg(test)]
mod tests {
    use super::ThreadDp;
    use crate::baselines::testing::{cycle, fill};
    use crate::baselines::thread_dp::allocate;
    use proptest::prelude::*;

    #[test]
    fn each_thread_gets_what_it_lacks() {
        let events = cycle(&[(0, 1, "a"), (0, 2, "x"), (0, 1, "b"), (0, 2, "y"), (0, 1, "c"), (0, 2, "z")], 120);
        let mut filled = fill(ThreadDp::new, &events, &events, 60..64);
        filled.sort_unstable();
        assert_eq!(filled, [(1, "a"), (1, "b"), (2, "x"), (2, "y")]);
    }

    proptest! {
        #[test]
        fn allocation_is_the_best_of_all(scores in proptest::collection::vec(proptest::collection::vec(-9.0f64..0.0, 5), 3)) {
            let numbers = allocate(&scores, 4).unwrap();
            prop_assert_eq!(numbers.iter().sum::<usize>(), 4);
            let sum: f64 = numbers.iter().zip(&scores).map(|(&n, scores)| scores[n]).sum();
            for a in 0..=4 {
                for b in 0..=4 - a {
                    prop_assert!(scores[0][a] + scores[1][b] + scores[2][4 - a - b] <= sum + 1e-9);
                }
            }
        }
    }
}

//! Baseline `joint_beam`.

use crate::baselines::around::{Around, NearThread};
use crate::baselines::baseline::{Baseline, Fill};
use crate::baselines::ngram_model::{NgramModel, ORDER, SMOOTHING, context, continuation};
use crate::baselines::path::Predictions;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{State, Token, TokenTable};
use tracemend_trace::Gap;

/// Hypotheses that survive a step.
const BEAM: usize = 32;
/// Tokens tried on the thread that ran last, and on each other thread.
const STAY: usize = 6;
const SWITCH: usize = 3;

/// `joint_beam` searches which thread ran and which event it made, by a beam. A hypothesis is scored by the thread's
/// order-8 n-grams, by whether the CPU stays on its thread or leaves it given the last event (equally likely for any other
/// thread), and by the CPU stream's order-8 n-grams. At the end counts, for each thread that got events, how well its
/// recorded continuation follows compared with no loss.
pub(crate) struct JointBeam {
    model: Arc<NgramModel>,
}

#[derive(Clone)]
struct Hypothesis {
    /// Number of the thread that ran last, if it can go on.
    current: Option<usize>,
    last: Option<Token>,
    stream: State,
    /// Threads that got events, by number, with their contexts.
    changed: Vec<(usize, State)>,
    score: f64,
    history: u32,
}

struct Step {
    parent: usize,
    thread: usize,
    token: Token,
    score: f64,
}

impl JointBeam {
    /// Makes the baseline of this model.
    pub(crate) fn new(model: Arc<NgramModel>) -> Self {
        Self { model }
    }
}

impl Hypothesis {
    fn state(&self, thread: usize, threads: &[NearThread]) -> State {
        self.changed.iter().find(|changed| changed.0 == thread).map_or(threads[thread].left, |changed| changed.1)
    }

    /// A hash of all that its future depends on.
    fn key(&self) -> u64 {
        let mut hasher = FxHasher::default();
        (self.current, self.stream, &self.changed).hash(&mut hasher);
        hasher.finish()
    }
}

struct Search<'a> {
    model: &'a NgramModel,
    threads: Vec<NearThread>,
    predictions: Predictions<'a>,
    stream: FxHashMap<(State, Token), f64>,
    /// Logarithms of the probabilities of staying and of leaving for one of the other threads, by last token.
    switch: FxHashMap<Option<Token>, (f64, f64)>,
    arena: Vec<(u32, (usize, Token))>,
}

impl Search<'_> {
    fn stream_score(&mut self, state: State, token: Token) -> f64 {
        let model = self.model;
        let score = || model.stream.probability(state, token, model.vocabulary(), &SMOOTHING).ln();
        *self.stream.entry((state, token)).or_insert_with(score)
    }

    fn expand(&mut self, parent: usize, hypothesis: &Hypothesis, steps: &mut Vec<Step>) {
        let (model, others) = (self.model, self.threads.len().saturating_sub(1).max(1));
        let (stay, leave) = *self.switch.entry(hypothesis.last).or_insert_with(|| {
            let leave = model.switch(hypothesis.last);
            ((1.0 - leave).ln(), (leave / others as f64).ln())
        });
        for thread in 0..self.threads.len() {
            let stays = hypothesis.current == Some(thread);
            let (turn, max) = if stays { (stay, STAY) } else { (leave, SWITCH) };
            let predicted = self.predictions.of(hypothesis.state(thread, &self.threads));
            for &(token, log_p) in predicted.iter().take(max) {
                let score = hypothesis.score + turn + log_p + self.stream_score(hypothesis.stream, token);
                steps.push(Step { parent, thread, token, score });
            }
        }
    }

    fn take(&mut self, beam: &[Hypothesis], step: &Step) -> Hypothesis {
        let mut next = beam[step.parent].clone();
        let state = self.model.thread.advance(next.state(step.thread, &self.threads), step.token);
        match next.changed.binary_search_by_key(&step.thread, |changed| changed.0) {
            Ok(place) => next.changed[place].1 = state,
            Err(place) => next.changed.insert(place, (step.thread, state)),
        }
        self.arena.push((next.history, (step.thread, step.token)));
        next.history = self.arena.len() as u32 - 1;
        next.stream = self.model.stream.advance(next.stream, step.token);
        next.current = Some(step.thread);
        next.last = Some(step.token);
        next.score = step.score;
        next
    }

    fn final_score(&self, hypothesis: &Hypothesis) -> f64 {
        let ahead = |thread: usize, state| {
            continuation(&self.model.thread, self.model.vocabulary(), state, &self.threads[thread].right)
        };
        let gain = |&(thread, state): &(usize, State)| ahead(thread, state) - ahead(thread, self.threads[thread].left);
        hypothesis.score + hypothesis.changed.iter().map(gain).sum::<f64>()
    }
}

impl Baseline for JointBeam {
    fn name(&self) -> &str {
        "joint_beam"
    }

    fn tokens(&self) -> &TokenTable {
        self.model.tokens()
    }

    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill> {
        let around = Around::new(index, &self.model, gap);
        let threads = around.threads();
        let last = around.last();
        let mut beam = vec![Hypothesis {
            current: last.and_then(|(thread, _)| threads.iter().position(|near| near.thread == thread)),
            last: last.map(|(_, token)| token),
            stream: context(&self.model.stream, around.left(ORDER)),
            changed: Vec::new(),
            score: 0.0,
            history: u32::MAX,
        }];
        let mut search = Search {
            model: &self.model,
            threads,
            predictions: Predictions::new(&self.model.thread, self.model.vocabulary(), STAY),
            stream: FxHashMap::default(),
            switch: FxHashMap::default(),
            arena: Vec::new(),
        };
        for _ in 0..lost {
            let mut steps = Vec::new();
            for (parent, hypothesis) in beam.iter().enumerate() {
                search.expand(parent, hypothesis, &mut steps);
            }
            steps.sort_by(|a, b| {
                b.score.total_cmp(&a.score).then((a.parent, a.thread, a.token).cmp(&(b.parent, b.thread, b.token)))
            });
            let mut next: Vec<Hypothesis> = Vec::with_capacity(BEAM);
            let mut known: FxHashSet<u64> = FxHashSet::default();
            for step in &steps {
                let hypothesis = search.take(&beam, step);
                if known.insert(hypothesis.key()) {
                    next.push(hypothesis);
                    if next.len() == BEAM {
                        break;
                    }
                }
            }
            beam = next;
        }
        let scores: Vec<f64> = beam.iter().map(|hypothesis| search.final_score(hypothesis)).collect();
        let best = beam.iter().zip(&scores).max_by(|a, b| a.1.total_cmp(b.1));
        let mut fills = Vec::with_capacity(lost);
        let mut place = best.map_or(u32::MAX, |(hypothesis, _)| hypothesis.history);
        while let Some(&(before, (thread, token))) = search.arena.get(place as usize) {
            fills.push(Fill { thread: search.threads[thread].thread, token, confidence: None });
            place = before;
        }
        fills.reverse();
        fills
    }
}

#[cfg(test)]
mod tests {
    use super::JointBeam;
    use crate::baselines::testing::{cycle, fill};

    #[test]
    fn knows_who_takes_turns() {
        let events = cycle(&[(0, 1, "a"), (0, 1, "b"), (0, 2, "x"), (0, 2, "y"), (0, 1, "c"), (0, 2, "z")], 120);
        let expected = [(1, "a"), (1, "b"), (2, "x"), (2, "y"), (1, "c")];
        assert_eq!(fill(JointBeam::new, &events, &events, 60..65), expected);
    }

    #[test]
    fn a_thread_that_ran_elsewhere_is_left_alone() {
        let turn = [(0, 1, "a"), (1, 2, "a"), (0, 1, "b"), (1, 2, "b"), (0, 1, "c"), (1, 2, "c")];
        let events = cycle(&turn, 120);
        // Thread 2 runs on the other CPU and has lost nothing.
        let filled = fill(JointBeam::new, &events, &events, 60..66);
        assert_eq!(filled, [(1, "a"), (1, "b"), (1, "c")]);
    }
}

//! Beam search for the likeliest tokens between a left and a right context of one sequence.

use crate::baselines::ngram_model::{SMOOTHING, continuation};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use tracemend_repair::model::{ContextTrie, FIRST_EVENT, State, Token};

/// Likeliest tokens after a context, with the logarithms of their probabilities; cached for one gap.
pub(crate) struct Predictions<'a> {
    pub(crate) trie: &'a ContextTrie,
    pub(crate) vocabulary: usize,
    max: usize,
    known: FxHashMap<State, Rc<[(Token, f64)]>>,
}

impl<'a> Predictions<'a> {
    pub(crate) fn new(trie: &'a ContextTrie, vocabulary: usize, max: usize) -> Self {
        Self { trie, vocabulary, max, known: FxHashMap::default() }
    }

    pub(crate) fn of(&mut self, state: State) -> Rc<[(Token, f64)]> {
        let (trie, vocabulary, max) = (self.trie, self.vocabulary, self.max);
        self.known
            .entry(state)
            .or_insert_with(|| {
                let predicted = trie.predict(state, vocabulary, 0.999, max, &SMOOTHING);
                predicted
                    .into_iter()
                    .filter(|&(token, _)| token >= FIRST_EVENT)
                    .map(|(token, p)| (token, p.ln()))
                    .collect()
            })
            .clone()
    }
}

#[derive(Clone, Copy)]
struct Hypothesis {
    state: State,
    score: f64,
    /// Place of the newest token in the arena.
    history: u32,
}

/// The best sequences of 0, 1, 2, … tokens from a left context on.
pub(crate) struct Paths {
    beam: Vec<Hypothesis>,
    /// (place of the token before, token)
    arena: Vec<(u32, Token)>,
    continuations: FxHashMap<State, f64>,
}

/// A sequence of tokens of [`Paths`].
#[derive(Clone, Copy)]
pub(crate) struct PathEnd(u32);

impl Paths {
    pub(crate) fn new(left: State) -> Self {
        let start = Hypothesis { state: left, score: 0.0, history: u32::MAX };
        Self { beam: vec![start], arena: Vec::new(), continuations: FxHashMap::default() }
    }

    /// Makes all sequences one token longer and keeps the `width` best. Of sequences in one context only the best survives.
    pub(crate) fn step(&mut self, predictions: &mut Predictions<'_>, width: usize) {
        let mut longer: Vec<(f64, Token, Hypothesis)> = Vec::new();
        for &hypothesis in &self.beam {
            for &(token, log_p) in predictions.of(hypothesis.state).iter() {
                longer.push((hypothesis.score + log_p, token, hypothesis));
            }
        }
        longer.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.beam.clear();
        for (score, token, from) in longer {
            let state = predictions.trie.advance(from.state, token);
            if self.beam.iter().all(|other| other.state != state) {
                self.arena.push((from.history, token));
                self.beam.push(Hypothesis { state, score, history: self.arena.len() as u32 - 1 });
                if self.beam.len() == width {
                    break;
                }
            }
        }
    }

    /// The best sequence of the present length when `right` follows, and its score; none if nothing is that long.
    pub(crate) fn best(&mut self, predictions: &Predictions<'_>, right: &[Token]) -> Option<(f64, PathEnd)> {
        let mut best: Option<(f64, PathEnd)> = None;
        for hypothesis in &self.beam {
            let ahead = *self
                .continuations
                .entry(hypothesis.state)
                .or_insert_with(|| continuation(predictions.trie, predictions.vocabulary, hypothesis.state, right));
            let score = hypothesis.score + ahead;
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, PathEnd(hypothesis.history)));
            }
        }
        best
    }

    /// The tokens of a sequence, in order.
    pub(crate) fn tokens(&self, end: PathEnd) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut place = end.0;
        while let Some(&(before, token)) = self.arena.get(place as usize) {
            tokens.push(token);
            place = before;
        }
        tokens.reverse();
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baselines::ngram_model::context;
    use tracemend_repair::model::Cursor;

    #[test]
    fn the_right_side_decides() {
        let mut trie = ContextTrie::default();
        for text in [[2, 3, 4, 5], [2, 3, 4, 5], [2, 6, 7, 8]] {
            let mut cursor = Cursor::of_order(8);
            text.iter().for_each(|&token| trie.learn(&mut cursor, token, 1));
        }
        trie.freeze();
        let mut predictions = Predictions::new(&trie, 9, 4);
        let mut fill = |right: &[Token]| {
            let mut paths = Paths::new(context(&trie, [2]));
            (0..2).for_each(|_| paths.step(&mut predictions, 8));
            let (_, end) = paths.best(&predictions, right).unwrap();
            paths.tokens(end)
        };
        assert_eq!(fill(&[5]), [3, 4]);
        assert_eq!(fill(&[8]), [6, 7]);
    }
}

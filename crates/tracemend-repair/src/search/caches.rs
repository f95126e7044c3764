//! What the search asks the model again and again.

use crate::insertion_points::Slot;
use crate::model::{CountsModel, END, FIRST_EVENT, State, Token, TokenTable, bucket};
use crate::search::lookahead::Potentials;
use crate::token_rules::TokenRules;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Tokens with the logarithms of their probabilities.
type Predictions = Rc<Vec<(Token, f32)>>;

/// What the search looks up again and again, kept for one gap after another.
pub struct Caches<'m> {
    pub(crate) model: &'m CountsModel,
    pub(crate) vocabulary: usize,
    predictions: FxHashMap<(State, bool), Predictions>,
    switches: FxHashMap<State, f32>,
    pub(crate) potentials: Potentials,
    pub(crate) rules: &'m TokenRules,
    tails: FxHashMap<(Token, usize), f32>,
    tails_later: FxHashMap<(Token, usize), f32>,
}

impl<'m> Caches<'m> {
    /// Empty caches over a model and its tokens' rules.
    pub fn new(model: &'m CountsModel, rules: &'m TokenRules) -> Self {
        Self {
            model,
            vocabulary: model.tokens.len(),
            predictions: FxHashMap::default(),
            switches: FxHashMap::default(),
            potentials: Potentials::new(model),
            rules,
            tails: FxHashMap::default(),
            tails_later: FxHashMap::default(),
        }
    }

    pub(crate) fn predict(&mut self, state: State, most: usize, short: bool) -> Predictions {
        let (model, vocabulary) = (self.model, self.vocabulary);
        self.predictions
            .entry((state, short))
            .or_insert_with(|| {
                let tokens = model.trie.predict(state, vocabulary, 0.995, most);
                Rc::new(
                    tokens
                        .into_iter()
                        .filter(|&(token, _)| token >= FIRST_EVENT && !TokenTable::is_program(model.tokens.kind(token)))
                        .map(|(token, p)| (token, p.ln() as f32))
                        .collect(),
                )
            })
            .clone()
    }

    pub(crate) fn switch(&mut self, state: State) -> f64 {
        let model = self.model;
        f64::from(*self.switches.entry(state).or_insert_with(|| model.trie.switch_probability(state) as f32))
    }

    /// Probability that a thread whose last token is `last` is not seen from the end of the gap to its next
    /// recorded event.
    pub(crate) fn tail(&mut self, last: Token, slot: &Slot) -> f32 {
        if slot.right.first() == Some(&END) {
            return 1.0;
        }
        let (model, bucket) = (self.model, bucket(slot.tail_ns));
        *self.tails.entry((last, bucket)).or_insert_with(|| model.timing.step_at_least(last, bucket) as f32)
    }

    /// The same, averaged over the tokens that usually stand before the slot's next recorded one.
    pub(crate) fn tail_later(&mut self, slot: &Slot) -> f32 {
        let Some(&right) = slot.right.first().filter(|&&right| right != END) else {
            return 1.0;
        };
        let key = (right, bucket(slot.tail_ns));
        if let Some(&tail) = self.tails_later.get(&key) {
            return tail;
        }
        let before = self.potentials.before(right);
        let tail = before.iter().map(|&(token, share)| share * self.tail(token, slot)).sum::<f32>().max(1e-6);
        self.tails_later.insert(key, tail);
        tail
    }

    /// Logarithm of the probability that `right` follows `state`.
    pub(crate) fn continuation(&self, mut state: State, right: &[Token]) -> f64 {
        let mut sum = 0.0;
        for &token in right {
            let p = self.model.trie.probability(state, token, self.vocabulary);
            // A thread may fall silent without ending.
            sum += if token == END { (p + 0.02).ln() } else { p.ln() };
            state = self.model.trie.advance(state, token);
        }
        sum
    }
}

//! Trained models beside the methods that learn within a protocol.

use crate::window::dataset::UNKNOWN;
use crate::window::dataset::{Sequence, Vocabulary};
use crate::window::imputer::{Imputation, Imputer, Side, Window};
use std::ops::Range;

/// A model that was trained before, with the vocabulary it was trained on.
pub struct Model {
    /// What to call it in result tables.
    pub name: String,
    /// The tokens it knows.
    pub vocabulary: Vocabulary,
    /// What fills windows of those tokens.
    pub imputer: Box<dyn Imputer + Send>,
}

/// A window of a data set, with what the data set knows of it.
#[derive(Clone, Copy)]
pub struct Tested<'a> {
    /// Its tokens, in the data set's numbers.
    pub tokens: &'a [u32],
    /// Its sequence, where the threads, times and values of its events are known.
    pub known: Option<&'a Sequence>,
}

/// A window's tokens without those that are hidden, and which are observed.
pub(crate) fn hide(tokens: impl Iterator<Item = u32>, hidden: &Range<usize>) -> (Vec<u32>, Vec<bool>) {
    let shown = |(at, token)| if hidden.contains(&at) { (0, false) } else { (token, true) };
    tokens.enumerate().map(shown).unzip()
}

/// What a model is shown of a window, in its own tokens.
pub(crate) struct Shown {
    tokens: Vec<u32>,
    observed: Vec<bool>,
    side: Vec<Side>,
}

impl Tested<'_> {
    /// `table`: the model's numbers of the window's tokens.
    pub(crate) fn shown(&self, table: &[u32], hidden: &Range<usize>) -> Shown {
        let (tokens, observed) = hide(self.tokens.iter().map(|&token| translated(table, token)), hidden);
        let side = self.known.map(|known| known.sides(0..tokens.len(), &observed)).unwrap_or_default();
        Shown { tokens, observed, side }
    }
}

impl Shown {
    /// The window as imputers take it.
    pub(crate) fn window(&self) -> Window<'_> {
        Window { tokens: &self.tokens, observed: &self.observed, side: &self.side }
    }
}

/// A token's number in another vocabulary, by its table; [`UNKNOWN`] where that one has none.
fn translated(table: &[u32], token: u32) -> u32 {
    table.get(token as usize).copied().unwrap_or(UNKNOWN)
}

/// Fills the gaps of many windows at once.
pub trait FillAll {
    /// What to call it in result tables.
    fn name(&self) -> &str;

    /// Fills the hidden positions of windows of the vocabulary's tokens, without looking at what they hide.
    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation>;
}

impl FillAll for Model {
    fn name(&self) -> &str {
        &self.name
    }

    /// Tokens are translated to the model's and back; what the model fills in and the data set has no number for is
    /// [`UNKNOWN`].
    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let (there, back) = (vocabulary.translation(&self.vocabulary), self.vocabulary.translation(vocabulary));
        let shown: Vec<Shown> = windows.iter().map(|window| window.shown(&there, hidden)).collect();
        let inputs: Vec<Window<'_>> = shown.iter().map(Shown::window).collect();
        let mut filled = self.imputer.impute_all(&inputs);
        for (filled, window) in filled.iter_mut().zip(windows) {
            for at in 0..window.tokens.len() {
                filled.tokens[at] = match hidden.contains(&at) {
                    true => translated(&back, filled.tokens[at]),
                    false => window.tokens[at],
                };
                filled.alternatives[at].iter_mut().for_each(|(token, _)| *token = translated(&back, *token));
            }
        }
        filled
    }
}

/// Fills a window; the method never gets to see what it has to guess.
pub fn impute(method: &dyn Imputer, window: &[u32], hidden: &Range<usize>) -> Imputation {
    let (tokens, observed) = hide(window.iter().copied(), hidden);
    method.impute(Window::new(&tokens, &observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills every gap with its token 1, and notes that nothing hidden was shown.
    struct One;

    impl Imputer for One {
        fn name(&self) -> &str {
            "one"
        }

        fn impute(&self, window: Window<'_>) -> Imputation {
            assert_eq!(window.tokens, [2, 0, UNKNOWN]);
            Imputation { tokens: vec![2, 1, 0], alternatives: vec![vec![], vec![(1, 0.75)], vec![]] }
        }
    }

    #[test]
    fn tokens_are_translated_to_the_models_and_back() {
        let names = |names: [&str; 3]| Vocabulary { tokens: names.map(str::to_owned).to_vec(), processes: Vec::new() };
        let data = names(["read", "write", "open"]);
        let vocabulary = names(["stat", "write", "read"]);
        let model = Model { name: "one".to_owned(), vocabulary, imputer: Box::new(One) };
        let window = Tested { tokens: &[0, 1, 2], known: None };
        let filled = model.fill(&[window], &data, &(1..2));
        assert_eq!(filled[0].tokens, [0, 1, 2]);
        assert_eq!(filled[0].alternatives[1], [(1, 0.75)]);
    }
}

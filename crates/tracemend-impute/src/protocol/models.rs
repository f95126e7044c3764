//! Trained models beside the methods that learn within a protocol.

use super::arrays::Dataset;
use crate::dataset::{Sequence, Vocabulary, vocabulary::UNKNOWN};
use crate::imputer::{Imputation, Imputer, Window};
use crate::metrics::GapTally;
use cpu_time::ProcessTime;
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
pub(super) struct Tested<'a> {
    pub tokens: &'a [u32],
    pub known: Option<&'a Sequence>,
}

impl Model {
    /// Fills the hidden positions of windows; the model never gets to see what it has to guess. Tokens are translated to
    /// the model's and back; what the model fills in and the data set has no number for is [`UNKNOWN`].
    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let (there, back) = (vocabulary.translation(&self.vocabulary), self.vocabulary.translation(vocabulary));
        let translate = |table: &[u32], token: u32| table.get(token as usize).copied().unwrap_or(UNKNOWN);
        let inputs: Vec<_> = windows
            .iter()
            .map(|window| {
                let observed: Vec<bool> = (0..window.tokens.len()).map(|at| !hidden.contains(&at)).collect();
                let mut tokens: Vec<u32> = window.tokens.iter().map(|&token| translate(&there, token)).collect();
                tokens[hidden.clone()].fill(0);
                let side = window.known.map(|known| known.sides(0..tokens.len(), &observed)).unwrap_or_default();
                (tokens, observed, side)
            })
            .collect();
        let inputs: Vec<Window<'_>> =
            inputs.iter().map(|(tokens, observed, side)| Window { tokens, observed, side }).collect();
        let mut filled = self.imputer.impute_all(&inputs);
        for (filled, window) in filled.iter_mut().zip(windows) {
            for at in 0..window.tokens.len() {
                filled.tokens[at] = match hidden.contains(&at) {
                    true => translate(&back, filled.tokens[at]),
                    false => window.tokens[at],
                };
                filled.alternatives[at].iter_mut().for_each(|(token, _)| *token = translate(&back, *token));
            }
        }
        filled
    }

    /// What came of the model's answers in windows whose truth is known: each answer's confidence, and whether it was
    /// right, in the order of the hidden positions.
    pub(super) fn answers(
        &self,
        windows: &[Tested<'_>],
        data: &Dataset,
        hidden: &Range<usize>,
    ) -> Vec<Vec<(f32, bool)>> {
        let filled = self.fill(windows, &data.vocabulary, hidden);
        let answer = |(filled, window): (&Imputation, &Tested<'_>)| {
            hidden.clone().map(|at| (filled.confidence(at), filled.tokens[at] == window.tokens[at])).collect()
        };
        filled.iter().zip(windows).map(answer).collect()
    }

    /// Fills and scores windows. `calibration` gives for the number of a window what its confidences become.
    pub(super) fn score<C: Fn(f32) -> f32>(
        &self,
        windows: &[Tested<'_>],
        data: &Dataset,
        hidden: &Range<usize>,
        calibration: impl Fn(usize) -> C,
    ) -> Vec<GapTally> {
        let clock = ProcessTime::now();
        let filled = self.fill(windows, &data.vocabulary, hidden);
        let seconds = clock.elapsed().as_secs_f64() / windows.len().max(1) as f64;
        let ids = |tokens: &[u32]| -> Vec<i64> { tokens[hidden.clone()].iter().map(|t| i64::from(*t)).collect() };
        let tally = |(number, (filled, window)): (usize, (&Imputation, &Tested<'_>))| {
            let calibrated = calibration(number);
            let confidence: Vec<f32> = hidden.clone().map(|at| calibrated(filled.confidence(at))).collect();
            GapTally::new(&ids(window.tokens), &ids(&filled.tokens), Some(&confidence)).with_seconds(seconds)
        };
        filled.iter().zip(windows).enumerate().map(tally).collect()
    }
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
        let data = Dataset {
            name: String::new(),
            length: 3,
            vocabulary: names(["read", "write", "open"]),
            training: Vec::new(),
            test: Vec::new(),
            known: Vec::new(),
        };
        let vocabulary = names(["stat", "write", "read"]);
        let model = Model { name: "one".to_owned(), vocabulary, imputer: Box::new(One) };
        let window = Tested { tokens: &[0, 1, 2], known: None };
        let filled = model.fill(&[window], &data.vocabulary, &(1..2));
        assert_eq!(filled[0].tokens, [0, 1, 2]);
        assert_eq!(filled[0].alternatives[1], [(1, 0.75)]);
        assert_eq!(model.answers(&[window], &data, &(1..2)), [[(0.75, true)]]);
    }
}

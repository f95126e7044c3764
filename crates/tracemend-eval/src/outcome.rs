//! What a method answered in the gaps of flat windows: what is kept, written down and scored.

use crate::metric::GapTally;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use tracemend_impute::window::imputer::Imputation;
use tracemend_impute::window::windows::Dataset;

/// One answer to a gap of `N` events. Windows that a method cannot tell apart share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Numbers of the tested windows that it answers.
    pub windows: Vec<usize>,
    /// `[N]` tokens of the data set's vocabulary; [`tracemend_impute::window::dataset::vocabulary::UNKNOWN`] for what it does not have.
    pub guess: Vec<u32>,
    /// `[N]` calibrated probability of each.
    pub confidence: Vec<f32>,
    /// `[N]` the likeliest tokens with their probabilities before calibration, best first.
    pub alternatives: Vec<Vec<(u32, f32)>>,
    /// CPU time, in ns. A whole number, so that what is read back equals what was kept.
    pub nanoseconds: u64,
}

impl Outcome {
    /// Of a filled window; `calibrated` is what its confidences become.
    pub(crate) fn new(
        windows: Vec<usize>,
        filled: Imputation,
        hidden: &Range<usize>,
        seconds: f64,
        calibrated: impl Fn(f32) -> f32,
    ) -> Self {
        Self {
            windows,
            guess: filled.tokens[hidden.clone()].to_vec(),
            confidence: hidden.clone().map(|at| calibrated(filled.confidence(at))).collect(),
            alternatives: filled.alternatives[hidden.clone()].to_vec(),
            nanoseconds: (seconds * 1e9) as u64,
        }
    }

    /// The tally of all the windows it answers; `truth`: what each of them hides.
    pub(crate) fn tally(&self, truth: &[u32]) -> GapTally {
        let ids = |tokens: &[u32]| -> Vec<i64> { tokens.iter().map(|token| i64::from(*token)).collect() };
        GapTally::new(&ids(truth), &ids(&self.guess), Some(&self.confidence))
            .with_seconds(self.nanoseconds as f64 / 1e9)
            .times(self.windows.len())
    }
}

/// All answers of one method to gaps of one length.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// The protocol.
    pub protocol: &'a str,
    /// The tested windows and the names of their tokens.
    pub data: &'a Dataset,
    /// The method.
    pub method: &'a str,
    /// Length of the gap asked for, in events; where a window ends early, less is hidden.
    pub blackout: usize,
    /// The hidden positions.
    pub hidden: &'a Range<usize>,
    /// The answers.
    pub outcomes: &'a [Outcome],
}

impl Answers<'_> {
    /// What window `number` hides.
    pub fn truth(&self, number: usize) -> &[u32] {
        &self.data.test[number][self.hidden.clone()]
    }

    /// The windows in order, each with its answer.
    pub fn by_window(&self) -> Vec<(usize, &Outcome)> {
        let mut all: Vec<(usize, &Outcome)> = self
            .outcomes
            .iter()
            .flat_map(|outcome| outcome.windows.iter().map(move |&window| (window, outcome)))
            .collect();
        all.sort_unstable_by_key(|(window, _)| *window);
        all
    }
}

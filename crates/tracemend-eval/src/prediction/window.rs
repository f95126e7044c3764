//! Predictions for gaps in flat windows.

use crate::tally::GapTally;
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::Range;
use tracemend_impute::window::imputer::Imputation;
use tracemend_impute::window::windows::Dataset;

/// A prediction for a gap of `N` events. Windows that a method cannot tell apart share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPrediction {
    /// Numbers of the tested windows that it is for.
    pub windows: Vec<usize>,
    /// `[N]` tokens of the data set's vocabulary; [`UNKNOWN`](tracemend_impute::window::dataset::UNKNOWN)
    /// for one that it does not have.
    pub tokens: Vec<u32>,
    /// `[N]` calibrated probability of each token.
    pub confidence: Vec<f32>,
    /// `[N]` the likeliest tokens with their probabilities before calibration, best first.
    pub alternatives: Vec<Vec<(u32, f32)>>,
    /// CPU time, in ns. A whole number, so that what is read from a cache equals what was stored.
    pub nanoseconds: u64,
}

impl WindowPrediction {
    /// Takes the prediction out of a filled window. `calibrate` turns the imputer's confidences into probabilities.
    pub(crate) fn new(
        windows: Vec<usize>,
        filled: Imputation,
        hidden: &Range<usize>,
        seconds: f64,
        calibrate: impl Fn(f32) -> f32,
    ) -> Self {
        Self {
            windows,
            tokens: filled.tokens[hidden.clone()].to_vec(),
            confidence: hidden.clone().map(|at| calibrate(filled.confidence(at))).collect(),
            alternatives: filled.alternatives[hidden.clone()].to_vec(),
            nanoseconds: (seconds * 1e9) as u64,
        }
    }

    /// The tally of all its windows; `truth`: what each of them hides.
    pub(crate) fn tally(&self, truth: &[u32]) -> GapTally {
        let ids = |tokens: &[u32]| -> Vec<i64> { tokens.iter().map(|token| i64::from(*token)).collect() };
        GapTally::new(&ids(truth), &ids(&self.tokens), Some(&self.confidence))
            .with_seconds(self.nanoseconds as f64 / 1e9)
            .times(self.windows.len())
    }
}

/// All predictions of one method for gaps of one length.
#[derive(Clone, Copy, Debug)]
pub struct WindowPredictions<'a> {
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
    /// The predictions.
    pub predictions: &'a [WindowPrediction],
}

/// Receives the predictions of every method, in the order of the scores.
pub(crate) type TakeWindows<'a> = &'a mut dyn FnMut(&WindowPredictions<'_>) -> io::Result<()>;

impl WindowPredictions<'_> {
    /// What window `number` hides.
    pub fn truth(&self, number: usize) -> &[u32] {
        &self.data.test[number][self.hidden.clone()]
    }

    /// The windows in order, each with its prediction.
    pub fn by_window(&self) -> Vec<(usize, &WindowPrediction)> {
        let pairs = |prediction: &'_ WindowPrediction| prediction.windows.clone();
        let mut all: Vec<(usize, &WindowPrediction)> = self
            .predictions
            .iter()
            .flat_map(|prediction| pairs(prediction).into_iter().map(move |window| (window, prediction)))
            .collect();
        all.sort_unstable_by_key(|(window, _)| *window);
        all
    }
}

//! Calibration of confidences in flat windows, by windows whose truth is known.

use rayon::prelude::*;
use std::ops::Range;
use tracemend_impute::window::dataset::Sequence;
use tracemend_impute::window::imputer::Imputation;
use tracemend_impute::window::models::{Tested, impute};
use tracemend_impute::window::ppm::Ppm;
use tracemend_impute::window::reliability::Reliability;
use tracemend_impute::window::windows::Dataset;

/// Windows that confidence is calibrated on.
pub(crate) struct HeldOut {
    /// For each training run, a data set in which that run is tested and the others are learned.
    pub(crate) runs: Vec<Dataset>,
    /// A data set of this kind whose run no model has learned, with its own windows. It serves to weigh models and PPM
    /// against each other, not to calibrate.
    pub(crate) unseen: Option<Dataset>,
    /// Windows of the tested run itself, and where they lie.
    pub(crate) own: Vec<(Spot, Sequence)>,
    /// Where each tested window lies.
    pub(crate) tested: Vec<Spot>,
}

/// Windows of the tested run that a model's confidence is calibrated on.
const MODEL_WINDOWS: usize = 200;

/// Where a window lies: its thread, and its first event's place there.
pub(crate) type Spot = (usize, usize);

impl HeldOut {
    /// Windows of the tested run itself; not all, because models are slow.
    pub(crate) fn own_windows(&self) -> Vec<Tested<'_>> {
        self.own.iter().take(MODEL_WINDOWS).map(|(_, own)| Tested { tokens: &own.tokens, known: Some(own) }).collect()
    }
}

/// The confidence of each predicted token, and whether it is right, in the order of the hidden positions.
pub(crate) fn judged(filled: &Imputation, window: &[u32], hidden: &Range<usize>) -> Vec<(f32, bool)> {
    hidden.clone().map(|at| (filled.confidence(at), filled.tokens[at] == window[at])).collect()
}

/// How a method's predictions turned out in held-out windows, for one gap length.
pub(crate) struct Calibrator<'a> {
    /// Predictions in the other training runs.
    elsewhere: Reliability,
    /// In windows of the tested run, the confidence of each predicted token, and whether it is right.
    own: Vec<Vec<(f32, bool)>>,
    held_out: &'a HeldOut,
    length: usize,
    hidden: Range<usize>,
}

impl<'a> Calibrator<'a> {
    /// Calibrates PPM. `others[run]` has learned all training runs but that one.
    pub(crate) fn of_ppm(ppm: &Ppm, others: &[Ppm], held_out: &'a HeldOut, hidden: Range<usize>) -> Self {
        let judge = |ppm: &Ppm, window: &[u32]| judged(&impute(ppm, window, &hidden), window, &hidden);
        let mut elsewhere = Reliability::default();
        for (ppm, run) in others.iter().zip(&held_out.runs) {
            for window in &run.test {
                judge(ppm, window).into_iter().for_each(|(confidence, right)| elsewhere.note(confidence, right));
            }
        }
        let own = held_out.own.par_iter().map(|(_, window)| judge(ppm, &window.tokens)).collect();
        Self { elsewhere, ..Self::new(own, held_out, hidden) }
    }

    /// Calibrates a method on the tested run alone, because a trained model has learned all training runs.
    /// `own`: how its predictions in [`HeldOut::own_windows`] turned out.
    pub(crate) fn new(own: Vec<Vec<(f32, bool)>>, held_out: &'a HeldOut, hidden: Range<usize>) -> Self {
        let length = held_out.own.first().map_or(0, |(_, window)| window.tokens.len());
        Self { elsewhere: Reliability::default(), own, held_out, length, hidden }
    }

    /// Calibrates predictions for these tested windows by the windows that do not reach into their gaps.
    pub(crate) fn for_windows<'s>(&'s self, members: &[usize]) -> impl Fn(f32) -> f32 + use<'s, 'a> {
        let gaps: Vec<(usize, Range<usize>)> = members
            .iter()
            .filter_map(|&member| self.held_out.tested.get(member))
            .map(|&(thread, place)| (thread, place + self.hidden.start..place + self.hidden.end))
            .collect();
        let mut own = Reliability::default();
        for (((thread, place), _), judged) in self.held_out.own.iter().zip(&self.own) {
            let reaches = |gap: &(usize, Range<usize>)| {
                gap.0 == *thread && gap.1.start < place + self.length && *place < gap.1.end
            };
            if !gaps.iter().any(reaches) {
                judged.iter().for_each(|&(confidence, right)| own.note(confidence, right));
            }
        }
        move |confidence| own.calibrated(confidence, self.elsewhere.calibrated(confidence, confidence))
    }
}

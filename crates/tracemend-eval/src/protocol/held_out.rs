//! How sure an answer in a flat window may be, judged by windows whose truth is known.

use rayon::prelude::*;
use std::ops::Range;
use tracemend_impute::window::dataset::Sequence;
use tracemend_impute::window::imputer::Imputation;
use tracemend_impute::window::models::Tested;
use tracemend_impute::window::ppm::SequenceCounts;
use tracemend_impute::window::reliability::Reliability;
use tracemend_impute::window::windows::Dataset;

/// Windows that confidence is calibrated on.
pub(crate) struct HeldOut {
    /// For each training run a data set in which that run is tested and the others are learned.
    pub(crate) runs: Vec<Dataset>,
    /// Such a set of a run that no model has learned, with windows of its own: not for confidence, but to weigh models and
    /// counts against each other by.
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

/// Each answer's confidence, and whether it was right, in the order of the hidden positions.
pub(crate) fn judged(filled: &Imputation, window: &[u32], hidden: &Range<usize>) -> Vec<(f32, bool)> {
    hidden.clone().map(|at| (filled.confidence(at), filled.tokens[at] == window[at])).collect()
}

/// What became of a method's answers in held-out windows, for one gap length.
pub(crate) struct Calibrator<'a> {
    /// In the other training runs.
    elsewhere: Reliability,
    /// In windows of the tested run: each answer's confidence, and whether it was right.
    own: Vec<Vec<(f32, bool)>>,
    held_out: &'a HeldOut,
    length: usize,
    hidden: Range<usize>,
}

impl<'a> Calibrator<'a> {
    /// Of the counts engine; `others` are what it learned of all training runs but one.
    pub(crate) fn of_counts(
        engine: &SequenceCounts,
        others: &[SequenceCounts],
        held_out: &'a HeldOut,
        hidden: Range<usize>,
    ) -> Self {
        let answers = |engine: &SequenceCounts, window: &[u32]| {
            judged(&tracemend_impute::window::models::impute(engine, window, &hidden), window, &hidden)
        };
        let mut elsewhere = Reliability::default();
        for (engine, run) in others.iter().zip(&held_out.runs) {
            for window in &run.test {
                answers(engine, window).into_iter().for_each(|(confidence, right)| elsewhere.note(confidence, right));
            }
        }
        let own = held_out.own.par_iter().map(|(_, window)| answers(engine, &window.tokens)).collect();
        Self { elsewhere, ..Self::new(own, held_out, hidden) }
    }

    /// Of a method of whose answers only those in the tested run can tell: a trained model has learned all training runs.
    /// `own`: what came of its answers in [`HeldOut::own_windows`].
    pub(crate) fn new(own: Vec<Vec<(f32, bool)>>, held_out: &'a HeldOut, hidden: Range<usize>) -> Self {
        let length = held_out.own.first().map_or(0, |(_, window)| window.tokens.len());
        Self { elsewhere: Reliability::default(), own, held_out, length, hidden }
    }

    /// Calibrates answers in these tested windows by the windows that do not reach into their gaps.
    pub(crate) fn for_windows<'s>(&'s self, members: &[usize]) -> impl Fn(f32) -> f32 + use<'s, 'a> {
        let gaps: Vec<(usize, Range<usize>)> = members
            .iter()
            .filter_map(|&member| self.held_out.tested.get(member))
            .map(|&(thread, place)| (thread, place + self.hidden.start..place + self.hidden.end))
            .collect();
        let mut own = Reliability::default();
        for (((thread, place), _), answers) in self.held_out.own.iter().zip(&self.own) {
            let reaches = |gap: &(usize, Range<usize>)| {
                gap.0 == *thread && gap.1.start < place + self.length && *place < gap.1.end
            };
            if !gaps.iter().any(reaches) {
                answers.iter().for_each(|&(confidence, right)| own.note(confidence, right));
            }
        }
        move |confidence| own.calibrated(confidence, self.elsewhere.calibrated(confidence, confidence))
    }
}

//! The look-up of `ppm` and a network together.
//!
//! `ppm` gives whole fillings of a gap with their probabilities p (`Ppm::fillings`); a network gives every missing position a
//! distribution q given all that is observed.
//!
//! 1. *Rescoring.* The fillings are scored again without a network: a place of the text counts as much as its [`Kernel`] says, which
//!    compares the time it took and the values around it with the gap's. Contexts are bare names; where two of them part, what
//!    follows is compared all the same, which is better in cross-validation than to stop there. The new weight is
//!    w(x) ~ p(x)^temper; a temper below 1 trusts long contexts less, which pays where runs differ.
//! 2. *The network* chooses among them, w(x) ~ w(x) prod_i q_i(x_i)^joint. The share of w at each position, some of it spread over
//!    all tokens (`SPREAD`), is mixed geometrically with q: m_i ~ w_i^ppm q_i^network (a product of experts: Hinton 2002).
//!
//! The answer is the likeliest token of each position: of all answers the one of which most is expected to be right.
//!
//! Exponents, width and factor are chosen by windows of a training run that `ppm` for this purpose does not learn and the network was
//! not trained on. Each step has to pay for itself ([`tracemend_repair::gate`]), or is left out.

use crate::window::clusters::clusters;
use crate::window::dataset::{Sequence, Vocabulary};
use crate::window::imputer::{Imputation, Window};
use crate::window::models::{FillAll, Model, Shown, Tested};
use crate::window::ppm::{ALTERNATIVES, Place, Ppm};
use crate::window::windows::Dataset;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use tracemend_repair::gate::{Tried, paying};
use tracemend_repair::kernel::{Kernel, Known};

/// Fillings that are scored again, the likeliest.
const FILLINGS: usize = 256;
/// Share of the fillings' distribution that is spread evenly over all tokens.
const SPREAD: f64 = 0.02;
/// Probability that a network leaves for tokens it does not know, all together.
const UNKNOWN_SHARE: f64 = 1e-4;
/// Widths of the kernel to choose from, in natural logarithms of the time.
const WIDTHS: [Option<f64>; 4] = [None, Some(1.0), Some(0.5), Some(0.25)];
/// Factors of a differing value to choose from.
const DIFFERING: [f64; 3] = [1.0, 0.1, 0.01];
/// Tempers to choose from.
const TEMPERS: [f64; 5] = [1.0, 0.75, 0.5, 0.35, 0.2];
/// Exponents of the network's opinion on whole fillings to choose from.
const JOINTS: [f64; 4] = [0.0, 0.02, 0.05, 0.1];
/// Exponents of a position's shares and of the network's distribution to choose from.
const EXPONENTS: [(f64, f64); 6] = [(1.0, 0.0), (1.0, 0.15), (1.0, 0.3), (1.0, 0.6), (0.5, 0.5), (0.25, 0.75)];

/// What is known of each event of a sequence.
fn known_of(sequence: &Sequence) -> impl Iterator<Item = Option<Known>> {
    let known = |at: usize| Known {
        time_ns: sequence.time_ns.get(at).copied(),
        value: sequence.values.get(at).copied().unwrap_or(0),
    };
    (0..sequence.tokens.len()).map(move |at| Some(known(at)))
}

/// A `ppm`, and what is known of the events that it learned.
pub struct PlacedPpm {
    engine: Ppm,
    /// By the numbers of [`Place::Text`]; `None` after each segment.
    known: Vec<Option<Known>>,
}

impl PlacedPpm {
    /// Learns a text.
    pub fn learn(training: &[Sequence]) -> Self {
        Self::new(Ppm::learn(training), training)
    }

    /// `engine`: what has learned this text.
    pub fn new(engine: Ppm, training: &[Sequence]) -> Self {
        // One number stands after each segment.
        Self { engine, known: training.iter().flat_map(|sequence| known_of(sequence).chain([None])).collect() }
    }

    /// The likeliest fillings of a gap with the logarithms of their probabilities, likeliest first.
    fn fillings(&self, window: &Tested<'_>, hidden: &Range<usize>, kernel: Kernel) -> Vec<(Vec<u32>, f64)> {
        let mut own: Vec<Option<Known>> = window.known.map_or_else(Vec::new, |known| known_of(known).collect());
        // Places in the window itself are compared across the gap, too.
        own.iter_mut().skip(hidden.start).take(hidden.len()).for_each(|event| *event = None);
        let weight = |place| match place {
            Place::Text(at) => kernel.weight(&own, hidden, &self.known, &(at..at + hidden.len())),
            Place::Window(at) => kernel.weight(&own, hidden, &own, &(at..at + hidden.len())),
        };
        let mut fillings = self.engine.fillings(window.tokens, hidden.clone(), &weight);
        fillings.retain(|(_, mass)| *mass > 0.0);
        // Stable: of equals the one with the longer context comes first.
        fillings.sort_by(|a, b| b.1.total_cmp(&a.1));
        fillings.truncate(FILLINGS);
        fillings.iter_mut().for_each(|(_, mass)| *mass = mass.ln());
        fillings
    }

    /// Gaps with their fillings, and the network's opinion if there is one.
    fn gaps(
        &self,
        kernel: Kernel,
        model: Option<&Model>,
        windows: &[Tested<'_>],
        vocabulary: &Vocabulary,
        hidden: &Range<usize>,
    ) -> Vec<Gap> {
        let network = match model {
            Some(model) => network_rows(model, windows, vocabulary, hidden),
            None => vec![Vec::new(); windows.len()],
        };
        let gap = |(window, network)| Gap { fillings: self.fillings(window, hidden, kernel), network };
        windows.par_iter().zip(network).map(gap).collect()
    }
}

/// How the fillings of `ppm` are scored again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescoring {
    /// What a place counts.
    #[serde(flatten)]
    pub kernel: Kernel,
    /// Exponent of a filling's probability.
    pub temper: f64,
}

/// No change.
pub const PLAIN: Rescoring = Rescoring { kernel: Kernel::EVEN, temper: 1.0 };

/// How a network takes part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Exponent of the network's probabilities of a filling's events.
    pub joint: f64,
    /// Exponent of a position's share of the fillings.
    pub ppm: f64,
    /// Exponent of the network's distribution of a position.
    pub network: f64,
}

/// Weights that ignore the network.
const ALONE: Weights = Weights { joint: 0.0, ppm: 1.0, network: 0.0 };

impl Weights {
    /// The mixture's log probabilities, which are normalised. `ppm`, `network`: `[V]` probabilities and log probabilities.
    fn mixed(self, ppm: &[f64], network: Option<&Vec<f64>>) -> Vec<f64> {
        let even = SPREAD / ppm.len().max(1) as f64;
        let mut scores: Vec<f64> = ppm.iter().map(|p| self.ppm * ((1.0 - SPREAD) * p + even).ln()).collect();
        if let Some(network) = network {
            scores.iter_mut().zip(network).for_each(|(score, log)| *score += self.network * log);
        }
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = most + scores.iter().map(|score| (score - most).exp()).sum::<f64>().ln();
        scores.iter_mut().for_each(|score| *score -= total);
        scores
    }
}

/// What is known of one gap of `N` positions.
struct Gap {
    /// The fillings of `ppm` with the logarithms of their probabilities, likeliest first.
    fillings: Vec<(Vec<u32>, f64)>,
    /// `[N][V]` the network's log probabilities; empty without one.
    network: Vec<Vec<f64>>,
}

impl Gap {
    /// Each position's share of the fillings scored again, `[N][V]`; zeros where there is no filling.
    fn shares(&self, temper: f64, joint: f64, missing: usize, vocabulary: usize) -> Vec<Vec<f64>> {
        let opinion = |filling: &[u32]| -> f64 {
            filling.iter().zip(&self.network).filter_map(|(token, row)| row.get(*token as usize)).sum()
        };
        let scores: Vec<f64> =
            self.fillings.iter().map(|(filling, log)| temper * log + joint * opinion(filling)).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = scores.iter().map(|score| (score - most).exp()).sum();
        let mut rows = vec![vec![0.0; vocabulary]; missing];
        for ((filling, _), score) in self.fillings.iter().zip(&scores) {
            for (row, &token) in rows.iter_mut().zip(filling) {
                if let Some(sum) = row.get_mut(token as usize) {
                    *sum += (score - most).exp() / total;
                }
            }
        }
        rows
    }

    /// The mixture's `[N][V]` log probabilities, of `shares` as [`Gap::shares`] gives them.
    fn mixed(&self, weights: Weights, shares: &[Vec<f64>]) -> Vec<Vec<f64>> {
        shares.iter().enumerate().map(|(at, share)| weights.mixed(share, self.network.get(at))).collect()
    }
}

/// A `ppm`, and a network if one takes part, that fill windows.
pub struct Combined<'a> {
    /// Name in tables.
    pub name: String,
    /// The look-up that fills.
    pub ppm: &'a PlacedPpm,
    /// How its fillings are rescored.
    pub rescoring: Rescoring,
    /// The network, and how its probabilities are mixed with those of the look-up.
    pub network: Option<(&'a Model, Weights)>,
}

impl FillAll for Combined<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let (Rescoring { kernel, temper }, weights) =
            (self.rescoring, self.network.map_or(ALONE, |(_, weights)| weights));
        let gaps = self.ppm.gaps(kernel, self.network.map(|(model, _)| model), windows, vocabulary, hidden);
        let one = |(window, gap): (&Tested<'_>, &Gap)| {
            let shares = gap.shares(temper, weights.joint, hidden.len(), vocabulary.tokens.len());
            answer(window, &gap.mixed(weights, &shares), hidden)
        };
        windows.par_iter().zip(&gaps).map(one).collect()
    }
}

/// The likeliest token of a row of log probabilities, of equals the first.
fn likeliest(row: &[f64]) -> u32 {
    let better = |best: (usize, f64), (token, &log)| if log > best.1 { (token, log) } else { best };
    row.iter().enumerate().fold((0, f64::NEG_INFINITY), better).0 as u32
}

/// The filled window; `rows`: the mixture, `[N][V]` log probabilities.
fn answer(window: &Tested<'_>, rows: &[Vec<f64>], hidden: &Range<usize>) -> Imputation {
    let mut tokens = window.tokens.to_vec();
    let mut alternatives = vec![Vec::new(); tokens.len()];
    for (at, row) in hidden.clone().zip(rows) {
        tokens[at] = likeliest(row);
        let mut all: Vec<(u32, f64)> = row.iter().enumerate().map(|(token, &log)| (token as u32, log)).collect();
        // Stable, as the choice above: the chosen one comes first.
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.truncate(ALTERNATIVES);
        alternatives[at] = all.into_iter().map(|(token, log)| (token, log.exp() as f32)).collect();
    }
    Imputation { tokens, alternatives }
}

/// The network's log probabilities at each position of the gap, `[window][N][V]`, in the tokens of `vocabulary`.
fn network_rows(
    model: &Model,
    windows: &[Tested<'_>],
    vocabulary: &Vocabulary,
    hidden: &Range<usize>,
) -> Vec<Vec<Vec<f64>>> {
    let there = vocabulary.translation(&model.vocabulary);
    let shown: Vec<Shown> = windows.iter().map(|window| window.shown(&there, hidden)).collect();
    let inputs: Vec<Window<'_>> = shown.iter().map(Shown::window).collect();
    let known = there.iter().filter(|&&token| (token as usize) < model.vocabulary.tokens.len()).count();
    let floor = (UNKNOWN_SHARE / (there.len() - known).max(1) as f64).ln();
    let translate = |row: &[f32]| -> Vec<f64> {
        there.iter().map(|&token| row.get(token as usize).map_or(floor, |&log| f64::from(log).max(floor))).collect()
    };
    let mut rows = model.imputer.conditionals(&inputs).unwrap_or_default();
    rows.resize(windows.len(), Vec::new());
    rows.iter().map(|rows| rows.chunks_exact(model.vocabulary.tokens.len().max(1)).map(translate).collect()).collect()
}

/// The run that decides how `ppm` and networks are weighed, for gaps of one length.
pub struct Judge<'a> {
    unseen: &'a Dataset,
    ppm: &'a PlacedPpm,
    hidden: Range<usize>,
    windows: Vec<Tested<'a>>,
    /// Numbers of equal windows together: what one of them says the others only repeat.
    clusters: Vec<Vec<usize>>,
}

impl<'a> Judge<'a> {
    /// `unseen`: a data set of a run that neither has learned; its training text is what `ppm` learned.
    pub fn new(unseen: &'a Dataset, ppm: &'a PlacedPpm, hidden: Range<usize>) -> Self {
        let window = |(number, tokens): (usize, &'a Vec<u32>)| Tested { tokens, known: unseen.known.get(number) };
        let windows = unseen.test.iter().enumerate().map(window).collect();
        let equal = clusters(unseen.test.iter().map(Vec::as_slice));
        let clusters = equal.into_iter().map(|(_, members)| members).collect();
        Self { unseen, ppm, hidden, windows, clusters }
    }

    /// How the fillings are scored again; none where that fills the run no better than their likeliest do, beyond chance.
    pub fn rescoring(&self) -> Option<Rescoring> {
        let (mut tried, mut before) = (Vec::new(), Vec::new());
        for kernel in WIDTHS.iter().flat_map(|&time| DIFFERING.map(|differing| Kernel { time, differing })) {
            let gaps = self.gaps(None, kernel);
            if kernel == Kernel::EVEN {
                before = self.right_by_filling(&gaps);
            }
            for temper in TEMPERS {
                let right = self.right_by_position(&gaps, &self.shares(&gaps, temper, 0.0), ALONE);
                tried.push(Tried { settings: Rescoring { kernel, temper }, right });
            }
        }
        paying(&tried, &before, &self.clusters)
    }

    /// How a network takes part in fillings so scored, none: in ppm's own; none where that fills the run no better,
    /// beyond chance.
    pub fn weights(&self, model: &Model, rescoring: Option<Rescoring>) -> Option<Weights> {
        let Rescoring { kernel, temper } = rescoring.unwrap_or(PLAIN);
        let gaps = self.gaps(Some(model), kernel);
        let mut tried = Vec::new();
        for joint in JOINTS {
            let shares = self.shares(&gaps, temper, joint);
            for (ppm, network) in EXPONENTS {
                let settings = Weights { joint, ppm, network };
                tried.push(Tried { settings, right: self.right_by_position(&gaps, &shares, settings) });
            }
        }
        let before = match rescoring {
            Some(_) => self.right_by_position(&gaps, &self.shares(&gaps, temper, ALONE.joint), ALONE),
            None => self.right_by_filling(&gaps),
        };
        paying(&tried, &before, &self.clusters)
    }

    fn gaps(&self, model: Option<&Model>, kernel: Kernel) -> Vec<Gap> {
        self.ppm.gaps(kernel, model, &self.windows, &self.unseen.vocabulary, &self.hidden)
    }

    /// [`Gap::shares`] of each.
    fn shares(&self, gaps: &[Gap], temper: f64, joint: f64) -> Vec<Vec<Vec<f64>>> {
        let vocabulary = self.unseen.vocabulary.tokens.len();
        gaps.par_iter().map(|gap| gap.shares(temper, joint, self.hidden.len(), vocabulary)).collect()
    }

    /// How many events of each window's gap its likeliest filling has right.
    fn right_by_filling(&self, gaps: &[Gap]) -> Vec<usize> {
        self.right(|number| gaps[number].fillings.first().map_or_else(Vec::new, |(filling, _)| filling.clone()))
    }

    /// The same of the likeliest token of each position; `shares` by gap.
    fn right_by_position(&self, gaps: &[Gap], shares: &[Vec<Vec<f64>>], weights: Weights) -> Vec<usize> {
        self.right(|number| gaps[number].mixed(weights, &shares[number]).iter().map(|row| likeliest(row)).collect())
    }

    /// How many events of each window's gap are right in what `fill` says by the window's number.
    fn right(&self, fill: impl Fn(usize) -> Vec<u32> + Sync) -> Vec<usize> {
        let right = |(number, window): (usize, &Tested<'_>)| {
            fill(number).iter().zip(&window.tokens[self.hidden.clone()]).filter(|(token, truth)| token == truth).count()
        };
        self.windows.par_iter().enumerate().map(right).collect()
    }
}

#[cfg(test)]
#[path = "ensemble_tests.rs"]
mod tests;

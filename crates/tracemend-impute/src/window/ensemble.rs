//! Counts and a network together.
//!
//! The counts give whole fillings of a gap with their probabilities p ([`SequenceCounts::fillings`]), the network gives every
//! missing position a distribution q given all that is observed.
//!
//! 1. The fillings are scored again without a network. A place of the text counts for more the nearer the time that it took
//!    is to what the gap took (a Gaussian kernel of width `time` over the logarithms). It counts for less for every event
//!    around it that returned another value than the event as far from the gap: by `differing`^(1 / (1 + d)), d events away
//!    ([`REACH`]). The contexts that counts compare are bare names; where two of them part, what follows is compared all the
//!    same, which is better in cross-validation than to stop there. What cannot be compared changes nothing. And
//!    w(x) ~ p(x)^t, where t below 1 trusts long contexts less, which pays where runs differ.
//! 2. The network chooses among them, w(x) ~ w(x) prod_i q_i(x_i)^j, and each position's share of w, some of it spread over all
//!    tokens ([`SPREAD`]), is mixed geometrically with q: m_i ~ w_i^a q_i^b (a product of experts: Hinton 2002).
//!
//! The answer is the likeliest token of each position: of all answers the one of which most is expected to be right.
//!
//! Exponents, width and factor are chosen by windows of a training run that the counts for this purpose do not learn and the
//! network was not trained on, though that run may have said when its training had done enough. They are those under which
//! most is right.
//! Each step has to pay for itself: chosen by one half of the windows, and by the other in turn, it has to fill those that it
//! was not chosen by better than what was there before, the counts' likeliest filling or step 1, and by more than chance
//! explains. Else it is left out. [`RESCORED`] is step 1 alone, so what the network adds shows beside it.

use crate::window::clusters::clusters;
use crate::window::dataset::{Sequence, Vocabulary};
use crate::window::imputer::{Imputation, Window};
use crate::window::models::{FillAll, Model, Shown, Tested};
use crate::window::ppm::{ALTERNATIVES, Place, SequenceCounts};
use crate::window::windows::Dataset;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Name of the counts' fillings scored again without a network.
pub const RESCORED: &str = "counts-rescored";
/// Fillings that are scored again, the likeliest.
const FILLINGS: usize = 256;
/// Share of the fillings' distribution that is spread evenly over all tokens.
const SPREAD: f64 = 0.02;
/// What the kernel of times gives a place at least, however long it took.
const FAR: f64 = 0.02;
/// Probability that a network leaves for tokens it does not know, all together.
const UNKNOWN_SHARE: f64 = 1e-4;
/// Events on each side of a gap whose values are compared.
const REACH: usize = 32;
/// Half the width, in standard errors, of a gain's interval, which has to lie above 0: 95 %.
const INTERVAL: f64 = 1.96;
/// Distinct windows below which nothing can be said of a gain.
const FEWEST: usize = 12;
/// Widths of the kernel to choose from, in natural logarithms of the time.
const WIDTHS: [Option<f64>; 4] = [None, Some(1.0), Some(0.5), Some(0.25)];
/// Factors of a differing value to choose from.
const DIFFERING: [f64; 3] = [1.0, 0.1, 0.01];
/// Exponents t to choose from.
const TEMPERS: [f64; 5] = [1.0, 0.75, 0.5, 0.35, 0.2];
/// Exponents j, a and b to choose from.
const JOINTS: [f64; 4] = [0.0, 0.02, 0.05, 0.1];
const EXPONENTS: [(f64, f64); 6] = [(1.0, 0.0), (1.0, 0.15), (1.0, 0.3), (1.0, 0.6), (0.5, 0.5), (0.25, 0.75)];

/// What is known of an event beside its token.
#[derive(Clone, Copy, Debug)]
struct Known {
    time_ns: Option<i64>,
    /// As in [`Sequence::values`].
    value: u8,
}

/// That of each event of a sequence.
fn known_of(sequence: &Sequence) -> impl Iterator<Item = Option<Known>> {
    let known = |at: usize| Known {
        time_ns: sequence.time_ns.get(at).copied(),
        value: sequence.values.get(at).copied().unwrap_or(0),
    };
    (0..sequence.tokens.len()).map(move |at| Some(known(at)))
}

/// Counts, and what is known of the events that they learned.
pub struct PlacedCounts {
    engine: SequenceCounts,
    /// By the numbers of [`Place::Text`]; none behind each segment.
    known: Vec<Option<Known>>,
}

impl PlacedCounts {
    /// Learns a text.
    pub fn learn(training: &[Sequence]) -> Self {
        Self::new(SequenceCounts::learn(training), training)
    }

    /// `engine`: what has learned this text.
    pub fn new(engine: SequenceCounts, training: &[Sequence]) -> Self {
        // One number stands behind each segment.
        Self { engine, known: training.iter().flat_map(|sequence| known_of(sequence).chain([None])).collect() }
    }

    /// The likeliest fillings of a gap with the logarithms of their probabilities, likeliest first.
    fn fillings(&self, window: &Tested<'_>, hidden: &Range<usize>, kernel: Kernel) -> Vec<(Vec<u32>, f64)> {
        let mut own: Vec<Option<Known>> = window.known.map_or_else(Vec::new, |known| known_of(known).collect());
        // Places in the window itself are compared across the gap, too.
        own.iter_mut().skip(hidden.start).take(hidden.len()).for_each(|event| *event = None);
        let weight = |place| match place {
            Place::Text(at) => kernel.weight(&own, hidden, &self.known, at),
            Place::Window(at) => kernel.weight(&own, hidden, &own, at),
        };
        let mut fillings = self.engine.fillings(window.tokens, hidden.clone(), &weight);
        fillings.retain(|(_, mass)| *mass > 0.0);
        // Stable: of equals the one with the longer context comes first.
        fillings.sort_by(|a, b| b.1.total_cmp(&a.1));
        fillings.truncate(FILLINGS);
        fillings.iter_mut().for_each(|(_, mass)| *mass = mass.ln());
        fillings
    }

    /// Gaps with what these counts know of them, and a network if there is one.
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

/// What a place of a text counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Width of the Gaussian over the logarithms of times; none: times do not matter.
    pub time: Option<f64>,
    /// Factor of an event next to the gap that returned another value; 1: values do not matter.
    pub differing: f64,
}

/// Places count alike.
const EVEN: Kernel = Kernel { time: None, differing: 1.0 };

impl Kernel {
    /// What the place that begins at `at` of a text counts for the gap `hidden` of a window. `own`: what is known of the
    /// window, nothing in the gap.
    fn weight(self, own: &[Option<Known>], hidden: &Range<usize>, text: &[Option<Known>], at: usize) -> f64 {
        let place = at..at + hidden.len();
        let near = match self.time.map(|width| (took(own, hidden), took(text, &place), width)) {
            Some((Some(gap), Some(there), width)) => (-0.5 * ((there - gap) / width).powi(2)).exp() + FAR,
            _ => 1.0,
        };
        if self.differing == 1.0 {
            return near;
        }
        let before = disagreement(own.iter().take(hidden.start).rev(), text.iter().take(place.start).rev());
        let behind = disagreement(own.iter().skip(hidden.end), text.iter().skip(place.end));
        near * self.differing.powf(before + behind)
    }
}

/// The logarithm of the time in ns from the event before a place to the one behind it.
fn took(events: &[Option<Known>], place: &Range<usize>) -> Option<f64> {
    let event = |at: usize| events.get(at).copied().flatten();
    let (before, behind) = (event(place.start.checked_sub(1)?)?.time_ns?, event(place.end)?.time_ns?);
    Some((behind.saturating_sub(before).max(1) as f64).ln())
}

/// How much the values of two rows of events differ that lead away from a gap and a place: those d events away count
/// 1 / (1 + d). An unknown value differs from no other; where a row ends, so does the comparison.
fn disagreement<'a>(
    own: impl Iterator<Item = &'a Option<Known>>,
    text: impl Iterator<Item = &'a Option<Known>>,
) -> f64 {
    let both = own.zip(text).take(REACH).map_while(|(own, text)| Some(((*own)?.value, (*text)?.value)));
    let differ = |&(_, (own, text)): &(usize, (u8, u8))| own != text && own != 0 && text != 0;
    both.enumerate().filter(differ).map(|(away, _)| 1.0 / (1.0 + away as f64)).sum()
}

/// How the counts' fillings are scored again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescoring {
    /// What a place counts.
    #[serde(flatten)]
    pub kernel: Kernel,
    /// t, exponent of the counts' probability of a filling.
    pub temper: f64,
}

/// No change.
pub const PLAIN: Rescoring = Rescoring { kernel: EVEN, temper: 1.0 };

/// How a network takes part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// j, exponent of the network's probabilities of a filling's events.
    pub joint: f64,
    /// a, exponent of a position's share of the fillings.
    pub counts: f64,
    /// b, exponent of the network's distribution of a position.
    pub network: f64,
}

/// None of it.
const ALONE: Weights = Weights { joint: 0.0, counts: 1.0, network: 0.0 };

impl Weights {
    /// The mixture's log probabilities, which are normalised. `counts`, `network`: `[V]` probabilities and log probabilities.
    fn mixed(self, counts: &[f64], network: Option<&Vec<f64>>) -> Vec<f64> {
        let even = SPREAD / counts.len().max(1) as f64;
        let mut scores: Vec<f64> = counts.iter().map(|p| self.counts * ((1.0 - SPREAD) * p + even).ln()).collect();
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
    /// The counts' fillings with the logarithms of their probabilities, likeliest first.
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

/// Counts, and a network if one takes part, that fill windows.
pub struct Combined<'a> {
    pub name: String,
    pub counts: &'a PlacedCounts,
    pub rescoring: Rescoring,
    pub network: Option<(&'a Model, Weights)>,
}

impl FillAll for Combined<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let (Rescoring { kernel, temper }, weights) =
            (self.rescoring, self.network.map_or(ALONE, |(_, weights)| weights));
        let gaps = self.counts.gaps(kernel, self.network.map(|(model, _)| model), windows, vocabulary, hidden);
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

/// Settings, and how much of each window's gap is filled in right under them.
struct Tried<T> {
    settings: T,
    right: Vec<usize>,
}

/// The run by which it is decided how counts and networks are weighed, for gaps of one length.
pub struct Judge<'a> {
    unseen: &'a Dataset,
    counts: &'a PlacedCounts,
    hidden: Range<usize>,
    windows: Vec<Tested<'a>>,
    /// Numbers of equal windows together: what one of them says the others only repeat.
    clusters: Vec<Vec<usize>>,
}

impl<'a> Judge<'a> {
    /// `unseen`: a data set of a run that neither has learned; its training text is what `counts` learned.
    pub fn new(unseen: &'a Dataset, counts: &'a PlacedCounts, hidden: Range<usize>) -> Self {
        let window = |(number, tokens): (usize, &'a Vec<u32>)| Tested { tokens, known: unseen.known.get(number) };
        let windows = unseen.test.iter().enumerate().map(window).collect();
        let equal = clusters(unseen.test.iter().map(Vec::as_slice));
        let clusters = equal.into_iter().map(|(_, members)| members).collect();
        Self { unseen, counts, hidden, windows, clusters }
    }

    /// How the fillings are scored again; none where that fills the run no better than their likeliest do, beyond chance.
    pub fn rescoring(&self) -> Option<Rescoring> {
        let (mut tried, mut before) = (Vec::new(), Vec::new());
        for kernel in WIDTHS.iter().flat_map(|&time| DIFFERING.map(|differing| Kernel { time, differing })) {
            let gaps = self.gaps(None, kernel);
            if kernel == EVEN {
                before = self.right_by_filling(&gaps);
            }
            for temper in TEMPERS {
                let right = self.right_by_position(&gaps, &self.shares(&gaps, temper, 0.0), ALONE);
                tried.push(Tried { settings: Rescoring { kernel, temper }, right });
            }
        }
        paying(&tried, &before, &self.clusters)
    }

    /// How a network takes part in fillings so scored, none: in the counts' own; none where that fills the run no better,
    /// beyond chance.
    pub fn weights(&self, model: &Model, rescoring: Option<Rescoring>) -> Option<Weights> {
        let Rescoring { kernel, temper } = rescoring.unwrap_or(PLAIN);
        let gaps = self.gaps(Some(model), kernel);
        let mut tried = Vec::new();
        for joint in JOINTS {
            let shares = self.shares(&gaps, temper, joint);
            for (counts, network) in EXPONENTS {
                let settings = Weights { joint, counts, network };
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
        self.counts.gaps(kernel, model, &self.windows, &self.unseen.vocabulary, &self.hidden)
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

/// The settings with most right, of equals the first. None if settings so chosen by one half of the clusters of windows, and
/// by the other in turn, do not fill those that they were not chosen by better than `before`, by more than chance explains.
fn paying<T: Copy>(tried: &[Tried<T>], before: &[usize], clusters: &[Vec<usize>]) -> Option<T> {
    if clusters.len() < FEWEST {
        return None;
    }
    let (first, second) = clusters.split_at(clusters.len() / 2);
    // Of each cluster its size and its gain.
    let mut gains: Vec<(f64, f64)> = Vec::new();
    for (chosen_by, judged_by) in [(first, second), (second, first)] {
        let best = most_right(tried, chosen_by)?;
        let gain = |&number: &usize| best.right[number] as f64 - before[number] as f64;
        gains.extend(judged_by.iter().map(|members| (members.len() as f64, members.iter().map(gain).sum::<f64>())));
    }
    let windows: f64 = gains.iter().map(|(size, _)| size).sum();
    let mean = gains.iter().map(|(_, gain)| gain).sum::<f64>() / windows;
    let squares: f64 = gains.iter().map(|(size, gain)| (gain - mean * size).powi(2)).sum();
    let count = gains.len() as f64;
    let error = (squares * count / (count - 1.0)).sqrt() / windows;
    if mean > INTERVAL * error { most_right(tried, clusters).map(|best| best.settings) } else { None }
}

/// Those with most right in these clusters, of equals the first.
fn most_right<'t, T>(tried: &'t [Tried<T>], clusters: &[Vec<usize>]) -> Option<&'t Tried<T>> {
    let sum = |one: &Tried<T>| clusters.iter().flatten().map(|&number| one.right[number]).sum::<usize>();
    tried.iter().reduce(|best, one| if sum(one) > sum(best) { one } else { best })
}

#[cfg(test)]
#[path = "ensemble_tests.rs"]
mod tests;

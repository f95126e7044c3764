//! The flat imputer `ppm`: variable-order two-sided context counts, blended from long contexts to short ones.
//!
//! The fills of a gap that the training text (and the observed part of the window itself) holds between contexts that
//! agree in at least `c` events on both sides form level `c`. Going down the levels, every fill gets
//! `sum over levels of escape mass · n / (n + s) · count / n`, with `n` places at or above the level, `s` = distinct
//! fills among them, and the escape mass multiplied by `s / (n + s)` per level: Witten-Bell escape (PPM method C) on
//! whole fills instead of single events. Levels that add no place are skipped. The mass that is left after the lowest level goes to fills composed event by
//! event from [`NgramCounts`] by a beam that also scores how well the events after the gap follow.
//!
//! The result is one joint distribution over fills: the joint best is its mode, the alternatives of a position its
//! marginals.
//!
//! The settings were chosen by cross-validation on the training streams of the published benchmark alone: each fifth of
//! a stream held out in turn, learned from the rest (the test `cross_validation` in `tests/paper.rs` prints all of
//! it). At `L` = 200, accuracy / calibration error, over nine data sets:
//!
//! | setting | middle, k = 10 | middle, k = 40 | end, k = 40 |
//! |---|---|---|---|
//! | default | 0.9520 / 0.026 | 0.9168 / 0.037 | 0.9076 / 0.023 |
//! | escape 0.25 | 0.9519 / 0.034 | 0.9179 / 0.052 | 0.9081 / 0.041 |
//! | escape 4 | 0.9475 / 0.022 | 0.9055 / 0.034 | 0.8973 / 0.020 |
//! | contexts to 8 only | 0.9486 / 0.025 | 0.8971 / 0.031 | 0.8119 / 0.021 |
//! | contexts to 40 only | 0.9520 / 0.026 | 0.9166 / 0.036 | 0.8736 / 0.027 |
//! | contexts from 16 only | 0.9394 / 0.049 | 0.8699 / 0.102 | 0.9040 / 0.028 |
//! | every length 1-256 | 0.9519 / 0.027 | 0.9172 / 0.038 | 0.9076 / 0.029 |
//! | order 4 / 12 | 0.9510 / 0.9524 | 0.9157 / 0.9185 | 0.9070 / 0.9076 |
//! | beam 4 / 64 | 0.9518 / 0.9528 | 0.9166 / 0.9184 | 0.9075 / 0.9077 |
//!
//! The default lies on the plateau: no single change gains 0.002 in accuracy anywhere.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::window::context_index::{ContextIndex, DEPTH, Query, scan};
use crate::window::imputer::{Fill, Imputation, Imputer, Window, fill_gaps};
use crate::window::ngram::NgramCounts;

/// Alternatives kept per position.
pub(crate) const ALTERNATIVES: usize = 5;
/// Escape mass below which no further level is looked at.
const NEGLIGIBLE: f64 = 1e-3;

/// Settings of [`Ppm`].
#[derive(Clone, Debug, PartialEq)]
pub struct PpmConfig {
    /// Context lengths that are counted, in events per side, descending and positive.
    pub levels: Vec<usize>,
    /// Factor on the escape mass: higher trusts long contexts less.
    pub escape: f64,
    /// Context length of the event-by-event composition.
    pub order: usize,
    /// Fills kept while composing.
    pub beam: usize,
}

impl Default for PpmConfig {
    fn default() -> Self {
        Self {
            levels: vec![DEPTH, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1],
            escape: 1.0,
            order: 8,
            beam: 16,
        }
    }
}

/// Counts of a training text, ready to fill gaps.
#[derive(Clone, Debug)]
pub struct Ppm {
    config: PpmConfig,
    index: Arc<ContextIndex>,
    ngrams: Arc<NgramCounts>,
}

impl Ppm {
    /// Learns from segments of consecutive events with the default settings.
    pub fn learn<S: AsRef<[u32]>>(segments: &[S]) -> Self {
        let config = PpmConfig::default();
        let index = Arc::new(ContextIndex::new(segments));
        let ngrams = Arc::new(NgramCounts::new(segments, config.order));
        Self::with_parts(config, index, ngrams)
    }

    /// Uses counts learned elsewhere. Levels that are zero are dropped, and the rest brought into order.
    pub fn with_parts(mut config: PpmConfig, index: Arc<ContextIndex>, ngrams: Arc<NgramCounts>) -> Self {
        config.levels.retain(|l| *l > 0);
        config.levels.sort_unstable_by(|a, b| b.cmp(a));
        config.levels.dedup();
        Self { config, index, ngrams }
    }

    /// Fills one gap. `own`: the observed runs of the window itself with their first positions, as further text to look up in.
    fn fill(&self, query: Query<'_>, own: &[(usize, &[u32])]) -> Fill {
        let distribution = self.distribution(query, own, &|_| 1.0);
        joint(distribution.iter().map(|(fill, mass)| (&**fill, *mass)), query.missing)
    }

    /// The distribution over fillings of one gap of a window whose other positions are all observed; what stands in the gap is
    /// not read, and what mass is missing to 1 is unassigned. Each place counts as often as `weight` says, which is not
    /// negative.
    pub(crate) fn fillings(
        &self,
        tokens: &[u32],
        gap: Range<usize>,
        weight: &dyn Fn(Place) -> f64,
    ) -> Vec<(Vec<u32>, f64)> {
        let (left, right) = (&tokens[..gap.start], &tokens[gap.end..]);
        let own = [(0, left), (gap.end, right)];
        let distribution = self.distribution(Query { left, right, missing: gap.len() }, &own, weight);
        distribution.into_iter().map(|(fill, mass)| (fill.into_owned(), mass)).collect()
    }

    /// All fillings of a gap with their probabilities, those with the longer context first.
    fn distribution<'a>(
        &'a self,
        query: Query<'_>,
        own: &[(usize, &'a [u32])],
        weight: &dyn Fn(Place) -> f64,
    ) -> Vec<(Cow<'a, [u32]>, f64)> {
        let levels = &self.config.levels;
        let mut near: Vec<Vec<(&[u32], f64)>> = vec![Vec::new(); levels.len()];
        for (start, run) in own {
            for (level, at) in scan(run, query) {
                let rank = levels.partition_point(|l| *l > level);
                if let Some(fills) = near.get_mut(rank) {
                    fills.push((&run[at..at + query.missing], weight(Place::Window(start + at))));
                }
            }
        }
        let mut counts = FillCounts::default();
        let mut escaped = 1.0;
        self.index.widen(query, levels, |level, places| {
            for place in places {
                counts.add(self.index.events(*place, query.missing), weight(Place::Text(*place as usize)));
            }
            for (fill, weight) in &near[level] {
                counts.add(fill, *weight);
            }
            // A level without a place of its own says nothing that the level above has not said.
            if !places.is_empty() || !near[level].is_empty() {
                let doubt = self.config.escape * counts.fills.len() as f64;
                let trust = counts.places / (counts.places + doubt);
                counts.pour(escaped * trust);
                escaped *= 1.0 - trust;
            }
            if escaped < NEGLIGIBLE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let composed = if escaped < NEGLIGIBLE { Vec::new() } else { self.compose(query) };
        let mut all: Vec<(Cow<'a, [u32]>, f64)> =
            counts.fills.iter().zip(&counts.mass).map(|(fill, mass)| (Cow::Borrowed(*fill), *mass)).collect();
        for (fill, mass) in composed {
            // One fill can come from both sources.
            match counts.slots.get(fill.as_slice()) {
                Some(&slot) => all[slot].1 += mass * escaped,
                None => all.push((Cow::Owned(fill), mass * escaped)),
            }
        }
        all
    }

    /// Fills composed event by event with their probabilities (which sum to 1), best first.
    ///
    /// O(missing · beam · branches) probabilities of n-grams. Empty when nothing was learned.
    fn compose(&self, query: Query<'_>) -> Vec<(Vec<u32>, f64)> {
        const BRANCHES: usize = 4;
        let order = self.config.order;
        let start = query.left[query.left.len().saturating_sub(order)..].to_vec();
        // A hypothesis: (log probability, last events, index of its last step).
        let mut steps: Vec<(usize, u32)> = Vec::new();
        let mut beam = vec![(0.0f64, start, usize::MAX)];
        for _ in 0..query.missing {
            let mut grown = Vec::with_capacity(beam.len() * BRANCHES);
            for (from, (score, context, _)) in beam.iter().enumerate() {
                for (event, p) in self.ngrams.next(context, BRANCHES) {
                    grown.push((score + p.ln(), from, event));
                }
            }
            // Stable: equal scores stay in the order of their parents.
            grown.sort_by(|a, b| b.0.total_cmp(&a.0));
            grown.truncate(self.config.beam);
            beam = grown
                .into_iter()
                .map(|(score, from, event)| {
                    let (_, context, parent) = &beam[from];
                    steps.push((*parent, event));
                    let skip = usize::from(context.len() >= order.max(1));
                    let next = context[skip..].iter().copied().chain([event]).collect();
                    (score, next, steps.len() - 1)
                })
                .collect();
        }
        for (score, context, _) in &mut beam {
            for &event in query.right.iter().take(order) {
                *score += self.ngrams.probability(context, event).ln();
                if context.len() >= order.max(1) {
                    context.remove(0);
                }
                context.push(event);
            }
        }
        beam.sort_by(|a, b| b.0.total_cmp(&a.0));
        let best = beam.first().map_or(0.0, |b| b.0);
        let total: f64 = beam.iter().map(|b| (b.0 - best).exp()).sum();
        beam.iter()
            .map(|(score, _, last)| {
                let mut fill = Vec::with_capacity(query.missing);
                let mut at = *last;
                while let Some(&(parent, event)) = steps.get(at) {
                    fill.push(event);
                    at = parent;
                }
                fill.reverse();
                (fill, (score - best).exp() / total)
            })
            .filter(|(fill, _)| fill.len() == query.missing)
            .collect()
    }
}

/// Where a filling stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The number of its first event in the text learned, of which every segment is followed by one number without an event.
    Text(usize),
    /// The position of its first event in the window.
    Window(usize),
}

/// Distinct fills with their counts and their probability mass so far.
#[derive(Default)]
struct FillCounts<'a> {
    slots: FxHashMap<&'a [u32], usize>,
    fills: Vec<&'a [u32]>,
    counts: Vec<f64>,
    mass: Vec<f64>,
    places: f64,
    /// What the places weigh.
    total: f64,
}

impl<'a> FillCounts<'a> {
    fn slot(&mut self, fill: &'a [u32]) -> usize {
        *self.slots.entry(fill).or_insert_with(|| {
            self.fills.push(fill);
            self.counts.push(0.0);
            self.mass.push(0.0);
            self.fills.len() - 1
        })
    }

    fn add(&mut self, fill: &'a [u32], weight: f64) {
        let slot = self.slot(fill);
        self.counts[slot] += weight;
        self.places += 1.0;
        self.total += weight;
    }

    /// Gives `share` of the probability to the fills by their counts.
    fn pour(&mut self, share: f64) {
        // Where all places weigh nothing, none is better than another.
        let even = 1.0 / self.counts.len().max(1) as f64;
        for (mass, count) in self.mass.iter_mut().zip(&self.counts) {
            *mass += share * if self.total > 0.0 { count / self.total } else { even };
        }
    }
}

/// Mode and marginals of a distribution over fills; what mass is missing to 1 stays unassigned.
fn joint<'a>(fills: impl Iterator<Item = (&'a [u32], f64)> + Clone, missing: usize) -> Fill {
    let mut best: Option<(&[u32], f64)> = None;
    for (fill, mass) in fills.clone() {
        // Strictly more: of equals the first stays, which is the one with the longer context.
        if best.is_none_or(|(_, most)| mass > most) {
            best = Some((fill, mass));
        }
    }
    let Some((best, _)) = best else {
        return Fill { tokens: vec![0; missing], alternatives: vec![vec![(0, 0.0)]; missing] };
    };
    let alternatives = (0..missing)
        .map(|at| {
            let mut marginal: Vec<(u32, f64)> = Vec::new();
            for (fill, mass) in fills.clone() {
                match marginal.iter_mut().find(|(e, _)| *e == fill[at]) {
                    Some((_, sum)) => *sum += mass,
                    None => marginal.push((fill[at], mass)),
                }
            }
            marginal.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            marginal.truncate(ALTERNATIVES);
            marginal.into_iter().map(|(e, p)| (e, p as f32)).collect()
        })
        .collect();
    Fill { tokens: best.to_vec(), alternatives }
}

impl Imputer for Ppm {
    fn name(&self) -> &str {
        "ppm"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        let own: Vec<(usize, &[u32])> =
            window.observed_runs().into_iter().map(|run| (run.start, &window.tokens[run])).collect();
        fill_gaps(window, |left, right, missing| self.fill(Query { left, right, missing }, &own))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn impute(training: &[Vec<u32>], tokens: &[u32], missing: std::ops::Range<usize>) -> Imputation {
        let observed: Vec<bool> = (0..tokens.len()).map(|i| !missing.contains(&i)).collect();
        Ppm::learn(training).impute(Window::new(tokens, &observed))
    }

    #[test]
    fn the_longer_context_decides() {
        // (1 2) . (5) is mostly 3, but after (9 1 2) it is 4.
        let training = vec![vec![0, 1, 2, 3, 5, 0, 1, 2, 3, 5, 0, 1, 2, 3, 5], vec![9, 1, 2, 4, 5]];
        let filled = impute(&training, &[9, 1, 2, 77, 5], 3..4);
        assert_eq!(filled.tokens, [9, 1, 2, 4, 5]);
        assert_eq!(filled.alternatives[3][1].0, 3);
    }

    #[test]
    fn composes_what_was_never_seen_whole() {
        // 1 2 3 4 5 6 never stands in the training text, its 3-grams do.
        let training = vec![vec![1, 2, 3, 4], vec![3, 4, 5, 6], vec![2, 3, 4, 5]];
        let filled = impute(&training, &[1, 2, 0, 0, 5, 6], 2..4);
        assert_eq!(filled.tokens, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn fillings_are_a_distribution_with_the_answer_as_its_mode() {
        let training = vec![vec![0, 1, 2, 3, 5, 0, 1, 2, 3, 5, 0, 1, 2, 3, 5], vec![9, 1, 2, 4, 5]];
        let counts = Ppm::learn(&training);
        let (tokens, observed) = ([9, 1, 2, 77, 5], [true, true, true, false, true]);
        let fillings = counts.fillings(&tokens, 3..4, &|_| 1.0);
        let total: f64 = fillings.iter().map(|(_, mass)| mass).sum();
        assert!((0.99..1.0 + 1e-9).contains(&total), "{total}");
        let best = fillings.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("some");
        assert_eq!(best.0, [4]);
        let filled = counts.impute(Window::new(&tokens, &observed));
        assert!((f64::from(filled.confidence(3)) - best.1).abs() < 1e-6);
    }

    #[test]
    fn a_place_counts_as_often_as_its_weight_says() {
        // After the first segment's 15 numbers and the one after it the second begins: its 4 stands at 16 + 3.
        let training = vec![vec![0, 1, 2, 3, 5, 0, 1, 2, 3, 5, 0, 1, 2, 3, 5], vec![9, 1, 2, 4, 5]];
        let counts = Ppm::learn(&training);
        let tokens = [1, 2, 6, 5, 1, 2, 77, 5];
        let mass = |weight: &dyn Fn(Place) -> f64, token: u32| -> f64 {
            let fillings = counts.fillings(&tokens, 6..7, weight);
            fillings.iter().filter(|(filling, _)| filling == &[token]).map(|(_, mass)| mass).sum()
        };
        assert!(mass(&|_| 1.0, 3) > mass(&|_| 1.0, 4));
        let only = |place: Place| move |other: Place| f64::from(u8::from(other == place));
        assert!(mass(&only(Place::Text(19)), 4) > 0.5 && mass(&only(Place::Text(3)), 3) > 0.5);
        assert!(mass(&only(Place::Window(2)), 6) > 0.5);
        assert!((mass(&|_| 0.5, 3) - mass(&|_| 1.0, 3)).abs() < 1e-12);
        assert!(mass(&|_| 0.0, 4) > 0.0);
    }

    #[test]
    fn the_window_itself_is_text() {
        let filled = impute(&[vec![1, 1]], &[7, 8, 9, 7, 8, 9, 7, 0, 9, 7], 7..8);
        assert_eq!(filled.tokens[7], 8);
    }

    proptest! {
        #[test]
        fn never_reads_the_missing_and_gives_probabilities(
            training in proptest::collection::vec(proptest::collection::vec(0u32..4, 0..40), 0..3),
            tokens in proptest::collection::vec(0u32..5, 0..30),
            observed in proptest::collection::vec(any::<bool>(), 30),
        ) {
            let counts = Ppm::learn(&training);
            let observed = &observed[..tokens.len()];
            let hidden: Vec<u32> = tokens.iter().zip(observed).map(|(t, o)| if *o { *t } else { 1234 }).collect();
            let one = counts.impute(Window::new(&tokens, observed));
            let two = counts.impute(Window::new(&hidden, observed));
            prop_assert_eq!(&one, &two);
            prop_assert_eq!(one.tokens.len(), tokens.len());
            for (i, others) in one.alternatives.iter().enumerate() {
                prop_assert_eq!(others.is_empty(), observed[i]);
                prop_assert!(others.len() <= ALTERNATIVES);
                let sum: f32 = others.iter().map(|o| o.1).sum();
                prop_assert!((0.0..=1.0001).contains(&sum), "{}", sum);
                prop_assert!(!observed[i] || one.tokens[i] == tokens[i]);
            }
        }
    }
}

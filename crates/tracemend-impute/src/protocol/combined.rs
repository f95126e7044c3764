//! Counts and a network together.
//!
//! The counts give whole fillings of a gap with their probabilities ([`SequenceCounts::fillings`]), the network gives every
//! missing position a distribution q given all that is observed. First the fillings are scored again,
//! w(x) ~ p(x)^t · prod_i q_i(x_i)^j: t below 1 trusts long contexts less, which pays where runs differ, and j lets the network
//! choose among fillings. Then each position's share of w is mixed geometrically with q (a product of experts: Hinton 2002),
//! m_i(x) ~ w_i(x)^a q_i(x)^b, so that an event can be filled in that no filling has there. The answer is the likeliest token of
//! each position: of all answers the one of which most is expected to be right.
//!
//! The exponents are those under which most is right in windows of a training run that neither has seen: the network was
//! trained without it, and the counts for this purpose learn from the others alone. Chosen by one half of these windows, they
//! have to fill the other half better than the counts' own answers do, by more than a standard error; else the counts' own
//! answers stand. What of the gain is the network's shows beside the same without a network: [`RESCORED`].

use super::arrays::Dataset;
use super::flat::impute;
use super::models::{FillAll, Model, Shown, Tested};
use crate::counts::sequence::{ALTERNATIVES, SequenceCounts};
use crate::dataset::Vocabulary;
use crate::imputer::{Imputation, Window};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Name of the counts' fillings scored again without a network.
pub(super) const RESCORED: &str = "counts-rescored";
/// Fillings that are scored again, the likeliest.
const FILLINGS: usize = 256;
/// Share of the fillings' distribution that is spread evenly over all tokens.
const SPREAD: f64 = 0.02;
/// Probability that a network leaves for tokens it does not know, all together.
const UNKNOWN_SHARE: f64 = 1e-4;
/// Exponents t of the counts' fillings to choose from.
const TEMPERS: [f64; 5] = [1.0, 0.75, 0.5, 0.35, 0.2];
/// Exponents j of the network's opinion of a filling.
const JOINTS: [f64; 3] = [0.0, 0.05, 0.1];
/// Exponents a and b of each position's two distributions.
const EXPONENTS: [(f64, f64); 6] = [(1.0, 0.0), (1.0, 0.15), (1.0, 0.3), (1.0, 0.6), (0.5, 0.5), (0.25, 0.75)];

/// How the two are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weights {
    /// t, exponent of the counts' probability of a filling.
    pub temper: f64,
    /// j, exponent of the network's probabilities of a filling's events.
    pub joint: f64,
    /// a, exponent of a position's distribution over the fillings.
    pub counts: f64,
    /// b, exponent of the network's distribution of a position.
    pub network: f64,
}

impl Weights {
    /// The mixture's log probabilities, which are normalised. `counts`, `network`: `[V]` probabilities and log probabilities.
    fn mixed(self, counts: &[f64], network: Option<&[f64]>) -> Vec<f64> {
        let even = SPREAD / counts.len().max(1) as f64;
        let score = |(token, p): (usize, &f64)| {
            let network = network.map_or(0.0, |network| self.network * network[token]);
            self.counts * ((1.0 - SPREAD) * p + even).ln() + network
        };
        let mut scores: Vec<f64> = counts.iter().enumerate().map(score).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = most + scores.iter().map(|score| (score - most).exp()).sum::<f64>().ln();
        scores.iter_mut().for_each(|score| *score -= total);
        scores
    }
}

/// What is known of one gap of `N` positions.
struct Gap<'a> {
    window: Tested<'a>,
    /// The counts' fillings with the logarithms of their probabilities, likeliest first.
    fillings: Vec<(Vec<u32>, f64)>,
    /// `[N][V]` the network's log probabilities; empty without one.
    network: Vec<Vec<f64>>,
}

impl Gap<'_> {
    /// Each position's distribution over the fillings scored again, `[N][V]`; zeros where there is no filling.
    fn shares(&self, temper: f64, joint: f64, missing: usize, vocabulary: usize) -> Vec<Vec<f64>> {
        let known = |(token, row): (&u32, &Vec<f64>)| row.get(*token as usize).copied().unwrap_or(UNKNOWN_SHARE.ln());
        let opinion = |filling: &[u32]| filling.iter().zip(&self.network).map(known).sum::<f64>();
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
        let network = |at: usize| self.network.get(at).map(Vec::as_slice);
        shares.iter().enumerate().map(|(at, share)| weights.mixed(share, network(at))).collect()
    }
}

/// Counts, and a network if there is one, that fill windows together.
pub(super) struct Combined<'a> {
    pub name: String,
    pub engine: &'a SequenceCounts,
    pub model: Option<&'a Model>,
    pub weights: Weights,
}

impl FillAll for Combined<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let weights = self.weights;
        let one = |gap: &Gap<'_>| {
            let shares = gap.shares(weights.temper, weights.joint, hidden.len(), vocabulary.tokens.len());
            answer(&gap.window, &gap.mixed(weights, &shares), hidden)
        };
        gaps(self.engine, self.model, windows, vocabulary, hidden).par_iter().map(one).collect()
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
        let mut all: Vec<(u32, f32)> = row.iter().enumerate().map(|(t, log)| (t as u32, log.exp() as f32)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(ALTERNATIVES);
        alternatives[at] = all;
    }
    Imputation { tokens, alternatives }
}

fn gaps<'a>(
    engine: &SequenceCounts,
    model: Option<&Model>,
    windows: &[Tested<'a>],
    vocabulary: &Vocabulary,
    hidden: &Range<usize>,
) -> Vec<Gap<'a>> {
    let network = model.map(|model| network_rows(model, windows, vocabulary, hidden));
    let mut network = network.unwrap_or_else(|| vec![Vec::new(); windows.len()]);
    let gap = |(window, network): (&Tested<'a>, &mut Vec<Vec<f64>>)| {
        let observed: Vec<bool> = (0..window.tokens.len()).map(|at| !hidden.contains(&at)).collect();
        let mut tokens = window.tokens.to_vec();
        tokens[hidden.clone()].fill(0);
        let mut fillings = engine.fillings(Window::new(&tokens, &observed), hidden.clone());
        fillings.retain(|(_, mass)| *mass > 0.0);
        // Stable: of equals the one with the longer context comes first.
        fillings.sort_by(|a, b| b.1.total_cmp(&a.1));
        fillings.truncate(FILLINGS);
        fillings.iter_mut().for_each(|(_, mass)| *mass = mass.ln());
        Gap { window: *window, fillings, network: std::mem::take(network) }
    };
    windows.par_iter().zip(&mut network).map(gap).collect()
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
        there.iter().map(|&token| row.get(token as usize).map_or(floor, |&log| f64::from(log))).collect()
    };
    let rows = model.imputer.conditionals(&inputs).unwrap_or_default();
    rows.iter().map(|rows| rows.chunks_exact(model.vocabulary.tokens.len().max(1)).map(translate).collect()).collect()
}

/// Weights, and how much of each window's gap is filled in right under them.
struct Tried {
    weights: Weights,
    right: Vec<usize>,
}

/// The weights under which most is right in `unseen`, a data set of a run that the network did not learn; its training text
/// is what the counts learned. None if weights chosen by half of the windows fill the other half no better than the counts
/// alone.
pub(super) fn choose(
    unseen: &Dataset,
    engine: &SequenceCounts,
    model: Option<&Model>,
    hidden: &Range<usize>,
) -> Option<Weights> {
    let vocabulary = &unseen.vocabulary;
    let windows: Vec<Tested<'_>> = unseen
        .test
        .iter()
        .enumerate()
        .map(|(number, tokens)| Tested { tokens, known: unseen.known.get(number) })
        .collect();
    let right = |number: usize, filled: &mut dyn Iterator<Item = u32>| {
        filled.zip(&windows[number].tokens[hidden.clone()]).filter(|(token, truth)| token == *truth).count()
    };
    let alone: Vec<usize> = (0..windows.len())
        .into_par_iter()
        .map(|number| {
            let filled = impute(engine, windows[number].tokens, hidden);
            right(number, &mut filled.tokens[hidden.clone()].iter().copied())
        })
        .collect();
    let gaps = gaps(engine, model, &windows, vocabulary, hidden);
    // The plainest first: of equals the first is chosen.
    let mut tried = Vec::new();
    for temper in TEMPERS {
        for joint in if model.is_some() { &JOINTS[..] } else { &JOINTS[..1] } {
            let shares = |gap: &Gap<'_>| gap.shares(temper, *joint, hidden.len(), vocabulary.tokens.len());
            let shares: Vec<Vec<Vec<f64>>> = gaps.par_iter().map(shares).collect();
            for &(counts, network) in if model.is_some() { &EXPONENTS[..] } else { &EXPONENTS[..1] } {
                let weights = Weights { temper, joint: *joint, counts, network };
                let one = |number: usize| {
                    let rows = gaps[number].mixed(weights, &shares[number]);
                    right(number, &mut rows.iter().map(|row| likeliest(row)))
                };
                tried.push(Tried { weights, right: (0..gaps.len()).into_par_iter().map(one).collect() });
            }
        }
    }
    let half = windows.len() / 2;
    let mut gains = Vec::new();
    for (chosen_by, judged_by) in [(0..half, half..windows.len()), (half..windows.len(), 0..half)] {
        let best = most_right(&tried, chosen_by)?;
        gains.extend(judged_by.map(|number| best.right[number] as f64 - alone[number] as f64));
    }
    let mean = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
    let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / gains.len().max(1) as f64;
    let error = (variance / gains.len().max(1) as f64).sqrt();
    (mean > error).then(|| most_right(&tried, 0..windows.len()).map(|best| best.weights))?
}

/// The weights with most right in these windows, of equals the first.
fn most_right(tried: &[Tried], windows: Range<usize>) -> Option<&Tried> {
    let sum = |one: &Tried| one.right[windows.clone()].iter().sum::<usize>();
    tried.iter().reduce(|best, one| if sum(one) > sum(best) { one } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imputer::Imputer;

    /// Knows one thing: after a token comes the next higher one, of three.
    struct Successor;

    impl Imputer for Successor {
        fn name(&self) -> &str {
            "successor"
        }

        fn impute(&self, window: Window<'_>) -> Imputation {
            Imputation { tokens: window.tokens.to_vec(), alternatives: vec![Vec::new(); window.tokens.len()] }
        }

        fn conditionals(&self, windows: &[Window<'_>]) -> Option<Vec<Vec<f32>>> {
            let rows = |window: &Window<'_>| {
                let open = (0..window.tokens.len()).filter(|&at| !window.observed[at]);
                open.flat_map(|at| {
                    let known = at > 0 && window.observed[at - 1];
                    let next = if known { (window.tokens[at - 1] + 1) % 3 } else { 9 };
                    (0..3).map(move |token| {
                        if next == 9 {
                            (1.0f32 / 3.0).ln()
                        } else if token == next {
                            0.9f32.ln()
                        } else {
                            0.05f32.ln()
                        }
                    })
                })
                .collect()
            };
            Some(windows.iter().map(rows).collect())
        }
    }

    fn names() -> Vocabulary {
        Vocabulary { tokens: ["a", "b", "c"].map(str::to_owned).to_vec(), processes: Vec::new() }
    }

    fn model() -> Model {
        Model { name: "successor".to_owned(), vocabulary: names(), imputer: Box::new(Successor) }
    }

    const PLAIN: Weights = Weights { temper: 1.0, joint: 0.0, counts: 1.0, network: 0.0 };

    #[test]
    fn a_mixture_is_a_distribution_and_each_alone_where_the_other_weighs_nothing() {
        let (counts, network) = ([0.5, 0.5, 0.0], [0.7f64.ln(), 0.2f64.ln(), 0.1f64.ln()]);
        let mixed = |counts_weight, network_weight| {
            let weights = Weights { counts: counts_weight, network: network_weight, ..PLAIN };
            weights.mixed(&counts, Some(&network)).iter().map(|log| log.exp()).collect::<Vec<f64>>()
        };
        assert!((mixed(0.7, 0.4).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(mixed(0.0, 1.0).iter().zip(&network).all(|(p, log)| (p - log.exp()).abs() < 1e-12));
        let alone = mixed(1.0, 0.0);
        assert!((alone[0] - (0.49 + SPREAD / 3.0)).abs() < 1e-12 && (alone[2] - SPREAD / 3.0).abs() < 1e-12);
        // By hand: what both think of the two tokens that the counts know is 0.7 against 0.2.
        let both = mixed(1.0, 1.0);
        assert!((both[0] / both[1] - 3.5).abs() < 1e-9);
        assert_eq!(PLAIN.mixed(&counts, None), PLAIN.mixed(&counts, Some(&network)));
    }

    #[test]
    fn shares_of_fillings_are_the_counts_own_and_flatten_with_the_temper() {
        let engine = SequenceCounts::learn(&[vec![0, 1, 2, 3, 5, 0, 1, 2, 3, 5, 0, 1, 2, 3, 5], vec![9, 1, 2, 4, 5]]);
        let tokens = [7, 1, 2, 77, 5];
        let vocabulary = Vocabulary::numbers(10);
        let gap = gaps(&engine, None, &[Tested { tokens: &tokens, known: None }], &vocabulary, &(3..4)).remove(0);
        let own = impute(&engine, &tokens, &(3..4));
        let total: f64 = gap.fillings.iter().map(|(_, log)| log.exp()).sum();
        let shares = gap.shares(1.0, 0.0, 1, 10);
        assert!(own.alternatives[3].len() > 1);
        for &(token, p) in &own.alternatives[3] {
            assert!((shares[0][token as usize] - f64::from(p) / total).abs() < 1e-6);
        }
        let flat = gap.shares(0.0, 0.0, 1, 10);
        let even = 1.0 / gap.fillings.len() as f64;
        assert!(gap.fillings.iter().all(|(filling, _)| (flat[0][filling[0] as usize] - even).abs() < 1e-12));
    }

    #[test]
    fn the_network_chooses_among_fillings() {
        // The counts know two fillings between these contexts, equally often; the network knows what follows what is observed.
        let engine = SequenceCounts::learn(&[vec![2, 2, 1, 0, 2, 2, 2], vec![2, 2, 0, 1, 2, 2, 2]]);
        let (model, tokens) = (model(), [2, 2, 77, 77, 2, 2, 2]);
        let filled = |model, weights| {
            let combined = Combined { name: "both".to_owned(), engine: &engine, model, weights };
            combined.fill(&[Tested { tokens: &tokens, known: None }], &names(), &(2..4)).remove(0)
        };
        let both = filled(Some(&model), Weights { joint: 1.0, ..PLAIN });
        assert_eq!(both.tokens, [2, 2, 0, 1, 2, 2, 2]);
        assert!(both.alternatives[2][0].0 == 0 && both.confidence(2) > 0.8 && both.confidence(3) > 0.8);
        assert!(both.alternatives[1].is_empty());
        assert!(filled(None, PLAIN).confidence(3) < 0.6);
    }

    #[test]
    fn what_fills_the_unseen_run_better_than_counts_gets_weight_and_nothing_else_does() {
        let data = |test: Vec<Vec<u32>>| Dataset {
            name: String::new(),
            length: 5,
            vocabulary: names(),
            training: Vec::new(),
            test,
            known: Vec::new(),
        };
        let model = model();
        // What the counts learned is that everything repeats; the unseen run counts upwards, or repeats.
        let engine = SequenceCounts::learn(&[vec![0; 9], vec![1; 9], vec![2; 9]]);
        let upwards = data(vec![vec![0, 1, 2, 0, 1]; 20]);
        let chosen = choose(&upwards, &engine, Some(&model), &(2..3)).expect("weights");
        assert!(chosen.network > 0.0, "{chosen:?}");
        assert_eq!(choose(&upwards, &engine, None, &(2..3)), None);
        let same = data(vec![vec![1; 5]; 20]);
        assert_eq!(choose(&same, &engine, Some(&model), &(2..3)), None);
    }
}

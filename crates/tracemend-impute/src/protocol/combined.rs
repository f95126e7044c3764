//! Counts and a network together.
//!
//! Each gives every missing position a distribution, given what is observed and what has been filled in so far. The two
//! are mixed geometrically, p(x) ~ p_counts(x)^a p_network(x)^b (a product of experts: Hinton 2002), and gaps are filled as
//! the network would alone: in a few passes, each fixing the positions that the mixture is surest of. So what one of the two
//! is sure of steers the other.
//!
//! The counts' distribution is that over whole fillings ([`SequenceCounts::fillings`]), each weighing less by the factor
//! [`MISMATCH`] for every position that was filled in otherwise.
//!
//! The weights a and b, and how much of the counts' distribution is spread over all tokens, are those under which the truth
//! is likeliest in windows of a training run that neither has seen: the network was trained without it, and the counts for
//! this purpose learn from the others alone. Half of the windows choose the weights; where the mixture then fills the other
//! half no better than counts do, the counts' answers stand alone.

use super::arrays::Dataset;
use super::bootstrap::SplitMix64;
use super::flat::impute;
use super::models::{FillAll, Model, Tested, translated};
use crate::counts::sequence::{ALTERNATIVES, SequenceCounts};
use crate::dataset::Vocabulary;
use crate::imputer::{Imputation, Window};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a filling's weight is multiplied with for each position that was filled in otherwise.
const MISMATCH: f64 = 0.05;
/// Passes over a gap; as many as it has positions where those are fewer.
const PASSES: usize = 10;
/// Probability that a network leaves for tokens it does not know, all together.
const UNKNOWN_SHARE: f64 = 1e-4;
/// Exponents to choose from.
const EXPONENTS: [f64; 7] = [0.0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.3];
/// Shares of the counts' distribution that are spread over all tokens, to choose from.
const SPREADS: [f64; 4] = [0.2, 0.05, 0.01, 0.002];
/// Shares of a gap that are known when weights are judged.
const KNOWN: [f64; 4] = [0.0, 0.25, 0.5, 0.75];

/// How the two are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weights {
    /// Exponent of the counts' probabilities.
    pub counts: f64,
    /// Exponent of the network's.
    pub network: f64,
    /// Share of the counts' distribution that is spread evenly over all tokens.
    pub spread: f64,
}

impl Weights {
    /// The mixture's log probabilities, which are normalised. `counts`, `network`: `[V]` probabilities and log
    /// probabilities.
    fn mixed(self, counts: &[f64], network: &[f64]) -> Vec<f64> {
        let even = self.spread / counts.len().max(1) as f64;
        let score = |(p, log): (&f64, &f64)| self.counts * ((1.0 - self.spread) * p + even).ln() + self.network * log;
        let mut scores: Vec<f64> = counts.iter().zip(network).map(score).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = most + scores.iter().map(|score| (score - most).exp()).sum::<f64>().ln();
        scores.iter_mut().for_each(|score| *score -= total);
        scores
    }
}

/// A window being filled.
struct State<'a> {
    window: Tested<'a>,
    /// `[N]` what has been filled in of the gap.
    filled: Vec<Option<u32>>,
    /// Fillings of the gap with their weights.
    fillings: Vec<(Vec<u32>, f64)>,
}

impl State<'_> {
    /// The counts' distribution of each position, `[N][V]`.
    fn counts(&self, vocabulary: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; vocabulary]; self.filled.len()];
        let mut total = 0.0;
        for (filling, mass) in &self.fillings {
            let other =
                filling.iter().zip(&self.filled).filter(|(token, fixed)| fixed.is_some_and(|fixed| fixed != **token));
            let weight = mass * MISMATCH.powi(other.count() as i32);
            total += weight;
            for (row, &token) in rows.iter_mut().zip(filling) {
                if let Some(sum) = row.get_mut(token as usize) {
                    *sum += weight;
                }
            }
        }
        if total > 0.0 {
            rows.iter_mut().flatten().for_each(|weight| *weight /= total);
        }
        rows
    }
}

/// Counts and a network that fill windows together.
pub(super) struct Combined<'a> {
    pub name: String,
    pub engine: &'a SequenceCounts,
    pub model: &'a Model,
    pub weights: Weights,
}

impl FillAll for Combined<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn fill(&self, windows: &[Tested<'_>], vocabulary: &Vocabulary, hidden: &Range<usize>) -> Vec<Imputation> {
        let mut states = begun(self.engine, windows, hidden);
        let first = decode(&mut states, self.model, self.weights, vocabulary, hidden);
        states.par_iter().zip(&first).map(|(state, first)| answer(state, first, hidden)).collect()
    }
}

/// Fills gaps in passes, each fixing the positions that the mixture is surest of. The mixture given nothing but what is
/// observed, `[window][N][V]` log probabilities.
fn decode(
    states: &mut [State<'_>],
    model: &Model,
    weights: Weights,
    vocabulary: &Vocabulary,
    hidden: &Range<usize>,
) -> Vec<Vec<Vec<f64>>> {
    let mut first = Vec::new();
    let passes = PASSES.min(hidden.len());
    for pass in 0..passes {
        let network = network_rows(model, states, vocabulary, hidden);
        let mix = |(state, network): (&State<'_>, &Vec<Vec<f64>>)| -> Vec<Vec<f64>> {
            let counts = state.counts(vocabulary.tokens.len());
            counts.iter().zip(network).map(|(counts, network)| weights.mixed(counts, network)).collect()
        };
        let mixed: Vec<Vec<Vec<f64>>> = states.par_iter().zip(&network).map(mix).collect();
        for (state, rows) in states.iter_mut().zip(&mixed) {
            fix_surest(&mut state.filled, rows, passes - pass);
        }
        if pass == 0 {
            first = mixed;
        }
    }
    first
}

/// Fills in a share of what is missing: all of it in the last of the passes that are `left`.
fn fix_surest(filled: &mut [Option<u32>], rows: &[Vec<f64>], left: usize) {
    let best = |at: usize| {
        let row = rows[at].iter().enumerate();
        let (token, score) = row.fold((0, f64::NEG_INFINITY), |best, (t, &s)| if s > best.1 { (t, s) } else { best });
        (at, token as u32, score)
    };
    let mut open: Vec<(usize, u32, f64)> = (0..filled.len()).filter(|&at| filled[at].is_none()).map(best).collect();
    // Stable: of equally sure positions the left one comes first.
    open.sort_by(|a, b| b.2.total_cmp(&a.2));
    let now = open.len().div_ceil(left.max(1));
    open.into_iter().take(now).for_each(|(at, token, _)| filled[at] = Some(token));
}

/// The filled window; `first`: the mixture given nothing but what is observed, `[N][V]` log probabilities.
fn answer(state: &State<'_>, first: &[Vec<f64>], hidden: &Range<usize>) -> Imputation {
    let mut tokens = state.window.tokens.to_vec();
    let mut alternatives = vec![Vec::new(); tokens.len()];
    for ((at, chosen), row) in hidden.clone().zip(&state.filled).zip(first) {
        tokens[at] = chosen.unwrap_or_default();
        let mut all: Vec<(u32, f32)> = row.iter().enumerate().map(|(t, log)| (t as u32, log.exp() as f32)).collect();
        // The chosen one is always among them.
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let rank = all.iter().position(|(token, _)| *token == tokens[at]).unwrap_or(0);
        all.swap(rank, rank.min(ALTERNATIVES - 1));
        all.truncate(ALTERNATIVES);
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        alternatives[at] = all;
    }
    Imputation { tokens, alternatives }
}

fn begun<'a>(engine: &SequenceCounts, windows: &[Tested<'a>], hidden: &Range<usize>) -> Vec<State<'a>> {
    let begin = |window: &Tested<'a>| {
        let observed: Vec<bool> = (0..window.tokens.len()).map(|at| !hidden.contains(&at)).collect();
        let mut tokens = window.tokens.to_vec();
        tokens[hidden.clone()].fill(0);
        let fillings = engine.fillings(Window::new(&tokens, &observed), hidden.clone());
        State { window: *window, filled: vec![None; hidden.len()], fillings }
    };
    windows.par_iter().map(begin).collect()
}

/// The network's log probabilities at each position of the gap, `[window][N][V]`, in the tokens of `vocabulary`; of what is
/// filled in already they mean nothing.
fn network_rows(
    model: &Model,
    states: &[State<'_>],
    vocabulary: &Vocabulary,
    hidden: &Range<usize>,
) -> Vec<Vec<Vec<f64>>> {
    let there = vocabulary.translation(&model.vocabulary);
    let inputs: Vec<_> = states
        .iter()
        .map(|state| {
            let length = state.window.tokens.len();
            let mut observed: Vec<bool> = (0..length).map(|at| !hidden.contains(&at)).collect();
            let side = state.window.known.map(|known| known.sides(0..length, &observed)).unwrap_or_default();
            let mut tokens: Vec<u32> = state.window.tokens.iter().map(|&token| translated(&there, token)).collect();
            for (at, fixed) in hidden.clone().zip(&state.filled) {
                observed[at] = fixed.is_some();
                tokens[at] = fixed.map_or(0, |token| translated(&there, token));
            }
            (tokens, observed, side)
        })
        .collect();
    let windows: Vec<Window<'_>> =
        inputs.iter().map(|(tokens, observed, side)| Window { tokens, observed, side }).collect();
    let known = there.iter().filter(|&&token| (token as usize) < model.vocabulary.tokens.len()).count();
    let floor = (UNKNOWN_SHARE / (there.len() - known).max(1) as f64).ln();
    let rows = model.imputer.conditionals(&windows).unwrap_or_default();
    let own = model.vocabulary.tokens.len().max(1);
    states
        .iter()
        .zip(rows)
        .map(|(state, rows)| {
            let mut rows = rows.chunks_exact(own);
            let mut row = |fixed: &Option<u32>| match fixed {
                Some(_) => vec![0.0; there.len()],
                None => {
                    let row = rows.next().unwrap_or_default();
                    there.iter().map(|&token| row.get(token as usize).map_or(floor, |&log| f64::from(log))).collect()
                }
            };
            state.filled.iter().map(&mut row).collect()
        })
        .collect()
}

/// The weights under which the truth is likeliest in half of the windows of `unseen`, a data set of a run that the network
/// did not learn; its training text is what the counts learned. Parts of each gap are known, as they are while it is being
/// filled. None if the mixture fills the other half no better than the counts do.
pub(super) fn choose(
    unseen: &Dataset,
    engine: &SequenceCounts,
    model: &Model,
    hidden: &Range<usize>,
) -> Option<Weights> {
    let tokens = unseen.vocabulary.tokens.len();
    let windows: Vec<Tested<'_>> = unseen
        .test
        .iter()
        .enumerate()
        .map(|(number, tokens)| Tested { tokens, known: unseen.known.get(number) })
        .collect();
    let (windows, others) = windows.split_at(windows.len().div_ceil(2));
    let mut states = begun(engine, windows, hidden);
    let mut random = SplitMix64::new(0, &["combined", &hidden.len().to_string()]);
    // Per window and open position: truth, the counts' distribution, the network's.
    let mut seen: Vec<(usize, Vec<f64>, Vec<f64>)> = Vec::new();
    for share in KNOWN {
        for state in &mut states {
            let truth = &state.window.tokens[hidden.clone()];
            state.filled = truth.iter().map(|&token| (random.unit() < share).then_some(token)).collect();
        }
        let network = network_rows(model, &states, &unseen.vocabulary, hidden);
        for (state, network) in states.iter().zip(network) {
            let truth = &state.window.tokens[hidden.clone()];
            let rows = state.counts(tokens).into_iter().zip(network);
            for ((&truth, fixed), (counts, network)) in truth.iter().zip(&state.filled).zip(rows) {
                if fixed.is_none() && (truth as usize) < tokens {
                    seen.push((truth as usize, counts, network));
                }
            }
        }
    }
    let mut all = Vec::new();
    for counts in EXPONENTS {
        for network in EXPONENTS {
            all.extend(SPREADS.map(|spread| Weights { counts, network, spread }));
        }
    }
    let likelihood = |weights: &Weights| -> f64 {
        seen.iter().map(|(truth, counts, network)| weights.mixed(counts, network)[*truth]).sum()
    };
    let scored: Vec<(f64, Weights)> = all.into_par_iter().map(|weights| (likelihood(&weights), weights)).collect();
    let start = (f64::NEG_INFINITY, Weights { counts: 1.0, network: 1.0, spread: SPREADS[2] });
    // Strictly more, so that the same windows always choose the same.
    let weights = scored.into_iter().fold(start, |best, found| if found.0 > best.0 { found } else { best }).1;
    let right = |filled: Vec<Imputation>| -> usize {
        let count = |(filled, window): (&Imputation, &Tested<'_>)| {
            hidden.clone().filter(|&at| filled.tokens[at] == window.tokens[at]).count()
        };
        filled.iter().zip(others).map(count).sum()
    };
    let both = Combined { name: String::new(), engine, model, weights }.fill(others, &unseen.vocabulary, hidden);
    let alone = others.par_iter().map(|window| impute(engine, window.tokens, hidden)).collect();
    (right(both) > right(alone)).then_some(weights)
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

    fn even() -> Weights {
        Weights { counts: 1.0, network: 1.0, spread: 0.01 }
    }

    #[test]
    fn a_mixture_is_a_distribution_and_each_alone_where_the_other_weighs_nothing() {
        let (counts, network) = ([0.5, 0.5, 0.0], [0.7f64.ln(), 0.2f64.ln(), 0.1f64.ln()]);
        let total = |row: &[f64]| row.iter().map(|log| log.exp()).sum::<f64>();
        assert!((total(&even().mixed(&counts, &network)) - 1.0).abs() < 1e-12);
        let alone = Weights { counts: 0.0, ..even() }.mixed(&counts, &network);
        assert!(alone.iter().zip(&network).all(|(a, b)| (a - b).abs() < 1e-12));
        let alone = Weights { network: 0.0, spread: 0.03, ..even() }.mixed(&counts, &network);
        assert!((alone[0].exp() - 0.495).abs() < 1e-12 && (alone[2].exp() - 0.01).abs() < 1e-12);
        // By hand: 0.5 * 0.7 against 0.5 * 0.2.
        let both = Weights { spread: 0.0, ..even() }.mixed(&counts, &network);
        assert!((both[0].exp() - 7.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn each_settles_what_the_other_leaves_open() {
        // The counts know two fillings between these contexts, equally often; the network knows what follows what.
        let engine = SequenceCounts::learn(&[vec![2, 2, 0, 1, 2, 2, 2], vec![2, 2, 1, 0, 2, 2, 2]]);
        let model = model();
        let combined = Combined { name: "both".to_owned(), engine: &engine, model: &model, weights: even() };
        let tokens = [2, 2, 77, 77, 2, 2, 2];
        let filled = combined.fill(&[Tested { tokens: &tokens, known: None }], &names(), &(2..4));
        assert_eq!(filled[0].tokens, [2, 2, 0, 1, 2, 2, 2]);
        assert!(filled[0].alternatives[2][0].0 == 0 && filled[0].confidence(3) > 0.0);
        assert!(filled[0].alternatives[1].is_empty());
    }

    #[test]
    fn whoever_is_right_in_the_unseen_run_gets_the_weight() {
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
        let chosen = choose(&upwards, &engine, &model, &(2..4)).expect("weights");
        assert!(chosen.network > chosen.counts, "{chosen:?}");
        let same = data(vec![vec![1; 5]; 20]);
        assert_eq!(choose(&same, &engine, &model, &(2..4)), None);
    }
}

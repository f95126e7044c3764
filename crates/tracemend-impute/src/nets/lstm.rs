//! LSTM baseline: a next-event model that fills a gap by its own predictions.
//!
//! The published study names an LSTM baseline and describes neither its inputs nor how it fills a gap. Our choice: an
//! embedding, `layers` LSTM layers (Hochreiter and Schmidhuber 1997, with forget gate) and a linear read-out, trained to
//! predict each event from those before it. A gap is filled from left to right, each prediction being the input of the
//! next: what lies right of the gap has no influence. The bidirectional variant has a second such network that reads
//! from the right; each fills the gap by its own predictions, and at every position the token with the highest sum of
//! their log probabilities is chosen.
//!
//! Forward: e_i = E\[x_i\]; h_i = LSTM(e_1 .. e_i); log p(x_{i+1}) = log softmax(W h_i + b). Before the first event the
//! input is a token of its own.
//! Loss: the mean over all positions of -log p(token), for both directions the mean of the two.
//!
//! | tensor | shape |
//! |---|---|
//! | tokens | B, L |
//! | embedded, between layers | L, B, E or H |
//! | gates | L, B, 4 H |
//! | logits | L * B, V |

use crate::nets::answer::{ALTERNATIVES, argmax};
use crate::nets::batch::{Batch, by_length};
use crate::nets::diffusion::loss::device_of;
use crate::nets::network::Network;
use crate::nets::ops;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use crate::window::imputer::{Imputation, Imputer, Window};
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Windows that are filled side by side.
const BATCH: usize = 64;

/// Sizes of an [`Lstm`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LstmConfig {
    /// `V`, number of tokens.
    pub vocabulary: usize,
    /// `E`, width of the embedding.
    pub embedding: usize,
    /// `H`, width of the hidden state.
    pub width: usize,
    /// LSTM layers, one upon the other.
    pub layers: usize,
    /// Whether a second network reads from the right.
    pub bidirectional: bool,
}

impl LstmConfig {
    /// For experiments of hours.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self { embedding: 128, width: 256, layers: 2, ..Self::small(vocabulary) }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        Self { vocabulary, embedding: 64, width: 128, layers: 2, bidirectional: false }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        Self { embedding: 16, width: 32, layers: 1, ..Self::small(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        (self.vocabulary == 0 || self.embedding == 0 || self.width == 0 || self.layers == 0)
            .then(|| "vocabulary, embedding, width and layers have to be at least 1".to_owned())
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> Lstm {
        let _alone = seeded(seed, device);
        let directions = if self.bidirectional { 2 } else { 1 };
        drawn(Lstm {
            directions: (0..directions).map(|_| Direction::new(self, device)).collect(),
            config: self.clone(),
        })
    }
}

/// One LSTM layer.
#[derive(Module, Debug)]
struct Layer {
    /// The input's part of the gates, `[E, 4 H]` and bias.
    input: Linear,
    /// The hidden state's part, `[H, 4 H]`.
    hidden: Param<Tensor<2>>,
}

/// A next-event model of one reading direction.
#[derive(Module, Debug)]
struct Direction {
    /// `[V + 1, E]`; the last row stands before the first event.
    token: Param<Tensor<2>>,
    layers: Vec<Layer>,
    head: Linear,
}

/// Hidden state and cell of every layer, each `[B, H]`.
type State = Vec<(Tensor<2>, Tensor<2>)>;

impl Direction {
    fn new(config: &LstmConfig, device: &Device) -> Self {
        let width = config.width;
        let bound = 1.0 / (width as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        let layer = |number: usize| {
            let from = if number == 0 { config.embedding } else { width };
            let input = LinearConfig::new(from, 4 * width).with_initializer(uniform.clone());
            Layer { input: input.init(device), hidden: uniform.init([width, 4 * width], device) }
        };
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        Self {
            token: normal.init([config.vocabulary + 1, config.embedding], device),
            layers: (0..config.layers).map(layer).collect(),
            head: LinearConfig::new(width, config.vocabulary).init(device),
        }
    }

    /// Embeddings of tokens, `[ids, E]`.
    fn embed(&self, ids: &[u32]) -> Tensor<2> {
        let table = self.token.val();
        let last = table.dims()[0] as u32 - 1;
        let ids: Vec<i32> = ids.iter().map(|id| (*id).min(last) as i32).collect();
        let count = ids.len();
        table.clone().select(0, Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), &table.device()))
    }

    /// Logits of every event of `tokens` given those before it, `[L * B, V]`; `tokens` step by step, `[L * B]`.
    fn logits(&self, tokens: &[u32], batch: usize, start: u32) -> Tensor<2> {
        let rows = tokens.len();
        let before: Vec<u32> = (0..rows).map(|at| if at < batch { start } else { tokens[at - batch] }).collect();
        let mut x = self.embed(&before); // [L * B, E]
        for layer in &self.layers {
            let gates = layer.input.forward(x); // [L * B, 4 H]
            let width = gates.dims()[1];
            let gates = gates.reshape([rows / batch, batch, width]); // [L, B, 4 H]
            x = ops::lstm::lstm(gates, layer.hidden.val()).reshape([rows, width / 4]); // [L * B, H]
        }
        self.head.forward(x) // [L * B, V]
    }

    /// One step of all windows: their next events' log probabilities, `[B * V]` row by row.
    fn step(&self, tokens: &[u32], state: &mut State) -> Vec<f32> {
        let mut x = self.embed(tokens); // [B, E]
        for (layer, (hidden, cell)) in self.layers.iter().zip(state) {
            let gates = layer.input.forward(x) + hidden.clone().matmul(layer.hidden.val()); // [B, 4 H]
            let width = gates.dims()[1] / 4;
            let gate = |number: usize| gates.clone().narrow(1, number * width, width); // [B, H]
            let kept = activation::sigmoid(gate(1)) * cell.clone(); // [B, H]
            *cell = kept + activation::sigmoid(gate(0)) * gate(2).tanh(); // [B, H]
            *hidden = activation::sigmoid(gate(3)) * cell.clone().tanh(); // [B, H]
            x = hidden.clone(); // [B, H]
        }
        activation::log_softmax(self.head.forward(x), 1).into_data().iter::<f32>().collect()
    }

    /// Reads the windows of a batch in the order of `places` (of one window), filling what is missing with its own
    /// predictions. Returns the log probabilities at each missing place, by place in the batch.
    fn fill(&self, batch: &Batch, places: impl Iterator<Item = usize>, start: u32) -> Vec<(usize, Vec<f32>)> {
        let windows = batch.windows();
        let device = self.token.device();
        let mut state: State = self
            .layers
            .iter()
            .map(|layer| {
                let zeros = Tensor::zeros([windows, layer.hidden.dims()[0]], &device); // [B, H]
                (zeros.clone(), zeros)
            })
            .collect();
        let mut last = vec![start; windows];
        let mut found = Vec::new();
        for place in places {
            let scores = self.step(&last, &mut state);
            for (window, row) in scores.chunks_exact(scores.len() / windows).enumerate() {
                let at = window * batch.length + place;
                last[window] = if batch.observed[at] {
                    batch.tokens[at]
                } else {
                    found.push((at, row.to_vec()));
                    argmax(row).0
                };
            }
        }
        found
    }
}

/// Tokens by falling log probability.
fn ranked(row: &[f32]) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = row.iter().enumerate().map(|(token, score)| (token as u32, *score)).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct Lstm {
    directions: Vec<Direction>,
    #[module(skip)]
    config: LstmConfig,
}

impl Lstm {
    /// Fills windows of equal length.
    fn fill_batch(&self, batch: &Batch) -> Vec<Imputation> {
        let start = self.config.vocabulary as u32;
        let mut scores: Vec<Option<Vec<f32>>> = vec![None; batch.tokens.len()];
        for (number, direction) in self.directions.iter().enumerate() {
            let found = match number {
                0 => direction.fill(batch, 0..batch.length, start),
                _ => direction.fill(batch, (0..batch.length).rev(), start),
            };
            for (at, row) in found {
                match &mut scores[at] {
                    Some(sum) => sum.iter_mut().zip(row).for_each(|(sum, score)| *sum += score),
                    none => *none = Some(row),
                }
            }
        }
        let fill = |window: usize| {
            let mut filled = Imputation {
                tokens: batch.window(window).tokens.to_vec(),
                alternatives: vec![Vec::new(); batch.length],
            };
            for place in 0..batch.length {
                let Some(row) = &scores[window * batch.length + place] else { continue };
                let mut best = ranked(row);
                let top = best[0].1;
                let total: f32 = best.iter().map(|(_, score)| (score - top).exp()).sum();
                best.truncate(ALTERNATIVES);
                filled.tokens[place] = best[0].0;
                filled.alternatives[place] =
                    best.into_iter().map(|(token, score)| (token, (score - top).exp() / total)).collect();
            }
            filled
        };
        (0..batch.windows()).map(fill).collect()
    }
}

impl Network for Lstm {
    const RENAME: Rename = str::to_owned;

    fn loss(&self, batch: &Batch, _: &mut SplitMix64) -> Tensor<1> {
        let windows = batch.windows();
        let last = self.config.vocabulary as u32 - 1;
        let mut sum: Option<Tensor<1>> = None;
        for (number, direction) in self.directions.iter().enumerate() {
            let place = |step: usize| if number == 0 { step } else { batch.length - 1 - step };
            let tokens: Vec<u32> = (0..batch.length)
                .flat_map(|step| (0..windows).map(move |window| window * batch.length + place(step)))
                .map(|at| batch.tokens[at].min(last))
                .collect(); // [L * B]
            let logits = direction.logits(&tokens, windows, self.config.vocabulary as u32); // [L * B, V]
            let count = tokens.len();
            let targets: Vec<i32> = tokens.into_iter().map(|token| token as i32).collect();
            let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [count, 1]), &logits.device()); // [L * B, 1]
            let loss = activation::log_softmax(logits, 1).gather(1, targets).mean().neg(); // [1]
            sum = Some(match sum {
                Some(sum) => sum + loss,
                None => loss,
            });
        }
        let directions = self.directions.len() as f64;
        sum.map_or_else(|| Tensor::zeros([1], &device_of(self)), |sum| sum / directions)
    }
}

impl Imputer for Lstm {
    fn name(&self) -> &str {
        if self.config.bidirectional { "bilstm" } else { "lstm" }
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        self.fill_batch(&Batch::new(&[window])).pop().unwrap_or_default()
    }

    fn impute_all(&self, windows: &[Window<'_>]) -> Vec<Imputation> {
        by_length(windows, BATCH, |batch| self.fill_batch(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(bidirectional: bool) -> Lstm {
        LstmConfig { bidirectional, layers: 2, ..LstmConfig::tiny(6) }.init(5, &Device::flex())
    }

    #[test]
    fn stepping_equals_the_whole_sequence() {
        let network = network(false);
        let tokens = [3, 1, 4, 1, 5];
        let whole = activation::log_softmax(network.directions[0].logits(&tokens, 1, 6), 1);
        let whole: Vec<f32> = whole.into_data().iter::<f32>().collect();
        // With every position missing but fed the truth: each row is what the step before predicts.
        for hidden in 0..tokens.len() {
            let mut observed = [true; 5];
            observed[hidden] = false;
            let batch = Batch::new(&[Window::new(&tokens, &observed)]);
            let found = network.directions[0].fill(&batch, 0..5, 6);
            assert_eq!(found.len(), 1);
            for (step, exact) in found[0].1.iter().zip(&whole[hidden * 6..]) {
                assert!((step - exact).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_gap_is_filled_by_its_own_predictions_and_observed_events_stay() {
        let tokens = [3, 1, 9, 9, 5, 2];
        let observed = [true, true, false, false, true, true];
        let network = network(false);
        let filled = network.impute(Window::new(&tokens, &observed));
        // One position after the other, from the left context alone.
        let mut known = vec![3, 1];
        for _ in 0..2 {
            let mut window = known.clone();
            window.push(0);
            let mut mask = vec![true; known.len()];
            mask.push(false);
            known.push(*network.impute(Window::new(&window, &mask)).tokens.last().unwrap());
        }
        assert_eq!(filled.tokens[..4], known);
        assert_eq!(filled.tokens[4..], [5, 2]);
        assert!(filled.alternatives[2].iter().map(|(_, p)| p).sum::<f32>() < 1.0001);
    }

    #[test]
    fn the_bidirectional_variant_reads_what_lies_right_of_the_gap() {
        let observed = [true, true, false, true, true, true];
        let network = network(true);
        let one = network.impute(Window::new(&[3, 1, 9, 5, 2, 2], &observed));
        let two = network.impute(Window::new(&[3, 1, 9, 0, 4, 1], &observed));
        assert_ne!(one.alternatives[2], two.alternatives[2]);
    }
}

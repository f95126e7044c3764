//! Masked (absorbing) diffusion over event tokens.
//!
//! Paper: Sahoo et al. 2024, *Simple and Effective Masked Diffusion Language Models* (NeurIPS); decoding by confidence as
//! in Chang et al. 2022, *MaskGIT* (CVPR). There is no reference code to be faithful to; the tests hold the loss and the
//! decoders against slow twins.
//!
//! Forward: x_i = E\[token or MASK\] + sum of side embeddings; N pre-norm Transformer blocks with rotary positions,
//! x += W_o attention(turn(q), turn(k), v), x += W_2 gelu(W_1 norm(x)); logits = W norm(x) + b.
//! Loss: the mean over windows of 1/t (1/L) sum over missing positions of -log p(token), where t is the share of the
//! window's positions that is missing: so every window weighs the same, however much of it is hidden.
//!
//! | tensor | shape |
//! |---|---|
//! | tokens, observed | B, L |
//! | embedded, between blocks | B, L, H |
//! | queries, keys, values | B, L, H (heads side by side) |
//! | logits | missing positions, V |
//!
//! What is observed is never hidden again, so the network does not need the masking rate as an input. One pass gives the exact
//! distribution of one missing position given all observed ones; several together need as many passes as steps.

use super::answer::{ALTERNATIVES, most};
use super::batch::{Batch, by_length};
use super::layers::norm::Norm;
use super::layers::rotary::Rotary;
use super::network::Network;
use super::ops::attention::attention;
use super::ops::gelu::gelu;
use super::seed::{drawn, seeded};
use super::state_dict::Rename;
use crate::imputer::{Imputation, Imputer, Side, Window};
use crate::protocol::bootstrap::SplitMix64;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

/// Windows that are filled side by side.
const BATCH: usize = 64;

/// Sizes and decoding of a [`MaskedDiffusion`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedDiffusionConfig {
    /// `V`, number of tokens.
    pub vocabulary: usize,
    /// `H`, width of the blocks.
    pub width: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Heads of the attention; each has an even number of elements.
    pub heads: usize,
    /// Width inside a block's feed-forward part.
    pub hidden: usize,
    /// Whether what is known beside the tokens goes in.
    pub side: bool,
    /// How gaps are filled.
    pub decoding: Decoding,
}

/// How the missing positions of a window are filled one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Decoding {
    /// In so many passes, each fixing the positions that the network is surest of.
    Confidence {
        /// Passes; as many as there are missing positions where those are fewer.
        steps: usize,
    },
    /// From left to right, one position a pass, the likeliest `width` beginnings side by side.
    Beam {
        /// Beginnings kept.
        width: usize,
    },
}

impl MaskedDiffusionConfig {
    /// For experiments of hours.
    pub fn paper(vocabulary: usize) -> Self {
        Self { width: 256, layers: 8, heads: 8, hidden: 1024, ..Self::small(vocabulary) }
    }

    /// Trains in minutes on two cores.
    pub fn small(vocabulary: usize) -> Self {
        let decoding = Decoding::Confidence { steps: 16 };
        Self { vocabulary, width: 128, layers: 4, heads: 4, hidden: 512, side: true, decoding }
    }

    /// For tests.
    pub fn tiny(vocabulary: usize) -> Self {
        Self { width: 32, layers: 2, heads: 2, hidden: 64, ..Self::small(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub fn problem(&self) -> Option<String> {
        let head = self.width.checked_div(self.heads).unwrap_or(0);
        if self.vocabulary == 0 || self.layers == 0 || self.hidden == 0 || head == 0 {
            return Some("vocabulary, width, layers, heads and hidden have to be at least 1".to_owned());
        }
        (head * self.heads != self.width || head % 2 == 1)
            .then(|| format!("{} heads do not divide a width of {} into even parts", self.heads, self.width))
    }

    /// A network with random weights; the same seed gives the same weights.
    pub fn init(&self, seed: u64, device: &Device) -> MaskedDiffusion {
        let _alone = seeded(seed, device);
        let table = |rows: usize| {
            let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
            normal.init([rows, self.width], device)
        };
        let sides = if self.side { Side::SIZES.to_vec() } else { Vec::new() };
        drawn(MaskedDiffusion {
            token: table(self.vocabulary + 1),
            side: sides.into_iter().map(table).collect(),
            blocks: (0..self.layers).map(|_| Block::new(self, device)).collect(),
            norm: Norm::new(self.width, device),
            head: LinearConfig::new(self.width, self.vocabulary).init(device),
            config: self.clone(),
        })
    }
}

/// One pre-norm Transformer block.
#[derive(Module, Debug)]
struct Block {
    attention_norm: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    hidden_norm: Norm,
    expand: Linear,
    contract: Linear,
    heads: usize,
}

impl Block {
    fn new(config: &MaskedDiffusionConfig, device: &Device) -> Self {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let width = config.width;
        Self {
            attention_norm: Norm::new(width, device),
            query: linear(width, width),
            key: linear(width, width),
            value: linear(width, width),
            output: linear(width, width),
            hidden_norm: Norm::new(width, device),
            expand: linear(width, config.hidden),
            contract: linear(config.hidden, width),
            heads: config.heads,
        }
    }

    /// `[B, L, H]` to `[B, L, H]`.
    fn forward(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let shape = x.dims();
        let [batch, length, width] = shape;
        // Plain matrix products are quicker on two axes than on three.
        let rows = |x: Tensor<3>| x.reshape([batch * length, width]); // [B * L, H]
        let normal = rows(self.attention_norm.forward(x.clone())); // [B * L, H]
        let of = |layer: &Linear| layer.forward(normal.clone()).reshape(shape); // [B, L, H]
        let query = rotary.turn(of(&self.query), self.heads); // [B, L, H]
        let key = rotary.turn(of(&self.key), self.heads); // [B, L, H]
        let mixed = attention(query, key, of(&self.value), self.heads); // [B, L, H]
        let x = x + self.output.forward(rows(mixed)).reshape(shape); // [B, L, H]
        let normal = rows(self.hidden_norm.forward(x.clone())); // [B * L, H]
        let hidden = gelu(self.expand.forward(normal)); // [B * L, hidden]
        x + self.contract.forward(hidden).reshape(shape) // [B, L, H]
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct MaskedDiffusion {
    /// `[V + 1, H]`; the last row stands for a missing event.
    token: Param<Tensor<2>>,
    /// One table per field of [`Side`].
    side: Vec<Param<Tensor<2>>>,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
    #[module(skip)]
    config: MaskedDiffusionConfig,
}

impl MaskedDiffusion {
    /// Its sizes.
    pub fn config(&self) -> &MaskedDiffusionConfig {
        &self.config
    }

    /// `[B, L, H]`
    fn embed(&self, batch: &Batch) -> Tensor<3> {
        let device = self.token.device();
        let rows = batch.tokens.len();
        let look_up = |table: &Param<Tensor<2>>, ids: Vec<i32>| {
            let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [rows]), &device); // [B * L]
            table.val().select(0, ids) // [B * L, H]
        };
        let missing = self.config.vocabulary as i32;
        // A token that training never saw says nothing, as a missing one.
        let id = |(token, observed): (&u32, &bool)| {
            if *observed { i32::try_from(*token).map_or(missing, |token| token.min(missing)) } else { missing }
        };
        let mut x = look_up(&self.token, batch.tokens.iter().zip(&batch.observed).map(id).collect()); // [B * L, H]
        for (field, table) in self.side.iter().enumerate() {
            let ids = batch.side.iter().map(|side| side.fields()[field] as i32).collect();
            x = x + look_up(table, ids); // [B * L, H]
        }
        x.reshape([batch.windows(), batch.length, self.config.width])
    }

    /// Unnormalised log probabilities of the tokens at these places of the batch, `[places, V]`.
    fn logits(&self, batch: &Batch, places: &[usize]) -> Tensor<2> {
        let device = self.token.device();
        let rotary = Rotary::new(batch.length, self.config.width / self.config.heads, &device);
        let mut x = self.embed(batch); // [B, L, H]
        for block in &self.blocks {
            x = block.forward(x, &rotary); // [B, L, H]
        }
        let rows = x.reshape([batch.tokens.len(), self.config.width]); // [B * L, H]
        let places: Vec<i32> = places.iter().map(|&place| place as i32).collect();
        let count = places.len();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device); // [places]
        self.head.forward(self.norm.forward(rows.select(0, places))) // [places, V]
    }

    /// Log probabilities of every token at every missing position given what is observed; rows of `V`, in the order of
    /// [`Batch::missing`].
    pub fn log_probabilities(&self, batch: &Batch) -> Vec<f32> {
        let missing = batch.missing();
        if missing.is_empty() {
            return Vec::new();
        }
        let logits = self.logits(batch, &missing); // [missing, V]
        activation::log_softmax(logits, 1).into_data().iter::<f32>().collect()
    }

    /// Fills windows of equal length.
    fn fill(&self, batch: &Batch) -> Vec<Imputation> {
        let marginals = self.log_probabilities(batch);
        let vocabulary = self.config.vocabulary;
        let filled = match self.config.decoding {
            Decoding::Confidence { steps } => self.decode_by_confidence(batch, &marginals, steps),
            Decoding::Beam { width } => {
                (0..batch.windows()).flat_map(|number| self.decode_by_beam(batch.window(number), width)).collect()
            }
        };
        let mut alternatives = vec![Vec::new(); batch.tokens.len()];
        for (&place, row) in batch.missing().iter().zip(marginals.chunks_exact(vocabulary)) {
            alternatives[place] = likeliest(row, filled[place]);
        }
        filled
            .chunks(batch.length.max(1))
            .zip(alternatives.chunks(batch.length.max(1)))
            .map(|(tokens, alternatives)| Imputation { tokens: tokens.to_vec(), alternatives: alternatives.to_vec() })
            .collect()
    }

    /// `marginals`: the first pass. Every window spreads its missing positions evenly over the passes.
    fn decode_by_confidence(&self, batch: &Batch, marginals: &[f32], steps: usize) -> Vec<u32> {
        let vocabulary = self.config.vocabulary;
        let mut state = batch.clone();
        let mut rows = marginals.to_vec();
        for step in 0..steps.max(1) {
            let missing = state.missing();
            if missing.is_empty() {
                break;
            }
            if step > 0 {
                rows = self.log_probabilities(&state);
            }
            let best: Vec<(usize, u32, f32)> = missing
                .iter()
                .zip(rows.chunks_exact(vocabulary))
                .map(|(&place, row)| {
                    let (token, score) = most(row);
                    (place, token, score)
                })
                .collect();
            for window in best.chunk_by(|a, b| a.0 / batch.length == b.0 / batch.length) {
                let mut window = window.to_vec();
                // Stable: of equally sure positions the left one comes first.
                window.sort_by(|a, b| b.2.total_cmp(&a.2));
                let now = window.len().div_ceil(steps.max(1) - step);
                for &(place, token, _) in &window[..now] {
                    state.tokens[place] = token;
                    state.observed[place] = true;
                }
            }
        }
        state.tokens
    }

    /// The likeliest filling found by a beam from left to right.
    fn decode_by_beam(&self, window: Window<'_>, width: usize) -> Vec<u32> {
        self.beam(window, width).into_iter().next().map_or_else(|| window.tokens.to_vec(), |(tokens, _)| tokens)
    }

    /// The likeliest fillings of a window with their log probabilities, best first: a beam of `width` from left to
    /// right. The fillings are whole windows.
    pub fn beam(&self, window: Window<'_>, width: usize) -> Vec<(Vec<u32>, f32)> {
        let vocabulary = self.config.vocabulary;
        let places: Vec<usize> = (0..window.tokens.len()).filter(|&at| !window.observed[at]).collect();
        let mut observed = window.observed.to_vec();
        let mut beam = vec![(window.tokens.to_vec(), 0.0f32)];
        for &place in &places {
            let windows: Vec<Window<'_>> =
                beam.iter().map(|(tokens, _)| Window { tokens, observed: &observed, ..window }).collect();
            let batch = Batch::new(&windows);
            let here: Vec<usize> = (0..beam.len()).map(|number| number * batch.length + place).collect();
            let rows = activation::log_softmax(self.logits(&batch, &here), 1); // [beam, V]
            let rows: Vec<f32> = rows.into_data().iter::<f32>().collect();
            let mut grown: Vec<(usize, u32, f32)> = rows
                .chunks_exact(vocabulary)
                .enumerate()
                .flat_map(|(from, row)| row.iter().enumerate().map(move |(token, score)| (from, token as u32, *score)))
                .map(|(from, token, score)| (from, token, beam[from].1 + score))
                .collect();
            grown.sort_by(|a, b| b.2.total_cmp(&a.2));
            grown.truncate(width.max(1));
            beam = grown
                .into_iter()
                .map(|(from, token, score)| {
                    let mut tokens = beam[from].0.clone();
                    tokens[place] = token;
                    (tokens, score)
                })
                .collect();
            observed[place] = true;
        }
        beam
    }
}

/// The likeliest tokens of a row of log probabilities with their probabilities, best first, `chosen` among them.
fn likeliest(row: &[f32], chosen: u32) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = row.iter().enumerate().map(|(token, score)| (token as u32, score.exp())).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let rank = all.iter().position(|(token, _)| *token == chosen).unwrap_or(0);
    let chosen = all[rank];
    all.truncate(ALTERNATIVES);
    if rank >= ALTERNATIVES {
        all[ALTERNATIVES - 1] = chosen;
    }
    all
}

impl Network for MaskedDiffusion {
    const RENAME: Rename = str::to_owned;

    fn loss(&self, batch: &Batch, _: &mut SplitMix64) -> Tensor<1> {
        let device = self.token.device();
        let missing = batch.missing();
        let count = missing.len();
        if count == 0 {
            return self.head.weight.val().sum() * 0.0;
        }
        let mut hidden = vec![0usize; batch.windows()];
        missing.iter().for_each(|place| hidden[place / batch.length] += 1);
        let windows = hidden.iter().filter(|&&hidden| hidden > 0).count();
        let weights: Vec<f32> =
            missing.iter().map(|place| 1.0 / (windows * hidden[place / batch.length]) as f32).collect();
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [count, 1]), &device); // [missing, 1]
        let last = self.config.vocabulary as u32 - 1;
        let targets: Vec<i32> = missing.iter().map(|&place| batch.tokens[place].min(last) as i32).collect();
        let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [count, 1]), &device); // [missing, 1]
        let scores = activation::log_softmax(self.logits(batch, &missing), 1).gather(1, targets); // [missing, 1]
        (scores * weights).sum().neg()
    }
}

impl Imputer for MaskedDiffusion {
    fn name(&self) -> &str {
        "masked_diffusion"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        self.fill(&Batch::new(&[window])).pop().unwrap_or_default()
    }

    fn impute_all(&self, windows: &[Window<'_>]) -> Vec<Imputation> {
        by_length(windows, BATCH, |batch| self.fill(batch))
    }

    fn conditionals(&self, windows: &[Window<'_>]) -> Option<Vec<Vec<f32>>> {
        Some(by_length(windows, BATCH, |batch| batch.rows(&self.log_probabilities(batch), self.config.vocabulary)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(decoding: Decoding) -> MaskedDiffusion {
        let config = MaskedDiffusionConfig { decoding, ..MaskedDiffusionConfig::tiny(5) };
        // Far from uniform, so that different fillings score differently.
        let mut network = config.init(3, &Device::flex());
        network.head.weight = network.head.weight.map(|weight| weight * 20.0);
        network
    }

    const OBSERVED: [bool; 7] = [true, true, false, false, true, false, true];
    const TOKENS: [u32; 7] = [0, 1, 9, 9, 4, 9, 2];

    fn score(network: &MaskedDiffusion, filling: [u32; 3]) -> f32 {
        let (mut tokens, mut observed) = (TOKENS.to_vec(), OBSERVED.to_vec());
        let mut sum = 0.0;
        for (place, token) in [2, 3, 5].into_iter().zip(filling) {
            let batch = Batch::new(&[Window::new(&tokens, &observed)]);
            let row = batch.missing().iter().position(|&missing| missing == place).unwrap();
            sum += network.log_probabilities(&batch)[row * 5 + token as usize];
            tokens[place] = token;
            observed[place] = true;
        }
        sum
    }

    #[test]
    fn probabilities_sum_to_1_and_missing_tokens_are_not_read() {
        let network = network(Decoding::Confidence { steps: 2 });
        let batch = Batch::new(&[Window::new(&TOKENS, &OBSERVED)]);
        let rows = network.log_probabilities(&batch);
        for row in rows.chunks_exact(5) {
            assert!((row.iter().map(|score| score.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let mut other = TOKENS;
        [2, 3, 5].iter().for_each(|&place| other[place] = 0);
        assert_eq!(rows, network.log_probabilities(&Batch::new(&[Window::new(&other, &OBSERVED)])));
    }

    #[test]
    fn observed_positions_stay_and_a_batch_equals_single_windows() {
        for decoding in [Decoding::Confidence { steps: 2 }, Decoding::Beam { width: 3 }] {
            let network = network(decoding);
            let other = [3, 9, 0, 1, 1, 9, 9];
            let windows = [Window::new(&TOKENS, &OBSERVED), Window::new(&other, &OBSERVED)];
            let filled = network.impute_all(&windows);
            for (window, filled) in windows.iter().zip(&filled) {
                let alone = network.impute(*window);
                assert_eq!(alone.tokens, filled.tokens);
                for (at, observed) in OBSERVED.into_iter().enumerate() {
                    assert!(!observed || filled.tokens[at] == window.tokens[at]);
                    assert!(filled.tokens[at] < 5 || observed);
                    assert_eq!(filled.alternatives[at].is_empty(), observed);
                    assert!(filled.confidence(at) > 0.0);
                }
            }
        }
    }

    #[test]
    fn a_wide_beam_finds_the_best_of_all_fillings() {
        let network = network(Decoding::Beam { width: 125 });
        let mut best = ([0; 3], f32::NEG_INFINITY);
        for number in 0..125u32 {
            let filling = [number / 25, number / 5 % 5, number % 5];
            let found = score(&network, filling);
            if found > best.1 {
                best = (filling, found);
            }
        }
        let beam = network.beam(Window::new(&TOKENS, &OBSERVED), 125);
        assert_eq!([2, 3, 5].map(|place| beam[0].0[place]), best.0);
        assert!((beam[0].1 - best.1).abs() < 1e-4);
        let total: f32 = beam.iter().map(|(_, score)| score.exp()).sum();
        assert!((total - 1.0).abs() < 1e-4, "{total}");
    }

    #[test]
    fn as_many_steps_as_positions_fix_the_surest_first() {
        let network = network(Decoding::Confidence { steps: 3 });
        let (mut tokens, mut observed) = (TOKENS.to_vec(), OBSERVED.to_vec());
        for _ in 0..3 {
            let batch = Batch::new(&[Window::new(&tokens, &observed)]);
            let rows = network.log_probabilities(&batch);
            let scored = batch.missing().into_iter().zip(rows.chunks_exact(5).map(most));
            let (place, (token, _)) = scored.reduce(|a, b| if b.1.1 > a.1.1 { b } else { a }).unwrap();
            tokens[place] = token;
            observed[place] = true;
        }
        assert_eq!(network.impute(Window::new(&TOKENS, &OBSERVED)).tokens, tokens);
    }

    #[test]
    fn every_window_weighs_the_same_in_the_loss() {
        let network = network(Decoding::Beam { width: 1 });
        let mut random = SplitMix64::new(0, &[]);
        let tokens = [0, 1, 2, 3, 4, 0, 1];
        let one = [true, true, false, true, true, true, true];
        let windows = [Window::new(&tokens, &OBSERVED), Window::new(&tokens, &one)];
        let mut loss = |windows: &[Window<'_>]| network.loss(&Batch::new(windows), &mut random).into_scalar::<f32>();
        let both = loss(&windows);
        let single = [loss(&windows[..1]), loss(&windows[1..])];
        assert!((both - (single[0] + single[1]) / 2.0).abs() < 1e-5);
        // The second window by hand.
        let scores = network.log_probabilities(&Batch::new(&windows[1..]));
        assert!((single[1] + scores[2]).abs() < 1e-5);
    }
}

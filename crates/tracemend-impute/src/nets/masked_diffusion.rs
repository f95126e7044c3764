//! Masked (absorbing) diffusion over event tokens.
//!
//! Paper: Sahoo et al. 2024, *Simple and Effective Masked Diffusion Language Models* (NeurIPS); decoding by confidence as
//! in Chang et al. 2022, *MaskGIT* (CVPR). There is no reference code to be faithful to; the tests hold the loss and the
//! decoders against slow twins.
//!
//! Forward: x_i = E\[token or MASK\] + sum of side embeddings; N [pre-norm blocks](crate::nets::layers::prenorm), of
//! self-attention with rotary positions or of S4 layers; logits = W norm(x) + b.
//! Loss: the mean over windows of 1/t (1/L) sum over missing positions of -log p(token), where t is the share of the
//! window's positions that is missing: so every window weighs the same, however much of it is hidden.
//!
//! | tensor | shape |
//! |---|---|
//! | tokens, observed | B, L |
//! | embedded, between blocks | B, L, H |
//! | logits | missing positions, V |
//!
//! What is observed is never hidden again, so the network does not need the masking rate as an input. One pass gives the exact
//! distribution of one missing position given all observed ones; several together need as many passes as steps.

use crate::nets::answer::{ALTERNATIVES, argmax};
use crate::nets::batch::{Batch, by_length};
use crate::nets::layers::norm::Norm;
use crate::nets::layers::prenorm;
use crate::nets::layers::prenorm::{Blocks, Mixing, PrenormBlock, PrenormConfig, ReadyBlock};
use crate::nets::layers::s4;
use crate::nets::layers::s4::S4Config;
use crate::nets::network::Network;
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use crate::window::imputer::{Imputation, Imputer, Side, Window};
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Windows that are filled side by side.
const BATCH: usize = 64;

fn default_state() -> usize {
    64
}

fn default_length() -> usize {
    200
}

/// Sizes and decoding of a [`MaskedDiffusion`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MaskedDiffusionConfig {
    /// `V`, number of tokens.
    pub vocabulary: usize,
    /// `H`, width of the blocks.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// What mixes positions in them.
    #[serde(default)]
    pub blocks: Blocks,
    /// Heads of the attention; each has an even number of elements.
    pub heads: usize,
    /// `N`, state of S4 blocks.
    #[serde(default = "default_state")]
    pub state: usize,
    /// Windows that S4 blocks are made for; longer ones cost an extension of the kernels.
    #[serde(default = "default_length")]
    pub length: usize,
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
pub(super) enum Decoding {
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
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self { width: 256, layers: 8, heads: 8, hidden: 1024, ..Self::small(vocabulary) }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        let decoding = Decoding::Confidence { steps: 16 };
        Self {
            vocabulary,
            width: 128,
            layers: 4,
            blocks: Blocks::Attention,
            heads: 4,
            state: default_state(),
            length: default_length(),
            hidden: 512,
            side: true,
            decoding,
        }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        Self { width: 32, layers: 2, heads: 2, state: 8, length: 32, hidden: 64, ..Self::small(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        let head = self.width.checked_div(self.heads).unwrap_or(0);
        if self.vocabulary == 0 || self.layers == 0 || self.hidden == 0 || head == 0 {
            return Some("vocabulary, width, layers, heads and hidden have to be at least 1".to_owned());
        }
        if self.blocks == Blocks::S4 {
            return s4::problem(self.state, self.length);
        }
        (head * self.heads != self.width || head % 2 == 1)
            .then(|| format!("{} heads do not divide a width of {} into even parts", self.heads, self.width))
    }

    fn block(&self) -> PrenormConfig {
        let mixing = match self.blocks {
            Blocks::Attention => Mixing::Attention { heads: self.heads },
            Blocks::S4 => Mixing::S4(S4Config {
                features: self.width,
                state: self.state,
                length: self.length,
                bidirectional: true,
                glu: true,
                train_system: true,
                sum: Sum::Conjugate,
            }),
        };
        PrenormConfig { width: self.width, hidden: self.hidden, mixing }
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> MaskedDiffusion {
        let _alone = seeded(seed, device);
        let table = |rows: usize| {
            let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
            normal.init([rows, self.width], device)
        };
        let sides = if self.side { Side::SIZES.to_vec() } else { Vec::new() };
        drawn(MaskedDiffusion {
            token: table(self.vocabulary + 1),
            side: sides.into_iter().map(table).collect(),
            blocks: (0..self.layers).map(|_| PrenormBlock::new(&self.block(), device)).collect(),
            norm: Norm::new(self.width, device),
            head: LinearConfig::new(self.width, self.vocabulary).init(device),
            config: self.clone(),
        })
    }
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct MaskedDiffusion {
    /// `[V + 1, H]`; the last row stands for a missing event.
    token: Param<Tensor<2>>,
    /// One table per field of [`Side`].
    side: Vec<Param<Tensor<2>>>,
    blocks: Vec<PrenormBlock>,
    norm: Norm,
    head: Linear,
    #[module(skip)]
    config: MaskedDiffusionConfig,
}

impl MaskedDiffusion {
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

    /// The blocks for windows of `length`.
    fn ready(&self, length: usize) -> Vec<ReadyBlock<'_>> {
        self.blocks.iter().map(|block| block.ready(length)).collect()
    }

    /// Unnormalised log probabilities of the tokens at these places of the batch, `[places, V]`.
    fn logits(&self, blocks: &[ReadyBlock<'_>], batch: &Batch, places: &[usize]) -> Tensor<2> {
        let device = self.token.device();
        let mut x = self.embed(batch); // [B, L, H]
        for block in blocks {
            x = block.forward(x); // [B, L, H]
        }
        let rows = x.reshape([batch.tokens.len(), self.config.width]); // [B * L, H]
        let places: Vec<i32> = places.iter().map(|&place| place as i32).collect();
        let count = places.len();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device); // [places]
        self.head.forward(self.norm.forward(rows.select(0, places))) // [places, V]
    }

    /// Log probabilities of every token at every missing position given what is observed; rows of `V`, in the order of
    /// [`Batch::missing`].
    pub(crate) fn log_probabilities(&self, batch: &Batch) -> Vec<f32> {
        self.log_probabilities_by(&self.ready(batch.length), batch)
    }

    fn log_probabilities_by(&self, blocks: &[ReadyBlock<'_>], batch: &Batch) -> Vec<f32> {
        let missing = batch.missing();
        if missing.is_empty() {
            return Vec::new();
        }
        let logits = self.logits(blocks, batch, &missing); // [missing, V]
        activation::log_softmax(logits, 1).into_data().iter::<f32>().collect()
    }

    /// Fills windows of equal length.
    fn fill(&self, batch: &Batch) -> Vec<Imputation> {
        let blocks = self.ready(batch.length);
        let marginals = self.log_probabilities_by(&blocks, batch);
        let vocabulary = self.config.vocabulary;
        let filled = match self.config.decoding {
            Decoding::Confidence { steps } => self.decode_by_confidence(&blocks, batch, &marginals, steps),
            Decoding::Beam { width } => (0..batch.windows())
                .flat_map(|number| self.decode_by_beam(&blocks, batch.window(number), width))
                .collect(),
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
    fn decode_by_confidence(
        &self,
        blocks: &[ReadyBlock<'_>],
        batch: &Batch,
        marginals: &[f32],
        steps: usize,
    ) -> Vec<u32> {
        let vocabulary = self.config.vocabulary;
        let mut state = batch.clone();
        let mut rows = marginals.to_vec();
        for step in 0..steps.max(1) {
            let missing = state.missing();
            if missing.is_empty() {
                break;
            }
            if step > 0 {
                rows = self.log_probabilities_by(blocks, &state);
            }
            let best: Vec<(usize, u32, f32)> = missing
                .iter()
                .zip(rows.chunks_exact(vocabulary))
                .map(|(&place, row)| {
                    let (token, score) = argmax(row);
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
    fn decode_by_beam(&self, blocks: &[ReadyBlock<'_>], window: Window<'_>, width: usize) -> Vec<u32> {
        self.beam_by(blocks, window, width)
            .into_iter()
            .next()
            .map_or_else(|| window.tokens.to_vec(), |(tokens, _)| tokens)
    }

    /// The likeliest fillings of a window with their log probabilities, best first: a beam of `width` from left to
    /// right. The fillings are whole windows.
    #[cfg(test)]
    fn beam(&self, window: Window<'_>, width: usize) -> Vec<(Vec<u32>, f32)> {
        self.beam_by(&self.ready(window.tokens.len()), window, width)
    }

    fn beam_by(&self, blocks: &[ReadyBlock<'_>], window: Window<'_>, width: usize) -> Vec<(Vec<u32>, f32)> {
        let vocabulary = self.config.vocabulary;
        let places: Vec<usize> = (0..window.tokens.len()).filter(|&at| !window.observed[at]).collect();
        let mut observed = window.observed.to_vec();
        let mut beam = vec![(window.tokens.to_vec(), 0.0f32)];
        for &place in &places {
            let windows: Vec<Window<'_>> =
                beam.iter().map(|(tokens, _)| Window { tokens, observed: &observed, ..window }).collect();
            let batch = Batch::new(&windows);
            let here: Vec<usize> = (0..beam.len()).map(|number| number * batch.length + place).collect();
            let rows = activation::log_softmax(self.logits(blocks, &batch, &here), 1); // [beam, V]
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
    const RENAME: Rename = prenorm::rename;

    fn longest(&self) -> usize {
        match self.config.blocks {
            Blocks::Attention => usize::MAX,
            Blocks::S4 => self.config.length,
        }
    }

    fn is_state_space(name: &str) -> bool {
        s4::is_state_space(name)
    }

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
        let scores =
            activation::log_softmax(self.logits(&self.ready(batch.length), batch, &missing), 1).gather(1, targets); // [missing, 1]
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
#[path = "masked_diffusion_tests.rs"]
mod tests;

//! What a network of noise prediction is trained for, and what sampling needs of it.

use super::encoding::Encoding;
use super::schedule::{Growth, Schedule};
use crate::nets::batch::Batch;
use crate::nets::network::Network;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::fmt::Arguments;

/// Largest vocabulary; a file that asks for more is damaged.
const MOST_TOKENS: usize = 1 << 20;

/// Where noise goes in training, and where the loss counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corruption {
    /// Noise and loss at missing positions only: the published setting of the SSSD family.
    MissingOnly,
    /// Noise and loss everywhere: its other setting.
    Everywhere,
    /// Noise everywhere, of which the network sees that at missing positions; loss there: CSDI.
    Hidden,
}

/// Encoding, schedule and corruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Number of tokens.
    pub vocabulary: usize,
    /// Tokens as numbers.
    pub encoding: Encoding,
    /// Variances.
    pub schedule: Schedule,
    /// Where noise goes.
    pub corruption: Corruption,
}

impl Process {
    /// As the SSSD family was published: integer ids, 200 steps.
    pub fn sssd(vocabulary: usize) -> Self {
        let schedule = Schedule { steps: 200, first: 1e-4, last: 0.02, growth: Growth::Linear };
        Self { vocabulary, encoding: Encoding::Integer, schedule, corruption: Corruption::MissingOnly }
    }

    /// As CSDI was published: integer ids, 50 steps.
    pub fn csdi(vocabulary: usize) -> Self {
        let schedule = Schedule { steps: 50, first: 1e-4, last: 0.5, growth: Growth::Quadratic };
        Self { schedule, corruption: Corruption::Hidden, ..Self::sssd(vocabulary) }
    }

    /// `V`, numbers per token.
    pub fn channels(&self) -> usize {
        self.encoding.channels(self.vocabulary)
    }

    /// What is wrong with it, in words.
    pub fn problem(&self) -> Option<String> {
        if self.vocabulary == 0 || self.vocabulary > MOST_TOKENS {
            return Some(format!("the vocabulary has to have 1 to {MOST_TOKENS} tokens"));
        }
        self.schedule.problem()
    }

    /// A batch as numbers, and its mask (1 observed, 0 missing); `[B, L, V]` each. Tokens at missing positions count.
    pub fn encode(&self, batch: &Batch, device: &Device) -> (Tensor<3>, Tensor<3>) {
        let channels = self.channels();
        let shape = [batch.windows(), batch.length, channels];
        let data: Vec<f32> =
            batch.tokens.iter().flat_map(|token| self.encoding.word(*token, self.vocabulary)).collect();
        let mask: Vec<f32> =
            batch.observed.iter().flat_map(|seen| std::iter::repeat_n(f32::from(u8::from(*seen)), channels)).collect();
        let tensor = |values| Tensor::from_data(TensorData::new(values, shape), device);
        (tensor(data), tensor(mask))
    }
}

/// What a network of the SSSD family is told of a window: the observed data, and the mask; `[B, L, 2 V]`.
pub fn condition(data: Tensor<3>, mask: Tensor<3>) -> Tensor<3> {
    Tensor::cat(vec![data * mask.clone(), mask], 2)
}

/// From a corrupted batch `[B, L, V]` and every window's step `[B]` to the noise in it, `[B, L, V]`.
pub type Denoise<'a> = Box<dyn Fn(Tensor<3>, &[usize]) -> Tensor<3> + 'a>;

/// Is told of intermediate values: their names, as the reference's modules have them, and a way to compute them.
pub type Look<'a> = &'a dyn Fn(Arguments<'_>, &dyn Fn() -> Tensor<3>);

/// A network that predicts noise.
pub trait Denoiser: Network {
    /// The method's name.
    fn kind(&self) -> &'static str;

    /// What it is trained for.
    fn process(&self) -> &Process;

    /// The network for windows of up to `length`.
    fn extend(self, _length: usize) -> Self {
        self
    }

    /// The prediction for windows of `data` of which `mask` says what is observed, `[B, L, V]` both. All that does not
    /// change from step to step is computed here, once.
    fn denoiser(&self, data: Tensor<3>, mask: Tensor<3>) -> Denoise<'_> {
        self.watched(data, mask, &|_, _| ())
    }

    /// The same with somebody who looks on.
    fn watched<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, look: Look<'a>) -> Denoise<'a>;
}

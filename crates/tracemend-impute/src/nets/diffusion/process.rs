//! What a network of noise prediction is trained for, and what sampling needs of it.

use crate::nets::batch::Batch;
use crate::nets::diffusion::encoding::Encoding;
use crate::nets::diffusion::schedule::{Growth, Schedule};
use crate::nets::network::Network;
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};
use std::fmt::Arguments;

/// Largest vocabulary; a file that asks for more is damaged.
const MOST_TOKENS: usize = 1 << 20;

/// Where noise goes in training, and where the loss counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Corruption {
    /// Noise and loss at missing positions only: the published setting of the SSSD family.
    MissingOnly,
    /// Noise and loss everywhere: its other setting.
    Everywhere,
    /// Noise everywhere, of which the network sees that at missing positions; loss there: CSDI.
    Hidden,
}

/// What the network's result stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Prediction {
    /// The noise, as published. A network of fewer channels than there are tokens cannot name the noise of every channel.
    #[default]
    Noise,
    /// The window without noise (Salimans and Ho 2022, *Progressive Distillation*, section 4). With a channel per token the
    /// result is taken as logits (Dieleman et al. 2022, *Continuous Diffusion for Categorical Data*), otherwise as the
    /// distance from the middle of what a window can hold, in halves of its range.
    Start,
}

/// Encoding, schedule and corruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub(crate) struct Process {
    /// Number of tokens.
    pub vocabulary: usize,
    /// Tokens as numbers.
    pub encoding: Encoding,
    /// Variances.
    pub schedule: Schedule,
    /// Where noise goes.
    pub corruption: Corruption,
    /// What the network predicts.
    pub prediction: Prediction,
}

/// A process as files have it: those written before there was a choice do not name the prediction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    vocabulary: usize,
    encoding: Encoding,
    schedule: Schedule,
    corruption: Corruption,
    prediction: Option<Prediction>,
}

impl TryFrom<Stored> for Process {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { vocabulary, encoding, schedule, corruption, prediction } = stored;
        if encoding == Encoding::OneHot && prediction.is_none() {
            return Err("it was trained with one-hot words of 1 and -1, which are made otherwise now; train it again");
        }
        Ok(Self { vocabulary, encoding, schedule, corruption, prediction: prediction.unwrap_or_default() })
    }
}

impl Process {
    /// As the SSSD family was published: integer ids, 200 steps.
    pub(crate) fn sssd(vocabulary: usize) -> Self {
        let schedule = Schedule { steps: 200, first: 1e-4, last: 0.02, growth: Growth::Linear };
        let (encoding, corruption) = (Encoding::Integer, Corruption::MissingOnly);
        Self { vocabulary, encoding, schedule, corruption, prediction: Prediction::Noise }
    }

    /// As CSDI was published: integer ids, 50 steps.
    pub(crate) fn csdi(vocabulary: usize) -> Self {
        let schedule = Schedule { steps: 50, first: 1e-4, last: 0.5, growth: Growth::Quadratic };
        Self { schedule, corruption: Corruption::Hidden, ..Self::sssd(vocabulary) }
    }

    /// `V`, numbers per token.
    pub(crate) fn channels(&self) -> usize {
        self.encoding.channels(self.vocabulary)
    }

    /// What is wrong with it, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.vocabulary == 0 || self.vocabulary > MOST_TOKENS {
            return Some(format!("the vocabulary has to have 1 to {MOST_TOKENS} tokens"));
        }
        self.schedule.problem()
    }

    /// A batch as numbers, and its mask (1 observed, 0 missing); `[B, L, V]` each. Tokens at missing positions count.
    pub(crate) fn encode(&self, batch: &Batch, device: &Device) -> (Tensor<3>, Tensor<3>) {
        let channels = self.channels();
        let shape = [batch.windows(), batch.length, channels];
        let data: Vec<f32> =
            batch.tokens.iter().flat_map(|token| self.encoding.word(*token, self.vocabulary)).collect();
        let mask: Vec<f32> =
            batch.observed.iter().flat_map(|seen| std::iter::repeat_n(f32::from(u8::from(*seen)), channels)).collect();
        let tensor = |values| Tensor::from_data(TensorData::new(values, shape), device);
        (tensor(data), tensor(mask))
    }

    /// Whether the network's result is a logit per token.
    pub(crate) fn is_categorical(&self) -> bool {
        self.prediction == Prediction::Start && self.encoding == Encoding::OneHot
    }

    /// The window that a network's result `[B, L, V]` stands for where it predicts [`Prediction::Start`]: of logits the
    /// expected word.
    pub(crate) fn start(&self, result: Tensor<3>) -> Tensor<3> {
        let [least, greatest] = self.encoding.limits(self.vocabulary);
        if self.is_categorical() {
            return activation::softmax(result, 2) * (greatest - least) + least; // [B, L, V]
        }
        result * ((greatest - least) / 2.0) + (greatest + least) / 2.0 // [B, L, V]
    }

    /// One-hot words `[B, L, V]` as probabilities.
    pub(crate) fn shares(&self, words: Tensor<3>) -> Tensor<3> {
        let [least, greatest] = self.encoding.limits(self.vocabulary);
        (words - least) / (greatest - least) // [B, L, V]
    }

    /// The noise in what a network was shown, `[B, L, V]`, by its result and the share of variance left.
    pub(crate) fn noise(&self, result: Tensor<3>, shown: Tensor<3>, alpha_bar: f64) -> Tensor<3> {
        match self.prediction {
            Prediction::Noise => result,
            Prediction::Start => (shown - self.start(result) * alpha_bar.sqrt()) / (1.0 - alpha_bar).sqrt(),
        }
    }

    /// The token that a position's values `[V]` stand for, and every token's probability, which sum to 1.
    pub(crate) fn read(&self, values: &[f32]) -> (u32, Vec<f32>) {
        let (token, nearness) = self.encoding.read(values, self.vocabulary);
        if !self.is_categorical() {
            return (token, nearness);
        }
        let [least, greatest] = self.encoding.limits(self.vocabulary);
        let share = |value: &f32| ((value - least) / (greatest - least)).max(0.0);
        let shares: Vec<f32> = values.iter().map(share).collect();
        let total: f32 = shares.iter().sum();
        if !(total.is_finite() && total > 0.0) {
            return (token, nearness);
        }
        (token, shares.into_iter().map(|share| share / total).collect())
    }
}

/// What a network of the SSSD family is told of a window: the observed data, and the mask; `[B, L, 2 V]`.
pub(crate) fn condition(data: Tensor<3>, mask: Tensor<3>) -> Tensor<3> {
    Tensor::cat(vec![data * mask.clone(), mask], 2)
}

/// From a corrupted batch `[B, L, V]` and every window's step `[B]` to the network's result, `[B, L, V]`: see [`Prediction`].
pub(crate) type Denoise<'a> = Box<dyn Fn(Tensor<3>, &[usize]) -> Tensor<3> + 'a>;

/// Is told of intermediate values: their names, as the reference's modules have them, and a way to compute them.
pub(crate) type Probe<'a> = &'a dyn Fn(Arguments<'_>, &dyn Fn() -> Tensor<3>);

/// A network of Gaussian diffusion.
pub(crate) trait Denoiser: Network {
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
        self.probed(data, mask, &|_, _| ())
    }

    /// The same; `probe` is told of intermediate values.
    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: Tensor<3>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    #[test]
    fn noise_and_start_make_up_what_was_shown() {
        let device = Device::flex();
        let shown = Tensor::<3>::from_data([[[0.5f32, -2.0, 1.0], [3.0, 0.0, -1.0]]], &device);
        let result = Tensor::<3>::from_data([[[0.1f32, 0.7, -0.3], [0.0, 2.0, 0.4]]], &device);
        for encoding in [Encoding::OneHot, Encoding::AnalogBits] {
            let process = Process { encoding, prediction: Prediction::Start, ..Process::sssd(3) };
            let noise = process.noise(result.clone(), shown.clone(), 0.36);
            let again = process.start(result.clone()) * 0.6 + noise * 0.8;
            assert!(values(again - shown.clone()).iter().all(|error| error.abs() < 1e-5));
        }
        let published = Process::sssd(3).noise(result.clone(), shown, 0.36);
        assert_eq!(values(published), values(result));
    }

    #[test]
    fn logits_stand_for_probabilities_and_numbers_for_places_in_the_range() {
        let device = Device::flex();
        let process = Process { encoding: Encoding::OneHot, prediction: Prediction::Start, ..Process::sssd(3) };
        let logits: Vec<f32> = [0.7f32, 0.2, 0.1].iter().map(|p| p.ln() + 4.0).collect();
        let words = values(process.start(Tensor::from_data(TensorData::new(logits, [1, 1, 3]), &device)));
        let (token, probabilities) = process.read(&words);
        assert_eq!(token, 0);
        assert!(probabilities.iter().zip([0.7, 0.2, 0.1]).all(|(p, truth)| (p - truth).abs() < 1e-5));
        let process = Process { prediction: Prediction::Start, ..Process::sssd(11) };
        let places = process.start(Tensor::from_data([[[-1.0f32], [0.0], [0.6]]], &device));
        assert!(values(places).iter().zip([0.0, 5.0, 8.0]).all(|(place, id)| (place - id).abs() < 1e-5));
    }

    #[test]
    fn settings_written_before_there_was_a_choice_predict_noise_or_are_refused() {
        let mut json = serde_json::to_value(Process::sssd(3)).unwrap();
        json.as_object_mut().unwrap().remove("prediction");
        assert_eq!(serde_json::from_value::<Process>(json.clone()).unwrap(), Process::sssd(3));
        json["encoding"] = "onehot".into();
        let refused = serde_json::from_value::<Process>(json).unwrap_err().to_string();
        assert!(refused.contains("train it again"), "{refused}");
    }
}

//! The training loss: the mean over the positions that count of (prediction - z)^2, or, for networks that predict the window
//! itself, of (prediction - window)^2 in halves of its range, or of the cross-entropy of tokens.

use crate::nets::batch::Batch;
use crate::nets::device::cpu;
use crate::nets::diffusion::noise::{Normal, side_by_side};
use crate::nets::diffusion::process::{Corruption, Denoiser, Prediction};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use tracemend_repair::rng::SplitMix64;

/// What is drawn for one batch.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    /// Every window's step, `[B]`.
    pub steps: Vec<usize>,
    /// Standard normal, `[B, L, V]`.
    pub noise: Tensor<3>,
}

/// The loss of a batch of `data` with what the network may see in `mask` (1 observed, 0 missing), `[B, L, V]` both; a
/// tensor of one element.
pub(crate) fn loss(network: &impl Denoiser, data: Tensor<3>, mask: Tensor<3>, draws: Draws) -> Tensor<1> {
    let process = network.process();
    let hidden = mask.clone().neg() + 1.0; // [B, L, V]
    let (z, counts) = match process.corruption {
        Corruption::MissingOnly => {
            (data.clone() * mask.clone() + draws.noise * hidden.clone(), hidden) // the data stands for its own noise
        }
        Corruption::Everywhere => (draws.noise, hidden.ones_like()),
        Corruption::Hidden => (draws.noise, hidden),
    };
    let table = process.schedule.table();
    let device = data.device();
    let column = |of: &dyn Fn(f64) -> f64| -> Tensor<3> {
        let values: Vec<f32> = draws.steps.iter().map(|t| of(table.alpha_bar[*t]) as f32).collect();
        Tensor::from_data(TensorData::new(values, [draws.steps.len(), 1, 1]), &device)
    };
    let x = data.clone() * column(&|share| share.sqrt()) + z.clone() * column(&|share| (1.0 - share).sqrt()); // [B, L, V]
    let result = network.denoiser(data.clone(), mask)(x, &draws.steps); // [B, L, V]
    let mut total: f32 = counts.clone().sum().into_scalar();
    let error = match process.prediction {
        Prediction::Noise => (result - z).square(), // [B, L, V]
        Prediction::Start if process.is_categorical() => {
            total /= process.channels() as f32;
            // 0 in all channels but the token's.
            activation::log_softmax(result, 2).neg() * process.shares(data) // [B, L, V]
        }
        Prediction::Start => {
            let [least, greatest] = process.encoding.limits(process.vocabulary);
            ((process.start(result) - data) * (2.0 / (greatest - least).max(1.0))).square() // [B, L, V]
        }
    };
    (error * counts).sum() / total.max(1.0)
}

/// The loss of a batch of tokens, with steps and noise drawn from `random`.
pub(crate) fn of_batch(network: &impl Denoiser, batch: &Batch, random: &mut SplitMix64) -> Tensor<1> {
    let process = network.process();
    let device = device_of(network);
    let (data, mask) = process.encode(batch, &device);
    let steps = (0..batch.windows()).map(|_| random.below(process.schedule.steps)).collect();
    let mut normal = [Normal::new(random.clone())];
    random.next_u64();
    let noise = side_by_side(&mut normal, batch.tokens.len(), process.channels(), &device);
    loss(network, data.clone(), mask, Draws { steps, noise: noise.reshape(data.dims()) })
}

/// CSDI's training mask: of the observed positions the share `ratio` is hidden, namely those with the largest of the
/// uniform numbers `random`. True where the network may see.
#[cfg(test)]
pub(crate) fn random_mask(observed: &[bool], ratio: f64, random: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..observed.len()).filter(|&at| observed[at]).collect();
    order.sort_by(|&a, &b| random[b].total_cmp(&random[a]));
    let hidden = (ratio * order.len() as f64).round_ties_even() as usize;
    let mut seen = observed.to_vec();
    order.iter().take(hidden).for_each(|&at| seen[at] = false);
    seen
}

/// Where a network's parameters are; with gradients if they are trained there.
pub(crate) fn device_of(network: &impl Module) -> Device {
    struct First(Option<Device>);
    impl ModuleVisitor for First {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.0.is_none() {
                self.0 = Some(param.val().device());
            }
        }
    }
    let mut first = First(None);
    network.visit(&mut first);
    first.0.unwrap_or_else(cpu)
}

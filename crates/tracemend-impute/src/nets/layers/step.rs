//! What tells a network at which diffusion step it is.

use crate::nets::diffusion::process::Probe;
use crate::nets::layers::maps::Dense;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Sines, then cosines, of t exp(-k ln 10000 / (D/2 - 1)), k = 0 .. D/2 - 1; `[B, D]`. Steps count from 0.
pub(crate) fn step_embedding(steps: &[usize], width: usize, device: &Device) -> Tensor<2> {
    let half = width / 2;
    let frequency = |k: usize| (-(k as f64) * 10_000f64.ln() / (half as f64 - 1.0)).exp();
    waves(steps, half, frequency, device)
}

/// Sines, then cosines, of t 10^(4 k / (D/2 - 1)): CSDI's table, whose frequencies grow; `[B, D]`.
///
/// As in the reference the products are rounded to single precision before the sine is taken: at t = 49 they reach
/// 490000, so any other rounding gives another (equally useful) table.
pub(crate) fn step_table(steps: &[usize], width: usize, device: &Device) -> Tensor<2> {
    let half = width / 2;
    let frequency = |k: usize| 10f32.powf(k as f32 / (half as f32 - 1.0) * 4.0);
    let argument = |step: usize, k: usize| f64::from(step as f32 * frequency(k));
    table(steps, half, argument, device)
}

fn waves(steps: &[usize], half: usize, frequency: impl Fn(usize) -> f64, device: &Device) -> Tensor<2> {
    table(steps, half, |step, k| step as f64 * frequency(k), device)
}

fn table(steps: &[usize], half: usize, argument: impl Fn(usize, usize) -> f64, device: &Device) -> Tensor<2> {
    let mut values = Vec::with_capacity(steps.len() * 2 * half);
    for &step in steps {
        values.extend((0..half).map(|k| argument(step, k).sin() as f32));
        values.extend((0..half).map(|k| argument(step, k).cos() as f32));
    }
    Tensor::from_data(TensorData::new(values, [steps.len(), 2 * half]), device)
}

/// Two dense layers after the embedding, each followed by x sigmoid(x).
#[derive(Module, Debug)]
pub(crate) struct StepNet {
    fc_t1: Dense,
    fc_t2: Dense,
}

impl StepNet {
    /// Of widths in, middle, out.
    pub(crate) fn new([input, middle, output]: [usize; 3], device: &Device) -> Self {
        Self { fc_t1: Dense::new(input, middle, device), fc_t2: Dense::new(middle, output, device) }
    }

    /// `[B, E]`
    pub(crate) fn forward(&self, steps: &[usize], probe: Probe<'_>) -> Tensor<2> {
        let [_, input] = self.fc_t1.weight.dims();
        let embedded = step_embedding(steps, input, &self.fc_t1.weight.device()); // [B, in]
        let middle = self.fc_t1.forward(embedded); // [B, middle]
        probe(format_args!("fc_t1"), &|| middle.clone().unsqueeze_dim(1));
        let output = self.fc_t2.forward(activation::silu(middle)); // [B, out]
        probe(format_args!("fc_t2"), &|| output.clone().unsqueeze_dim(1));
        activation::silu(output)
    }
}

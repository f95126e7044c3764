//! Weight normalisation (Salimans and Kingma 2016): w = gain v / norm(v), the norm over all axes but the first.
//!
//! The result is laid out for [`crate::nets::ops::conv`], taps first and outputs last.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::is_flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

/// Outputs that are transposed together: a cache line of floats.
const TILE: usize = 16;

/// `direction` \[O, I, J\] and `gain` \[O\] to \[J, I, O\], times `factor`.
pub(crate) fn weight_norm(direction: Tensor<3>, gain: Tensor<1>, factor: f32) -> Tensor<3> {
    if !is_flex(&direction.device()) {
        return plain(direction, gain, factor);
    }
    Tensor::from_dispatch(fused::apply([direction.into_dispatch(), gain.into_dispatch()], WeightNorm { factor }))
}

/// The same by operations of the framework.
pub(crate) fn plain(direction: Tensor<3>, gain: Tensor<1>, factor: f32) -> Tensor<3> {
    let outputs = gain.dims()[0];
    let norm = direction.clone().square().sum_dim(2).sum_dim(1).sqrt(); // [O, 1, 1]
    (direction / norm * gain.reshape([outputs, 1, 1]) * factor).permute([2, 1, 0]) // [J, I, O]
}

#[derive(Debug)]
struct WeightNorm {
    factor: f32,
}

/// `[O, I, J]`, and the norms of all outputs.
fn norms(direction: &FlexTensor) -> ([usize; 3], Vec<f32>) {
    let shape = kernel::shape(direction);
    let norm = |row: &[f32]| row.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt() as f32;
    let norms = kernel::values(direction).par_chunks((shape[1] * shape[2]).max(1)).map(norm).collect();
    ([shape[0], shape[1], shape[2]], norms)
}

impl Rule for WeightNorm {
    fn kept(&self) -> &'static [usize] {
        &[0, 1]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let ([outputs, channels, taps], norms) = norms(&inputs[0]);
        let (v, gain) = (kernel::values(&inputs[0]), kernel::values(&inputs[1]));
        let row = channels * taps;
        let mut weight = vec![0.0; outputs * row];
        for first in (0..outputs).step_by(TILE) {
            let tile = first..(first + TILE).min(outputs);
            for channel in 0..channels {
                for tap in 0..taps {
                    let to = &mut weight[(tap * channels + channel) * outputs..][..outputs];
                    for out in tile.clone() {
                        to[out] = self.factor * gain[out] / norms[out] * v[out * row + channel * taps + tap];
                    }
                }
            }
        }
        kernel::tensor(weight, &[taps, channels, outputs])
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], _: &[bool]) -> Vec<Option<FlexTensor>> {
        let shape = kernel::shape(&kept[0]);
        let (outputs, channels, taps) = (shape[0], shape[1], shape[2]);
        let (v, gain, dy) = (kernel::values(&kept[0]), kernel::values(&kept[1]), kernel::values(&dy));
        let row = channels * taps;
        let mut d_v = vec![0.0; outputs * row];
        let mut d_gain = vec![0.0; outputs];
        for first in (0..outputs).step_by(TILE) {
            let tile = first..(first + TILE).min(outputs);
            for channel in 0..channels {
                for tap in 0..taps {
                    let from = &dy[(tap * channels + channel) * outputs..][..outputs];
                    for out in tile.clone() {
                        d_v[out * row + channel * taps + tap] = from[out];
                    }
                }
            }
        }
        for (out, (d_v, v)) in d_v.chunks_exact_mut(row).zip(v.chunks_exact(row)).enumerate() {
            // What is along v cancels: with one channel all of it, which takes double precision to come out as nothing.
            let square: f64 = v.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
            let along: f64 = v.iter().zip(d_v.iter()).map(|(v, d_v)| f64::from(*v) * f64::from(*d_v)).sum();
            let scale = f64::from(self.factor * gain[out]) / square.sqrt();
            d_gain[out] = (f64::from(self.factor) * along / square.sqrt()) as f32;
            let share = along / square;
            for (d_v, v) in d_v.iter_mut().zip(v) {
                *d_v = (scale * (f64::from(*d_v) - f64::from(*v) * share)) as f32;
            }
        }
        vec![Some(kernel::tensor(d_v, &[outputs, channels, taps])), Some(kernel::tensor(d_gain, &[outputs]))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for shape in [[5, 3, 1], [19, 4, 3]] {
            let (v, gain) = (normal(shape, 1), normal([shape[0]], 2));
            let weights = normal([shape[2], shape[1], shape[0]], 3).detach();
            let fast = weight_norm(v.clone(), gain.clone(), 0.7);
            let slow = plain(v.clone(), gain.clone(), 0.7);
            close(fast.clone().inner(), slow.clone().inner(), 1e-6);
            let fast = (fast * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            close(v.grad(&fast).expect("v"), v.grad(&slow).expect("v"), 2e-6);
            close(gain.grad(&fast).expect("gain"), gain.grad(&slow).expect("gain"), 2e-6);
        }
    }
}

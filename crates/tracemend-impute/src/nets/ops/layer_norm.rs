//! Layer normalisation over the last axis: y = gain (x - mean) / sqrt(variance + eps) + bias, variance biased.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{is_flex, simd, sum};
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

/// Added to the variance, as in PyTorch.
pub(crate) const EPSILON: f32 = 1e-5;
/// Rows of one task; fixed, so that sums over rows do not depend on the number of threads.
const ROWS: usize = 64;

/// Normalises `x` \[.., H\] with `gain` and `bias` \[H\]; the shape stays.
pub(crate) fn layer_norm<const D: usize>(x: Tensor<D>, gain: Tensor<1>, bias: Tensor<1>) -> Tensor<D> {
    if !is_flex(&x.device()) {
        return plain(x, gain, bias);
    }
    let operands = [x.into_dispatch(), gain.into_dispatch(), bias.into_dispatch()];
    Tensor::from_dispatch(fused::apply(operands, LayerNorm))
}

/// The same by operations of the framework.
pub(crate) fn plain<const D: usize>(x: Tensor<D>, gain: Tensor<1>, bias: Tensor<1>) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1); // [.., H]
    let variance = centred.clone().square().mean_dim(D - 1); // [.., 1]
    centred / (variance + EPSILON).sqrt() * gain.unsqueeze() + bias.unsqueeze() // [.., H]
}

/// Mean and reciprocal standard deviation of a row.
#[inline(always)]
fn moments(x: &[f32]) -> (f32, f32) {
    let width = x.len() as f32;
    let mean = sum(x.len(), |i| x[i]) / width;
    let variance = sum(x.len(), |i| (x[i] - mean) * (x[i] - mean)) / width;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

#[inline(always)]
fn forward_rows(x: &[f32], gain: &[f32], bias: &[f32], y: &mut [f32]) {
    let width = gain.len();
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let (mean, scale) = moments(x);
        for i in 0..width {
            y[i] = ((x[i] - mean) * scale).mul_add(gain[i], bias[i]);
        }
    }
}

#[inline(always)]
fn backward_rows(dy: &[f32], x: &[f32], gain: &[f32], dx: &mut [f32], sums: &mut [f32]) {
    let width = gain.len();
    let (d_gain, d_bias) = sums.split_at_mut(width);
    for ((dy, x), dx) in dy.chunks_exact(width).zip(x.chunks_exact(width)).zip(dx.chunks_exact_mut(width)) {
        let (mean, scale) = moments(x);
        let of_mean = sum(width, |i| dy[i] * gain[i]) / width as f32;
        let of_scale = sum(width, |i| dy[i] * gain[i] * (x[i] - mean) * scale) / width as f32;
        for i in 0..width {
            let normal = (x[i] - mean) * scale;
            dx[i] = scale * (dy[i] * gain[i] - of_mean - normal * of_scale);
            d_gain[i] += dy[i] * normal;
            d_bias[i] += dy[i];
        }
    }
}

#[derive(Debug)]
struct LayerNorm;

impl Rule for LayerNorm {
    fn kept(&self) -> &'static [usize] {
        &[0, 1]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let [x, gain, bias] = inputs.as_slice() else { unreachable!("x, gain and bias") };
        let (gain, bias) = (kernel::values(gain), kernel::values(bias));
        let mut y = vec![0.0; kernel::values(x).len()];
        let step = ROWS * gain.len();
        y.par_chunks_mut(step).zip(kernel::values(x).par_chunks(step)).for_each(|(y, x)| {
            simd(
                #[inline(always)]
                || forward_rows(x, gain, bias, y),
            )
        });
        kernel::tensor(y, &kernel::shape(x))
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], _: &[bool]) -> Vec<Option<FlexTensor>> {
        let [x, gain] = kept else { unreachable!("x and gain") };
        let gain = kernel::values(gain);
        let width = gain.len();
        let mut dx = vec![0.0; kernel::values(x).len()];
        let step = ROWS * width;
        let parts: Vec<Vec<f32>> = dx
            .par_chunks_mut(step)
            .zip(kernel::values(&dy).par_chunks(step))
            .zip(kernel::values(x).par_chunks(step))
            .map(|((dx, dy), x)| {
                let mut sums = vec![0.0; 2 * width];
                simd(
                    #[inline(always)]
                    || backward_rows(dy, x, gain, dx, &mut sums),
                );
                sums
            })
            .collect();
        let mut sums = vec![0.0; 2 * width];
        for part in &parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let bias = sums.split_off(width);
        let gradients =
            [kernel::tensor(dx, &kernel::shape(x)), kernel::tensor(sums, &[width]), kernel::tensor(bias, &[width])];
        gradients.map(Some).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for width in [1, 7, 16, 37] {
            // More rows than one task takes.
            let (x, gain, bias) = (normal([3, 50, width], 1), normal([width], 2), normal([width], 3));
            let weights = normal([3, 50, width], 4).detach();
            let fused = layer_norm(x.clone(), gain.clone(), bias.clone());
            let slow = plain(x.clone(), gain.clone(), bias.clone());
            close(fused.clone().inner(), slow.clone().inner(), 1e-5);
            let fused = (fused * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            let of = |grads: &burn::tensor::Gradients| {
                (x.grad(grads).expect("x"), gain.grad(grads).expect("gain"), bias.grad(grads).expect("bias"))
            };
            let (fused, slow) = (of(&fused), of(&slow));
            close(fused.0, slow.0, 2e-5);
            close(fused.1, slow.1, 1e-4);
            close(fused.2, slow.2, 1e-4);
        }
    }
}

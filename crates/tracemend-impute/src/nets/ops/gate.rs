//! Gates: the first half of the channels times the second half, each through a function of its own.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{is_flex, sigmoid, simd, tanh};
use burn::backend::flex::FlexTensor;
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;

/// Output elements of one task.
const CHUNK: usize = 16_384;

/// Which functions the halves go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// tanh(first) sigmoid(second): DiffWave and its kin.
    TanhSigmoid,
    /// sigmoid(first) tanh(second): CSDI.
    SigmoidTanh,
    /// first sigmoid(second): the gated linear unit.
    Linear,
}

/// `x` \[.., 2 C\] to \[.., C\].
pub(crate) fn gate<const D: usize>(x: Tensor<D>, gate: Gate) -> Tensor<D> {
    if !is_flex(&x.device()) {
        return plain(x, gate);
    }
    Tensor::from_dispatch(fused::apply([x.into_dispatch()], gate))
}

/// The same by operations of the framework.
pub(crate) fn plain<const D: usize>(x: Tensor<D>, gate: Gate) -> Tensor<D> {
    let half = x.dims()[D - 1] / 2;
    let (first, second) = (x.clone().narrow(D - 1, 0, half), x.narrow(D - 1, half, half)); // [.., C]
    match gate {
        Gate::TanhSigmoid => first.tanh() * activation::sigmoid(second),
        Gate::SigmoidTanh => activation::sigmoid(first) * second.tanh(),
        Gate::Linear => first * activation::sigmoid(second),
    }
}

#[inline(always)]
fn forward_row(x: &[f32], y: &mut [f32], gate: Gate) {
    let (first, second) = x.split_at(y.len());
    match gate {
        Gate::TanhSigmoid => {
            for ((y, a), b) in y.iter_mut().zip(first).zip(second) {
                *y = tanh(*a) * sigmoid(*b);
            }
        }
        Gate::SigmoidTanh => {
            for ((y, a), b) in y.iter_mut().zip(first).zip(second) {
                *y = sigmoid(*a) * tanh(*b);
            }
        }
        Gate::Linear => {
            for ((y, a), b) in y.iter_mut().zip(first).zip(second) {
                *y = a * sigmoid(*b);
            }
        }
    }
}

#[inline(always)]
fn backward_row(dy: &[f32], x: &[f32], dx: &mut [f32], gate: Gate) {
    let (first, second) = x.split_at(dy.len());
    let (d_first, d_second) = dx.split_at_mut(dy.len());
    for i in 0..dy.len() {
        let (a, b, dy) = (first[i], second[i], dy[i]);
        let (value_a, slope_a, value_b, slope_b) = match gate {
            Gate::TanhSigmoid => {
                let (a, b) = (tanh(a), sigmoid(b));
                (a, 1.0 - a * a, b, b * (1.0 - b))
            }
            Gate::SigmoidTanh => {
                let (a, b) = (sigmoid(a), tanh(b));
                (a, a * (1.0 - a), b, 1.0 - b * b)
            }
            Gate::Linear => {
                let b = sigmoid(b);
                (a, 1.0, b, b * (1.0 - b))
            }
        };
        d_first[i] = dy * slope_a * value_b;
        d_second[i] = dy * value_a * slope_b;
    }
}

impl Rule for Gate {
    fn kept(&self) -> &'static [usize] {
        &[0]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let x = &inputs[0];
        let mut shape = kernel::shape(x);
        let Some(last) = shape.last_mut() else { return inputs[0].clone() };
        *last /= 2;
        let half = *last;
        let mut y = vec![0.0; shape.iter().product()];
        let rows = CHUNK.div_ceil(half.max(1));
        y.par_chunks_mut((rows * half).max(1)).zip(kernel::values(x).par_chunks((rows * 2 * half).max(1))).for_each(
            |(y, x)| {
                simd(
                    #[inline(always)]
                    || {
                        for (y, x) in y.chunks_exact_mut(half).zip(x.chunks_exact(2 * half)) {
                            forward_row(x, y, *self);
                        }
                    },
                );
            },
        );
        kernel::tensor(y, &shape)
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], _: &[bool]) -> Vec<Option<FlexTensor>> {
        let x = &kept[0];
        let shape = kernel::shape(x);
        let half = kernel::shape(&dy).last().copied().unwrap_or(0);
        let mut dx = vec![0.0; kernel::values(x).len()];
        let rows = CHUNK.div_ceil(half.max(1));
        dx.par_chunks_mut((rows * 2 * half).max(1))
            .zip(kernel::values(x).par_chunks((rows * 2 * half).max(1)))
            .zip(kernel::values(&dy).par_chunks((rows * half).max(1)))
            .for_each(|((dx, x), dy)| {
                simd(
                    #[inline(always)]
                    || {
                        let rows = dx.chunks_exact_mut(2 * half).zip(x.chunks_exact(2 * half));
                        for ((dx, x), dy) in rows.zip(dy.chunks_exact(half)) {
                            backward_row(dy, x, dx, *self);
                        }
                    },
                );
            });
        vec![Some(kernel::tensor(dx, &shape))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for kind in [Gate::TanhSigmoid, Gate::SigmoidTanh, Gate::Linear] {
            let (x, weights) = (normal([3, 7, 18], 1), normal([3, 7, 9], 2).detach());
            let (fast, slow) = (gate(x.clone(), kind), plain(x.clone(), kind));
            close(fast.clone().inner(), slow.clone().inner(), 1e-6);
            let fast = (fast * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            close(x.grad(&fast).expect("x"), x.grad(&slow).expect("x"), 2e-6);
        }
    }
}

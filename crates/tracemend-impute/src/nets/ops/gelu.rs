//! GELU with the error function: y = x / 2 (1 + erf(x / sqrt 2)), the form of the published networks.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{erf, exp, is_flex, simd};
use burn::backend::flex::FlexTensor;
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;
use std::f32::consts::FRAC_1_SQRT_2;

/// Elements of one task.
const CHUNK: usize = 16_384;

/// GELU of every element.
pub(crate) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !is_flex(&x.device()) {
        return activation::gelu(x);
    }
    Tensor::from_dispatch(fused::apply([x.into_dispatch()], Gelu))
}

#[inline(always)]
fn normal_share(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

#[inline(always)]
fn derivative(x: f32) -> f32 {
    const DENSITY_AT_0: f32 = 0.398_942_3;
    normal_share(x) + x * DENSITY_AT_0 * exp(-0.5 * x * x)
}

#[inline(always)]
fn forward(y: &mut [f32]) {
    for y in y {
        *y *= normal_share(*y);
    }
}

#[inline(always)]
fn backward(dx: &mut [f32], x: &[f32]) {
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx *= derivative(*x);
    }
}

#[derive(Debug)]
struct Gelu;

impl Rule for Gelu {
    fn kept(&self) -> &'static [usize] {
        &[0]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let x = &inputs[0];
        let mut y = kernel::values(x).to_vec();
        y.par_chunks_mut(CHUNK).for_each(|y| {
            simd(
                #[inline(always)]
                || forward(y),
            )
        });
        kernel::tensor(y, &kernel::shape(x))
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], _: &[bool]) -> Vec<Option<FlexTensor>> {
        let x = &kept[0];
        let mut dx = kernel::values(&dy).to_vec();
        dx.par_chunks_mut(CHUNK).zip(kernel::values(x).par_chunks(CHUNK)).for_each(|(dx, x)| {
            simd(
                #[inline(always)]
                || backward(dx, x),
            )
        });
        vec![Some(kernel::tensor(dx, &kernel::shape(x)))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_those_of_the_framework() {
        let x = normal([5, 333], 1) * 3.0;
        let x = x.detach().require_grad();
        let weights = normal([5, 333], 2).detach();
        close(gelu(x.clone()).inner(), activation::gelu(x.clone()).inner(), 2e-6);
        let fused = (gelu(x.clone()) * weights.clone()).sum().backward();
        let slow = (activation::gelu(x.clone()) * weights).sum().backward();
        close(x.grad(&fused).expect("x"), x.grad(&slow).expect("x"), 5e-6);
    }
}

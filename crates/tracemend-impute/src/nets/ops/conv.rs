//! Convolutions along time with the channels last, as matrix products: y\[t\] = f base\[t\] + bias + sum over j of
//! x\[t + j dilation - padding\] w_j. One tap makes it a linear map.
//!
//! Each tap is one product of the rows that it reaches; a tap that meets nothing but padding costs nothing. The sum of a
//! residual connection is the product's starting value, not a pass of its own.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{Matrix, all_threads, is_flex, product, simd};
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use gemm::Parallelism;
use rayon::prelude::*;

/// Rows of one task where there is one tap; fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 200;

/// `x` \[.., I\] times `weight` \[I, O\] plus `bias` \[O\].
pub(crate) fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    rows(x, |x| convolve(x, weight.unsqueeze_dim(0), bias, None, 1))
}

/// Applies `map` to `x` \[.., I\] seen as \[1, rows, I\].
fn rows<const D: usize>(x: Tensor<D>, map: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Tensor<D> {
    let mut shape = x.dims();
    let width = shape[D - 1];
    let count = shape[..D - 1].iter().product::<usize>();
    let y = map(x.reshape([1, count, width]));
    shape[D - 1] = y.dims()[2];
    y.reshape(shape)
}

/// `x` \[B, L, I\] by `weight` \[J, I, O\] plus `bias` \[O\], onto `base` \[B, L, O\] times its factor if there is one.
/// The J taps lie `dilation` apart; zeros pad by `dilation (J - 1) / 2`, rounded down, on the left.
pub(crate) fn convolve(
    x: Tensor<3>,
    weight: Tensor<3>,
    bias: Tensor<1>,
    base: Option<(Tensor<3>, f32)>,
    dilation: usize,
) -> Tensor<3> {
    if !is_flex(&x.device()) {
        return plain(x, weight, bias, base, dilation);
    }
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(match base {
        Some((base, factor)) => fused::apply([x, weight, bias, base.into_dispatch()], Taps { dilation, factor }),
        None => fused::apply([x, weight, bias], Taps { dilation, factor: 0.0 }),
    })
}

/// The same by operations of the framework.
pub(crate) fn plain(
    x: Tensor<3>,
    weight: Tensor<3>,
    bias: Tensor<1>,
    base: Option<(Tensor<3>, f32)>,
    dilation: usize,
) -> Tensor<3> {
    let [batch, length, inputs] = x.dims();
    let taps = weight.dims()[0];
    let device = x.device();
    let mut y = bias.unsqueeze::<3>(); // [1, 1, O]
    if let Some((base, factor)) = base {
        y = y + base * factor; // [B, L, O]
    }
    let whole = dilation * (taps - 1);
    let zeros = |rows: usize| Tensor::zeros([batch, rows, inputs], &device);
    let padded = Tensor::cat(vec![zeros(whole / 2), x, zeros(whole - whole / 2)], 1); // [B, L + padding, I]
    for tap in 0..taps {
        let shifted = padded.clone().narrow(1, tap * dilation, length); // [B, L, I]
        y = y + shifted.matmul(weight.clone().narrow(0, tap, 1)); // [B, L, O]
    }
    y
}

#[derive(Debug)]
struct Taps {
    dilation: usize,
    /// Of the base, where there is one.
    factor: f32,
}

/// Sizes of one convolution.
struct Sizes {
    /// Rows that belong together: a window, or any number of rows where there is one tap.
    length: usize,
    taps: usize,
    inputs: usize,
    outputs: usize,
}

impl Sizes {
    fn of(x: &FlexTensor, weight: &FlexTensor) -> Self {
        let (x, weight) = (kernel::shape(x), kernel::shape(weight));
        let length = if weight[0] == 1 { ROWS.min(x[0] * x[1]) } else { x[1] };
        Self { length: length.max(1), taps: weight[0], inputs: weight[1], outputs: weight[2] }
    }
}

/// What one tap reaches: from output row `to` and input row `from` on, `count` rows.
struct Reach {
    to: usize,
    from: usize,
    count: usize,
}

impl Taps {
    fn reach(&self, tap: usize, taps: usize, length: usize) -> Reach {
        let padding = self.dilation * (taps - 1) / 2;
        let (to, from) = (padding.saturating_sub(tap * self.dilation), (tap * self.dilation).saturating_sub(padding));
        Reach { to, from, count: length.saturating_sub(to.max(from)) }
    }
}

#[inline(always)]
fn fill(y: &mut [f32], bias: &[f32], factor: f32) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (y, bias) in row.iter_mut().zip(bias) {
            *y = factor.mul_add(*y, *bias);
        }
    }
}

#[inline(always)]
fn add_rows(sum: &mut [f32], rows: &[f32]) {
    for row in rows.chunks_exact(sum.len()) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

impl Rule for Taps {
    fn kept(&self) -> &'static [usize] {
        &[0, 1]
    }

    fn forward(&self, mut inputs: Vec<FlexTensor>) -> FlexTensor {
        let base = (inputs.len() == 4).then(|| inputs.swap_remove(3));
        let (x, weight, bias) = (&inputs[0], &inputs[1], &inputs[2]);
        let sizes = Sizes::of(x, weight);
        let shape = [kernel::shape(x)[0], kernel::shape(x)[1], sizes.outputs];
        let (x, weight, bias) = (kernel::values(x), kernel::values(weight), kernel::values(bias));
        let mut y = match base {
            Some(base) => kernel::owned(base),
            None => kernel::tensor(vec![0.0; shape.iter().product()], &shape),
        };
        let values = y.storage_mut::<f32>();
        let (out, step) = (sizes.length * sizes.outputs, sizes.length * sizes.inputs);
        let threads = if values.len() <= out { all_threads() } else { Parallelism::None };
        values.par_chunks_mut(out.max(1)).zip(x.par_chunks(step.max(1))).for_each(|(y, x)| {
            simd(
                #[inline(always)]
                || fill(y, bias, self.factor),
            );
            for (tap, weight) in weight.chunks_exact(sizes.inputs * sizes.outputs).enumerate() {
                let Reach { to, from, count } = self.reach(tap, sizes.taps, x.len() / sizes.inputs);
                if count > 0 {
                    let (y, x) = (&mut y[to * sizes.outputs..], Matrix::rows(&x[from * sizes.inputs..], sizes.inputs));
                    let weight = Matrix::rows(weight, sizes.outputs);
                    product([count, sizes.inputs, sizes.outputs], y, sizes.outputs, 1.0, x, weight, threads);
                }
            }
        });
        y
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], wanted: &[bool]) -> Vec<Option<FlexTensor>> {
        let (x, weight) = (&kept[0], &kept[1]);
        let sizes = Sizes::of(x, weight);
        let (inputs, outputs) = (sizes.inputs, sizes.outputs);
        let d_x = wanted[0].then(|| self.backward_x(kernel::values(&dy), x, weight, &sizes));
        let d_weight = wanted[1].then(|| self.backward_weight(kernel::values(&dy), x, weight, &sizes));
        let d_bias = wanted[2].then(|| {
            let parts: Vec<Vec<f32>> = kernel::values(&dy)
                .par_chunks((ROWS * outputs).max(1))
                .map(|rows| {
                    let mut sum = vec![0.0; outputs];
                    simd(
                        #[inline(always)]
                        || add_rows(&mut sum, rows),
                    );
                    sum
                })
                .collect();
            let mut sum = vec![0.0; outputs];
            parts.iter().for_each(|part| add_rows(&mut sum, part));
            kernel::tensor(sum, &[outputs])
        });
        debug_assert_eq!(kernel::values(x).len() / inputs.max(1), kernel::values(&dy).len() / outputs.max(1));
        let d_base = wanted.get(3).is_some_and(|wanted| *wanted).then(|| {
            if self.factor == 1.0 {
                return dy;
            }
            let mut scaled = kernel::owned(dy);
            simd(
                #[inline(always)]
                || scaled.storage_mut::<f32>().iter_mut().for_each(|value| *value *= self.factor),
            );
            scaled
        });
        let mut found = vec![d_x, d_weight, d_bias];
        found.extend((wanted.len() == 4).then_some(d_base));
        found
    }
}

impl Taps {
    fn backward_x(&self, dy: &[f32], x: &FlexTensor, weight: &FlexTensor, sizes: &Sizes) -> FlexTensor {
        let Sizes { length, taps, inputs, outputs } = *sizes;
        let mut d_x = vec![0.0; kernel::values(x).len()];
        let threads = if dy.len() <= length * outputs { all_threads() } else { Parallelism::None };
        let weight = kernel::values(weight);
        d_x.par_chunks_mut((length * inputs).max(1)).zip(dy.par_chunks((length * outputs).max(1))).for_each(
            |(d_x, dy)| {
                for (tap, weight) in weight.chunks_exact(inputs * outputs).enumerate() {
                    let Reach { to, from, count } = self.reach(tap, taps, dy.len() / outputs);
                    if count > 0 {
                        let (dy, weight) =
                            (Matrix::rows(&dy[to * outputs..], outputs), Matrix::columns(weight, outputs));
                        product([count, outputs, inputs], &mut d_x[from * inputs..], inputs, 1.0, dy, weight, threads);
                    }
                }
            },
        );
        kernel::tensor(d_x, &kernel::shape(x))
    }

    fn backward_weight(&self, dy: &[f32], x: &FlexTensor, weight: &FlexTensor, sizes: &Sizes) -> FlexTensor {
        let Sizes { length, taps, inputs, outputs } = *sizes;
        let x = kernel::values(x);
        let shape = kernel::shape(weight);
        let mut d_weight = vec![0.0; shape.iter().product()];
        for (tap, d_weight) in d_weight.chunks_exact_mut(inputs * outputs).enumerate() {
            // The middle tap, or the only one, does not shift: all windows are one product.
            let centred = self.reach(tap, taps, length).count == length;
            let rows = if centred { x.len() / inputs } else { length };
            for (x, dy) in x.chunks_exact(rows * inputs).zip(dy.chunks_exact(rows * outputs)) {
                let Reach { to, from, count } = self.reach(tap, taps, rows);
                if count > 0 {
                    let x = Matrix::columns(&x[from * inputs..], inputs);
                    let dy = Matrix::rows(&dy[to * outputs..], outputs);
                    product([inputs, count, outputs], d_weight, outputs, 1.0, x, dy, all_threads());
                }
            }
        }
        kernel::tensor(d_weight, &shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for (length, taps, dilation, based) in
            [(7, 3, 1, false), (7, 3, 2, true), (9, 3, 16, true), (260, 1, 1, true), (5, 3, 4, false), (6, 4, 1, true)]
        {
            let (x, weight, bias) = (normal([2, length, 3], 1), normal([taps, 3, 5], 2), normal([5], 3));
            let base = normal([2, length, 5], 4);
            let onto = || based.then(|| (base.clone(), 0.7));
            let weights = normal([2, length, 5], 5).detach();
            let fast = convolve(x.clone(), weight.clone(), bias.clone(), onto(), dilation);
            let slow = plain(x.clone(), weight.clone(), bias.clone(), onto(), dilation);
            close(fast.clone().inner(), slow.clone().inner(), 1e-5);
            let fast = (fast * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            close(x.grad(&fast).expect("x"), x.grad(&slow).expect("x"), 1e-5);
            close(weight.grad(&fast).expect("weight"), weight.grad(&slow).expect("weight"), 1e-4);
            close(bias.grad(&fast).expect("bias"), bias.grad(&slow).expect("bias"), 1e-4);
            if based {
                close(base.grad(&fast).expect("base"), base.grad(&slow).expect("base"), 1e-5);
            }
        }
    }

    #[test]
    fn a_linear_map_takes_any_number_of_axes() {
        let (x, weight, bias) = (normal([2, 3, 4, 5], 1), normal([5, 6], 2), normal([6], 3));
        let slow = x.clone().matmul(weight.clone().unsqueeze()) + bias.clone().unsqueeze();
        close(linear(x, weight, bias), slow, 1e-5);
    }
}

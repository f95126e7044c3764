//! Convolution of every channel with a kernel as long as the window, looking both ways:
//! y\[t\] = sum over s of kernel\[t - s\] u\[s\].
//!
//! Computed directly, several channels in one vector and several times in registers: at windows of some hundred events
//! this runs near the processor's peak and is quicker than a Fourier transform, which needs the channels one by one.

use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::is_flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Int, Tensor, TensorData};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

/// Outputs that are summed in registers at the same time.
const TIMES: usize = 8;
/// Inputs that are added to them before the next values of the kernel are loaded.
const STEPS: usize = 4;

/// `u` \[B, L, H\] by `taps` \[2 L - 1, H\], which hold the kernel at lags -(L - 1) to L - 1.
pub(crate) fn long_conv(u: Tensor<3>, taps: Tensor<2>) -> Tensor<3> {
    if !is_flex(&u.device()) {
        return plain(u, taps);
    }
    Tensor::from_dispatch(fused::apply([u.into_dispatch(), taps.into_dispatch()], LongConv))
}

/// The same by operations of the framework: one product for each channel, with the matrix of its kernel at all lags.
pub(crate) fn plain(u: Tensor<3>, taps: Tensor<2>) -> Tensor<3> {
    let [_, length, width] = u.dims();
    let lag = |t: usize, s: usize| (length - 1 + t - s) as i32;
    let lags: Vec<i32> = (0..length).flat_map(|t| (0..length).map(move |s| lag(t, s))).collect();
    let lags = Tensor::<1, Int>::from_data(TensorData::new(lags, [length * length]), &u.device());
    let kernels = taps.select(0, lags).reshape([length, length, width]).permute([2, 0, 1]); // [H, L, L]
    kernels.matmul(u.permute([2, 1, 0])).permute([2, 1, 0]) // [B, L, H]
}

#[derive(Debug)]
struct LongConv;

/// out\[j\] += sum over s of a\[s\] w\[j - s + m - 1\], every channel by itself; `a` \[m, H\], `w` \[n + m - 1, H\],
/// `out` \[n, H\].
struct Correlation<'a> {
    a: &'a [f32],
    w: &'a [f32],
    out: &'a mut [f32],
    width: usize,
}

impl WithSimd for Correlation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, w, out, width } = self;
        let (m, n) = (a.len() / width, out.len() / width);
        let zero = simd.splat_f32s(0.0);
        let mut steps = vec![zero; m];
        let mut values = vec![zero; n + m - 1 + TIMES];
        for first in (0..width).step_by(S::F32_LANES) {
            let lanes = first..(first + S::F32_LANES).min(width);
            for (to, row) in steps.iter_mut().zip(a.chunks_exact(width)) {
                *to = simd.partial_load_f32s(&row[lanes.clone()]);
            }
            for (to, row) in values.iter_mut().zip(w.chunks_exact(width)) {
                *to = simd.partial_load_f32s(&row[lanes.clone()]);
            }
            for (tile, rows) in out.chunks_mut(TIMES * width).enumerate() {
                let mut sums = [zero; TIMES];
                let mut s = 0;
                while s + STEPS <= m {
                    let from = tile * TIMES + m - STEPS - s;
                    let Some(values) = values[from..].first_chunk::<{ TIMES + STEPS - 1 }>() else { break };
                    for step in 0..STEPS {
                        let a = steps[s + step];
                        for (i, sum) in sums.iter_mut().enumerate() {
                            *sum = simd.mul_add_e_f32s(a, values[STEPS - 1 - step + i], *sum);
                        }
                    }
                    s += STEPS;
                }
                for (s, a) in steps.iter().enumerate().skip(s) {
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f32s(*a, values[tile * TIMES + i + m - 1 - s], *sum);
                    }
                }
                for (row, sum) in rows.chunks_exact_mut(width).zip(sums) {
                    simd.partial_store_f32s(&mut row[lanes.clone()], sum);
                }
            }
        }
    }
}

fn correlate(a: &[f32], w: &[f32], out: &mut [f32], width: usize) {
    pulp::Arch::new().dispatch(Correlation { a, w, out, width });
}

/// Rows in reverse order.
fn reversed(rows: &[f32], width: usize) -> Vec<f32> {
    rows.chunks_exact(width).rev().flatten().copied().collect()
}

/// Convolves every window of `u` with `taps`, both as [`Correlation`] names them.
fn windows(u: &[f32], taps: &[f32], length: usize, width: usize) -> Vec<f32> {
    let mut y = vec![0.0; u.len()];
    y.par_chunks_mut(length * width).zip(u.par_chunks(length * width)).for_each(|(y, u)| correlate(u, taps, y, width));
    y
}

impl Rule for LongConv {
    fn kept(&self) -> &'static [usize] {
        &[0, 1]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let shape = kernel::shape(&inputs[0]);
        let (length, width) = (shape[1], shape[2]);
        kernel::tensor(windows(kernel::values(&inputs[0]), kernel::values(&inputs[1]), length, width), &shape)
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], wanted: &[bool]) -> Vec<Option<FlexTensor>> {
        let shape = kernel::shape(&dy);
        let (length, width) = (shape[1], shape[2]);
        let block = length * width;
        let (dy, u, taps) = (kernel::values(&dy), kernel::values(&kept[0]), kernel::values(&kept[1]));
        // du[s] = sum over t of dy[t] taps[t - s]: the same with the taps turned round.
        let d_u = wanted[0].then(|| kernel::tensor(windows(dy, &reversed(taps, width), length, width), &shape));
        let d_taps = wanted[1].then(|| {
            // d taps[lag] = sum over t of dy[t] u[t - lag], u being zero outside its window. With both turned round the
            // lags ascend: out[lag] = sum over s of dy[L - 1 - s] u[L - 1 - s - lag].
            let parts: Vec<Vec<f32>> = dy
                .par_chunks(block)
                .zip(u.par_chunks(block))
                .map(|(dy, u)| {
                    let mut padded = vec![0.0; (length - 1) * width];
                    padded.extend_from_slice(u);
                    padded.resize((3 * length - 2) * width, 0.0);
                    let mut out = vec![0.0; (2 * length - 1) * width];
                    correlate(&reversed(dy, width), &padded, &mut out, width);
                    out
                })
                .collect();
            let mut sum = vec![0.0; (2 * length - 1) * width];
            for part in parts {
                sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            kernel::tensor(reversed(&sum, width), &[2 * length - 1, width])
        });
        vec![d_u, d_taps]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for (length, width) in [(1, 3), (2, 16), (13, 5), (30, 33)] {
            let (u, taps) = (normal([3, length, width], 1), normal([2 * length - 1, width], 2));
            let weights = normal([3, length, width], 3).detach();
            let (fast, slow) = (long_conv(u.clone(), taps.clone()), plain(u.clone(), taps.clone()));
            close(fast.clone().inner(), slow.clone().inner(), 1e-5);
            let fast = (fast * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            close(u.grad(&fast).expect("u"), u.grad(&slow).expect("u"), 2e-5);
            close(taps.grad(&fast).expect("taps"), taps.grad(&slow).expect("taps"), 3e-5);
        }
    }
}

//! The convolution kernel of a state-space model in NPLR form, by sums over Cauchy matrices (Gu et al. 2022, *Efficiently
//! Modeling Long Sequences with Structured State Spaces*, section 3).
//!
//! With a = dt w, z the nodes, and R(v)_k = dt sum over poles of v / (z_k - a) + conj(v) / (z_k - conj a), the spectrum is
//! F = 2 / (1 + omega) (R(B C) - R(B Q) R(P C) / (1 + R(P Q))), and the kernel its inverse real Fourier transform.
//!
//! | tensor | shape |
//! |---|---|
//! | log_dt | H |
//! | w, complex as a last axis of 2 | H, N/2, 2 |
//! | P, Q, B | 1, H, N/2, 2 |
//! | C | 1 or 2 kernels, H, N/2, 2 |
//! | D | 1, H |
//! | result: lags -(L - 1) to L - 1 | 2 L - 1, H |
//!
//! Everything inside is computed in double precision: nodes rounded to single precision cost the reference three digits.

mod feature;
mod nodes;
mod plain;

use self::feature::{Feature, Gradient};
pub use self::nodes::{Nodes, Sum};
use super::fused::{self, Rule};
use super::kernel::{self, is_flex, simd};
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

/// A state-space model's parameters.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Logarithm of the step, `[H]`.
    pub log_dt: Tensor<1>,
    /// Poles, `[H, N/2, 2]`.
    pub w: Tensor<3>,
    /// Low-rank correction, `[1, H, N/2, 2]`.
    pub p: Tensor<4>,
    /// Low-rank correction, `[1, H, N/2, 2]`.
    pub q: Tensor<4>,
    /// Input vector, `[1, H, N/2, 2]`.
    pub b: Tensor<4>,
    /// Output vectors, corrected for the length, `[kernels, H, N/2, 2]`.
    pub c: Tensor<4>,
    /// What goes straight through, `[1, H]`.
    pub d: Tensor<2>,
}

/// The kernels at all lags of a window of `length`, `[2 L - 1, H]`. The second kernel of C looks into the future.
///
/// # Panics
/// If the nodes are for windows shorter than `length`.
pub fn s4_kernel(parameters: Parameters, nodes: Nodes, length: usize) -> Tensor<2> {
    assert!(
        nodes.length() >= 2 && length <= nodes.length(),
        "windows of {length} need a state-space model of that length: extend it first"
    );
    if !is_flex(&parameters.c.device()) {
        return plain::s4_kernel(parameters, nodes, length);
    }
    let Parameters { log_dt, w, p, q, b, c, d } = parameters;
    let four = |x: Tensor<4>| x.into_dispatch();
    let operands = [log_dt.into_dispatch(), w.into_dispatch(), four(p), four(q), four(b), four(c), d.into_dispatch()];
    Tensor::from_dispatch(fused::apply(operands, Cauchy { nodes, length }))
}

#[derive(Debug)]
struct Cauchy {
    nodes: Nodes,
    length: usize,
}

impl Cauchy {
    /// Where value `at` of a kernel lies: how many values it has, and its lag. An odd internal length leaves the kernel a
    /// value short of the window; the one that looks into the future then begins later (as in the reference).
    fn row(&self, kernel: usize, at: usize) -> Option<usize> {
        let middle = self.length - 1;
        match kernel {
            0 => Some(middle + at),
            _ => middle.checked_sub(at + 1 + self.length - self.nodes.values(self.length)),
        }
    }
}

impl Rule for Cauchy {
    fn kept(&self) -> &'static [usize] {
        &[0, 1, 2, 3, 4, 5, 6]
    }

    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor {
        let features = kernel::values(&inputs[0]).len();
        let kernels = kernel::shape(&inputs[5])[0];
        let count = self.nodes.values(self.length);
        let transform = self.nodes.transform(count);
        let found: Vec<Vec<f64>> = (0..features)
            .into_par_iter()
            .map(|h| {
                let feature = Feature::new(&inputs, h);
                let mut out = vec![0.0; kernels * count];
                simd(
                    #[inline(always)]
                    || feature.kernels(&self.nodes, &transform, &mut out),
                );
                out
            })
            .collect();
        let mut taps = vec![0.0; (2 * self.length - 1) * features];
        let direct = kernel::values(&inputs[6]);
        for (h, values) in found.iter().enumerate() {
            for (kernel, values) in values.chunks_exact(count).enumerate() {
                for (at, value) in values.iter().enumerate() {
                    if let Some(row) = self.row(kernel, at) {
                        taps[row * features + h] = *value as f32;
                    }
                }
            }
            taps[(self.length - 1) * features + h] += direct[h];
        }
        kernel::tensor(taps, &[2 * self.length - 1, features])
    }

    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], wanted: &[bool]) -> Vec<Option<FlexTensor>> {
        let features = kernel::values(&kept[0]).len();
        let kernels = kernel::shape(&kept[5])[0];
        let poles = kernel::shape(&kept[1])[1];
        let dy = kernel::values(&dy);
        let count = self.nodes.values(self.length);
        let transform = self.nodes.transform(count);
        let system = wanted[..5].iter().any(|wanted| *wanted);
        let found: Vec<Gradient> = (0..features)
            .into_par_iter()
            .map(|h| {
                let feature = Feature::new(kept, h);
                let mut d_kernels = vec![0.0; kernels * count];
                for (kernel, values) in d_kernels.chunks_exact_mut(count).enumerate() {
                    for (at, value) in values.iter_mut().enumerate() {
                        *value = self.row(kernel, at).map_or(0.0, |row| f64::from(dy[row * features + h]));
                    }
                }
                simd(
                    #[inline(always)]
                    || feature.gradient(&self.nodes, &transform, &d_kernels, system),
                )
            })
            .collect();
        let gather = |of: &dyn Fn(&Gradient) -> &[f64], shape: &[usize]| {
            kernel::tensor(found.iter().flat_map(|each| of(each).iter().map(|x| *x as f32)).collect(), shape)
        };
        let vector = [1, features, poles, 2];
        let mut d_c = Vec::with_capacity(kernels * features * poles * 2);
        for kernel in 0..kernels {
            d_c.extend(
                found.iter().flat_map(|each| each.c[kernel * poles * 2..][..poles * 2].iter().map(|x| *x as f32)),
            );
        }
        let direct = dy[(self.length - 1) * features..][..features].to_vec();
        vec![
            Some(gather(&|each| std::slice::from_ref(&each.log_dt), &[features])),
            Some(gather(&|each| &each.w, &[features, poles, 2])),
            Some(gather(&|each| &each.p, &vector)),
            Some(gather(&|each| &each.q, &vector)),
            Some(gather(&|each| &each.b, &vector)),
            Some(kernel::tensor(d_c, &[kernels, features, poles, 2])),
            Some(kernel::tensor(direct, &[1, features])),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::testing::{close, normal};
    use super::*;

    fn parameters(kernels: usize, features: usize, poles: usize) -> Parameters {
        let w = normal::<3>([features, poles, 1], 1).abs().neg() - 0.1;
        let w = Tensor::cat(vec![w, normal([features, poles, 1], 2) * 4.0], 2).detach().require_grad();
        let vector = |kernels, seed| (normal::<4>([kernels, features, poles, 2], seed) * 0.5).detach().require_grad();
        Parameters {
            log_dt: (normal([features], 3) * 0.5 - 2.0).detach().require_grad(),
            w,
            p: vector(1, 4),
            q: vector(1, 5),
            b: vector(1, 6),
            c: vector(kernels, 7),
            d: normal([1, features], 8),
        }
    }

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for (internal, length) in [(12, 12), (12, 7), (13, 13), (2, 1)] {
            for sum in [Sum::Conjugate, Sum::Fallback] {
                for kernels in [1, 2] {
                    let of = parameters(kernels, 3, 4);
                    let nodes = Nodes::new(internal, sum);
                    let weights = normal([2 * length - 1, 3], 9).detach();
                    let fast = s4_kernel(of.clone(), nodes, length);
                    let slow = plain::s4_kernel(of.clone(), nodes, length);
                    close(fast.clone().inner(), slow.clone().inner(), 2e-4);
                    let fast = (fast * weights.clone()).sum().backward();
                    let slow = (slow * weights).sum().backward();
                    for x in [&of.p, &of.q, &of.b, &of.c] {
                        close(x.grad(&fast).expect("tracked"), x.grad(&slow).expect("tracked"), 1e-3);
                    }
                    close(of.w.grad(&fast).expect("w"), of.w.grad(&slow).expect("w"), 1e-3);
                    close(of.log_dt.grad(&fast).expect("dt"), of.log_dt.grad(&slow).expect("dt"), 1e-3);
                    close(of.d.grad(&fast).expect("d"), of.d.grad(&slow).expect("d"), 1e-5);
                }
            }
        }
    }
}

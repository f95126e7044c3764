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

mod basis;
mod feature;
mod nodes;
mod parameters;
mod plain;

pub(crate) use self::basis::KeptBasis;
pub(crate) use self::nodes::{Nodes, Sum};
pub(crate) use self::parameters::Parameters;
use crate::nets::ops::fused;
use crate::nets::ops::fused::Rule;
use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{is_flex, simd};
use crate::nets::ops::s4_kernel::basis::Basis;
use crate::nets::ops::s4_kernel::feature::{Feature, Gradient, Sums};
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// The kernels at all lags of a window of `length`, `[2 L - 1, H]`. The second kernel of C looks into the future.
///
/// With `kept`, gradients reach C and D alone, and what does not depend on them is computed once and kept there.
///
/// # Panics
/// If the nodes are for windows shorter than `length`.
pub(crate) fn s4_kernel(parameters: Parameters, nodes: Nodes, length: usize, kept: Option<&KeptBasis>) -> Tensor<2> {
    assert!(
        nodes.length() >= 2 && length <= nodes.length(),
        "windows of {length} need a state-space model of that length: extend it first"
    );
    let parameters = if kept.is_some() { parameters.system_detached() } else { parameters };
    if !is_flex(&parameters.c.device()) {
        return plain::s4_kernel(parameters, nodes, length);
    }
    let Parameters { log_dt, w, p, q, b, c, d } = parameters;
    let four = |x: Tensor<4>| x.into_dispatch();
    let operands = [log_dt.into_dispatch(), w.into_dispatch(), four(p), four(q), four(b), four(c), d.into_dispatch()];
    Tensor::from_dispatch(fused::apply(operands, Cauchy { nodes, length, kept: kept.cloned(), found: OnceLock::new() }))
}

#[derive(Debug)]
struct Cauchy {
    nodes: Nodes,
    length: usize,
    kept: Option<KeptBasis>,
    /// What the way back needs again.
    found: OnceLock<Found>,
}

/// What kernels were computed from.
#[derive(Debug)]
enum Found {
    /// Every feature's sums.
    Sums(Vec<Sums>),
    /// A basis that was kept.
    Basis(Arc<Basis>),
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
        let basis = self.kept.as_ref().and_then(|kept| kept.of(&inputs, self.nodes, self.length));
        let (kernels, found): (Vec<Vec<f32>>, Found) = if let Some(basis) = basis {
            ((0..features).into_par_iter().map(|h| basis.kernels(&inputs[5], h)).collect(), Found::Basis(basis))
        } else {
            let (transform, tangents) = (self.nodes.transform(count), self.nodes.tangents());
            let kernels = |h| {
                let feature = Feature::new(&inputs, h);
                let mut out = vec![0.0; kernels * count];
                let sums = simd(
                    #[inline(always)]
                    || {
                        let sums = feature.sums(&tangents, self.nodes.sum());
                        feature.kernels(&self.nodes, &tangents, &sums, &transform, &mut out);
                        sums
                    },
                );
                (out.into_iter().map(|x| x as f32).collect(), sums)
            };
            let (kernels, sums) = (0..features).into_par_iter().map(kernels).unzip();
            (kernels, Found::Sums(sums))
        };
        // Nothing else sets it: a rule is applied once.
        let _ = self.found.set(found);
        let mut taps = vec![0.0; (2 * self.length - 1) * features];
        let direct = kernel::values(&inputs[6]);
        for (h, values) in kernels.iter().enumerate() {
            for (kernel, values) in values.chunks_exact(count).enumerate() {
                for (at, value) in values.iter().enumerate() {
                    if let Some(row) = self.row(kernel, at) {
                        taps[row * features + h] = *value;
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
        // The gradient of one feature's kernels, one after the other.
        let of_kernels = |h: usize| -> Vec<f32> {
            let mut values = vec![0.0; kernels * count];
            for (kernel, values) in values.chunks_exact_mut(count).enumerate() {
                for (at, value) in values.iter_mut().enumerate() {
                    *value = self.row(kernel, at).map_or(0.0, |row| dy[row * features + h]);
                }
            }
            values
        };
        let direct = Some(kernel::tensor(dy[(self.length - 1) * features..][..features].to_vec(), &[1, features]));
        // Features' gradients of C, kernel by kernel, as C has them.
        let output = |found: &[Vec<f32>]| {
            let part = |kernel: usize| found.iter().flat_map(move |each| &each[kernel * poles * 2..][..poles * 2]);
            Some(kernel::tensor((0..kernels).flat_map(part).copied().collect(), &[kernels, features, poles, 2]))
        };
        let sums = match self.found.get() {
            Some(Found::Sums(sums)) => sums,
            Some(Found::Basis(basis)) => {
                let found: Vec<Vec<f32>> =
                    (0..features).into_par_iter().map(|h| basis.gradient(&of_kernels(h), h)).collect();
                return vec![None, None, None, None, None, output(&found), direct];
            }
            None => unreachable!("the way back follows the way there"),
        };
        let (transform, tangents) = (self.nodes.transform(count), self.nodes.tangents());
        let system = wanted[..5].iter().any(|wanted| *wanted);
        let gradient = |h: usize| {
            let feature = Feature::new(kept, h);
            let d_kernels: Vec<f64> = of_kernels(h).into_iter().map(f64::from).collect();
            simd(
                #[inline(always)]
                || feature.gradient(&self.nodes, &tangents, &sums[h], &transform, &d_kernels, system),
            )
        };
        let found: Vec<Gradient> = (0..features).into_par_iter().map(gradient).collect();
        let gather = |of: &dyn Fn(&Gradient) -> &[f64], shape: &[usize]| {
            Some(kernel::tensor(found.iter().flat_map(|each| of(each).iter().map(|x| *x as f32)).collect(), shape))
        };
        let vector = [1, features, poles, 2];
        let of_c: Vec<Vec<f32>> = found.iter().map(|each| each.c.iter().map(|x| *x as f32).collect()).collect();
        vec![
            gather(&|each| std::slice::from_ref(&each.log_dt), &[features]),
            gather(&|each| &each.w, &[features, poles, 2]),
            gather(&|each| &each.p, &vector),
            gather(&|each| &each.q, &vector),
            gather(&|each| &each.b, &vector),
            output(&of_c),
            direct,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

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
                    let fast = s4_kernel(of.clone(), nodes, length, None);
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

    #[test]
    fn a_kept_basis_gives_the_same_kernels_and_gradients_and_knows_another_system() {
        for sum in [Sum::Conjugate, Sum::Fallback] {
            let kept = KeptBasis::default();
            let mut of = parameters(2, 3, 4);
            let same = |of: &Parameters, internal: usize, length: usize| {
                let nodes = Nodes::new(internal, sum);
                let weights = normal([2 * length - 1, 3], 9).detach();
                let fast = s4_kernel(of.clone(), nodes, length, Some(&kept));
                let slow = s4_kernel(of.clone(), nodes, length, None);
                close(fast.clone().inner(), slow.clone().inner(), 1e-5);
                let fast = (fast * weights.clone()).sum().backward();
                let slow = (slow * weights).sum().backward();
                close(of.c.grad(&fast).expect("tracked"), of.c.grad(&slow).expect("tracked"), 1e-5);
                close(of.d.grad(&fast).expect("tracked"), of.d.grad(&slow).expect("tracked"), 1e-6);
                assert!(of.p.grad(&fast).is_none() && of.p.grad(&slow).is_some());
                kept.snapshot()
            };
            let first = same(&of, 13, 13);
            // Another output vector needs no other basis.
            of.c = (of.c * 0.3).detach().require_grad();
            assert!(Arc::ptr_eq(&same(&of, 13, 13), &first));
            for (internal, length) in [(13, 7), (12, 7), (12, 12)] {
                assert!(!Arc::ptr_eq(&same(&of, internal, length), &first));
            }
            let changed = |x: Tensor<4>| (x * 1.1).detach().require_grad();
            of.log_dt = (of.log_dt - 0.1).detach().require_grad();
            same(&of, 12, 12);
            of.w = (of.w * 1.1).detach().require_grad();
            same(&of, 12, 12);
            of.p = changed(of.p);
            same(&of, 12, 12);
            of.q = changed(of.q);
            same(&of, 12, 12);
            of.b = changed(of.b);
            same(&of, 12, 12);
        }
    }

    #[test]
    fn a_basis_that_would_be_too_large_is_not_made() {
        let mut of = parameters(1, 3, 4);
        let nodes = Nodes::new(1 << 21, Sum::Conjugate);
        let one = |x: Tensor<4>| x.narrow(1, 0, 1);
        of = Parameters {
            log_dt: of.log_dt.narrow(0, 0, 1),
            w: of.w.narrow(0, 0, 1),
            p: one(of.p),
            q: one(of.q),
            b: one(of.b),
            c: one(of.c),
            d: of.d.narrow(1, 0, 1),
        };
        let inputs = [of.log_dt.inner().into_data(), of.w.inner().into_data()];
        let inputs = inputs.map(burn::backend::flex::FlexTensor::from_data);
        assert!(KeptBasis::default().of(&inputs, nodes, (1 << 20) + 1).is_none());
    }
}

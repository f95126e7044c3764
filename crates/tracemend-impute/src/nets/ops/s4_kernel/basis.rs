//! Kernels of a state-space model of which the output vectors alone learn.
//!
//! Kernels are linear in C. Where step, poles, P, Q and B stay as they are, the kernels of all unit output vectors are
//! computed once, and those of any C are their sum: a read through the basis instead of Cauchy sums at every update. In
//! single precision, which is enough to learn by. A basis of the published size (H=512, N=64, L=200) takes 26 MB for each layer,
//! 1.9 GB for all 72; a larger one than [`MOST_BYTES`] is not made.

use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{simd, sum};
use crate::nets::ops::s4_kernel::Nodes;
use crate::nets::ops::s4_kernel::feature::Feature;
use burn::backend::flex::FlexTensor;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Largest basis of one layer.
const MOST_BYTES: usize = 32 << 20;
/// Inputs of the operation that make up the system: log_dt, w, P, Q and B.
const SYSTEM: std::ops::Range<usize> = 0..5;

/// The kernels of all unit output vectors of one system, for windows of one length.
#[derive(Debug)]
pub(super) struct Basis {
    nodes: Nodes,
    length: usize,
    /// What makes up the system, by which it is known again.
    system: Vec<Vec<f32>>,
    /// `[H, N, count]`: the kernels of 1 and i at every pole.
    rows: Vec<f32>,
}

/// A basis that is computed when it is first asked for, and again for another system. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptBasis(Arc<Mutex<Option<Arc<Basis>>>>);

impl KeptBasis {
    /// The basis for the operation's inputs; none where it would be too large.
    pub(super) fn of(&self, inputs: &[FlexTensor], nodes: Nodes, length: usize) -> Option<Arc<Basis>> {
        let size = kernel::values(&inputs[1]).len() * nodes.values(length) * size_of::<f32>();
        if size > MOST_BYTES {
            return None;
        }
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().clone().filter(|basis| basis.fits(inputs, nodes, length));
        // Nobody holds the lock while all threads compute: one of them might want it.
        Some(known.unwrap_or_else(|| {
            let basis = Arc::new(Basis::new(inputs, nodes, length));
            *kept() = Some(basis.clone());
            basis
        }))
    }
}

#[cfg(test)]
impl KeptBasis {
    /// What is kept now.
    pub(super) fn snapshot(&self) -> Arc<Basis> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap()
    }
}

impl Basis {
    fn new(inputs: &[FlexTensor], nodes: Nodes, length: usize) -> Self {
        let features = kernel::values(&inputs[0]).len();
        let count = nodes.values(length);
        let (transform, tangents) = (nodes.transform(count), nodes.tangents());
        let rows = (0..features)
            .into_par_iter()
            .flat_map_iter(|h| {
                let feature = Feature::new(inputs, h).with_unit_outputs();
                let mut out = vec![0.0; feature.outputs() * count];
                simd(
                    #[inline(always)]
                    || {
                        let sums = feature.sums(&tangents, nodes.sum());
                        feature.kernels(&nodes, &tangents, &sums, &transform, &mut out);
                    },
                );
                out.into_iter().map(|x| x as f32)
            })
            .collect();
        let system = inputs[SYSTEM].iter().map(|input| kernel::values(input).to_vec()).collect();
        Self { nodes, length, system, rows }
    }

    fn fits(&self, inputs: &[FlexTensor], nodes: Nodes, length: usize) -> bool {
        let same = |(own, input): (&Vec<f32>, &FlexTensor)| own == kernel::values(input);
        self.nodes == nodes && self.length == length && self.system.iter().zip(&inputs[SYSTEM]).all(same)
    }

    /// Rows of one feature, `[N, count]`.
    fn feature(&self, h: usize) -> std::slice::ChunksExact<'_, f32> {
        let count = self.nodes.values(self.length);
        let size = self.rows.len() / self.system[0].len();
        self.rows[h * size..(h + 1) * size].chunks_exact(count)
    }

    /// All kernels of feature `h`, one after the other.
    pub(super) fn kernels(&self, c: &FlexTensor, h: usize) -> Vec<f32> {
        let shape = kernel::shape(c);
        let (kernels, features, states) = (shape[0], shape[1], 2 * shape[2]);
        let count = self.nodes.values(self.length);
        let mut out = vec![0.0; kernels * count];
        for (kernel, out) in out.chunks_exact_mut(count).enumerate() {
            let c = &kernel::values(c)[(kernel * features + h) * states..][..states];
            simd(
                #[inline(always)]
                || {
                    for (row, &c) in self.feature(h).zip(c) {
                        for at in 0..count {
                            out[at] += c * row[at];
                        }
                    }
                },
            );
        }
        out
    }

    /// The gradient of feature `h` of C from that of all its kernels, kernel by kernel.
    pub(super) fn gradient(&self, d_kernels: &[f32], h: usize) -> Vec<f32> {
        let count = self.nodes.values(self.length);
        let mut found = vec![0.0; d_kernels.len() / count * self.feature(h).len()];
        let each = found.chunks_exact_mut(self.feature(h).len()).zip(d_kernels.chunks_exact(count));
        for (found, d_kernel) in each {
            simd(
                #[inline(always)]
                || {
                    for (found, row) in found.iter_mut().zip(self.feature(h)) {
                        *found = sum(count, |at| row[at] * d_kernel[at]);
                    }
                },
            );
        }
        found
    }
}

//! Self-attention of all heads: softmax(q k^T / sqrt(width of a head)) v, every position seeing every other.

use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{Matrix, exp, is_flex, largest, product, simd, sum};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, activation};
use gemm::Parallelism;
use rayon::prelude::*;

/// Attends with `heads` heads, which lie side by side in the last axis; `q`, `k`, `v` and the result are \[B, L, H\].
///
/// # Panics
/// If `heads` does not divide H.
pub(crate) fn attention(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, heads: usize) -> Tensor<3> {
    let width = q.dims()[2];
    assert!(heads > 0 && width.is_multiple_of(heads), "{heads} heads do not divide a width of {width}");
    if !is_flex(&q.device()) {
        return plain(q, k, v, heads);
    }
    let (q, k, v) = (q.into_dispatch(), k.into_dispatch(), v.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Attention>::attention(q, k, v, heads))
}

/// The same by operations of the framework.
pub(crate) fn plain(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, heads: usize) -> Tensor<3> {
    let [batch, length, width] = q.dims();
    let split = |x: Tensor<3>| x.reshape([batch, length, heads, width / heads]).swap_dims(1, 2); // [B, heads, L, H / heads]
    let scale = (width as f64 / heads as f64).sqrt();
    let scores = split(q).matmul(split(k).swap_dims(2, 3)) / scale; // [B, heads, L, L]
    let mixed = activation::softmax(scores, 3).matmul(split(v)); // [B, heads, L, H / heads]
    mixed.swap_dims(1, 2).reshape([batch, length, width]) // [B, L, H]
}

/// The operation of a backend.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Attention: Backend {
    /// See [`attention`].
    fn attention(q: FloatTensor<Self>, k: FloatTensor<Self>, v: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;
    /// The result and the weights, \[B, heads, L, L\].
    fn attention_forward(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        heads: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// Gradients of q, k and v.
    fn attention_backward(
        dy: FloatTensor<Self>,
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        heads: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

#[inline(always)]
fn softmax_rows(scores: &mut [f32], length: usize, scale: f32) {
    for row in scores.chunks_exact_mut(length) {
        let max = largest(row);
        for score in &mut *row {
            *score = exp((*score - max) * scale);
        }
        let share = 1.0 / sum(length, |i| row[i]);
        for weight in row {
            *weight *= share;
        }
    }
}

/// From the gradients of the weights to those of the scores, in place.
#[inline(always)]
fn softmax_backward_rows(gradient: &mut [f32], weights: &[f32], length: usize, scale: f32) {
    for (row, weights) in gradient.chunks_exact_mut(length).zip(weights.chunks_exact(length)) {
        let mean = sum(length, |i| row[i] * weights[i]);
        for (gradient, weight) in row.iter_mut().zip(weights) {
            *gradient = weight * (*gradient - mean) * scale;
        }
    }
}

/// `[batch, length, width, width of a head]` and the scale of the scores.
fn sizes(q: &FlexTensor, heads: usize) -> ([usize; 4], f32) {
    let shape = kernel::shape(q);
    let head = shape[2] / heads;
    ([shape[0], shape[1], shape[2], head], 1.0 / (head as f32).sqrt())
}

impl Attention for Flex {
    fn attention(q: FlexTensor, k: FlexTensor, v: FlexTensor, heads: usize) -> FlexTensor {
        Self::attention_forward(q, k, v, heads).0
    }

    fn attention_forward(q: FlexTensor, k: FlexTensor, v: FlexTensor, heads: usize) -> (FlexTensor, FlexTensor) {
        let (q, k, v) = (q.to_contiguous(), k.to_contiguous(), v.to_contiguous());
        let ([batch, length, width, head], scale) = sizes(&q, heads);
        let (qs, ks, vs) = (kernel::values(&q), kernel::values(&k), kernel::values(&v));
        let (block, square) = (length * width, length * length);
        let mut y = vec![0.0; batch * block];
        let mut weights = vec![0.0; batch * heads * square];
        y.par_chunks_mut(block.max(1)).zip(weights.par_chunks_mut((heads * square).max(1))).enumerate().for_each(
            |(window, (y, weights))| {
                for (number, weights) in weights.chunks_exact_mut(square).enumerate() {
                    let at = window * block + number * head;
                    let keys = Matrix::columns(&ks[at..], width);
                    let none = Parallelism::None;
                    product([length, head, length], weights, length, 0.0, Matrix::rows(&qs[at..], width), keys, none);
                    simd(
                        #[inline(always)]
                        || softmax_rows(weights, length, scale),
                    );
                    let (weights, values) = (Matrix::rows(weights, length), Matrix::rows(&vs[at..], width));
                    product([length, length, head], &mut y[number * head..], width, 0.0, weights, values, none);
                }
            },
        );
        (kernel::tensor(y, &[batch, length, width]), kernel::tensor(weights, &[batch, heads, length, length]))
    }

    fn attention_backward(
        dy: FlexTensor,
        q: FlexTensor,
        k: FlexTensor,
        v: FlexTensor,
        weights: FlexTensor,
        heads: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (dy, q, k, v) = (dy.to_contiguous(), q.to_contiguous(), k.to_contiguous(), v.to_contiguous());
        let ([batch, length, width, head], scale) = sizes(&q, heads);
        let (ys, qs, ks, vs) = (kernel::values(&dy), kernel::values(&q), kernel::values(&k), kernel::values(&v));
        let weights = kernel::values(&weights);
        let (block, square) = (length * width, length * length);
        let mut dq = vec![0.0; batch * block];
        let mut dk = vec![0.0; batch * block];
        let mut dv = vec![0.0; batch * block];
        let step = block.max(1);
        dq.par_chunks_mut(step).zip(dk.par_chunks_mut(step)).zip(dv.par_chunks_mut(step)).enumerate().for_each_init(
            || vec![0.0; square],
            |scores, (window, ((dq, dk), dv))| {
                for number in 0..heads {
                    let offset = number * head;
                    let at = window * block + offset;
                    let weights = &weights[(window * heads + number) * square..][..square];
                    let rows = |data| Matrix::rows(data, width);
                    let outer = [length, head, length];
                    let inner = [length, length, head];
                    let none = Parallelism::None;
                    // d weights = dy v^T
                    product(outer, scores, length, 0.0, rows(&ys[at..]), Matrix::columns(&vs[at..], width), none);
                    // dv = weights^T dy
                    let transposed = Matrix::columns(weights, length);
                    product(inner, &mut dv[offset..], width, 0.0, transposed, rows(&ys[at..]), none);
                    simd(
                        #[inline(always)]
                        || softmax_backward_rows(scores, weights, length, scale),
                    );
                    // dq = d scores k, dk = d scores^T q
                    let scores = &*scores;
                    product(inner, &mut dq[offset..], width, 0.0, Matrix::rows(scores, length), rows(&ks[at..]), none);
                    product(
                        inner,
                        &mut dk[offset..],
                        width,
                        0.0,
                        Matrix::columns(scores, length),
                        rows(&qs[at..]),
                        none,
                    );
                }
            },
        );
        let shape = [batch, length, width];
        (kernel::tensor(dq, &shape), kernel::tensor(dk, &shape), kernel::tensor(dv, &shape))
    }
}

impl<B: Backend + Attention, C: CheckpointStrategy> Attention for Autodiff<B, C> {
    fn attention(q: FloatTensor<Self>, k: FloatTensor<Self>, v: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Step;
        impl<B: Backend + Attention> Backward<B, 3> for Step {
            /// q, k, v, weights, heads
            type State = ([B::FloatTensorPrimitive; 4], usize);

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
                let dy = grads.consume::<B>(&ops.node);
                let ([q, k, v, weights], heads) = ops.state;
                let (dq, dk, dv) = B::attention_backward(dy, q, k, v, weights, heads);
                for (parent, gradient) in ops.parents.into_iter().zip([dq, dk, dv]) {
                    if let Some(node) = parent {
                        grads.register::<B>(node.id, gradient);
                    }
                }
            }
        }
        let nodes = [q.node(), k.node(), v.node()];
        let (q, k, v) = (q.into_primitive(), k.into_primitive(), v.into_primitive());
        let (y, weights) = B::attention_forward(q.clone(), k.clone(), v.clone(), heads);
        match Step.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(([q, k, v, weights], heads), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn attention_forward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the weights are only asked for inside the operation")
    }

    fn attention_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("gradients of gradients are never asked for")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for (length, width, heads) in [(1, 4, 2), (7, 6, 3), (40, 16, 2)] {
            let [q, k, v, weights] = [1, 2, 3, 4].map(|seed| normal([3, length, width], seed));
            let weights = weights.detach();
            let fused = attention(q.clone(), k.clone(), v.clone(), heads);
            let slow = plain(q.clone(), k.clone(), v.clone(), heads);
            close(fused.clone().inner(), slow.clone().inner(), 1e-5);
            let fused = (fused * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            for x in [&q, &k, &v] {
                close(x.grad(&fused).expect("tracked"), x.grad(&slow).expect("tracked"), 2e-5);
            }
        }
    }
}

//! A whole LSTM sequence (Hochreiter and Schmidhuber 1997, with forget gate): i, f, g, o = input + h W;
//! c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c). Gate order i, f, g, o as in PyTorch.

use crate::nets::ops::kernel;
use crate::nets::ops::kernel::{Matrix, all_threads, is_flex, product, sigmoid, simd, tanh};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, activation};
use gemm::Parallelism;

/// Runs the recurrence from a zero state. `input` \[L, B, 4 H\]: the input's part of the gates; `weight` \[H, 4 H\]: the
/// hidden state's. Returns the hidden states, \[L, B, H\].
pub(crate) fn lstm(input: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    if !is_flex(&input.device()) {
        return plain(input, weight);
    }
    Tensor::from_dispatch(<Dispatch as Lstm>::lstm(input.into_dispatch(), weight.into_dispatch()))
}

/// The same by operations of the framework.
pub(crate) fn plain(input: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [length, batch, gates] = input.dims();
    let width = gates / 4;
    let mut hidden = Tensor::zeros([batch, width], &input.device()); // [B, H]
    let mut cell = hidden.clone(); // [B, H]
    let mut states = Vec::with_capacity(length);
    for step in 0..length {
        let own = input.clone().narrow(0, step, 1).reshape([batch, gates]); // [B, 4 H]
        let sums = own + hidden.matmul(weight.clone()); // [B, 4 H]
        let gate = |number: usize| sums.clone().narrow(1, number * width, width); // [B, H]
        let kept = activation::sigmoid(gate(1)) * cell; // [B, H]
        cell = kept + activation::sigmoid(gate(0)) * gate(2).tanh(); // [B, H]
        hidden = activation::sigmoid(gate(3)) * cell.clone().tanh(); // [B, H]
        states.push(hidden.clone());
    }
    Tensor::stack(states, 0) // [L, B, H]
}

/// The operation of a backend.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Lstm: Backend {
    /// See [`lstm`].
    fn lstm(input: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// The hidden states, the gates after their activation \[L, B, 4 H\], and the cells before each step and after the
    /// last \[L + 1, B, H\].
    fn lstm_forward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// Gradients of input and weight.
    fn lstm_backward(
        dy: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        gates: FloatTensor<Self>,
        cells: FloatTensor<Self>,
        weight: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// The four gates of one sequence, `width` elements each.
#[inline(always)]
fn split(gates: &mut [f32], width: usize) -> [&mut [f32]; 4] {
    let (input, rest) = gates.split_at_mut(width);
    let (forget, rest) = rest.split_at_mut(width);
    let (candidate, output) = rest.split_at_mut(width);
    [input, forget, candidate, output]
}

/// One step of all sequences: activates the gates in place.
#[inline(always)]
fn forward_step(gates: &mut [f32], before: &[f32], after: &mut [f32], hidden: &mut [f32], width: usize) {
    for (row, gates) in gates.chunks_exact_mut(4 * width).enumerate() {
        let [input, forget, candidate, output] = split(gates, width);
        let at = row * width;
        let (before, after) = (&before[at..at + width], &mut after[at..at + width]);
        let hidden = &mut hidden[at..at + width];
        for j in 0..width {
            input[j] = sigmoid(input[j]);
            forget[j] = sigmoid(forget[j]);
            candidate[j] = tanh(candidate[j]);
            output[j] = sigmoid(output[j]);
            after[j] = forget[j].mul_add(before[j], input[j] * candidate[j]);
            hidden[j] = output[j] * tanh(after[j]);
        }
    }
}

/// One step back: turns the activated gates into the gradients of their sums, and `d_cell` into the cell before.
#[inline(always)]
fn backward_step(gates: &mut [f32], before: &[f32], after: &[f32], d_hidden: &[f32], d_cell: &mut [f32], width: usize) {
    for (row, gates) in gates.chunks_exact_mut(4 * width).enumerate() {
        let [input, forget, candidate, output] = split(gates, width);
        let at = row * width;
        let (before, after) = (&before[at..at + width], &after[at..at + width]);
        let (d_hidden, d_cell) = (&d_hidden[at..at + width], &mut d_cell[at..at + width]);
        for j in 0..width {
            let squashed = tanh(after[j]);
            let [i, f, g, o] = [input[j], forget[j], candidate[j], output[j]];
            let cell = (d_hidden[j] * o).mul_add(1.0 - squashed * squashed, d_cell[j]);
            input[j] = cell * g * i * (1.0 - i);
            forget[j] = cell * before[j] * f * (1.0 - f);
            candidate[j] = cell * i * (1.0 - g * g);
            output[j] = d_hidden[j] * squashed * o * (1.0 - o);
            d_cell[j] = cell * f;
        }
    }
}

impl Lstm for Flex {
    fn lstm(input: FlexTensor, weight: FlexTensor) -> FlexTensor {
        Self::lstm_forward(input, weight).0
    }

    fn lstm_forward(input: FlexTensor, weight: FlexTensor) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
        let shape = kernel::shape(&input);
        let (length, batch, width) = (shape[0], shape[1], shape[2] / 4);
        let weight = kernel::values(&weight);
        let (row, state) = (4 * width, batch * width);
        let mut gates = kernel::values(&input).to_vec();
        let mut hidden = vec![0.0; length * state];
        let mut cells = vec![0.0; (length + 1) * state];
        for step in 0..length {
            let gates = &mut gates[step * batch * row..(step + 1) * batch * row];
            let (past, now) = hidden.split_at_mut(step * state);
            if step > 0 {
                let before = Matrix::rows(&past[(step - 1) * state..], width);
                let by = Matrix::rows(weight, row);
                product([batch, width, row], gates, row, 1.0, before, by, Parallelism::None);
            }
            let (before, after) = cells[step * state..].split_at_mut(state);
            simd(
                #[inline(always)]
                || forward_step(gates, before, &mut after[..state], &mut now[..state], width),
            );
        }
        (
            kernel::tensor(hidden, &[length, batch, width]),
            kernel::tensor(gates, &shape),
            kernel::tensor(cells, &[length + 1, batch, width]),
        )
    }

    fn lstm_backward(
        dy: FlexTensor,
        hidden: FlexTensor,
        gates: FlexTensor,
        cells: FlexTensor,
        weight: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let (dy, weight) = (dy.to_contiguous(), weight.to_contiguous());
        let shape = kernel::shape(&hidden);
        let (length, batch, width) = (shape[0], shape[1], shape[2]);
        let (row, state) = (4 * width, batch * width);
        let (dy, hidden, cells) = (kernel::values(&dy), kernel::values(&hidden), kernel::values(&cells));
        let weight = kernel::values(&weight);
        let mut d_gates = kernel::values(&gates).to_vec();
        let mut d_cell = vec![0.0; state];
        let mut d_hidden = vec![0.0; state];
        for step in (0..length).rev() {
            d_hidden.iter_mut().zip(&dy[step * state..]).for_each(|(sum, dy)| *sum += dy);
            let gates = &mut d_gates[step * batch * row..(step + 1) * batch * row];
            let (before, after) = cells[step * state..].split_at(state);
            simd(
                #[inline(always)]
                || backward_step(gates, before, &after[..state], &d_hidden, &mut d_cell, width),
            );
            if step > 0 {
                let by = Matrix::columns(weight, row);
                let gates = Matrix::rows(gates, row);
                product([batch, row, width], &mut d_hidden, width, 0.0, gates, by, Parallelism::None);
            }
        }
        // d weight = sum over steps of h[step - 1]^T d gates[step], as one product over steps and sequences.
        let mut d_weight = vec![0.0; width * row];
        if length > 1 {
            let pairs = (length - 1) * batch;
            let before = Matrix::columns(&hidden[..pairs * width], width);
            let after = Matrix::rows(&d_gates[batch * row..], row);
            product([width, pairs, row], &mut d_weight, row, 0.0, before, after, all_threads());
        }
        (kernel::tensor(d_gates, &[length, batch, row]), kernel::tensor(d_weight, &[width, row]))
    }
}

impl<B: Backend + Lstm, C: CheckpointStrategy> Lstm for Autodiff<B, C> {
    fn lstm(input: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Step;
        impl<B: Backend + Lstm> Backward<B, 2> for Step {
            /// hidden, gates, cells, weight
            type State = [B::FloatTensorPrimitive; 4];

            fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
                let dy = grads.consume::<B>(&ops.node);
                let [hidden, gates, cells, weight] = ops.state;
                let (d_input, d_weight) = B::lstm_backward(dy, hidden, gates, cells, weight);
                for (parent, gradient) in ops.parents.into_iter().zip([d_input, d_weight]) {
                    if let Some(node) = parent {
                        grads.register::<B>(node.id, gradient);
                    }
                }
            }
        }
        let nodes = [input.node(), weight.node()];
        let weight = weight.into_primitive();
        let (hidden, gates, cells) = B::lstm_forward(input.into_primitive(), weight.clone());
        match Step.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish([hidden.clone(), gates, cells, weight], hidden),
            OpsKind::UnTracked(step) => step.finish(hidden),
        }
    }

    fn lstm_forward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the gates are only asked for inside the operation")
    }

    fn lstm_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("gradients of gradients are never asked for")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::ops::kernel::testing::{close, normal};

    #[test]
    fn values_and_gradients_equal_the_plain_composition() {
        for (length, batch, width) in [(1, 2, 3), (6, 1, 5), (9, 3, 17)] {
            let (input, weight) = (normal([length, batch, 4 * width], 1), normal([width, 4 * width], 2));
            let weights = normal([length, batch, width], 3).detach();
            let fused = lstm(input.clone(), weight.clone());
            let slow = plain(input.clone(), weight.clone());
            close(fused.clone().inner(), slow.clone().inner(), 1e-5);
            let fused = (fused * weights.clone()).sum().backward();
            let slow = (slow * weights).sum().backward();
            close(input.grad(&fused).expect("input"), input.grad(&slow).expect("input"), 3e-5);
            if length > 1 {
                close(weight.grad(&fused).expect("weight"), weight.grad(&slow).expect("weight"), 1e-4);
            }
        }
    }
}

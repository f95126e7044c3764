//! Operations of the CPU backend whose gradients are written by hand.
//!
//! An operation is a [`Rule`]: how its output follows from its inputs, and the inputs' gradients from the output's. The
//! framework's graph is told once, here; a rule only handles slices.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, DispatchTensor, ExtensionType, Flex, backend_extension};
use std::fmt::Debug;
use std::sync::Arc;

/// One operation on contiguous tensors.
pub(super) trait Rule: Debug + Send + Sync {
    /// The output. Inputs come by value so that their memory can be reused.
    fn forward(&self, inputs: Vec<FlexTensor>) -> FlexTensor;

    /// The inputs that the backward pass needs.
    fn kept(&self) -> &'static [usize];

    /// The gradient of every input that is `wanted`, in the inputs' order and none for the others.
    /// `dy` is the output's gradient, `kept` the inputs of [`Rule::kept`].
    fn backward(&self, dy: FlexTensor, kept: &[FlexTensor], wanted: &[bool]) -> Vec<Option<FlexTensor>>;
}

/// Tensors on their way to a backend, which takes none but named fields.
#[derive(Clone, Debug, ExtensionType)]
pub(super) enum Operands<B: Backend> {
    /// 1 operand.
    One(FloatTensor<B>),
    /// 2 operands.
    Two(FloatTensor<B>, FloatTensor<B>),
    /// 3 operands.
    Three(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// 4 operands.
    Four(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// 7 operands: those of a state-space model.
    Seven(
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
    ),
}

impl<B: Backend> Operands<B> {
    /// # Panics
    /// If there is no variant for so many.
    fn new(operands: Vec<FloatTensor<B>>) -> Self {
        let count = operands.len();
        let mut each = operands.into_iter();
        let mut next = || each.next().unwrap_or_else(|| unreachable!("counted before"));
        match count {
            1 => Self::One(next()),
            2 => Self::Two(next(), next()),
            3 => Self::Three(next(), next(), next()),
            4 => Self::Four(next(), next(), next(), next()),
            7 => Self::Seven(next(), next(), next(), next(), next(), next(), next()),
            _ => unreachable!("no operation has {count} operands"),
        }
    }

    fn into_vec(self) -> Vec<FloatTensor<B>> {
        match self {
            Self::One(a) => vec![a],
            Self::Two(a, b) => vec![a, b],
            Self::Three(a, b, c) => vec![a, b, c],
            Self::Four(a, b, c, d) => vec![a, b, c, d],
            Self::Seven(a, b, c, d, e, f, g) => vec![a, b, c, d, e, f, g],
        }
    }
}

/// How an operation reaches a backend.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Fused: Backend {
    /// Applies `rule` to N operands.
    fn fused<const N: usize>(#[extension_type] operands: Operands<Self>, rule: Arc<dyn Rule>) -> FloatTensor<Self>;

    /// The gradients that are wanted, in order.
    fn fused_backward(
        dy: FloatTensor<Self>,
        #[extension_type] kept: Operands<Self>,
        rule: Arc<dyn Rule>,
        wanted: Vec<bool>,
    ) -> Vec<FloatTensor<Self>>;
}

impl Fused for Flex {
    fn fused<const N: usize>(operands: Operands<Self>, rule: Arc<dyn Rule>) -> FlexTensor {
        rule.forward(operands.into_vec().into_iter().map(contiguous).collect())
    }

    fn fused_backward(dy: FlexTensor, kept: Operands<Self>, rule: Arc<dyn Rule>, wanted: Vec<bool>) -> Vec<FlexTensor> {
        let kept: Vec<FlexTensor> = kept.into_vec().into_iter().map(contiguous).collect();
        let found = rule.backward(contiguous(dy), &kept, &wanted);
        found.into_iter().zip(wanted).filter_map(|(gradient, wanted)| gradient.filter(|_| wanted)).collect()
    }
}

/// The tensor with its elements in row-major order; no other handle to its memory is made.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

impl<B: Backend + Fused, C: CheckpointStrategy> Fused for Autodiff<B, C> {
    fn fused<const N: usize>(operands: Operands<Self>, rule: Arc<dyn Rule>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Step;
        impl<B: Backend + Fused, const N: usize> Backward<B, N> for Step {
            type State = (Vec<B::FloatTensorPrimitive>, Arc<dyn Rule>);

            fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
                let dy = grads.consume::<B>(&ops.node);
                let (kept, rule) = ops.state;
                let wanted = ops.parents.iter().map(Option::is_some).collect();
                let found = B::fused_backward(dy, Operands::new(kept), rule, wanted);
                for (node, gradient) in ops.parents.iter().flatten().zip(found) {
                    grads.register::<B>(node.id, gradient);
                }
            }
        }
        let operands = operands.into_vec();
        let nodes = std::array::from_fn::<_, N, _>(|i| operands[i].node());
        let operands: Vec<B::FloatTensorPrimitive> = operands.into_iter().map(|x| x.into_primitive()).collect();
        match Backward::<B, N>::prepare::<C>(Step, nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let kept = rule.kept().iter().map(|&i| operands[i].clone()).collect();
                let y = B::fused::<N>(Operands::new(operands), rule.clone());
                step.finish((kept, rule), y)
            }
            OpsKind::UnTracked(step) => step.finish(B::fused::<N>(Operands::new(operands), rule)),
        }
    }

    fn fused_backward(
        _: FloatTensor<Self>,
        _: Operands<Self>,
        _: Arc<dyn Rule>,
        _: Vec<bool>,
    ) -> Vec<FloatTensor<Self>> {
        unreachable!("gradients of gradients are never asked for")
    }
}

/// Applies a rule to its N operands.
pub(super) fn apply<const N: usize>(operands: [DispatchTensor; N], rule: impl Rule + 'static) -> DispatchTensor {
    <Dispatch as Fused>::fused::<N>(Operands::new(operands.into()), Arc::new(rule))
}

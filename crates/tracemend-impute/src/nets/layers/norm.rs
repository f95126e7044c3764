//! Layer normalisation with trainable gain and bias.

use crate::nets::ops::layer_norm::layer_norm;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// Normalises the last axis.
#[derive(Module, Debug)]
pub(crate) struct Norm {
    /// Gain, `[H]`, 1 at the start.
    pub weight: Param<Tensor<1>>,
    /// `[H]`, 0 at the start.
    pub bias: Param<Tensor<1>>,
}

impl Norm {
    /// For a last axis of `width`.
    pub(crate) fn new(width: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::ones([width], device)),
            bias: Param::from_tensor(Tensor::zeros([width], device)),
        }
    }

    /// `[.., H]` to `[.., H]`.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        layer_norm(x, self.weight.val(), self.bias.val())
    }
}

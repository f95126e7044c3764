//! Trainable linear maps and convolutions, in the shapes and under the names that PyTorch gives them.
//!
//! `B` batch, `L` window, `I` channels in, `O` channels out, `J` taps. Each has a `ready` form: its weights as the
//! operations take them, computed once for any number of steps with the same weights.

use crate::nets::ops::conv;
use crate::nets::ops::weight_norm::weight_norm;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// A map whose weights are ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// `[J, I, O]`
    weight: Tensor<3>,
    /// `[O]`
    bias: Tensor<1>,
}

impl Ready {
    /// `x` `[B, L, I]` to `[B, L, O]`; taps lie `dilation` apart.
    pub(crate) fn forward(&self, x: Tensor<3>, dilation: usize) -> Tensor<3> {
        conv::convolve(x, self.weight.clone(), self.bias.clone(), None, dilation)
    }

    /// `factor` times `base` `[B, L, O]` plus what `x` `[B, L, I]` is mapped to.
    pub(crate) fn onto(&self, base: Tensor<3>, factor: f32, x: Tensor<3>, dilation: usize) -> Tensor<3> {
        conv::convolve(x, self.weight.clone(), self.bias.clone(), Some((base, factor)), dilation)
    }
}

impl Ready {
    /// A convolution whose taps are as many as its stride: `windows` `[B, L / J, J I]` hold what each sees, side by side.
    pub(crate) fn over_windows(&self, windows: Tensor<3>) -> Tensor<3> {
        let [taps, inputs, outputs] = self.weight.dims();
        let weight = self.weight.clone().reshape([taps * inputs, outputs]); // [J I, O]
        conv::linear(windows, weight, self.bias.clone()) // [B, L / J, O]
    }
}

/// Uniform numbers in -1/sqrt(fan in) to 1/sqrt(fan in), as PyTorch begins with.
fn uniform<const D: usize>(shape: [usize; D], fan_in: usize, device: &Device) -> Param<Tensor<D>> {
    let bound = 1.0 / (fan_in as f64).sqrt();
    Initializer::Uniform { min: -bound, max: bound }.init(shape, device)
}

/// A parameter that begins with a computed value and knows nothing of how it was computed.
fn leaf<const D: usize>(value: Tensor<D>) -> Param<Tensor<D>> {
    let device = value.device();
    Param::from_tensor(Tensor::from_data(value.into_data(), &device))
}

/// A linear map of the last axis.
#[derive(Module, Debug)]
pub(crate) struct Dense {
    /// `[O, I]`
    pub weight: Param<Tensor<2>>,
    /// `[O]`
    pub bias: Param<Tensor<1>>,
}

impl Dense {
    /// From `inputs` channels to `outputs`.
    pub(crate) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self { weight: uniform([outputs, inputs], inputs, device), bias: uniform([outputs], inputs, device) }
    }

    /// `[.., I]` to `[.., O]`.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        conv::linear(x, self.weight.val().transpose(), self.bias.val())
    }
}

/// A linear map of the last axis whose bias is a column, as the reference keeps it for channels that come first.
#[derive(Module, Debug)]
pub(crate) struct Column {
    /// `[O, I]`
    pub weight: Param<Tensor<2>>,
    /// `[O, 1]`
    pub bias: Param<Tensor<2>>,
}

impl Column {
    /// From `inputs` channels to `outputs`.
    pub(crate) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self { weight: uniform([outputs, inputs], inputs, device), bias: uniform([outputs, 1], inputs, device) }
    }

    /// The weights as they are applied.
    pub(crate) fn ready(&self) -> Ready {
        Ready { weight: self.weight.val().transpose().unsqueeze_dim(0), bias: self.bias.val().squeeze_dim(1) }
    }
}

/// A convolution without weight normalisation.
#[derive(Module, Debug)]
pub(crate) struct Conv {
    /// `[O, I, J]`
    pub weight: Param<Tensor<3>>,
    /// `[O]`
    pub bias: Param<Tensor<1>>,
}

impl Conv {
    /// One tap from `inputs` channels to `outputs`.
    pub(crate) fn pointwise(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self { weight: uniform([outputs, inputs, 1], inputs, device), bias: uniform([outputs], inputs, device) }
    }

    /// The same with normal weights of variance 2 / fan in (Kaiming).
    pub(crate) fn kaiming(inputs: usize, outputs: usize, device: &Device) -> Self {
        let normal = Initializer::Normal { mean: 0.0, std: (2.0 / inputs as f64).sqrt() };
        Self { weight: normal.init([outputs, inputs, 1], device), bias: uniform([outputs], inputs, device) }
    }

    /// The same with weights of zero, and `bias` kept at random only if told so.
    pub(crate) fn zero(inputs: usize, outputs: usize, random_bias: bool, device: &Device) -> Self {
        let zeros = Initializer::Zeros;
        let bias = if random_bias { uniform([outputs], inputs, device) } else { zeros.init([outputs], device) };
        Self { weight: zeros.init([outputs, inputs, 1], device), bias }
    }

    /// The weights as they are applied.
    pub(crate) fn ready(&self) -> Ready {
        Ready { weight: self.weight.val().permute([2, 1, 0]), bias: self.bias.val() }
    }
}

/// A convolution with weight normalisation.
#[derive(Module, Debug)]
pub(crate) struct NormedConv {
    /// `[O, 1, 1]`
    pub weight_g: Param<Tensor<3>>,
    /// `[O, I, J]`
    pub weight_v: Param<Tensor<3>>,
    /// `[O]`
    pub bias: Param<Tensor<1>>,
}

impl NormedConv {
    /// `taps` taps from `inputs` channels to `outputs`.
    pub(crate) fn new(inputs: usize, outputs: usize, taps: usize, device: &Device) -> Self {
        let weight_v = uniform([outputs, inputs, taps], inputs * taps, device);
        let norm = weight_v.val().square().sum_dim(2).sum_dim(1).sqrt(); // [O, 1, 1]
        Self { weight_g: leaf(norm), weight_v, bias: uniform([outputs], inputs * taps, device) }
    }

    /// The weights as they are applied.
    pub(crate) fn ready(&self) -> Ready {
        self.ready_scaled(1.0)
    }

    /// The weights times `factor`, for what is multiplied afterwards.
    pub(crate) fn ready_scaled(&self, factor: f32) -> Ready {
        let outputs = self.bias.dims()[0];
        let weight = weight_norm(self.weight_v.val(), self.weight_g.val().reshape([outputs]), factor); // [J, I, O]
        let bias = self.bias.val();
        Ready { weight, bias: if factor == 1.0 { bias } else { bias * factor } }
    }
}

/// A weight-normalised linear map of the last axis whose bias is a column.
#[derive(Module, Debug)]
pub(crate) struct NormedColumn {
    /// `[O, 1]`
    pub weight_g: Param<Tensor<2>>,
    /// `[O, I]`
    pub weight_v: Param<Tensor<2>>,
    /// `[O, 1]`
    pub bias: Param<Tensor<2>>,
}

impl NormedColumn {
    /// From `inputs` channels to `outputs`.
    pub(crate) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        let weight_v = uniform([outputs, inputs], inputs, device);
        let norm = weight_v.val().square().sum_dim(1).sqrt(); // [O, 1]
        Self { weight_g: leaf(norm), weight_v, bias: uniform([outputs, 1], inputs, device) }
    }

    /// The weights as they are applied.
    pub(crate) fn ready(&self) -> Ready {
        let gain = self.weight_g.val().squeeze_dim(1); // [O]
        let weight = weight_norm(self.weight_v.val().unsqueeze_dim(2), gain, 1.0); // [1, I, O]
        Ready { weight, bias: self.bias.val().squeeze_dim(1) }
    }
}

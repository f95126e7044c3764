//! One post-norm Transformer encoder layer (Vaswani et al. 2017) as PyTorch has it, with GELU.

use crate::nets::layers::maps::Dense;
use crate::nets::layers::norm::Norm;
use crate::nets::ops::attention::attention;
use crate::nets::ops::gelu::gelu;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

/// Width of the feed-forward part; fixed in the reference.
const HIDDEN: usize = 64;

/// Attention with its maps, under PyTorch's names.
#[derive(Module, Debug)]
struct SelfAttention {
    /// Queries, keys and values, `[3 C, C]`.
    in_proj_weight: Param<Tensor<2>>,
    /// `[3 C]`
    in_proj_bias: Param<Tensor<1>>,
    out_proj: Dense,
}

/// x = norm(x + attention(x)), x = norm(x + W2 gelu(W1 x)).
#[derive(Module, Debug)]
pub(crate) struct Encoder {
    self_attn: SelfAttention,
    linear1: Dense,
    linear2: Dense,
    norm1: Norm,
    norm2: Norm,
    dropout: Dropout,
    heads: usize,
}

impl Encoder {
    /// For `channels` channels, which `heads` divides.
    pub(crate) fn new(channels: usize, heads: usize, dropout: f64, device: &Device) -> Self {
        let xavier = (6.0 / (4.0 * channels as f64)).sqrt();
        let zeros = Initializer::Zeros;
        let uniform = Initializer::Uniform { min: -xavier, max: xavier };
        let mut out_proj = Dense::new(channels, channels, device);
        out_proj.bias = zeros.init([channels], device);
        Self {
            self_attn: SelfAttention {
                in_proj_weight: uniform.init([3 * channels, channels], device),
                in_proj_bias: zeros.init([3 * channels], device),
                out_proj,
            },
            linear1: Dense::new(channels, HIDDEN, device),
            linear2: Dense::new(HIDDEN, channels, device),
            norm1: Norm::new(channels, device),
            norm2: Norm::new(channels, device),
            dropout: DropoutConfig::new(dropout).init(),
            heads,
        }
    }

    /// `x` `[B, L, C]` to `[B, L, C]`; every position sees every other.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let channels = x.dims()[2];
        let part = |number: usize| -> Tensor<3> {
            let of = number * channels;
            let weight = self.self_attn.in_proj_weight.val().narrow(0, of, channels).transpose(); // [C, C]
            let bias = self.self_attn.in_proj_bias.val().narrow(0, of, channels); // [C]
            crate::nets::ops::conv::linear(x.clone(), weight, bias) // [B, L, C]
        };
        let mixed = attention(part(0), part(1), part(2), self.heads); // [B, L, C]
        let mixed = self.dropout.forward(self.self_attn.out_proj.forward(mixed)); // [B, L, C]
        let x = self.norm1.forward(x.clone() + mixed); // [B, L, C]
        let hidden = self.dropout.forward(gelu(self.linear1.forward(x.clone()))); // [B, L, 64]
        let y = self.dropout.forward(self.linear2.forward(hidden)); // [B, L, C]
        self.norm2.forward(x + y) // [B, L, C]
    }
}

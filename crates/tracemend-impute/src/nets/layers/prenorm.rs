//! Pre-norm residual blocks: x += mix(norm(x)), x += W_2 gelu(W_1 norm(x)), where what mixes positions is self-attention
//! with rotary positions or an S4 layer with a gated linear unit.
//!
//! | tensor | shape |
//! |---|---|
//! | x, between blocks | B, L, H |
//! | queries, keys, values | B, L, H (heads side by side) |

use crate::nets::layers::norm::Norm;
use crate::nets::layers::rotary::Rotary;
use crate::nets::layers::s4::{ReadyS4, S4, S4Config};
use crate::nets::ops::attention::attention;
use crate::nets::ops::gelu::gelu;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

/// What mixes the positions of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Blocks {
    /// Self-attention: every position sees every other.
    #[default]
    Attention,
    /// S4 layers that look both ways; their cost grows with the window's length, not its square.
    S4,
}

/// Sizes of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrenormConfig {
    /// `H`
    pub width: usize,
    /// Width inside the feed-forward part.
    pub hidden: usize,
    /// What mixes positions.
    pub mixing: Mixing,
}

/// What mixes positions, with its sizes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mixing {
    /// Self-attention with so many heads, each with an even number of elements.
    Attention {
        /// Heads.
        heads: usize,
    },
    /// An S4 layer.
    S4(S4Config),
}

/// Self-attention with its maps.
#[derive(Module, Debug)]
struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
}

impl SelfAttention {
    /// `[B, L, H]` to the same.
    fn forward(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let shape = x.dims();
        let rows = rows(x); // [B L, H]
        let of = |layer: &Linear| layer.forward(rows.clone()).reshape(shape); // [B, L, H]
        let query = rotary.turn(of(&self.query), self.heads); // [B, L, H]
        let key = rotary.turn(of(&self.key), self.heads); // [B, L, H]
        let mixed = attention(query, key, of(&self.value), self.heads); // [B, L, H]
        self.output.forward(self::rows(mixed)).reshape(shape)
    }
}

/// Plain matrix products are quicker on two axes than on three: `[B, L, H]` to `[B L, H]`.
fn rows(x: Tensor<3>) -> Tensor<2> {
    let [batch, length, width] = x.dims();
    x.reshape([batch * length, width])
}

#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a dozen of either")]
enum Mixer {
    Attention(SelfAttention),
    S4(S4),
}

/// One block.
#[derive(Module, Debug)]
pub(crate) struct PrenormBlock {
    attention_norm: Norm,
    mixer: Mixer,
    hidden_norm: Norm,
    expand: Linear,
    contract: Linear,
}

/// What a mixer needs for windows of one length.
#[expect(clippy::large_enum_variant, reason = "a dozen of either")]
enum ReadyMixer<'a> {
    Attention(&'a SelfAttention, Rotary),
    S4(ReadyS4),
}

/// A block for windows of one length.
pub(crate) struct ReadyBlock<'a> {
    block: &'a PrenormBlock,
    mixer: ReadyMixer<'a>,
}

impl PrenormBlock {
    /// With random weights.
    pub(crate) fn new(config: &PrenormConfig, device: &Device) -> Self {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let width = config.width;
        let mixer = match &config.mixing {
            Mixing::Attention { heads } => Mixer::Attention(SelfAttention {
                query: linear(width, width),
                key: linear(width, width),
                value: linear(width, width),
                output: linear(width, width),
                heads: *heads,
            }),
            Mixing::S4(s4) => Mixer::S4(S4::new(s4, device)),
        };
        Self {
            attention_norm: Norm::new(width, device),
            mixer,
            hidden_norm: Norm::new(width, device),
            expand: linear(width, config.hidden),
            contract: linear(config.hidden, width),
        }
    }

    /// The block for windows of `length`; kernels are computed here, once for any number of passes.
    pub(crate) fn ready(&self, length: usize) -> ReadyBlock<'_> {
        let mixer = match &self.mixer {
            Mixer::Attention(layer) => {
                let [width, _] = layer.query.weight.dims();
                let rotary = Rotary::new(length, width / layer.heads, &layer.query.weight.device());
                ReadyMixer::Attention(layer, rotary)
            }
            Mixer::S4(layer) if length > layer.length() => ReadyMixer::S4(layer.clone().extend(length).ready(length)),
            Mixer::S4(layer) => ReadyMixer::S4(layer.ready(length)),
        };
        ReadyBlock { block: self, mixer }
    }
}

impl ReadyBlock<'_> {
    /// `[B, L, H]` to `[B, L, H]`.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let shape = x.dims();
        let normal = self.block.attention_norm.forward(x.clone()); // [B, L, H]
        let mixed = match &self.mixer {
            ReadyMixer::Attention(layer, rotary) => layer.forward(normal, rotary),
            ReadyMixer::S4(layer) => layer.forward(normal),
        }; // [B, L, H]
        let x = x + mixed; // [B, L, H]
        let normal = rows(self.block.hidden_norm.forward(x.clone())); // [B L, H]
        let hidden = gelu(self.block.expand.forward(normal)); // [B L, hidden]
        x + self.block.contract.forward(hidden).reshape(shape) // [B, L, H]
    }
}

/// A path in the module tree as model files name it: which variant a mixer is, they say elsewhere.
pub(crate) fn rename(path: &str) -> String {
    match path.split_once(".mixer.S4.") {
        Some((block, rest)) => crate::nets::layers::s4::rename(&format!("{block}.s4.{rest}")),
        None => path.replace(".mixer.Attention.", "."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_parameters_as_before_there_was_a_choice() {
        assert_eq!(rename("blocks.1.mixer.Attention.query.weight"), "blocks.1.query.weight");
        assert_eq!(rename("blocks.1.mixer.S4.kernel.c"), "blocks.1.s4.kernel.kernel.C");
        assert_eq!(rename("blocks.1.expand.bias"), "blocks.1.expand.bias");
    }
}

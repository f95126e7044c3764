//! What surrounds the residual blocks of DiffWave and of SSSD-S4.

use crate::nets::diffusion::process::{Denoise, Probe, condition};
use crate::nets::layers::maps::{Conv, Dense, NormedConv, Ready};
use crate::nets::layers::s4;
use crate::nets::layers::step::StepNet;
use crate::nets::ops::gate::{Gate, gate};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};

/// 1 / sqrt 2, by which every block's result is scaled.
pub(crate) const RESIDUAL_SCALE: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Sizes of the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaveNetConfig {
    /// `C`, residual channels.
    pub channels: usize,
    /// `S`, skip channels.
    pub skip: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Widths of the step embedding: in (even, 4 at least), middle, out.
    pub embedding: [usize; 3],
}

impl WaveNetConfig {
    /// As published.
    pub(crate) fn paper() -> Self {
        Self { channels: 256, skip: 256, blocks: 36, embedding: [128, 512, 512] }
    }

    /// Trains in minutes on two cores.
    pub(crate) fn small() -> Self {
        Self { channels: 64, skip: 64, blocks: 12, embedding: [64, 128, 128] }
    }

    /// For tests.
    pub(crate) fn tiny() -> Self {
        Self { channels: 16, skip: 16, blocks: 4, embedding: [16, 32, 32] }
    }

    /// What is wrong with these sizes, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        let [input, middle, output] = self.embedding;
        if self.channels == 0 || self.skip == 0 || self.blocks == 0 || middle == 0 || output == 0 {
            return Some("channels, skip, blocks and the widths of the embedding have to be at least 1".to_owned());
        }
        (input < 4 || input % 2 == 1).then(|| "the embedding's first width has to be even and at least 4".to_owned())
    }
}

/// See [`ReadyBlock::inner`].
type Inner = dyn Fn(Tensor<3>, Probe<'_>) -> Tensor<3>;

/// A block that is ready for any number of steps under one condition.
pub(crate) struct ReadyBlock {
    /// Maps the step's embedding to what is added to h.
    pub fc_t: Dense,
    /// To the residual, scaled by [`RESIDUAL_SCALE`].
    pub res: Ready,
    /// To the skip connection.
    pub skip: Ready,
    /// From h with the step to what the gate takes, `[B, L, C]` to `[B, L, 2 C]`.
    pub inner: Box<Inner>,
}

/// A residual block.
pub(crate) trait Block: Module {
    /// Ready for windows under `condition`, `[B, L, 2 V]`.
    fn ready(&self, condition: Tensor<3>) -> ReadyBlock;
}

/// The step's network and the blocks.
#[derive(Module, Debug)]
pub(crate) struct ResidualLayer<K: Module> {
    step: StepNet,
    residual_blocks: Vec<K>,
}

/// The whole network around the blocks.
#[derive(Module, Debug)]
pub(crate) struct WaveNet<K: Module> {
    init_conv: NormedConv,
    residual_layer: ResidualLayer<K>,
    final_conv: NormedConv,
    output_conv: Conv,
}

impl<K: Block> WaveNet<K> {
    /// With random weights, for `values` channels in and out.
    pub(crate) fn new(config: &WaveNetConfig, values: usize, block: impl Fn(usize) -> K, device: &Device) -> Self {
        Self {
            init_conv: NormedConv::new(values, config.channels, 1, device),
            residual_layer: ResidualLayer {
                step: StepNet::new(config.embedding, device),
                residual_blocks: (0..config.blocks).map(block).collect(),
            },
            final_conv: NormedConv::new(config.skip, config.skip, 1, device),
            output_conv: Conv::zero(config.skip, values, false, device),
        }
    }

    /// The network with its blocks changed.
    pub(crate) fn map_blocks(mut self, change: impl Fn(K) -> K) -> Self {
        self.residual_layer.residual_blocks = self.residual_layer.residual_blocks.into_iter().map(change).collect();
        self
    }

    /// The function from (x_t `[B, L, V]`, steps `[B]`) to the noise `[B, L, V]`, given what is observed.
    pub(crate) fn denoiser<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        let condition = condition(data, mask); // [B, L, 2 V]
        let layer = &self.residual_layer;
        let blocks: Vec<ReadyBlock> =
            layer.residual_blocks.iter().map(|block| block.ready(condition.clone())).collect();
        let (init, output) = (self.init_conv.ready(), self.output_conv.ready());
        // The skips' sum is divided by the root of their number: that goes into the weights that read it.
        let scale = (1.0 / blocks.len() as f32).sqrt();
        let head = self.final_conv.ready();
        Box::new(move |x, steps| {
            let step = layer.step.forward(steps, probe); // [B, E]
            let mut h = activation::relu(init.forward(x, 1)); // [B, L, C]
            probe(format_args!("init_conv"), &|| h.clone());
            let mut skip: Option<Tensor<3>> = None;
            for (number, block) in blocks.iter().enumerate() {
                let shift = block.fc_t.forward(step.clone()).unsqueeze_dim::<3>(1); // [B, 1, C]
                let within: Probe<'_> = &|name, value| probe(format_args!("block{number}.{name}"), value);
                let open = gate((block.inner)(h.clone() + shift, within), Gate::TanhSigmoid); // [B, L, C]
                within(format_args!("skip"), &|| block.skip.forward(open.clone(), 1));
                within(format_args!("h"), &|| block.res.onto(h.clone(), RESIDUAL_SCALE, open.clone(), 1));
                skip = Some(match skip {
                    Some(skip) => block.skip.onto(skip, 1.0, open.clone(), 1),
                    None => block.skip.forward(open.clone(), 1),
                }); // [B, L, S]
                if number + 1 < blocks.len() {
                    h = block.res.onto(h, RESIDUAL_SCALE, open, 1); // [B, L, C]
                }
            }
            let Some(skip) = skip else { return h };
            let skip = skip * scale; // [B, L, S]
            probe(format_args!("residual_group"), &|| skip.clone());
            output.forward(activation::relu(head.forward(skip, 1)), 1) // [B, L, V]
        })
    }
}

/// A path in the module tree as the reference names it.
pub(crate) fn rename(path: &str) -> String {
    let path = path.strip_prefix("net.").unwrap_or(path).replace("residual_layer.step.", "residual_layer.");
    let path = path.replace("init_conv.", "init_conv.0.").replace("final_conv.", "final_conv.0.");
    let path = path.replace("output_conv.", "final_conv.2.").replace("s4_1.", "S41.").replace("s4_2.", "S42.");
    let convolution = ["init_conv.0", "final_conv.0", "final_conv.2", "cond_conv", "conv_layer"]
        .iter()
        .any(|owner| path.rsplit_once('.').is_some_and(|(of, _)| of.ends_with(owner)));
    match path.rsplit_once('.') {
        Some((owner, name)) if convolution => format!("{owner}.conv.{name}"),
        _ => s4::rename(&path),
    }
}

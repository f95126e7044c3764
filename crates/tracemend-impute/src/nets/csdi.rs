//! CSDI: attention along time and along features inside DiffWave-like residual layers.
//!
//! Paper: Tashiro et al. 2021, *CSDI: Conditional Score-based Diffusion Models for Probabilistic Time Series Imputation*
//! (NeurIPS). Compared with the copy in AI4HealthUOL/SSSD, commit 4d3b7a51c54b, whose network and sampler equal those of
//! ermongroup/CSDI, commit 7f24a436f08d.
//!
//! Forward: h = relu(input \[observed data, x_t where hidden\]); per layer: y = time layer along L of h + projection(e), feature
//! layer along K, y = mid(y) + cond(side), o = output(sigmoid(first half) tanh(second half)), h = (h + o first half) / sqrt 2,
//! skip += o second half; result = conv(relu(conv(skip / sqrt layers))). The side information is a sinusoidal embedding
//! of the position, a learned one of the feature, and the mask. Both layers are post-norm Transformer encoder layers.
//! Loss: [`diffusion::loss`](crate::nets::diffusion::loss) with noise everywhere, counted where hidden.
//!
//! | tensor | shape |
//! |---|---|
//! | x, result | B, L, K |
//! | h, y before and after the layers | B, K, L, C |
//! | side information | B, K, L, S + F + 1 |
//!
//! Deviations: dropout in training acts on the results of attention and of the feed-forward parts as in the reference,
//! but not on the attention's weights. The feature layer exists and is unused with one feature, as in the reference.
//!
//! Test: `nets/golden`, fixtures `csdi` and `csdi_k3`.

use crate::nets::batch::Batch;
use crate::nets::diffusion::process::{Denoise, Denoiser, Probe, Process};
use crate::nets::layers::encoder::Encoder;
use crate::nets::layers::maps::{Conv, Dense, Ready};
use crate::nets::layers::step::step_table;
use crate::nets::network::Network;
use crate::nets::ops::gate::{Gate, gate};
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Longest wavelength of the position embedding over 2 pi.
const WAVELENGTH: f64 = 10_000.0;

/// Sizes of a CSDI network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CsdiConfig {
    /// Residual layers.
    pub layers: usize,
    /// `C`, channels.
    pub channels: usize,
    /// Heads of the attention.
    pub heads: usize,
    /// Width of the step embedding, even and 4 at least.
    pub step_width: usize,
    /// `S`, width of the position embedding, even.
    pub time_width: usize,
    /// `F`, width of the feature embedding.
    pub feature_width: usize,
    /// Dropout in training.
    pub dropout: f64,
    /// Encoding, schedule and loss.
    pub process: Process,
}

impl CsdiConfig {
    /// As published: 0.4 million parameters for integer ids.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self {
            layers: 4,
            channels: 64,
            heads: 8,
            step_width: 128,
            time_width: 128,
            feature_width: 16,
            dropout: 0.1,
            process: Process::csdi(vocabulary),
        }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        Self { channels: 32, heads: 4, step_width: 64, time_width: 64, ..Self::paper(vocabulary) }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        let (layers, heads) = (2, 2);
        Self { layers, channels: 8, heads, step_width: 16, time_width: 16, feature_width: 4, ..Self::paper(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        if self.layers == 0 || self.heads == 0 || self.channels == 0 || !self.channels.is_multiple_of(self.heads) {
            return Some("layers have to be at least 1 and heads have to divide the channels".to_owned());
        }
        if self.step_width < 4 || self.step_width % 2 == 1 || self.time_width < 2 || self.time_width % 2 == 1 {
            return Some("the widths of step and position embedding have to be even, 4 and 2 at least".to_owned());
        }
        if self.feature_width == 0 || !(0.0..1.0).contains(&self.dropout) {
            return Some("feature_width has to be at least 1 and dropout below 1".to_owned());
        }
        self.process.problem()
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> Csdi {
        let _alone = seeded(seed, device);
        let encoder = || Encoder::new(self.channels, self.heads, self.dropout, device);
        let net = CsdiNet::new(self, |_| encoder(), device);
        drawn(Csdi { net, config: self.clone() })
    }
}

/// A layer along time.
pub(super) trait TimeLayer: Module {
    /// Ready for windows of `length`: `[B K, L, C]` to the same.
    fn ready(&self, length: usize) -> Box<dyn Fn(Tensor<3>) -> Tensor<3> + '_>;
}

impl TimeLayer for Encoder {
    fn ready(&self, _: usize) -> Box<dyn Fn(Tensor<3>) -> Tensor<3> + '_> {
        Box::new(|x| self.forward(x))
    }
}

/// Two dense layers after the step's table, each followed by x sigmoid(x).
#[derive(Module, Debug)]
struct StepEmbedding {
    projection1: Dense,
    projection2: Dense,
}

impl StepEmbedding {
    /// `[B, E]`
    fn forward(&self, steps: &[usize]) -> Tensor<2> {
        let weight = self.projection1.weight.val();
        let table = step_table(steps, weight.dims()[1], &weight.device()); // [B, E]
        activation::silu(self.projection2.forward(activation::silu(self.projection1.forward(table))))
    }
}

/// The learned embedding of features.
#[derive(Module, Debug)]
struct FeatureEmbedding {
    /// `[K, F]`
    weight: Param<Tensor<2>>,
}

/// One residual layer.
#[derive(Module, Debug)]
struct ResidualLayer<T: Module> {
    diffusion_projection: Dense,
    cond_projection: Conv,
    mid_projection: Conv,
    output_projection: Conv,
    time_layer: T,
    feature_layer: Encoder,
}

/// The network around its time layers.
#[derive(Module, Debug)]
pub(super) struct CsdiNet<T: Module> {
    diffusion_embedding: StepEmbedding,
    input_projection: Conv,
    output_projection1: Conv,
    output_projection2: Conv,
    residual_layers: Vec<ResidualLayer<T>>,
    embed_layer: FeatureEmbedding,
    time_width: usize,
}

impl<T: TimeLayer> CsdiNet<T> {
    /// With random weights.
    pub(super) fn new(config: &CsdiConfig, time: impl Fn(usize) -> T, device: &Device) -> Self {
        let (channels, features) = (config.channels, config.process.channels());
        let side = config.time_width + config.feature_width + 1;
        let conv = |inputs, outputs| Conv::kaiming(inputs, outputs, device);
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        let layer = |number| ResidualLayer {
            diffusion_projection: Dense::new(config.step_width, channels, device),
            cond_projection: conv(side, 2 * channels),
            mid_projection: conv(channels, 2 * channels),
            output_projection: conv(channels, 2 * channels),
            time_layer: time(number),
            feature_layer: Encoder::new(channels, config.heads, config.dropout, device),
        };
        Self {
            diffusion_embedding: StepEmbedding {
                projection1: Dense::new(config.step_width, config.step_width, device),
                projection2: Dense::new(config.step_width, config.step_width, device),
            },
            input_projection: conv(2, channels),
            output_projection1: conv(channels, channels),
            output_projection2: Conv::zero(channels, 1, true, device),
            residual_layers: (0..config.layers).map(layer).collect(),
            embed_layer: FeatureEmbedding { weight: normal.init([features, config.feature_width], device) },
            time_width: config.time_width,
        }
    }

    /// The network with its time layers changed.
    pub(super) fn map_time(mut self, change: impl Fn(T) -> T) -> Self {
        for layer in std::mem::take(&mut self.residual_layers) {
            let time_layer = change(layer.time_layer);
            self.residual_layers.push(ResidualLayer { time_layer, ..layer });
        }
        self
    }

    /// Position, feature and mask, `[B, K L, S + F + 1]`; `mask` `[B, K, L, 1]`.
    fn side(&self, mask: Tensor<4>) -> Tensor<3> {
        let [batch, features, length, _] = mask.dims();
        let device = mask.device();
        let time = positions(length, self.time_width, &device).reshape([1, 1, length, self.time_width]);
        let time = time.expand([batch, features, length, self.time_width]); // [B, K, L, S]
        let feature = self.embed_layer.weight.val();
        let width = feature.dims()[1];
        let feature = feature.reshape([1, features, 1, width]).expand([batch, features, length, width]); // [B, K, L, F]
        let side = Tensor::cat(vec![time, feature, mask], 3); // [B, K, L, S + F + 1]
        side.reshape([batch, features * length, self.time_width + width + 1])
    }

    /// See [`Denoiser::denoiser`].
    pub(super) fn denoiser<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        let [batch, length, features] = data.dims();
        let rows = features * length;
        let column = move |x: Tensor<3>| x.swap_dims(1, 2).reshape([batch, features, length, 1]); // [B, K, L, 1]
        let mask = column(mask);
        let side = self.side(mask.clone()); // [B, K L, S + F + 1]
        probe(format_args!("side_info"), &|| side.clone());
        let seen = column(data) * mask.clone(); // [B, K, L, 1]
        let hidden = mask.neg() + 1.0; // [B, K, L, 1]
        struct Layer<'a> {
            conditions: Tensor<3>,
            mid: Ready,
            output: Ready,
            time: Box<dyn Fn(Tensor<3>) -> Tensor<3> + 'a>,
        }
        let layers: Vec<Layer<'_>> = self
            .residual_layers
            .iter()
            .map(|layer| Layer {
                conditions: layer.cond_projection.ready().forward(side.clone(), 1), // [B, K L, 2 C]
                mid: layer.mid_projection.ready(),
                output: layer.output_projection.ready(),
                time: layer.time_layer.ready(length),
            })
            .collect();
        let input = self.input_projection.ready();
        let (head, output) = (self.output_projection1.ready(), self.output_projection2.ready());
        let scale = (1.0 / self.residual_layers.len() as f64).sqrt();
        Box::new(move |x, steps| {
            let step = self.diffusion_embedding.forward(steps); // [B, E]
            probe(format_args!("embedding"), &|| step.clone().unsqueeze_dim(1));
            let both = Tensor::cat(vec![seen.clone(), column(x) * hidden.clone()], 3); // [B, K, L, 2]
            let both = both.reshape([batch, rows, 2]); // [B, K L, 2]
            probe(format_args!("total_input"), &|| both.clone());
            let mut h = activation::relu(input.forward(both, 1)); // [B, K L, C]
            let channels = h.dims()[2];
            let mut skip: Option<Tensor<3>> = None;
            for (number, (layer, ready)) in self.residual_layers.iter().zip(&layers).enumerate() {
                let shift = layer.diffusion_projection.forward(step.clone()).unsqueeze_dim::<3>(1); // [B, 1, C]
                let y = (h.clone() + shift).reshape([batch * features, length, channels]);
                let mut y = (ready.time)(y); // [B K, L, C]
                probe(format_args!("layer{number}.time"), &|| y.clone());
                if features > 1 {
                    let across = y.reshape([batch, features, length, channels]).swap_dims(1, 2); // [B, L, K, C]
                    let across = across.reshape([batch * length, features, channels]);
                    let across = layer.feature_layer.forward(across); // [B L, K, C]
                    probe(format_args!("layer{number}.feature"), &|| across.clone());
                    let across = across.reshape([batch, length, features, channels]);
                    y = across.swap_dims(1, 2).reshape([batch * features, length, channels]); // [B K, L, C]
                }
                let y = y.reshape([batch, rows, channels]);
                let y = ready.mid.onto(ready.conditions.clone(), 1.0, y, 1); // [B, K L, 2 C]
                let y = ready.output.forward(gate(y, Gate::SigmoidTanh), 1); // [B, K L, 2 C]
                h = (h + y.clone().narrow(2, 0, channels)) * std::f64::consts::FRAC_1_SQRT_2; // [B, K L, C]
                let y = y.narrow(2, channels, channels); // [B, K L, C]
                probe(format_args!("layer{number}.x"), &|| h.clone());
                probe(format_args!("layer{number}.skip"), &|| y.clone());
                skip = Some(match skip {
                    Some(skip) => skip + y,
                    None => y,
                });
            }
            let skip = skip.unwrap_or(h) * scale; // [B, K L, C]
            let y = output.forward(activation::relu(head.forward(skip, 1)), 1); // [B, K L, 1]
            y.reshape([batch, features, length]).swap_dims(1, 2) // [B, L, K]
        })
    }
}

/// Sines in even columns 2 j and cosines in odd ones of position / 10000^(2 j / S), `[L, S]`.
pub(super) fn positions(length: usize, width: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f64> = (0..length * width)
        .map(|at| {
            let (position, column) = ((at / width) as f64, at % width);
            let angle = position / WAVELENGTH.powf((column - column % 2) as f64 / width as f64);
            if column.is_multiple_of(2) { angle.sin() } else { angle.cos() }
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [length, width]), device)
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct Csdi {
    net: CsdiNet<Encoder>,
    #[module(skip)]
    config: CsdiConfig,
}

impl Denoiser for Csdi {
    fn kind(&self) -> &'static str {
        "csdi"
    }

    fn process(&self) -> &Process {
        &self.config.process
    }

    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        self.net.denoiser(data, mask, probe)
    }
}

impl Network for Csdi {
    const RENAME: Rename = rename;

    fn loss(&self, batch: &Batch, random: &mut SplitMix64) -> Tensor<1> {
        crate::nets::diffusion::loss::of_batch(self, batch, random)
    }
}

/// A path in the module tree as the reference names it.
pub(super) fn rename(path: &str) -> String {
    let path = path.strip_prefix("net.").unwrap_or(path);
    let encoder = [".feature_layer.", ".time_layer."]
        .iter()
        .fold(path.to_owned(), |path, layer| path.replace(layer, &format!("{layer}layers.0.")));
    let path = encoder.replace("layers.0.s4_layer", "s4_layer").replace("layers.0.norm_layer", "norm_layer");
    if path.starts_with("embed_layer") { path } else { format!("diffmodel.{path}") }
}

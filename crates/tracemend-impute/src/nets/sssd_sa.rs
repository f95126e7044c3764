//! SSSD-SA: a SaShiMi U-Net of S4 layers at three resolutions.
//!
//! Paper: Lopez Alcaraz and Strodthoff 2022, *Diffusion-based Time Series Imputation and Forecasting with Structured State
//! Space Models* (TMLR), after Goel et al. 2022, *It's Raw! Audio Generation with State-Space Models* (ICML). Compared with
//! AI4HealthUOL/SSSD, commit 4d3b7a51c54b.
//!
//! Forward: x = relu(init x); down: n pairs of (S4, feed-forward) at L, pool; n pairs at L/2, pool; n pairs at L/4; up the
//! same way back, adding to every layer's output what the matching layer of the way down put out; norm, two convolutions.
//! A layer: z = inner(norm(x + fc_t(e))), x + z + cond(c): what goes past has not seen the step.
//! Loss: [`diffusion::loss`](crate::nets::diffusion::loss).
//!
//! | tensor | shape |
//! |---|---|
//! | x at the three resolutions | B, L, H; B, L/2, 2 H; B, L/4, 4 H |
//! | c, observed data and mask | B, L, 2 V |
//!
//! Deviations: none. The reference's label layers, which nothing reads, are kept so that its files load. L has to be
//! divisible by 4.
//!
//! Test: `nets/golden`, fixture `sssd_sa`.

use crate::nets::batch::Batch;
use crate::nets::diffusion::process::{Denoise, Denoiser, Probe, Process, condition};
use crate::nets::layers::maps::{Column, Conv, Dense, NormedColumn, NormedConv, Ready};
use crate::nets::layers::norm::Norm;
use crate::nets::layers::s4;
use crate::nets::layers::s4::{ReadyS4, S4, S4Config};
use crate::nets::layers::step::StepNet;
use crate::nets::network::Network;
use crate::nets::ops::gelu::gelu;
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Positions that a pool makes one of.
const POOL: usize = 2;
/// Feed-forward width over that of the layer.
const WIDEN: usize = 2;
/// A window's length has to be a multiple of this.
const MULTIPLE: usize = POOL * POOL;

/// Sizes of an [`SssdSa`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SssdSaConfig {
    /// `H`, width at the finest resolution.
    pub width: usize,
    /// Pairs of (S4, feed-forward) layers per stage.
    pub pairs: usize,
    /// Widths of the step embedding: in (even, 4 at least), middle, out.
    pub embedding: [usize; 3],
    /// Classes and width of the unused label embedding.
    pub labels: [usize; 2],
    /// `N`, state of the S4 layers.
    pub state: usize,
    /// Windows the S4 layers are made for.
    pub length: usize,
    /// Whether the S4 layers look both ways.
    pub bidirectional: bool,
    /// Which conjugates the kernels' sums run over.
    pub sum: Sum,
    /// Encoding, schedule and loss.
    pub process: Process,
}

impl SssdSaConfig {
    /// As published: 29 million parameters for integer ids.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self {
            width: 128,
            pairs: 6,
            embedding: [128, 512, 512],
            labels: [71, 128],
            state: 64,
            length: 200,
            bidirectional: true,
            sum: Sum::Conjugate,
            process: Process::sssd(vocabulary),
        }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        Self { width: 32, pairs: 2, embedding: [64, 128, 128], labels: [1, 1], state: 32, ..Self::paper(vocabulary) }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        Self { width: 8, pairs: 1, embedding: [16, 32, 32], state: 8, length: 32, ..Self::small(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        let [input, middle, output] = self.embedding;
        if self.width == 0 || self.pairs == 0 || middle == 0 || output == 0 || self.labels.contains(&0) {
            return Some("width, pairs, labels and the widths of the embedding have to be at least 1".to_owned());
        }
        if input < 4 || input % 2 == 1 {
            return Some("the embedding's first width has to be even and at least 4".to_owned());
        }
        s4::problem(self.state, self.length).or_else(|| self.process.problem())
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> SssdSa {
        let _alone = seeded(seed, device);
        let stage = |width: usize, stride: usize| {
            let layers = (0..self.pairs).flat_map(move |_| [true, false]);
            layers.map(move |s4| Layer::new(self, width, stride, s4, device)).collect::<Vec<_>>()
        };
        let half = self.width * POOL;
        let quarter = half * POOL;
        let channels = self.process.channels();
        let mut down = stage(self.width, 1);
        down.push(Layer::pool(self.width * POOL, half, device));
        down.extend(stage(half, POOL));
        down.push(Layer::pool(half * POOL, quarter, device));
        let centre = stage(quarter, MULTIPLE);
        let up = [(quarter, half, POOL), (half, self.width, 1)].map(|(from, width, stride)| {
            let mut layers = vec![Layer::pool(from, width * POOL, device)];
            layers.extend(stage(width, stride));
            layers
        });
        let [classes, labels] = self.labels;
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        drawn(SssdSa {
            init_conv: Conv::pointwise(channels, self.width, device),
            step: StepNet::new(self.embedding, device),
            cond_embedding: Embedding { weight: normal.init([classes, labels], device) },
            d_layers: down,
            c_layers: centre,
            u_layers: up.into(),
            norm: Norm::new(self.width, device),
            final_conv: Conv::pointwise(self.width, self.width, device),
            output_conv: Conv::zero(self.width, channels, true, device),
            config: self.clone(),
        })
    }
}

/// The unused label embedding.
#[derive(Module, Debug)]
struct Embedding {
    weight: Param<Tensor<2>>,
}

/// What is inside a layer.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few dozen of either")]
enum Inner {
    S4(S4),
    FeedForward(FeedForward),
}

/// Two linear maps, GELU between them.
#[derive(Module, Debug)]
struct FeedForward {
    expand: Column,
    contract: Column,
}

/// Between two resolutions.
#[derive(Module, Debug)]
struct Pool {
    linear: NormedColumn,
}

/// A residual layer.
#[derive(Module, Debug)]
struct Residual {
    fc_t: Dense,
    fc_label: Dense,
    cond_conv: NormedConv,
    norm: Norm,
    layer: Inner,
    stride: usize,
}

/// One entry of a stage: a residual layer, or the pool at its end.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few dozen of either")]
enum Layer {
    Residual(Residual),
    Pool(Pool),
}

impl Layer {
    fn new(config: &SssdSaConfig, width: usize, stride: usize, s4: bool, device: &Device) -> Self {
        let channels = 2 * config.process.channels();
        let layer = if s4 {
            Inner::S4(S4::new(
                &S4Config {
                    features: width,
                    state: config.state,
                    length: config.length,
                    bidirectional: config.bidirectional,
                    glu: true,
                    train_system: true,
                    sum: config.sum,
                },
                device,
            ))
        } else {
            Inner::FeedForward(FeedForward {
                expand: Column::new(width, WIDEN * width, device),
                contract: Column::new(WIDEN * width, width, device),
            })
        };
        Self::Residual(Residual {
            fc_t: Dense::new(config.embedding[2], width, device),
            fc_label: Dense::new(config.labels[1], width, device),
            cond_conv: NormedConv::new(channels, width, stride, device),
            norm: Norm::new(width, device),
            layer,
            stride,
        })
    }

    fn pool(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self::Pool(Pool { linear: NormedColumn::new(inputs, outputs, device) })
    }

    fn extend(self, length: usize) -> Self {
        match self {
            Self::Residual(mut residual) => {
                if let Inner::S4(s4) = residual.layer {
                    residual.layer = Inner::S4(s4.extend(length));
                }
                Self::Residual(residual)
            }
            pool => pool,
        }
    }

    /// Ready under a condition `[B, L, 2 V]`, at the finest resolution.
    fn ready(&self, condition: &Tensor<3>) -> ReadyLayer {
        match self {
            Self::Pool(pool) => ReadyLayer::Pool(pool.linear.ready()),
            Self::Residual(residual) => {
                let condition = residual.condition(condition.clone()); // [B, L / stride, H]
                let length = condition.dims()[1];
                let inner = match &residual.layer {
                    Inner::S4(s4) => ReadyInner::S4(s4.ready(length)),
                    Inner::FeedForward(of) => ReadyInner::FeedForward(of.expand.ready(), of.contract.ready()),
                };
                ReadyLayer::Residual { fc_t: residual.fc_t.clone(), norm: residual.norm.clone(), inner, condition }
            }
        }
    }
}

impl Residual {
    /// The conditioner: a convolution whose kernel is as wide as its stride. Its windows begin (stride - 1) / 2 positions
    /// early, so they are whole after a shift by that: a linear map of stride positions side by side.
    fn condition(&self, condition: Tensor<3>) -> Tensor<3> {
        let [batch, length, channels] = condition.dims();
        let stride = self.stride;
        let before = (stride - 1) / 2;
        let shifted = if before == 0 {
            condition
        } else {
            let zeros = Tensor::zeros([batch, before, channels], &condition.device()); // [B, before, 2 V]
            Tensor::cat(vec![zeros, condition.narrow(1, 0, length - before)], 1) // [B, L, 2 V]
        };
        let windows = shifted.reshape([batch, length / stride, stride * channels]); // [B, L / stride, stride 2 V]
        self.cond_conv.ready().over_windows(windows) // [B, L / stride, H]
    }
}

enum ReadyInner {
    S4(ReadyS4),
    FeedForward(Ready, Ready),
}

#[expect(clippy::large_enum_variant, reason = "a few dozen of either")]
enum ReadyLayer {
    Residual { fc_t: Dense, norm: Norm, inner: ReadyInner, condition: Tensor<3> },
    Pool(Ready),
}

impl ReadyLayer {
    /// `x` at this layer's resolution, `step` `[B, E]`. A pool folds or unfolds.
    fn forward(&self, x: Tensor<3>, step: &Tensor<2>, up: bool) -> Tensor<3> {
        match self {
            Self::Residual { fc_t, norm, inner, condition } => {
                let shift = fc_t.forward(step.clone()).unsqueeze_dim::<3>(1); // [B, 1, H]
                let z = norm.forward(x.clone() + shift); // [B, L, H]
                let base = x + condition.clone(); // [B, L, H]
                match inner {
                    ReadyInner::S4(s4) => base + s4.forward(z),
                    ReadyInner::FeedForward(expand, contract) => {
                        contract.onto(base, 1.0, gelu(expand.forward(z, 1)), 1)
                    }
                }
            }
            Self::Pool(linear) if up => unfold(linear.forward(x, 1)),
            Self::Pool(linear) => linear.forward(fold(x), 1),
        }
    }
}

/// Pairs of positions into channels: channel 2 c + s of position l was channel c of position 2 l + s.
fn fold(x: Tensor<3>) -> Tensor<3> {
    let [batch, length, width] = x.dims();
    let pairs = x.reshape([batch, length / POOL, POOL, width]).swap_dims(2, 3); // [B, L/2, H, 2]
    pairs.reshape([batch, length / POOL, POOL * width])
}

/// The inverse of [`fold`].
fn unfold(x: Tensor<3>) -> Tensor<3> {
    let [batch, length, width] = x.dims();
    let pairs = x.reshape([batch, length, width / POOL, POOL]).swap_dims(2, 3); // [B, L, 2, H/2]
    pairs.reshape([batch, length * POOL, width / POOL])
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct SssdSa {
    init_conv: Conv,
    step: StepNet,
    cond_embedding: Embedding,
    d_layers: Vec<Layer>,
    c_layers: Vec<Layer>,
    u_layers: Vec<Vec<Layer>>,
    norm: Norm,
    final_conv: Conv,
    output_conv: Conv,
    #[module(skip)]
    config: SssdSaConfig,
}

impl Denoiser for SssdSa {
    fn kind(&self) -> &'static str {
        "sssd_sa"
    }

    fn process(&self) -> &Process {
        &self.config.process
    }

    fn extend(mut self, length: usize) -> Self {
        let all = |layers: Vec<Layer>| layers.into_iter().map(|layer| layer.extend(length)).collect();
        self.d_layers = all(self.d_layers);
        self.c_layers = all(self.c_layers);
        self.u_layers = self.u_layers.into_iter().map(all).collect();
        self
    }

    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        let condition = condition(data, mask); // [B, L, 2 V]
        let ready = |layers: &[Layer]| layers.iter().map(|layer| layer.ready(&condition)).collect::<Vec<_>>();
        let (down, centre) = (ready(&self.d_layers), ready(&self.c_layers));
        let up: Vec<Vec<ReadyLayer>> = self.u_layers.iter().map(|layers| ready(layers)).collect();
        let (init, head, output) = (self.init_conv.ready(), self.final_conv.ready(), self.output_conv.ready());
        Box::new(move |x, steps| {
            let step = self.step.forward(steps, probe); // [B, E]
            let mut x = activation::relu(init.forward(x, 1)); // [B, L, H]
            probe(format_args!("init_conv"), &|| x.clone());
            let mut passed = vec![x.clone()];
            for (number, layer) in down.iter().enumerate() {
                x = layer.forward(x, &step, false);
                probe(format_args!("d{number}"), &|| x.clone());
                passed.push(x.clone());
            }
            for (number, layer) in centre.iter().enumerate() {
                x = layer.forward(x, &step, false); // [B, L/4, 4 H]
                probe(format_args!("c{number}"), &|| x.clone());
            }
            let mut add = |x: Tensor<3>| match passed.pop() {
                Some(other) => x + other,
                None => x,
            };
            x = add(x);
            for (stage, layers) in up.iter().enumerate() {
                for (number, layer) in layers.iter().enumerate() {
                    x = layer.forward(x, &step, true);
                    probe(format_args!("u{stage}_{number}"), &|| x.clone());
                    x = add(x);
                }
            }
            let x = self.norm.forward(x); // [B, L, H]
            probe(format_args!("norm"), &|| x.clone());
            output.forward(activation::relu(head.forward(x, 1)), 1) // [B, L, V]
        })
    }
}

impl Network for SssdSa {
    const RENAME: Rename = rename;

    fn loss(&self, batch: &Batch, random: &mut SplitMix64) -> Tensor<1> {
        crate::nets::diffusion::loss::of_batch(self, batch, random)
    }

    fn longest(&self) -> usize {
        self.config.length
    }

    fn multiple(&self) -> usize {
        MULTIPLE
    }

    fn is_state_space(name: &str) -> bool {
        s4::is_state_space(name)
    }
}

/// A path in the module tree as the reference names it. Variants of enums are levels of the tree that it lacks.
fn rename(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('.') {
        match part {
            "step" | "Residual" | "Pool" | "S4" | "FeedForward" => {}
            "cond_conv" => parts.extend(["cond_conv", "conv"]),
            "output_linear" => parts.extend(["output_linear", "0"]),
            "expand" => parts.extend(["ff", "0", "0"]),
            "contract" => parts.extend(["ff", "2"]),
            "init_conv" => parts.extend(["init_conv", "0"]),
            "final_conv" => parts.extend(["final_conv", "0"]),
            "output_conv" => parts.extend(["final_conv", "2"]),
            other => parts.push(other),
        }
    }
    s4::rename(&parts.join("."))
}

//! SSSD-S4: DiffWave's frame with S4 layers in place of dilated convolutions.
//!
//! Paper: Lopez Alcaraz and Strodthoff 2022, *Diffusion-based Time Series Imputation and Forecasting with Structured State
//! Space Models* (TMLR). Compared with AI4HealthUOL/SSSD, commit 4d3b7a51c54b.
//!
//! Forward: as [`DiffWave`](crate::nets::diffwave::DiffWave), but inside a block y = S4_2(S4_1(conv3(h + fc_t(e))) + cond(c)), the
//! convolution undilated and S4_i(y) = norm(S4(y) + y). Loss: [`diffusion::loss`](crate::nets::diffusion::loss).
//!
//! | tensor | shape |
//! |---|---|
//! | x, result | B, L, V |
//! | c | B, L, 2 V |
//! | h | B, L, C |
//! | y | B, L, 2 C |
//!
//! Deviations: none; see [`layers::s4`](crate::nets::layers::s4) for windows longer than the layers' length. Step, poles, P, Q
//! and B of the S4 layers are frozen, as in the reference.
//!
//! Test: `nets/golden`, fixture `sssd_s4`.

use crate::nets::batch::Batch;
use crate::nets::diffusion::process::{Denoise, Denoiser, Probe, Process};
use crate::nets::layers::maps::{Dense, NormedConv};
use crate::nets::layers::s4;
use crate::nets::layers::s4::{S4Config, S4Layer};
use crate::nets::layers::wavenet;
use crate::nets::layers::wavenet::{Block, ReadyBlock, WaveNet, WaveNetConfig};
use crate::nets::network::Network;
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Taps of a block's convolution.
const TAPS: usize = 3;

/// Sizes of an [`SssdS4`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SssdS4Config {
    /// What surrounds the blocks.
    pub frame: WaveNetConfig,
    /// `N`, state of the S4 layers.
    pub state: usize,
    /// Windows the S4 layers are made for.
    pub length: usize,
    /// Whether the S4 layers look both ways.
    pub bidirectional: bool,
    /// Whether S4 layers normalise.
    pub layer_norm: bool,
    /// Which conjugates the kernels' sums run over.
    pub sum: Sum,
    /// Encoding, schedule and loss.
    pub process: Process,
}

impl SssdS4Config {
    /// As published: 48 million parameters for integer ids.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self {
            frame: WaveNetConfig::paper(),
            state: 64,
            length: 200,
            bidirectional: true,
            layer_norm: true,
            sum: Sum::Conjugate,
            process: Process::sssd(vocabulary),
        }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        let frame = WaveNetConfig { blocks: 6, ..WaveNetConfig::small() };
        Self { frame, state: 32, ..Self::paper(vocabulary) }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        let frame = WaveNetConfig { blocks: 2, ..WaveNetConfig::tiny() };
        Self { frame, state: 8, length: 32, ..Self::paper(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        s4::problem(self.state, self.length).or_else(|| self.frame.problem()).or_else(|| self.process.problem())
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> SssdS4 {
        let _alone = seeded(seed, device);
        let net = WaveNet::new(&self.frame, self.process.channels(), |_| S4Block::new(self, device), device);
        drawn(SssdS4 { net, config: self.clone() })
    }
}

/// One residual block.
#[derive(Module, Debug)]
pub(crate) struct S4Block {
    fc_t: Dense,
    conv_layer: NormedConv,
    s4_1: S4Layer,
    cond_conv: NormedConv,
    s4_2: S4Layer,
    res_conv: NormedConv,
    skip_conv: NormedConv,
}

impl S4Block {
    fn new(config: &SssdS4Config, device: &Device) -> Self {
        let (frame, channels) = (&config.frame, config.frame.channels);
        let s4 = S4Config {
            features: 2 * channels,
            state: config.state,
            length: config.length,
            bidirectional: config.bidirectional,
            glu: false,
            train_system: false,
            sum: config.sum,
        };
        Self {
            fc_t: Dense::new(frame.embedding[2], channels, device),
            conv_layer: NormedConv::new(channels, 2 * channels, TAPS, device),
            s4_1: S4Layer::new(&s4, config.layer_norm, device),
            cond_conv: NormedConv::new(2 * config.process.channels(), 2 * channels, 1, device),
            s4_2: S4Layer::new(&s4, config.layer_norm, device),
            res_conv: NormedConv::new(channels, channels, 1, device),
            skip_conv: NormedConv::new(channels, frame.skip, 1, device),
        }
    }
}

impl Block for S4Block {
    fn ready(&self, condition: Tensor<3>) -> ReadyBlock {
        let length = condition.dims()[1];
        let condition = self.cond_conv.ready().forward(condition, 1); // [B, L, 2 C]
        let conv = self.conv_layer.ready();
        let (first, second) = (self.s4_1.ready(length), self.s4_2.ready(length));
        ReadyBlock {
            fc_t: self.fc_t.clone(),
            res: self.res_conv.ready_scaled(wavenet::RESIDUAL_SCALE),
            skip: self.skip_conv.ready(),
            inner: Box::new(move |h, probe| {
                let y = conv.forward(h, 1); // [B, L, 2 C]
                probe(format_args!("S41.s4"), &|| first.s4.forward(y.clone()));
                let y = first.forward(y); // [B, L, 2 C]
                probe(format_args!("S41"), &|| y.clone());
                let y = second.forward(y + condition.clone()); // [B, L, 2 C]
                probe(format_args!("S42"), &|| y.clone());
                y
            }),
        }
    }
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct SssdS4 {
    net: WaveNet<S4Block>,
    #[module(skip)]
    config: SssdS4Config,
}

impl Denoiser for SssdS4 {
    fn kind(&self) -> &'static str {
        "sssd_s4"
    }

    fn process(&self) -> &Process {
        &self.config.process
    }

    fn extend(mut self, length: usize) -> Self {
        self.net = self.net.map_blocks(|mut block| {
            block.s4_1 = block.s4_1.extend(length);
            block.s4_2 = block.s4_2.extend(length);
            block
        });
        self
    }

    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        self.net.denoiser(data, mask, probe)
    }
}

impl Network for SssdS4 {
    const RENAME: Rename = wavenet::rename;

    fn loss(&self, batch: &Batch, random: &mut SplitMix64) -> Tensor<1> {
        crate::nets::diffusion::loss::of_batch(self, batch, random)
    }

    fn longest(&self) -> usize {
        self.config.length
    }

    fn is_state_space(name: &str) -> bool {
        s4::is_state_space(name)
    }
}

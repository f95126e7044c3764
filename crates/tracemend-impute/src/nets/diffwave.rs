//! DiffWave: a stack of dilated convolutions that predicts the noise in a window.
//!
//! Paper: Kong et al. 2021, *DiffWave: A Versatile Diffusion Model for Audio Synthesis* (ICLR), as adapted to imputation
//! by Lopez Alcaraz and Strodthoff 2022, *Diffusion-based Time Series Imputation and Forecasting with Structured State
//! Space Models* (TMLR). Compared with AI4HealthUOL/SSSD, commit 4d3b7a51c54b.
//!
//! Forward: h = relu(init x); per block n: y = conv3(h + fc_t(e), dilation 2^(n mod cycle)) + cond(c),
//! o = tanh(y first half) sigmoid(y second half), h = (h + res(o)) / sqrt 2, skip += skip(o);
//! result = conv(relu(conv(skip / sqrt blocks))). e embeds the diffusion step, c is the observed data and the mask.
//! Loss: [`diffusion::loss`](crate::nets::diffusion::loss).
//!
//! | tensor | shape |
//! |---|---|
//! | x, result | B, L, V |
//! | c | B, L, 2 V |
//! | h | B, L, C |
//! | y, before the gate | B, L, 2 C |
//! | skip | B, L, S |
//!
//! Deviations: none. Sums of residual connections are the starting values of matrix products, and the factors 1/sqrt go
//! into weights; taps that see padding alone are left out. The last block's `res` exists, as in the reference, and is not
//! computed, because nothing reads it.
//!
//! Test: `nets/golden`, fixtures `diffwave` and `diffwave_wide_dilation`.

use crate::nets::batch::Batch;
use crate::nets::diffusion::process::{Denoise, Denoiser, Probe, Process};
use crate::nets::layers::maps::{Dense, NormedConv, Ready};
use crate::nets::layers::wavenet;
use crate::nets::layers::wavenet::{Block, ReadyBlock, WaveNet, WaveNetConfig};
use crate::nets::network::Network;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Taps of a dilated convolution.
const TAPS: usize = 3;

/// Sizes of a [`DiffWave`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiffWaveConfig {
    /// What surrounds the blocks.
    pub frame: WaveNetConfig,
    /// Blocks after which the dilation begins with 1 again.
    pub dilation_cycle: usize,
    /// Encoding, schedule and loss.
    pub process: Process,
}

impl DiffWaveConfig {
    /// As published: 24 million parameters for integer ids.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self { frame: WaveNetConfig::paper(), dilation_cycle: 12, process: Process::sssd(vocabulary) }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        Self { frame: WaveNetConfig::small(), dilation_cycle: 6, ..Self::paper(vocabulary) }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        Self { frame: WaveNetConfig::tiny(), dilation_cycle: 3, ..Self::paper(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        if self.dilation_cycle == 0 || self.dilation_cycle > 24 {
            return Some("dilation_cycle has to lie between 1 and 24".to_owned());
        }
        self.frame.problem().or_else(|| self.process.problem())
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> DiffWave {
        let _alone = seeded(seed, device);
        let block = |number: usize| DilatedBlock::new(self, number, device);
        let net = WaveNet::new(&self.frame, self.process.channels(), block, device);
        drawn(DiffWave { net, config: self.clone() })
    }
}

/// One residual block.
#[derive(Module, Debug)]
pub(crate) struct DilatedBlock {
    fc_t: Dense,
    dilated_conv_layer: NormedConv,
    cond_conv: NormedConv,
    res_conv: NormedConv,
    skip_conv: NormedConv,
    dilation: usize,
}

impl DilatedBlock {
    fn new(config: &DiffWaveConfig, number: usize, device: &Device) -> Self {
        let (frame, channels) = (&config.frame, config.frame.channels);
        Self {
            fc_t: Dense::new(frame.embedding[2], channels, device),
            dilated_conv_layer: NormedConv::new(channels, 2 * channels, TAPS, device),
            cond_conv: NormedConv::new(2 * config.process.channels(), 2 * channels, 1, device),
            res_conv: NormedConv::new(channels, channels, 1, device),
            skip_conv: NormedConv::new(channels, frame.skip, 1, device),
            dilation: 1 << (number % config.dilation_cycle),
        }
    }
}

impl Block for DilatedBlock {
    fn ready(&self, condition: Tensor<3>) -> ReadyBlock {
        let condition = self.cond_conv.ready().forward(condition, 1); // [B, L, 2 C]
        let (conv, dilation): (Ready, usize) = (self.dilated_conv_layer.ready(), self.dilation);
        ReadyBlock {
            fc_t: self.fc_t.clone(),
            res: self.res_conv.ready_scaled(wavenet::RESIDUAL_SCALE),
            skip: self.skip_conv.ready(),
            inner: Box::new(move |h, _| conv.onto(condition.clone(), 1.0, h, dilation)),
        }
    }
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct DiffWave {
    net: WaveNet<DilatedBlock>,
    #[module(skip)]
    config: DiffWaveConfig,
}

impl Denoiser for DiffWave {
    fn kind(&self) -> &'static str {
        "diffwave"
    }

    fn process(&self) -> &Process {
        &self.config.process
    }

    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        self.net.denoiser(data, mask, probe)
    }
}

impl Network for DiffWave {
    const RENAME: Rename = wavenet::rename;

    fn loss(&self, batch: &Batch, random: &mut SplitMix64) -> Tensor<1> {
        crate::nets::diffusion::loss::of_batch(self, batch, random)
    }
}

//! CSDI-S4: CSDI with an S4 layer along time.
//!
//! Paper: Lopez Alcaraz and Strodthoff 2022, *Diffusion-based Time Series Imputation and Forecasting with Structured State
//! Space Models* (TMLR), where it is a baseline. Compared with AI4HealthUOL/SSSD, commit 4d3b7a51c54b.
//!
//! Forward, loss and shapes: as [`Csdi`](crate::nets::csdi::Csdi), the time layer being norm(S4(y) + y).
//!
//! Deviations: none. The reference ignores the length it is given and makes its S4 layers for 251 positions, an odd number,
//! of which the kernel has 250: [`CsdiS4Config::length`] is 251 as published, and can be set to an even number for the
//! model's true kernel. Step, poles, P, Q and B are frozen, as in the reference.
//!
//! Test: `nets/golden`, fixtures `csdi_s4` and `csdi_s4_k2`.

use crate::nets::batch::Batch;
use crate::nets::csdi::{CsdiConfig, CsdiNet, TimeLayer, rename as rename_csdi};
use crate::nets::diffusion::process::{Denoise, Denoiser, Probe, Process};
use crate::nets::layers::s4;
use crate::nets::layers::s4::{S4Config, S4Layer};
use crate::nets::network::Network;
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::seed::{drawn, seeded};
use crate::nets::state_dict::Rename;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// Sizes of a [`CsdiS4`] network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CsdiS4Config {
    /// All but the time layers.
    pub csdi: CsdiConfig,
    /// `N`, state of the S4 layers.
    pub state: usize,
    /// Windows the S4 layers are made for.
    pub length: usize,
    /// Which conjugates the kernels' sums run over.
    pub sum: Sum,
}

impl CsdiS4Config {
    /// As published: 0.36 million parameters for integer ids.
    pub(super) fn paper(vocabulary: usize) -> Self {
        Self { csdi: CsdiConfig::paper(vocabulary), state: 64, length: 251, sum: Sum::Conjugate }
    }

    /// Trains in minutes on two cores.
    pub(super) fn small(vocabulary: usize) -> Self {
        Self { csdi: CsdiConfig::small(vocabulary), state: 32, length: 200, ..Self::paper(vocabulary) }
    }

    /// For tests.
    pub(super) fn tiny(vocabulary: usize) -> Self {
        Self { csdi: CsdiConfig::tiny(vocabulary), state: 8, length: 32, ..Self::paper(vocabulary) }
    }

    /// What is wrong with these sizes, in words.
    pub(super) fn problem(&self) -> Option<String> {
        s4::problem(self.state, self.length).or_else(|| self.csdi.problem())
    }

    /// A network with random weights; the same seed gives the same weights.
    pub(super) fn init(&self, seed: u64, device: &Device) -> CsdiS4 {
        let _alone = seeded(seed, device);
        let s4 = S4Config {
            features: self.csdi.channels,
            state: self.state,
            length: self.length,
            bidirectional: true,
            glu: false,
            train_system: false,
            sum: self.sum,
        };
        let net = CsdiNet::new(&self.csdi, |_| S4Layer::new(&s4, true, device), device);
        drawn(CsdiS4 { net, config: self.clone() })
    }
}

impl TimeLayer for S4Layer {
    fn ready(&self, length: usize) -> Box<dyn Fn(Tensor<3>) -> Tensor<3> + '_> {
        let ready = S4Layer::ready(self, length);
        Box::new(move |x| ready.forward(x))
    }
}

/// The network.
#[derive(Module, Debug)]
pub(super) struct CsdiS4 {
    net: CsdiNet<S4Layer>,
    #[module(skip)]
    config: CsdiS4Config,
}

impl Denoiser for CsdiS4 {
    fn kind(&self) -> &'static str {
        "csdi_s4"
    }

    fn process(&self) -> &Process {
        &self.config.csdi.process
    }

    fn extend(mut self, length: usize) -> Self {
        self.net = self.net.map_time(|layer| layer.extend(length));
        self
    }

    fn probed<'a>(&'a self, data: Tensor<3>, mask: Tensor<3>, probe: Probe<'a>) -> Denoise<'a> {
        self.net.denoiser(data, mask, probe)
    }
}

impl Network for CsdiS4 {
    const RENAME: Rename = rename;

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

fn rename(path: &str) -> String {
    s4::rename(&rename_csdi(path))
}

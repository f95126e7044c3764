//! All networks by name: presets, making, loading, training, using.

use crate::nets::csdi::{Csdi, CsdiConfig};
use crate::nets::csdi_s4::{CsdiS4, CsdiS4Config};
use crate::nets::device::cpu;
use crate::nets::diffusion::imputer::{DiffusionImputer, Sampling};
use crate::nets::diffusion::process::Denoiser;
use crate::nets::diffwave::{DiffWave, DiffWaveConfig};
use crate::nets::lstm::{Lstm, LstmConfig};
use crate::nets::masked_diffusion::{MaskedDiffusion, MaskedDiffusionConfig};
use crate::nets::model_file::ModelFile;
use crate::nets::network::Network;
use crate::nets::sssd_s4::{SssdS4, SssdS4Config};
use crate::nets::sssd_sa::{SssdSa, SssdSaConfig};
use crate::nets::state_dict;
use crate::nets::state_dict::{StateDict, StateError};
use crate::nets::train;
use crate::nets::train::{Outcome, Task, TrainConfig, TrainError, Watch};
use crate::window::imputer::Imputer;
use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Names of all networks, with a line on each.
pub const NETWORKS: [(&str, &str); 8] = [
    (
        "masked_diffusion",
        "masked (absorbing) diffusion over tokens: a bidirectional Transformer, decoded in a few steps",
    ),
    ("lstm", "next-event model that fills a gap from left to right by its own predictions"),
    ("bilstm", "two of these, one reading from the right"),
    ("diffwave", "Gaussian diffusion with dilated convolutions, as published"),
    ("sssd_s4", "Gaussian diffusion with S4 layers, as published"),
    ("sssd_sa", "Gaussian diffusion with a SaShiMi U-Net of S4 layers, as published"),
    ("csdi", "Gaussian diffusion with attention over time and features, as published"),
    ("csdi_s4", "CSDI with S4 layers over time, as published"),
];

/// How large a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The published sizes where there are any; hours.
    Paper,
    /// Minutes on two cores.
    Small,
    /// Seconds; for tests.
    Tiny,
}

/// Why a network could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No network of this name.
    #[error("there is no network {name}; choose from {}", NETWORKS.map(|(name, _)| name).join(", "))]
    UnknownNetwork {
        /// What was asked for.
        name: String,
    },
    /// Settings that cannot be read or make no network.
    #[error("the settings of {network} are of no use: {reason}")]
    Config {
        /// The network.
        network: String,
        /// What is wrong.
        reason: String,
    },
    /// Tensors that do not fit.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A network of any kind.
#[derive(Clone, Debug)]
pub struct AnyNetwork(Kind);

/// Makes the enumeration of all kinds of networks and what depends on the kind alone. Each has a configuration with the
/// presets `paper`, `small` and `tiny`, with `problem` and `init`.
macro_rules! networks {
    ($($kind:ident, $config:ident, $name:pat => $adjust:expr, $imputer:expr;)*) => {
        #[derive(Clone, Debug)]
        enum Kind {
            $($kind($kind),)*
        }

        /// The settings of a network as JSON.
        ///
        /// # Errors
        /// No network of this name.
        pub fn preset(network: &str, size: Preset, vocabulary: usize) -> Result<serde_json::Value, RegistryError> {
            let json = match network {
                $($name => {
                    let config = match size {
                        Preset::Paper => $config::paper(vocabulary),
                        Preset::Small => $config::small(vocabulary),
                        Preset::Tiny => $config::tiny(vocabulary),
                    };
                    let adjust: fn(&str, $config) -> $config = $adjust;
                    serde_json::to_value(adjust(network, config))
                })*
                _ => return Err(RegistryError::UnknownNetwork { name: network.to_owned() }),
            };
            json.map_err(|error| RegistryError::Config { network: network.to_owned(), reason: error.to_string() })
        }

        impl AnyNetwork {
            /// A network with random weights; the same seed gives the same ones, on whatever device.
            ///
            /// # Errors
            /// No network of this name, or settings that make none.
            pub fn init(network: &str, config: &str, seed: u64, device: &Device) -> Result<Self, RegistryError> {
                let wrong = |reason: String| RegistryError::Config { network: network.to_owned(), reason };
                match network {
                    $($name => {
                        let config: $config =
                            serde_json::from_str(config).map_err(|error| wrong(error.to_string()))?;
                        match config.problem() {
                            Some(problem) => Err(wrong(problem)),
                            // Drawn on the processor: every device has random numbers of its own.
                            None => Ok(Self(Kind::$kind(config.init(seed, &cpu()).to_device(device)))),
                        }
                    })*
                    _ => Err(RegistryError::UnknownNetwork { name: network.to_owned() }),
                }
            }

            /// The network in a file.
            ///
            /// # Errors
            /// A network that does not exist here, or tensors that do not fit its settings.
            pub fn from_file(file: &ModelFile, device: &Device) -> Result<Self, RegistryError> {
                Ok(Self(match Self::init(&file.network, &file.config, 0, &cpu())?.0 {
                    $(Kind::$kind(network) => Kind::$kind(loaded(network, &file.tensors)?.to_device(device)),)*
                }))
            }

            /// All its tensors by their published names.
            pub fn tensors(&self) -> StateDict {
                match &self.0 {
                    $(Kind::$kind(network) => state_dict::export(network, <$kind as Network>::RENAME),)*
                }
            }

            /// Trains it, from the beginning or, with `resume`, from the checkpoint in `folder` where there is one.
            ///
            /// # Errors
            /// Impossible settings, a folder that holds a run that is not to be resumed, files that cannot be read or
            /// written, a checkpoint that is damaged or of other settings, a loss that is no number.
            pub fn train(
                self,
                task: &Task<'_>,
                config: &TrainConfig,
                folder: &Path,
                resume: bool,
                watch: &mut dyn Watch,
            ) -> Result<Outcome, TrainError> {
                match self.0 {
                    $(Kind::$kind(network) => train::train(network, task, config, folder, resume, watch),)*
                }
            }

            /// As a method that fills windows; `sampling` is how those of Gaussian diffusion do it.
            pub fn into_imputer(self, sampling: &Sampling) -> Box<dyn Imputer + Send> {
                match self.0 {
                    $(Kind::$kind(network) => {
                        let imputer: fn($kind, &Sampling) -> Box<dyn Imputer + Send> = $imputer;
                        imputer(network, sampling)
                    })*
                }
            }
        }
    };
}

/// Networks that fill windows by themselves.
fn direct<N: Imputer + Send + 'static>(network: N, _: &Sampling) -> Box<dyn Imputer + Send> {
    Box::new(network)
}

/// Networks of Gaussian diffusion.
fn sampled<N: Denoiser + Sync + 'static>(network: N, sampling: &Sampling) -> Box<dyn Imputer + Send> {
    Box::new(DiffusionImputer::new(network, sampling.clone()))
}

networks! {
    MaskedDiffusion, MaskedDiffusionConfig, "masked_diffusion" => |_, config| config, direct;
    Lstm, LstmConfig, "lstm" | "bilstm" =>
        |name, config| LstmConfig { bidirectional: name == "bilstm", ..config }, direct;
    DiffWave, DiffWaveConfig, "diffwave" => |_, config| config, sampled;
    SssdS4, SssdS4Config, "sssd_s4" => |_, config| config, sampled;
    SssdSa, SssdSaConfig, "sssd_sa" => |_, config| config, sampled;
    Csdi, CsdiConfig, "csdi" => |_, config| config, sampled;
    CsdiS4, CsdiS4Config, "csdi_s4" => |_, config| config, sampled;
}

fn loaded<N: Network>(network: N, tensors: &StateDict) -> Result<N, StateError> {
    state_dict::load(network, N::RENAME, tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_presets_that_make_it_and_survives_a_file() {
        let device = Device::flex();
        for (name, _) in NETWORKS {
            for size in [Preset::Small, Preset::Tiny] {
                let config = preset(name, size, 7).unwrap();
                assert!(config.to_string().contains("\"vocabulary\":7"), "{config}");
            }
            let config = preset(name, Preset::Tiny, 7).unwrap().to_string();
            let network = AnyNetwork::init(name, &config, 1, &device).unwrap();
            let file = ModelFile {
                network: name.to_owned(),
                config,
                vocabulary: Default::default(),
                training: Default::default(),
                tensors: network.tensors(),
            };
            assert_eq!(AnyNetwork::from_file(&file, &device).unwrap().tensors(), file.tensors);
            let other = AnyNetwork::init(name, &file.config, 2, &device).unwrap();
            assert_ne!(other.tensors(), file.tensors);
        }
    }

    #[test]
    fn what_makes_no_network_is_refused_in_words() {
        let device = Device::flex();
        let error = |name: &str, config: &str| AnyNetwork::init(name, config, 1, &device).unwrap_err().to_string();
        assert!(error("gru", "{}").contains("masked_diffusion, lstm"));
        let mut config = preset("masked_diffusion", Preset::Tiny, 7).unwrap();
        config["heads"] = 5.into();
        assert!(error("masked_diffusion", &config.to_string()).contains("5 heads do not divide"));
        config["haeds"] = 5.into();
        assert!(error("masked_diffusion", &config.to_string()).contains("haeds"));
    }
}

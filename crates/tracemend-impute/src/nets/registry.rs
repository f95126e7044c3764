//! All networks by name: presets, making, loading, training, using.

use super::lstm::{Lstm, LstmConfig};
use super::masked_diffusion::{MaskedDiffusion, MaskedDiffusionConfig};
use super::model_file::ModelFile;
use super::network::Network;
use super::state_dict::{self, StateDict, StateError};
use super::train::{self, Outcome, Task, TrainConfig, TrainError, Watch};
use crate::imputer::Imputer;
use burn::tensor::Device;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Names of all networks, with a line on each.
pub const NETWORKS: [(&str, &str); 3] = [
    (
        "masked_diffusion",
        "masked (absorbing) diffusion over tokens: a bidirectional Transformer, decoded in a few steps",
    ),
    ("lstm", "next-event model that fills a gap from left to right by its own predictions"),
    ("bilstm", "two of these, one reading from the right"),
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
pub enum AnyNetwork {
    /// See [`MaskedDiffusion`].
    MaskedDiffusion(MaskedDiffusion),
    /// See [`Lstm`].
    Lstm(Lstm),
}

macro_rules! each {
    ($any:expr, $network:ident => $work:expr) => {
        match $any {
            AnyNetwork::MaskedDiffusion($network) => $work,
            AnyNetwork::Lstm($network) => $work,
        }
    };
}

/// The settings of a network as JSON.
///
/// # Errors
/// No network of this name.
pub fn preset(network: &str, size: Preset, vocabulary: usize) -> Result<serde_json::Value, RegistryError> {
    let json = match network {
        "masked_diffusion" => serde_json::to_value(match size {
            Preset::Paper => MaskedDiffusionConfig::paper(vocabulary),
            Preset::Small => MaskedDiffusionConfig::small(vocabulary),
            Preset::Tiny => MaskedDiffusionConfig::tiny(vocabulary),
        }),
        "lstm" | "bilstm" => {
            let config = match size {
                Preset::Paper => LstmConfig::paper(vocabulary),
                Preset::Small => LstmConfig::small(vocabulary),
                Preset::Tiny => LstmConfig::tiny(vocabulary),
            };
            serde_json::to_value(LstmConfig { bidirectional: network == "bilstm", ..config })
        }
        _ => return Err(RegistryError::UnknownNetwork { name: network.to_owned() }),
    };
    json.map_err(|error| RegistryError::Config { network: network.to_owned(), reason: error.to_string() })
}

impl AnyNetwork {
    /// A network with random weights; the same seed gives the same ones.
    ///
    /// # Errors
    /// No network of this name, or settings that make none.
    pub fn init(network: &str, config: &str, seed: u64, device: &Device) -> Result<Self, RegistryError> {
        let wrong = |reason: String| RegistryError::Config { network: network.to_owned(), reason };
        fn read<T: DeserializeOwned>(config: &str) -> Result<T, String> {
            serde_json::from_str(config).map_err(|error| error.to_string())
        }
        Ok(match network {
            "masked_diffusion" => {
                let config: MaskedDiffusionConfig = read(config).map_err(wrong)?;
                config.problem().map_or(Ok(()), |problem| Err(wrong(problem)))?;
                Self::MaskedDiffusion(config.init(seed, device))
            }
            "lstm" | "bilstm" => {
                let config: LstmConfig = read(config).map_err(wrong)?;
                config.problem().map_or(Ok(()), |problem| Err(wrong(problem)))?;
                Self::Lstm(config.init(seed, device))
            }
            _ => return Err(RegistryError::UnknownNetwork { name: network.to_owned() }),
        })
    }

    /// The network in a file.
    ///
    /// # Errors
    /// A network that does not exist here, or tensors that do not fit its settings.
    pub fn from_file(file: &ModelFile, device: &Device) -> Result<Self, RegistryError> {
        Ok(match Self::init(&file.network, &file.config, 0, device)? {
            Self::MaskedDiffusion(network) => Self::MaskedDiffusion(loaded(network, &file.tensors)?),
            Self::Lstm(network) => Self::Lstm(loaded(network, &file.tensors)?),
        })
    }

    /// All its tensors by their published names.
    pub fn tensors(&self) -> StateDict {
        fn of<N: Network>(network: &N) -> StateDict {
            state_dict::export(network, N::RENAME)
        }
        each!(self, network => of(network))
    }

    /// Trains it, see [`train::train`].
    ///
    /// # Errors
    /// Those of [`train::train`].
    pub fn train(
        self,
        task: &Task<'_>,
        config: &TrainConfig,
        folder: &Path,
        resume: bool,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, TrainError> {
        each!(self, network => train::train(network, task, config, folder, resume, watch))
    }

    /// As a method that fills windows.
    pub fn into_imputer(self) -> Box<dyn Imputer + Send> {
        each!(self, network => Box::new(network))
    }
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
            for size in [Preset::Paper, Preset::Small, Preset::Tiny] {
                let config = preset(name, size, 7).unwrap();
                assert_eq!(config["vocabulary"], 7);
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

//! Options of `evaluate` that concern networks; a build without the ML framework has none of them.

use super::globals::Globals;
use super::{network, trained};
use crate::evaluation::fingerprint;
use anyhow::Context as _;
use clap::Args;
use std::collections::BTreeMap;
use tracemend_impute::nets::device::DeviceName;
use tracemend_impute::window::models::Model;

/// Networks to measure on flat windows.
#[derive(Args, Debug)]
pub(super) struct NetworkArgs {
    /// Measure this trained network too, on the same windows; `NAME=FILE` gives it a name. Repeatable.
    #[arg(long, value_name = "[NAME=]FILE")]
    model: Vec<String>,
    #[command(flatten)]
    sampling: trained::SamplingArgs,
    /// Where networks compute.
    #[arg(long, value_parser = network::DeviceParser, value_name = "DEVICE", default_value_t)]
    device: DeviceName,
}

impl NetworkArgs {
    /// Loads the networks.
    pub(super) fn models(&self, globals: &Globals) -> anyhow::Result<Vec<Model>> {
        trained::models(&self.model, &self.sampling.sampling(), self.device, globals)
    }

    /// Adds what identifies the networks to the settings of an evaluation.
    pub(super) fn settings(&self, settings: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
        if self.model.is_empty() {
            return Ok(());
        }
        settings.insert("sampling".to_owned(), serde_json::to_string(&self.sampling.sampling())?);
        for given in &self.model {
            let (name, path) = trained::named(given);
            let hash = fingerprint(path).with_context(|| format!("cannot read {}", path.display()))?;
            settings.insert(format!("model {}", name.unwrap_or(given)), hash);
        }
        Ok(())
    }
}

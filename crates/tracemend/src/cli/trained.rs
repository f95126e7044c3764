//! Trained networks for `evaluate`: how they fill windows, and how their files are loaded.

use super::choice::{Choices, choice};
use super::globals::Globals;
use super::network::{SamplingArg, load, open};
use anyhow::bail;
use clap::Args;
use std::path::Path;
use tracemend_impute::nets::device::DeviceName;
use tracemend_impute::nets::{Combine, Sampling};
use tracemend_impute::window::models::Model;

/// How several samples become one prediction.
const COMBINATIONS: &Choices<Combine> = &[
    (Combine::Median, "median", "The median of the numbers"),
    (Combine::Mean, "mean", "Their mean"),
    (Combine::Majority, "majority", "The token that most samples are nearest to"),
];

/// How networks with Gaussian diffusion fill windows.
#[derive(Args, Debug)]
pub(super) struct SamplingArgs {
    /// How networks with Gaussian diffusion fill windows.
    #[arg(long, value_enum, value_name = "HOW", default_value = "quick")]
    sampling: SamplingArg,
    /// Samples that such networks draw per window.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// How to combine several samples into one prediction.
    #[arg(long, value_parser = choice(COMBINATIONS), value_name = "HOW", default_value = "median")]
    combine: Combine,
}

impl SamplingArgs {
    /// Returns the options as the library takes them.
    pub(super) fn sampling(&self) -> Sampling {
        Sampling { samples: self.samples.into(), combine: self.combine, ..self.sampling.sampling() }
    }
}

/// Splits a model given as `FILE` or `NAME=FILE` into its name, if given, and its file.
pub(super) fn named(given: &str) -> (Option<&str>, &Path) {
    match given.split_once('=') {
        Some((name, path)) if !Path::new(given).exists() => (Some(name), Path::new(path)),
        _ => (None, Path::new(given)),
    }
}

/// Loads networks to measure, each given as `FILE` or `NAME=FILE`.
pub(super) fn models(
    given: &[String],
    sampling: &Sampling,
    device: DeviceName,
    globals: &Globals,
) -> anyhow::Result<Vec<Model>> {
    let mut models: Vec<Model> = Vec::new();
    if given.is_empty() {
        return Ok(models);
    }
    let device = open(device, globals)?;
    for given in given {
        let (name, path) = named(given);
        let (model, _) = load(path, sampling, &device)?;
        let name = name.unwrap_or(&model.name).to_owned();
        if models.iter().any(|model| model.name == name) {
            bail!("two models are called {name}; give one another name with --model NAME=FILE");
        }
        models.push(Model { name, ..model });
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::super::choice::assert_names;
    use super::COMBINATIONS;

    #[test]
    fn combinations_have_one_name() {
        assert_names(COMBINATIONS);
    }
}

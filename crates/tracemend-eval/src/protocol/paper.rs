//! Protocol `paper`: the published benchmark. [`crate::arrays`] scores arrays that other programs imputed in it.
//!
//! *Execution Trace Reconstruction Using Diffusion-Based Generative Models* (ICSE 2025): windows of 50, 100, 150 or 200
//! events at stride 5, one blackout of 1 to 40 events per window, in the middle or at the end
//! (see [`Place`](tracemend_impute::window::place::Place)). The
//! programs loop, so nearly all test windows also occur in the training text: that share is the metric `leakage`, and no
//! figure of this protocol should be read without it.
//!
//! Methods learn from the training text only, and see only what is observed in a test window. Identical test
//! windows are filled once and counted as often as they occur; intervals are bootstrapped over the distinct ones.

use crate::cache::Cache;
use crate::error::Error;
use crate::measurement::means;
use crate::methods::chosen;
use crate::prediction::window::TakeWindows;
use crate::protocol::settings::WindowSettings;
use crate::protocol::window_bench::{Bench, METHODS};
use crate::score::Score;
use std::path::PathBuf;
use tracemend_impute::window::models::Model;
use tracemend_impute::window::windows::Source;

/// The published blackout lengths, in events.
pub const BLACKOUTS: [usize; 6] = [1, 5, 10, 20, 30, 40];
/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperConfig {
    /// `pts.npz`, or a folder in the published layout.
    pub data: PathBuf,
    /// Names of data sets; empty: all there are.
    pub datasets: Vec<String>,
    /// Window length, gaps, methods.
    pub settings: WindowSettings,
}

/// Runs the protocol. Rows come by data set, gap length, method and metric. After each data set's own rows comes
/// `leakage` (blackout 0, method `-`). With several data sets, the last rows are
/// their means (data `mean L=… …`). `models` are measured on the same windows as the methods.
///
/// # Errors
/// Data that cannot be read, methods or gaps that do not exist, a cache that cannot be used, or what `take` fails with.
pub fn run(
    config: &PaperConfig,
    models: &[Model],
    cache: &dyn Cache,
    take: TakeWindows<'_>,
) -> Result<Vec<Score>, Error> {
    let PaperConfig { data, datasets, settings } = config;
    // Wrong settings are said before anything is read.
    chosen(&settings.methods, &METHODS)?;
    settings.blackouts_or(&BLACKOUTS)?;
    let source = Source::open(data)?;
    let have = source.names(settings.length)?;
    let names = if datasets.is_empty() { &have } else { datasets };
    if let Some(name) = names.iter().find(|name| !have.contains(name)) {
        return Err(unknown(config, name, &have));
    }
    if names.is_empty() {
        return Err(unknown(config, "at all", &have));
    }
    let mut measurements = Vec::new();
    for name in names {
        let data = source.load(name, settings.length)?;
        let bench = Bench::new("paper", settings, &BLACKOUTS, &data, None, cache)?;
        measurements.extend(bench.run(models, take)?);
    }
    if names.len() > 1 {
        let means = means(&measurements);
        measurements.extend(means);
    }
    let label = settings.label();
    Ok(measurements.iter().flat_map(|one| Score::rows(one, "paper", &label)).collect())
}

fn unknown(config: &PaperConfig, name: &str, have: &[String]) -> Error {
    let have = if have.is_empty() { "none of this length".to_owned() } else { have.join(", ") };
    Error::UnknownDataset { data: config.data.clone(), name: name.to_owned(), length: config.settings.length, have }
}

//! `evaluate paper` and `evaluate cross-run`: gaps in flat windows.

use super::evaluate_finished::Finished;
#[cfg(feature = "nets")]
use super::evaluate_networks::NetworkArgs;
use super::evaluate_output::Output;
use super::evaluate_shared::{ProtocolArgs, Settings, SharedArgs, advised, check_unseen};
use super::globals::Globals;
use anyhow::Context as _;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use std::path::{Path, PathBuf};
use tracemend_eval::arrays::score_arrays;
use tracemend_eval::cache::Cache;
use tracemend_eval::protocol::cross_run::CrossRunConfig;
use tracemend_eval::protocol::paper::PaperConfig;
use tracemend_eval::protocol::settings::WindowSettings;
use tracemend_eval::protocol::{cross_run, paper};
use tracemend_impute::window::models::Model;
use tracemend_impute::window::place::Place;
use tracemend_trace::Trace;

/// Options of both protocols on windows.
#[derive(Args, Debug)]
pub(super) struct WindowArgs {
    /// Events per window.
    #[arg(long, value_name = "L", default_value_t = 200)]
    length: usize,
    /// Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent.
    #[arg(long, value_name = "K", value_delimiter = ',')]
    blackout: Vec<usize>,
    /// Place of the gap in the window.
    #[arg(long, alias = "place", value_name = "PLACE", default_value_t, value_parser = place_parser())]
    gap_at: Place,
    /// Write the predictions as arrays in the published layout below this folder.
    #[arg(long, value_name = "FOLDER")]
    save_arrays: Option<PathBuf>,
    #[cfg(feature = "nets")]
    #[command(flatten)]
    networks: NetworkArgs,
}

fn place_parser() -> impl clap::builder::TypedValueParser<Value = Place> {
    let places = [Place::Middle, Place::End];
    PossibleValuesParser::new(places.map(|place| place.to_string()))
        .map(move |name| places.into_iter().find(|place| place.to_string() == name).unwrap_or_default())
}

impl WindowArgs {
    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.set("length", self.length);
        settings.set("gap-at", self.gap_at);
        #[cfg(feature = "nets")]
        self.networks.settings(&mut settings.0)?;
        Ok(())
    }

    fn library(&self, shared: &SharedArgs, globals: &Globals) -> WindowSettings {
        WindowSettings {
            length: self.length,
            blackouts: self.blackout.clone(),
            place: self.gap_at,
            methods: shared.method.clone(),
            seed: globals.seed,
            threads: globals.threads,
        }
    }

    #[cfg(feature = "nets")]
    fn models(&self, globals: &Globals) -> anyhow::Result<Vec<Model>> {
        self.networks.models(globals)
    }

    /// No networks: this build has none.
    #[cfg(not(feature = "nets"))]
    fn models(&self, _: &Globals) -> anyhow::Result<Vec<Model>> {
        Ok(Vec::new())
    }
}

/// Windows of one flat sequence, as published, or arrays that another program imputed
///
/// The methods learn from the training windows of each data set. `leakage` says how many test windows also occur there
/// word for word: no figure of this protocol should be read without it.
#[derive(Args, Debug)]
pub(super) struct PaperArgs {
    /// The windows: `pts.npz`, or a folder in the published layout.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Names of data sets, separated by commas; all where absent.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dataset: Vec<String>,
    /// Score the imputed arrays of this folder (original, imputation and mask), or of all such folders below it, instead of
    /// imputing.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = [
        "data", "dataset", "length", "blackout", "gap_at", "save_arrays", "method", "resume", "dump",
    ])]
    #[cfg_attr(feature = "nets", arg(conflicts_with = "model"))]
    arrays: Option<PathBuf>,
    #[command(flatten)]
    windows: WindowArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

impl ProtocolArgs for PaperArgs {
    const NAME: &'static str = "paper";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn save_arrays(&self) -> Option<&Path> {
        self.windows.save_arrays.as_deref()
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.files("data", &self.data)?;
        self.windows.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        if let Some(folder) = &self.arrays {
            let scores = score_arrays(folder, globals.seed)
                .with_context(|| format!("the arrays in {} cannot be scored", folder.display()))?;
            return Ok(Finished { scores, ..Finished::default() });
        }
        let data = self.data.clone().context("name the windows with --data, or imputed arrays with --arrays")?;
        let settings = self.windows.library(&self.shared, globals);
        let config = PaperConfig { data, datasets: self.dataset.clone(), settings };
        let models = self.windows.models(globals)?;
        let scores =
            paper::run(&config, &models, cache, &mut |predictions| output.windows(predictions)).map_err(advised)?;
        Ok(Finished { scores, ..Finished::default() })
    }
}

/// Windows of one thread, learned from other runs of the same program
///
/// With `--valid`, the predictions of `ppm` are also scored again by the time that gaps took and the values that calls
/// returned (`ppm-rescored`), and combined with each network (`ppm+NAME`).
#[derive(Args, Debug)]
pub(super) struct CrossRunArgs {
    /// Traces to learn from.
    #[arg(long, value_name = "TRACE", num_args = 1.., required = true)]
    train: Vec<PathBuf>,
    /// A run unseen by the networks. Used to tune rescoring (by gap duration and return values) and each network's weight.
    #[arg(long, value_name = "TRACE")]
    valid: Option<PathBuf>,
    /// The trace whose events are hidden.
    #[arg(long, value_name = "TRACE", required = true)]
    test: PathBuf,
    /// Windows to draw.
    #[arg(long, value_name = "N", default_value_t = 300)]
    gaps: usize,
    #[command(flatten)]
    windows: WindowArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

impl ProtocolArgs for CrossRunArgs {
    const NAME: &'static str = "cross-run";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn save_arrays(&self) -> Option<&Path> {
        self.windows.save_arrays.as_deref()
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.files("train", &self.train)?;
        settings.files("valid", &self.valid)?;
        settings.files("test", [&self.test])?;
        settings.set("gaps", self.gaps);
        self.windows.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        check_unseen(&self.test, self.train.iter().chain(&self.valid), "--test")?;
        let test = globals.read(&self.test)?;
        // The run that no network knows comes first.
        let train = self.valid.iter().chain(&self.train).map(|path| globals.read(path));
        let train: Vec<Trace> = train.collect::<anyhow::Result<_>>()?;
        let config = CrossRunConfig {
            train: train.iter().collect(),
            first_unseen: self.valid.is_some(),
            test: &test,
            data: self.test.display().to_string(),
            windows: self.gaps,
            settings: self.windows.library(&self.shared, globals),
        };
        let models = self.windows.models(globals)?;
        let scores =
            cross_run::run(&config, &models, cache, &mut |predictions| output.windows(predictions)).map_err(advised)?;
        Ok(Finished { scores, ..Finished::default() })
    }
}

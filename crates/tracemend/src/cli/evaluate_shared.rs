//! What the protocols of `evaluate` share: options, the cache, advice on errors.

use super::evaluate_finished::Finished;
use super::evaluate_output::{Output, OutputArgs};
use super::globals::Globals;
use crate::evaluation::{CacheFolder, fingerprint};
use crate::scores::Bound;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tracemend_eval::cache::Cache;

/// Options of every protocol.
#[derive(Args, Debug)]
pub(super) struct SharedArgs {
    /// Methods, separated by commas; all where absent.
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub method: Vec<String>,
    /// Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than
    /// `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is
    /// the largest allowed.
    #[arg(long, value_name = "METRIC=VALUE")]
    pub fail_under: Vec<Bound>,
    /// Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after
    /// an interruption, or with more lengths, methods or models.
    #[arg(long, value_name = "FOLDER")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The options of one protocol.
pub(super) trait ProtocolArgs {
    /// The name of the protocol.
    const NAME: &'static str;

    /// The options that all protocols have.
    fn shared(&self) -> &SharedArgs;

    /// The folder for predictions as arrays.
    fn save_arrays(&self) -> Option<&Path> {
        None
    }

    /// Adds what identifies the evaluation: cached measurements of another one must not be reused.
    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()>;

    /// Measures.
    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished>;
}

/// What identifies an evaluation.
#[derive(Default)]
pub(super) struct Settings(pub BTreeMap<String, String>);

impl Settings {
    /// Adds a value.
    pub(super) fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    /// Adds the contents of files, also where there are none: with one more, all methods may learn more.
    pub(super) fn files<'a>(&mut self, name: &str, paths: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
        let read = |path: &PathBuf| fingerprint(path).with_context(|| format!("cannot read {}", path.display()));
        let all: Vec<String> = paths.into_iter().map(read).collect::<anyhow::Result<_>>()?;
        self.set(name, all.join(" "));
        Ok(())
    }
}

/// The cache of an evaluation, checked to belong to it.
pub(super) fn cache<P: ProtocolArgs>(args: &P, globals: &Globals) -> anyhow::Result<Option<CacheFolder>> {
    let Some(folder) = &args.shared().resume else { return Ok(None) };
    let mut settings = Settings::default();
    settings.set("version", env!("CARGO_PKG_VERSION"));
    settings.set("protocol", P::NAME);
    settings.set("seed", globals.seed);
    settings.set("params", globals.param.join(" "));
    args.settings(&mut settings)?;
    Ok(Some(CacheFolder::open(folder, &settings.0)?))
}

/// Refuses traces to learn from that are also the trace to repair.
pub(super) fn check_unseen<'a>(
    test: &Path,
    train: impl IntoIterator<Item = &'a PathBuf>,
    option: &str,
) -> anyhow::Result<()> {
    let same = |other: &&PathBuf| matches!((test.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if train.into_iter().any(|other| same(&other)) {
        bail!(
            "{} is both among the traces to learn from and {option}; what was learned cannot be tested, name another run",
            test.display()
        );
    }
    Ok(())
}

/// An error of a protocol, with the option that helps.
pub(super) fn advised(error: tracemend_eval::Error) -> anyhow::Error {
    use tracemend_eval::Error;
    let option = match &error {
        Error::NoLoss(_) => "--lossy names it",
        Error::NotTwins(_) => "--full names the twin",
        Error::Incomplete(_) => "--test names it",
        Error::NothingLost => "--capacity and --stall say so",
        Error::RingTooSmall { .. } => "--capacity and --page say so",
        Error::NoWindow { .. } => "--length sets the length of windows",
        Error::TooShort { .. } | Error::Blackout { .. } => "--blackout sets the length of gaps",
        Error::Nothing => "--gaps and --blackout say so",
        Error::UnknownDataset { .. } => "--dataset and --length choose it",
        Error::Threads(_) => "--threads says how many",
        Error::Predictions(_) => "--dump and --save-arrays name the path",
        Error::Cache(_) => "--resume names the folder",
        _ => return error.into(),
    };
    let text = format!("{error} ({option})");
    anyhow!(error).context(text)
}

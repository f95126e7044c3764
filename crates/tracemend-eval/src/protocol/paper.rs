//! Protocol `paper`: the published benchmark, on its own windows and on anybody's imputed arrays.
//!
//! *Execution Trace Reconstruction Using Diffusion-Based Generative Models* (ICSE 2025): windows of 50, 100, 150 or 200
//! events at stride 5, one blackout of 1 to 40 events per window, in the middle or at the end (see [`Place`]). The
//! programs loop, so nearly all test windows also stand in the training text: that share is the metric `leakage`, and no
//! figure of this protocol should be read without it.
//!
//! Methods learn from the training text only, and see of a test window only what is observed in it. Identical test
//! windows are filled once and counted as often as they occur; intervals are bootstrapped over the distinct ones.

use std::path::PathBuf;

use crate::cells::{Cell, means};
pub use crate::protocol::flat::Around;
use crate::protocol::flat::Bench;
use crate::protocol::held_out::HeldOut;
pub use crate::results::{score_arrays, score_arrays_against};
use crate::score::Score;
use tracemend_impute::window::models::Model;
pub use tracemend_impute::window::place::Place;
pub use tracemend_impute::window::windows::ArrayError;
use tracemend_impute::window::windows::{Dataset, Source};

/// The methods that [`run`] knows, the engine first, then the baselines.
pub const METHODS: [&str; 5] = ["counts", "lookup", "ngram", "period", "repeat"];
/// The published blackout lengths, in events.
pub const BLACKOUTS: [usize; 6] = [1, 5, 10, 20, 30, 40];
/// The published window lengths, in events.
pub const LENGTHS: [usize; 4] = [50, 100, 150, 200];
/// Stands for the method in rows that say something about the data themselves.
pub const NO_METHOD: &str = "-";

/// Why the protocol could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be used.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// A method that does not exist.
    #[error("there is no method {0}; choose from {list}", list = METHODS.join(", "))]
    UnknownMethod(String),
    /// No data set of this name and length.
    #[error("{} has no data set {name} with windows of {length} events; it has: {have}", data.display())]
    UnknownDataset {
        /// Where it was looked for.
        data: PathBuf,
        /// What was asked for.
        name: String,
        /// Window length, in events.
        length: usize,
        /// What there is.
        have: String,
    },
    /// A blackout of no event, or one that leaves nothing observed.
    #[error("a blackout of {blackout} events does not fit a window of {length}; choose 1 to {most}", most = length.saturating_sub(1))]
    Blackout {
        /// Asked for, in events.
        blackout: usize,
        /// Window length, in events.
        length: usize,
    },
    /// No test window.
    #[error(
        "no thread of {data} made {length} events in a row, which a window holds; choose a longer trace or a smaller \
         --length"
    )]
    NoWindow {
        /// The test run.
        data: String,
        /// Events per window.
        length: usize,
    },
    /// The worker threads could not be started.
    #[error("cannot start worker threads: {0}; ask for fewer")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Finished cells could not be read or kept, or answers not written.
    #[error("what was measured cannot be kept: {0}; check that there is room, and that the folder's files are whole")]
    Keep(#[from] std::io::Error),
}

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperConfig {
    /// `pts.npz`, or a folder in the published layout.
    pub data: PathBuf,
    /// Names of data sets; empty: all there are.
    pub datasets: Vec<String>,
    /// `L`, events per window.
    pub length: usize,
    /// Blackout lengths, in events; empty: the published ones.
    pub blackouts: Vec<usize>,
    /// Where the gap lies.
    pub place: Place,
    /// Method names, see [`METHODS`]; empty: all.
    pub methods: Vec<String>,
    /// Seed of the bootstrap. The methods use no randomness.
    pub seed: u64,
    /// Worker threads; 0: one per core. Does not change any figure but `seconds_per_gap`.
    pub threads: usize,
}

/// Runs the protocol. Rows come by data set, blackout, method and metric; after each data set's own, `leakage`
/// (blackout 0, method [`NO_METHOD`]); with several data sets, their means at the end (data `mean L=… …`). `models` are
/// measured on the same windows as the methods.
///
/// # Errors
/// Data that cannot be read, methods or gaps that do not exist, or what `around` says.
pub fn run(config: &PaperConfig, models: &[Model], around: &mut Around<'_>) -> Result<Vec<Score>, Error> {
    let (methods, blackouts) = checked(config)?;
    let source = Source::open(&config.data)?;
    let have = source.names(config.length)?;
    let names = or_all(&config.datasets, &have);
    if let Some(name) = names.iter().find(|n| !have.contains(n)) {
        return Err(unknown(config, name, &have));
    }
    if names.is_empty() {
        return Err(unknown(config, "at all", &have));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    let mut cells = Vec::new();
    for name in &names {
        let data = source.load(name, config.length)?;
        let bench = Bench::new("paper", config, &data, None, around.keep);
        let answered = pool.install(|| bench.answers(&blackouts, &methods, models))?;
        cells.extend(bench.cells(&answered, around)?);
    }
    let label = format!("L={} {}", config.length, config.place);
    let mut rows: Vec<Score> = cells.iter().flat_map(|c| c.rows("paper", &label)).collect();
    if names.len() > 1 {
        let means = means(&cells);
        rows.extend(means.iter().flat_map(|c| c.rows("paper", &label)));
    }
    Ok(rows)
}

/// Scores methods and models on windows from elsewhere than published files; the data of `config` are not read.
pub(crate) fn score(
    config: &PaperConfig,
    data: &Dataset,
    models: &[Model],
    held_out: &HeldOut,
    around: &mut Around<'_>,
) -> Result<Vec<Cell>, Error> {
    let (methods, blackouts) = checked(config)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    let bench = Bench::new("cross-run", config, data, Some(held_out), around.keep);
    let answered = pool.install(|| bench.answers(&blackouts, &methods, models))?;
    bench.cells(&answered, around)
}

/// Methods and gap lengths to run, all of them known and fitting.
fn checked(config: &PaperConfig) -> Result<(Vec<String>, Vec<usize>), Error> {
    let methods = or_all(&config.methods, &METHODS.map(str::to_owned));
    if let Some(unknown) = methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
        return Err(Error::UnknownMethod(unknown.clone()));
    }
    let blackouts = or_all(&config.blackouts, &BLACKOUTS);
    for &blackout in &blackouts {
        if !(1..config.length).contains(&blackout) {
            let length = config.length;
            return Err(Error::Blackout { blackout, length });
        }
    }
    Ok((methods, blackouts))
}

fn or_all<T: Clone>(asked: &[T], all: &[T]) -> Vec<T> {
    if asked.is_empty() { all } else { asked }.to_vec()
}

fn unknown(config: &PaperConfig, name: &str, have: &[String]) -> Error {
    let have = if have.is_empty() { "none of this length".to_owned() } else { have.join(", ") };
    Error::UnknownDataset { data: config.data.clone(), name: name.to_owned(), length: config.length, have }
}

//! Protocol `paper`: the published benchmark, on its own windows and on anybody's imputed arrays.
//!
//! *Execution Trace Reconstruction Using Diffusion-Based Generative Models* (ICSE 2025): windows of 50, 100, 150 or 200
//! events at stride 5, one blackout of 1 to 40 events per window, in the middle or at the end (see [`Place`]). The
//! programs loop, so nearly all test windows also stand in the training text: that share is the metric `leakage`, and no
//! figure of this protocol should be read without it.
//!
//! Methods learn from the training text only, and see of a test window only what is observed in it. Identical test
//! windows are filled once and counted as often as they occur; intervals are bootstrapped over the distinct ones.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use cpu_time::ThreadTime;
use rayon::prelude::*;

use super::Score;
pub use super::arrays::ArrayError;
use super::arrays::{Dataset, Source};
pub use super::blackout::Place;
use super::bootstrap::{Plan, RESAMPLES, estimate};
use super::cells::{Cell, clusters, figures, leakage, means};
use super::models::{Model, Tested};
pub use super::results::{score_arrays, score_arrays_against};
use crate::baselines::{LeftNgram, PeriodCopy, RepeatPrevious, TwoSidedLookup};
use crate::calibrate::Reliability;
use crate::counts::lookup::ContextIndex;
use crate::counts::ngram::NgramCounts;
use crate::counts::sequence::{SequenceConfig, SequenceCounts};
use crate::dataset::Sequence;
use crate::imputer::{Imputation, Imputer, Window};
use crate::metrics::GapTally;

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

/// Everything [`METHODS`] learn, shared between them.
struct Learned {
    index: Arc<ContextIndex>,
    ngrams: Arc<NgramCounts>,
}

impl Learned {
    fn new(training: &[Vec<u32>]) -> Self {
        let (index, ngrams) =
            rayon::join(|| ContextIndex::new(training), || NgramCounts::new(training, SequenceConfig::default().order));
        Self { index: Arc::new(index), ngrams: Arc::new(ngrams) }
    }

    fn method(&self, name: &str) -> Result<Box<dyn Imputer + Send>, Error> {
        let (index, ngrams) = (self.index.clone(), self.ngrams.clone());
        Ok(match name {
            "counts" => Box::new(SequenceCounts::with_parts(SequenceConfig::default(), index, ngrams)),
            "lookup" => Box::new(TwoSidedLookup::new(index)),
            "ngram" => Box::new(LeftNgram::new(ngrams)),
            "period" => Box::new(PeriodCopy),
            "repeat" => Box::new(RepeatPrevious),
            _ => return Err(Error::UnknownMethod(name.to_owned())),
        })
    }
}

/// Runs the protocol. Rows come by data set, blackout, method and metric; after each data set's own, `leakage`
/// (blackout 0, method [`NO_METHOD`]); with several data sets, their means at the end (data `mean L=… …`). `models` are
/// measured on the same windows as the methods.
pub fn run(config: &PaperConfig, models: &[Model]) -> Result<Vec<Score>, Error> {
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
        cells.extend(pool.install(|| score_dataset(config, &data, &blackouts, &methods, models, None))?);
    }
    let label = format!("L={} {}", config.length, config.place);
    let mut rows: Vec<Score> = cells.iter().flat_map(|c| c.rows("paper", &label)).collect();
    if names.len() > 1 {
        let means = means(&cells);
        rows.extend(means.iter().flat_map(|c| c.rows("paper", &label)));
    }
    Ok(rows)
}

/// Methods and gap lengths to run, all of them known and fitting.
fn checked(config: &PaperConfig) -> Result<(Vec<String>, Vec<usize>), Error> {
    let methods = or_all(&config.methods, &METHODS.map(str::to_owned));
    let nothing = Learned::new(&[]);
    for method in &methods {
        nothing.method(method)?;
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

/// Windows that the engine's confidence is calibrated on.
pub(super) struct HeldOut {
    /// For each training run a data set in which that run is tested and the others are learned.
    pub(super) runs: Vec<Dataset>,
    /// Windows of the tested run itself, and where they lie.
    pub(super) own: Vec<(Spot, Sequence)>,
    /// Where each tested window lies.
    pub(super) tested: Vec<Spot>,
}

/// Where a window lies: its thread, and its first event's place there.
pub(super) type Spot = (usize, usize);

/// Scores methods and models on windows from elsewhere than published files; the data of `config` are not read.
pub(super) fn score(
    config: &PaperConfig,
    data: &Dataset,
    models: &[Model],
    held_out: &HeldOut,
) -> Result<Vec<Cell>, Error> {
    let (methods, blackouts) = checked(config)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    pool.install(|| score_dataset(config, data, &blackouts, &methods, models, Some(held_out)))
}

/// What became of a method's answers in held-out windows, for one gap length.
struct Calibrator<'a> {
    /// In the other training runs.
    elsewhere: Reliability,
    /// In windows of the tested run: where, each answer's confidence, and whether it was right.
    own: Vec<(Spot, Vec<(f32, bool)>)>,
    tested: &'a [Spot],
    length: usize,
    hidden: Range<usize>,
}

impl<'a> Calibrator<'a> {
    /// Of the counts engine; `others` are what it learned of all training runs but one.
    fn of_counts(
        engine: &SequenceCounts,
        others: &[SequenceCounts],
        held_out: &'a HeldOut,
        hidden: Range<usize>,
    ) -> Self {
        let answers = |engine: &SequenceCounts, window: &[u32]| -> Vec<(f32, bool)> {
            let filled = impute(engine, window, &hidden);
            hidden.clone().map(|at| (filled.confidence(at), filled.tokens[at] == window[at])).collect()
        };
        let mut elsewhere = Reliability::default();
        for (engine, run) in others.iter().zip(&held_out.runs) {
            for window in &run.test {
                answers(engine, window).into_iter().for_each(|(confidence, right)| elsewhere.note(confidence, right));
            }
        }
        let own = held_out.own.par_iter().map(|(spot, window)| (*spot, answers(engine, &window.tokens))).collect();
        Self::new(elsewhere, own, held_out, hidden)
    }

    /// Of a model, which has learned all training runs, so that only the tested one can tell.
    fn of_model(model: &Model, data: &Dataset, held_out: &'a HeldOut, hidden: Range<usize>) -> Self {
        let windows: Vec<Tested<'_>> =
            held_out.own.iter().map(|(_, own)| Tested { tokens: &own.tokens, known: Some(own) }).collect();
        let answers = model.answers(&windows, data, &hidden);
        let own = held_out.own.iter().map(|(spot, _)| *spot).zip(answers).collect();
        Self::new(Reliability::default(), own, held_out, hidden)
    }

    fn new(
        elsewhere: Reliability,
        own: Vec<(Spot, Vec<(f32, bool)>)>,
        held_out: &'a HeldOut,
        hidden: Range<usize>,
    ) -> Self {
        let length = held_out.own.first().map_or(0, |(_, window)| window.tokens.len());
        Self { elsewhere, own, tested: &held_out.tested, length, hidden }
    }

    /// Calibrates answers in these tested windows by the windows that do not reach into their gaps.
    fn for_windows<'s>(&'s self, members: &[usize]) -> impl Fn(f32) -> f32 + use<'s, 'a> {
        let gaps: Vec<(usize, Range<usize>)> = members
            .iter()
            .filter_map(|&member| self.tested.get(member))
            .map(|&(thread, place)| (thread, place + self.hidden.start..place + self.hidden.end))
            .collect();
        let mut own = Reliability::default();
        for ((thread, place), answers) in &self.own {
            let reaches = |gap: &(usize, Range<usize>)| {
                gap.0 == *thread && gap.1.start < place + self.length && *place < gap.1.end
            };
            if !gaps.iter().any(reaches) {
                answers.iter().for_each(|&(confidence, right)| own.note(confidence, right));
            }
        }
        move |confidence| own.calibrated(confidence, self.elsewhere.calibrated(confidence, confidence))
    }
}

fn or_all<T: Clone>(asked: &[T], all: &[T]) -> Vec<T> {
    if asked.is_empty() { all } else { asked }.to_vec()
}

fn unknown(config: &PaperConfig, name: &str, have: &[String]) -> Error {
    let have = if have.is_empty() { "none of this length".to_owned() } else { have.join(", ") };
    Error::UnknownDataset { data: config.data.clone(), name: name.to_owned(), length: config.length, have }
}

/// Scores methods and models on one data set; cells by blackout and method, the leakage last.
fn score_dataset(
    config: &PaperConfig,
    data: &Dataset,
    blackouts: &[usize],
    methods: &[String],
    models: &[Model],
    held_out: Option<&HeldOut>,
) -> Result<Vec<Cell>, Error> {
    let learned = Learned::new(&data.training);
    let calibrators: Vec<Calibrator<'_>> = held_out.map_or_else(Vec::new, |held_out| {
        let others: Vec<SequenceCounts> =
            held_out.runs.par_iter().map(|run| SequenceCounts::learn(&run.training)).collect();
        let engine =
            SequenceCounts::with_parts(SequenceConfig::default(), learned.index.clone(), learned.ngrams.clone());
        let of = |blackout: &usize| {
            Calibrator::of_counts(&engine, &others, held_out, config.place.hidden(data.length, *blackout))
        };
        blackouts.par_iter().map(of).collect()
    });
    let clusters = clusters(data.test.iter().map(Vec::as_slice));
    let purpose = ["paper", data.name.as_str()];
    let plan = Plan::new(clusters.len(), RESAMPLES, config.seed, &purpose);
    let cell = |method: &str, blackout: usize, tallies: &[GapTally]| Cell {
        data: data.name.clone(),
        method: method.to_owned(),
        blackout,
        gaps: data.test.len(),
        figures: figures(estimate(tallies, &plan)),
    };
    let mut jobs = Vec::new();
    for (number, &blackout) in blackouts.iter().enumerate() {
        for name in methods {
            let calibrator = calibrators.get(number).filter(|_| name == "counts");
            jobs.push((blackout, learned.method(name)?, calibrator));
        }
    }
    let mut cells: Vec<Cell> = jobs
        .par_iter()
        .map(|(blackout, method, calibrator)| {
            let hidden = config.place.hidden(data.length, *blackout);
            let tallies: Vec<GapTally> = clusters
                .par_iter()
                .map(|(window, members)| {
                    let tally = match calibrator {
                        Some(known) => fill_and_score(&**method, window, &hidden, known.for_windows(members)),
                        None => fill_and_score(&**method, window, &hidden, |confidence| confidence),
                    };
                    tally.times(members.len())
                })
                .collect();
            cell(method.name(), *blackout, &tallies)
        })
        .collect();
    // One after the other: a model uses all threads by itself, and its seconds are those of the process.
    for &blackout in blackouts {
        let hidden = config.place.hidden(data.length, blackout);
        for model in models {
            let tallies = score_model(model, data, &clusters, held_out, &hidden);
            cells.push(cell(&model.name, blackout, &tallies));
        }
    }
    let ids = clusters.iter().map(|c| (c.0, c.1.len()));
    cells.push(leakage(&data.name, &data.training, ids, &plan));
    Ok(cells)
}

/// Scores a model on every distinct window. What is known beside the tokens can differ between windows of equal tokens,
/// so where anything is known every window is filled by itself.
fn score_model(
    model: &Model,
    data: &Dataset,
    clusters: &[(&[u32], Vec<usize>)],
    held_out: Option<&HeldOut>,
    hidden: &Range<usize>,
) -> Vec<GapTally> {
    let calibrator = held_out.map(|held_out| Calibrator::of_model(model, data, held_out, hidden.clone()));
    let alone = !data.known.is_empty();
    let members: Vec<(usize, usize)> = clusters
        .iter()
        .enumerate()
        .flat_map(|(number, (_, members))| {
            let kept = if alone { members.len() } else { 1 };
            members[..kept].iter().map(move |&member| (number, member))
        })
        .collect();
    let windows: Vec<Tested<'_>> = members
        .iter()
        .map(|&(_, member)| Tested { tokens: &data.test[member], known: data.known.get(member) })
        .collect();
    let scored = model.score(&windows, data, hidden, |number| {
        let known = calibrator.as_ref().map(|calibrator| calibrator.for_windows(&[members[number].1]));
        move |confidence| known.as_ref().map_or(confidence, |calibrated| calibrated(confidence))
    });
    let mut tallies = vec![GapTally::empty(); clusters.len()];
    for (&(cluster, _), scored) in members.iter().zip(&scored) {
        let copies = if alone { 1 } else { clusters[cluster].1.len() };
        tallies[cluster].merge(&scored.times(copies));
    }
    tallies
}

/// Fills a window; the method never gets to see what it has to guess.
fn impute(method: &dyn Imputer, window: &[u32], hidden: &Range<usize>) -> Imputation {
    let observed: Vec<bool> = (0..window.len()).map(|i| !hidden.contains(&i)).collect();
    let mut tokens = window.to_vec();
    tokens[hidden.clone()].fill(0);
    method.impute(Window::new(&tokens, &observed))
}

fn fill_and_score(
    method: &dyn Imputer,
    window: &[u32],
    hidden: &Range<usize>,
    calibrated: impl Fn(f32) -> f32,
) -> GapTally {
    let clock = ThreadTime::now();
    let filled = impute(method, window, hidden);
    let seconds = clock.elapsed().as_secs_f64();
    let ids = |tokens: &[u32]| -> Vec<i64> { tokens[hidden.clone()].iter().map(|t| i64::from(*t)).collect() };
    let confidence: Vec<f32> = hidden.clone().map(|at| calibrated(filled.confidence(at))).collect();
    GapTally::new(&ids(window), &ids(&filled.tokens), Some(&confidence)).with_seconds(seconds)
}

//! Protocol `cross-run`: windows of one thread's sequence, learned from other runs of the same program.
//!
//! The setting of `paper`, a flat window with a gap of known place and length, on honest ground: training and test are
//! different runs. What they share all the same (start-up code, loops) is printed as `leakage`.
//!
//! How sure the engine may be differs from run to run. So its confidence is calibrated as in `repair`: on blackouts in
//! the intact rest of the very run, that is, for each tested window, on windows of that run that do not reach into its
//! gap; and where these are few, on training runs held out in turn. The counts themselves come from training runs only.

use super::Score;
use super::arrays::Dataset;
use super::blackout::Place;
use super::bootstrap::SplitMix64;
use super::held_out::{HeldOut, Spot};
use super::models::Model;
use super::paper::{self, Around, PaperConfig};
use crate::dataset::{By, Sequence, Vocabulary, sequences, window_count, window_place};
use std::path::PathBuf;
use tracemend_trace::Trace;

/// Training runs that the engine's confidence is calibrated on, each repaired by what the others show.
const HELD_OUT: usize = 3;
/// Windows drawn from each.
const HELD_OUT_WINDOWS: usize = 200;
/// Windows drawn from the run by which models and counts are weighed against each other.
const UNSEEN_WINDOWS: usize = 2000;
/// Windows drawn from the test run itself, for the same purpose.
const OWN_WINDOWS: usize = 600;

/// What to measure.
#[derive(Clone, Debug)]
pub struct CrossRunConfig<'t> {
    /// Runs to learn from.
    pub train: Vec<&'t Trace>,
    /// Whether the first of them was left out when the models were trained: by its windows it is decided how each model and
    /// the counts are weighed against each other where they answer together.
    pub first_unseen: bool,
    /// The run that windows are drawn from.
    pub test: &'t Trace,
    /// What to call it in result tables.
    pub data: String,
    /// Events per window.
    pub length: usize,
    /// Gap lengths; empty: 10 and 40.
    pub blackouts: Vec<usize>,
    /// Where the gap lies.
    pub place: Place,
    /// Windows to draw.
    pub windows: usize,
    /// Methods of protocol `paper`; empty: all.
    pub methods: Vec<String>,
    /// Decides the windows and the bootstrap.
    pub seed: u64,
    /// Worker threads; 0: one per core.
    pub threads: usize,
}

/// Runs the protocol. `models`, trained before on the same runs, are measured on the same windows.
///
/// # Errors
/// An unknown method, a gap that does not fit, or a test run in which no thread made as many events as a window holds.
pub fn run(config: &CrossRunConfig<'_>, models: &[Model], around: &mut Around<'_>) -> Result<Vec<Score>, paper::Error> {
    let mut vocabulary = Vocabulary::of(config.train.iter().copied());
    // What only the tested run has gets numbers behind, so that answers can be told apart.
    let more = Vocabulary::of([config.test]).tokens;
    let new: Vec<String> = more.into_iter().filter(|name| !vocabulary.tokens.contains(name)).collect();
    vocabulary.tokens.extend(new);
    // The processes' numbers are those of the model where there is one; all models are trained on the same runs.
    if let Some(model) = models.first() {
        vocabulary.processes.clone_from(&model.vocabulary.processes);
    }
    let runs: Vec<Vec<Sequence>> = config.train.iter().map(|trace| sequences(trace, By::Thread, &vocabulary)).collect();
    let threads = sequences(config.test, By::Thread, &vocabulary);
    let settings = PaperConfig {
        data: PathBuf::from(&config.data),
        datasets: Vec::new(),
        length: config.length,
        blackouts: if config.blackouts.is_empty() { vec![10, 40] } else { config.blackouts.clone() },
        place: config.place,
        methods: config.methods.clone(),
        seed: config.seed,
        threads: config.threads,
    };
    let (tested, known) = draw(&threads, config, config.windows, "test");
    if known.is_empty() {
        return Err(paper::Error::NoWindow { data: config.data.clone(), length: config.length });
    }
    let data_set = |known: Vec<Sequence>, without: Option<usize>| Dataset {
        name: config.data.clone(),
        length: config.length,
        vocabulary: vocabulary.clone(),
        training: runs
            .iter()
            .enumerate()
            .filter(|&(run, _)| Some(run) != without)
            .flat_map(|(_, threads)| threads.iter().map(|thread| thread.tokens.clone()))
            .collect(),
        test: known.iter().map(|window| window.tokens.clone()).collect(),
        known,
    };
    let (spots, own) = draw(&threads, config, OWN_WINDOWS, "calibration");
    let held_out = HeldOut {
        runs: (0..runs.len().min(HELD_OUT))
            .filter(|_| runs.len() > 1)
            .map(|run| data_set(draw(&runs[run], config, HELD_OUT_WINDOWS, &format!("held out {run}")).1, Some(run)))
            .collect(),
        unseen: (config.first_unseen && runs.len() > 1)
            .then(|| data_set(draw(&runs[0], config, UNSEEN_WINDOWS, "unseen").1, Some(0))),
        own: spots.into_iter().zip(own).collect(),
        tested,
    };
    let data = data_set(known, None);
    let label = format!("L={} {}", config.length, config.place);
    let cells = paper::score(&settings, &data, models, &held_out, around)?;
    Ok(cells.iter().flat_map(|cell| cell.rows("cross-run", &label)).collect())
}

/// Windows at random places, and where they lie.
fn draw(threads: &[Sequence], config: &CrossRunConfig<'_>, count: usize, purpose: &str) -> (Vec<Spot>, Vec<Sequence>) {
    let total = window_count(threads, config.length);
    let mut random = SplitMix64::new(config.seed, &["cross-run", purpose]);
    let mut drawn = (Vec::new(), Vec::new());
    while total > 0 && drawn.0.len() < count {
        let Some(spot) = window_place(threads, config.length, random.below(total)) else { continue };
        let (thread, place) = spot;
        drawn.0.push(spot);
        drawn.1.push(threads[thread].part(place..place + config.length));
    }
    drawn
}

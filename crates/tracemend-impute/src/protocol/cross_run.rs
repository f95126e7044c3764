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
use super::paper::{self, HeldOut, PaperConfig, Spot};
use crate::counts::thread_of;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use tracemend_trace::{Phase, Trace};

/// Training runs that the engine's confidence is calibrated on, each repaired by what the others show.
const HELD_OUT: usize = 3;
/// Windows drawn from each.
const HELD_OUT_WINDOWS: usize = 200;
/// Windows drawn from the test run itself, for the same purpose.
const OWN_WINDOWS: usize = 600;

/// What to measure.
#[derive(Clone, Debug)]
pub struct CrossRunConfig<'t> {
    /// Runs to learn from.
    pub train: Vec<&'t Trace>,
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

/// Runs the protocol.
///
/// # Errors
/// An unknown method, a gap that does not fit, or a test run in which no thread made as many events as a window holds.
pub fn run(config: &CrossRunConfig<'_>) -> Result<Vec<Score>, paper::Error> {
    let mut ids: FxHashMap<(String, Phase), u32> = FxHashMap::default();
    let runs: Vec<Vec<Vec<u32>>> = config.train.iter().map(|trace| sequences(trace, &mut ids)).collect();
    let threads = sequences(config.test, &mut ids);
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
    let (tested, test) = draw(&threads, config, config.windows, "test");
    if test.is_empty() {
        return Err(paper::Error::NoWindow { data: config.data.clone(), length: config.length });
    }
    let data_set = |test: Vec<Vec<u32>>, without: Option<usize>| Dataset {
        name: config.data.clone(),
        length: config.length,
        training: runs
            .iter()
            .enumerate()
            .filter(|&(run, _)| Some(run) != without)
            .flat_map(|(_, threads)| threads.iter().cloned())
            .collect(),
        test,
    };
    let (spots, own) = draw(&threads, config, OWN_WINDOWS, "calibration");
    let held_out = HeldOut {
        runs: (0..runs.len().min(HELD_OUT))
            .filter(|_| runs.len() > 1)
            .map(|run| data_set(draw(&runs[run], config, HELD_OUT_WINDOWS, &format!("held out {run}")).1, Some(run)))
            .collect(),
        own: spots.into_iter().zip(own).collect(),
        tested,
    };
    let data = data_set(test, None);
    let label = format!("L={} {}", config.length, config.place);
    let cells = paper::score(&settings, &data, &held_out)?;
    Ok(cells.iter().flat_map(|cell| cell.rows("cross-run", &label)).collect())
}

/// Each thread's events by number; a name and phase has one number over all traces.
fn sequences(trace: &Trace, ids: &mut FxHashMap<(String, Phase), u32>) -> Vec<Vec<u32>> {
    let mut order: Vec<i64> = Vec::new();
    let mut threads: FxHashMap<i64, Vec<u32>> = FxHashMap::default();
    for event in &trace.events {
        let next = ids.len() as u32;
        let kind = (trace.header.symbols.name(event.name).to_owned(), event.phase);
        let id = *ids.entry(kind).or_insert(next);
        let thread = thread_of(event);
        threads
            .entry(thread)
            .or_insert_with(|| {
                order.push(thread);
                Vec::new()
            })
            .push(id);
    }
    order.into_iter().filter_map(|thread| threads.remove(&thread)).collect()
}

/// Windows at random places, and where they lie.
fn draw(threads: &[Vec<u32>], config: &CrossRunConfig<'_>, count: usize, purpose: &str) -> (Vec<Spot>, Vec<Vec<u32>>) {
    let room = |thread: &Vec<u32>| (thread.len() + 1).saturating_sub(config.length);
    let total: usize = threads.iter().map(room).sum();
    let mut random = SplitMix64::new(config.seed, &["cross-run", purpose]);
    let mut drawn = (Vec::new(), Vec::new());
    while total > 0 && drawn.0.len() < count {
        let mut place = random.below(total);
        for (number, thread) in threads.iter().enumerate() {
            if place < room(thread) {
                drawn.0.push((number, place));
                drawn.1.push(thread[place..place + config.length].to_vec());
                break;
            }
            place -= room(thread);
        }
    }
    drawn
}

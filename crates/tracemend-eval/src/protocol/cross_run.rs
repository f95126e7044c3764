//! Protocol `cross-run`: windows of one thread's sequence, learned from other runs of the same program.
//!
//! The setting of `paper`, a flat window with a gap of known place and length, on honest ground: training and test are
//! different runs. What they share all the same (start-up code, loops) is printed as `leakage`.
//!
//! How sure the engine may be differs from run to run. So its confidence is calibrated as in `repair`: on blackouts in
//! the intact rest of the very run, that is, for each tested window, on windows of that run that do not reach into its
//! gap; and where these are few, on training runs held out in turn. The counts themselves come from training runs only.

use crate::protocol::held_out::{HeldOut, Spot};
use crate::protocol::paper;
use crate::protocol::paper::{Around, PaperConfig};
use crate::score::Score;
use std::collections::BTreeSet;
use std::path::PathBuf;
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary, sequences, window_count, window_place};
use tracemend_impute::window::models::Model;
use tracemend_impute::window::place::Place;
use tracemend_impute::window::windows::Dataset;
use tracemend_repair::rng::SplitMix64;
use tracemend_trace::Trace;

/// Training runs that the engine's confidence is calibrated on, each repaired by what the others show.
const HELD_OUT: usize = 3;
/// Windows drawn from each.
const HELD_OUT_WINDOWS: usize = 200;
/// Windows drawn from the test run itself, that confidence is calibrated on.
const OWN_WINDOWS: usize = 600;
/// Windows drawn from the run by which models and counts are weighed against each other.
const UNSEEN_WINDOWS: usize = 2000;
/// Places that are tried for each window.
const ATTEMPTS: usize = 20;

/// What to measure.
#[derive(Clone, Debug)]
pub struct CrossRunConfig<'t> {
    /// Runs to learn from.
    pub train: Vec<&'t Trace>,
    /// Whether the first of them was left out when the models were trained: by its windows it is decided how the counts'
    /// fillings are scored again, and how each model takes part.
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
    let drawn = |threads: &[Sequence], count, apart, purpose: &str| {
        draw(threads, config.length, count, apart, SplitMix64::new(config.seed, &["cross-run", purpose]))
    };
    let apart = settings.blackouts.iter().copied().max().unwrap_or(1);
    let (tested, known) = drawn(&threads, config.windows, apart, "test");
    if known.is_empty() {
        return Err(paper::Error::NoWindow { data: config.data.clone(), length: config.length });
    }
    let data_set = |known: Vec<Sequence>, without: Option<usize>| {
        let learned = runs.iter().enumerate().filter(|&(run, _)| Some(run) != without).flat_map(|(_, threads)| threads);
        Dataset {
            name: config.data.clone(),
            length: config.length,
            vocabulary: vocabulary.clone(),
            training: learned.cloned().collect(),
            test: known.iter().map(|window| window.tokens.clone()).collect(),
            known,
        }
    };
    let (spots, own) = drawn(&threads, OWN_WINDOWS, 0, "calibration");
    let held_out = HeldOut {
        runs: (0..runs.len().min(HELD_OUT))
            .filter(|_| runs.len() > 1)
            .map(|run| data_set(drawn(&runs[run], HELD_OUT_WINDOWS, 0, &format!("held out {run}")).1, Some(run)))
            .collect(),
        unseen: (config.first_unseen && runs.len() > 1)
            .then(|| data_set(drawn(&runs[0], UNSEEN_WINDOWS, apart, "unseen").1, Some(0))),
        own: spots.into_iter().zip(own).collect(),
        tested,
    };
    let data = data_set(known, None);
    let label = format!("L={} {}", config.length, config.place);
    let cells = paper::score(&settings, &data, models, &held_out, around)?;
    Ok(cells.iter().flat_map(|cell| cell.rows("cross-run", &label)).collect())
}

/// Windows at random places, and where they lie. In one thread no two begin less than `apart` events from each other, so
/// that no two of their gaps share an event: fewer windows where there is no more room.
fn draw(
    threads: &[Sequence],
    length: usize,
    count: usize,
    apart: usize,
    mut random: SplitMix64,
) -> (Vec<Spot>, Vec<Sequence>) {
    let total = window_count(threads, length);
    let mut taken = BTreeSet::new();
    let mut drawn = (Vec::new(), Vec::new());
    for _ in 0..count.saturating_mul(ATTEMPTS) {
        if total == 0 || drawn.0.len() == count {
            break;
        }
        let Some(spot) = window_place(threads, length, random.below(total)) else { continue };
        let (thread, place) = spot;
        let near = (thread, place.saturating_sub(apart.saturating_sub(1)))..(thread, place + apart);
        if taken.range(near).next().is_some() {
            continue;
        }
        taken.insert(spot);
        drawn.0.push(spot);
        drawn.1.push(threads[thread].part(place..place + length));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_gaps_share_an_event_and_a_full_run_ends_the_search() {
        let threads = [Sequence::bare((0..200).collect()), Sequence::bare((0..60).collect())];
        let random = || SplitMix64::new(1, &["test"]);
        let (spots, windows) = draw(&threads, 20, 500, 7, random());
        // 181 and 41 places; a random row of stretches of 7 fills three quarters of them, and never less than half.
        assert!((16..=32).contains(&spots.len()), "{}", spots.len());
        for (number, (thread, place)) in spots.iter().enumerate() {
            assert_eq!(windows[number].tokens[0] as usize, *place);
            assert!(spots[..number].iter().all(|(other, at)| other != thread || at.abs_diff(*place) >= 7));
        }
        let (all, _) = draw(&threads, 20, 500, 0, random());
        assert_eq!(all.len(), 500);
    }
}

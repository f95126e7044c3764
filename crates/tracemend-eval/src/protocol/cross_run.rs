//! Protocol `cross-run`: windows of one thread's sequence, learned from other runs of the same program.
//!
//! The setting of `paper`, a flat window with a gap of known place and length, on honest ground: training and test are
//! different runs. What they still share (start-up code, loops) is printed as `leakage`.
//!
//! Runs differ in how sure PPM may be. So its confidence is calibrated as in `repair`, on blackouts in the intact rest of
//! the tested run: for each tested window, on windows of that run that do not reach into its gap; and where these are
//! few, on training runs held out in turn. PPM itself learns from training runs only.

use crate::cache::Cache;
use crate::error::Error;
use crate::prediction::window::TakeWindows;
use crate::protocol::held_out::{HeldOut, Spot};
use crate::protocol::settings::WindowSettings;
use crate::protocol::window_bench::Bench;
use crate::score::Score;
use std::collections::BTreeSet;
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary, sequences, window_count, window_place};
use tracemend_impute::window::models::Model;
use tracemend_impute::window::windows::Dataset;
use tracemend_repair::rng::SplitMix64;
use tracemend_trace::Trace;

/// Gap lengths of the protocol.
const BLACKOUTS: [usize; 2] = [10, 40];
/// Training runs that PPM's confidence is calibrated on, each filled by what the others show.
const HELD_OUT: usize = 3;
/// Windows drawn from each.
const HELD_OUT_WINDOWS: usize = 200;
/// Windows drawn from the test run itself, to calibrate confidence on.
const OWN_WINDOWS: usize = 600;
/// Windows drawn from the run by which models and PPM are weighed against each other.
const UNSEEN_WINDOWS: usize = 2000;
/// Places that are tried for each window.
const ATTEMPTS: usize = 20;

/// What to measure.
#[derive(Clone, Debug)]
pub struct CrossRunConfig<'t> {
    /// Runs to learn from.
    pub train: Vec<&'t Trace>,
    /// Whether the first of them was left out when the models were trained. Its windows tune how PPM's fillings are
    /// scored again, and the weight of each model.
    pub first_unseen: bool,
    /// The run that windows are drawn from.
    pub test: &'t Trace,
    /// Its name in result tables.
    pub data: String,
    /// Windows to draw.
    pub windows: usize,
    /// Window length, gaps, methods.
    pub settings: WindowSettings,
}

/// Runs the protocol. `models`, trained before on the same runs, are measured on the same windows.
///
/// # Errors
/// An unknown method, a gap that does not fit, a test run in which no thread made as many events as a window holds, a
/// cache that cannot be used, or what `take` fails with.
pub fn run(
    config: &CrossRunConfig<'_>,
    models: &[Model],
    cache: &dyn Cache,
    take: TakeWindows<'_>,
) -> Result<Vec<Score>, Error> {
    let settings = &config.settings;
    let mut vocabulary = Vocabulary::of(config.train.iter().copied());
    // Names that only the tested run has get numbers after the others, so that predictions can be told apart.
    let more = Vocabulary::of([config.test]).tokens;
    let new: Vec<String> = more.into_iter().filter(|name| !vocabulary.tokens.contains(name)).collect();
    vocabulary.tokens.extend(new);
    // A model brings its own numbers of processes; all models are trained on the same runs.
    if let Some(model) = models.first() {
        vocabulary.processes.clone_from(&model.vocabulary.processes);
    }
    let runs: Vec<Vec<Sequence>> = config.train.iter().map(|trace| sequences(trace, By::Thread, &vocabulary)).collect();
    let threads = sequences(config.test, By::Thread, &vocabulary);
    let drawn = |threads: &[Sequence], count, apart, purpose: &str| {
        draw(threads, settings.length, count, apart, SplitMix64::new(settings.seed, &["cross-run", purpose]))
    };
    let apart = settings.blackouts_or(&BLACKOUTS)?.into_iter().max().unwrap_or(1);
    let (tested, known) = drawn(&threads, config.windows, apart, "test");
    if known.is_empty() {
        return Err(Error::NoWindow { data: config.data.clone(), length: settings.length });
    }
    let data_set = |known: Vec<Sequence>, without: Option<usize>| {
        let learned = runs.iter().enumerate().filter(|&(run, _)| Some(run) != without).flat_map(|(_, threads)| threads);
        Dataset {
            name: config.data.clone(),
            length: settings.length,
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
    let measurements =
        Bench::new("cross-run", settings, &BLACKOUTS, &data, Some(&held_out), cache)?.run(models, take)?;
    let label = settings.label();
    Ok(measurements.iter().flat_map(|one| Score::rows(one, "cross-run", &label)).collect())
}

/// Draws windows at random places, and returns the places too. In one thread no two begin less than `apart` events from
/// each other, so no two of their gaps share an event. Returns fewer windows where there is no more room.
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

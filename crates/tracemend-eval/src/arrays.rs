//! Scores of imputed arrays, whatever program wrote them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::leakage::leakage;
use crate::measurement::{Measurement, Plan, RESAMPLES};
use crate::metric::Metric;
use crate::score::Score;
use crate::tally::GapTally;
use tracemend_impute::window::clusters::clusters;
use tracemend_impute::window::place::Place;
use tracemend_impute::window::windows::{ArrayError, ImputedWindow, join, read_array_windows, read_results};

/// Scores a folder of imputed arrays, `Results/<model>/results_<name>_<k>`, or all such folders below one.
///
/// The method is the model's folder. Where the published layout holds the training windows of the same data set and
/// length next to `Results`, the rows include `leakage`. [`score_arrays_against`] takes other training windows.
///
/// # Errors
/// Arrays that are missing, cannot be read, or do not fit together.
pub fn score_arrays(dir: &Path, seed: u64) -> Result<Vec<Score>, Error> {
    let mut folders = below(dir, DEPTH)?;
    if folders.is_empty() {
        // Says which file is missing.
        folders.push(dir.to_owned());
    }
    let mut rows: Vec<Score> = Vec::new();
    let mut tested: Vec<(String, usize, Vec<ImputedWindow>)> = Vec::new();
    for folder in &folders {
        let windows = read_results(folder)?;
        let mut own = score(folder, &windows, None, seed)?;
        let Some(Score { data, blackout, .. }) = own.first().cloned() else { continue };
        match tested.iter().find(|(of, k, _)| (of, k) == (&data, &blackout)) {
            // Only what was imputed in the same windows can be compared gap by gap.
            Some((_, _, other)) if !same_gaps(other, &windows) => {
                own.iter_mut().for_each(|score| score.resamples = None);
            }
            Some(_) => {}
            None => tested.push((data, blackout, windows)),
        }
        let known = |score: &Score| rows.iter().any(|row| (&row.data, &row.metric) == (&score.data, &score.metric));
        own.retain(|score| score.metric != Metric::Leakage || !known(score));
        rows.extend(own);
    }
    Ok(rows)
}

/// As [`score_arrays`] of one folder, with the training windows (`[windows, L, 1]` ids in a `.npy` file) for the metric
/// `leakage`.
///
/// # Errors
/// Arrays that are missing, cannot be read, or do not fit together.
pub fn score_arrays_against(dir: &Path, training: &Path, seed: u64) -> Result<Vec<Score>, Error> {
    score(dir, &read_results(dir)?, Some(training), seed)
}

/// How deep arrays may lie below the given folder: `Results`, the model, the data set.
const DEPTH: usize = 3;

/// The folders that hold imputed arrays, sorted.
fn below(dir: &Path, depth: usize) -> Result<Vec<PathBuf>, Error> {
    if dir.join("original0.npy").is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let io = |source| ArrayError::Io { path: dir.to_owned(), source };
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_dir() && depth > 0 {
            inner.push(path);
        }
    }
    inner.sort_unstable();
    let mut found = Vec::new();
    for folder in inner {
        found.extend(below(&folder, depth - 1)?);
    }
    Ok(found)
}

fn same_gaps(one: &[ImputedWindow], other: &[ImputedWindow]) -> bool {
    let same = |(a, b): (&ImputedWindow, &ImputedWindow)| a.truth == b.truth && a.observed == b.observed;
    one.len() == other.len() && one.iter().zip(other).all(same)
}

fn score(dir: &Path, windows: &[ImputedWindow], training: Option<&Path>, seed: u64) -> Result<Vec<Score>, Error> {
    // `.` and links hide the names of the layout; the real path has them.
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let (name, stated) = data_and_blackout(&real);
    let length = windows.first().map_or(0, |w| w.observed.len());
    let missing = windows.first().map_or(0, |w| w.observed.iter().filter(|o| !**o).count());
    let blackout = stated.unwrap_or(missing);
    let method = real.parent().and_then(Path::file_name);
    let method = method.map_or_else(|| "arrays".into(), |m| m.to_string_lossy());

    let clusters = clusters(windows.iter().map(|w| w.truth.as_slice()));
    // The draws of `run` on the same windows, so that what it saves gets the same intervals here.
    let plan = Plan::new(clusters.len(), RESAMPLES, seed, &["paper", &name]);
    let tallies: Vec<GapTally> = clusters
        .iter()
        .map(|(_, members)| {
            // Samplers fill identical windows differently: each counts, but they are drawn together.
            let mut sum = GapTally::default();
            members.iter().for_each(|i| sum.merge(&tally(&windows[*i])));
            sum
        })
        .collect();
    let mut measurements = vec![Measurement {
        data: name.clone(),
        method: method.into_owned(),
        blackout,
        gaps: windows.len(),
        ..Measurement::of_tallies(&tallies, &plan)
    }];
    let published = published_training(&real, &name, length);
    if let Some(path) = training.or(published.as_deref()) {
        let training = join(&read_array_windows(path, length)?);
        let ids: Vec<(Vec<u32>, usize)> = clusters
            .iter()
            .map(|(window, members)| {
                // An id that no training window can hold stands for ids that are no tokens.
                (window.iter().map(|id| u32::try_from(*id).unwrap_or(u32::MAX)).collect(), members.len())
            })
            .collect();
        measurements.push(leakage(&name, 0, &training, &ids, &plan));
    }
    let place = windows.first().map_or_else(String::new, |w| describe(&w.observed, blackout));
    let label = format!("L={length} {place}");
    Ok(measurements.iter().flat_map(|one| Score::rows(one, "paper", &label)).collect())
}

fn tally(window: &ImputedWindow) -> GapTally {
    let missing = |ids: &[i64]| -> Vec<i64> {
        let hidden = ids.iter().zip(&window.observed).filter(|p| !*p.1);
        hidden.map(|p| *p.0).collect()
    };
    GapTally::new(&missing(&window.truth), &missing(&window.guess), None)
}

/// `results_ffmpeg_10` is 10 events of `ffmpeg`; other names are the data set's, without a blackout.
fn data_and_blackout(dir: &Path) -> (String, Option<usize>) {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let bare = name.strip_prefix("results_").unwrap_or(&name);
    match bare.rsplit_once('_').map(|(data, k)| (data, k.parse())) {
        Some((data, Ok(k))) => (data.to_owned(), Some(k)),
        _ => (bare.to_owned(), None),
    }
}

/// The path `Datasets/<name>/sequence_length_<L>/train.npy` next to `Results`, if it exists.
fn published_training(dir: &Path, name: &str, length: usize) -> Option<PathBuf> {
    let root = dir.ancestors().nth(3)?;
    let folder = format!("sequence_length_{length}");
    let path = root.join("Datasets").join(name).join(folder).join("train.npy");
    path.is_file().then_some(path)
}

/// `middle` or `end` where the gap lies at the published place, else where it begins.
fn describe(observed: &[bool], blackout: usize) -> String {
    let missing: Vec<usize> = (0..observed.len()).filter(|i| !observed[*i]).collect();
    for place in [Place::Middle, Place::End] {
        if place.hidden(observed.len(), blackout).eq(missing.iter().copied()) {
            return place.to_string();
        }
    }
    missing.first().map_or_else(|| "no gap".to_owned(), |start| format!("at {start}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders() {
        let of = |name: &str| data_and_blackout(Path::new(name));
        assert_eq!(of("a/results_unpack-linux_40"), ("unpack-linux".into(), Some(40)));
        assert_eq!(of("mine"), ("mine".into(), None));
    }

    #[test]
    fn places_by_mask() {
        let mask = |hidden: std::ops::Range<usize>| -> Vec<bool> { (0..200).map(|i| !hidden.contains(&i)).collect() };
        assert_eq!(describe(&mask(90..120), 30), "middle");
        assert_eq!(describe(&mask(180..200), 30), "end");
        assert_eq!(describe(&mask(7..17), 10), "at 7");
        assert_eq!(describe(&mask(0..0), 10), "no gap");
    }
}

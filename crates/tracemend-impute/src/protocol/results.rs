//! Scores of anybody's imputed arrays.

use std::path::{Path, PathBuf};

use super::Score;
use super::arrays::{ImputedWindow, join, read_array_windows, read_results};
use super::blackout::Place;
use super::bootstrap::{Plan, RESAMPLES, estimate};
use super::cells::{Cell, clusters, figures, leakage};
use super::paper::Error;
use crate::metrics::GapTally;

/// Scores a folder of imputed arrays, `Results/<model>/results_<name>_<k>`.
///
/// The method is the model's folder. Where the published layout holds the training windows of the same data set and
/// length beside `Results`, `leakage` is given too; see [`score_arrays_against`] to name them.
pub fn score_arrays(dir: &Path, seed: u64) -> Result<Vec<Score>, Error> {
    score(dir, None, seed)
}

/// As [`score_arrays`], with the training windows (`[windows, L, 1]` ids in a `.npy` file) for the metric `leakage`.
pub fn score_arrays_against(dir: &Path, training: &Path, seed: u64) -> Result<Vec<Score>, Error> {
    score(dir, Some(training), seed)
}

fn score(dir: &Path, training: Option<&Path>, seed: u64) -> Result<Vec<Score>, Error> {
    let windows = read_results(dir)?;
    // Where the layout's names are hidden behind `.` or a link, the real path has them.
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let (name, stated) = data_and_blackout(&real);
    let length = windows.first().map_or(0, |w| w.observed.len());
    let missing = windows.first().map_or(0, |w| w.observed.iter().filter(|o| !**o).count());
    let blackout = stated.unwrap_or(missing);
    let method = real.parent().and_then(Path::file_name);
    let method = method.map_or_else(|| "arrays".into(), |m| m.to_string_lossy());

    let clusters = clusters(windows.iter().map(|w| w.truth.as_slice()));
    let plan = Plan::new(clusters.len(), RESAMPLES, seed, &["arrays", &name]);
    let tallies: Vec<GapTally> = clusters
        .iter()
        .map(|(_, members)| {
            // Samplers differ between identical windows: each counts, but they are drawn together.
            let mut sum = GapTally::empty();
            members.iter().for_each(|i| sum.merge(&tally(&windows[*i])));
            sum
        })
        .collect();
    let mut cells = vec![Cell {
        data: name.clone(),
        method: method.into_owned(),
        blackout,
        gaps: windows.len(),
        figures: figures(estimate(&tallies, &plan)),
    }];
    let beside = training_beside(&real, &name, length);
    if let Some(path) = training.or(beside.as_deref()) {
        let training = join(&read_array_windows(path, length)?);
        let ids = clusters.iter().map(|(window, members)| {
            // An id that no training window can hold stands for what is none.
            let ids: Vec<u32> = window.iter().map(|id| u32::try_from(*id).unwrap_or(u32::MAX)).collect();
            (ids, members.len())
        });
        cells.push(leakage(&name, &training, ids, &plan));
    }
    let place = windows.first().map_or_else(String::new, |w| describe(&w.observed, blackout));
    let label = format!("L={length} {place}");
    Ok(cells.iter().flat_map(|c| c.rows("paper", &label)).collect())
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

/// `Datasets/<name>/sequence_length_<L>/train.npy` beside `Results`, where it exists.
fn training_beside(dir: &Path, name: &str, length: usize) -> Option<PathBuf> {
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

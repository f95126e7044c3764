//! The published files: windows of events, and arrays of imputed windows.
//!
//! Windows come as `pts.npz` (streams; window i = stream\[5 i .. 5 i + L\]) or as folders
//! `Datasets/<name>/sequence_length_<L>/{train,test}.npy` (`[windows, L, 1]` integers) with the same as comma-separated
//! text in `training` and `testing`. Imputations come as
//! `Results/<model>/results_<name>_<k>/{original,imputation,mask}<i>.npy` (`[windows, 1, L]` floats, mask 1 = observed).

use std::fs;
use std::path::{Path, PathBuf};

use crate::window::dataset::{Sequence, Vocabulary};
use tracemend_trace::TraceError;
use tracemend_trace::npy::{Array, load_array, load_npz};

/// Distance between the beginnings of two consecutive published windows, in events.
pub(crate) const STRIDE: usize = 5;

/// Why published files could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The file system said no.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// No array of numbers, or no archive of such.
    #[error(transparent)]
    Unreadable(#[from] TraceError),
    /// An array that holds something else than it should.
    #[error("{} is not an array that can be used: {problem}", path.display())]
    Invalid {
        /// The file, with the member's name appended for a member of an archive.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl ArrayError {
    /// An [`ArrayError::Invalid`].
    fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }
}

/// One data set of the benchmark at one window length.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// `L`, events per window.
    pub length: usize,
    /// Names of the ids.
    pub vocabulary: Vocabulary,
    /// Training text: maximal stretches of consecutive events.
    pub training: Vec<Sequence>,
    /// `[windows][L]`
    pub test: Vec<Vec<u32>>,
    /// `[windows]` the same windows with what is known beside their tokens; or empty.
    pub known: Vec<Sequence>,
}

/// Where windows are read from.
pub enum Source {
    /// The streams of an archive, by name.
    Streams(Vec<(String, Array)>, PathBuf),
    /// A folder with one folder per data set.
    Folders(PathBuf),
}

impl Source {
    /// Recognises `.npz` archives and the published folder (itself, or the one that holds `Datasets`).
    pub fn open(data: &Path) -> Result<Self, ArrayError> {
        if data.is_dir() {
            let inner = data.join("Datasets");
            return Ok(Self::Folders(if inner.is_dir() { inner } else { data.to_owned() }));
        }
        let mut streams = load_npz(data, |name| name.contains("__L"))?;
        streams.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(Self::Streams(streams, data.to_owned()))
    }

    /// Names of the data sets that have test windows of this length, sorted.
    pub fn names(&self, length: usize) -> Result<Vec<String>, ArrayError> {
        match self {
            Self::Streams(streams, _) => {
                let suffix = format!("__L{length}__test");
                let names = streams.iter().filter_map(|(name, _)| name.strip_suffix(&suffix));
                Ok(names.map(str::to_owned).collect())
            }
            Self::Folders(root) => {
                let io = |source| ArrayError::Io { path: root.clone(), source };
                let mut names = Vec::new();
                for entry in fs::read_dir(root).map_err(io)? {
                    let entry = entry.map_err(io)?;
                    if entry.path().join(folder(length)).is_dir() {
                        names.push(entry.file_name().to_string_lossy().into_owned());
                    }
                }
                names.sort_unstable();
                Ok(names)
            }
        }
    }

    /// Reads one data set.
    pub fn load(&self, name: &str, length: usize) -> Result<Dataset, ArrayError> {
        let (training, test) = match self {
            Self::Streams(streams, path) => {
                let stream = |half: &str| {
                    let key = format!("{name}__L{length}__{half}");
                    let (_, array) = streams.iter().find(|(name, _)| *name == key).ok_or_else(|| {
                        let problem = format!("it has no array {key}; check the data set and length");
                        ArrayError::invalid(path, problem)
                    })?;
                    ids(array, &path.join(key))
                };
                (vec![stream("train")?], cut(&stream("test")?, length))
            }
            Self::Folders(root) => {
                let at = root.join(name).join(folder(length));
                let train = read_windows(&at, "train.npy", "training", length)?;
                let test = read_windows(&at, "test.npy", "testing", length)?;
                (join(&train), test)
            }
        };
        if test.is_empty() {
            let path = match self {
                Self::Streams(_, path) | Self::Folders(path) => path,
            };
            let problem = format!("{name} has no test window of {length} events");
            return Err(ArrayError::invalid(path, problem));
        }
        let ids = training.iter().chain(&test).flatten().max().map_or(0, |id| *id as usize + 1);
        let vocabulary = Vocabulary::numbers(ids);
        let training = training.into_iter().map(Sequence::bare).collect();
        Ok(Dataset { name: name.to_owned(), length, vocabulary, training, test, known: Vec::new() })
    }
}

fn folder(length: usize) -> String {
    format!("sequence_length_{length}")
}

/// The elements as event ids. Fails on what is no whole number from 0 to 2^32 - 2.
fn ids(array: &Array, path: &Path) -> Result<Vec<u32>, ArrayError> {
    let id = |x: &f64| {
        let whole = x.fract() == 0.0 && (0.0..f64::from(u32::MAX)).contains(x);
        whole
            .then_some(*x as u32)
            .ok_or_else(|| ArrayError::invalid(path, format!("{x} is no event id; ids are whole numbers from 0")))
    };
    array.data.iter().map(id).collect()
}

/// The windows of a stream.
fn cut(stream: &[u32], length: usize) -> Vec<Vec<u32>> {
    let windows = stream.windows(length.max(1)).step_by(STRIDE);
    windows.map(<[u32]>::to_vec).collect()
}

/// Rebuilds stretches of consecutive events from windows cut at `STRIDE`: a window that continues the one before it
/// adds its last `STRIDE` events, any other begins a stretch of its own.
pub fn join(windows: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut stretches: Vec<Vec<u32>> = Vec::new();
    let mut before: &[u32] = &[];
    for window in windows {
        let continues = window.len() > STRIDE
            && before.len() == window.len()
            && before[STRIDE..] == window[..window.len() - STRIDE];
        match stretches.last_mut() {
            Some(stretch) if continues => stretch.extend(&window[window.len() - STRIDE..]),
            _ => stretches.push(window.clone()),
        }
        before = window;
    }
    stretches
}

/// Reads the array of windows, or its text where there is no array.
fn read_windows(at: &Path, array: &str, text: &str, length: usize) -> Result<Vec<Vec<u32>>, ArrayError> {
    let path = at.join(array);
    if path.exists() || !at.join(text).exists() {
        return read_array_windows(&path, length);
    }
    read_text_windows(&at.join(text), length)
}

/// Reads `[windows, L, 1]` or `[windows, L]` ids.
pub fn read_array_windows(path: &Path, length: usize) -> Result<Vec<Vec<u32>>, ArrayError> {
    let array = load_array(path)?;
    if !matches!(array.shape[..], [_, l] | [_, l, 1] if l == length) || length == 0 {
        let problem = format!("its shape is {:?} instead of [windows, {length}, 1]", array.shape);
        return Err(ArrayError::invalid(path, problem));
    }
    let ids = ids(&array, path)?;
    Ok(ids.chunks_exact(length).map(<[u32]>::to_vec).collect())
}

/// Reads one window of comma-separated ids per line.
fn read_text_windows(path: &Path, length: usize) -> Result<Vec<Vec<u32>>, ArrayError> {
    let text = fs::read_to_string(path).map_err(|source| ArrayError::Io { path: path.to_owned(), source })?;
    let lines = text.lines().enumerate().filter(|l| !l.1.trim().is_empty());
    lines
        .map(|(i, line)| {
            let ids: Result<Vec<u32>, _> = line.split(',').map(|x| x.trim().parse()).collect();
            let ids = ids.ok().filter(|ids| ids.len() == length);
            ids.ok_or_else(|| {
                let problem = format!("line {} is not {length} comma-separated ids", i + 1);
                ArrayError::invalid(path, problem)
            })
        })
        .collect()
}

/// One window of somebody's results.
#[derive(Clone, Debug, PartialEq)]
pub struct ImputedWindow {
    /// `[L]` the true ids, what is no number replaced by `i64::MIN`.
    pub truth: Vec<i64>,
    /// `[L]` the imputed values rounded to the nearest id, halves to even; what is no number is `i64::MIN + 1`.
    pub guess: Vec<i64>,
    /// `[L]` true where observed.
    pub observed: Vec<bool>,
}

/// Reads `{original,imputation,mask}<i>.npy` for i = 0, 1, … as far as there are any.
pub fn read_results(dir: &Path) -> Result<Vec<ImputedWindow>, ArrayError> {
    let mut windows = Vec::new();
    for batch in 0.. {
        let at = |kind: &str| dir.join(format!("{kind}{batch}.npy"));
        // The first batch has to be there; its absence is an error of the file system that names the file.
        if batch > 0 && !at("imputation").exists() {
            break;
        }
        let truth = load_array(&at("original"))?;
        let guess = load_array(&at("imputation"))?;
        let mask = load_array(&at("mask"))?;
        let length = match truth.shape[..] {
            [_, 1, l] | [_, l] if l > 0 => l,
            _ => {
                let problem = format!("its shape is {:?} instead of [windows, 1, L]", truth.shape);
                return Err(ArrayError::invalid(&at("original"), problem));
            }
        };
        for (array, kind) in [(&guess, "imputation"), (&mask, "mask")] {
            if array.shape != truth.shape {
                let problem = format!("its shape is {:?}, that of the originals {:?}", array.shape, truth.shape);
                return Err(ArrayError::invalid(&at(kind), problem));
            }
        }
        let parts =
            truth.data.chunks_exact(length).zip(guess.data.chunks_exact(length)).zip(mask.data.chunks_exact(length));
        windows.extend(parts.map(|((truth, guess), mask)| ImputedWindow {
            truth: truth.iter().map(|x| nearest(*x, i64::MIN)).collect(),
            guess: guess.iter().map(|x| nearest(*x, i64::MIN + 1)).collect(),
            observed: mask.iter().map(|m| *m >= 0.5).collect(),
        }));
    }
    Ok(windows)
}

fn nearest(x: f64, otherwise: i64) -> i64 {
    if x.is_finite() { x.round_ties_even() as i64 } else { otherwise }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn joining_undoes_cutting(
            stream in proptest::collection::vec(0u32..50, 12..80),
        ) {
            let windows = cut(&stream, 12);
            let covered = (windows.len() - 1) * STRIDE + 12;
            prop_assert_eq!(join(&windows), vec![stream[..covered].to_vec()]);
        }
    }

    #[test]
    fn ids_are_whole_numbers_from_0() {
        let of = |x: f64| ids(&Array { shape: vec![1], data: vec![x] }, Path::new("x.npy"));
        assert_eq!(of(3.0).expect("an id"), [3]);
        for none in [-1.0, 0.5, f64::NAN, f64::from(u32::MAX)] {
            assert!(of(none).is_err());
        }
    }

    #[test]
    fn breaks_stay_breaks() {
        let windows = [vec![1, 2, 3, 4, 5, 6, 7], vec![9; 7]];
        assert_eq!(join(&windows), windows);
    }

    #[test]
    fn rounding() {
        let all = [0.5, 1.5, -0.4, f64::NAN, f64::INFINITY].map(|x| nearest(x, -9));
        assert_eq!(all, [0, 2, 0, -9, -9]);
    }
}

//! Builds data sets from traces.

use super::error::DatasetError;
use super::folder::{self, Manifest, PARTS, Source};
use std::path::Path;
use tracemend_impute::window::dataset::split::{Parts, Split, by_sequence, in_time};
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary, sequences};
use tracemend_trace::{Lost, Trace};

/// A trace to build from.
#[derive(Debug)]
pub(crate) struct Run<'t> {
    /// Name in the manifest.
    pub path: String,
    /// The trace.
    pub trace: &'t Trace,
    /// Index of its part in [`PARTS`], for [`Split::Run`].
    pub part: usize,
}

/// Options for building a data set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BuildConfig {
    /// Name of the data set.
    pub name: String,
    /// What forms one sequence.
    pub by: By,
    /// How to divide the parts.
    pub split: Split,
    /// Events per window, `L`.
    pub length: usize,
    /// Events from the beginning of one window to the next.
    pub stride: usize,
    /// Maximum number of windows per part in the NumPy files; 0 for all.
    pub cap: usize,
}

/// Builds a data set in a folder.
///
/// With [`Split::Run`], the vocabulary contains only the names in the training runs, so that the test part has unknown
/// tokens, as repairs have.
///
/// # Errors
/// When the training part is empty, or the folder cannot be written.
pub(crate) fn build(folder: &Path, runs: &[Run<'_>], config: &BuildConfig) -> Result<Manifest, DatasetError> {
    let learned = runs.iter().filter(|run| config.split != Split::Run || run.part == 0);
    let vocabulary = Vocabulary::of(learned.map(|run| run.trace));
    let mut whole: Parts = Parts::default();
    for run in runs {
        let part = if config.split == Split::Run { run.part } else { 0 };
        whole[part].extend(sequences(run.trace, config.by, &vocabulary));
    }
    let parts = match config.split {
        Split::Run => whole,
        Split::Thread => by_sequence(all(whole)),
        Split::Time => in_time(all(whole), config.length),
    };
    if parts[0].is_empty() {
        return Err(DatasetError::Empty { part: PARTS[0] });
    }
    let manifest = Manifest {
        schema: String::new(),
        version: 0,
        tool: String::new(),
        name: config.name.clone(),
        by: config.by,
        split: config.split,
        length: config.length,
        stride: config.stride,
        cap: config.cap,
        vocabulary,
        sources: runs
            .iter()
            .map(|run| Source {
                path: run.path.clone(),
                part: (config.split == Split::Run).then(|| PARTS[run.part].to_owned()),
                events: run.trace.events.len(),
                lost: Lost::total(&run.trace.gaps),
            })
            .collect(),
        parts: Vec::new(),
    };
    folder::write(folder, manifest, &parts)
}

fn all(parts: Parts) -> Vec<Sequence> {
    parts.into_iter().flatten().collect()
}

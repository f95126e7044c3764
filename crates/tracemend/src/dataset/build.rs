//! From traces to a data set.

use super::error::DatasetError;
use super::folder::{Manifest, Source};
use super::{PARTS, folder};
use std::path::Path;
use tracemend_impute::window::dataset::split::{Parts, Split, by_sequence, in_time};
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary, sequences};
use tracemend_trace::Trace;

/// A trace to build from.
#[derive(Debug)]
pub struct Run<'t> {
    /// What to call it.
    pub path: String,
    /// The trace.
    pub trace: &'t Trace,
    /// Index of its part in [`PARTS`]; used when runs are divided as wholes.
    pub part: usize,
}

/// How to build.
#[derive(Clone, Debug, PartialEq)]
pub struct BuildConfig {
    /// The data set's name.
    pub name: String,
    /// What belongs together in one sequence.
    pub by: By,
    /// How the parts are divided.
    pub split: Split,
    /// `L`, events of a window.
    pub length: usize,
    /// Events between the beginnings of two windows.
    pub stride: usize,
    /// Most windows of a part in the NumPy files; 0: all.
    pub cap: usize,
}

/// Builds a data set in a folder. The vocabulary is that of the training runs where runs are divided as wholes, so that
/// tests meet unknown tokens as repairs do.
pub fn build(folder: &Path, runs: &[Run<'_>], config: &BuildConfig) -> Result<Manifest, DatasetError> {
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
                lost: run.trace.gaps.iter().filter_map(|gap| gap.lost.count()).sum(),
            })
            .collect(),
        parts: Vec::new(),
    };
    folder::write(folder, manifest, &parts)
}

fn all(parts: Parts) -> Vec<Sequence> {
    parts.into_iter().flatten().collect()
}

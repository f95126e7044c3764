//! What training reads: a data set's folder, or published windows.

use super::error::DatasetError;
use super::folder;
use std::path::Path;
use tracemend_impute::window::dataset::{Sequence, Vocabulary, split};
use tracemend_impute::window::windows;

/// Sequences to learn from and to choose the best weights by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningData {
    /// Names of tokens and processes.
    pub vocabulary: Vocabulary,
    /// To learn from.
    pub train: Vec<Sequence>,
    /// To choose by.
    pub valid: Vec<Sequence>,
    /// `L`, the data set's window length.
    pub length: usize,
}

/// Reads a data set's folder; or, with a `name`, published windows of `length`: their training text, of which the end is
/// held out to choose by.
pub fn learning_data(path: &Path, name: Option<&str>, length: usize) -> Result<LearningData, DatasetError> {
    let Some(name) = name else {
        let manifest = folder::read_manifest(path)?;
        let part = |name: &str| folder::read_part(path, &manifest, name);
        let (train, valid) = (part("train")?, part("valid")?);
        return Ok(LearningData { train, valid, length: manifest.length, vocabulary: manifest.vocabulary });
    };
    let source = windows::Source::open(path)?;
    let have = source.names(length)?;
    if !have.iter().any(|known| known == name) {
        let have = if have.is_empty() { "none of this length".to_owned() } else { have.join(", ") };
        return Err(DatasetError::UnknownName { path: path.to_owned(), name: name.to_owned(), length, have });
    }
    let data = source.load(name, length)?;
    let most = data.training.iter().flat_map(|one| &one.tokens).max().map_or(0, |id| *id as usize + 1);
    let [mut train, valid, rest] = split::in_time(data.training, length);
    // Published data have a test part of their own.
    train.extend(rest);
    Ok(LearningData { vocabulary: Vocabulary::numbers(most), train, valid, length })
}

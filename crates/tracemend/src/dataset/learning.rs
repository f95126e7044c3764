//! Reads what training learns from: a data set's folder, or published windows.

use super::error::DatasetError;
use super::folder;
use std::path::Path;
use tracemend_impute::window::dataset::{Sequence, Vocabulary, split};
use tracemend_impute::window::windows;

/// Sequences for training and validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LearningData {
    /// Names of tokens and processes.
    pub vocabulary: Vocabulary,
    /// Sequences for training.
    pub train: Vec<Sequence>,
    /// Sequences for validation.
    pub valid: Vec<Sequence>,
    /// Events per window, `L`.
    pub length: usize,
}

/// Reads a data set's folder or, with a `name`, the training text of published windows of `length`. The end of that text is
/// held out for validation.
///
/// # Errors
/// When the data set cannot be read, or has no windows of that name and length.
pub(crate) fn learning_data(path: &Path, name: Option<&str>, length: usize) -> Result<LearningData, DatasetError> {
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
    let tokens = data.training.iter().flat_map(|one| &one.tokens).max().map_or(0, |id| *id as usize + 1);
    let [mut train, valid, rest] = split::in_time(data.training, length);
    // Published data have a test part of their own.
    train.extend(rest);
    Ok(LearningData { vocabulary: Vocabulary::numbers(tokens), train, valid, length })
}

//! All that a training run needs to go on as if it had never stopped, in one file.

use crate::nets::model_file::{read_tensors, write_tensors, write_whole};
use crate::nets::state_dict::{StateDict, Values};
use crate::nets::train::error::TrainError;
use crate::nets::train::optimizer::{Moments, Optimizer};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tracemend_repair::tensor_file::{TensorReader, TensorWriter};

/// The entry `kind`.
const KIND: &str = "tracemend-checkpoint";

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// Updates done.
    pub step: usize,
    /// Losses of the updates since the last validation: their sum and number.
    pub losses: (f64, usize),
    /// The best validation loss so far.
    pub best: Option<f64>,
    /// Looks since then.
    pub stale: usize,
}

/// A run, set down.
pub(super) struct Checkpoint {
    pub standing: Standing,
    /// What the run was told, to be compared with what it is told now.
    pub settings: String,
    pub tensors: StateDict,
    pub optimizer: Optimizer,
}

impl Checkpoint {
    pub(super) fn save(&self, path: &Path) -> Result<(), TrainError> {
        let invalid = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        let mut file = TensorWriter::default();
        file.text("kind", KIND);
        file.text("settings", &self.settings);
        file.text("standing", serde_json::to_string(&self.standing).map_err(|error| invalid(error.to_string()))?);
        write_tensors(&mut file, "weights.", &self.tensors);
        for (name, moments) in &self.optimizer.moments {
            for (part, values) in
                [("first", &moments.first), ("second", &moments.second), ("average", &moments.average)]
            {
                file.f32s(&format!("{part}.{name}"), &[values.len()], values);
            }
        }
        let (header, data) = file.finish().map_err(invalid)?;
        write_whole(path, &[&header, &data]).map_err(|source| TrainError::Io { path: path.to_owned(), source })
    }

    pub(super) fn load(path: &Path) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(|source| TrainError::Io { path: path.to_owned(), source })?;
        let invalid = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        let file = TensorReader::new(&bytes).map_err(invalid)?;
        if file.text("kind") != Some(KIND) {
            return Err(invalid(format!("its kind is {:?}, expected {KIND:?}", file.text("kind"))));
        }
        let text = |entry: &str| file.text(entry).ok_or_else(|| invalid(format!("its entry `{entry}` is missing")));
        let part = |prefix: &str| {
            read_tensors(&file, prefix).map_err(|(entry, reason)| invalid(format!("its entry `{entry}`: {reason}")))
        };
        let tensors = part("weights.")?;
        let mut optimizer = Optimizer::default();
        let (first, mut second, mut average) = (part("first.")?, part("second.")?, part("average.")?);
        for (name, Values { values: first, .. }) in first {
            let size = tensors.get(&name).map(|tensor| tensor.values.len());
            let take = |from: &mut StateDict| from.remove(&name).map(|tensor| tensor.values).unwrap_or_default();
            let moments = Moments { first, second: take(&mut second), average: take(&mut average) };
            let sizes = [moments.first.len(), moments.second.len()];
            let averaged = moments.average.is_empty() || Some(moments.average.len()) == size;
            if !averaged || sizes.iter().any(|&length| Some(length) != size) {
                return Err(invalid(format!("its moments of `{name}` do not have the size of the weights")));
            }
            optimizer.moments.insert(name, moments);
        }
        let standing = serde_json::from_str(text("standing")?)
            .map_err(|error| invalid(format!("its entry `standing`: {error}")))?;
        Ok(Self { standing, settings: text("settings")?.to_owned(), tensors, optimizer })
    }
}

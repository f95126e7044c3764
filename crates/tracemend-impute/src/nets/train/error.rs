//! Why a training run ends early.

use crate::nets::state_dict::StateError;
use std::path::PathBuf;
use tracemend_repair::model::ModelError;

/// Why training could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting is impossible.
    #[error("these settings cannot be trained with: {0}")]
    Config(String),
    /// No window.
    #[error("no sequence of the training data has {length} events, which a window holds; choose a smaller length")]
    NoWindow {
        /// Events per window.
        length: usize,
    },
    /// The run was begun with other settings.
    #[error(
        "{} was begun with other settings; train into another folder, or give the settings it was begun with", path.display()
    )]
    Settings {
        /// The run's checkpoint.
        path: PathBuf,
    },
    /// The folder already holds a run.
    #[error("{} already holds a training run; go on with --resume, or choose another folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The checkpoint cannot be used.
    #[error("{}: the checkpoint is damaged: {reason}; train into another folder", path.display())]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}; check the path, its permissions and the room on its disk", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The checkpoint does not fit the network.
    #[error(transparent)]
    State(#[from] StateError),
    /// The model could not be written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The loss is no number any more.
    #[error("the loss of update {step} is {loss}; lower the learning rate, or clip gradients")]
    Diverged {
        /// The update.
        step: usize,
        /// Its loss.
        loss: f64,
    },
}

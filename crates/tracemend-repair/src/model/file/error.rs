//! What can be wrong with a model file.

/// Why a model could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file system refused.
    #[error("{path}: {source}; check the path, its permissions and the room on its disk")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written; the error names it.
    #[error("{0}")]
    Write(std::io::Error),
    /// The file is no model of this kind.
    #[error(
        "{path}: not a model file: {reason}; give a file that `tracemend train` or `tracemend models import` wrote"
    )]
    NotAModel {
        /// The file.
        path: String,
        /// What gave it away.
        reason: String,
    },
    /// A model that another version wrote.
    #[error(
        "{path}: entry `{entry}` is {found}, and this version reads {supported}; train the model again with this \
         version, or use the one that wrote it ({tool})"
    )]
    Version {
        /// The file.
        path: String,
        /// The entry that differs.
        entry: &'static str,
        /// What it holds.
        found: String,
        /// What it must hold.
        supported: String,
        /// The tool that wrote the file.
        tool: String,
    },
    /// An entry holds something impossible: the file is damaged.
    #[error("{path}: entry `{entry}` is damaged: {reason}; copy the file again from its source, or train it again")]
    Damaged {
        /// The file.
        path: String,
        /// Name of the tensor or of the metadata entry.
        entry: String,
        /// What is impossible about it.
        reason: String,
    },
    /// The model is larger than its file format can hold.
    #[error("{path}: {reason}; train on fewer traces")]
    TooLarge {
        /// The file.
        path: String,
        /// What is too large.
        reason: String,
    },
}

//! Why a data set could not be built or read.

use std::path::{Path, PathBuf};

/// Why a data set could not be built or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DatasetError {
    /// The file system refused an operation.
    #[error("{}: {source}; check the path, its permissions and the free space of its disk", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Message of the system.
        source: std::io::Error,
    },
    /// A file has unexpected content.
    #[error("{}: {problem}; build the data set again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The path is neither a data set nor published windows.
    #[error(
        "{} is not a data set, for it has no manifest.json; build one from traces, or, if these are published windows (pts.npz \
         or their folder), also name the data set in them",
        path.display()
    )]
    NoDataset {
        /// The given path.
        path: PathBuf,
    },
    /// Published windows could not be read.
    #[error(transparent)]
    Published(#[from] tracemend_impute::window::windows::ArrayError),
    /// The published windows contain no data set of this name.
    #[error("{} has no windows {name} of length {length}; it has: {have}", path.display())]
    UnknownName {
        /// The published windows.
        path: PathBuf,
        /// The given name.
        name: String,
        /// Events per window.
        length: usize,
        /// The names that exist.
        have: String,
    },
    /// A part has no sequences.
    #[error("the traces leave nothing for the part {part}; name runs for it, or divide the parts by thread or by time")]
    Empty {
        /// The part.
        part: &'static str,
    },
}

impl DatasetError {
    /// Makes a [`DatasetError::Io`] at this path.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// Makes a [`DatasetError::Damaged`].
    pub(super) fn damaged(path: &Path, problem: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), problem: problem.to_string() }
    }
}

//! Why a data set could not be built or read.

use std::path::{Path, PathBuf};

/// Why a data set could not be built or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file system refused.
    #[error("{}: {source}; check the path, its permissions and the room on its disk", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that holds something else than it should.
    #[error("{}: {problem}; build the data set again with `tracemend dataset build`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Neither a data set nor published windows.
    #[error(
        "{} is no data set: it has no manifest.json; build one with `tracemend dataset build`, or give published windows \
         (pts.npz or their folder) with --dataset NAME",
        path.display()
    )]
    NoDataset {
        /// What was given.
        path: PathBuf,
    },
    /// Published windows.
    #[error(transparent)]
    Published(#[from] tracemend_impute::window::windows::ArrayError),
    /// A name that is none of the published data sets.
    #[error("{} has no windows {name} of length {length}; it has: {have}", path.display())]
    UnknownName {
        /// The published windows.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// Events per window.
        length: usize,
        /// What there is.
        have: String,
    },
    /// Nothing to learn from.
    #[error("no part of the traces is for {part}; name runs for it, or divide with --split thread or --split time")]
    Empty {
        /// The part.
        part: &'static str,
    },
}

impl DatasetError {
    /// An [`DatasetError::Io`] at this path.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// A [`DatasetError::Damaged`].
    pub(super) fn damaged(path: &Path, problem: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), problem: problem.to_string() }
    }
}

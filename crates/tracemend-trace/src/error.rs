//! Errors of reading and writing traces.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate.
pub type TraceResult<T> = Result<T, TraceError>;

/// An input that cannot be read. Each message says where the fault lies and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The operating system refused.
    #[error("{path}: {source}. Check that the path exists and can be read or written")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The content is in no known format.
    #[error("{path}: not a trace in a format known here ({seen}). Name its format with the option `format`")]
    UnknownFormat {
        /// File concerned.
        path: PathBuf,
        /// A description of the beginning of the file.
        seen: String,
    },
    /// The input is a trace in a form that is known and not read.
    #[error("{path}: {reason}")]
    NotRead {
        /// File or folder concerned.
        path: PathBuf,
        /// What it is and what to do next.
        reason: String,
    },
    /// The input breaks its format's rules so early or so badly that nothing can be read.
    #[error("{path}, line {line} (byte {offset}): {reason}")]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// Line from 1; 0 in a binary format.
        line: u64,
        /// Byte offset in the decompressed input.
        offset: u64,
        /// What is wrong and what to do next.
        reason: String,
    },
    /// A binary input breaks its format's rules so early or so badly that nothing can be read.
    #[error("{path}, byte {offset}: {reason}")]
    Corrupt {
        /// File concerned.
        path: PathBuf,
        /// Byte offset in the decompressed file.
        offset: u64,
        /// What is wrong and what to do next.
        reason: String,
    },
    /// The trace needs more memory than it may take.
    #[error(
        "{path}: the first {events} events and {gaps} gaps need about {} MB of memory, and there are {} MB for them. Give more with \
         the option `max-memory`, or cut the trace into parts",
        needed.div_ceil(1_000_000),
        budget / 1_000_000
    )]
    TooLarge {
        /// File concerned.
        path: PathBuf,
        /// Events read.
        events: usize,
        /// Gaps read.
        gaps: usize,
        /// Bytes that these need.
        needed: u64,
        /// Bytes that there are.
        budget: u64,
    },
}

impl TraceError {
    /// Turns an error of the operating system into one that names the file.
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |source| TraceError::Io { path: path.to_path_buf(), source }
    }
}

//! Why nothing was measured.

use std::io;
use std::path::PathBuf;
use tracemend_impute::window::windows::ArrayError;

/// Why a protocol could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be used.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// The protocol does not have this method.
    #[error("this protocol has no method `{method}`; choose among {known}")]
    UnknownMethod {
        /// What was asked for.
        method: String,
        /// The methods there are.
        known: String,
    },
    /// The data hold no data set of this name and length.
    #[error("{} has no data set {name} with windows of {length} events; it has: {have}", data.display())]
    UnknownDataset {
        /// Where it was looked for.
        data: PathBuf,
        /// What was asked for.
        name: String,
        /// Window length, in events.
        length: usize,
        /// The data sets there are.
        have: String,
    },
    /// The blackout hides no event, or leaves none observed.
    #[error("a blackout of {blackout} events does not fit a window of {length}; choose 1 to {max}", max = length.saturating_sub(1))]
    Blackout {
        /// Asked for, in events.
        blackout: usize,
        /// Window length, in events.
        length: usize,
    },
    /// No gaps, or gaps of no events, were asked for.
    #[error("there is nothing to measure: ask for at least one gap of at least one event")]
    Nothing,
    /// No thread of the test run fills a window.
    #[error(
        "no thread of {data} made {length} events in a row, which a window holds; choose a longer trace or shorter windows"
    )]
    NoWindow {
        /// The test run.
        data: String,
        /// Events per window.
        length: usize,
    },
    /// The test trace is too short for the gaps.
    #[error(
        "{data} has no stream of {needed} events, which gaps of {lost} events need with 200 events on both sides; \
         choose a longer trace or shorter gaps"
    )]
    TooShort {
        /// The test trace.
        data: String,
        /// Events needed.
        needed: usize,
        /// Length of the gap.
        lost: usize,
    },
    /// The trace that should have lost events reports no loss.
    #[error("{0} reports no loss; choose a trace that lost events")]
    NoLoss(String),
    /// The trace to replay lost events when it was recorded.
    #[error("{0} lost events when it was recorded; choose a complete trace")]
    Incomplete(String),
    /// The ring lost nothing.
    #[error("the ring loses nothing, so there is nothing to measure; make it smaller, or hold its reader up longer")]
    NothingLost,
    /// A ring of pages needs one to write and one to read.
    #[error("a ring of {capacity} bytes does not hold two pages of {page}; make it larger")]
    RingTooSmall {
        /// Bytes of the ring.
        capacity: u64,
        /// Bytes of a page.
        page: u64,
    },
    /// The two traces are not twins.
    #[error("the complete twin does not hold what {0} recorded; are both of the same run?")]
    NotTwins(String),
    /// The worker threads could not be started.
    #[error("cannot start worker threads: {0}; ask for fewer")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The predictions could not be written.
    #[error("cannot write the predictions: {0}; check the path and disk space")]
    Predictions(#[source] io::Error),
    /// Measurements could not be read from the cache or written to it.
    #[error("cannot read or write cached measurements: {0}; check disk space and the cache's files")]
    Cache(#[from] io::Error),
}

//! The interface of the baselines.

use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{Token, TokenTable};
use tracemend_trace::{Gap, ThreadKey};

/// One inferred event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fill {
    /// Its thread ([`tracemend_repair::model::thread_of`]).
    pub thread: ThreadKey,
    /// Its token in the table of the index: name and phase count, the return value means nothing.
    pub token: Token,
    /// Probability that it is right, where the method has one.
    pub confidence: Option<f32>,
}

/// A way to fill gaps of known length.
pub(crate) trait Baseline: Sync + Send {
    /// The method's name in result tables.
    fn name(&self) -> &str;

    /// The table that numbers its tokens: the names and phases learned, all without a return value.
    fn tokens(&self) -> &TokenTable;

    /// Predicts the lost events, in order: as many as `lost`, or none where no thread is known that could have run.
    ///
    /// Make the index with a copy of [`Baseline::tokens`], whose additions then stand for the names that were never
    /// learned.
    fn fill(&self, index: &TraceIndex<'_>, gap: &Gap, lost: usize) -> Vec<Fill>;
}

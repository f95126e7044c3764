//! A bound on the memory that a trace may take: a small packed file can hold more than any machine has.

use crate::{TraceError, TraceResult};
use std::path::PathBuf;

/// How much memory a trace may need, and what its parts need. The needs are those of the work that follows, not of loading alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryBudget {
    /// The trace, as messages name it.
    pub path: PathBuf,
    /// Bytes that there are.
    pub bytes: u64,
    /// Bytes that the work needs for each event.
    pub per_event: u64,
    /// Bytes that the work needs for each gap.
    pub per_gap: u64,
}

impl MemoryBudget {
    /// Bytes that a repair needs for an event, its writing included: 260 (text), 370 (JSON Lines) and 460 (Perfetto) bytes were
    /// measured on 2 million events.
    pub const REPAIR_EVENT: u64 = 460;
    /// Bytes that a repair needs for a gap: 8 KB were measured on 100 000 gaps of 4 events, and gaps can be longer.
    pub const REPAIR_GAP: u64 = 16 << 10;
    /// Bytes that learning from an event, or checking it, needs: 190 were measured on 2 million events.
    pub const READ_EVENT: u64 = 200;
    /// Bytes of a gap that is only kept.
    pub const READ_GAP: u64 = 400;

    /// Refuses a trace that holds so much already; `other` counts bytes of names and lines.
    ///
    /// # Errors
    /// When that needs more than there is.
    pub fn check(&self, events: usize, gaps: usize, other: usize) -> TraceResult<()> {
        let parts = [(events, self.per_event), (gaps, self.per_gap), (other, 1)];
        let needed =
            parts.iter().fold(0, |sum: u64, &(count, each)| sum.saturating_add((count as u64).saturating_mul(each)));
        if needed <= self.bytes {
            return Ok(());
        }
        Err(TraceError::TooLarge { path: self.path.clone(), events, gaps, needed, budget: self.bytes })
    }
}

//! Where a trace lost events, how many and why: one pass, bounded memory.

use serde::Serialize;
use tracemend_trace::{Cause, Gap, Item, Lost, Source, Trace, TraceHeader, TraceResult, evidence};

/// The losses of a trace, summed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossSummary {
    /// Recorded events; `None` where only the losses were read.
    pub events: Option<u64>,
    /// Gaps.
    pub gaps: u64,
    /// Lost events, as far as counted.
    pub lost_events: u64,
    /// `exact`; `at_least` where some gap is uncounted or counted from below.
    pub lost_kind: &'static str,
    /// Gaps of which nobody counted the events.
    pub uncounted_gaps: u64,
    /// The largest counted gap.
    pub largest_gap: u64,
    /// The option that would have prevented the loss, with a value from the loss seen.
    pub advice: Option<String>,
}

impl Default for LossSummary {
    fn default() -> Self {
        Self {
            events: Some(0),
            gaps: 0,
            lost_events: 0,
            lost_kind: Lost::Exact(0).kind(),
            uncounted_gaps: 0,
            largest_gap: 0,
            advice: None,
        }
    }
}

impl LossSummary {
    /// Adds one gap.
    pub fn add(&mut self, gap: &Gap) {
        self.gaps += 1;
        let lost = gap.lost.count().unwrap_or(0);
        self.lost_events = self.lost_events.saturating_add(lost);
        self.uncounted_gaps += u64::from(gap.lost == Lost::Unknown);
        if !matches!(gap.lost, Lost::Exact(_)) {
            self.lost_kind = Lost::AtLeast(0).kind();
        }
        // A loss that no larger buffer prevents says nothing about the size of buffers.
        if matches!(gap.cause, Cause::Discarded | Cause::Overwritten) {
            self.largest_gap = self.largest_gap.max(lost);
        }
    }

    /// Whether anything was lost at all.
    pub fn any(&self) -> bool {
        self.gaps > 0
    }
}

/// Reads `source` to its end and hands each gap to `each` as it comes.
///
/// # Errors
/// What the source or `each` fails with.
pub fn stream_gaps<E: From<tracemend_trace::TraceError>>(
    source: &mut dyn Source,
    mut each: impl FnMut(&Gap, &TraceHeader) -> Result<(), E>,
) -> Result<LossSummary, E> {
    let mut summary = LossSummary::default();
    let mut events = 0;
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(_) => events += 1,
            Item::Gap(gap) => {
                summary.add(&gap);
                each(&gap, source.header())?;
            }
        }
    }
    Ok(LossSummary { events: Some(events), ..summary })
}

/// The gaps of `source` and those that the threads' own events give away. Needs the whole trace in memory.
///
/// # Errors
/// What the source fails with.
pub fn gaps_with_evidence(source: &mut dyn Source) -> TraceResult<(Trace, Vec<Gap>)> {
    let trace = Trace::read(source)?;
    let mut gaps = trace.gaps.clone();
    let next = gaps.iter().map(|gap| gap.id + 1).max().unwrap_or(0);
    gaps.extend(evidence(&trace).into_iter().zip(next..).map(|(gap, id)| Gap { id, ..gap }));
    Ok((trace, gaps))
}

//! Lists where a trace lost events, how many and why, in one pass and bounded memory.

use crate::advice::advice;
use serde::Serialize;
use tracemend_trace::sink::GapRow;
use tracemend_trace::{Cause, Gap, Item, Lost, Source, Trace, TraceHeader, TraceResult, evidence};

/// Sum of a trace's losses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossSummary {
    /// Recorded events; `None` if only the losses were read.
    pub events: Option<u64>,
    /// Gaps.
    pub gaps: u64,
    /// Lost events, as far as counted.
    pub lost_events: u64,
    /// `exact`, or `at_least` if some gap has no count or only a lower bound.
    pub lost_kind: &'static str,
    /// Gaps whose lost events the tracer did not count.
    pub uncounted_gaps: u64,
    /// Largest counted loss of a full buffer.
    pub largest_gap: u64,
    /// Tracer option that would have prevented the loss, with a value for the loss seen.
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

    /// Whether the trace has gaps.
    pub fn any(&self) -> bool {
        self.gaps > 0
    }
}

/// The row of a gap, with advice on the tracer option that would have kept its events.
pub fn gap_row<'a>(gap: &'a Gap, header: &'a TraceHeader) -> GapRow<'a> {
    let advice = advice(header.format, &gap.cause, gap.lost.count().unwrap_or(0));
    GapRow { advice, ..GapRow::new(gap, header) }
}

/// Reads `source` to its end and passes each gap to `each`.
///
/// # Errors
/// When the source or `each` fails.
///
/// ```
/// use std::path::Path;
/// use tracemend::losses::stream_gaps;
/// use tracemend::trace::{OpenOptions, TraceError, open};
///
/// let mut source = open(Path::new("tests/fixtures/succeed/small_lost.txt"), &OpenOptions::default())?;
/// let summary = stream_gaps::<TraceError>(source.as_mut(), |gap, _| {
///     println!("gap {}: {:?} lost, {}", gap.id, gap.lost, gap.cause.word());
///     Ok(())
/// })?;
/// assert!(summary.any());
/// # Ok::<(), TraceError>(())
/// ```
pub fn stream_gaps<E: From<tracemend_trace::TraceError>>(
    source: &mut dyn Source,
    mut each: impl FnMut(&Gap, &TraceHeader) -> Result<(), E>,
) -> Result<LossSummary, E> {
    let mut summary = LossSummary::default();
    let mut events = 0;
    // Where the tracer counts again at the end, the numbers are known only there.
    let waits = source.header().format.counts_again();
    let mut waiting = Vec::new();
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(_) => events += 1,
            Item::Gap(gap) if waits => waiting.push(gap),
            Item::Gap(gap) => {
                summary.add(&gap);
                each(&gap, source.header())?;
            }
        }
    }
    source.header().recount(&mut waiting);
    for gap in &waiting {
        summary.add(gap);
        each(gap, source.header())?;
    }
    Ok(LossSummary { events: Some(events), ..summary })
}

/// Reads `source` whole and returns its gaps, with those that contradictions among the recorded events prove.
///
/// # Errors
/// When the source fails.
///
/// ```
/// use std::path::Path;
/// use tracemend::losses::gaps_with_evidence;
/// use tracemend::trace::{OpenOptions, open};
///
/// let mut source = open(Path::new("tests/fixtures/succeed/small_lost.txt"), &OpenOptions::default())?;
/// let (trace, gaps) = gaps_with_evidence(source.as_mut())?;
/// assert!(gaps.len() >= trace.gaps.len());
/// # Ok::<(), tracemend::trace::TraceError>(())
/// ```
pub fn gaps_with_evidence(source: &mut dyn Source) -> TraceResult<(Trace, Vec<Gap>)> {
    let trace = Trace::read(source)?;
    let mut gaps = trace.gaps.clone();
    let next = gaps.iter().map(|gap| gap.id + 1).max().unwrap_or(0);
    gaps.extend(evidence(&trace).into_iter().zip(next..).map(|(gap, id)| Gap { id, ..gap }));
    Ok((trace, gaps))
}

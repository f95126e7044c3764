//! Lists where a trace lost events, how many and why, in one pass and bounded memory.

use crate::advice::advice;
use crate::report::plural;
use serde::Serialize;
use tracemend_trace::sink::GapRow;
use tracemend_trace::{Gap, Item, Lost, Source, Trace, TraceHeader, TraceResult, evidence};

/// Sum of a trace's losses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossSummary {
    /// Recorded events; `None` if only the losses were read.
    pub events: Option<u64>,
    /// Gaps.
    pub gaps: u64,
    /// Lost events, as far as counted.
    pub lost_events: u64,
    /// `exact`, `at_least` if some gap has no count or only a lower bound, or `unknown` if no gap has either.
    pub lost_kind: &'static str,
    /// Gaps whose lost events the tracer did not count.
    pub uncounted_gaps: u64,
    /// Largest counted loss of a full buffer.
    pub largest_gap: u64,
    /// Gaps of which nobody knows whether anything was lost in them.
    pub doubtful_gaps: u64,
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
            doubtful_gaps: 0,
            advice: None,
        }
    }
}

impl LossSummary {
    /// Adds one gap.
    pub fn add(&mut self, gap: &Gap) {
        self.gaps += 1;
        self.doubtful_gaps += u64::from(gap.is_doubtful());
        let lost = gap.lost.count().unwrap_or(0);
        self.lost_events = self.lost_events.saturating_add(lost);
        self.uncounted_gaps += u64::from(gap.lost == Lost::Unknown);
        let exact = self.lost_kind == Lost::Exact(0).kind() && matches!(gap.lost, Lost::Exact(_));
        self.lost_kind = lost_kind(exact, self.uncounted_gaps == self.gaps);
        // A loss that no larger buffer prevents says nothing about the size of buffers.
        if gap.cause.is_full_buffer() {
            self.largest_gap = self.largest_gap.max(lost);
        }
    }

    /// Adds the sum of another trace, without its advice.
    pub(crate) fn add_trace(&mut self, other: &Self) {
        let exact = Lost::Exact(0).kind();
        let all_exact = self.lost_kind == exact && other.lost_kind == exact;
        self.events = self.events.zip(other.events).map(|(one, two)| one.saturating_add(two));
        self.gaps += other.gaps;
        self.lost_events = self.lost_events.saturating_add(other.lost_events);
        self.uncounted_gaps += other.uncounted_gaps;
        self.lost_kind = lost_kind(all_exact, self.gaps > 0 && self.uncounted_gaps == self.gaps);
        self.largest_gap = self.largest_gap.max(other.largest_gap);
        self.doubtful_gaps += other.doubtful_gaps;
    }

    /// Share of all events that was lost, 0 to 1, according to the known counts; `None` if there is none, or if the recorded
    /// events were not read.
    pub(crate) fn lost_share(&self) -> Option<f64> {
        let share = share_lost(self.events?, self.lost_events);
        (self.lost_kind != Lost::Unknown.kind()).then_some(share)
    }

    /// Whether the trace has gaps.
    pub fn any(&self) -> bool {
        self.gaps > 0
    }

    /// Whether events were lost for certain.
    pub fn any_certain(&self) -> bool {
        self.gaps > self.doubtful_gaps
    }
}

/// How a sum of losses is to be read: whether each was counted exactly, or none at all.
fn lost_kind(all_exact: bool, none_counted: bool) -> &'static str {
    match (none_counted, all_exact) {
        (true, _) => Lost::Unknown.kind(),
        (false, true) => Lost::Exact(0).kind(),
        (false, false) => Lost::AtLeast(0).kind(),
    }
}

/// Share of all events that was lost, 0 to 1.
pub(crate) fn share_lost(events: u64, lost_events: u64) -> f64 {
    lost_events as f64 / events.saturating_add(lost_events).max(1) as f64
}

/// A sum of losses in words: `7 events`, `at least 7 events`, `an unknown number of events`.
pub(crate) fn lost_words(lost_events: u64, kind: &str) -> String {
    let events = plural(lost_events, "event");
    match kind {
        "exact" => events,
        "unknown" => "an unknown number of events".to_owned(),
        _ => format!("at least {events}"),
    }
}

/// The number of events lost in gaps, in words: where there are gaps, none counted means that none could be.
pub(crate) fn lost_in_gaps(lost_events: u64) -> String {
    lost_words(lost_events, if lost_events == 0 { "unknown" } else { "exact" })
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
    each: impl FnMut(&Gap, &TraceHeader) -> Result<(), E>,
) -> Result<LossSummary, E> {
    Ok(stream_gaps_from(source, each)?.0)
}

/// As [`stream_gaps`]; also returns the time of the first event.
pub(crate) fn stream_gaps_from<E: From<tracemend_trace::TraceError>>(
    source: &mut dyn Source,
    mut each: impl FnMut(&Gap, &TraceHeader) -> Result<(), E>,
) -> Result<(LossSummary, Option<i64>), E> {
    let mut first_ns: Option<i64> = None;
    let mut summary = LossSummary::default();
    let mut events = 0;
    // Where the tracer counts again at the end, the numbers are known only there.
    let waits = source.header().format.counts_again();
    let mut waiting = Vec::new();
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(event) => {
                events += 1;
                first_ns = Some(first_ns.map_or(event.time_ns, |first| first.min(event.time_ns)));
            }
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
    Ok((LossSummary { events: Some(events), ..summary }, first_ns))
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
    Ok(with_evidence(Trace::read(source)?))
}

/// A trace and its gaps, with those that contradictions among its events prove.
pub(crate) fn with_evidence(trace: Trace) -> (Trace, Vec<Gap>) {
    let mut gaps = trace.gaps.clone();
    let next = gaps.iter().map(|gap| gap.id + 1).max().unwrap_or(0);
    gaps.extend(evidence(&trace).into_iter().zip(next..).map(|(gap, id)| Gap { id, ..gap }));
    (trace, gaps)
}

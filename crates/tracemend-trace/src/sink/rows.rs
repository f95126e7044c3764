//! The rows of outputs: what is written for a gap, its composition and an event, and the [`Sink`] that takes them. Field
//! names are a documented schema (`docs/schemas`).

use crate::{Gap, Phase, TraceHeader};
use serde::Serialize;
use std::io;

/// A gap, in `gaps` and `repair`.
#[derive(Clone, Debug, Serialize)]
pub struct GapRow<'a> {
    /// Number of the gap in its trace.
    pub id: u32,
    /// Name of the stream that lost events; null where the tracer does not say.
    pub stream: Option<&'a str>,
    /// CPU of that stream.
    pub cpu: Option<u32>,
    /// Thread, for gaps known from one thread's own evidence.
    pub tid: Option<i32>,
    /// Time of the last event before the gap.
    pub begin_ns: Option<i64>,
    /// Time of the first event after the gap.
    pub end_ns: Option<i64>,
    /// Time of the first recorded event of this stream inside the gap: between it and `kept_end_ns` nothing was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_begin_ns: Option<i64>,
    /// Time of the last recorded event of this stream inside the gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_end_ns: Option<i64>,
    /// How many events were lost; null where they were not counted.
    pub lost: Option<u64>,
    /// `exact`, `at_least` or `unknown`.
    pub lost_kind: &'static str,
    /// `discarded`, `overwritten`, `truncated`, `damaged` or `evidence`.
    pub cause: &'static str,
    /// The cause in words, where there is more to say.
    pub details: Option<&'a str>,
    /// Which tracer option would have kept these events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// How the repair of the gap went.
    #[serde(flatten)]
    pub outcome: Option<GapOutcome<'a>>,
}

/// How the repair of one gap went.
#[derive(Clone, Debug, Serialize)]
pub struct GapOutcome<'a> {
    /// Inferred events written.
    pub inferred: u64,
    /// Inferred events held back because their confidence is below the asked minimum.
    pub withheld: u64,
    /// Why the gap, or a part of it, was left as it is; null when it was filled.
    pub left_open: Option<&'a str>,
}

impl<'a> GapRow<'a> {
    /// The row of `gap`, without advice or outcome.
    pub fn new(gap: &'a Gap, header: &'a TraceHeader) -> Self {
        let stream = gap.stream.and_then(|id| header.streams.get(id.0 as usize));
        Self {
            id: gap.id,
            stream: stream.map(|stream| stream.name.as_str()),
            cpu: gap.cpu,
            tid: gap.tid,
            begin_ns: gap.begin_ns,
            end_ns: gap.end_ns,
            kept_begin_ns: gap.kept_ns.map(|(first, _)| first),
            kept_end_ns: gap.kept_ns.map(|(_, last)| last),
            lost: gap.lost.count(),
            lost_kind: gap.lost.kind(),
            cause: gap.cause.word(),
            details: gap.cause.details(),
            advice: None,
            outcome: None,
        }
    }
}

/// Another event that could stand in the place of an inferred one.
#[derive(Clone, Debug, Serialize)]
pub struct AlternativeRow<'a> {
    /// Event name.
    pub name: &'a str,
    /// Thread; null for one not seen outside the gap.
    pub tid: Option<i32>,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Probability, 0 to 1.
    pub probability: f32,
}

/// An event, recorded or inferred.
#[derive(Clone, Debug, Serialize)]
pub struct EventRow<'a> {
    /// Nanoseconds on the trace's clock; null where nothing bounds it.
    pub time_ns: Option<i64>,
    /// Standard error of an estimated time; null for a recorded event.
    pub time_err_ns: Option<i64>,
    /// Name of the stream (loss domain) it came through, or whose gap it lies in. JSON Lines have it in the gap's row.
    #[serde(skip)]
    pub stream: Option<&'a str>,
    /// CPU.
    pub cpu: Option<u32>,
    /// Thread; null for one not seen outside the gap.
    pub tid: Option<i32>,
    /// Process name.
    pub comm: Option<&'a str>,
    /// Event name.
    pub name: &'a str,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Whether the event was reconstructed rather than recorded.
    pub inferred: bool,
    /// Probability of an inferred event; null for a recorded one.
    pub confidence: Option<f32>,
    /// Other events for the same place, likeliest first.
    pub alternatives: Vec<AlternativeRow<'a>>,
    /// The gap an inferred event lies in.
    pub gap: Option<u32>,
    /// The model an inferred event comes from.
    pub model: Option<&'a str>,
    /// Return value of a recorded event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ret: Option<i64>,
    /// Duration of a recorded whole call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dur_ns: Option<u64>,
}

/// Expected number of lost events of one type.
#[derive(Clone, Debug, Serialize)]
pub struct PartRow<'a> {
    /// Thread; null for a sum over threads or a thread not seen outside the gap.
    pub tid: Option<i32>,
    /// Process name.
    pub comm: Option<&'a str>,
    /// Event name.
    pub name: &'a str,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Expected number.
    pub expected: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Expected time these events took together, where durations are known.
    pub time_ns: Option<f64>,
}

/// What a gap lost, by event type.
#[derive(Clone, Debug, Serialize)]
pub struct CompositionRow<'a> {
    /// The gap.
    pub gap: u32,
    /// Likeliest number of lost events.
    pub lost: u64,
    /// Lower end of its 90 % interval.
    pub lost_low: u64,
    /// Upper end of its 90 % interval.
    pub lost_high: u64,
    /// Over all threads, the most frequent first.
    pub by_event: Vec<PartRow<'a>>,
    /// By thread and event, the most frequent first.
    pub by_thread: Vec<PartRow<'a>>,
}

/// An output that takes a repaired trace row by row, in the order in which it is to be read.
///
/// ```
/// use tracemend_trace::{Cause, Format, Gap, Lost, TraceHeader};
/// use tracemend_trace::sink::{GapRow, JsonlSink, Sink};
///
/// let header = TraceHeader::new(Format::Ftrace);
/// let gap = Gap { begin_ns: Some(100), end_ns: Some(900), ..Gap::new(0, Lost::Exact(3), Cause::Overwritten, 0) };
/// let mut out = Vec::new();
/// let mut sink = JsonlSink::begin(&mut out)?;
/// sink.gap(&GapRow::new(&gap, &header))?;
/// sink.finish()?;
/// assert!(String::from_utf8_lossy(&out).contains(r#""begin_ns":100,"end_ns":900,"lost":3,"lost_kind":"exact""#));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Sink {
    /// Takes a gap, before anything that was lost in it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn gap(&mut self, gap: &GapRow<'_>) -> io::Result<()>;

    /// Takes what a gap lost, by event type.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn composition(&mut self, composition: &CompositionRow<'_>) -> io::Result<()>;

    /// Takes an event, recorded or inferred.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn event(&mut self, event: &EventRow<'_>) -> io::Result<()>;

    /// Takes an inferred event of a further reconstruction, drawn at random.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn sample(&mut self, sample: u32, event: &EventRow<'_>) -> io::Result<()>;

    /// Takes a line of the input as it stands there; formats without such lines ignore it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn raw_line(&mut self, line: &[u8]) -> io::Result<()> {
        let _ = line;
        Ok(())
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

//! The rows of outputs: what is written for a gap, its composition and an event, and the [`Sink`] that takes them. Field
//! names are a documented schema (`docs/schemas`).

use crate::{Gap, Phase, TraceHeader};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::io;

/// A gap, in `gaps` and `repair`.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// Time of the recorded event inside the gap from which on the packet had no room for every event.
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
        Self {
            id: gap.id,
            stream: gap.stream.and_then(|stream| header.stream_name(stream)),
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

    /// Inferred events written for it.
    pub fn inferred(&self) -> u64 {
        self.outcome.as_ref().map_or(0, |outcome| outcome.inferred)
    }
}

/// Another event that could stand in the place of an inferred one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// Event name.
    pub name: String,
    /// Thread; `None` for one not seen outside the gap.
    pub tid: Option<i32>,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Probability, 0 to 1.
    pub probability: f32,
}

/// What only an inferred event has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inference<'a> {
    /// Standard error of the estimated time, ns.
    pub time_err_ns: Option<i64>,
    /// Probability, 0 to 1.
    pub confidence: f32,
    /// Other events for the same place, likeliest first.
    pub alternatives: &'a [Alternative],
    /// The gap it lies in.
    pub gap: u32,
    /// The model it comes from.
    pub model: &'a str,
}

/// An event on its way out, recorded or inferred: every format is written from this.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow<'a> {
    /// Nanoseconds on the trace's clock; `None` where nothing bounds it.
    pub time_ns: Option<i64>,
    /// Name of the stream (loss domain) it came through, or whose gap it lies in. JSON Lines have it in the gap's row.
    pub stream: Option<&'a str>,
    /// CPU.
    pub cpu: Option<u32>,
    /// Thread; `None` for one not seen outside the gap.
    pub tid: Option<i32>,
    /// Process name.
    pub comm: Option<&'a str>,
    /// Event name.
    pub name: &'a str,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Return value of a recorded event.
    pub ret: Option<i64>,
    /// Duration of a recorded whole call, ns.
    pub dur_ns: Option<u64>,
    /// `None` for a recorded event.
    pub inference: Option<Box<Inference<'a>>>,
}

impl EventRow<'_> {
    /// Its probability; 1 for a recorded event.
    pub fn confidence(&self) -> f32 {
        self.inference.as_ref().map_or(1.0, |inference| inference.confidence)
    }

    /// Standard error of its time, ns; `None` for a recorded event.
    pub fn time_err_ns(&self) -> Option<i64> {
        self.inference.as_ref().and_then(|inference| inference.time_err_ns)
    }

    /// Other events for its place, likeliest first; none for a recorded event.
    pub fn alternatives(&self) -> &[Alternative] {
        self.inference.as_ref().map_or(&[], |inference| inference.alternatives)
    }

    /// Its time, 0 where nothing bounds it. Every event of [`Collected`](super::Collected) has one.
    pub fn at_ns(&self) -> i64 {
        self.time_ns.unwrap_or(0)
    }
}

/// As `docs/schemas` has it: recorded events have the columns of inferred ones, but empty.
impl Serialize for EventRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inference = self.inference.as_deref();
        let known = usize::from(self.ret.is_some()) + usize::from(self.dur_ns.is_some());
        let mut row = serializer.serialize_struct("EventRow", 11 + known)?;
        row.serialize_field("time_ns", &self.time_ns)?;
        row.serialize_field("time_err_ns", &self.time_err_ns())?;
        row.serialize_field("cpu", &self.cpu)?;
        row.serialize_field("tid", &self.tid)?;
        row.serialize_field("comm", &self.comm)?;
        row.serialize_field("name", &self.name)?;
        row.serialize_field("phase", &self.phase)?;
        row.serialize_field("inferred", &inference.is_some())?;
        row.serialize_field("confidence", &inference.map(|inference| inference.confidence))?;
        row.serialize_field("alternatives", self.alternatives())?;
        row.serialize_field("gap", &inference.map(|inference| inference.gap))?;
        row.serialize_field("model", &inference.map(|inference| inference.model))?;
        if let Some(ret) = self.ret {
            row.serialize_field("ret", &ret)?;
        }
        if let Some(dur_ns) = self.dur_ns {
            row.serialize_field("dur_ns", &dur_ns)?;
        }
        row.end()
    }
}

/// Expected number of lost events of one event type, on one thread or on all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompositionPart {
    /// Thread; `None` for a sum over the threads of the gap, or for a thread not seen outside it (then `comm` says whose
    /// child).
    pub tid: Option<i32>,
    /// Process name, where known.
    pub comm: Option<String>,
    /// Event name.
    pub name: String,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Expected number of lost events.
    pub expected: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Expected time that these calls took together, ns. Whole calls and exits have it, where the trace recorded durations
    /// of such calls that fit into the gap.
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
    pub by_event: &'a [CompositionPart],
    /// By thread and event, the most frequent first.
    pub by_thread: &'a [CompositionPart],
}

/// An output that takes a repaired trace row by row, in the order in which it is to be read. What the rows name lives for
/// `'a`, so a sink may keep them.
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
pub trait Sink<'a> {
    /// Takes a gap, before anything that was lost in it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()>;

    /// Takes what a gap lost, by event type.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn composition(&mut self, composition: &CompositionRow<'a>) -> io::Result<()>;

    /// Takes an event, recorded or inferred.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()>;

    /// Takes an inferred event of a further reconstruction, drawn at random.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()>;

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

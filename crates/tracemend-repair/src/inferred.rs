//! What a repair yields.

use tracemend_trace::sink::{Alternative, CompositionPart};
use tracemend_trace::{Gap, Phase};

/// A reconstructed event. Never to be mistaken for a recorded one.
#[derive(Clone, Debug, PartialEq)]
pub struct InferredEvent {
    /// Estimated time in nanoseconds; `None` where the gap has no times around it.
    pub time_ns: Option<i64>,
    /// Standard error of that time in nanoseconds.
    pub time_err_ns: Option<i64>,
    /// CPU whose buffer lost the event.
    pub cpu: Option<u32>,
    /// Thread; `None` for a thread that was seen neither before nor after the gap.
    pub tid: Option<i32>,
    /// Process name of that thread, where known.
    pub comm: Option<String>,
    /// Event name.
    pub name: String,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Calibrated probability that this event, on this thread, was really lost here.
    pub confidence: f32,
    /// Up to 5 other events for the same place, likeliest first.
    pub alternatives: Vec<Alternative>,
}

/// What a gap swallowed by event type. It stays true where single positions are uncertain.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Composition {
    /// Most likely number of lost events; the tracer's own count where it gave one.
    pub lost: u64,
    /// Lower end of the 90 % interval of that number.
    pub lost_low: u64,
    /// Upper end of the 90 % interval of that number.
    pub lost_high: u64,
    /// By thread and event, the most frequent first.
    pub by_thread: Vec<CompositionPart>,
    /// By event over all threads, the most frequent first.
    pub by_event: Vec<CompositionPart>,
}

/// The repair of one gap.
#[derive(Clone, Debug, PartialEq)]
pub struct GapRepair {
    /// The gap, as the tracer reported it.
    pub gap: Gap,
    /// The best reconstruction, in order; where it is empty or not whole, `left_open` says why.
    pub events: Vec<InferredEvent>,
    /// What was lost, by event type.
    pub composition: Composition,
    /// Further reconstructions drawn at random, when asked for.
    pub samples: Vec<Vec<InferredEvent>>,
    /// Why the gap or a part of it was left as it is, in words; `None` when it was filled.
    pub left_open: Option<String>,
    /// Whether it comes from the model that was given too, and not from the trace's own rest alone.
    pub from_model: bool,
    /// Whether its events are those of a [`ThreadImputer`](crate::ThreadImputer), such as a network.
    pub from_imputer: bool,
}

/// Most likely, lowest and highest number of lost events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostInterval {
    /// Most likely.
    pub value: u64,
    /// Lower end of the 90 % interval.
    pub low: u64,
    /// Upper end of the 90 % interval.
    pub high: u64,
}

impl LostInterval {
    /// A number that is known.
    pub(crate) fn exact(lost: u64) -> Self {
        Self { value: lost, low: lost, high: lost }
    }
}

//! One recorded event.

use crate::{Gap, StreamId, Symbol};
use serde::{Deserialize, Serialize};

/// Which part of a call an event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The call begins (`sys_enter`).
    Entry,
    /// The call ends (`sys_exit`).
    Exit,
    /// One record for a whole call, entry to exit (strace, `perf trace`, the corpus CSV).
    Call,
    /// Not a call: a context switch, a signal, a sequence element.
    Point,
}

impl Phase {
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Entry => "entry",
            Phase::Exit => "exit",
            Phase::Call => "call",
            Phase::Point => "point",
        }
    }
}

/// What happened: a name and its phase.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventType {
    /// Bare name, as in [`Event::name`].
    pub name: String,
    /// Entry, exit, whole call, or neither.
    pub phase: Phase,
}

/// Number of an [`EventType`] in a table of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventTypeId(pub u32);

impl EventTypeId {
    /// Index into a table with one element per event type.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One recorded event. Fields the format does not give are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Nanoseconds on the trace's own clock; for [`Phase::Call`] the time of entry.
    pub time_ns: i64,
    /// The loss domain (ring buffer) the event came through.
    pub stream: StreamId,
    /// CPU on which it happened.
    pub cpu: Option<u32>,
    /// Kernel thread id.
    pub tid: Option<i32>,
    /// Process name, as the tracer gave it.
    pub comm: Option<Symbol>,
    /// Bare name: `openat` for a system call whatever the tracer's prefix, `sched_switch` for other events.
    pub name: Symbol,
    /// Entry, exit, whole call, or neither.
    pub phase: Phase,
    /// Return value, on [`Phase::Exit`] and [`Phase::Call`] where known.
    pub ret: Option<i64>,
    /// Nanoseconds from entry to exit, on [`Phase::Call`] where known.
    pub dur_ns: Option<u64>,
    /// Byte offset of the record in the (decompressed) input.
    pub offset: u64,
    /// Whether the tracer itself caused it, from within the thread that it traced: no act of the program, so nothing is
    /// learned from it (`docs/formats.md`, CTF).
    pub by_tracer: bool,
}

impl Event {
    /// An event with all other fields unset and offset 0; struct update syntax sets what else is known.
    ///
    /// ```
    /// use tracemend_trace::{Event, Phase, StreamId, Symbols};
    ///
    /// let mut symbols = Symbols::default();
    /// let read = symbols.intern("read");
    /// let event = Event { tid: Some(7), ..Event::new(1_000, StreamId(0), read, Phase::Entry) };
    /// assert_eq!((event.tid, event.cpu), (Some(7), None));
    /// ```
    #[inline]
    pub fn new(time_ns: i64, stream: StreamId, name: Symbol, phase: Phase) -> Self {
        Self {
            time_ns,
            stream,
            cpu: None,
            tid: None,
            comm: None,
            name,
            phase,
            ret: None,
            dur_ns: None,
            offset: 0,
            by_tracer: false,
        }
    }
}

/// One item of a source. A loss is an item like any event.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A recorded event.
    Event(Event),
    /// An interval in which events were lost.
    Gap(Gap),
}

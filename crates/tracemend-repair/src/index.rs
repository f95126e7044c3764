//! Where each thread's and each stream's events stand in a trace.

use crate::births::Threads;
use crate::model::{Token, TokenTable, Tokenizer};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::OnceLock;
use tracemend_trace::evidence::one_sided;
use tracemend_trace::{Event, Phase, Symbol, ThreadKey, Trace};

/// A trace with its events numbered by thread and by stream. Positions are indices into `trace.events`.
pub struct TraceIndex<'a> {
    /// The trace.
    pub trace: &'a Trace,
    /// Token of each event.
    pub tokens: Vec<Token>,
    /// Positions of each thread's events.
    pub threads: FxHashMap<ThreadKey, Vec<u32>>,
    /// Positions of each stream's events, by stream number.
    pub streams: Vec<Vec<u32>>,
    /// All positions, once a gap without a stream asked for them.
    all: OnceLock<Vec<u32>>,
    one_sided: FxHashSet<Symbol>,
    /// Which threads began in it, and which have no event.
    pub(crate) numbers: Threads,
    /// Whether calls come with durations, so that one without never returned.
    timed_calls: bool,
}

impl<'a> TraceIndex<'a> {
    /// Numbers a trace. Names that the table lacks are added to it.
    pub fn new(trace: &'a Trace, table: &mut TokenTable) -> Self {
        let mut tokenizer = Tokenizer::default();
        let mut threads: FxHashMap<ThreadKey, Vec<u32>> = FxHashMap::default();
        let mut streams = vec![Vec::new(); trace.header.streams.len()];
        let mut tokens = Vec::with_capacity(trace.events.len());
        for (position, event) in trace.events.iter().enumerate() {
            tokens.push(tokenizer.token(table, &trace.header.symbols, event));
            threads.entry(ThreadKey::of(event)).or_default().push(position as u32);
            streams[event.stream.0 as usize].push(position as u32);
        }
        let numbers = Threads::new(trace, &threads);
        let timed_calls = trace.events.iter().any(|event| event.dur_ns.is_some());
        Self {
            trace,
            tokens,
            threads,
            streams,
            all: OnceLock::new(),
            one_sided: one_sided(trace),
            numbers,
            timed_calls,
        }
    }

    /// Positions of all events.
    pub(crate) fn all(&self) -> &[u32] {
        self.all.get_or_init(|| (0..self.tokens.len() as u32).collect())
    }

    /// Names of calls recorded by their entries alone, or by their exits alone ([`one_sided`]).
    pub fn one_sided(&self) -> FxHashSet<&'a str> {
        self.one_sided.iter().map(|&name| self.trace.header.symbols.name(name)).collect()
    }

    /// The event at a position.
    pub fn event(&self, position: u32) -> &'a Event {
        &self.trace.events[position as usize]
    }

    /// Time at which the call of this event returned (never: the largest time); the event's own time where calls
    /// have no durations.
    pub(crate) fn end_ns(&self, position: u32) -> i64 {
        let event = self.event(position);
        match event.dur_ns {
            Some(dur) => event.time_ns.saturating_add_unsigned(dur),
            None if self.timed_calls && event.phase == Phase::Call => i64::MAX,
            None => event.time_ns,
        }
    }

    /// How many of the (sorted) positions have a time of at most `time_ns`.
    pub fn count_until(&self, positions: &[u32], time_ns: i64) -> usize {
        positions.partition_point(|&position| self.event(position).time_ns <= time_ns)
    }
}

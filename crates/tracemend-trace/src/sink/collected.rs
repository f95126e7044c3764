//! Rows kept in memory, for the formats that need all of them before the first byte can be written.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow};
use crate::Processes;
use rustc_hash::FxHashMap;
use std::io;

/// All rows of a repaired trace.
#[derive(Clone, Debug, Default)]
pub struct Collected<'a> {
    /// Events in the order they were written. One that nothing bounds has the time of the row before it.
    pub events: Vec<EventRow<'a>>,
    /// Gaps in the order they were written.
    pub gaps: Vec<GapRow<'a>>,
    /// Streams by name, numbered in the order in which they appeared.
    streams: FxHashMap<&'a str, usize>,
    /// The process of each thread, where it is known.
    processes: Option<&'a Processes>,
    last_ns: i64,
}

impl<'a> Collected<'a> {
    /// Rows of a trace that knows these processes of its threads.
    pub fn of_processes(processes: &'a Processes) -> Self {
        Self { processes: Some(processes), ..Self::default() }
    }

    /// The process of a thread, if it is known.
    pub(crate) fn process(&self, tid: i32) -> Option<i32> {
        self.processes.and_then(|processes| processes.of(tid))
    }

    /// First and last time of all events and gaps; 0 and 0 without any.
    pub fn span_ns(&self) -> (i64, i64) {
        let of_gaps = self.gaps.iter().flat_map(|gap| [gap.begin_ns, gap.end_ns]).flatten();
        let times = self.events.iter().map(EventRow::at_ns).chain(of_gaps);
        times
            .fold(None, |span: Option<(i64, i64)>, time| {
                Some(span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
            })
            .unwrap_or((0, 0))
    }

    /// The events by time; equal times keep their order.
    pub fn by_time(&self) -> Vec<&EventRow<'a>> {
        let mut events: Vec<&EventRow<'a>> = self.events.iter().collect();
        events.sort_by_key(|event| event.time_ns);
        events
    }

    /// What to sort streams by: they come in the order in which they appeared, one without a name first.
    pub fn stream_order(&self, stream: Option<&str>) -> Option<usize> {
        self.streams.get(stream?).copied()
    }

    fn appeared(&mut self, stream: Option<&'a str>) {
        let next = self.streams.len();
        stream.map(|name| *self.streams.entry(name).or_insert(next));
    }
}

impl<'a> Sink<'a> for Collected<'a> {
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()> {
        self.last_ns = gap.begin_ns.or(gap.end_ns).unwrap_or(self.last_ns);
        self.appeared(gap.stream);
        self.gaps.push(gap.clone());
        Ok(())
    }

    fn composition(&mut self, _: &CompositionRow<'a>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        self.last_ns = event.time_ns.unwrap_or(self.last_ns);
        self.appeared(event.stream);
        self.events.push(EventRow { time_ns: Some(self.last_ns), ..event.clone() });
        Ok(())
    }

    /// Further reconstructions are no part of the trace.
    fn sample(&mut self, _: u32, _: &EventRow<'a>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

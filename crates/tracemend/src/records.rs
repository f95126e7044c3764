//! The recorded lines of a trace, kept unchanged while the trace is read.

use std::ops::Range;
use tracemend_trace::{Event, Item, MemoryBudget, Source, TraceHeader, TraceResult};

/// The lines of a trace's records, in the order of its events.
// Byte offsets cannot name a record: each file of a CTF trace counts its own, and records packed together share one.
#[derive(Clone, Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
    /// Time of each event, and where its record lies.
    spans: Vec<(i64, Range<usize>)>,
}

impl Records {
    /// Returns the record of the event with this `index`, without its line ending; empty where the format has no lines.
    pub(crate) fn of(&self, index: usize) -> &[u8] {
        self.spans.get(index).map_or(&[], |(_, span)| &self.bytes[span.clone()])
    }

    fn add(&mut self, event: &Event, record: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.spans.push((event.time_ns, begin..self.bytes.len()));
    }
}

/// A source that keeps the records of the events that it yields.
pub(crate) struct Recorder<'a> {
    source: &'a mut dyn Source,
    records: Records,
    budget: &'a MemoryBudget,
}

impl<'a> Recorder<'a> {
    /// Begins to keep the records of `source`, as far as there is memory for them.
    pub(crate) fn new(source: &'a mut dyn Source, budget: &'a MemoryBudget) -> Self {
        Self { source, records: Records::default(), budget }
    }

    /// Returns the records, in the order that [`Trace::read`](tracemend_trace::Trace::read) gives the events.
    pub(crate) fn finish(self) -> Records {
        let mut records = self.records;
        records.spans.sort_by_key(|(time_ns, _)| *time_ns);
        records
    }
}

impl Source for Recorder<'_> {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        let item = self.source.next_item()?;
        if let Some(Item::Event(event)) = &item {
            self.records.add(event, self.source.record());
            self.budget.check(self.records.spans.len(), 0, self.records.bytes.len())?;
        }
        Ok(item)
    }

    fn header(&self) -> &TraceHeader {
        self.source.header()
    }

    fn record(&mut self) -> &[u8] {
        self.source.record()
    }
}

//! The recorded lines of a trace, kept as they stand in the input while it is read.

use rustc_hash::FxHashMap;
use std::ops::Range;
use tracemend_trace::{Event, Item, TraceHeader, TraceResult, source::Source};

/// Raw records by the byte offset of their event.
#[derive(Clone, Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
    spans: FxHashMap<u64, Range<usize>>,
}

impl Records {
    /// The record `event` came from, without its line ending; empty where the format has none.
    pub fn of(&self, event: &Event) -> &[u8] {
        self.spans.get(&event.offset).map_or(&[], |span| &self.bytes[span.clone()])
    }
}

/// A source that keeps the records it hands out.
pub struct Recorder<'a> {
    source: &'a mut dyn Source,
    /// What was kept so far.
    pub records: Records,
}

impl<'a> Recorder<'a> {
    /// Keeps the records of `source` from here on.
    pub fn new(source: &'a mut dyn Source) -> Self {
        Self { source, records: Records::default() }
    }
}

impl Source for Recorder<'_> {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        let item = self.source.next_item()?;
        if let Some(Item::Event(event)) = &item {
            let begin = self.records.bytes.len();
            self.records.bytes.extend_from_slice(self.source.record());
            let end = self.records.bytes.len();
            if end > begin {
                self.records.spans.insert(event.offset, begin..end);
            }
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

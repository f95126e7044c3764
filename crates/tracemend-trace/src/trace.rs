//! A trace in memory.

use crate::{Event, Gap, Item, Source, TraceHeader, TraceResult};

/// A whole trace in memory.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What its events share.
    pub header: TraceHeader,
    /// Recorded events, by time; equal times keep the order of the input.
    pub events: Vec<Event>,
    /// Gaps, in the order of the input.
    pub gaps: Vec<Gap>,
}

impl Trace {
    /// Reads a source to its end.
    ///
    /// # Errors
    /// What the source fails with.
    pub fn read(source: &mut dyn Source) -> TraceResult<Self> {
        let mut events = Vec::new();
        let mut gaps = Vec::new();
        while let Some(item) = source.next_item()? {
            match item {
                Item::Event(event) => events.push(event),
                Item::Gap(gap) => gaps.push(gap),
            }
        }
        if !events.is_sorted_by_key(|event: &Event| event.time_ns) {
            events.sort_by_key(|event| event.time_ns);
        }
        Ok(Self { header: source.header().clone(), events, gaps })
    }
}

//! A trace in memory.

use crate::{Event, Gap, Item, MemoryBudget, Source, TraceHeader, TraceResult};

/// A whole trace in memory.
///
/// ```
/// use std::path::Path;
/// use tracemend_trace::{Format, OpenOptions, Trace, from_reader};
///
/// let rows = "timestamp_ns,tid,syscall_name\n10,7,read\n5,8,close\n";
/// let mut source = from_reader(Box::new(rows.as_bytes()), Path::new("rows"), &OpenOptions::default())?;
/// let trace = Trace::read(&mut *source)?;
/// assert_eq!(trace.header.format, Format::Csv);
/// assert_eq!(trace.header.symbols.name(trace.events[0].name), "close");
/// # Ok::<(), tracemend_trace::TraceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    /// Names, streams and warnings.
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
    /// Passes on the error of the source.
    pub fn read(source: &mut dyn Source) -> TraceResult<Self> {
        Self::read_checked(source, |_, _, _| Ok(()))
    }

    /// Reads a source to its end, or until it needs more memory than there is.
    ///
    /// # Errors
    /// Passes on the error of the source; [`TraceError::TooLarge`](crate::TraceError) beyond the budget.
    pub fn read_within(source: &mut dyn Source, budget: &MemoryBudget) -> TraceResult<Self> {
        Self::read_checked(source, |events, gaps, names| budget.check(events, gaps, names))
    }

    fn read_checked(
        source: &mut dyn Source,
        check: impl Fn(usize, usize, usize) -> TraceResult<()>,
    ) -> TraceResult<Self> {
        let mut events = Vec::new();
        let mut gaps = Vec::new();
        while let Some(item) = source.next_item()? {
            check(events.len(), gaps.len(), source.header().symbols.bytes())?;
            match item {
                Item::Event(event) => events.push(event),
                Item::Gap(gap) => gaps.push(gap),
            }
        }
        if !events.is_sorted_by_key(|event: &Event| event.time_ns) {
            events.sort_by_key(|event| event.time_ns);
        }
        let header = source.header().clone();
        header.recount(&mut gaps);
        Ok(Self { header, events, gaps })
    }
}

//! Execution traces as streams of events *and* of the gaps in which events were lost.
//!
//! A tracer drops events when a ring buffer overflows. Here loss is data: a [`Source`](source::Source)
//! yields [`Item`]s, and an item is either a recorded [`Event`] or a [`Gap`]. A [`Trace`] holds both in memory.
//! This crate reads and writes; it knows nothing of how gaps are filled.

mod error;
mod event;
mod gap;
mod symbols;
mod trace;

pub mod rules;
pub mod sink;
pub mod source;

pub use error::{TraceError, TraceResult};
pub use event::{Event, Item, Phase};
pub use gap::{Cause, Gap, Lost};
pub use symbols::{Symbol, Symbols};
pub use trace::{Format, StreamId, StreamInfo, Trace, TraceHeader};

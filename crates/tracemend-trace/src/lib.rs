//! Execution traces as streams of events *and* of the gaps in which events were lost.
//!
//! A tracer drops events when a ring buffer overflows. Here loss is data: a [`Source`] yields [`Item`]s, and an item is
//! either a recorded [`Event`] or a [`Gap`]. A [`Trace`] holds both in memory.
//! This crate reads and writes; it knows nothing of how gaps are filled.

mod decode;
mod error;
mod event;
mod format;
#[doc(hidden)]
pub mod fuzzing;
mod gap;
mod header;
mod kernel;
mod source;
mod stream;
mod symbols;
mod thread;
mod trace;

pub mod calls;
pub mod evidence;
pub mod fs;
pub mod sink;

pub use decode::arch::Arch;
pub use decode::lines::MAX_LINE;
pub use error::{TraceError, TraceResult};
pub use event::{Event, EventType, EventTypeId, Item, Phase};
pub use evidence::evidence;
pub use format::{OpenOptions, from_reader, open};
pub use fs::AtomicFile;
pub use gap::{Cause, Gap, Lost};
pub use header::{Format, TraceHeader};
pub use source::Source;
pub use stream::{StreamId, StreamInfo};
pub use symbols::{Symbol, Symbols};
pub use thread::ThreadKey;
pub use trace::Trace;

/// NumPy arrays as numbers.
pub mod npy {
    pub use crate::format::table::array::Array;
    pub use crate::format::table::npy::{load_array, load_npz};
}

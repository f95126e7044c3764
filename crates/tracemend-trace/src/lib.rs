//! Execution traces as streams of events *and* of the gaps in which events were lost.
//!
//! A tracer drops events when a ring buffer overflows. Here loss is data: a [`Source`] yields [`Item`]s, and an item is
//! either a recorded [`Event`] or a [`Gap`]. A [`Trace`] holds both in memory. [`calls`] says which events a thread can
//! and cannot make next, and [`evidence()`] finds the gaps that no tracer counted. [`sink`] writes recorded and inferred
//! events. The crate does not fill gaps.
//!
//! ```
//! use std::path::Path;
//! use tracemend_trace::{Lost, OpenOptions, Trace, from_reader};
//!
//! let text = "\
//!   ls-1550 [001] ..... 5098.384247: sys_enter: NR 0 (3, 7ffd, 340)
//! CPU:1 [LOST 2941 EVENTS]
//!   ls-1550 [001] ..... 5098.391002: sys_exit: NR 3 = 0
//! ";
//! let mut source = from_reader(Box::new(text.as_bytes()), Path::new("example"), &OpenOptions::default())?;
//! let trace = Trace::read(&mut *source)?;
//! assert_eq!(trace.events.len(), 2);
//! assert_eq!(trace.gaps[0].lost, Lost::Exact(2941));
//! # Ok::<(), tracemend_trace::TraceError>(())
//! ```

mod budget;
mod decode;
mod error;
mod escape;
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

pub use budget::MemoryBudget;
pub use decode::arch::Arch;
pub use decode::lines::MAX_LINE;
pub use error::{TraceError, TraceResult};
pub use escape::escaped;
pub use event::{Event, EventType, EventTypeId, Item, Phase};
pub use evidence::evidence;
pub use format::{OpenOptions, from_reader, open, remarks, traces_in};
pub use fs::AtomicFile;
pub use gap::{Cause, Gap, Lost, Recount};
pub use header::{Format, Processes, RecordedFile, TraceHeader};
pub use source::Source;
pub use stream::{StreamId, StreamInfo};
pub use symbols::{Symbol, Symbols};
pub use thread::ThreadKey;
pub use trace::Trace;

/// Reading NumPy arrays as numbers.
pub mod npy {
    pub use crate::format::table::array::Array;
    pub use crate::format::table::npy::{load_array, load_npz};
}

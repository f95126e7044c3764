//! Readers. Each format has one file; [`open`] recognises the format by content.
//!
//! Every reader goes through the input once, line by line, and holds a bounded part of it: one line of at most
//! [`MAX_LINE`] bytes, the last event of each CPU, and what the format itself leaves open (the calls strace has not
//! finished yet). What cannot be understood becomes a [`Gap`](crate::Gap) that says where and why, and reading goes on.

mod arch;
mod babeltrace;
mod babeltrace_loss;
mod bpftrace;
mod bytes;
mod calls;
mod clock;
mod context;
mod csv;
mod ctf;
mod detect;
mod errno;
mod event_format;
mod event_text;
mod ftrace;
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod lines;
mod names;
pub mod npy;
mod npz;
mod open;
mod order;
mod perf_data;
mod perf_script;
mod perf_trace;
mod sequences;
mod store;
mod strace;
mod text;
mod trace_compass;
mod trace_dat;
mod tracepoints;

use crate::{Item, TraceHeader, TraceResult};
pub use arch::Arch;
pub use lines::MAX_LINE;
pub use open::{OpenOptions, from_reader, open};

/// A trace being read, item by item, in bounded memory.
pub trait Source {
    /// The next event or gap in the order of the input; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read further at all. Damage that leaves the rest readable is a [`Gap`](crate::Gap).
    fn next_item(&mut self) -> TraceResult<Option<Item>>;

    /// Names, streams and warnings met so far.
    fn header(&self) -> &TraceHeader;

    /// The record the last item came from, as text: in a text format its line without the line ending, in a binary one
    /// the line that the format's own tool prints, made when asked for. Empty after a gap, and where the format has no
    /// record of its own for the item.
    fn record(&mut self) -> &[u8];
}

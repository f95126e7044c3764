//! ftrace's raw pages as users copy them from `/sys/kernel/tracing`: `per_cpu/cpuN/trace_pipe_raw`, or files `cpuN` of
//! `cat` and of `trace-cmd record` before it makes its `trace.dat`, with `events` beside them. The pages are those of a
//! `trace.dat`, and its reader reads them.

mod files;
mod formats;
mod reader;

pub(crate) use files::{find, holds_pages, is_pages};
pub(crate) use reader::{nothing_found, open, reason, refuse};

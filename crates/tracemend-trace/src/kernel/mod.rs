//! What the kernel's tracing files share, whichever tool wrote them: event formats, tracepoints, ring buffer pages and
//! the description that `perf.data` (`TRACING_DATA`) and `trace.dat` both carry.

pub(crate) mod call_names;
pub(crate) mod event_format;
pub(crate) mod event_text;
pub(crate) mod page;
pub(crate) mod tracepoints;
pub(crate) mod tracing_data;

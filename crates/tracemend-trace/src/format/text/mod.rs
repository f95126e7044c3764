//! Formats of one record a line, as tracers and their tools print them.

pub(crate) mod auditd;
pub(crate) mod babeltrace;
mod babeltrace_line;
pub(crate) mod babeltrace_loss;
mod babeltrace_time;
pub(crate) mod bpftrace;
pub(crate) mod ftrace;
mod ftrace_draft;
pub(crate) mod ftrace_graph;
mod ftrace_line;
pub(crate) mod kernel_log;
pub(crate) mod perf_script;
pub(crate) mod perf_script_line;
pub(crate) mod perf_trace;
pub(crate) mod perf_words;
mod running;
pub(crate) mod strace;
pub(crate) mod strace_line;

//! The remarks of each format, for its documentation.

use super::json_lines::{inspektor_gadget, tetragon, tracee};
use super::text::{auditd, babeltrace, bpftrace, ftrace, perf_script, perf_trace, perf_words, strace};
use super::text_source::LineFormat;
use crate::Format;

/// Lines that belong to a text of this format and hold no event: they are passed over and are no damage. Empty for formats
/// without such lines.
///
/// ```
/// use tracemend_trace::{Format, remarks};
///
/// assert!(remarks(Format::Strace).iter().any(|remark| remark.starts_with("stacks")));
/// assert!(remarks(Format::Ctf).is_empty());
/// ```
pub fn remarks(format: Format) -> Vec<&'static str> {
    let tables = match format {
        Format::Ftrace => vec![ftrace::Ftrace::REMARKS],
        Format::PerfScript => vec![perf_script::PerfScript::REMARKS],
        Format::PerfTrace => vec![perf_trace::PerfTrace::REMARKS, &perf_words::REMARKS],
        Format::Auditd => vec![auditd::Auditd::REMARKS],
        Format::Tracee => vec![tracee::Tracee::REMARKS],
        Format::Tetragon => vec![tetragon::Tetragon::REMARKS],
        Format::InspektorGadget => vec![inspektor_gadget::InspektorGadget::REMARKS],
        Format::Bpftrace => vec![bpftrace::Bpftrace::REMARKS],
        Format::Strace => vec![strace::Strace::REMARKS],
        Format::Babeltrace => vec![babeltrace::Babeltrace::REMARKS],
        _ => Vec::new(),
    };
    tables.into_iter().flatten().map(|remark| remark.what).collect()
}

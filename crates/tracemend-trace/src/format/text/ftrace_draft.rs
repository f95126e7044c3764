//! What a line of ftrace text says by itself.

use super::ftrace_line::{Record, What, buffer, record, what};
use super::kernel_log::after_log_stamp;
use crate::decode::draft::{Draft, Span};

/// A line, taken apart.
pub(crate) struct FtraceDraft {
    /// What stands behind the stamp of a kernel log and the name of a buffer.
    pub(super) rest: Span,
    /// Whether it stands in a kernel log.
    pub(super) in_log: bool,
    /// The name of its file or buffer.
    pub(super) buffer: Option<Span>,
    /// The event's columns, and what its text says.
    pub(super) record: Option<(Record<Span>, Option<What<Span>>)>,
}

impl Draft for FtraceDraft {
    #[inline]
    fn of(line: &[u8]) -> Self {
        let (rest, in_log) = match line.first() {
            Some(b'[' | b'<' | b'A'..=b'Z') => after_log_stamp(line).map_or((line, false), |rest| (rest, true)),
            _ => (line, false),
        };
        // The name of a file or buffer in front would be a part of the process name, with its colon.
        let found = record(rest);
        let named = match &found {
            Some(record) if !record.comm.contains(&b':') => None,
            _ => buffer(rest),
        };
        let (buffer, rest, found) = match named {
            Some((name, rest)) => (Some(name), rest, record(rest)),
            None => (None, rest, found),
        };
        let span = |part| Span::of(part, line);
        let record = found.map(|record| (record.map(span), what(record.event).map(|what| what.map(span))));
        Self { rest: span(rest), in_log, buffer: buffer.map(span), record }
    }
}

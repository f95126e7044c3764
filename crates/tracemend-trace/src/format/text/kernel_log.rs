//! What the kernel's log puts in front of a line.

use crate::decode::bytes::{digits, find, take_seconds, trim_start};

/// Furthest place in a line at which the log's own time may begin, behind a system log's date and host.
const MAX_FRONT: usize = 100;

/// What follows the log's time: `[   82.106517] text`, with a level (`<4>[   82.106517] text`), or behind the date and host of
/// a system log (`Nov 29 14:47:00 host kernel: [   82.106517] text`).
pub(crate) fn after_log_stamp(line: &[u8]) -> Option<&[u8]> {
    let line = match find(&line[..line.len().min(MAX_FRONT)], b"kernel: [") {
        Some(front) => &line[front + 8..],
        None => line,
    };
    let line = match line.strip_prefix(b"<") {
        Some(rest) => rest.get(digits(rest)..)?.strip_prefix(b">")?,
        None => line,
    };
    let inner = trim_start(line.strip_prefix(b"[")?);
    let (_, rest) = take_seconds(inner)?;
    let has_fraction = inner[..inner.len() - rest.len()].contains(&b'.');
    // The kernel can name the thread or CPU that wrote the line behind the time: `[   82.106517][    T1]`.
    let rest = match rest.strip_prefix(b"]")? {
        rest if rest.starts_with(b"[") => &rest[find(rest, b"]")? + 1..],
        rest => rest,
    };
    has_fraction.then(|| rest.strip_prefix(b" ").unwrap_or(rest))
}

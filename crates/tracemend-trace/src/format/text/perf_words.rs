//! What perf says at its end, on its standard error or a terminal, after `perf script` and `perf trace` alike.
//!
//! ```text
//! Warning:
//! Processed 80989 events and lost 28 chunks!
//!
//! Check IO/CPU overload!
//! ```
//!
//! A chunk is a record of loss. Where the text does not hold these records, this is all that speaks of the loss: it lies
//! anywhere in the trace, and how many events it took is not said.

use crate::decode::bytes::{find, take_u64, trim};
use crate::decode::context::Context;
use crate::format::remark::{Remark, Shape};
use crate::{Cause, Gap, Lost};

/// The beginning of a warning, which perf may write into a line.
const WARNING: &[u8] = b"Warning:";

/// What perf says besides events.
pub(crate) const REMARKS: [Remark; 8] = [
    Remark::new("comments: `# cmdline : perf record ls`", Shape::Begins("#")),
    Remark::new("warnings: `Warning:`", Shape::Ends("Warning:")),
    Remark::new("losses at the end: `Processed 80989 events and lost 28 chunks!`", Shape::Begins("Processed ")),
    Remark::new("advice: `Check IO/CPU overload!`", Shape::Begins("Check IO/CPU overload")),
    Remark::new("disorder: `12 out of order events recorded.`", Shape::Ends("out of order events recorded.")),
    Remark::new(
        "perf record's words: `[ perf record: Woken up 1 times to write data ]`",
        Shape::Begins("[ perf record:"),
    ),
    Remark::new(
        "missing symbols: `Failed to open /tmp/perf-1.map, continuing without symbols`",
        Shape::Ends("continuing without symbols"),
    ),
    Remark::new("perf's words: `perf: interrupted`", Shape::Begins("perf: ")),
];

/// Where a warning begins within a line: the rest of that line comes after it.
pub(super) fn warning_within(line: &[u8]) -> Option<usize> {
    line.strip_suffix(WARNING).map(<[u8]>::len).filter(|&before| before > 0)
}

/// The losses perf told of at its end.
#[derive(Default)]
pub(super) struct Closing {
    /// What it said, and where.
    told: Option<(String, u64)>,
}

impl Closing {
    /// Reads a line of a warning; `false` for any other.
    pub(super) fn read(&mut self, line: &[u8], offset: u64) -> bool {
        let text = trim(line);
        let Some((_, rest)) = text.strip_prefix(b"Processed ").and_then(take_u64) else { return false };
        if find(rest, b" and lost ").is_some() && self.told.is_none() {
            self.told = Some((String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned(), offset));
        }
        true
    }

    /// The end of the input: a loss that the text told nothing else of is one gap over the whole trace.
    pub(super) fn end(&mut self, context: &mut Context, seen: bool, advice: &str) {
        let Some((told, offset)) = self.told.take().filter(|_| !seen) else { return };
        context.warn(format!("perf says `{told}`, and the text does not say where. {advice}"));
        context.give_gap(Gap::new(0, Lost::Unknown, Cause::Discarded, offset));
    }
}

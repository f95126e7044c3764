//! bpftrace text of one call a line: time in nanoseconds, CPU, thread, process name, system call number.
//!
//! ```text
//! 4625760540522 0 28424 ls 12
//! Lost 71 events
//! ```
//!
//! Since version 0.24 the end tells the total, `Total lost event count: 71`: what it has more than the lines before was lost
//! anywhere in the trace.
//!
//! Made by a script like `tracepoint:raw_syscalls:sys_enter { printf("%llu %d %d %s %d\n", nsecs, cpu, tid, comm, args.id) }`.
//! The number of a `Lost` line is exact. Its CPU and time are unknown: the loss lies between the lines around it.

use crate::decode::bytes::{digits, take_u64, trim, trim_start, whole_i64, whole_tid};
use crate::decode::context::{Context, possible_cpu};
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Gap, Lost, Phase};

/// What bpftrace prints besides the script's lines.
const REMARKS: &[Remark] = &[
    Remark::new("the beginning: `Attaching 2 probes...`, `Attached 2 probes`", Shape::Begins("Attach")),
    Remark::new("maps at the end: `@calls[ls]: 12`", Shape::Begins("@")),
    Remark::new("histograms in maps: `[4, 8)              12 |@@@@@@      |`", Shape::Ends("|")),
    Remark::new("warnings: `stdin:1:1-9: WARNING: Addrspace is not set`", Shape::Holds("WARNING: ")),
    Remark::new("the terminal's echo of Ctrl-C: `^C`", Shape::Begins("^C")),
];

/// The reader's state.
#[derive(Default)]
pub(crate) struct Bpftrace {
    /// Events that lines said were lost.
    announced: u64,
    /// The total at the end, and where it stands.
    total: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Record<'a> {
    time_ns: i64,
    cpu: u32,
    tid: i32,
    comm: &'a [u8],
    call: &'a [u8],
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let (time, rest) = take_u64(line)?;
    let (cpu, rest) = take_u64(rest.strip_prefix(b" ")?)?;
    let rest = rest.strip_prefix(b" ")?;
    let (tid, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let space = memchr::memrchr(b' ', rest)?;
    let call = &rest[space + 1..];
    let name = call.first().is_some_and(u8::is_ascii_alphabetic)
        && call.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    if whole_i64(call).is_none() && !name {
        return None;
    }
    Some(Record {
        time_ns: i64::try_from(time).ok()?,
        cpu: possible_cpu(cpu)?,
        tid: whole_tid(tid)?,
        comm: trim(&rest[..space]),
        call,
    })
}

fn marker(line: &[u8]) -> Option<u64> {
    let rest = without_level(trim(line)).strip_prefix(b"Lost ")?;
    let (lost, rest) = take_u64(trim_start(rest))?;
    rest.starts_with(b" event").then_some(lost)
}

/// A message without the word in front that makes it a warning.
fn without_level(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"WARNING:").map_or(text, trim_start)
}

/// The total that bpftrace prints at its end, on its standard output and, as a warning, on its standard error.
fn total(line: &[u8]) -> Option<u64> {
    const TOTAL: &[u8] = b"Total lost event count:";
    take_u64(trim_start(without_level(trim(line)).strip_prefix(TOTAL)?)).map(|(total, _)| total)
}

impl LineFormat for Bpftrace {
    const NOUN: &'static str = "bpftrace text (`time cpu tid comm number`)";
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        let Some(record) = record(line) else {
            if let Some(lost) = marker(line) {
                self.announced = self.announced.saturating_add(lost);
                context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset);
                return Parsed::Nothing;
            }
            let Some(total) = total(line) else { return Parsed::Unknown };
            self.total = Some((total, at.offset));
            return Parsed::Nothing;
        };
        let name = if digits(record.call) == record.call.len() || record.call[0] == b'-' {
            context.call(whole_i64(record.call).unwrap_or(-1))
        } else {
            context.name(record.call)
        };
        Parsed::Event(Event {
            cpu: Some(record.cpu),
            tid: Some(record.tid),
            comm: Some(context.name(record.comm)),
            offset: at.offset,
            ..Event::new(record.time_ns, context.reach(record.cpu, record.time_ns), name, Phase::Call)
        })
    }

    fn end(&mut self, context: &mut Context) {
        let Some((total, offset)) = self.total else { return };
        let unplaced = total.saturating_sub(self.announced);
        if unplaced > 0 {
            context.give_gap(Gap::new(0, Lost::Exact(unplaced), Cause::Discarded, offset));
        }
    }
}

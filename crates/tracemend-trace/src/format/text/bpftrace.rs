//! bpftrace text of one call a line: time in nanoseconds, CPU, thread, process name, system call number.
//!
//! ```text
//! 4625760540522 0 28424 ls 12
//! Lost 71 events
//! ```
//!
//! Made by a script like `tracepoint:raw_syscalls:sys_enter { printf("%llu %d %d %s %d\n", nsecs, cpu, tid, comm, args.id) }`.
//! The number of a `Lost` line is exact. Its CPU and time are unknown: the loss lies between the lines around it.

use crate::decode::bytes::{digits, take_u64, trim, trim_start, whole_i64, whole_tid};
use crate::decode::context::{Context, MAX_CPU};
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Lost, Phase};

/// The reader has no state.
#[derive(Default)]
pub(crate) struct Bpftrace;

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
        cpu: u32::try_from(cpu).ok().filter(|&cpu| cpu < MAX_CPU)?,
        tid: whole_tid(tid)?,
        comm: trim(&rest[..space]),
        call,
    })
}

/// Whether a line is of this format.
pub(crate) fn is_line(line: &[u8]) -> bool {
    record(line).is_some_and(|record| !record.comm.is_empty())
}

fn marker(line: &[u8]) -> Option<u64> {
    let rest = trim(line).strip_prefix(b"Lost ")?;
    let (lost, rest) = take_u64(trim_start(rest))?;
    rest.starts_with(b" event").then_some(lost)
}

impl LineFormat for Bpftrace {
    const NOUN: &'static str = "bpftrace text (`time cpu tid comm number`)";

    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let Some(record) = record(line) else {
            if let Some(lost) = marker(line) {
                context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset);
                return Parsed::Nothing;
            }
            let text = trim(line);
            // What bpftrace says at the start, and the maps it prints at the end.
            let passed = text.is_empty() || text.starts_with(b"Attach") || text.starts_with(b"@");
            return if passed { Parsed::Nothing } else { Parsed::Unknown };
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
}

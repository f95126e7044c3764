//! `perf script` text.
//!
//! ```text
//!          load.sh 19024 [000]  1653.440111197: raw_syscalls:sys_enter: NR 72 (0, 1, 0, 0, 0, 20)
//!          load.sh 19033 [001]  1653.466817791: PERF_RECORD_LOST lost 51
//! ```
//!
//! The record of loss stands only in texts made with `--show-lost-events`. It is written into the CPU's buffer when
//! room has come back, with the time at which it was written: the lost events lie between that CPU's record before and it.
//! The count includes lost side-band records (mmap, comm, fork, exit), so the events missing may be a few fewer.

use crate::decode::bytes::{
    bracketed_numbers, take_i64, take_ret, take_seconds, take_u64, trim_end, trim_start, whole_tid,
};
use crate::decode::context::{Context, MAX_CPU};
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Lost, Phase};

/// The reader's state.
#[derive(Default)]
pub(crate) struct PerfScript {
    loss_seen: bool,
}

/// One line, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Record<'a> {
    comm: &'a [u8],
    tid: i32,
    cpu: Option<u32>,
    time_ns: i64,
    /// From the event's name on.
    event: &'a [u8],
}

/// Takes a line apart; `None` for a line of a call chain and any other.
pub(crate) fn record(line: &[u8]) -> Option<Record<'_>> {
    // The CPU column is the first between a thread and a time.
    for (head, cpu, rest) in bracketed_numbers(line) {
        let Some(((comm, tid), (time_ns, rest))) = task(head).zip(take_seconds(trim_start(rest))) else {
            continue;
        };
        let Some(event) = rest.strip_prefix(b":") else {
            continue;
        };
        let cpu = u32::try_from(cpu).ok().filter(|&cpu| cpu < MAX_CPU)?;
        return Some(Record { comm, tid, cpu: Some(cpu), time_ns, event: period(trim_start(event)) });
    }
    without_cpu(line)
}

/// The layout without a CPU column: the time is the first word `digits.digits:`.
fn without_cpu(line: &[u8]) -> Option<Record<'_>> {
    for colon in memchr::memchr_iter(b':', line) {
        let start = line[..colon].iter().rposition(|&b| b == b' ')? + 1;
        let word = &line[start..colon];
        let Some((time_ns, b"")) = take_seconds(word) else {
            continue;
        };
        if !word.contains(&b'.') {
            continue;
        }
        let (comm, tid) = task(&line[..start])?;
        return Some(Record { comm, tid, cpu: None, time_ns, event: period(trim_start(&line[colon + 1..])) });
    }
    None
}

/// `comm tid` or `comm pid/tid`.
fn task(head: &[u8]) -> Option<(&[u8], i32)> {
    let head = trim_end(head);
    let space = head.iter().rposition(|&b| b == b' ')?;
    let ids = &head[space + 1..];
    let slash = memchr::memchr(b'/', ids).map_or(0, |at| at + 1);
    Some((trim_start(trim_end(&head[..space])), whole_tid(&ids[slash..])?))
}

/// What stands after the sampling period, if there is one.
fn period(event: &[u8]) -> &[u8] {
    match take_u64(event) {
        Some((_, rest)) if rest.starts_with(b" ") => trim_start(rest),
        _ => event,
    }
}

/// Splits `group:name:modifiers: fields`.
fn split(event: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', event).unwrap_or(event.len());
    let name = event[..end].strip_suffix(b":")?;
    (!name.is_empty()).then(|| (name, trim_start(&event[end..])))
}

impl PerfScript {
    fn side_band(&mut self, context: &mut Context, record: &Record<'_>, at: Position) -> Parsed {
        let Some(rest) = record.event.strip_prefix(b"PERF_RECORD_LOST") else {
            return Parsed::Nothing;
        };
        self.loss_seen = true;
        let Some((lost, _)) = rest.strip_prefix(b" lost ").and_then(take_u64) else {
            // PERF_RECORD_LOST_SAMPLES repeats, at the end, the total of what the records before it announced.
            return Parsed::Nothing;
        };
        match record.cpu {
            Some(cpu) => context.lose_before(cpu, record.time_ns, Lost::Exact(lost), Cause::Discarded, at.offset),
            None => context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset),
        }
        Parsed::Nothing
    }
}

impl LineFormat for PerfScript {
    const NOUN: &'static str = "perf script text";

    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let Some(record) = record(line) else {
            // Call chains are indented lines of `address symbol (object)`, ended by an empty line.
            let chain = line.first().is_none_or(|b| matches!(b, b' ' | b'\t' | b'#')) && context.events > 0;
            return if chain || line.is_empty() || line[0] == b'#' { Parsed::Nothing } else { Parsed::Unknown };
        };
        if record.event.starts_with(b"PERF_RECORD_") {
            return self.side_band(context, &record, at);
        }
        let Some((name, fields)) = split(record.event) else {
            return Parsed::Unknown;
        };
        let colon = memchr::memchr(b':', name).map_or(0, |at| at + 1);
        let (group, event) = (&name[..colon], &name[colon..]);
        let (phase, name, ret) = match (group, event) {
            (b"raw_syscalls:", b"sys_enter" | b"sys_exit") => {
                let Some((number, rest)) = fields.strip_prefix(b"NR ").and_then(take_i64) else {
                    return Parsed::Unknown;
                };
                let ret = rest.strip_prefix(b" = ").and_then(take_ret);
                let phase = if event == b"sys_enter" { Phase::Entry } else { Phase::Exit };
                (phase, context.call(number), ret)
            }
            (b"syscalls:", _) => match (event.strip_prefix(b"sys_enter_"), event.strip_prefix(b"sys_exit_")) {
                (Some(call), _) => (Phase::Entry, context.name(call), None),
                (_, Some(call)) => (Phase::Exit, context.name(call), take_ret(fields)),
                _ => (Phase::Point, context.name(event), None),
            },
            // `sched:sched_switch` is known by its own name; `cycles:u` and probes keep all of theirs.
            (b"sched:" | b"irq:" | b"timer:" | b"signal:" | b"power:" | b"block:" | b"net:", _) => {
                (Phase::Point, context.name(event), None)
            }
            _ => (Phase::Point, context.name(name), None),
        };
        let stream = context.stream_of(record.cpu, record.time_ns);
        Parsed::Event(Event {
            cpu: record.cpu,
            tid: Some(record.tid),
            comm: Some(context.name(record.comm)),
            ret,
            offset: at.offset,
            ..Event::new(record.time_ns, stream, name, phase)
        })
    }

    fn end(&mut self, context: &mut Context) {
        if !self.loss_seen {
            context.warn(
                "no PERF_RECORD_LOST in this text: `perf script` prints loss only with --show-lost-events; \
                 without it, run it again with that option"
                    .into(),
            );
        }
    }
}

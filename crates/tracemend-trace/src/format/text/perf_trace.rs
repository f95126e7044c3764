//! `perf trace` text: one line a call, times in milliseconds since the start of the trace.
//!
//! ```text
//!      0.061 ( 0.018 ms): ls/19417 brk()                                   = 0x55931a411000
//!          ? (         ): ls/19417  ... [continued]: execve())             = 0
//!     21.051 (         ): ls/19417 getxattr(pathname: 0x36e92430)        ...
//! LOST 342 events!
//! ```
//!
//! A line is printed when its call ends, or, with `...`, when another event interrupts it. The number of a `LOST` line is
//! exact, but it has no CPU and no time: the loss lies between the end of the call printed before it and the end of the
//! one printed after it.

use super::perf_words::{self, Closing};
use crate::decode::bytes::{digits, find, take_fraction, take_u64, trim, trim_start, whole_tid};
use crate::decode::context::Context;
use crate::decode::errno;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape, is_remark, is_row, is_rule};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Lost, Phase};
use rustc_hash::FxHashMap;

/// Maximum number of bytes of interrupted lines kept; beyond it all interrupted calls are given out as they are.
const MAX_HELD: usize = 8 << 20;

/// What `perf trace` prints besides calls, beyond perf's words.
const REMARKS: &[Remark] = &[
    Remark::new("call chains: `      __read (/usr/lib/libc.so.6)`", Shape::Like(is_chain)),
    Remark::new("the summary (`-s`, `-S`): `Summary of events:`", Shape::Begins("Summary of events")),
    Remark::new("the summary's threads: `ls (25797), 88 events, 93.6%`", Shape::Holds(" events, ")),
    Remark::new("the summary's head: `syscall            calls  errors  total`", Shape::Begins("syscall ")),
    Remark::new("the summary's units: `(msec)    (msec)`", Shape::Begins("(msec)")),
    Remark::new("the summary's rows: `read   8   0   0.123   0.001   0.015   0.050   12.31%`", Shape::Like(is_row)),
    Remark::new("the summary's rules: `--------------- --------`", Shape::Like(is_rule)),
];

/// Call chains are indented below their call.
fn is_chain(line: &[u8]) -> bool {
    line.starts_with(b"      ") && find(line, b" (").is_some() && record(line).is_none()
}

/// The reader's state: calls printed with `...`, by thread, until they are continued.
#[derive(Default)]
pub(crate) struct PerfTrace {
    /// Calls without a time of their own, until a time is known.
    untimed: Vec<(Event, Vec<u8>)>,
    lost_seen: bool,
    closing: Closing,
    interrupted: FxHashMap<i32, (Event, Vec<u8>)>,
    held: usize,
}

/// Process name and thread.
type Task<'a> = (Option<&'a [u8]>, i32);

#[derive(Debug)]
struct Record<'a> {
    /// `None`: the call began before the trace did.
    time_ns: Option<i64>,
    dur_ns: Option<u64>,
    /// Who called; `--no-comm` leaves the process name out.
    task: Option<Task<'a>>,
    continued: bool,
    interrupted: bool,
    name: &'a [u8],
    ret: Option<i64>,
}

/// Milliseconds with a fraction, as nanoseconds.
fn take_ms(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (ms, rest) = take_u64(bytes)?;
    let (fraction, rest) = take_fraction(rest.strip_prefix(b".")?)?;
    Some((i64::try_from(ms).ok()?.checked_mul(1_000_000)?.checked_add(fraction / 1_000)?, rest))
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let line = trim_start(line);
    let (time_ns, rest) = match line.strip_prefix(b"? ") {
        Some(rest) => (None, rest),
        None => take_ms(line).map(|(time, rest)| (Some(time), rest))?,
    };
    let rest = trim_start(rest);
    // Where only tracepoints are traced there is no column of durations.
    let (has_duration, dur_ns, rest) = match rest.strip_prefix(b"(") {
        Some(inner) => {
            let close = memchr::memchr(b')', &inner[..inner.len().min(40)])?;
            let dur_ns = match trim(&inner[..close]) {
                b"" => None,
                text => Some(take_ms(text.strip_suffix(b" ms")?)?.0 as u64),
            };
            (true, dur_ns, trim_start(inner[close + 1..].strip_prefix(b":")?))
        }
        None => (false, None, rest),
    };
    let (task, rest) = match task(rest) {
        Some((task, rest)) => (Some(task), rest),
        None => (None, rest),
    };
    let (continued, rest) = match rest.strip_prefix(b"... [continued]: ") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let end = rest.iter().position(|&b| matches!(b, b'(' | b' ')).unwrap_or(rest.len());
    let name = &rest[..end];
    let tracepoint = name.contains(&b':') && rest.get(end) == Some(&b'(');
    if name.is_empty() || name[0].is_ascii_digit() || !(has_duration || tracepoint) {
        return None;
    }
    let ret = memchr::memmem::rfind(rest, b" = ").and_then(|at| errno::result(&rest[at + 3..]));
    Some(Record { time_ns, dur_ns, task, continued, interrupted: rest.ends_with(b"..."), name, ret })
}

/// `comm/tid `: the first slash with a number and a space after it; or `tid ` alone.
fn task(rest: &[u8]) -> Option<(Task<'_>, &[u8])> {
    let number = digits(rest);
    if number > 0 && rest.get(number) == Some(&b' ') {
        return Some(((None, whole_tid(&rest[..number])?), trim_start(&rest[number..])));
    }
    for slash in memchr::memchr_iter(b'/', &rest[..rest.len().min(64)]) {
        let after = &rest[slash + 1..];
        let used = digits(after);
        if used > 0 && after.get(used) == Some(&b' ') {
            return Some(((Some(&rest[..slash]), whole_tid(&after[..used])?), trim_start(&after[used..])));
        }
    }
    None
}

fn marker(line: &[u8]) -> Option<u64> {
    let (lost, rest) = take_u64(trim(line).strip_prefix(b"LOST ")?)?;
    matches!(rest, b" events!" | b" event!").then_some(lost)
}

impl LineFormat for PerfTrace {
    const NOUN: &'static str = "perf trace text";
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        if let Some(begun) = perf_words::warning_within(line) {
            return Parsed::Broken(begun);
        }
        let Some(record) = record(line) else {
            if let Some(lost) = marker(line) {
                self.lost_seen = true;
                context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset);
                return Parsed::Nothing;
            }
            let passed = self.closing.read(line, at.offset) || is_remark(&perf_words::REMARKS, line);
            return if passed { Parsed::Remark } else { Parsed::Unknown };
        };
        let (name, phase) = match memchr::memchr(b':', record.name) {
            // A tracepoint: `sched:sched_switch(..)`.
            Some(colon) => (&record.name[colon + 1..], Phase::Point),
            None => (record.name, Phase::Call),
        };
        let event = Event {
            tid: record.task.map(|(_, tid)| tid),
            comm: record.task.and_then(|(comm, _)| comm).map(|comm| context.name(comm)),
            ret: record.ret,
            dur_ns: record.dur_ns,
            offset: at.offset,
            ..Event::new(record.time_ns.or(context.seen_ns).unwrap_or(0), context.all(), context.name(name), phase)
        };
        if record.time_ns.is_none() && context.seen_ns.is_none() && self.held + line.len() <= MAX_HELD {
            // Begun before the trace: it has no time of its own, and no other is known yet.
            self.held += line.len();
            self.untimed.push((event, line.to_vec()));
            return Parsed::Nothing;
        }
        self.give_untimed(context, event.time_ns);
        if phase == Phase::Point {
            return Parsed::Event(event);
        }
        let thread = event.tid.unwrap_or(-1);
        if let Some((held, held_line)) = self.interrupted.remove(&thread) {
            self.held -= held_line.len();
            if !(record.continued && held.name == event.name) {
                context.give_event(held, held_line);
            }
        }
        if record.interrupted && !record.continued {
            // Its end may follow. Until then it closes no gap: it is printed later than it began.
            if self.held + line.len() > MAX_HELD {
                self.give_interrupted(context);
            }
            self.held += line.len();
            self.interrupted.insert(thread, (event, line.to_vec()));
            return Parsed::Nothing;
        }
        Parsed::Event(event)
    }

    fn end(&mut self, context: &mut Context) {
        self.give_untimed(context, 0);
        self.give_interrupted(context);
        self.closing.end(context, self.lost_seen, "`perf trace` without -i says it as it happens");
    }
}

impl PerfTrace {
    /// Gives out the calls that began before the trace, with the first time known in it.
    fn give_untimed(&mut self, context: &mut Context, time_ns: i64) {
        for (event, line) in std::mem::take(&mut self.untimed) {
            self.held -= line.len();
            context.give_event(Event { time_ns, ..event }, line);
        }
    }

    /// Gives out the interrupted calls as they are.
    fn give_interrupted(&mut self, context: &mut Context) {
        let mut held: Vec<_> = self.interrupted.drain().map(|(_, held)| held).collect();
        self.held = 0;
        held.sort_by_key(|(event, _)| event.offset);
        for (event, line) in held {
            context.give_event(event, line);
        }
    }
}

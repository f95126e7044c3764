//! ftrace text: `trace_pipe`, the static `trace` file, and what `trace-cmd report` prints.
//!
//! ```text
//!            ls-1550    [001] .....  5098.384247: sys_exit: NR 332 = 0          trace_pipe, trace
//!         <...>-1376  [001]  5098.272061: sys_exit:             NR 257 = 3      trace-cmd report
//! CPU:1 [LOST 2941 EVENTS]                                                      trace_pipe
//! CPU:0 [168 EVENTS DROPPED]                                                    trace-cmd report
//! # entries-in-buffer/entries-written: 1698/17576   #P:2                        trace
//! ```
//!
//! A marker stands right before the next event of its CPU: the lost events are those between that CPU's last event
//! and this one. The count is exact. The static file has no marker; only its head is gone, and its header gives
//! the total over all CPUs. With the tracer's option `overwrite=0` nothing reports a loss.

use crate::decode::bytes::{
    bracketed_numbers, digits, find, take_i64, take_ret, take_seconds, take_u64, trim, trim_end, trim_start, whole_tid,
};
use crate::decode::context::{Context, MAX_CPU};
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Gap, Lost, Phase};

/// The reader's state: none but what the header of a static file said.
#[derive(Default)]
pub(crate) struct Ftrace {
    /// Events the header says were overwritten, and on how many CPUs.
    overwritten: Option<(u64, u64)>,
    /// Where the header says so.
    said_at: u64,
    begun: bool,
}

/// One event line, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) comm: &'a [u8],
    pub(crate) tid: i32,
    pub(crate) cpu: u32,
    pub(crate) time_ns: i64,
    /// From the event's name on.
    pub(crate) event: &'a [u8],
}

/// Takes an event line apart; `None` for any other line.
pub(crate) fn record(line: &[u8]) -> Option<Record<'_>> {
    // The CPU column is the first with `-tid` before it.
    for (head, cpu, rest) in bracketed_numbers(line) {
        let Some(((comm, tid), (time_ns, event))) = task(head).zip(time(rest)) else {
            continue;
        };
        let cpu = u32::try_from(cpu).ok().filter(|&cpu| cpu < MAX_CPU)?;
        return Some(Record { comm, tid, cpu, time_ns, event });
    }
    None
}

/// `comm-tid` or `comm-tid (tgid)` before the CPU column.
fn task(head: &[u8]) -> Option<(&[u8], i32)> {
    let mut head = trim_end(head);
    if head.last() == Some(&b')') {
        let open = head.iter().rposition(|&b| b == b'(')?;
        let group = &head[open + 1..head.len() - 1];
        if !group.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-')) {
            return None;
        }
        head = trim_end(&head[..open]);
    }
    let dash = head.iter().rposition(|b| !b.is_ascii_digit())?;
    if head[dash] != b'-' {
        return None;
    }
    Some((trim_start(&head[..dash]), whole_tid(&head[dash + 1..])?))
}

/// The time and what follows it, after the CPU column and the flags, which some layouts lack.
fn time(rest: &[u8]) -> Option<(i64, &[u8])> {
    let mut rest = trim_start(rest);
    for _ in 0..3 {
        if rest.first()?.is_ascii_digit()
            && let Some((time_ns, after)) = take_seconds(rest)
            && let Some(event) = after.strip_prefix(b":")
        {
            return Some((time_ns, trim_start(event)));
        }
        let end = memchr::memchr(b' ', rest)?;
        rest = trim_start(&rest[end..]);
    }
    None
}

/// What an event's text says.
#[derive(Debug, PartialEq)]
pub(crate) enum What<'a> {
    /// A system call by number.
    Number(Phase, i64, Option<i64>),
    /// Anything by name.
    Named(Phase, &'a [u8], Option<i64>),
}

/// Understands `sys_enter: NR 3 (..)`, `sys_exit: NR 3 = 0`, `sys_read(..)`, `sys_read -> 0x3`,
/// `sys_enter_read: ..`, `sys_exit_read: 0x3` and `any_event: ..`.
pub(crate) fn what(event: &[u8]) -> Option<What<'_>> {
    let end = event.iter().position(|&b| matches!(b, b':' | b'(' | b' ' | b'\t')).unwrap_or(event.len());
    let (name, rest) = event.split_at(end);
    if name.is_empty() {
        return None;
    }
    let Some(call) = name.strip_prefix(b"sys_") else {
        return Some(What::Named(Phase::Point, name, None));
    };
    let fields = trim_start(rest.strip_prefix(b":").unwrap_or(rest));
    match call {
        b"enter" | b"exit" => {
            let Some((number, rest)) = fields.strip_prefix(b"NR ").and_then(take_i64) else {
                return Some(What::Named(Phase::Point, name, None));
            };
            if call == b"enter" {
                return Some(What::Number(Phase::Entry, number, None));
            }
            Some(What::Number(Phase::Exit, number, rest.strip_prefix(b" = ").and_then(take_ret)))
        }
        _ if rest.starts_with(b":") => match (call.strip_prefix(b"enter_"), call.strip_prefix(b"exit_")) {
            (Some(call), _) => Some(What::Named(Phase::Entry, call, None)),
            (_, Some(call)) => {
                Some(What::Named(Phase::Exit, call, take_ret(fields.strip_prefix(b"ret=").unwrap_or(fields))))
            }
            _ => Some(What::Named(Phase::Point, name, None)),
        },
        _ => {
            // The kernel prints `sys_read(fd: 3, ...)` and `sys_read -> 0x0`; older texts keep `enter_` and `exit_`.
            let bare = call.strip_prefix(b"enter_").or(call.strip_prefix(b"exit_")).unwrap_or(call);
            if rest.starts_with(b"(") {
                Some(What::Named(Phase::Entry, bare, None))
            } else if let Some(ret) = fields.strip_prefix(b"->") {
                Some(What::Named(Phase::Exit, bare, take_ret(ret)))
            } else {
                Some(What::Named(Phase::Point, name, None))
            }
        }
    }
}

/// `CPU:1 [LOST 2941 EVENTS]`, `CPU:0 [168 EVENTS DROPPED]`, and both without a number.
pub(crate) fn marker(line: &[u8]) -> Option<(u32, Lost)> {
    let rest = trim_start(line).strip_prefix(b"CPU:")?;
    let (cpu, rest) = take_u64(trim_start(rest))?;
    let cpu = u32::try_from(cpu).ok().filter(|&cpu| cpu < MAX_CPU)?;
    let inner = trim(rest).strip_prefix(b"[")?.strip_suffix(b"]")?;
    let number = match inner.strip_prefix(b"LOST") {
        Some(rest) => rest.strip_suffix(b"EVENTS")?,
        None => inner.strip_suffix(b"EVENTS DROPPED")?,
    };
    match trim(number) {
        b"" => Some((cpu, Lost::AtLeast(1))),
        number if digits(number) == number.len() => Some((cpu, Lost::Exact(take_u64(number)?.0))),
        _ => None,
    }
}

impl Ftrace {
    fn comment(&mut self, line: &[u8], at: Position) {
        let Some(start) = find(line, b"entries-in-buffer/entries-written:") else {
            return;
        };
        let Some((kept, rest)) = take_u64(trim_start(&line[start + 34..])) else {
            return;
        };
        let Some((written, rest)) = rest.strip_prefix(b"/").and_then(take_u64) else {
            return;
        };
        let cpus = trim_start(rest).strip_prefix(b"#P:").and_then(take_u64).map_or(0, |(cpus, _)| cpus);
        if written > kept {
            self.overwritten = Some((written - kept, cpus));
            self.said_at = at.offset;
        }
    }

    /// The first event of a static file: what was overwritten lies before it.
    #[cold]
    fn begin(&mut self, context: &mut Context, first: Option<&Record<'_>>) {
        self.begun = true;
        let Some((lost, cpus)) = self.overwritten.take() else {
            return;
        };
        let mut gap = Gap {
            end_ns: first.map(|r| r.time_ns),
            ..Gap::new(0, Lost::Exact(lost), Cause::Overwritten, self.said_at)
        };
        if let (1, Some(first)) = (cpus, first) {
            gap.stream = Some(context.last_of(first.cpu).0);
            gap.cpu = Some(first.cpu);
        } else {
            context.warn(
                "the header of the ftrace file counts overwritten events over all CPUs together; \
                 per_cpu/cpu*/stats (overrun) has the count of each"
                    .into(),
            );
        }
        context.give_gap(gap);
    }
}

impl LineFormat for Ftrace {
    const NOUN: &'static str = "ftrace text";

    #[inline]
    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let Some(record) = record(line) else {
            return self.other(context, line, at);
        };
        let Some(what) = what(record.event) else {
            return Parsed::Unknown;
        };
        if !self.begun {
            self.begin(context, Some(&record));
        }
        let (phase, name, ret) = match what {
            What::Number(phase, number, ret) => (phase, context.call(number), ret),
            What::Named(phase, name, ret) => (phase, context.name(name), ret),
        };
        Parsed::Event(Event {
            cpu: Some(record.cpu),
            tid: Some(record.tid),
            comm: Some(context.name(record.comm)),
            ret,
            offset: at.offset,
            ..Event::new(record.time_ns, context.reach(record.cpu, record.time_ns), name, phase)
        })
    }

    fn end(&mut self, context: &mut Context) {
        if !self.begun {
            self.begin(context, None);
        }
    }
}

impl Ftrace {
    #[cold]
    fn other(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        if let Some((cpu, lost)) = marker(line) {
            context.lose(cpu, lost, Cause::Overwritten, at.offset);
            return Parsed::Nothing;
        }
        let text = trim(line);
        if text.starts_with(b"#") {
            self.comment(text, at);
            return Parsed::Nothing;
        }
        // Headers of trace-cmd, and the lines of a recorded stack.
        let passed: [&[u8]; 5] = [b"cpus=", b"version =", b"CPU ", b"=>", b"trace-cmd:"];
        if text.is_empty() || passed.iter().any(|start| text.starts_with(start)) {
            return Parsed::Nothing;
        }
        Parsed::Unknown
    }
}

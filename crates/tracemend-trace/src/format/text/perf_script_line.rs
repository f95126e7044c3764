//! Lines of `perf script` text, taken apart.

use crate::Phase;
use crate::decode::bytes::{
    bracketed_numbers, find, take_i64, take_ret, take_seconds, take_u64, trim, trim_end, trim_start, whole_tid,
};
use crate::decode::context::{possible_cpu, whole_cpu};
use crate::kernel::call_names::end_of_call;

/// One line, taken apart. `perf script -F` leaves any column out but the time and the event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record<T> {
    pub(super) comm: Option<T>,
    pub(super) tid: Option<i32>,
    pub(super) cpu: Option<u32>,
    pub(super) time_ns: i64,
    /// From the event's name on.
    pub(super) event: T,
}

impl<T> Record<T> {
    /// The same with its texts in another form.
    #[inline]
    pub(super) fn map<U>(self, text: impl Fn(T) -> U) -> Record<U> {
        let Self { comm, tid, cpu, time_ns, event } = self;
        Record { comm: comm.map(&text), tid, cpu, time_ns, event: text(event) }
    }
}

/// What an event's text says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct What<T> {
    pub(super) phase: Phase,
    pub(super) name: Name<T>,
    pub(super) ret: Option<i64>,
    /// Whether the tracepoint gives calls by number.
    pub(super) raw: bool,
    /// The event's own name, without its group.
    pub(super) event: T,
}

/// An event's name, or the number of the call that it is named after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name<T> {
    Text(T),
    Call(i64),
}

impl<T> What<T> {
    /// The same with its texts in another form.
    #[inline]
    pub(super) fn map<U>(self, text: impl Fn(T) -> U) -> What<U> {
        let Self { phase, name, ret, raw, event } = self;
        let name = match name {
            Name::Text(name) => Name::Text(text(name)),
            Name::Call(number) => Name::Call(number),
        };
        What { phase, name, ret, raw, event: text(event) }
    }
}

/// Understands `raw_syscalls:sys_enter: NR 3 (..)`, `raw_syscalls:sys_exit: NR 3 = 0`, `syscalls:sys_enter_read: ..`,
/// `syscalls:sys_exit_read: 0x3`, and `any:event: ..`.
pub(super) fn what(text: &[u8]) -> Option<What<&[u8]>> {
    let (full, fields) = split(text)?;
    let colon = memchr::memchr(b':', full).map_or(0, |at| at + 1);
    let (group, event) = (&full[..colon], &full[colon..]);
    let (phase, name, ret) = match (group, event) {
        (b"raw_syscalls:", b"sys_enter" | b"sys_exit") => {
            let (number, rest) = fields.strip_prefix(b"NR ").and_then(take_i64)?;
            let ret = rest.strip_prefix(b" = ").and_then(take_ret);
            let phase = if event == b"sys_enter" { Phase::Entry } else { Phase::Exit };
            (phase, Name::Call(number), ret)
        }
        (b"syscalls:", _) => match end_of_call(event) {
            Some((call, phase)) => {
                (phase, Name::Text(call), if phase == Phase::Exit { take_ret(fields) } else { None })
            }
            None => (Phase::Point, Name::Text(event), None),
        },
        // `sched:sched_switch` is known by its own name; `cycles:u` and probes keep all of theirs.
        (b"sched:" | b"irq:" | b"timer:" | b"signal:" | b"power:" | b"block:" | b"net:", _) => {
            (Phase::Point, Name::Text(event), None)
        }
        _ => (Phase::Point, Name::Text(full), None),
    };
    Some(What { phase, name, ret, raw: group == b"raw_syscalls:", event })
}

/// Takes a line apart; `None` for a line of a call chain and any other.
pub(super) fn record(line: &[u8]) -> Option<Record<&[u8]>> {
    // The CPU column is the first between a thread and a time.
    for (head, cpu, rest) in bracketed_numbers(line) {
        let Some(((comm, tid), (time_ns, rest))) = task(head).zip(take_seconds(after_flags(trim_start(rest)))) else {
            continue;
        };
        let Some(event) = rest.strip_prefix(b":") else {
            continue;
        };
        let cpu = possible_cpu(cpu)?;
        return Some(Record { comm, tid, cpu: Some(cpu), time_ns, event: after_period(trim_start(event)) });
    }
    without_brackets(line)
}

/// The layouts without a CPU column, or with one of `-L`, which has no brackets: the time is the first word
/// `digits.digits:`.
fn without_brackets(line: &[u8]) -> Option<Record<&[u8]>> {
    for colon in memchr::memchr_iter(b':', line) {
        let start = line[..colon].iter().rposition(|&b| b == b' ' || b == b'\t').map_or(0, |space| space + 1);
        let word = &line[start..colon];
        let Some((time_ns, b"")) = take_seconds(word) else {
            continue;
        };
        if !word.contains(&b'.') {
            continue;
        }
        let event = after_period(trim_start(&line[colon + 1..]));
        let head = without_flags(&line[..start]);
        // Two numbers, neither in brackets, are thread and CPU.
        let (before, last) = last_word(head);
        let cpu = whole_cpu(last);
        if let Some(cpu) = cpu
            && is_thread(last_word(before).1)
        {
            let (comm, tid) = task(before)?;
            return Some(Record { comm, tid, cpu: Some(cpu), time_ns, event });
        }
        let (comm, tid) = task(head)?;
        // With nothing but a time in front, the event must at least look like one.
        let known = tid.is_some() || split(event).is_some_and(|(name, _)| name.contains(&b':'));
        return known.then_some(Record { comm, tid, cpu: None, time_ns, event });
    }
    None
}

fn last_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = trim_end(text);
    text.split_at(text.iter().rposition(|&b| b == b' ' || b == b'\t').map_or(0, |space| space + 1))
}

/// `tid` or `pid/tid`.
fn thread(ids: &[u8]) -> Option<i32> {
    whole_tid(&ids[memchr::memchr(b'/', ids).map_or(0, |at| at + 1)..])
}

fn is_thread(word: &[u8]) -> bool {
    thread(word).is_some()
}

/// `comm tid`, `comm pid/tid`, `tid` alone, or nothing.
fn task(head: &[u8]) -> Option<(Option<&[u8]>, Option<i32>)> {
    let (comm, ids) = last_word(head);
    if ids.is_empty() {
        return Some((None, None));
    }
    let comm = trim(comm);
    Some(((!comm.is_empty()).then_some(comm), Some(thread(ids)?)))
}

/// Whether a word is the column `misc`: letters for user, kernel, hypervisor and the like.
fn is_flags(word: &[u8]) -> bool {
    (1..=6).contains(&word.len()) && word.iter().all(u8::is_ascii_alphabetic)
}

/// What follows the column `misc`, if there is one, where a time must come.
fn after_flags(rest: &[u8]) -> &[u8] {
    let end = memchr::memchr(b' ', rest).unwrap_or(0);
    if is_flags(&rest[..end]) { trim_start(&rest[end..]) } else { rest }
}

/// What stands before the column `misc`, if there is one, behind a number.
fn without_flags(head: &[u8]) -> &[u8] {
    let (before, last) = last_word(head);
    if is_flags(last) && is_thread(last_word(before).1) { before } else { head }
}

/// What stands after the sampling period, if there is one.
fn after_period(event: &[u8]) -> &[u8] {
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

/// Whether a line is an event without a time: perf script text, but no trace.
pub(crate) fn is_timeless(line: &[u8]) -> bool {
    record(line).is_none() && has_task_and_event(line)
}

/// Whether a line that is no event has a task and an event's name.
fn has_task_and_event(line: &[u8]) -> bool {
    // `comm tid [cpu]  group:event: fields`, with the CPU or without.
    let Some(end) = find(line, b": ") else { return false };
    let (before, name) = last_word(&line[..end]);
    let group = memchr::memchr(b':', name).unwrap_or(0);
    let is_name = |name: &[u8]| name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if group == 0 || !is_name(&name[..group]) || !name[0].is_ascii_alphabetic() {
        return false;
    }
    let (head, column) = last_word(without_flags(before));
    let head = if column.starts_with(b"[") && column.ends_with(b"]") { head } else { before };
    matches!(task(head), Some((_, Some(_))))
}

/// Whether a line that is no event belongs to a call chain: it is indented, and an address, a symbol or a place in a source file.
pub(super) fn is_chain(line: &[u8]) -> bool {
    let indented = line.starts_with(b"\t") || line.starts_with(b"       ");
    // A damaged event line is indented too, but has its thread and CPU.
    let begins_like_event = |line| bracketed_numbers(line).any(|(head, _, _)| matches!(task(head), Some((_, Some(_)))));
    indented && !begins_like_event(line) && !has_task_and_event(line)
}

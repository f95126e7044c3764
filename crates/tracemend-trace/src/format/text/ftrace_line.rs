//! Lines of ftrace text, taken apart.

use crate::Lost;
use crate::Phase;
use crate::decode::bytes::{
    bracketed_numbers, digits, find, take_fraction, take_i64, take_ret, take_u64, trim, trim_end, trim_start, whole_tid,
};
use crate::decode::context::possible_cpu;

/// One event line, taken apart.
#[derive(Debug, PartialEq)]
pub(super) struct Record<T> {
    pub(super) comm: T,
    pub(super) tid: i32,
    pub(super) cpu: u32,
    pub(super) time: Time,
    /// From the event's name on.
    pub(super) event: T,
}

impl<T: Copy> Record<T> {
    /// The same with its texts in another form.
    #[inline]
    pub(super) fn map<U>(&self, text: impl Fn(T) -> U) -> Record<U> {
        let &Self { comm, tid, cpu, time, event } = self;
        Record { comm: text(comm), tid, cpu, time, event: text(event) }
    }
}

/// A time as ftrace prints it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Time {
    /// Nanoseconds.
    Ns(i64),
    /// A number without a point: ticks of the clocks `x86-tsc`, `counter` and `uptime`.
    Ticks(i64),
}

/// Takes an event line apart; `None` for any other line.
pub(super) fn record(line: &[u8]) -> Option<Record<&[u8]>> {
    // The CPU column is the first with `-tid` before it.
    for (head, cpu, rest) in bracketed_numbers(line) {
        let Some(((comm, tid), (time, event))) = task(head).zip(time_and_event(rest)) else {
            continue;
        };
        let cpu = possible_cpu(cpu)?;
        return Some(Record { comm, tid, cpu, time, event });
    }
    latency_record(line)
}

/// `comm-tid` or `comm-tid (tgid)` before the CPU column.
pub(super) fn task(head: &[u8]) -> Option<(&[u8], i32)> {
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
fn time_and_event(rest: &[u8]) -> Option<(Time, &[u8])> {
    let mut rest = trim_start(rest);
    for _ in 0..3 {
        if rest.first()?.is_ascii_digit()
            && let Some((time, after)) = take_time(rest)
            && let Some(event) = after.strip_prefix(b":")
        {
            return Some((time, after_step(trim_start(event))));
        }
        let end = memchr::memchr(b' ', rest)?;
        rest = trim_start(&rest[end..]);
    }
    None
}

/// Seconds with a fraction, or ticks.
fn take_time(text: &[u8]) -> Option<(Time, &[u8])> {
    let (whole, rest) = take_u64(text)?;
    let whole = i64::try_from(whole).ok()?;
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some((Time::Ticks(whole), rest));
    };
    let (fraction, rest) = take_fraction(fraction)?;
    Some((Time::Ns(whole.checked_mul(1_000_000_000)?.checked_add(fraction)?), rest))
}

/// What follows the time since the event before, which `trace-cmd report --ts-diff` prints: `(+13430) `.
fn after_step(event: &[u8]) -> &[u8] {
    let step = event.strip_prefix(b"(+").and_then(take_u64).and_then(|(_, rest)| rest.strip_prefix(b")"));
    step.map_or(event, trim_start)
}

/// The latency format: CPU and flags stand together, and the time is one of microseconds or of seconds.
///
/// ```text
///     bash-700       0d..2. 16279us!: sys_exit: NR 1 = 2
///    <...>-700     1.....  5098.308842: sys_exit: NR 108 = 0
/// ```
fn latency_record(line: &[u8]) -> Option<Record<&[u8]>> {
    for dash in memchr::memchr_iter(b'-', line) {
        let (tid, rest) = line[dash + 1..].split_at(digits(&line[dash + 1..]));
        if !rest.starts_with(b" ") {
            continue;
        }
        let Some(tid) = whole_tid(tid) else { continue };
        let Some((cpu, rest)) = take_u64(trim_start(rest)) else { continue };
        let flags = memchr::memchr(b' ', rest)?;
        let is_flag = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'#' | b'*' | b'+' | b'!');
        if !(3..=8).contains(&flags) || rest[0].is_ascii_digit() || !rest[..flags].iter().all(is_flag) {
            continue;
        }
        let Some((time, event)) = latency_time(trim_start(&rest[flags..])) else { continue };
        let cpu = possible_cpu(cpu)?;
        return Some(Record { comm: trim_start(&line[..dash]), tid, cpu, time, event: after_step(event) });
    }
    None
}

/// `16279us!: ` or `5098.308842: `, and what follows. Behind microseconds stands a space or a mark of delay.
fn latency_time(text: &[u8]) -> Option<(Time, &[u8])> {
    let (time, rest) = take_time(text)?;
    let (time, rest) = match (time, rest.strip_prefix(b"us")) {
        (Time::Ticks(us), Some(rest)) => (Time::Ns(us.checked_mul(1000)?), rest.get(1..)?),
        (time, _) => (time, rest),
    };
    Some((time, trim_start(rest.strip_prefix(b":")?)))
}

/// Whether a line has the beginning of an event line; it may be damaged behind that.
pub(super) fn begins_like_record(line: &[u8]) -> bool {
    bracketed_numbers(line).any(|(head, _, _)| task(head).is_some())
}

/// What an event's text says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What<T> {
    /// A system call by number.
    Number(Phase, i64, Option<i64>),
    /// Anything by name.
    Named(Phase, T, Option<i64>),
    /// What has a name that does not stand in its text.
    Renamed(&'static str),
    /// A text of the tracer's own, without a name.
    Unnamed,
}

impl<T> What<T> {
    /// The same with its name in another form.
    #[inline]
    pub(super) fn map<U>(self, name: impl Fn(T) -> U) -> What<U> {
        match self {
            What::Number(phase, number, ret) => What::Number(phase, number, ret),
            What::Named(phase, text, ret) => What::Named(phase, name(text), ret),
            What::Renamed(name) => What::Renamed(name),
            What::Unnamed => What::Unnamed,
        }
    }
}

/// Understands `sys_enter: NR 3 (..)`, `sys_exit: NR 3 = 0`, `sys_read(..)`, `sys_read -> 0x3`,
/// `sys_enter_read: ..`, `sys_exit_read: 0x3`, the same with `field=value`, and `any_event: ..`.
pub(super) fn what(event: &[u8]) -> Option<What<&[u8]>> {
    let end = event.iter().position(|&b| matches!(b, b':' | b'(' | b' ' | b'\t')).unwrap_or(event.len());
    let (name, rest) = event.split_at(end);
    match (name, name.first()?) {
        // What programs wrote into trace_marker, before it was an event of its own.
        (b"0", _) if rest.starts_with(b":") => return Some(What::Renamed("tracing_mark_write")),
        (b"<stack", _) => return Some(What::Renamed("kernel_stack")),
        (b"<user", _) => return Some(What::Renamed("user_stack")),
        (_, first) if !first.is_ascii_alphabetic() && *first != b'_' => return Some(What::Unnamed),
        _ => {}
    }
    let Some(call) = name.strip_prefix(b"sys_") else {
        return Some(What::Named(Phase::Point, name, None));
    };
    let fields = trim_start(rest.strip_prefix(b":").unwrap_or(rest));
    match call {
        b"enter" | b"exit" => {
            let phase = if call == b"enter" { Phase::Entry } else { Phase::Exit };
            Some(match number_and_result(fields) {
                Some((number, ret)) => What::Number(phase, number, ret.filter(|_| phase == Phase::Exit)),
                None => What::Named(Phase::Point, name, None),
            })
        }
        _ if rest.starts_with(b":") => match (call.strip_prefix(b"enter_"), call.strip_prefix(b"exit_")) {
            (Some(call), _) => Some(What::Named(Phase::Entry, call, None)),
            (_, Some(call)) => Some(What::Named(Phase::Exit, call, take_ret(field(fields, b"ret=").unwrap_or(fields)))),
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

/// `NR 3 (..)`, `NR 3 = 0`, or the fields as `trace-cmd report -R` and `options/fields` print them: `id=3 ret=0`,
/// `id=0x21 (33) ret=0x1 (1)`.
fn number_and_result(fields: &[u8]) -> Option<(i64, Option<i64>)> {
    if let Some((number, rest)) = fields.strip_prefix(b"NR ").and_then(take_i64) {
        return Some((number, rest.strip_prefix(b" = ").and_then(take_ret)));
    }
    let number = field(fields, b"id=").and_then(take_ret)?;
    Some((number, field(fields, b"ret=").and_then(take_ret)))
}

/// What follows `key=`, where a field has that name.
fn field<'a>(fields: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    memchr::memmem::find_iter(fields, key)
        .find(|&at| at == 0 || fields[at - 1] == b' ')
        .map(|at| &fields[at + key.len()..])
}

/// `CPU:1 [LOST 2941 EVENTS]`, `CPU:0 [168 EVENTS DROPPED]`, and both without a number.
pub(super) fn marker(line: &[u8]) -> Option<(u32, Lost)> {
    let rest = trim_start(line).strip_prefix(b"CPU:")?;
    let (cpu, rest) = take_u64(trim_start(rest))?;
    let cpu = possible_cpu(cpu)?;
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

/// The name of a file or buffer in front of a line, as `trace-cmd report` prints it where it reads several, and the line
/// behind it: `host.dat: CPU:1 [168 EVENTS DROPPED]`.
pub(super) fn buffer(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = trim_start(line);
    let colon = memchr::memchr(b':', text)?;
    let (name, rest) = (&text[..colon], &text[colon + 1..]);
    if name.is_empty() || name.contains(&b' ') || !rest.starts_with(b" ") {
        return None;
    }
    let bare = trim_start(rest);
    // A process name of at most 15 characters is padded to 16.
    let padded = rest.starts_with(b"  ") && record(bare).is_some();
    let head = [&b"cpus="[..], b"version =", b"CPU "].iter().any(|start| bare.starts_with(start));
    (padded || head || marker(bare).is_some()).then_some((name, bare))
}

/// Counts in the header of the file `trace`: events in the buffer, events written, CPUs.
pub(super) fn counts(comment: &[u8]) -> Option<(u64, u64, u64)> {
    const COUNTS: &[u8] = b"entries-in-buffer/entries-written:";
    let counts = match find(comment, COUNTS) {
        Some(at) => trim_start(&comment[at + COUNTS.len()..]),
        // The latency format: `# latency: 0 us, #5/5, CPU#1 | (.. #P:2)`.
        None => {
            let rest = trim_start(comment.strip_prefix(b"#")?).strip_prefix(b"latency: ")?;
            &rest[find(rest, b", #")? + 3..]
        }
    };
    let (kept, rest) = take_u64(counts)?;
    let (written, _) = rest.strip_prefix(b"/").and_then(take_u64)?;
    let cpus = find(comment, b"#P:").and_then(|at| take_u64(&comment[at + 3..])).map_or(0, |(cpus, _)| cpus);
    Some((kept, written, cpus))
}

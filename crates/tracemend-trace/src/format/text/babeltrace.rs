//! `babeltrace2` text output.
//!
//! ```text
//! [15:27:02.811666181] (+?.?????????) vm sc:entry_openat: { cpu_id = 1 }, { vtid = 9691, procname = "sqlite3" }, { flags = 2 }
//! ```
//!
//! `--clock-seconds`, `--clock-date`, `--clock-gmt`, `--clock-cycles` and `--no-delta` are understood; a time of day that
//! passes midnight goes on growing. This text holds nothing of loss: `babeltrace2` reports it on its standard error, read
//! from [`OpenOptions::warnings_file`](crate::OpenOptions::warnings_file) by [`super::babeltrace_loss`].
//!
//! A kernel event without a thread is of the thread that the last `sched_switch` on its CPU went to, as in CTF.

use super::babeltrace_loss::Loss;
use super::babeltrace_time::{Stamp, stamp};
use super::kernel_log::after_log_stamp;
use super::running::{Running, Task};
use crate::decode::bytes::{find, take_hex, take_i64, take_ret, trim, trim_start, whole_tid};
use crate::decode::clock::DayClock;
use crate::decode::context::{Context, whole_cpu};
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::kernel::call_names::{Name, name};
use crate::{Event, Phase, Symbol};
use rustc_hash::FxHashMap;

/// Maximum number of threads whose call in flight is remembered, for exits without a name of their own.
const MAX_THREADS: usize = 1 << 16;

/// What `babeltrace2` says besides events, where both outputs went into one file.
const REMARKS: &[Remark] = &[
    Remark::new("warnings: `WARNING: Tracer discarded 79 events between ..`", Shape::Begins("WARNING:")),
    Remark::new("errors: `ERROR:    [Babeltrace CLI] (babeltrace2.c:2548)`", Shape::Begins("ERROR:")),
    Remark::new("causes of errors: `CAUSED BY [Babeltrace CLI] (babeltrace2.c:2345)`", Shape::Begins("CAUSED BY ")),
];
/// The beginning of a warning, which `babeltrace2` may write into a line.
const WARNING: &[u8] = b"WARNING: ";

/// The reader's state.
pub(crate) struct Babeltrace {
    clock: DayClock,
    loss: Option<Loss>,
    in_flight: FxHashMap<i32, Symbol>,
    running: Running,
}

impl Babeltrace {
    pub(crate) fn new(loss: Option<Loss>) -> Self {
        Self { clock: DayClock::default(), loss, in_flight: FxHashMap::default(), running: Running::default() }
    }
}

struct Record<'a> {
    stamp: Stamp,
    name: &'a [u8],
    /// All brace groups but the last: contexts.
    contexts: &'a [u8],
    /// The last brace group: the event's own fields.
    fields: &'a [u8],
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let rest = line.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &rest[..rest.len().min(64)])?;
    let stamp = stamp(&rest[..close])?;
    let mut rest = trim_start(&rest[close + 1..]);
    let has_step = rest.starts_with(b"(+") || rest.starts_with(b"(-");
    if has_step {
        rest = trim_start(&rest[memchr::memchr(b')', rest)? + 1..]);
    }
    let (head, groups) = match find(rest, b": {") {
        Some(end) => (&rest[..end], &rest[end + 2..]),
        // Without fields and without the step from the event before, a line of the kernel's log looks like an event.
        None if !has_step && after_log_stamp(line).is_some() && !is_nanoseconds(&line[1..=close]) => return None,
        None => (trim(rest).strip_suffix(b":")?, &rest[rest.len()..]),
    };
    let name = &head[memchr::memrchr(b' ', head).map_or(0, |at| at + 1)..];
    if name.is_empty() {
        return None;
    }
    let mut last = 0;
    let mut end = 0;
    while groups[end..].starts_with(b"{") {
        last = end;
        end += group(&groups[end..])?;
        match groups[end..].strip_prefix(b", ") {
            Some(_) => end += 2,
            None => break,
        }
    }
    // With one group only, it is the stream's context where it names the CPU.
    let only_context = last == 0 && field(groups, b"cpu_id").is_some();
    let (contexts, fields) = if only_context { (groups, &groups[groups.len()..]) } else { groups.split_at(last) };
    Some(Record { stamp, name, contexts, fields })
}

/// Whether a time has nine decimals, as `babeltrace2` prints it; the kernel's log has six.
fn is_nanoseconds(stamp: &[u8]) -> bool {
    memchr::memrchr(b'.', stamp).is_some_and(|point| stamp.len() - point - 1 == 9)
}

/// How long the brace group at the start of `text` is.
fn group(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at += string(&text[at..])?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Distance from an opening quote to its closing one.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The value of a field of the outermost level, up to its comma or brace.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at += string(&text[at..])?,
            b' ' if depth == 1 && text[at + 1..].starts_with(name) => {
                if let Some(value) = text[at + 1 + name.len()..].strip_prefix(b" = ") {
                    if value.first() == Some(&b'"') {
                        return Some(&value[..=string(value)?]);
                    }
                    let end = value.iter().position(|b| matches!(b, b',' | b' ' | b'}')).unwrap_or(value.len());
                    return Some(&value[..end]);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The value of a field without its quotes.
fn text<'a>(fields: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    field(fields, name).and_then(|text| text.strip_prefix(b"\"")?.strip_suffix(b"\""))
}

fn number(value: &[u8]) -> Option<i64> {
    match take_hex(value) {
        Some((value, _)) => Some(value as i64),
        None => take_i64(value).map(|(value, _)| value),
    }
}

impl LineFormat for Babeltrace {
    const NOUN: &'static str = "babeltrace2 text";
    const REMARKS: &'static [Remark] = REMARKS;

    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let Some(record) = record(line) else {
            return self.other(line, at);
        };
        let time_ns = match record.stamp {
            Stamp::Absolute(ns) => ns,
            Stamp::OfDay(ns) => self.clock.since_first_midnight(ns),
        };
        let cpu = field(record.contexts, b"cpu_id").or_else(|| field(record.fields, b"cpu_id"));
        let cpu = cpu.and_then(whole_cpu);
        let provider = &record.name[..memchr::memchr(b':', record.name).unwrap_or(0)];
        if let Some(loss) = &mut self.loss
            && loss.reach(context, cpu, provider, time_ns)
            && let Some(cpu) = cpu
        {
            // The switch to the present thread may be among the lost events.
            self.running.forget(cpu);
        }
        let tid = [&b"vtid"[..], b"tid", b"perf_tid"]
            .iter()
            .find_map(|key| field(record.contexts, key))
            .or_else(|| field(record.fields, b"perf_tid"))
            .and_then(whole_tid);
        let comm = text(record.contexts, b"procname").map(|comm| context.name(comm));
        // Events of user space are of threads of their own.
        let (tid, comm) = match cpu.filter(|_| provider.is_empty()) {
            Some(cpu) => {
                let task = self.running.of_event(cpu, switch(context, &record));
                (tid.or(task.tid), comm.or(task.comm))
            }
            None => (tid, comm),
        };
        let ret = || field(record.fields, b"ret").and_then(take_ret);
        let (phase, symbol, ret) = match name(record.name) {
            Name::Call(Phase::Entry, call) => (Phase::Entry, context.name(call), None),
            Name::Call(phase, call) => (phase, context.name(call), ret()),
            Name::Number(phase) => match field(record.fields, b"id").and_then(number) {
                Some(number) => (phase, context.call(number), if phase == Phase::Exit { ret() } else { None }),
                None => (Phase::Point, context.name(record.name), None),
            },
            Name::EndOfCall => match tid.and_then(|tid| self.in_flight.remove(&tid)) {
                Some(call) => (Phase::Exit, call, ret()),
                None => (Phase::Exit, context.name(record.name), ret()),
            },
            Name::Other => (Phase::Point, context.name(record.name), None),
        };
        if let (Phase::Entry, Some(tid)) = (phase, tid)
            && (self.in_flight.len() < MAX_THREADS || self.in_flight.contains_key(&tid))
        {
            self.in_flight.insert(tid, symbol);
        }
        let raw = record.name.starts_with(b"raw_syscalls:");
        let twice = phase != Phase::Point && tid.is_some_and(|tid| context.is_recorded_twice(tid, raw, symbol, phase));
        let (phase, symbol) = if twice { (Phase::Point, context.name(record.name)) } else { (phase, symbol) };
        let stream = context.stream_of(cpu, time_ns);
        Parsed::Event(Event { cpu, tid, comm, ret, offset: at.offset, ..Event::new(time_ns, stream, symbol, phase) })
    }

    fn end(&mut self, context: &mut Context) {
        match &mut self.loss {
            Some(loss) => loss.finish(context),
            None => context.warn(
                "babeltrace2 text holds nothing of lost events: keep its standard error too \
                 (`babeltrace2 TRACE >text 2>warnings`) and name that file with the option `warnings`"
                    .into(),
            ),
        }
    }
}

/// The threads before and after a context switch.
fn switch(context: &mut Context, record: &Record<'_>) -> Option<(Task, Task)> {
    if record.name != b"sched_switch" {
        return None;
    }
    let mut task = |tid: &[u8], comm: &[u8]| Task {
        tid: field(record.fields, tid).and_then(whole_tid),
        comm: text(record.fields, comm).map(|comm| context.name(comm)),
    };
    Some((task(b"prev_tid", b"prev_comm"), task(b"next_tid", b"next_comm")))
}

impl Babeltrace {
    /// A line that is no event: a warning, by itself or written into a line.
    #[cold]
    fn other(&mut self, line: &[u8], at: Position) -> Parsed {
        let Some(begun) = find(line, WARNING) else { return Parsed::Unknown };
        if let Some(loss) = Loss::parse_line(&line[begun..]) {
            self.loss.get_or_insert_default().add(loss, at.offset);
        }
        if begun == 0 { Parsed::Remark } else { Parsed::Broken(begun) }
    }
}

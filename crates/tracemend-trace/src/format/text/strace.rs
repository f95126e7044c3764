//! strace text with times: `strace -f -ttt`, `-tt`, `-t` or `-r`.
//!
//! ```text
//! 19787 1795361765.148383 mmap(NULL, 8192, PROT_READ, ..) = 0x7f87a13f3000
//! [pid 19788] 1795361765.158108 getpid( <unfinished ...>
//! [pid 19788] 1795361765.158237 <... getpid resumed>) = 19788
//! 19787 1795361765.330645 +++ exited with 0 +++
//! ```
//!
//! The two halves of a call are joined into one event with the time of its beginning, given out when it ends. strace stops
//! the traced process for every call and loses none; only the file can be cut off.

use crate::decode::bytes::{digits, find, take_seconds, trim, trim_end, trim_start, whole_tid};
use crate::decode::clock::{DayClock, take_time_of_day};
use crate::decode::context::Context;
use crate::decode::errno;
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Event, Phase};
use rustc_hash::FxHashMap;

/// Maximum number of bytes of unfinished lines kept; beyond it all unfinished calls are given out as they are.
const MAX_HELD: usize = 8 << 20;
/// Below this many seconds a time is no date but a step (`-r`).
const FIRST_DATE_NS: i64 = 100_000_000 * 1_000_000_000;

/// The reader's state.
#[derive(Default)]
pub(crate) struct Strace {
    unfinished: FxHashMap<i32, (Event, Vec<u8>)>,
    held: usize,
    clock: DayClock,
    /// With `-r`: the time so far.
    relative: Option<i64>,
    begun: bool,
    /// Both lines of the call joined last.
    joined: Option<Vec<u8>>,
}

struct Record<'a> {
    tid: Option<i32>,
    comm: Option<&'a [u8]>,
    time: Time,
    text: &'a [u8],
}

enum Time {
    Seconds(i64),
    OfDay(i64),
}

/// `[pid 12] ..`, `12 ..` or neither, then the time.
fn record(line: &[u8]) -> Option<Record<'_>> {
    let line = trim_start(line);
    let (tid, comm, rest) = match line.strip_prefix(b"[pid") {
        Some(rest) => {
            let close = find(rest, b"] ")?;
            let (tid, comm) = thread(trim(&rest[..close]))?;
            (Some(tid), comm, &rest[close + 2..])
        }
        None => {
            let space = memchr::memchr(b' ', line)?;
            match thread(&line[..space]) {
                // A number alone is a thread only if a time follows it; `-r` and `-ttt` have a point in theirs.
                Some((tid, comm)) => (Some(tid), comm, &line[space..]),
                None => (None, None, line),
            }
        }
    };
    let rest = trim_start(rest);
    let (time, rest) = match take_time_of_day(rest) {
        Some((ns, rest)) => (Time::OfDay(ns), rest),
        None => take_seconds(rest).map(|(ns, rest)| (Time::Seconds(ns), rest))?,
    };
    // With -r and -ttt both, the step stands in brackets.
    let rest = trim_start(rest.strip_prefix(b" ")?);
    let rest = match rest.strip_prefix(b"(+") {
        Some(step) => trim_start(&step[find(step, b")")? + 1..]),
        None => rest,
    };
    Some(Record { tid, comm, time, text: trim_end(rest) })
}

/// `12` or, with `-Y`, `12<bash>`.
fn thread(text: &[u8]) -> Option<(i32, Option<&[u8]>)> {
    let (number, rest) = text.split_at(digits(text));
    let comm = match rest {
        b"" => None,
        rest => Some(rest.strip_prefix(b"<")?.strip_suffix(b">")?),
    };
    Some((whole_tid(number)?, comm))
}

enum What<'a> {
    /// A whole call: name, result, seconds it took.
    Call(&'a [u8], Option<i64>, Option<u64>),
    Unfinished(&'a [u8]),
    Resumed(&'a [u8], Option<i64>, Option<u64>),
    Point(&'a [u8]),
}

fn what(text: &[u8]) -> Option<What<'_>> {
    if let Some(inner) = text.strip_prefix(b"--- ") {
        // `SIGCHLD {..} ---`, `stopped by SIGSTOP ---`
        let inner = inner.strip_suffix(b" ---")?;
        return Some(What::Point(word(inner)));
    }
    if let Some(inner) = text.strip_prefix(b"+++ ") {
        return Some(What::Point(word(inner.strip_suffix(b" +++")?)));
    }
    if let Some(inner) = text.strip_prefix(b"<... ") {
        let end = find(inner, b" resumed")?;
        let (ret, dur) = result(&inner[end..]).unwrap_or((None, None));
        return Some(What::Resumed(&inner[..end], ret, dur));
    }
    let end = memchr::memchr(b'(', text)?;
    let name = &text[..end];
    if name.is_empty() || !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'?' | b'.')) {
        return None;
    }
    if text.ends_with(b"<unfinished ...>") {
        return Some(What::Unfinished(name));
    }
    let (ret, dur) = result(&text[end..])?;
    Some(What::Call(name, ret, dur))
}

fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b' ', text).unwrap_or(text.len())]
}

/// Result and duration after the last `) = `.
fn result(text: &[u8]) -> Option<(Option<i64>, Option<u64>)> {
    let mut end = text.len();
    loop {
        let equals = memchr::memmem::rfind(&text[..end], b"= ")?;
        if trim_end(&text[..equals]).ends_with(b")") {
            let result = &text[equals + 2..];
            return Some((errno::result(result), duration(result)));
        }
        end = equals;
    }
}

/// `<0.000123>` at the end, with `-T`.
fn duration(text: &[u8]) -> Option<u64> {
    let inner = text.strip_suffix(b">")?;
    let open = memchr::memrchr(b'<', inner)?;
    let (ns, rest) = take_seconds(&inner[open + 1..])?;
    (rest.is_empty() && inner[open..].contains(&b'.')).then_some(ns as u64)
}

/// Whether a line is of this format.
pub(crate) fn is_line(line: &[u8]) -> bool {
    record(line).is_some_and(|record| what(record.text).is_some())
}

impl Strace {
    fn time(&mut self, time: Time) -> i64 {
        let first = !std::mem::replace(&mut self.begun, true);
        match time {
            Time::OfDay(ns) => self.clock.since_first_midnight(ns),
            Time::Seconds(ns) if first && ns < FIRST_DATE_NS => {
                self.relative = Some(ns);
                ns
            }
            Time::Seconds(ns) => match &mut self.relative {
                Some(so_far) => {
                    *so_far = so_far.saturating_add(ns);
                    *so_far
                }
                None => ns,
            },
        }
    }

    fn give_up(&mut self, context: &mut Context, thread: i32) {
        if let Some((event, line)) = self.unfinished.remove(&thread) {
            self.held -= line.len();
            context.give_event(event, line);
        }
    }

    /// The name of a call: `syscall_0x1b3` is a number strace has no name for.
    fn name(context: &mut Context, name: &[u8]) -> crate::Symbol {
        let number = name.strip_prefix(b"syscall_").and_then(crate::decode::bytes::take_hex);
        match number {
            Some((number, b"")) => context.call(number as i64),
            _ => context.name(name),
        }
    }
}

impl LineFormat for Strace {
    const NOUN: &'static str = "strace text with times (-ttt)";

    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        self.joined = None;
        let Some((record, what)) = record(line).and_then(|record| what(record.text).map(|what| (record, what))) else {
            let text = trim(line);
            let passed = text.is_empty() || text.starts_with(b"strace: ") || find(text, b"strace: Process ").is_some();
            return if passed { Parsed::Nothing } else { Parsed::Unknown };
        };
        let time_ns = self.time(record.time);
        let thread = record.tid.unwrap_or(-1);
        let mut event = Event {
            tid: record.tid,
            comm: record.comm.map(|comm| context.name(comm)),
            offset: at.offset,
            ..Event::new(time_ns, context.all(), crate::Symbol(0), Phase::Call)
        };
        match what {
            What::Call(name, ret, dur) => {
                self.give_up(context, thread);
                Parsed::Event(Event { name: Self::name(context, name), ret, dur_ns: dur, ..event })
            }
            What::Unfinished(name) => {
                self.give_up(context, thread);
                event.name = Self::name(context, name);
                if self.held + line.len() > MAX_HELD {
                    self.end(context);
                }
                self.held += line.len();
                self.unfinished.insert(thread, (event, line.to_vec()));
                Parsed::Nothing
            }
            What::Resumed(name, ret, dur) => {
                event.name = Self::name(context, name);
                match self.unfinished.remove(&thread) {
                    Some((begun, mut lines)) if begun.name == event.name => {
                        self.held -= lines.len();
                        lines.push(b'\n');
                        lines.extend_from_slice(line);
                        self.joined = Some(lines);
                        let took = u64::try_from(time_ns.saturating_sub(begun.time_ns)).ok();
                        Parsed::Event(Event { ret, dur_ns: dur.or(took), ..begun })
                    }
                    other => {
                        if let Some((begun, lines)) = other {
                            self.held -= lines.len();
                            context.give_event(begun, lines);
                        }
                        // Begun before the trace, or by a thread that took the number over (execve).
                        Parsed::Event(Event { ret, ..event })
                    }
                }
            }
            What::Point(name) => {
                // A signal can arrive in the middle of a call; the end of the thread ends its call too.
                if record.text.starts_with(b"+++") {
                    self.give_up(context, thread);
                }
                Parsed::Event(Event { name: context.name(name), phase: Phase::Point, ..event })
            }
        }
    }

    fn end(&mut self, context: &mut Context) {
        let mut held: Vec<_> = self.unfinished.drain().map(|(_, held)| held).collect();
        self.held = 0;
        held.sort_by_key(|(event, _)| event.offset);
        for (event, line) in held {
            context.give_event(event, line);
        }
    }

    fn record(&self) -> Option<&[u8]> {
        self.joined.as_deref()
    }
}

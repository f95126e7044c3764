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
//!
//! On a terminal (`2>&1`) the traced program writes between strace's lines, and into them:
//!
//! ```text
//! 1795361765.148383 write(1, "hello\n", 6hello
//! )                 = 6
//! ```

use super::strace_line::{Record, Time, What, call_name, record, what};
use crate::decode::bytes::{find, take_u64, trim, trim_start, whole_tid};
use crate::decode::clock::DayClock;
use crate::decode::context::Context;
use crate::decode::draft::{Draft, Span};
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape, is_remark, is_row, is_rule};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Event, Phase};
use rustc_hash::FxHashMap;
use std::path::Path;

/// Maximum number of bytes of unfinished lines kept; beyond it all unfinished calls are given out as they are.
const MAX_HELD: usize = 8 << 20;
/// Below this many seconds a time is no date but a step (`-r`).
const FIRST_DATE_NS: i64 = 100_000_000 * 1_000_000_000;

/// What strace writes besides calls.
const REMARKS: &[Remark] = &[
    Remark::new(
        "stacks (`-k`): ` > /usr/lib/libc.so.6(read+0x1a) [0xf0d1a]`",
        Shape::Like(|line| trim_start(line).starts_with(b"> ")),
    ),
    Remark::new("notes: `strace: Process 300 attached with 2 threads`", Shape::Begins("strace: ")),
    Remark::new(
        "notes behind the column of threads: `[pid 300] strace: Process 301 attached`",
        Shape::Holds("strace: Process "),
    ),
    Remark::new("notes before version 4.15: `Process 300 attached - interrupt to quit`", Shape::Like(is_old_note)),
    Remark::new("the kind of process: `[ Process PID=300 runs in 32 bit mode. ]`", Shape::Holds("[ Process PID=")),
    Remark::new(
        "the summary (`-c`, `-C`), its head: `% time     seconds  usecs/call     calls    errors syscall`",
        Shape::Begins("% time "),
    ),
    Remark::new(
        "the summary's title: `System call usage summary for 64 bit mode:`",
        Shape::Begins("System call usage summary"),
    ),
    Remark::new("the summary's rows: ` 40.00    0.000012           4         3           read`", Shape::Like(is_row)),
    Remark::new("the summary's rules: `------ -----------`", Shape::Like(is_rule)),
];

/// `Process 300 attached`, `Process 300 detached` and what follows.
fn is_old_note(line: &[u8]) -> bool {
    let number = trim(line).strip_prefix(b"Process ").and_then(take_u64);
    number.is_some_and(|(_, rest)| {
        [&b" attached"[..], b" detached", b" suspended", b" resumed"].iter().any(|what| rest.starts_with(what))
    })
}

/// A line, taken apart: its columns, and what it reports.
pub(crate) struct StraceDraft(Option<(Record<Span>, Option<What<Span>>)>);

impl Draft for StraceDraft {
    #[inline]
    fn of(line: &[u8]) -> Self {
        let span = |part| Span::of(part, line);
        Self(record(line).map(|record| (record.map(span), what(record.text).map(|what| what.map(span)))))
    }
}

/// The reader's state.
#[derive(Default)]
pub(crate) struct Strace {
    /// The thread of lines that name none: `-ff` writes a file for each, and its number behind the file's name.
    file_tid: Option<i32>,
    /// Whether the traced program may have written between the lines: they have no column that says whose they are, or one
    /// as on a terminal.
    on_terminal: bool,
    /// Lines of the traced program.
    foreign: u64,
    /// A call's line that ends before its result.
    begun_line: Option<(Vec<u8>, Position)>,
    unfinished: FxHashMap<i32, (Event, Vec<u8>)>,
    held: usize,
    clock: DayClock,
    /// With `-r`: the time so far.
    relative: Option<i64>,
    begun: bool,
    /// Both lines of the call joined last.
    joined: Option<Vec<u8>>,
}

/// The thread that `-ff` put behind a file's name: `trace.11274`.
pub(crate) fn file_tid(path: &Path) -> Option<i32> {
    path.extension().and_then(|number| whole_tid(number.as_encoded_bytes())).filter(|&tid| tid > 0)
}

impl Strace {
    /// A reader of a file of this name.
    pub(crate) fn new(path: &Path) -> Self {
        Self { file_tid: file_tid(path), ..Self::default() }
    }

    fn time(&mut self, time: &Time) -> i64 {
        let first = !std::mem::replace(&mut self.begun, true);
        match *time {
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
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = StraceDraft;

    fn line(&mut self, context: &mut Context, line: &[u8], draft: &StraceDraft, at: Position) -> Parsed {
        self.joined = None;
        let text = |span: Span| span.in_line(line);
        let Some((record, what)) = draft.0 else {
            return self.other(context, line);
        };
        let record = record.map(text);
        let Some(what) = what.map(|what| what.map(text)) else {
            return self.begun(context, line, at, &record);
        };
        self.give_begun(context);
        self.call(context, &record, what, line, at)
    }

    fn end(&mut self, context: &mut Context) {
        self.give_begun(context);
        self.give_unfinished(context);
        if self.foreign > 0 {
            context.warn(format!(
                "{} lines are not strace's own and were taken for the traced program's output; `strace -o FILE` keeps both apart",
                self.foreign
            ));
        }
    }

    fn record(&self) -> Option<&[u8]> {
        self.joined.as_deref()
    }
}

impl Strace {
    /// Gives out the calls that never ended.
    fn give_unfinished(&mut self, context: &mut Context) {
        let mut held: Vec<_> = self.unfinished.drain().map(|(_, held)| held).collect();
        self.held = 0;
        held.sort_by_key(|(event, _)| event.offset);
        for (event, line) in held {
            context.give_event(event, line);
        }
    }

    /// A call, whole or in part, or what else has a time.
    fn call(
        &mut self,
        context: &mut Context,
        record: &Record<&[u8]>,
        what: What<&[u8]>,
        line: &[u8],
        at: Position,
    ) -> Parsed {
        self.on_terminal |= self.file_tid.is_none() && (record.tid.is_none() || trim_start(line).starts_with(b"[pid"));
        let time_ns = self.time(&record.time);
        let tid = record.tid.or(self.file_tid);
        let thread = tid.unwrap_or(-1);
        let mut event = Event {
            tid,
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
                    self.give_unfinished(context);
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

    /// A line with a time whose call has no result: something else was written behind its beginning.
    #[cold]
    fn begun(&mut self, context: &mut Context, line: &[u8], at: Position, record: &Record<&[u8]>) -> Parsed {
        if !at.ended || call_name(record.text).is_none() {
            return Parsed::Unknown;
        }
        self.give_begun(context);
        let end = find(line, b"strace: Process ").unwrap_or(line.len());
        self.begun_line = Some((line[..end].to_vec(), at));
        Parsed::Nothing
    }

    /// No line was the rest of the one begun: its result was written into another writer's line.
    fn give_begun(&mut self, context: &mut Context) {
        let Some((line, at)) = self.begun_line.take() else { return };
        if let Some(record) = record(&line)
            && let Some(name) = call_name(record.text)
            && let Parsed::Event(event) = self.call(context, &record, What::Call(name, None, None), &line, at)
        {
            context.give_event(event, line);
        }
    }

    /// A line without a time: the rest of a call's line, a note of strace's, or output of the traced program.
    #[cold]
    fn other(&mut self, context: &mut Context, line: &[u8]) -> Parsed {
        let text = trim(line);
        let ends_a_call =
            text.starts_with(b")") || text.ends_with(b"<detached ...>") || text.ends_with(b"<unfinished ...>");
        if ends_a_call && let Some((begun, at)) = self.begun_line.take() {
            let whole = [&begun, line].concat();
            if let Some(record) = record(&whole)
                && let Some(what) = what(record.text)
            {
                let parsed = self.call(context, &record, what, &whole, at);
                self.joined.get_or_insert_with(|| whole.clone());
                return parsed;
            }
            self.begun_line = Some((begun, at));
            return Parsed::Foreign;
        }
        if is_remark(REMARKS, line) {
            self.on_terminal |= self.file_tid.is_none() && text.starts_with(b"strace: ");
            return Parsed::Remark;
        }
        if self.on_terminal {
            self.foreign += 1;
            return Parsed::Foreign;
        }
        Parsed::Unknown
    }
}

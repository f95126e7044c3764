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

use super::babeltrace_line::{BabeltraceDraft, Columns};
use super::babeltrace_loss::Loss;
use super::babeltrace_time::Stamp;
use super::running::{Running, Task};
use crate::decode::bytes::find;
use crate::decode::clock::DayClock;
use crate::decode::context::Context;
use crate::decode::draft::Span;
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

impl LineFormat for Babeltrace {
    const NOUN: &'static str = "babeltrace2 text";
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = BabeltraceDraft;

    fn line(&mut self, context: &mut Context, line: &[u8], draft: &BabeltraceDraft, at: Position) -> Parsed {
        let Some(columns) = &draft.0 else {
            return self.other(line, at);
        };
        let &Columns { stamp, name: full, cpu, tid, comm, number, ret, switch } = columns;
        let full = full.in_line(line);
        let time_ns = match stamp {
            Stamp::Absolute(ns) => ns,
            Stamp::OfDay(ns) => self.clock.since_first_midnight(ns),
        };
        let provider = &full[..memchr::memchr(b':', full).unwrap_or(0)];
        if let Some(loss) = &mut self.loss
            && loss.reach(context, cpu, provider, time_ns)
            && let Some(cpu) = cpu
        {
            // The switch to the present thread may be among the lost events.
            self.running.forget(cpu);
        }
        let comm = comm.map(|comm| context.name(comm.in_line(line)));
        // Events of user space are of threads of their own.
        let (tid, comm) = match cpu.filter(|_| provider.is_empty()) {
            Some(cpu) => {
                let mut task = |(tid, comm): (_, Option<Span>)| Task {
                    tid,
                    comm: comm.map(|comm| context.name(comm.in_line(line))),
                };
                let switch = switch.map(|[previous, next]| (task(previous), task(next)));
                let task = self.running.of_event(cpu, switch);
                (tid.or(task.tid), comm.or(task.comm))
            }
            None => (tid, comm),
        };
        let (phase, symbol, ret) = match name(full) {
            Name::Call(phase, call) => (phase, context.name(call), ret),
            Name::Number(phase) => match number {
                Some(number) => (phase, context.call(number), ret),
                None => (Phase::Point, context.name(full), None),
            },
            Name::EndOfCall => match tid.and_then(|tid| self.in_flight.remove(&tid)) {
                Some(call) => (Phase::Exit, call, ret),
                None => (Phase::Exit, context.name(full), ret),
            },
            Name::Other => (Phase::Point, context.name(full), None),
        };
        if let (Phase::Entry, Some(tid)) = (phase, tid)
            && (self.in_flight.len() < MAX_THREADS || self.in_flight.contains_key(&tid))
        {
            self.in_flight.insert(tid, symbol);
        }
        let raw = full.starts_with(b"raw_syscalls:");
        let twice = phase != Phase::Point && tid.is_some_and(|tid| context.is_recorded_twice(tid, raw, symbol, phase));
        let (phase, symbol) = if twice { (Phase::Point, context.name(full)) } else { (phase, symbol) };
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

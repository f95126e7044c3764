//! What every format but CTF keeps while it reads: names, streams, and the gaps that are still open.

use super::arch::Arch;
use super::ends_of_calls::{EndOfCall, EndsOfCalls};
use super::lines::Position;
use super::names::Names;
use crate::decode::bytes::whole_u64;
use crate::{Cause, Event, Format, Gap, Item, Lost, Phase, StreamId, StreamInfo, Symbol, TraceError, TraceHeader};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Highest CPU number taken for one: a table is indexed by it.
pub(crate) const MAX_CPU: u32 = 1 << 14;

/// A number as a CPU, if it can be one.
pub(crate) fn possible_cpu(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|&cpu| cpu < MAX_CPU)
}

/// A text as a CPU, if it can be one.
pub(crate) fn whole_cpu(text: &[u8]) -> Option<u32> {
    whole_u64(text).and_then(possible_cpu)
}
/// Maximum number of announcements of loss kept apart while no event closes them; later ones are added to the last.
const MAX_OPEN: usize = 1 << 12;
/// Maximum number of buffers told apart, the nameless one included: each has a table of CPUs.
const MAX_BUFFERS: usize = 1 << 6;
/// Maximum number of warnings kept in a header.
const MAX_WARNINGS: usize = 64;

/// One CPU's place in the input.
#[derive(Default)]
struct Lane {
    stream: Option<StreamId>,
    last_ns: Option<i64>,
    open: Vec<Gap>,
}

/// One buffer's CPUs.
#[derive(Default)]
struct Buffer {
    name: String,
    lanes: Vec<Lane>,
}

/// A run of lines that are not of the format.
pub(crate) struct Damage {
    pub(crate) first: Position,
    pub(crate) lines: u64,
    pub(crate) reason: String,
}

/// What the readers of all these formats share.
pub(crate) struct Context {
    pub(crate) header: TraceHeader,
    /// The input, as messages name it.
    pub(crate) path: PathBuf,
    names: Names,
    /// The architecture that was asked for, where one was.
    asked: Option<Arch>,
    /// Items made and not yet given out, with their record where it is not the line just read.
    pub(crate) queue: VecDeque<(Item, Option<Vec<u8>>)>,
    /// The buffers (ring buffer instances, files printed together) that have CPUs of their own; the first has no name.
    buffers: Vec<Buffer>,
    /// The buffer of the line being read.
    buffer: usize,
    /// Open gaps in `lanes`: most of the time none, and nothing needs to be looked up.
    open_lanes: usize,
    /// Open gaps of no known CPU; the next event closes them.
    open_anywhere: Vec<Gap>,
    pub(crate) damage: Option<Damage>,
    /// Gaps of unread lines that are given out at the end, unless all events turn out to have been read.
    held_damage: Vec<Gap>,
    /// How many events the input's own header counts, where it does.
    counted: Option<u64>,
    /// Time of the latest event given out; for a whole call the time it ended.
    pub(crate) seen_ns: Option<i64>,
    pub(crate) events: u64,
    gaps: u32,
    all: Option<StreamId>,
    ends_of_calls: EndsOfCalls,
}

impl Context {
    pub(crate) fn new(format: Format, arch: Option<Arch>, path: PathBuf) -> Self {
        Self {
            header: TraceHeader::new(format),
            path,
            names: Names::new(arch.unwrap_or_default()),
            asked: arch,
            queue: VecDeque::new(),
            buffers: vec![Buffer::default()],
            buffer: 0,
            ends_of_calls: EndsOfCalls::default(),
            open_lanes: 0,
            open_anywhere: Vec::new(),
            damage: None,
            held_damage: Vec::new(),
            counted: None,
            seen_ns: None,
            events: 0,
            gaps: 0,
            all: None,
        }
    }

    /// The file says on which machine it was recorded, by the name that `uname -m` has for it.
    pub(crate) fn recorded_on(&mut self, machine: &str) {
        let machine: String = machine.chars().take(64).collect();
        let arch = Arch::of_machine(&machine);
        if self.asked.is_none() {
            self.names.set_arch(arch);
            if arch == Arch::Unknown {
                let path = self.path.display();
                self.warn(format!(
                    "{path}: recorded on {machine}, whose system calls are not known here: they are named by their numbers. The \
                     option `arch` names them as on another machine"
                ));
            }
        }
        self.header.machine = Some(machine);
    }

    /// The symbol of an event's or a process's name.
    #[inline]
    pub(crate) fn name(&mut self, name: &[u8]) -> Symbol {
        self.names.symbol(&mut self.header.symbols, name)
    }

    /// The symbol of a system call given by number.
    #[inline]
    pub(crate) fn call(&mut self, number: i64) -> Symbol {
        self.names.call(&mut self.header.symbols, number)
    }

    /// The one stream of a format that does not tell streams apart.
    pub(crate) fn all(&mut self) -> StreamId {
        let header = &mut self.header;
        *self.all.get_or_insert_with(|| header.add_stream(StreamInfo { name: "all".into(), cpu: None }))
    }

    fn lane(&mut self, cpu: u32) -> (StreamId, &mut Lane) {
        let index = cpu as usize;
        let Buffer { name, lanes } = &mut self.buffers[self.buffer];
        if index >= lanes.len() {
            lanes.resize_with(index + 1, Lane::default);
        }
        let lane = &mut lanes[index];
        let header = &mut self.header;
        let stream = *lane.stream.get_or_insert_with(|| match name.as_str() {
            "" => header.cpu_stream(cpu),
            name => header.add_stream(StreamInfo { name: format!("{name}/cpu{cpu}"), cpu: Some(cpu) }),
        });
        (stream, lane)
    }

    /// What follows is of this buffer, which has CPUs of its own; the main one has no name.
    #[inline]
    pub(crate) fn enter_buffer(&mut self, name: &[u8]) {
        if name.is_empty() && self.buffer == 0 {
            return;
        }
        self.find_buffer(name);
    }

    #[cold]
    fn find_buffer(&mut self, name: &[u8]) {
        if self.buffers[self.buffer].name.as_bytes() == name {
            return;
        }
        self.buffer = match self.buffers.iter().position(|buffer| buffer.name.as_bytes() == name) {
            Some(known) => known,
            None if self.buffers.len() < MAX_BUFFERS => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.buffers.push(Buffer { name, lanes: Vec::new() });
                self.buffers.len() - 1
            }
            None => self.buffers.len() - 1,
        };
    }

    /// Whether an end of a call was recorded already, by the other of the kernel's two tracepoints (`raw` or by the call's
    /// name): the second record is an event of its own, and no second end.
    #[inline]
    pub(crate) fn is_recorded_twice(&mut self, tid: i32, raw: bool, name: Symbol, phase: Phase) -> bool {
        self.ends_of_calls.is_second(tid, EndOfCall { raw, name, phase })
    }

    /// The stream of a CPU on which a record of this time was found: gaps open there end with it.
    #[inline]
    pub(crate) fn reach(&mut self, cpu: u32, time_ns: i64) -> StreamId {
        if self.open_lanes > 0 {
            self.close_lane(cpu, time_ns);
        }
        let (stream, lane) = self.lane(cpu);
        lane.last_ns = Some(time_ns);
        stream
    }

    /// The stream of a record whose format may not tell its CPU.
    #[inline]
    pub(crate) fn stream_of(&mut self, cpu: Option<u32>, time_ns: i64) -> StreamId {
        match cpu {
            Some(cpu) => self.reach(cpu, time_ns),
            None => self.all(),
        }
    }

    #[cold]
    fn close_lane(&mut self, cpu: u32, time_ns: i64) {
        let open = std::mem::take(&mut self.lane(cpu).1.open);
        self.open_lanes -= open.len();
        for gap in open {
            self.emit(gap, Some(time_ns));
        }
    }

    /// The stream of a CPU, and its latest record so far.
    pub(crate) fn last_of(&mut self, cpu: u32) -> (StreamId, Option<i64>) {
        let (stream, lane) = self.lane(cpu);
        (stream, lane.last_ns)
    }

    /// Loss announced on a CPU: it lies between that CPU's last record and its next.
    pub(crate) fn lose(&mut self, cpu: u32, lost: Lost, cause: Cause, offset: u64) {
        let (stream, lane) = self.lane(cpu);
        let gap =
            Gap { stream: Some(stream), cpu: Some(cpu), begin_ns: lane.last_ns, ..Gap::new(0, lost, cause, offset) };
        if !add_to_last(&mut lane.open, &gap) {
            lane.open.push(gap);
            self.open_lanes += 1;
        }
    }

    /// Loss announced by a record of its own at `time_ns`: room had come back by then.
    pub(crate) fn lose_before(&mut self, cpu: u32, time_ns: i64, lost: Lost, cause: Cause, offset: u64) {
        // A second record of loss with no event in between: the first one's events were lost before its own time.
        let reached = self.lane(cpu).1.open.first().and_then(|gap| gap.end_ns);
        if let Some(reached) = reached {
            self.close_lane(cpu, reached);
            self.lane(cpu).1.last_ns = Some(reached);
        }
        self.lose(cpu, lost, cause, offset);
        if let Some(gap) = self.lane(cpu).1.open.last_mut() {
            gap.end_ns = Some(time_ns);
        }
    }

    /// Loss announced for no known CPU: it lies between the line before and the line after.
    pub(crate) fn lose_anywhere(&mut self, lost: Lost, cause: Cause, offset: u64) {
        let gap = Gap { begin_ns: self.seen_ns, ..Gap::new(0, lost, cause, offset) };
        if !add_to_last(&mut self.open_anywhere, &gap) {
            self.open_anywhere.push(gap);
        }
    }

    /// Gives a finished gap out.
    pub(crate) fn give_gap(&mut self, mut gap: Gap) {
        // Clocks that go backwards must not turn an interval around.
        if let (Some(begin), Some(end)) = (gap.begin_ns, gap.end_ns) {
            gap.end_ns = Some(end.max(begin));
        }
        gap.id = self.gaps;
        self.gaps = self.gaps.saturating_add(1);
        self.queue.push_back((Item::Gap(gap), Some(Vec::new())));
    }

    fn emit(&mut self, gap: Gap, next_ns: Option<i64>) {
        // A record of loss has an end of its own.
        let end_ns = match (gap.end_ns, next_ns) {
            (Some(own), Some(next)) => Some(own.min(next)),
            (_, next) => next,
        };
        self.give_gap(Gap { end_ns, ..gap });
    }

    /// A line that is not of the format.
    pub(crate) fn damaged(&mut self, at: Position, reason: impl FnOnce() -> String) {
        match &mut self.damage {
            Some(damage) => damage.lines += 1,
            None => self.damage = Some(Damage { first: at, lines: 1, reason: reason() }),
        }
    }

    /// The input's header counts its events.
    pub(crate) fn count_is(&mut self, events: u64) {
        self.counted = Some(events);
    }

    /// Called before an event is given out: ends what the event ends.
    #[inline]
    pub(crate) fn before(&mut self, event: &Event) {
        let seen_ns =
            event.time_ns.saturating_add(event.dur_ns.map_or(0, |dur| i64::try_from(dur).unwrap_or(i64::MAX)));
        // A whole call is printed when it ends, so what was lost before its line was lost before its end.
        if self.damage.is_some() || !self.open_anywhere.is_empty() {
            self.close_anywhere(Some(seen_ns));
        }
        self.seen_ns = Some(seen_ns);
        self.events += 1;
    }

    #[cold]
    fn close_anywhere(&mut self, next_ns: Option<i64>) {
        let mut open = std::mem::take(&mut self.open_anywhere);
        if let Some(damage) = self.damage.take() {
            let Damage { first: Position { line, offset, .. }, lines, reason } = damage;
            let count = if lines == 1 { String::new() } else { format!(" and {} more lines", lines - 1) };
            let cause = Cause::Damaged(format!("line {line} (byte {offset}){count}: {reason}"));
            let gap =
                Gap { begin_ns: self.seen_ns, unread_lines: Some(lines), ..Gap::new(0, Lost::Unknown, cause, offset) };
            if self.counted.is_some() && self.held_damage.len() < MAX_OPEN {
                self.held_damage.push(Gap { end_ns: next_ns, ..gap });
            } else {
                open.push(gap);
            }
        }
        for gap in open {
            self.emit(gap, next_ns);
        }
    }

    /// Gives an event out whose record is not the line just read.
    pub(crate) fn give_event(&mut self, event: Event, record: Vec<u8>) {
        self.before(&event);
        self.queue.push_back((Item::Event(event), Some(record)));
    }

    /// Called at the end of the input: gaps that no event closed end nowhere.
    pub(crate) fn finish(&mut self) {
        self.close_anywhere(None);
        let held = std::mem::take(&mut self.held_damage);
        // Lines besides as many events as the header counts hold none.
        if self.counted != Some(self.events) {
            held.into_iter().for_each(|gap| self.give_gap(gap));
        }
        let mut open: Vec<Gap> = self
            .buffers
            .iter_mut()
            .flat_map(|buffer| &mut buffer.lanes)
            .flat_map(|lane| std::mem::take(&mut lane.open))
            .collect();
        self.open_lanes = 0;
        // Lanes are by CPU; gaps are numbered in the order of the input.
        open.sort_by_key(|gap| gap.offset);
        for gap in open {
            self.emit(gap, None);
        }
    }

    /// A gap from the latest event to the end of the input.
    pub(crate) fn break_off(&mut self, cause: Cause, offset: u64) {
        self.close_anywhere(None);
        let gap = Gap { begin_ns: self.seen_ns, ..Gap::new(0, Lost::Unknown, cause, offset) };
        self.give_gap(gap);
    }

    /// Gives an event out: at once, or, where gaps wait to be given out, after them. Its record is the one just read.
    #[inline]
    pub(crate) fn give(&mut self, event: Event) -> Option<Event> {
        if self.queue.is_empty() {
            return Some(event);
        }
        self.queue.push_back((Item::Event(event), None));
        None
    }

    /// An error that ends the reading of a binary format.
    pub(crate) fn corrupt(&self, offset: u64, reason: impl Into<String>) -> TraceError {
        TraceError::Corrupt { path: self.path.clone(), offset, reason: reason.into() }
    }

    /// An error of the operating system.
    pub(crate) fn io(&self, source: std::io::Error) -> TraceError {
        TraceError::Io { path: self.path.clone(), source }
    }

    /// Warns that a part of a binary format could not be read while the rest could.
    pub(crate) fn warn_at(&mut self, offset: u64, what: &str) {
        let path = self.path.display();
        self.warn(format!("{path}, byte {offset}: {what}"));
    }

    /// Something the user should know; said once.
    pub(crate) fn warn(&mut self, warning: String) {
        let warnings = &mut self.header.warnings;
        if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

fn add_to_last(open: &mut [Gap], gap: &Gap) -> bool {
    // Hostile input must not fill the memory with gaps that no event closes.
    if open.len() < MAX_OPEN {
        return false;
    }
    let Some(last) = open.last_mut() else {
        return false;
    };
    last.lost = last.lost.plus(gap.lost);
    true
}

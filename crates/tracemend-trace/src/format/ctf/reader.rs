//! All streams of a trace together, in the order of time.

use super::bits::Cursor;
use super::event_header::read_fully;
use super::folder::{self, Found, Instance};
use super::plan::{Kind, parts};
use super::render::{Text, all_hidden, seconds};
use super::shared::Shared;
use super::stream::{Next, Stream};
use super::walk::{Quiet, walk_struct};
use super::window::Room;
use crate::decode::names::Names;
use crate::format::options::OpenOptions;
use crate::source::Source;
use crate::{Event, Format, Gap, Item, Phase, Symbol, TraceError, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

/// Maximum number of threads whose call in flight is remembered, for exits without a name of their own.
const MAX_THREADS: usize = 1 << 16;

/// Opens a trace, or all traces in a folder as one.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    Ok(Box::new(Reader::new(folder::find(path, options.inferred)?, options)))
}

/// The thread a CPU runs.
#[derive(Clone, Copy, Debug, Default)]
struct Task {
    tid: Option<i32>,
    comm: Option<Symbol>,
}

/// Streams being read together.
pub(crate) struct Reader {
    shared: Shared,
    streams: Vec<Stream>,
    /// Number of the trace of each stream.
    traces: Vec<usize>,
    /// Next time and number of every stream but the current one.
    waiting: BinaryHeap<Reverse<(i64, usize)>>,
    /// Streams not begun yet.
    unread: usize,
    /// The stream of the last item.
    current: Option<usize>,
    /// Whether the last item was an event.
    at_event: bool,
    /// Whether some event class needs [`Self::complete`].
    completes: bool,
    /// By trace and CPU.
    tasks: FxHashMap<(usize, u32), Task>,
    in_flight: FxHashMap<i32, Symbol>,
    events: u64,
    gaps: u32,
    record: Vec<u8>,
}

impl Reader {
    /// A reader of the streams found.
    pub(crate) fn new(found: Found, options: &OpenOptions) -> Self {
        let mut header = TraceHeader::new(Format::Ctf);
        header.warnings = found.warnings;
        header.recorded_files = found.files;
        let mut streams = Vec::with_capacity(found.instances.len());
        let mut traces = Vec::with_capacity(found.instances.len());
        let mut completes = false;
        let room = Room::new(found.instances.len());
        for Instance { info, files, trace } in found.instances {
            completes |= files.iter().any(|file| file.plan.switches || file.plan.ends_calls);
            let mut files = files.into_iter();
            let Some(first) = files.next() else {
                continue;
            };
            let cpu = info.cpu;
            streams.push(Stream::new(header.add_stream(info), cpu, first, files.collect()));
            traces.push(trace);
        }
        let shared = Shared {
            header,
            names: Names::new(options.arch.unwrap_or_default()),
            room,
            symbols: Vec::new(),
            losses_only: options.losses_only,
            slowly: false,
            damage: None,
        };
        Self {
            waiting: BinaryHeap::with_capacity(streams.len()),
            shared,
            streams,
            traces,
            unread: 0,
            current: None,
            at_event: false,
            completes,
            tasks: FxHashMap::default(),
            in_flight: FxHashMap::default(),
            events: 0,
            gaps: 0,
            record: Vec::new(),
        }
    }

    /// The same, reading every field in full: the slow twin, for tests.
    pub(crate) fn slowly(mut self) -> Self {
        self.shared.slowly = true;
        self
    }

    /// Goes to the next item of any stream: the number of its stream, and what it is.
    #[inline]
    fn step(&mut self) -> TraceResult<Option<(usize, Next)>> {
        // The stream whose item was given out last goes on only now: its record could be asked for until here.
        if let Some(index) = self.current.take() {
            let stream = &mut self.streams[index];
            match stream.advance(&mut self.shared)? {
                // Among events, gaps are told as soon as they are known.
                Next::Gap if !self.shared.losses_only => return Ok(Some((index, Next::Gap))),
                next @ (Next::Gap | Next::Event) => {
                    let key = Reverse((stream.next_ns(next), index));
                    if self.unread < self.streams.len() {
                        self.waiting.push(key);
                    } else {
                        // The earliest of all is given out, and this one waits in its place.
                        let next = match self.waiting.peek_mut() {
                            Some(mut first) if *first > key => std::mem::replace(&mut *first, key),
                            _ => key,
                        };
                        return Ok(Some((next.0.1, self.usual())));
                    }
                }
                Next::End => {}
            }
        }
        // Each stream must show its first event before any is given out, or the order of time could not be kept.
        while self.unread < self.streams.len() {
            let index = self.unread;
            match self.streams[index].advance(&mut self.shared)? {
                Next::Gap if !self.shared.losses_only => return Ok(Some((index, Next::Gap))),
                next @ (Next::Gap | Next::Event) => {
                    self.waiting.push(Reverse((self.streams[index].next_ns(next), index)));
                    self.unread += 1;
                }
                Next::End => self.unread += 1,
            }
        }
        Ok(self.waiting.pop().map(|Reverse((_, index))| (index, self.usual())))
    }

    /// What waits for its turn.
    fn usual(&self) -> Next {
        if self.shared.losses_only { Next::Gap } else { Next::Event }
    }

    /// What the threads on its CPU, or its thread's calls, add to an event.
    fn complete(&mut self, index: usize, event: &mut Event) {
        let stream = &mut self.streams[index];
        let plan = &stream.file.plan;
        let broken = std::mem::take(&mut stream.broken);
        if plan.switches
            && let Some(cpu) = event.cpu
        {
            let task = self.tasks.entry((self.traces[index], cpu)).or_default();
            // The switch to the present thread may be among the lost events.
            if broken {
                *task = Task::default();
            }
            if let Some(switch) = stream.switch.take() {
                // A switch is recorded by the thread that leaves.
                *task = Task { tid: switch.previous.0, comm: switch.previous.1 };
                fill(event, *task);
                *task = Task { tid: switch.next.0, comm: switch.next.1 };
            } else {
                fill(event, *task);
            }
        }
        if plan.ends_calls
            && let Some(tid) = event.tid
        {
            match event.phase {
                Phase::Entry if self.in_flight.len() < MAX_THREADS || self.in_flight.contains_key(&tid) => {
                    self.in_flight.insert(tid, event.name);
                }
                // Old LTTng ends all calls by one event without a name.
                Phase::Exit if stream.kind() == Some(Kind::EndOfCall) => {
                    if let Some(call) = self.in_flight.remove(&tid) {
                        event.name = call;
                    }
                }
                _ => {}
            }
        }
    }

    fn finish(&mut self) -> TraceResult<Option<Item>> {
        match self.shared.damage.take() {
            Some((path, offset, reason)) if self.events == 0 && !self.shared.losses_only => {
                let reason =
                    format!("{reason}. No event of the trace could be read; copy it again from where it was recorded");
                Err(TraceError::Corrupt { path, offset, reason })
            }
            _ => Ok(None),
        }
    }

    /// The line of the last event.
    fn render(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        let Some(packet) = &stream.packet else {
            return;
        };
        let plan = &stream.file.plan;
        let class = &plan.schema.streams[packet.class];
        let event = &class.events[stream.place.class];
        let out = &mut self.record;
        if plan.streams[packet.class].scale.is_some() {
            seconds(out, stream.time_ns());
        }
        out.extend_from_slice(&plan.origin);
        out.extend_from_slice(event.name.as_bytes());
        out.extend_from_slice(b": ");
        let mut registers = stream.registers.clone();
        let mut first = true;
        let mut separate = |out: &mut Vec<u8>| {
            if !std::mem::replace(&mut first, false) {
                out.extend_from_slice(b", ");
            }
        };
        // Everything was read once before, so that nothing can fail here; if it did, the line would end early.
        let mut cursor = Cursor::new(&stream.packet_head, 0, 0);
        if let Some(header) = &plan.schema.packet_header {
            let _ = walk_struct(header, &mut cursor, &mut registers, &mut Quiet);
        }
        if let Some(context) = class.packet_context.as_ref().filter(|context| !all_hidden(context)) {
            separate(out);
            let _ = walk_struct(context, &mut cursor, &mut registers, &mut Text::new(out));
        }
        let origin = stream.place.at / 8;
        let mut cursor = Cursor::new(stream.window.from(packet.start + origin), origin, stream.place.at);
        let _ = read_fully(class.event_header.as_ref(), &mut cursor, &mut registers, 0);
        for fields in parts(class, event).into_iter().flatten() {
            if all_hidden(fields) {
                let _ = walk_struct(fields, &mut cursor, &mut registers, &mut Quiet);
                continue;
            }
            separate(out);
            let _ = walk_struct(fields, &mut cursor, &mut registers, &mut Text::new(out));
        }
    }
}

/// Takes what an event does not say about its thread from the thread that its CPU runs.
#[inline]
fn fill(event: &mut Event, task: Task) {
    if event.tid.is_none() {
        event.tid = task.tid;
    }
    if event.comm.is_none() && event.tid == task.tid {
        event.comm = task.comm;
    }
}

impl Source for Reader {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            let Some((index, next)) = self.step()? else {
                return self.finish();
            };
            // A stream that has not begun yet is read again from where it is.
            self.current = (index < self.unread).then_some(index);
            self.at_event = next == Next::Event;
            if next == Next::Event {
                self.events += 1;
                if self.completes {
                    let mut event = self.streams[index].event.clone();
                    self.complete(index, &mut event);
                    return Ok(Some(Item::Event(event)));
                }
                return Ok(Some(Item::Event(self.streams[index].event.clone())));
            }
            if let Some(gap) = self.streams[index].take_gap() {
                let gap = Gap { id: self.gaps, ..gap };
                self.gaps = self.gaps.saturating_add(1);
                return Ok(Some(Item::Gap(gap)));
            }
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.shared.header
    }

    fn record(&mut self) -> &[u8] {
        self.record.clear();
        if let Some(index) = self.current.filter(|_| self.at_event) {
            self.render(index);
        }
        &self.record
    }
}

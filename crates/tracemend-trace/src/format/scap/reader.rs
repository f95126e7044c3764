//! The reader.

use super::blocks::{Block, Blocks, Next, is_event};
use super::event::Stored;
use super::event_pair::{EventPair, Kind};
use super::magic::{SECTION, order_of};
use super::phases::Phases;
use super::table::CALLS;
use super::{line, threads};
use crate::decode::context::{Context, possible_cpu};
use crate::decode::input::{Input, packed_end};
use crate::format::options::OpenOptions;
use crate::source::Source;
use crate::{Cause, Event, Format, Gap, Item, Lost, Phase, StreamId, Symbol, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::path::Path;

/// Newest major version of the format that is read.
const MAJOR: u16 = 1;
/// Maximum number of threads whose names are kept.
const MAX_THREADS: usize = 1 << 20;

/// A capture being read.
struct Scap {
    context: Context,
    blocks: Blocks,
    /// Set by the first event.
    phases: Option<Phases>,
    threads: FxHashMap<i64, Symbol>,
    /// Names of system calls by their codes.
    calls: Vec<&'static str>,
    /// When the recorder began to drop events to sample the rest.
    sampling: Option<(i64, u64)>,
    /// Whether a section was read.
    begun: bool,
    ended: bool,
    /// The event given out last.
    last: Option<Event>,
    record: Vec<u8>,
}

/// Opens a capture.
pub(crate) fn open(input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let context = Context::new(Format::Scap, options.arch, path.to_path_buf());
    let Some(order) = order_of(input.beginning()) else {
        return Err(context.corrupt(
            0,
            "no capture of Falco or sysdig begins like this; name the true format with the option `format`",
        ));
    };
    let mut scap = Scap {
        context,
        blocks: Blocks::new(input, order),
        phases: None,
        threads: FxHashMap::default(),
        calls: CALLS.split_whitespace().collect(),
        sampling: None,
        begun: false,
        ended: false,
        last: None,
        record: Vec::new(),
    };
    // The version decides whether anything can be read.
    scap.step()?;
    Ok(Box::new(scap))
}

impl Scap {
    /// Reads one block; an event is returned, unless gaps come before it.
    fn step(&mut self) -> TraceResult<Option<Event>> {
        match self.blocks.next().map_err(|error| self.context.io(error))? {
            Next::Block(block) if is_event(block.kind) => {
                if self.phases.is_none() {
                    let phases = Phases::of(&mut self.blocks, &block);
                    self.phases = Some(phases.map_err(|error| self.context.io(error))?);
                }
                return Ok(self.event(&block));
            }
            Next::Block(block) if block.kind == SECTION => self.section(&block)?,
            Next::Block(block) => {
                if let Some(version) = threads::version(block.kind) {
                    self.list(version, &block);
                }
            }
            Next::Damaged { offset, reason } => self.damaged(offset, &reason),
            Next::CutOff(offset) => self.end(Some(offset)),
            Next::End => self.end(None),
        }
        Ok(None)
    }

    fn damaged(&mut self, offset: u64, reason: &str) {
        let cause = Cause::Damaged(format!("byte {offset}: {reason}"));
        self.context.lose_anywhere(Lost::Unknown, cause, offset);
    }

    /// The head of a section: captures that were joined have several.
    fn section(&mut self, block: &Block) -> TraceResult<()> {
        let content = self.blocks.bytes(block.content.clone());
        let major = self.blocks.order.u16(content, 4);
        let minor = self.blocks.order.u16(content, 6).unwrap_or(0);
        let reason = match major {
            Some(major) if major <= MAJOR => None,
            Some(major) => Some(format!(
                "version {major}.{minor} of the format is not read here, {MAJOR} is; write the capture again by `sysdig -r FILE -w NEW` of a \
                 release that writes version {MAJOR}"
            )),
            None => Some("a section without its version; copy the file again".to_owned()),
        };
        match (reason, std::mem::replace(&mut self.begun, true)) {
            (Some(reason), false) => return Err(self.context.corrupt(block.offset, reason)),
            (Some(reason), true) => self.damaged(block.offset, &reason),
            (None, true) => {
                self.threads.clear();
                self.phases = None;
                self.end_sampling(None);
                let cause = Cause::Doubtful(format!(
                    "byte {}: another capture begins here; what happened between the two was not recorded",
                    block.offset
                ));
                self.context.lose_anywhere(Lost::Unknown, cause, block.offset);
            }
            (None, false) => {}
        }
        Ok(())
    }

    /// The list of the threads that were there.
    fn list(&mut self, version: u8, block: &Block) {
        let (context, names) = (&mut self.context, &mut self.threads);
        let content = self.blocks.bytes(block.content.clone());
        let whole = threads::read(version, content, self.blocks.order, |thread| {
            note(context, names, thread.tid, Some(thread.pid), thread.comm);
        });
        if !whole {
            context.warn_at(
                block.offset,
                "the list of processes is damaged; threads may lack their names. Copy the file again to get them",
            );
        }
    }

    fn event(&mut self, block: &Block) -> Option<Event> {
        let order = self.blocks.order;
        let content = self.blocks.bytes(block.content.clone());
        let stored = match Stored::read(block.kind, content, order) {
            Ok(stored) => stored,
            Err(reason) => {
                self.damaged(block.offset, &reason);
                return None;
            }
        };
        let time_ns = i64::try_from(stored.time_ns).unwrap_or(i64::MAX);
        let Some(pair) = stored.kind.pair() else {
            let name = self.context.name(format!("event_{}", stored.kind.0).as_bytes());
            self.context.warn(format!(
                "{}: events of types newer than those known here are named by their numbers",
                self.context.path.display()
            ));
            return self.give(block, &stored, time_ns, name, Phase::Point, None);
        };
        let phase = stored.kind.phase();
        let parameter = |place: u8| usize::from(place).checked_sub(1).filter(|_| phase == Phase::Exit);
        if let Some(comm) = parameter(pair.comm).and_then(|at| stored.text(content, order, at)) {
            let pid = parameter(pair.pid).and_then(|at| stored.number(content, order, at));
            note(&mut self.context, &mut self.threads, stored.tid, pid, comm);
        }
        if stored.state_only {
            return None;
        }
        match pair.kind {
            Kind::Meta => None,
            Kind::Drop => {
                match phase {
                    Phase::Entry => self.sampling = self.sampling.or(Some((time_ns, block.offset))),
                    _ => self.end_sampling(Some((time_ns, block.offset))),
                }
                None
            }
            Kind::Hotplug => {
                let cpu = stored.number(content, order, 0).and_then(|cpu| possible_cpu(cpu as u64));
                self.hotplug(cpu, block.offset);
                None
            }
            Kind::Point => {
                let name = self.context.name(pair.name.as_bytes());
                self.give(block, &stored, time_ns, name, Phase::Point, None)
            }
            Kind::Call | Kind::Generic => {
                let exit = phase == Phase::Exit;
                let ret = if exit && pair.result { stored.number(content, order, 0) } else { None };
                let name = match pair.kind {
                    Kind::Generic => self.generic(stored.number(content, order, 0)),
                    _ => self.context.name(pair.name.as_bytes()),
                };
                let phase = self.phase(stored.tid, pair, phase, ret);
                self.give(block, &stored, time_ns, name, phase, ret)
            }
        }
    }

    fn phase(&mut self, tid: i64, pair: &'static EventPair, phase: Phase, ret: Option<i64>) -> Phase {
        self.phases.as_mut().map_or(phase, |phases| phases.phase(tid, pair, phase, ret))
    }

    /// A system call by its code.
    fn generic(&mut self, code: Option<i64>) -> Symbol {
        let known = code.and_then(|code| usize::try_from(code).ok()).and_then(|code| self.calls.get(code).copied());
        match known.filter(|&name| name != "-") {
            Some(name) => self.context.name(name.as_bytes()),
            None => self.context.name(format!("code_{}", code.unwrap_or(-1)).as_bytes()),
        }
    }

    fn give(
        &mut self,
        block: &Block,
        stored: &Stored,
        time_ns: i64,
        name: Symbol,
        phase: Phase,
        ret: Option<i64>,
    ) -> Option<Event> {
        let cpu = possible_cpu(u64::from(stored.cpu));
        let stream: StreamId = self.context.stream_of(cpu, time_ns);
        let tid = i32::try_from(stored.tid).ok().filter(|&tid| tid >= 0);
        let event = Event {
            cpu,
            tid,
            comm: self.threads.get(&stored.tid).copied(),
            ret,
            offset: block.offset,
            ..Event::new(time_ns, stream, name, phase)
        };
        self.context.before(&event);
        self.context.give(event)
    }

    /// The recorder stopped dropping events, or went on to the end.
    fn end_sampling(&mut self, end: Option<(i64, u64)>) {
        let begin = self.sampling.take();
        let Some(offset) = begin.or(end).map(|(_, offset)| offset) else {
            return;
        };
        self.context.give_gap(Gap {
            begin_ns: begin.map(|(time_ns, _)| time_ns),
            end_ns: end.map(|(time_ns, _)| time_ns),
            ..Gap::new(0, Lost::Unknown, Cause::Discarded, offset)
        });
    }

    /// A CPU without a ring loses all its events; the note of it stands for the first.
    fn hotplug(&mut self, cpu: Option<u32>, offset: u64) {
        let stream = cpu.map(|cpu| self.context.last_of(cpu).0);
        self.context.give_gap(Gap { stream, cpu, ..Gap::new(0, Lost::AtLeast(1), Cause::Discarded, offset) });
        let name = cpu.map_or_else(|| "a CPU".to_owned(), |cpu| format!("CPU {cpu}"));
        self.context.warn_at(
            offset,
            &format!("{name} came up after the recording began, and none of its events is here; start the recording when all CPUs are up"),
        );
    }

    fn end(&mut self, cut_off: Option<u64>) {
        self.ended = true;
        self.end_sampling(None);
        if let Some(failure) = self.blocks.failure() {
            let warning = packed_end(failure);
            self.context.warn_at(self.blocks.offset(), &warning);
        }
        if let Some(offset) = cut_off.or_else(|| self.blocks.failure().map(|_| self.blocks.offset())) {
            self.context.break_off(Cause::Truncated, offset);
        }
        self.context.finish();
    }
}

/// Notes a thread's name and process.
fn note(context: &mut Context, names: &mut FxHashMap<i64, Symbol>, tid: i64, pid: Option<i64>, comm: &[u8]) {
    if let (Ok(tid), Some(Ok(pid))) = (i32::try_from(tid), pid.map(i32::try_from)) {
        context.header.processes.note(tid, pid);
    }
    if !comm.is_empty() && (names.len() < MAX_THREADS || names.contains_key(&tid)) {
        let comm = context.name(comm);
        names.insert(tid, comm);
    }
}

impl Source for Scap {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some((item, _)) = self.context.queue.pop_front() {
                self.last = if let Item::Event(event) = &item { Some(event.clone()) } else { None };
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            if let Some(event) = self.step()? {
                self.last = Some(event.clone());
                return Ok(Some(Item::Event(event)));
            }
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.context.header
    }

    /// The event as a line of ftrace's text.
    fn record(&mut self) -> &[u8] {
        self.record.clear();
        if let Some(event) = &self.last {
            line::write(&mut self.record, &self.context.header, event);
        }
        &self.record
    }
}

//! The reader: the events of each bundle in the order of time, bundle after bundle in the order of the file.

use super::bundle::{Bundle, Described, Entry, Head, Place};
use super::event::Found;
use super::losses::Losses;
use super::packet::Packet;
use super::packets::{Next, Packets};
use super::survey::{Survey, survey};
use super::text;
use super::threads::Threads;
use crate::decode::context::Context;
use crate::decode::input::{Input, packed_end};
use crate::decode::store::Store;
use crate::format::options::OpenOptions;
use crate::source::Source;
use crate::{Cause, Event, Format, Gap, Item, Lost, Phase, Symbol, TraceError, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::io::Write;
use std::path::Path;

/// What is known of a CPU so far.
#[derive(Clone, Copy, Debug, Default)]
struct Cpu {
    /// Time of the last event read, and of the last one written into a bundle.
    last_ns: Option<i64>,
    /// How many damaged parts came before its last bundle.
    damages: u64,
    /// The thread that the last context switch went to; unknown after a loss.
    running: Option<i32>,
}

/// A Perfetto trace being read.
struct Perfetto {
    context: Context,
    packets: Packets,
    losses: Losses,
    threads: Threads,
    described: Described,
    bundle: Bundle,
    cpu: u32,
    cpus: FxHashMap<u32, Cpu>,
    /// The event of the bundle given out last, and the one that comes next.
    given: Option<Entry>,
    next: usize,
    /// Whether the item given out last is that event.
    event_given: bool,
    /// Whether bundles say when the ones before them ended, so that lost ones are known CPU by CPU.
    tells_ends: bool,
    /// Damaged parts so far.
    damages: u64,
    /// Whether packets before a bundle were lost, as their writer or the next bundle says.
    own_seen: bool,
    first_ns: Option<i64>,
    /// The number and phase of the last event, for its line.
    name: Symbol,
    unnamed: Symbol,
    idle: Symbol,
    record: Vec<u8>,
    ended: bool,
}

/// Opens a Perfetto trace.
pub(crate) fn open(input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let io = TraceError::io(path);
    let (store, failure) = Store::new(input).map_err(io)?;
    let mut context = Context::new(Format::Perfetto, options.arch, path.to_path_buf());
    if let Some(failure) = failure {
        context.warn_at(store.len(), &packed_end(&failure));
    }
    let mut packets = Packets::new(store);
    let survey = survey(&mut packets, &mut context).map_err(io)?;
    refuse(&survey, path)?;
    if survey.track_events > 0 {
        let (path, events, inferred) = (path.display(), survey.track_events, survey.inferred);
        context.warn(if inferred > 0 {
            format!("{path}: {inferred} events that tracemend inferred are left out, and what else it drew")
        } else {
            format!("{path}: {events} events of programs (TrackEvent) are left out; the kernel's are read")
        });
    }
    let unnamed = context.name(b"<...>");
    let idle = context.name(b"<idle>");
    Ok(Box::new(Perfetto {
        context,
        packets,
        losses: survey.losses,
        threads: survey.threads,
        described: Described::default(),
        bundle: Bundle::default(),
        cpu: 0,
        cpus: FxHashMap::default(),
        given: None,
        next: 0,
        event_given: false,
        tells_ends: false,
        damages: 0,
        own_seen: false,
        first_ns: None,
        name: unnamed,
        unnamed,
        idle,
        record: Vec::new(),
        ended: false,
    }))
}

/// Refuses a trace without the kernel's events, and says what it is.
fn refuse(survey: &Survey, path: &Path) -> TraceResult<()> {
    if survey.bundles > 0 {
        return Ok(());
    }
    let path = path.to_path_buf();
    if survey.own > 0 {
        let reason = "a repair that tracemend wrote for Perfetto's viewer, with inferred events among the recorded ones. Give the trace \
                      that it was made from";
        return Err(TraceError::NotRead { path, reason: reason.to_owned() });
    }
    if let (0, Some((offset, why))) = (survey.track_events, &survey.fault) {
        let advice = match offset {
            0 => "no Perfetto trace begins like this; name the true format with the option `format`",
            _ => "no events of ftrace lie around it; copy the file again",
        };
        let reason = format!("{why}: {advice}");
        return Err(TraceError::Corrupt { path, offset: *offset, reason });
    }
    let reason = "a Perfetto trace without events of the kernel: record with the data source `linux.ftrace` and name events such as \
                  `raw_syscalls/sys_enter` and `raw_syscalls/sys_exit` in its `ftrace_events`";
    Err(TraceError::NotRead { path, reason: reason.to_owned() })
}

impl Perfetto {
    /// Goes on to the next packet.
    fn advance(&mut self) -> TraceResult<()> {
        match self.packets.advance().map_err(|error| self.context.io(error))? {
            Next::Packet(packet) => self.packet(&packet),
            Next::Bad(offset, why) => {
                let details = format!("byte {offset}: {why}");
                self.context.lose_anywhere(Lost::Unknown, Cause::Damaged(details), offset);
                // What follows may be of other threads.
                self.damages += 1;
                self.cpus.values_mut().for_each(|cpu| cpu.running = None);
            }
            Next::CutOff(offset) => self.context.break_off(Cause::Truncated, offset),
            Next::End => self.end(),
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet) {
        let Some(range) = packet.bundle.clone() else { return };
        let offset = self.packets.offset();
        let head = self.bundle.read(&self.packets.bytes()[range], &mut self.context, &mut self.described);
        self.next = 0;
        // A bundle of CPU 0 may leave its number out.
        self.cpu = head.cpu.unwrap_or(0);
        self.losses_before(packet.dropped, &head, offset);
        let cpu = self.cpus.entry(self.cpu).or_default();
        cpu.damages = self.damages;
        if let Some(last) = self.bundle.entries.last() {
            cpu.last_ns = Some(cpu.last_ns.map_or(last.time_ns, |before| before.max(last.time_ns)));
        }
        if let Some(why) = head.fault {
            let details = format!("byte {offset}: {why}");
            self.context.lose(self.cpu, Lost::Unknown, Cause::Damaged(details), offset);
        }
    }

    /// Gives out what was lost before a bundle.
    fn losses_before(&mut self, dropped: bool, head: &Head, offset: u64) {
        let known = self.cpus.get(&self.cpu).copied();
        let mut lost = head.lost;
        if head.lost {
            self.context.lose(self.cpu, self.losses.of_mark(self.cpu), Cause::Overwritten, offset);
        }
        self.tells_ends |= head.previous_end_ns.is_some();
        let last_ns = known.and_then(|cpu| cpu.last_ns);
        // What lay in a damaged part has its gap.
        let is_behind_damage = known.map_or(0, |cpu| cpu.damages) < self.damages;
        if is_behind_damage {
            lost = true;
        } else if head.previous_end_ns.is_some_and(|end| end > 0 && last_ns.is_none_or(|last| end > last)) {
            // Bundles of this CPU between the last one read and this one never came into the file.
            self.own_seen = true;
            lost = true;
            self.context.lose(self.cpu, Lost::AtLeast(1), Cause::Overwritten, offset);
        } else if dropped && !self.tells_ends && !self.cpus.is_empty() {
            self.dropped(offset);
            lost = true;
        }
        if lost && let Some(cpu) = self.cpus.get_mut(&self.cpu) {
            cpu.running = None;
        }
    }

    /// Packets of ftrace's writer were lost before this one: of which CPUs is unknown.
    fn dropped(&mut self, offset: u64) {
        self.own_seen = true;
        let begin_ns = self.cpus.values().filter_map(|cpu| cpu.last_ns).min();
        let end_ns = self.bundle.entries.last().map(|entry| entry.time_ns);
        let gap = Gap::new(0, Lost::Unknown, Cause::Discarded, offset);
        self.context.give_gap(Gap { begin_ns, end_ns, ..gap });
        self.cpus.values_mut().for_each(|cpu| cpu.running = None);
    }

    /// Gives out what counters alone tell.
    fn end(&mut self) {
        self.ended = true;
        let path = self.context.path.display().to_string();
        let offset = self.packets.offset();
        let counted: Vec<(u32, u64, u64)> = self.losses.counted_cpus().collect();
        let own = self.losses.own();
        for (cpu, count, marks) in counted {
            match marks {
                0 => {
                    let (stream, last_ns) = self.context.last_of(cpu);
                    let begin_ns = last_ns.filter(|_| self.losses.has_all_marks());
                    let gap = Gap::new(0, Lost::Exact(count), Cause::Overwritten, offset);
                    self.context.give_gap(Gap { stream: Some(stream), cpu: Some(cpu), begin_ns, ..gap });
                }
                1 if self.losses.of_mark(cpu) == Lost::Exact(count) => {}
                _ => self.context.warn(format!(
                    "{path}: CPU {cpu} lost {count} events by the kernel's counters; how they divide among its gaps is not known"
                )),
            }
        }
        if !self.own_seen {
            let gap = Gap::new(0, Lost::Unknown, Cause::Overwritten, offset);
            let (first_ns, last_ns) = (self.first_ns, self.context.seen_ns);
            if own.overwritten > 0 {
                self.context.give_gap(Gap { end_ns: first_ns, ..gap.clone() });
            }
            if own.discarded > 0 {
                self.context.give_gap(Gap { begin_ns: last_ns, cause: Cause::Discarded, ..gap.clone() });
            }
            if own.unwritten > 0 {
                self.context.give_gap(Gap { begin_ns: first_ns, end_ns: last_ns, cause: Cause::Discarded, ..gap });
            }
        }
        self.context.finish();
    }

    /// The next event of the bundle.
    fn event(&mut self, entry: Entry) -> Event {
        let Self { context, threads, described, bundle, .. } = self;
        let cpu = self.cpus.entry(self.cpu).or_default();
        let point = |context: &mut Context, name: &[u8]| (context.name(name), Phase::Point, None);
        let (tid, (name, phase, ret)) = match entry.place {
            Place::Event { start, end } => {
                let found = Found::of(&bundle.bytes[start as usize..end as usize]);
                if let Some(next) = found.learn(context, threads) {
                    cpu.running = Some(next);
                }
                (found.tid, found.tell(context, described))
            }
            Place::Switch(index) => {
                let (compact, index) = (&bundle.compact, index as usize);
                let next = compact.switch_next_pid.get(index).copied();
                if let (Some(next), Some(name)) = (next, text::comm(compact, &compact.switch_next_comm_index, index)) {
                    threads.name(context, next, &name);
                }
                (std::mem::replace(&mut cpu.running, next), point(context, b"sched_switch"))
            }
            Place::Waking(index) => {
                let (compact, index) = (&bundle.compact, index as usize);
                let woken = compact.waking_pid.get(index).copied();
                if let (Some(woken), Some(name)) = (woken, text::comm(compact, &compact.waking_comm_index, index)) {
                    threads.name(context, woken, &name);
                }
                (cpu.running, point(context, b"sched_waking"))
            }
        };
        let comm = tid.map(|tid| match threads.of(tid) {
            _ if tid == 0 => self.idle,
            Some(comm) => comm,
            None => self.unnamed,
        });
        self.name = name;
        let stream = context.reach(self.cpu, entry.time_ns);
        let event = Event::new(entry.time_ns, stream, name, phase);
        Event { cpu: Some(self.cpu), tid, comm, ret, offset: self.packets.offset(), ..event }
    }
}

impl Source for Perfetto {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some((item, record)) = self.context.queue.pop_front() {
                self.event_given = record.is_none();
                return Ok(Some(item));
            }
            self.given = self.bundle.entries.get(self.next).copied();
            let Some(entry) = self.given else {
                self.event_given = false;
                if self.ended {
                    return Ok(None);
                }
                self.advance()?;
                continue;
            };
            self.next += 1;
            let event = self.event(entry);
            self.first_ns = Some(self.first_ns.map_or(event.time_ns, |first| first.min(event.time_ns)));
            self.context.before(&event);
            if let Some(event) = self.context.give(event) {
                self.event_given = true;
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
        let Some(entry) = self.given.filter(|_| self.event_given) else { return &self.record };
        let symbols = &self.context.header.symbols;
        let tid = match entry.place {
            Place::Event { start, end } => Found::of(&self.bundle.bytes[start as usize..end as usize]).tid,
            _ => None,
        };
        let comm = match tid {
            Some(0) => self.idle,
            Some(tid) => self.threads.of(tid).unwrap_or(self.unnamed),
            None => self.unnamed,
        };
        let time = entry.time_ns.max(0);
        let (seconds, nanos) = (time / 1_000_000_000, time % 1_000_000_000);
        let (comm, tid, out) = (symbols.name(comm), tid.unwrap_or(-1), &mut self.record);
        let _ = write!(out, "{comm:>16}-{tid:<5} [{:03}] {seconds:5}.{nanos:09}: ", self.cpu);
        let _ = text::write(out, &self.bundle, entry.place, symbols.name(self.name));
        &self.record
    }
}

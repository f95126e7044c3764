//! One stream instance: its files one after another, packet by packet, event by event.

use super::bits::{Cursor, Fault};
use super::event_header::{Head, read_fully};
use super::events::{Maker, Switch};
use super::facts::{Facts, Slot};
use super::loss::{Losses, SeenPackets};
use super::packet::{NoPacket, Packet};
use super::plan::{Kind, Plan, parts};
use super::shared::Shared;
use super::wakeup::Wakeups;
use super::window::{Data, MAX_EVENT, Window};
use crate::{Event, Gap, Phase, StreamId, Symbol, TraceError, TraceResult};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes in front of which a window is filled again; most events are shorter.
pub(super) const LOW: usize = 4 << 10;
/// Maximum number of bytes of a packet's header and context.
const MAX_HEADER: usize = 64 << 10;

/// A file of a stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamFile {
    pub(crate) data: Data,
    /// As messages name it.
    pub(crate) path: PathBuf,
    pub(crate) plan: Arc<Plan>,
    pub(crate) length: u64,
}

/// What came next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Event,
    Gap,
    End,
}

/// Where the event read last is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Its first bit in its packet.
    pub(crate) at: u64,
    pub(crate) class: usize,
}

/// A stream instance being read.
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    files: std::vec::IntoIter<StreamFile>,
    pub(crate) file: StreamFile,
    pub(crate) window: Window,
    pub(crate) registers: Vec<u64>,
    facts: Facts,
    pub(crate) packet: Option<Packet>,
    /// Header and context of the packet, for its events' records.
    pub(crate) packet_head: Vec<u8>,
    cpu: Option<u32>,
    /// Next bit of the packet.
    at: u64,
    /// Bits of the packet that hold something and are in the file.
    end: u64,
    /// Offset of the next packet.
    pub(super) next: u64,
    /// Offset after the last byte that was understood: a lost packet is looked for from here.
    pub(super) understood: u64,
    pub(super) losses: Losses,
    /// Packets so far, where the stream has several files.
    seen: Option<SeenPackets>,
    wakeups: Wakeups,
    gaps: std::vec::IntoIter<Gap>,
    /// An event read before whose turn gaps come.
    held: bool,
    /// The event read last.
    pub(crate) event: Event,
    pub(crate) place: Place,
    pub(crate) switch: Option<Switch>,
    /// Whether events were lost since the event before.
    pub(crate) broken: bool,
    comm: (Vec<u8>, Option<Symbol>),
    time_ns: i64,
    /// Whether the packet's stream class has a clock.
    clocked: bool,
    went_back: bool,
    foreign: bool,
}

impl Stream {
    /// A stream of one or more files.
    pub(crate) fn new(id: StreamId, cpu: Option<u32>, first: StreamFile, rest: Vec<StreamFile>) -> Self {
        Self {
            id,
            seen: (!rest.is_empty()).then(SeenPackets::default),
            files: rest.into_iter(),
            window: Window::new(first.data.clone(), first.length),
            registers: vec![0; usize::from(first.plan.schema.registers)],
            file: first,
            facts: Facts::default(),
            packet: None,
            packet_head: Vec::new(),
            cpu,
            at: 0,
            end: 0,
            next: 0,
            understood: 0,
            losses: Losses::new(id, cpu),
            wakeups: Wakeups::default(),
            gaps: Vec::new().into_iter(),
            held: false,
            event: Event::new(0, StreamId(0), Symbol(0), Phase::Point),
            place: Place::default(),
            switch: None,
            broken: false,
            comm: (Vec::new(), None),
            time_ns: i64::MIN,
            clocked: false,
            went_back: false,
            foreign: false,
        }
    }

    /// Time of the event that comes next.
    pub(crate) fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// What the event read last is.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let packet = self.packet.as_ref()?;
        Some(self.file.plan.streams[packet.class].events[self.place.class].kind)
    }

    /// Time of what comes next: of an event its own, of a gap when it ends, or else begins.
    #[inline]
    pub(crate) fn next_ns(&self, next: Next) -> i64 {
        match (next, self.gaps.as_slice()) {
            (Next::Gap, [gap, ..]) => gap.end_ns.or(gap.begin_ns).unwrap_or(i64::MIN),
            _ => self.time_ns,
        }
    }

    /// The gap that came next.
    pub(crate) fn take_gap(&mut self) -> Option<Gap> {
        self.gaps.next()
    }

    /// Goes to the next event or gap.
    pub(crate) fn advance(&mut self, shared: &mut Shared) -> TraceResult<Next> {
        loop {
            if self.gaps.len() > 0 {
                return Ok(Next::Gap);
            }
            if std::mem::take(&mut self.held) {
                return Ok(Next::Event);
            }
            if self.packet.is_none() {
                if !self.next_packet(shared)? {
                    self.losses.finish();
                    self.gather();
                    if self.gaps.len() == 0 {
                        self.tell(shared);
                        return Ok(Next::End);
                    }
                    continue;
                }
                if shared.losses_only {
                    self.end_packet();
                }
                self.gather();
                continue;
            }
            if self.next_event(shared)? {
                let room = self.packet.as_ref().map_or(0, |packet| packet.size.saturating_mul(8));
                let (bits, left) = (self.at - self.place.at, room.saturating_sub(self.at));
                self.losses.event(self.clocked.then_some(self.time_ns), bits, left);
                // A gap that this event closed comes before it.
                if self.losses.ready.is_empty() {
                    return Ok(Next::Event);
                }
                self.held = true;
            }
            self.gather();
        }
    }

    #[cold]
    fn gather(&mut self) {
        if !self.losses.ready.is_empty() {
            let mut gaps: Vec<Gap> = self.gaps.by_ref().collect();
            gaps.append(&mut self.losses.ready);
            self.gaps = gaps.into_iter();
            self.broken = true;
        }
    }

    /// Names the file in errors.
    pub(super) fn io(&self) -> impl Fn(std::io::Error) -> TraceError + use<> {
        let path = self.file.path.clone();
        move |source| TraceError::Io { path: path.clone(), source }
    }

    /// Reads the header of the next packet that has one, in this file or the next.
    fn next_packet(&mut self, shared: &mut Shared) -> TraceResult<bool> {
        loop {
            if self.next >= self.window.length {
                // Bytes at the end that no packet covers: padding, or packets hidden by one whose size is wrong.
                if self.understood < self.window.length
                    && let Some(found) = self.hidden(shared, self.window.length)?
                {
                    (self.next, self.understood) = (found, found);
                    continue;
                }
                let Some(file) = self.files.next() else {
                    return Ok(false);
                };
                self.window.open(file.data.clone(), file.length);
                self.registers.resize(usize::from(file.plan.schema.registers), 0);
                self.file = file;
                (self.next, self.understood) = (0, 0);
                continue;
            }
            let start = self.next;
            match self.read_header(shared, start)? {
                Ok(packet) if self.seen.as_mut().is_some_and(|seen| seen.again(&packet)) => {
                    self.next = start.saturating_add(packet.size.max(1));
                    self.understood = self.next;
                }
                Ok(packet) => {
                    // A packet out of sequence after a stretch of padding: the missing ones may lie in that stretch.
                    if self.understood < start && self.losses.follows(&packet) == Some(false) {
                        if let Some(found) = self.hidden(shared, start)? {
                            (self.next, self.understood) = (found, found);
                            continue;
                        }
                        // Other headers were read meanwhile.
                        self.understood = start;
                        continue;
                    }
                    self.begin_packet(packet, shared.losses_only);
                    return Ok(true);
                }
                Err((bit, reason)) => {
                    self.damaged(shared, start + bit / 8, &reason, None);
                    self.next = self.find_packet(shared, self.understood.min(start) + 1, u64::MAX)?;
                    self.understood = self.next;
                }
            }
        }
    }

    /// The packet that begins at `start`, or where and why it does not.
    pub(super) fn read_header(
        &mut self,
        shared: &mut Shared,
        start: u64,
    ) -> TraceResult<Result<Packet, (u64, String)>> {
        let io = self.io();
        let available = self.window.length - start;
        let mut wanted = 512;
        loop {
            self.window.ensure(start, wanted, &mut shared.room).map_err(&io)?;
            let bytes = self.window.from(start);
            let bytes = &bytes[..bytes.len().min(wanted)];
            let plan = &self.file.plan;
            match Packet::read(plan, bytes, available, self.facts.clock, &mut self.registers) {
                Ok(packet) => {
                    let packet = Packet { start, ..packet };
                    self.packet_head.clear();
                    self.packet_head.extend_from_slice(&bytes[..packet.first.div_ceil(8) as usize]);
                    return Ok(Ok(packet));
                }
                Err(NoPacket::Bad(bit, reason)) => return Ok(Err((bit, reason))),
                Err(NoPacket::Short) if bytes.len() as u64 >= available => {
                    return Ok(Err((0, "the file ends within a packet's header".to_owned())));
                }
                Err(NoPacket::Short) if wanted >= MAX_HEADER => {
                    return Ok(Err((0, format!("a packet header of more than {MAX_HEADER} bytes"))));
                }
                Err(NoPacket::Short) => wanted *= 4,
            }
        }
    }

    fn begin_packet(&mut self, packet: Packet, losses_only: bool) {
        let available = self.window.length - packet.start;
        self.at = packet.first;
        self.end = packet.content.min(available.saturating_mul(8));
        self.next = packet.start.saturating_add(packet.size);
        self.understood = packet.start.saturating_add(if losses_only { self.end } else { packet.first } / 8);
        self.facts.clock = packet.clock;
        self.clocked = self.file.plan.streams[packet.class].scale.is_some();
        self.foreign |= packet.foreign;
        self.cpu = packet.cpu();
        self.wakeups.begin(&packet, self.losses.follows(&packet) != Some(false));
        self.broken |= self.losses.begin(&packet);
        self.packet = Some(packet);
    }

    fn end_packet(&mut self) {
        if let Some(packet) = self.packet.take() {
            self.losses.end(&packet);
        }
    }

    /// Reads the next event of the packet; `false` at its end.
    #[inline]
    fn next_event(&mut self, shared: &mut Shared) -> TraceResult<bool> {
        let Some(packet) = &self.packet else {
            return Ok(false);
        };
        if self.at >= self.end {
            if self.cut_off().is_some() {
                self.cut(shared, self.at, "")?;
            }
            self.end_packet();
            return Ok(false);
        }
        let (start, class) = (packet.start, packet.class);
        // The window holds a few KiB. An event that does not fit is tried again with twice as much, so that memory follows
        // the events there are and not the sizes that a damaged packet claims.
        let mut wanted = LOW;
        loop {
            let offset = start + self.at / 8;
            let enough = self.window.from(offset).len() >= LOW
                || self.window.ensure(offset, wanted, &mut shared.room).map_err(|source| self.io()(source))?;
            let (fault, at) = if enough {
                match self.decode(shared, class) {
                    Ok(()) => return Ok(true),
                    Err(fault) => fault,
                }
            } else {
                (Fault::Bad("an event longer than can be"), self.at)
            };
            let held = self.window.from(offset).len();
            let whole = (start + self.end.div_ceil(8)).saturating_sub(offset);
            let reason = match fault {
                Fault::Short if (held as u64) < whole && self.window.continues() && wanted < MAX_EVENT => {
                    wanted = (held * 2).max(LOW * 2);
                    if self.window.ensure(offset, wanted, &mut shared.room).map_err(|source| self.io()(source))? {
                        continue;
                    }
                    "an event longer than can be held"
                }
                Fault::Short => "an event that goes on behind the end of its packet's content",
                Fault::Bad(reason) => reason,
            };
            self.cut(shared, at, reason)?;
            self.end_packet();
            return Ok(false);
        }
    }

    /// Reads the event at `self.at`; on failure says why and at which bit.
    #[inline]
    fn decode(&mut self, shared: &mut Shared, class: usize) -> Result<(), (Fault, u64)> {
        let Some(packet) = &self.packet else {
            return Err((Fault::Short, self.at));
        };
        let at = self.at;
        let plan = &self.file.plan;
        let stream = &plan.streams[class];
        let origin = at / 8;
        let bytes = self.window.from(packet.start + origin);
        let bytes = &bytes[..bytes.len().min((self.end.div_ceil(8) - origin) as usize)];
        self.facts.clear();
        let start = at.next_multiple_of(u64::from(stream.header_align));
        let quick = start.is_multiple_of(8) && self.end.is_multiple_of(8) && !shared.slowly;
        let clock = self.facts.clock;
        let header = match quick {
            true => stream.layout.read(bytes, (start / 8 - origin) as usize, clock),
            false => None,
        };
        let (head, body) = match header {
            Some(Ok((head, end))) => (head, origin * 8 + end as u64 * 8),
            Some(Err(fault)) => return Err((fault, at)),
            None => {
                let mut cursor = Cursor::new(bytes, origin, at).ending_at(self.end);
                let header = plan.schema.streams[class].event_header.as_ref();
                let head = read_fully(header, &mut cursor, &mut self.registers, clock).map_err(|f| (f, at))?;
                (head, cursor.at)
            }
        };
        let Head { id, clock: stamp } = head;
        let Some(index) = stream.event(id) else {
            return Err((Fault::Bad("an event of a class that the metadata does not have"), at));
        };
        let event = &stream.events[index];
        self.facts.clock = stamp;
        let end = if quick && body.is_multiple_of(8) {
            event
                .read(bytes, origin, (body / 8 - origin) as usize, &mut self.registers, &mut self.facts)
                .map(|end| origin * 8 + end)
        } else {
            let class = &plan.schema.streams[class];
            let mut cursor = Cursor::new(bytes, origin, body).ending_at(self.end);
            let parts = parts(class, &class.events[index]);
            event.read_fully(parts, &mut cursor, bytes, &mut self.registers, &mut self.facts).map(|()| cursor.at)
        };
        let end = match end {
            Ok(end) if end > at => end,
            // A class without header and fields would be met for ever.
            Ok(_) => return Err((Fault::Bad("an event of no bits"), at)),
            Err(fault) => {
                self.facts.clock = clock;
                return Err((fault, at));
            }
        };
        let time_ns = stream.scale.map_or(0, |scale| scale.ns(stamp));
        let offset = packet.start + origin;
        let (made, switch) = {
            let mut maker = Maker { shared, facts: &self.facts, bytes, comm: &mut self.comm };
            let switch = (event.kind == Kind::Switch).then(|| maker.switch());
            (
                maker.event(
                    event,
                    Event { cpu: self.cpu, offset, ..Event::new(time_ns, self.id, Symbol(0), Phase::Point) },
                ),
                switch,
            )
        };
        self.went_back |= time_ns < self.time_ns;
        self.time_ns = time_ns;
        self.switch = switch;
        let write = event.wakeup.map(|phase| (phase, self.facts.get(Slot::Count)));
        let by_tracer = self.wakeups.event(made.tid, write);
        self.event = Event { by_tracer, ..made };
        self.place = Place { at, class: index };
        self.at = end;
        self.understood = packet.start + end / 8;
        Ok(())
    }

    /// At the end, what the user should know of the stream.
    fn tell(&mut self, shared: &mut Shared) {
        let name = shared.header.streams.get(self.id.0 as usize).map_or("", |stream| &stream.name);
        let mut warnings = Vec::new();
        let packets = std::mem::take(&mut self.losses.packets);
        if packets > 0 {
            let packets = if packets == 1 { "1 packet is".to_owned() } else { format!("{packets} packets are") };
            warnings.push(format!(
                "stream {name}: {packets} missing, and nobody counted the events in them. The tracer overwrote them, or \
                 they are in files that are not here"
            ));
        }
        let (fell, fallen) = (std::mem::take(&mut self.losses.fell), std::mem::take(&mut self.losses.counter).fallen);
        if std::mem::take(&mut self.losses.backwards) || fallen > 0 {
            warnings.push(format!("stream {name}: the tracer's counters run backwards; losses there are not known"));
        } else if fell {
            warnings.push(format!(
                "stream {name}: the tracer's counter of lost events fell and came back; only what it rose by above its \
                 highest value is taken for lost"
            ));
        }
        if std::mem::take(&mut self.went_back) {
            warnings.push(format!("stream {name}: times run backwards; its events are given in the order of the file"));
        }
        if std::mem::take(&mut self.foreign) {
            warnings.push(format!(
                "stream {name}: its packets name another trace (UUID) than the metadata does; if the events look wrong, \
                 copy both again from the same trace"
            ));
        }
        shared.warn(warnings);
    }
}

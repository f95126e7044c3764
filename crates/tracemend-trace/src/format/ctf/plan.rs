//! A schema made ready for reading: steps per event class, and what its events mean to the trace model.

use super::bits::{Cursor, Fault};
use super::clock::Scale;
use super::event_header::Layout;
use super::facts::{Facts, Slot};
use super::ops::{Compiler, Op, capture, run, suits};
use super::schema::{ByteOrder, EventClass, Field, Integer, Roles, Schema, Size, StreamClass, Struct, Value};
use super::walk::{Quiet, walk};
use crate::Phase;
use crate::kernel::call_names::{Name, name};
use crate::sink::ctf::INFERENCE;

/// Largest event class id found through a table.
const MAX_TABLE: u64 = 1 << 16;

/// What an event is to the trace model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A part of a system call named in the class.
    Call(Phase),
    /// The end of whatever its thread called last.
    EndOfCall,
    /// A part of a system call whose number is a field.
    Number(Phase),
    /// The CPU goes on with another thread.
    Switch,
    /// Nothing of these.
    Point,
}

/// An event class.
#[derive(Debug)]
pub(crate) struct EventPlan {
    pub(crate) id: u64,
    /// Number among the event classes of all traces that are read together.
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    /// Which end of a `write` it is that LTTng-UST can have made.
    pub(crate) wakeup: Option<Phase>,
    /// The event's bare name: a call's without its prefix.
    pub(crate) name: Box<str>,
    ops: Vec<Op>,
    /// Structure (common context, own context, payload), member, and what it is wanted for.
    wanted: Vec<(usize, usize, Slot)>,
}

/// A stream class.
#[derive(Debug)]
pub(crate) struct StreamPlan {
    pub(crate) id: u64,
    pub(crate) layout: Layout,
    pub(crate) header_align: u32,
    pub(crate) scale: Option<Scale>,
    pub(crate) events: Vec<EventPlan>,
    /// Whether its events were inferred by a repair, not recorded.
    pub(crate) inferred: bool,
    table: Vec<u32>,
}

/// A trace: one `metadata` file.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) schema: Schema,
    pub(crate) streams: Vec<StreamPlan>,
    /// `hostname:procname:(vpid) ` as it stands before every event's name.
    pub(crate) origin: Vec<u8>,
    /// Whether some event class records context switches.
    pub(crate) switches: bool,
    /// Whether some event class ends a call that it does not name.
    pub(crate) ends_calls: bool,
}

impl Plan {
    /// Makes ready; `numbers` counts the event classes.
    pub(crate) fn new(schema: Schema, numbers: &mut usize) -> Self {
        let streams: Vec<StreamPlan> =
            schema.streams.iter().map(|class| StreamPlan::new(class, &schema, numbers)).collect();
        let some = |kind: Kind| streams.iter().flat_map(|stream| &stream.events).any(|event| event.kind == kind);
        let (switches, ends_calls) = (some(Kind::Switch), some(Kind::EndOfCall));
        Self { origin: origin(&schema), streams, switches, ends_calls, schema }
    }

    /// Byte order of the magic number that every packet begins with.
    pub(crate) fn magic(&self) -> Option<ByteOrder> {
        let first = self.schema.packet_header.as_ref()?.members.first()?;
        match &first.field {
            Field::Integer(integer) if integer.roles.has(Roles::MAGIC) && integer.size == Size::Bits(32) => {
                Some(integer.byte_order)
            }
            _ => None,
        }
    }

    /// Index of the stream class of this id; a header without one means the only class there is.
    pub(crate) fn stream(&self, id: Option<u64>) -> Option<usize> {
        match id {
            Some(id) => self.streams.iter().position(|stream| stream.id == id),
            None => (self.streams.len() == 1).then_some(0),
        }
    }
}

impl StreamPlan {
    fn new(class: &StreamClass, schema: &Schema, numbers: &mut usize) -> Self {
        let first = *numbers;
        *numbers += class.events.len();
        let wakeup = wakes_by_write(schema);
        let events = class.events.iter().enumerate();
        let events: Vec<EventPlan> =
            events.map(|(index, event)| EventPlan::new(class, event, first + index, wakeup)).collect();
        let ids = events.iter().map(|event| event.id).filter(|&id| id < MAX_TABLE);
        let mut table = vec![u32::MAX; ids.max().map_or(0, |id| id as usize + 1)];
        for (index, event) in events.iter().enumerate() {
            if let Some(place) = usize::try_from(event.id).ok().and_then(|id| table.get_mut(id)) {
                *place = index as u32;
            }
        }
        Self {
            id: class.id,
            layout: Layout::of(class.event_header.as_ref()),
            header_align: class.event_header.as_ref().map_or(1, |header| header.align.max(1)),
            scale: class.clock.and_then(|clock| schema.clocks.get(clock)).map(Scale::new),
            events,
            inferred: class.event_context.as_ref().is_some_and(is_inference),
            table,
        }
    }

    /// Index of the event class of this id; a header without one means the only class there is.
    #[inline]
    pub(crate) fn event(&self, id: Option<u64>) -> Option<usize> {
        let Some(id) = id else {
            return (self.events.len() == 1).then_some(0);
        };
        match usize::try_from(id).ok().and_then(|id| self.table.get(id)) {
            Some(&index) => (index != u32::MAX).then_some(index as usize),
            None => self.events.iter().position(|event| event.id == id),
        }
    }
}

/// Whether a context of a stream class is the one that `sink::ctf` writes for inferred events.
fn is_inference(context: &Struct) -> bool {
    INFERENCE.iter().all(|name| context.members.iter().any(|member| member.name == *name))
}

/// The structures of an event after its header, in order.
pub(crate) fn parts<'s>(class: &'s StreamClass, event: &'s EventClass) -> [Option<&'s Struct>; 3] {
    [class.event_context.as_ref(), event.context.as_ref(), event.payload.as_ref()]
}

impl EventPlan {
    fn new(class: &StreamClass, event: &EventClass, number: usize, wakeup: bool) -> Self {
        let parts = parts(class, event);
        let (kind, bare) = kind(&event.name);
        let wakeup = wakeup.then(|| write_phase(&event.name)).flatten();
        let wanted = wanted(&parts, kind, wakeup);
        let mut compiler = Compiler::new();
        for (part, fields) in parts.iter().enumerate() {
            if let Some(fields) = fields {
                compiler.structure(fields, &|index| slot_of(&wanted, part, index));
            }
        }
        Self { id: event.id, number, kind, wakeup, name: bare.into(), ops: compiler.finish(), wanted }
    }

    /// Reads an event's fields from byte `start` of `bytes`, whose first byte is byte `origin` of the packet. Returns
    /// the position after them, in bits from the start of `bytes`.
    #[inline]
    pub(crate) fn read(
        &self,
        bytes: &[u8],
        origin: u64,
        start: usize,
        registers: &mut [u64],
        facts: &mut Facts,
    ) -> Result<u64, Fault> {
        run(&self.ops, bytes, origin, start, registers, facts)
    }

    /// The same the slow way, from any bit on; `base` are the event's bytes.
    pub(crate) fn read_fully(
        &self,
        parts: [Option<&Struct>; 3],
        cursor: &mut Cursor<'_>,
        base: &[u8],
        registers: &mut [u64],
        facts: &mut Facts,
    ) -> Result<(), Fault> {
        for (part, fields) in parts.iter().enumerate() {
            let Some(fields) = fields else {
                continue;
            };
            cursor.align(fields.align)?;
            for (index, member) in fields.members.iter().enumerate() {
                match slot_of(&self.wanted, part, index) {
                    Some(slot) => capture(&member.field, slot, cursor, base, registers, facts)?,
                    None => walk(&member.field, cursor, registers, &mut Quiet)?,
                }
            }
        }
        Ok(())
    }
}

fn slot_of(wanted: &[(usize, usize, Slot)], part: usize, index: usize) -> Option<Slot> {
    wanted.iter().find(|&&(p, i, _)| (p, i) == (part, index)).map(|&(_, _, slot)| slot)
}

/// Whether the tracer wakes its consumer by a `write` of the traced thread, which can be among its events.
fn wakes_by_write(schema: &Schema) -> bool {
    let tracer = schema.environment.iter().find(|(key, _)| key == "tracer_name");
    matches!(tracer, Some((_, Value::Text(name))) if name == "lttng-ust")
}

/// The part of a call of `write` that an event reports: as a system call, or by its name in a provider of libc's calls.
fn write_phase(full: &str) -> Option<Phase> {
    match full.rsplit_once(':').map_or(full, |(_, bare)| bare) {
        "syscall_entry_write" | "entry_write" | "write_entry" => Some(Phase::Entry),
        "syscall_exit_write" | "exit_write" | "write_exit" => Some(Phase::Exit),
        _ => None,
    }
}

fn kind(full: &str) -> (Kind, &str) {
    match name(full.as_bytes()) {
        // What a prefix is cut off from stays text: prefixes are ASCII.
        Name::Call(phase, call) => (Kind::Call(phase), std::str::from_utf8(call).unwrap_or(full)),
        Name::EndOfCall => (Kind::EndOfCall, full),
        Name::Number(phase) => (Kind::Number(phase), full),
        Name::Other if full == "sched_switch" => (Kind::Switch, full),
        Name::Other => (Kind::Point, full),
    }
}

/// The members that the trace model asks for.
fn wanted(parts: &[Option<&Struct>; 3], kind: Kind, wakeup: Option<Phase>) -> Vec<(usize, usize, Slot)> {
    const CONTEXTS: [usize; 2] = [0, 1];
    const PAYLOAD: [usize; 1] = [2];
    let find = |among: &[usize], names: &[&str], slot: Slot| {
        names.iter().find_map(|name| {
            among.iter().find_map(|&part| {
                let members = &parts[part]?.members;
                let index = members.iter().position(|member| member.name == *name && suits(&member.field, slot))?;
                Some((part, index, slot))
            })
        })
    };
    let mut wanted: Vec<(usize, usize, Slot)> = Vec::new();
    wanted.extend(
        find(&CONTEXTS, &["vtid", "tid", "perf_tid"], Slot::Tid).or_else(|| find(&PAYLOAD, &["perf_tid"], Slot::Tid)),
    );
    wanted.extend(find(&CONTEXTS, &["vpid", "pid"], Slot::Pid));
    wanted.extend(find(&CONTEXTS, &["procname"], Slot::Comm));
    wanted.extend(find(&CONTEXTS, &["cpu_id"], Slot::Cpu).or_else(|| find(&PAYLOAD, &["cpu_id"], Slot::Cpu)));
    match kind {
        Kind::Call(Phase::Exit) | Kind::EndOfCall => wanted.extend(find(&PAYLOAD, &["ret"], Slot::Ret)),
        Kind::Number(phase) => {
            wanted.extend(find(&PAYLOAD, &["id"], Slot::Number));
            if phase == Phase::Exit {
                wanted.extend(find(&PAYLOAD, &["ret"], Slot::Ret));
            }
        }
        Kind::Switch => {
            wanted.extend(find(&PAYLOAD, &["prev_tid"], Slot::PreviousTid));
            wanted.extend(find(&PAYLOAD, &["prev_comm"], Slot::PreviousComm));
            wanted.extend(find(&PAYLOAD, &["next_tid"], Slot::NextTid));
            wanted.extend(find(&PAYLOAD, &["next_comm"], Slot::NextComm));
        }
        Kind::Call(_) | Kind::Point => {}
    }
    if wakeup == Some(Phase::Entry) {
        wanted.extend(find(&PAYLOAD, &["count"], Slot::Count));
    }
    for (part, fields) in parts.iter().enumerate() {
        for (index, member) in fields.iter().flat_map(|fields| fields.members.iter().enumerate()) {
            if let Field::Integer(Integer { roles, .. }) = &member.field
                && roles.has(Roles::TIMESTAMP)
            {
                wanted.push((part, index, Slot::Clock));
            }
        }
    }
    wanted
}

/// What `babeltrace2` prints of the environment before every event's name.
fn origin(schema: &Schema) -> Vec<u8> {
    let find = |name: &str| schema.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let mut parts = Vec::new();
    for name in ["hostname", "procname"] {
        if let Some(Value::Text(text)) = find(name) {
            parts.push(text.clone());
        }
    }
    if let Some(Value::Integer(vpid)) = find("vpid") {
        parts.push(format!("({vpid})"));
    }
    let mut origin = parts.join(":").into_bytes();
    if !parts.is_empty() {
        origin.push(b' ');
    }
    origin
}

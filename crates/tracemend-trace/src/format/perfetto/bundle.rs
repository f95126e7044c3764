//! A bundle: events of one CPU that Perfetto read from the kernel's buffer at one go.

use super::fields::{Field, Fields, Value};
use super::messages::{CompactSched, FtraceError, GenericEventDescriptor};
use crate::Symbol;
use crate::decode::context::{Context, possible_cpu};
use prost::Message;
use rustc_hash::FxHashMap;

/// Maximum number of event types that a trace describes itself.
const MAX_DESCRIBED: usize = 1 << 16;

/// Names of the event types that a trace describes itself, by the number of their field.
pub(crate) type Described = FxHashMap<u32, Symbol>;

/// Where a bundle has an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Within its bytes.
    Event { start: u32, end: u32 },
    /// In the tables of context switches.
    Switch(u32),
    /// In the tables of wake-ups.
    Waking(u32),
}

/// An event of a bundle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// As the tracer's clock counts.
    pub(crate) time_ns: i64,
    pub(crate) place: Place,
}

/// What a bundle says beside its events.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) cpu: Option<u32>,
    /// Whether the kernel lost events of this CPU before the first of the bundle.
    pub(crate) lost: bool,
    /// Time of the last event in this CPU's bundle before, where Perfetto says it (since version 47).
    pub(crate) previous_end_ns: Option<i64>,
    /// Why a part could not be read: by Perfetto, or here.
    pub(crate) fault: Option<String>,
}

/// A bundle being read.
#[derive(Default)]
pub(crate) struct Bundle {
    pub(crate) bytes: Vec<u8>,
    /// Its events in the order of time.
    pub(crate) entries: Vec<Entry>,
    pub(crate) compact: CompactSched,
}

/// What stands before a bundle's events: its CPU, and whether the kernel lost events before them.
pub(crate) fn head(bytes: &[u8]) -> Head {
    let mut head = Head::default();
    for field in Fields::new(bytes).map_while(Result::ok) {
        head.take(field.number, field.value);
    }
    head
}

impl Head {
    fn take(&mut self, number: u32, value: Value<'_>) {
        match (number, value) {
            (1, Value::Number(cpu)) => self.cpu = possible_cpu(cpu),
            (3, Value::Number(lost)) => self.lost = lost != 0,
            // The first bundle of a CPU says 0.
            (10, Value::Number(time)) => self.previous_end_ns = i64::try_from(time).ok(),
            _ => {}
        }
    }

    fn fail(&mut self, why: impl FnOnce() -> String) {
        if self.fault.is_none() {
            self.fault = Some(why());
        }
    }
}

impl Bundle {
    /// Takes the bundle in `bytes` over.
    pub(crate) fn read(&mut self, bytes: &[u8], context: &mut Context, described: &mut Described) -> Head {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.entries.clear();
        self.compact = CompactSched::default();
        let mut head = Head::default();
        for field in Fields::new(bytes) {
            let field = match field {
                Ok(field) => field,
                Err(fault) => {
                    head.fail(|| format!("a bundle with {} at its byte {}", fault.what, fault.at));
                    break;
                }
            };
            match (field.number, field.value) {
                (2, Value::Bytes(event)) => self.event(event, field, &mut head),
                (4, Value::Bytes(compact)) => self.compact(compact, &mut head),
                (8, Value::Bytes(error)) => {
                    let status = FtraceError::decode(error).ok().and_then(|error| error.status).unwrap_or(0);
                    head.fail(|| {
                        format!("Perfetto could not read a page of the kernel's buffer (its status {status})")
                    });
                }
                (11, Value::Bytes(descriptor)) => describe(descriptor, context, described),
                (number, value) => head.take(number, value),
            }
        }
        if !self.entries.is_sorted_by_key(|entry| entry.time_ns) {
            self.entries.sort_by_key(|entry| entry.time_ns);
        }
        head
    }

    fn event(&mut self, event: &[u8], field: Field<'_>, head: &mut Head) {
        let time = Fields::new(event).find_map(|field| match field {
            Ok(Field { number: 1, value: Value::Number(time), .. }) => Some(i64::try_from(time).ok()),
            Ok(_) => None,
            Err(_) => Some(None),
        });
        // A length is below 2^32: packets are short.
        match (time.flatten(), Fields::new(event).find_map(Result::err)) {
            (Some(time_ns), None) => self
                .entries
                .push(Entry { time_ns, place: Place::Event { start: field.start as u32, end: field.end as u32 } }),
            (_, Some(fault)) => {
                head.fail(|| format!("an event with {} at byte {} of its bundle", fault.what, field.start))
            }
            (None, None) => head.fail(|| format!("an event without a time at byte {} of its bundle", field.start)),
        }
    }

    fn compact(&mut self, bytes: &[u8], head: &mut Head) {
        let Ok(compact) = CompactSched::decode(bytes) else {
            return head.fail(|| "scheduling events that cannot be read".to_owned());
        };
        self.steps(&compact.switch_timestamp, Place::Switch, head);
        self.steps(&compact.waking_timestamp, Place::Waking, head);
        self.compact = compact;
    }

    /// Times in a table, each a step from the one before; the first is a step from 0.
    fn steps(&mut self, steps: &[u64], place: fn(u32) -> Place, head: &mut Head) {
        let mut time = 0u64;
        for (index, step) in (0..).zip(steps) {
            time = time.saturating_add(*step);
            match i64::try_from(time) {
                Ok(time_ns) => self.entries.push(Entry { time_ns, place: place(index) }),
                Err(_) => head.fail(|| "scheduling events with times that cannot be".to_owned()),
            }
        }
    }
}

fn describe(descriptor: &[u8], context: &mut Context, described: &mut Described) {
    let Ok(GenericEventDescriptor { field_id: Some(number), event_descriptor: Some(event) }) =
        GenericEventDescriptor::decode(descriptor)
    else {
        return;
    };
    if let (Ok(number), Some(name)) = (u32::try_from(number), event.name)
        && described.len() < MAX_DESCRIBED
    {
        described.insert(number, context.name(name.as_bytes()));
    }
}

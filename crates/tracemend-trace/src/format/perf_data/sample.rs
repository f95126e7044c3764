//! From a sample to an event.

use super::fields::Fields;
use super::layout::{self, Layout};
use super::records::{HEAD, RecordHead};
use super::rounds::Entry;
use super::threads::Threads;
use crate::decode::context::MAX_CPU;
use crate::{Event, Phase, Symbol};

/// perf's nanoseconds.
#[inline]
pub(crate) fn time_ns(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// The event of a sample; `None` where its bytes do not fit its description.
#[inline]
pub(crate) fn sample(
    layout: &mut Layout,
    threads: &Threads,
    names: &mut Vec<Option<Symbol>>,
    record: &[u8],
    head: RecordHead,
    entry: &Entry,
) -> Option<Event> {
    let order = layout.order;
    let Fields { attr: number, tid, pid, cpu, .. } = layout.attrs.fields(record, head, order)?;
    let attr = layout.attrs.all.get(number)?;
    let cpu = match cpu {
        Some(cpu) if cpu >= MAX_CPU => return None,
        cpu => cpu,
    };
    let described = attr.tracepoint().and_then(|id| layout.events.get(id)).is_some();
    let (name, phase, ret) = if described {
        let raw = attr.raw(&record[HEAD..], order)?;
        // The event is what perf says; a record of another number is damage.
        if layout.events.id(raw) != attr.tracepoint() {
            return None;
        }
        let told = layout.events.tell(&mut layout.context, raw)?;
        (told.name, told.phase, told.ret)
    } else {
        (plain_name(layout, names, number), Phase::Point, None)
    };
    let context = &mut layout.context;
    let time_ns = time_ns(entry.time);
    let stream = context.stream_of(cpu, time_ns);
    if let (Some(tid), Some(pid)) = (tid, pid) {
        context.header.processes.note(tid, pid);
    }
    let comm = tid.map(|tid| threads.name(context, tid));
    Some(Event { cpu, tid, comm, ret, offset: entry.offset, ..Event::new(time_ns, stream, name, phase) })
}

/// The name of an event that no format describes.
fn plain_name(layout: &mut Layout, names: &mut Vec<Option<Symbol>>, number: usize) -> Symbol {
    if let Some(Some(name)) = names.get(number) {
        return *name;
    }
    let name = layout.attrs.all.get(number).map_or_else(String::new, |attr| match &attr.name {
        Some(name) => match name.split_once(':') {
            Some((system, event)) if !event.contains(':') => layout::event_name(system, event),
            _ => name.to_string(),
        },
        None => attr.number_name(),
    });
    let symbol = layout.context.name(name.as_bytes());
    // A pipe may name an event later.
    if layout.attrs.all.get(number).is_some_and(|attr| attr.name.is_some()) {
        if names.len() <= number {
            names.resize(number + 1, None);
        }
        names[number] = Some(symbol);
    }
    symbol
}

//! A sample as the line `perf script --ns` prints.

use super::layout::Layout;
use super::records::{HEAD, RecordHead};
use super::threads::Threads;
use crate::kernel::event_text;
use std::io::Write;

/// Appends the line of a sample: for a system call as perf prints it, with its fields one by one for another tracepoint.
pub(crate) fn write(out: &mut Vec<u8>, layout: &Layout, threads: &Threads, record: &[u8]) {
    let Layout { order, context, attrs, events, .. } = layout;
    let order = *order;
    let fields = RecordHead::read(record, order).and_then(|head| attrs.fields(record, head, order));
    let Some((fields, attr)) = fields.and_then(|fields| Some((fields, attrs.all.get(fields.attr)?))) else {
        return;
    };
    let tid = fields.tid.unwrap_or(-1);
    match (threads.known(tid), tid) {
        (Some(name), _) => {
            let _ = write!(out, "{:>16}", context.header.symbols.name(name));
        }
        (None, 0) => out.extend_from_slice(b"         swapper"),
        (None, _) => {
            let _ = write!(out, "{:>16}", format!(":{tid}"));
        }
    }
    let _ = write!(out, " {tid:>5} ");
    if let Some(cpu) = fields.cpu {
        let _ = write!(out, "[{cpu:03}] ");
    }
    let time = fields.time.unwrap_or(0);
    let _ = write!(out, "{:>5}.{:09}: ", time / 1_000_000_000, time % 1_000_000_000);
    let names = attrs.all.iter().filter_map(|attr| attr.name.as_ref());
    let width = names.map(|name| name.len()).max().unwrap_or(0);
    let number_name;
    let name = match &attr.name {
        Some(name) => &**name,
        None => {
            number_name = attr.number_name();
            &number_name
        }
    };
    let _ = write!(out, "{name:>width$}: ");
    let event = attr.tracepoint().and_then(|id| events.get(id));
    if let (Some(event), Some(raw)) = (event, attr.raw(&record[HEAD..], order)) {
        event_text::write(out, event, raw, order, "");
    }
    while out.last() == Some(&b' ') {
        out.pop();
    }
}

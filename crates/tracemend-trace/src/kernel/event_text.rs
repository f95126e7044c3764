//! The fields of a kernel event as text, as `trace-cmd report` and `perf script` print them.

use super::event_format::{Field, Kind};
use super::tracepoints::Tracepoint;
use crate::Phase;
use crate::decode::order::Order;
use std::io::Write;

/// Appends what stands after the event's name: `NR 3 (1, 7f.., 0)` and the arguments of system calls as both tools
/// print them, other events' fields one by one (`trace-cmd report -R`). `indent` says whether a space comes before
/// those, as trace-cmd has it.
pub(crate) fn write(out: &mut Vec<u8>, event: &Tracepoint, record: &[u8], order: Order, indent: &str) {
    let done = if event.raw_call() {
        raw_call(out, event, record, order)
    } else {
        match event.named_call() {
            Some(Phase::Exit) => exit(out, event, record, order),
            Some(_) => enter(out, event, record, order),
            None => None,
        }
    };
    if done.is_none() {
        out.extend_from_slice(indent.as_bytes());
        fields(out, event.format.own(), record, order);
    }
}

/// Writing into memory cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{ let _ = write!($out, $($text)*); }};
}

fn raw_call(out: &mut Vec<u8>, event: &Tracepoint, record: &[u8], order: Order) -> Option<()> {
    let id = event.format.field("id")?.number(record, order)?;
    if let Some(ret) = event.format.field("ret") {
        let ret = ret.number(record, order)?;
        put!(out, "NR {id} = {ret}");
        return Some(());
    }
    let field = event.format.field("args")?;
    let args = field.bytes(record, order)?;
    let size = field.size / 6;
    put!(out, "NR {id} (");
    for at in 0..6 {
        let value = order.number(args, at * size, size)?;
        put!(out, "{}{value:x}", if at == 0 { "" } else { ", " });
    }
    out.push(b')');
    Some(())
}

fn enter(out: &mut Vec<u8>, event: &Tracepoint, record: &[u8], order: Order) -> Option<()> {
    let mut first = true;
    for field in event.format.own() {
        if field.kind != Kind::Number || matches!(&*field.name, "nr" | "__syscall_nr") {
            continue;
        }
        // The kernel passes every argument through an `unsigned long`.
        let value = order.number(record, field.offset, field.size)?;
        put!(out, "{}{}: 0x{value:08x}", if first { "" } else { ", " }, field.name);
        first = false;
    }
    Some(())
}

fn exit(out: &mut Vec<u8>, event: &Tracepoint, record: &[u8], order: Order) -> Option<()> {
    let ret = event.format.field("ret")?;
    let value = order.number(record, ret.offset, ret.size)?;
    put!(out, "0x{value:x}");
    Some(())
}

fn fields(out: &mut Vec<u8>, fields: &[Field], record: &[u8], order: Order) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        put!(out, "{}=", field.name);
        if value(out, field, record, order).is_none() {
            out.push(b'?');
        }
    }
}

fn value(out: &mut Vec<u8>, field: &Field, record: &[u8], order: Order) -> Option<()> {
    if field.kind == Kind::Number {
        let number = field.number(record, order)?;
        match (field.pointer || (field.long && !field.signed), field.signed) {
            (true, _) => put!(out, "0x{number:x}"),
            (false, true) => put!(out, "{number}"),
            (false, false) => put!(out, "{}", number as u64),
        }
        return Some(());
    }
    let bytes = field.bytes(record, order)?;
    let text = field.text(record, order)?;
    let characters = matches!(field.kind, Kind::Array { text: true } | Kind::Located { text: true, .. });
    if characters && text.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        // A record is one line.
        out.extend(text.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
    } else {
        out.extend_from_slice(b"ARRAY[");
        for (at, byte) in bytes.iter().enumerate() {
            put!(out, "{}{byte:02x}", if at == 0 { "" } else { ", " });
        }
        out.push(b']');
    }
    Some(())
}

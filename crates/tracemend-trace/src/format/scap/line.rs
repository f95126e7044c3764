//! An event as a line of ftrace's text: blocks have none.

use crate::{Event, Phase, TraceHeader};
use std::io::Write;

/// Writes the line of an event.
pub(crate) fn write(out: &mut Vec<u8>, header: &TraceHeader, event: &Event) {
    let comm = event.comm.map_or("<...>", |comm| header.symbols.name(comm));
    let name = header.symbols.name(event.name);
    let time = event.time_ns.max(0);
    let (seconds, nanos) = (time / 1_000_000_000, time % 1_000_000_000);
    let (tid, cpu) = (event.tid.unwrap_or(0), event.cpu.unwrap_or(0));
    // Writing into memory cannot fail.
    let _ = write!(out, "{comm:>16}-{tid:<5} [{cpu:03}] {seconds:5}.{nanos:09}: ");
    let _ = match (event.phase, event.ret) {
        (Phase::Entry, _) => write!(out, "sys_enter_{name}: "),
        (Phase::Exit | Phase::Call, Some(ret)) => write!(out, "sys_exit_{name}: {ret:#x}"),
        (Phase::Exit | Phase::Call, None) => write!(out, "sys_exit_{name}: "),
        (Phase::Point, _) => write!(out, "{name}: "),
    };
}

//! A small trace.

use tracemend_trace::{Event, Format, Phase, Trace, TraceHeader};

/// A trace of calls (cpu, thread, name), one a microsecond.
pub(crate) fn trace(calls: &[(u32, i32, &str)]) -> Trace {
    let mut header = TraceHeader::new(Format::Csv);
    let events = calls.iter().enumerate().map(|(place, &(cpu, tid, name))| Event {
        time_ns: 1000 * place as i64,
        stream: header.cpu_stream(cpu),
        cpu: Some(cpu),
        tid: Some(tid),
        comm: Some(header.symbols.intern(&format!("p{}", tid % 2))),
        name: header.symbols.intern(name),
        phase: Phase::Call,
        ret: Some(0),
        dur_ns: Some(300),
        offset: 0,
        by_tracer: false,
    });
    let events = events.collect();
    Trace { header, events, gaps: Vec::new() }
}

//! Small traces for tests.

use crate::model::{Token, TraceModel};
use proptest::prelude::*;
use tracemend_trace::{Cause, Event, Format, Gap, Lost, Phase, StreamId, Trace, TraceHeader};

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

/// Random traces: few names, threads and CPUs, so that contexts recur; some return values; some gaps.
pub(crate) fn traces() -> impl Strategy<Value = Trace> {
    const NAMES: [&str; 5] = ["read", "write", "poll", "futex", "exit"];
    let call = (0u32..2, 0i32..4, 0usize..NAMES.len(), -1i64..2, 0u32..40);
    proptest::collection::vec(call, 0..120).prop_map(|calls| {
        let named: Vec<(u32, i32, &str)> =
            calls.iter().map(|&(cpu, tid, name, _, _)| (cpu, tid, NAMES[name])).collect();
        let mut trace = trace(&named);
        for (event, &(cpu, _, _, ret, gap)) in trace.events.iter_mut().zip(&calls) {
            event.ret = (event.ret.is_some() && ret < 1).then_some(ret);
            if gap == 0 {
                trace.gaps.push(Gap {
                    id: trace.gaps.len() as u32,
                    stream: Some(StreamId(cpu.min(trace.header.streams.len() as u32 - 1))),
                    cpu: None,
                    tid: None,
                    begin_ns: Some(event.time_ns),
                    end_ns: Some(event.time_ns + 2500),
                    kept_ns: None,
                    unread_lines: None,
                    lost: Lost::Unknown,
                    cause: Cause::Discarded,
                    offset: 0,
                });
            }
        }
        trace
    })
}

/// The bytes of a model's file.
pub(crate) fn bytes(model: &TraceModel) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    model.save(&path).unwrap();
    std::fs::read(&path).unwrap()
}

/// The token of a whole call that returned 0.
pub(crate) fn token_of(model: &TraceModel, name: &str) -> Token {
    let found = model.tokens.kinds().iter().position(|kind| kind.name == name);
    found.expect("the model has learned this call") as Token
}

/// Calls of one thread on CPU 0 as entries and exits, 500 ns apart; every call returns 0.
pub(crate) fn pairs(tid: i32, names: &[&str], calls: usize) -> Trace {
    let whole: Vec<(u32, i32, &str)> = (0..calls).map(|place| (0, tid, names[place % names.len()])).collect();
    let mut trace = trace(&whole);
    let halves = |event: &Event| {
        let entry = Event { phase: Phase::Entry, ret: None, dur_ns: None, ..event.clone() };
        let exit = Event { phase: Phase::Exit, time_ns: event.time_ns + 500, dur_ns: None, ..event.clone() };
        [entry, exit]
    };
    trace.events = trace.events.iter().flat_map(halves).collect();
    trace
}

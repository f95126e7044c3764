//! A gap in a small trace, filled by a method.

use crate::baselines::method::learn;
use std::ops::Range;
use tracemend_repair::index::TraceIndex;
use tracemend_trace::{Cause, Event, Format, Gap, Lost, Phase, StreamId, Trace, TraceHeader};

/// A call: CPU, thread, name.
pub(crate) type Call = (u32, i32, &'static str);

/// These calls over and over.
pub(crate) fn cycle(calls: &[Call], length: usize) -> Vec<Call> {
    calls.iter().copied().cycle().take(length).collect()
}

/// Cuts the calls of CPU 0 in `cut` out of `test` and has them filled in.
pub(crate) fn fill(
    method: &str,
    train: &[(u32, i32, &str)],
    test: &[(u32, i32, &str)],
    cut: Range<usize>,
) -> Vec<(i64, &'static str)> {
    let mut damaged = trace(test);
    let whole = damaged.clone();
    let method = crate::baselines::method::method(method, &learn(&[&trace(train)]));
    let lost: Vec<usize> = cut.clone().filter(|&place| test[place].0 == 0).collect();
    let on_cpu = |place: &usize| test[*place].0 == 0;
    let gap = Gap {
        id: 0,
        stream: Some(StreamId(0)),
        cpu: Some(0),
        tid: None,
        begin_ns: (0..cut.start).rev().find(on_cpu).map(|place| whole.events[place].time_ns),
        end_ns: (cut.end..test.len()).find(on_cpu).map(|place| whole.events[place].time_ns),
        kept_ns: None,
        lost: Lost::Exact(lost.len() as u64),
        cause: Cause::Discarded,
        offset: 0,
    };
    damaged.events.retain(|event| !lost.iter().any(|&place| whole.events[place] == *event));
    damaged.gaps.push(gap);
    let mut tokens = method.tokens().clone();
    let index = TraceIndex::new(&damaged, &mut tokens);
    let fills = method.fill(&index, &damaged.gaps[0], lost.len());
    fills.iter().map(|fill| (fill.thread, name(&tokens.kind(fill.token).name))).collect()
}

fn name(name: &str) -> &'static str {
    ["a", "b", "c", "d", "e", "x", "y", "z", "end1", "end2"].into_iter().find(|known| *known == name).unwrap()
}

/// A trace of calls (cpu, thread, name), one a microsecond.
pub(super) fn trace(calls: &[(u32, i32, &str)]) -> Trace {
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
    });
    let events = events.collect();
    Trace { header, events, gaps: Vec::new() }
}

use super::*;
use tracemend_trace::sink::CsvSink;
use tracemend_trace::{Cause, Format, Gap, Lost, Phase, StreamId};

fn inferred(time_ns: i64, name: &str, confidence: f32) -> InferredEvent {
    InferredEvent {
        time_ns: Some(time_ns),
        time_err_ns: Some(1),
        cpu: Some(0),
        tid: Some(1),
        comm: None,
        name: name.to_owned(),
        phase: Phase::Call,
        confidence,
        alternatives: vec![],
    }
}

/// Recorded `a` at 10 and `d` at 20, between them a gap that lost two events.
fn trace_and_repair() -> (Trace, Vec<GapRepair>) {
    let mut header = TraceHeader::new(Format::Ftrace);
    let stream = header.cpu_stream(0);
    let names = ["a", "d"].map(|name| header.symbols.intern(name));
    let events = [(10, names[0], 0), (20, names[1], 200)].map(|(time_ns, name, offset)| Event {
        time_ns,
        stream,
        cpu: Some(0),
        tid: Some(1),
        comm: None,
        name,
        phase: Phase::Call,
        ret: None,
        dur_ns: None,
        offset,
        by_tracer: false,
    });
    let gap = Gap {
        id: 0,
        stream: Some(StreamId(0)),
        cpu: Some(0),
        tid: None,
        begin_ns: Some(10),
        end_ns: Some(20),
        kept_ns: None,
        unread_lines: None,
        lost: Lost::Exact(2),
        cause: Cause::Overwritten,
        offset: 100,
    };
    let repair = GapRepair {
        gap: gap.clone(),
        events: vec![inferred(10, "b", 0.95), inferred(20, "c", 0.4)],
        composition: Composition::default(),
        samples: vec![],
        left_open: None,
        from_model: false,
        from_imputer: false,
    };
    (Trace { header, events: events.to_vec(), gaps: vec![gap] }, vec![repair])
}

fn merged_names(min_confidence: f32) -> Vec<String> {
    let (trace, repairs) = trace_and_repair();
    let mut out = Vec::new();
    let mut sink = CsvSink::begin(&mut out).expect("writes to memory");
    let options = WriteOptions { min_confidence, model: "m" };
    write_merged(&trace, None, &repairs, &options, &mut sink).expect("writes to memory");
    let text = String::from_utf8(out).expect("text");
    text.lines().skip(1).filter_map(|line| line.split(',').nth(5)).map(str::to_owned).collect()
}

#[test]
fn inferred_events_stand_inside_their_gap_even_at_equal_times() {
    assert_eq!(merged_names(0.0), ["a", "b", "c", "d"]);
}

#[test]
fn events_below_the_asked_confidence_stay_gap() {
    assert_eq!(merged_names(0.5), ["a", "b", "d"]);
    let (_, repairs) = trace_and_repair();
    let summary = RepairSummary::of(&repairs, &WriteOptions { min_confidence: 0.5, model: "m" });
    assert_eq!((summary.lost_events, summary.inferred, summary.inferred_sure, summary.withheld), (2, 1, 1, 1));
}

#[test]
fn sure_events_are_expected_right_as_often_as_their_confidences_say() {
    let (_, mut repairs) = trace_and_repair();
    repairs[0].events = vec![inferred(10, "b", 0.9), inferred(12, "b", 1.0), inferred(20, "c", 0.89)];
    let summary = RepairSummary::of(&repairs, &WriteOptions { min_confidence: 0.0, model: "m" });
    assert_eq!(summary.inferred_sure, 2);
    assert!((summary.sure_right - 1.9).abs() < 1e-6, "{}", summary.sure_right);
}

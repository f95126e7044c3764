//! Answers to Trace Compass as an external analysis: LTTng Analyses Machine Interface (LAMI) 1.0.

use crate::statistics::StatisticsRow;
use serde_json::{Value, json};
use tracemend_repair::{Composition, GapRepair, InferredEvent};
use tracemend_trace::sink::GapRow;
use tracemend_trace::{Phase, TraceHeader};

/// Version of the interface.
pub(crate) const MI_VERSION: &str = "1.0";

/// The time that the results shall cover, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// Its first nanosecond.
    pub begin_ns: i64,
    /// Its last nanosecond.
    pub end_ns: i64,
}

impl Range {
    fn meets(&self, begin_ns: Option<i64>, end_ns: Option<i64>) -> bool {
        begin_ns.is_none_or(|begin| begin <= self.end_ns) && end_ns.is_none_or(|end| end >= self.begin_ns)
    }

    fn holds(&self, time_ns: Option<i64>) -> bool {
        time_ns.is_none_or(|time| (self.begin_ns..=self.end_ns).contains(&time))
    }
}

/// Returns the description of the analysis and its tables.
pub(crate) fn metadata() -> Value {
    let version: Vec<u64> = env!("CARGO_PKG_VERSION").split('.').filter_map(|part| part.parse().ok()).collect();
    let column = |title: &str, class: &str| json!({ "title": title, "class": class });
    let counted = |title: &str| json!({ "title": title, "class": "number", "unit": "events" });
    json!({
        "mi-version": { "major": 1, "minor": 0 },
        "version": { "major": version.first(), "minor": version.get(1), "patch": version.get(2) },
        "title": "Lost events",
        "description": "Where the trace lost events, and what they most likely were",
        "authors": ["The tracemend developers"],
        "url": env!("CARGO_PKG_REPOSITORY"),
        "tags": ["loss", "reconstruction"],
        "table-classes": {
            "gaps": {
                "title": "Gaps by stream",
                "column-descriptions": [
                    column("Stream", "string"), column("Gap", "number"), column("Time range", "time-range"), counted("Lost"),
                    counted("Inferred"), column("Cause", "string"),
                ],
            },
            "composition": {
                "title": "What the gaps lost",
                "column-descriptions": [column("Gap", "number"), column("Event", "string"), counted("Expected")],
            },
            "inferred": {
                "title": "Inferred events",
                "column-descriptions": [
                    column("Time", "timestamp"), column("CPU", "cpu"), column("Process", "process"), column("Event", "string"),
                    column("Confidence", "ratio"), column("Gap", "number"), column("Alternatives", "string"),
                ],
            },
            "statistics": {
                "title": "Counts, recorded and with the lost events",
                "column-descriptions": [column("Event", "string"), counted("Recorded"), counted("With the lost ones")],
            },
        },
    })
}

/// Returns the tables of a repair for the gaps and events within `range`.
pub(crate) fn results(
    header: &TraceHeader,
    repairs: &[GapRepair],
    statistics: &[StatisticsRow],
    range: Range,
) -> Value {
    let inside: Vec<&GapRepair> =
        repairs.iter().filter(|repair| range.meets(repair.gap.begin_ns, repair.gap.end_ns)).collect();
    let table = |class: &str, data: Vec<Value>| {
        json!({
            "time-range": span(Some(range.begin_ns), Some(range.end_ns)),
            "class": class,
            "data": data,
        })
    };
    let gaps = inside.iter().map(|repair| gap(header, repair)).collect();
    let composition = inside
        .iter()
        .flat_map(|repair| repair.composition.by_event.iter().map(move |part| (repair.gap.id, part)))
        .map(|(gap, part)| json!([gap, title(&part.name, part.phase), between(part.expected, part.low, part.high)]))
        .collect();
    let inferred = inside
        .iter()
        .flat_map(|repair| repair.events.iter().map(move |event| (repair.gap.id, event)))
        .filter(|(_, event)| range.holds(event.time_ns))
        .map(|(gap, event)| inferred(gap, event))
        .collect();
    let statistics = statistics
        .iter()
        .map(|row| json!([row.name, row.recorded, between(row.expected, row.low, row.high)]))
        .collect();
    json!({
        "results": [
            table("gaps", gaps), table("composition", composition), table("inferred", inferred),
            table("statistics", statistics),
        ],
    })
}

fn gap(header: &TraceHeader, repair: &GapRepair) -> Value {
    let row = GapRow::new(&repair.gap, header);
    let Composition { lost, lost_low, lost_high, .. } = &repair.composition;
    let lost = match row.lost {
        Some(counted) if row.lost_kind == "exact" => json!(counted),
        _ => between(*lost as f64, *lost_low as f64, *lost_high as f64),
    };
    json!([
        row.stream.unwrap_or("unknown"),
        row.id,
        span(row.begin_ns, row.end_ns),
        lost,
        repair.events.len(),
        row.cause
    ])
}

fn inferred(gap: u32, event: &InferredEvent) -> Value {
    let time = event.time_ns.map(|time| {
        let error = event.time_err_ns.unwrap_or(0);
        timestamp(time, json!(time.saturating_sub(error)), json!(time.saturating_add(error)))
    });
    let others: Vec<String> = event
        .alternatives
        .iter()
        .map(|other| format!("{} {:.2}", title(&other.name, other.phase), other.probability))
        .collect();
    json!([
        time.unwrap_or_else(unknown),
        event.cpu.map_or_else(unknown, |cpu| json!({ "class": "cpu", "id": cpu })),
        json!({ "class": "process", "name": event.comm.as_deref().unwrap_or("?"), "tid": event.tid.unwrap_or(-1) }),
        title(&event.name, event.phase),
        json!({ "class": "ratio", "value": event.confidence }),
        gap,
        others.join(", "),
    ])
}

fn unknown() -> Value {
    json!({ "class": "unknown" })
}

/// Returns a span of time; an unknown end lies at the other end or anywhere beyond.
fn span(begin_ns: Option<i64>, end_ns: Option<i64>) -> Value {
    let (begin, end) = (begin_ns.or(end_ns).unwrap_or(0), end_ns.or(begin_ns).unwrap_or(0));
    let low = begin_ns.map_or_else(|| json!("-inf"), |begin| json!(begin));
    let high = end_ns.map_or_else(|| json!("+inf"), |end| json!(end));
    json!({ "class": "time-range", "begin": timestamp(begin, low, json!(begin)), "end": timestamp(end, json!(end), high) })
}

fn timestamp(time_ns: i64, low: Value, high: Value) -> Value {
    json!({ "class": "timestamp", "value": time_ns, "low": low, "high": high })
}

/// Returns a number with its interval, widened to contain the number.
fn between(value: f64, low: f64, high: f64) -> Value {
    json!({ "class": "number", "value": value, "low": low.min(value), "high": high.max(value) })
}

fn title(name: &str, phase: Phase) -> String {
    match phase {
        Phase::Entry => format!("{name} entry"),
        Phase::Exit => format!("{name} exit"),
        Phase::Call | Phase::Point => name.to_owned(),
    }
}

//! Chrome's JSON trace, for viewers that read nothing newer: the same lanes as in Perfetto's format.

use super::Collected;
use super::perfetto::category;
use super::timeline::{Arg, LaneKind, Timeline};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes `collected` as a JSON object with `traceEvents`; times are microseconds.
///
/// # Errors
/// When the output cannot be written.
pub fn write_chrome(collected: &Collected<'_>, mut out: impl Write) -> io::Result<()> {
    let timeline = Timeline::of(collected);
    let mut events = Events { out: &mut out, any: false };
    events.out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n")?;
    for (group, name) in timeline.groups.iter().enumerate() {
        events.add(&json!({ "ph": "M", "name": "process_name", "pid": group, "args": { "name": name } }))?;
        events
            .add(&json!({ "ph": "M", "name": "process_sort_index", "pid": group, "args": { "sort_index": group } }))?;
    }
    for (lane, info) in timeline.lanes.iter().enumerate().filter(|(_, info)| info.kind != LaneKind::Confidence) {
        let (pid, name) = (info.group, &info.name);
        events.add(&json!({ "ph": "M", "name": "thread_name", "pid": pid, "tid": lane, "args": { "name": name } }))?;
    }
    for item in &timeline.items {
        let lane = &timeline.lanes[item.lane];
        let args: Map<String, Value> = item
            .args()
            .into_iter()
            .map(|(name, value)| {
                let value = match value {
                    Arg::Number(value) => value.into(),
                    Arg::Integer(value) => value.into(),
                    Arg::Text(value) => value.into(),
                };
                (name.to_owned(), value)
            })
            .collect();
        let mut event = json!({
            "name": item.name, "cat": category(lane.kind), "pid": lane.group, "tid": item.lane, "args": args,
            "ts": microseconds(item.begin_ns),
        });
        match item.end_ns {
            Some(end_ns) => {
                event["ph"] = "X".into();
                event["dur"] = microseconds(end_ns.saturating_sub(item.begin_ns));
            }
            None => {
                event["ph"] = "i".into();
                event["s"] = "t".into();
            }
        }
        events.add(&event)?;
    }
    for &(lane, time_ns, value) in &timeline.values {
        let lane = &timeline.lanes[lane];
        events.add(&json!({
            "ph": "C", "name": lane.name, "pid": lane.group, "ts": microseconds(time_ns), "args": { "confidence": value },
        }))?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}

struct Events<'a, W> {
    out: &'a mut W,
    any: bool,
}

impl<W: Write> Events<'_, W> {
    fn add(&mut self, event: &Value) -> io::Result<()> {
        if self.any {
            self.out.write_all(b",\n")?;
        }
        self.any = true;
        serde_json::to_writer(&mut *self.out, event).map_err(io::Error::from)
    }
}

/// Microseconds, nanoseconds after the point: as JSON reads numbers, exact up to 2^53.
fn microseconds(time_ns: i64) -> Value {
    if time_ns % 1000 == 0 { (time_ns / 1000).into() } else { (time_ns as f64 / 1000.0).into() }
}

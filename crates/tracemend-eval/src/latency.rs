//! How far the latencies of calls are from those in the complete twin of a trace.
//!
//! The latency of a call is the time from its entry to the exit that follows on the same thread, or the recorded duration
//! of a whole call. Quantiles are compared as ratios, so that a call of a microsecond weighs as much as one of a second.
//! Before the repair, pairs are formed as by a reader who ignores the gaps.

use crate::measurement::quantile;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tracemend_repair::GapRepair;
use tracemend_trace::{Phase, Trace};

/// Latencies of a call in the twin below which its quantiles are not compared.
const MIN_LATENCIES: usize = 5;

/// An event of a timeline.
#[derive(Clone, Copy)]
struct TimedEvent<'a> {
    time_ns: i64,
    tid: i32,
    name: &'a str,
    phase: Phase,
    dur_ns: Option<i64>,
}

/// Latencies in nanoseconds, ascending, by the name of the call.
type Latencies<'a> = BTreeMap<&'a str, Vec<f64>>;

/// The errors of one call's latencies, each |ln(quantile / quantile in the twin)|.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallErrors {
    /// The call.
    pub call: String,
    /// Its latencies in the twin.
    pub latencies: usize,
    /// Error of the median, of the recorded events alone.
    pub median_before: f64,
    /// Error of the median after the repair.
    pub median_after: f64,
    /// Error of the 95th percentile, of the recorded events alone.
    pub p95_before: f64,
    /// Error of the 95th percentile after the repair.
    pub p95_after: f64,
}

/// One call's errors with one method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallLatency {
    /// The protocol.
    pub protocol: String,
    /// What was repaired.
    pub data: String,
    /// The method; only those have rows that say when the lost events happened.
    pub method: String,
    /// The errors.
    #[serde(flatten)]
    pub errors: CallErrors,
}

fn recorded(trace: &Trace) -> Vec<TimedEvent<'_>> {
    let event = |event: &'_ tracemend_trace::Event| {
        let name = trace.header.symbols.name(event.name);
        let dur_ns = event.dur_ns.map(|dur| dur as i64);
        Some(TimedEvent { time_ns: event.time_ns, tid: event.tid?, name, phase: event.phase, dur_ns })
    };
    trace.events.iter().filter_map(event).collect()
}

/// The recorded and the inferred events by time; inferred events without time or thread are left out.
fn repaired<'a>(trace: &'a Trace, repairs: &'a [GapRepair]) -> Vec<TimedEvent<'a>> {
    let mut events = recorded(trace);
    let inferred = repairs.iter().flat_map(|repair| &repair.events).filter_map(|event| {
        let (time_ns, tid) = (event.time_ns?, event.tid?);
        Some(TimedEvent { time_ns, tid, name: &event.name, phase: event.phase, dur_ns: None })
    });
    events.extend(inferred);
    // Stable: at one time, recorded events come first.
    events.sort_by_key(|event| event.time_ns);
    events
}

/// The latencies of all calls. `events` are in the order of time.
fn latencies<'a>(events: &[TimedEvent<'a>]) -> Latencies<'a> {
    let mut found = Latencies::new();
    let mut open: FxHashMap<i32, TimedEvent<'a>> = FxHashMap::default();
    for &event in events {
        let latency = match event.phase {
            Phase::Entry => {
                open.insert(event.tid, event);
                None
            }
            Phase::Exit => {
                let entry = open.remove(&event.tid).filter(|entry| entry.name == event.name);
                entry.map(|entry| event.time_ns.saturating_sub(entry.time_ns))
            }
            Phase::Call => event.dur_ns,
            Phase::Point => None,
        };
        if let Some(latency) = latency {
            found.entry(event.name).or_default().push(latency as f64);
        }
    }
    found.values_mut().for_each(|latencies| latencies.sort_unstable_by(f64::total_cmp));
    found
}

/// Compares latencies before and after a repair with those of the twin. Left out are calls with less than
/// [`MIN_LATENCIES`] in the twin, and calls without any before or after the repair.
pub(crate) fn errors(lossy: &Trace, repairs: &[GapRepair], twin: &Trace) -> Vec<CallErrors> {
    let (before, after) = (latencies(&recorded(lossy)), latencies(&repaired(lossy, repairs)));
    compared(&before, &after, &latencies(&recorded(twin)))
}

fn compared(before: &Latencies<'_>, after: &Latencies<'_>, twin: &Latencies<'_>) -> Vec<CallErrors> {
    // Clocks tick in nanoseconds: a latency of 0 is one of less than 1.
    let error = |found: &[f64], truth: &[f64], share: f64| {
        Some((quantile(found, share)?.max(1.0) / quantile(truth, share)?.max(1.0)).ln().abs())
    };
    twin.iter()
        .filter(|(_, truth)| truth.len() >= MIN_LATENCIES)
        .filter_map(|(name, truth)| {
            let (before, after) = (before.get(name)?, after.get(name)?);
            Some(CallErrors {
                call: (*name).to_owned(),
                latencies: truth.len(),
                median_before: error(before, truth, 0.5)?,
                median_after: error(after, truth, 0.5)?,
                p95_before: error(before, truth, 0.95)?,
                p95_after: error(after, truth, 0.95)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time_ns: i64, tid: i32, name: &str, phase: Phase) -> TimedEvent<'_> {
        TimedEvent { time_ns, tid, name, phase, dur_ns: None }
    }

    #[test]
    fn latencies_are_paired_by_thread_and_name() {
        let events = [
            event(0, 1, "read", Phase::Entry),
            event(1, 2, "read", Phase::Entry),
            event(5, 1, "read", Phase::Exit),
            event(6, 1, "write", Phase::Exit),
            event(11, 2, "read", Phase::Exit),
            event(12, 1, "read", Phase::Entry),
            event(13, 1, "write", Phase::Exit),
            TimedEvent { dur_ns: Some(7), ..event(20, 3, "close", Phase::Call) },
        ];
        let expected: Latencies<'_> = [("close", vec![7.0]), ("read", vec![5.0, 10.0])].into_iter().collect();
        assert_eq!(latencies(&events), expected);
    }

    #[test]
    fn errors_by_hand() {
        let list = |values: &[f64]| -> Latencies<'static> { [("read", values.to_vec())].into_iter().collect() };
        let twin = list(&[10.0, 10.0, 20.0, 30.0, 100.0]);
        // Medians 40 and 10 beside 20; p95 of five is 0.8 of the way from the fourth to the fifth: 86.
        let before = list(&[40.0, 40.0, 40.0]);
        let after = list(&[10.0, 10.0, 10.0, 172.0, 172.0]);
        let all = compared(&before, &after, &twin);
        let [found] = &all[..] else { panic!("one call") };
        assert_eq!((found.call.as_str(), found.latencies), ("read", 5));
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got} {want}");
        close(found.median_before, 2f64.ln());
        close(found.median_after, 2f64.ln());
        close(found.p95_before, (86.0f64 / 40.0).ln());
        close(found.p95_after, 2f64.ln());
        // Four latencies are too few, and a call without any before the repair is left out.
        assert!(compared(&before, &after, &list(&[1.0; 4])).is_empty());
        assert!(compared(&Latencies::new(), &after, &twin).is_empty());
    }
}

//! How far the latencies of calls are from those in the complete twin of a trace.
//!
//! Quantiles are compared as ratios, so that a call of a microsecond weighs as much as one of a second. Latencies before and
//! after the repair are those that `repair` shows ([`latencies`]).

use crate::measurement::quantile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tracemend_repair::GapRepair;
use tracemend_repair::latencies::{CallLatencies, latencies};
use tracemend_trace::Trace;

/// Latencies of a call in the twin below which its quantiles are not compared.
const MIN_LATENCIES: usize = 5;

/// The coarsest tick of a clock that is looked for, in nanoseconds.
const MAX_TICK_NS: u64 = 1_000_000;

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

/// Compares latencies before and after a repair with those of the twin. Left out are calls with less than
/// [`MIN_LATENCIES`] in the twin, and calls without any in the lossy trace.
pub(crate) fn errors(lossy: &Trace, repairs: &[GapRepair], twin: &Trace) -> Vec<CallErrors> {
    let tick = tick_ns(lossy).max(tick_ns(twin));
    compared(&latencies(lossy, repairs), &latencies(twin, &[]), tick)
}

/// The largest power of ten that divides all times and durations: text of ftrace has microseconds.
fn tick_ns(trace: &Trace) -> u64 {
    let times = trace.events.iter().flat_map(|event| [event.time_ns.unsigned_abs(), event.dur_ns.unwrap_or(0)]);
    times.fold(MAX_TICK_NS, |mut tick, time| {
        while !time.is_multiple_of(tick) {
            tick /= 10;
        }
        tick
    })
}

fn compared(
    lossy: &BTreeMap<&str, CallLatencies>,
    twin: &BTreeMap<&str, CallLatencies>,
    tick_ns: u64,
) -> Vec<CallErrors> {
    // What a clock shows as 0 took less than a tick; as a ratio, 0 would be infinitely far from 1.
    let at = |latencies: &[u64], share: f64| {
        let sorted: Vec<f64> = latencies.iter().map(|&latency| latency as f64).collect();
        Some(quantile(&sorted, share)?.max(tick_ns as f64))
    };
    let error = |found: &[u64], truth: &[u64], share: f64| Some((at(found, share)? / at(truth, share)?).ln().abs());
    twin.iter()
        .map(|(name, truth)| (name, &truth.recorded))
        .filter(|(_, truth)| truth.len() >= MIN_LATENCIES)
        .filter_map(|(name, truth)| {
            let CallLatencies { recorded, repaired } = lossy.get(name)?;
            Some(CallErrors {
                call: (*name).to_owned(),
                latencies: truth.len(),
                median_before: error(recorded, truth, 0.5)?,
                median_after: error(repaired, truth, 0.5)?,
                p95_before: error(recorded, truth, 0.95)?,
                p95_after: error(repaired, truth, 0.95)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracemend_trace::{Event, Format, Phase, TraceHeader};

    fn list(recorded: &[u64], repaired: &[u64]) -> BTreeMap<&'static str, CallLatencies> {
        [("read", CallLatencies { recorded: recorded.to_vec(), repaired: repaired.to_vec() })].into()
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    }

    #[test]
    fn errors_by_hand() {
        let twin = list(&[10, 10, 20, 30, 100], &[]);
        // Medians 40 and 10 beside 20; p95 of five is 0.8 of the way from the fourth to the fifth: 86.
        let lossy = list(&[40, 40, 40], &[10, 10, 10, 172, 172]);
        let all = compared(&lossy, &twin, 1);
        let [found] = &all[..] else { panic!("one call") };
        assert_eq!((found.call.as_str(), found.latencies), ("read", 5));
        close(found.median_before, 2f64.ln());
        close(found.median_after, 2f64.ln());
        close(found.p95_before, (86.0f64 / 40.0).ln());
        close(found.p95_after, 2f64.ln());
        // Four latencies are too few, and a call without any in the lossy trace is left out.
        assert!(compared(&lossy, &list(&[1; 4], &[]), 1).is_empty());
        assert!(compared(&BTreeMap::new(), &twin, 1).is_empty());
    }

    #[test]
    fn less_than_a_tick_is_a_tick() {
        let (lossy, twin) = (list(&[2000; 5], &[0; 5]), list(&[0, 0, 0, 1000, 1000], &[]));
        let found = compared(&lossy, &twin, 1000).swap_remove(0);
        close(found.median_before, 2f64.ln());
        close(found.median_after, 0.0);
    }

    #[test]
    fn a_clock_ticks_as_finely_as_its_finest_time() {
        let mut header = TraceHeader::new(Format::Ftrace);
        let stream = header.cpu_stream(0);
        let name = header.symbols.intern("read");
        let at = |times: &[i64]| {
            let events = times.iter().map(|&time| Event::new(time, stream, name, Phase::Point)).collect();
            tick_ns(&Trace { header: header.clone(), events, gaps: vec![] })
        };
        assert_eq!((at(&[3000, 21_000]), at(&[3000, 21_010]), at(&[3000, 7])), (1000, 10, 1));
    }
}

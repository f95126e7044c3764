//! Counts and latencies of a trace, from the recorded events alone and with the lost ones.

use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use tracemend_repair::GapRepair;
use tracemend_repair::latencies::latencies;
use tracemend_trace::sink::Collected;
use tracemend_trace::{Phase, Trace};

/// Standard errors to each side that make up a 90 % interval.
pub(crate) const Z90: f64 = 1.645;

/// Counts and latencies of one kind of event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatisticsRow {
    /// Event name.
    pub name: String,
    /// Part of the call that is counted; `entry` for calls recorded as entry and exit.
    pub phase: Phase,
    /// Recorded events.
    pub recorded: u64,
    /// Expected number of recorded and lost events together.
    pub expected: f64,
    /// Lower end of its 90 % interval.
    pub low: f64,
    /// Upper end of its 90 % interval.
    pub high: f64,
    /// Latencies of calls with a recorded entry and exit, paired without knowledge of gaps.
    pub latency_recorded: Option<Latency>,
    /// Latencies of the same calls without the bridged pairs. Inferred calls have none: how long they took is not known.
    pub latency: Option<Latency>,
    /// Recorded pairs of an entry and an exit between which the repair puts lost events of their thread, so that they belong
    /// to two calls; 0: `latency` is `latency_recorded`.
    pub bridged: u64,
}

/// Latencies of calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Number of calls.
    pub calls: u64,
    /// Median.
    pub p50: Quantile,
    /// 90th percentile.
    pub p90: Quantile,
    /// 95th percentile.
    pub p95: Quantile,
    /// 99th percentile.
    pub p99: Quantile,
}

/// A quantile in nanoseconds with its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// Its value.
    pub value: u64,
    /// Lower end.
    pub low: u64,
    /// Upper end.
    pub high: u64,
}

/// Returns statistics by kind of event, the most frequent first. `merged` holds the recorded and inferred events of the
/// repaired trace.
pub(crate) fn statistics(trace: &Trace, merged: &Collected<'_>, repairs: &[GapRepair]) -> Vec<StatisticsRow> {
    let counts = counts(merged, repairs);
    let latencies = latencies(trace, repairs);
    let mut rows: Vec<StatisticsRow> = counts
        .into_iter()
        .map(|((name, phase), count)| {
            let timed = matches!(phase, Phase::Entry | Phase::Call);
            let call = latencies.get(name).filter(|_| timed);
            let (low, high) = count.interval();
            StatisticsRow {
                name: name.to_owned(),
                phase,
                recorded: count.recorded,
                expected: count.recorded as f64 + count.lost,
                low,
                high,
                latency_recorded: call.and_then(|call| latency(&call.recorded)),
                latency: call.and_then(|call| latency(&call.repaired)),
                bridged: call.map_or(0, |call| (call.recorded.len() - call.repaired.len()) as u64),
            }
        })
        .collect();
    rows.sort_by(|a, b| b.expected.total_cmp(&a.expected).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Number of events of one kind: recorded, and expected among the lost with an interval.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    recorded: u64,
    lost: f64,
    low: f64,
    high: f64,
    /// Ends of the interval that the rate among the recorded events alone suggests.
    rate_low: f64,
    rate_high: f64,
}

impl Count {
    /// Returns an interval that covers two estimates: the gaps' compositions, and the rate among the recorded events of the
    /// stream. A composition has no row for a kind that it considers absent.
    fn interval(&self) -> (f64, f64) {
        let recorded = self.recorded as f64;
        (recorded + self.low.min(self.rate_low).max(0.0), recorded + self.high.max(self.rate_high))
    }
}

/// Recorded events of a stream.
#[derive(Default)]
struct Recorded<'a> {
    all: u64,
    kinds: FxHashMap<(&'a str, Phase), u64>,
}

fn counts<'a>(merged: &'a Collected<'a>, repairs: &'a [GapRepair]) -> BTreeMap<(&'a str, Phase), Count> {
    let mut counts: BTreeMap<(&str, Phase), Count> = BTreeMap::new();
    let mut by_stream: FxHashMap<Option<&str>, Recorded<'_>> = FxHashMap::default();
    for event in merged.events.iter().filter(|event| event.inference.is_none()) {
        counts.entry((event.name, event.phase)).or_default().recorded += 1;
        let stream = by_stream.entry(event.stream).or_default();
        stream.all += 1;
        *stream.kinds.entry((event.name, event.phase)).or_default() += 1;
    }
    let mut lost: FxHashMap<Option<&str>, u64> = FxHashMap::default();
    let streams: FxHashMap<u32, Option<&str>> = merged.gaps.iter().map(|gap| (gap.id, gap.stream)).collect();
    for repair in repairs {
        let stream = streams.get(&repair.gap.id).copied().flatten();
        let sum: &mut u64 = lost.entry(stream).or_default();
        *sum = sum.saturating_add(repair.gap.lost.count().unwrap_or(0).max(repair.composition.lost));
        for row in &repair.composition.by_event {
            // Adding up the ends assumes that all gaps err in the same direction. One model fills them all, so a kind that it
            // considers too rare in one gap, it considers too rare in the others.
            let count = counts.entry((&row.name, row.phase)).or_default();
            count.lost += row.expected;
            count.low += row.low;
            count.high += row.high;
        }
    }
    for (stream, lost) in lost {
        let Some(stream) = by_stream.get(&stream) else { continue };
        let scale = lost as f64 / stream.all as f64;
        for (&(name, phase), &number) in &stream.kinds {
            let count = counts.entry((name, phase)).or_default();
            let error = Z90 * (number as f64 + 1.0).sqrt();
            count.rate_low += scale * (number as f64 - error).max(0.0);
            count.rate_high += scale * (number as f64 + error);
        }
    }
    let begun: Vec<String> =
        counts.keys().filter(|(_, phase)| *phase == Phase::Entry).map(|(name, _)| (*name).to_owned()).collect();
    counts.retain(|(name, phase), _| {
        is_counted(*phase, begun.binary_search_by(|known| known.as_str().cmp(name)).is_ok())
    });
    counts
}

/// Whether events of this phase count a call: its entries do, and its exits where it has no entries.
pub(crate) fn is_counted(phase: Phase, has_entries: bool) -> bool {
    phase != Phase::Exit || !has_entries
}

/// Returns the quantiles of latencies in ascending order, if there are any.
fn latency(sorted: &[u64]) -> Option<Latency> {
    let of = |share: f64| quantile(sorted, share);
    Some(Latency { calls: sorted.len() as u64, p50: of(0.5)?, p90: of(0.9)?, p95: of(0.95)?, p99: of(0.99)? })
}

/// Returns a quantile of numbers in ascending order, if there are any.
pub(crate) fn quantile(sorted: &[u64], share: f64) -> Option<Quantile> {
    let last = sorted.len().checked_sub(1)?;
    let calls = sorted.len() as f64;
    let at = |share: f64| sorted[((share.clamp(0.0, 1.0) * calls).ceil() as usize).saturating_sub(1).min(last)];
    // The rank of a sample's quantile has a binomial distribution.
    let scatter = Z90 * (share * (1.0 - share) / calls).sqrt();
    Some(Quantile { value: at(share), low: at(share - scatter), high: at(share + scatter) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let latency = latency(&(1..=100).collect::<Vec<u64>>()).expect("a hundred calls");
        let [p50, p90, p95, p99] = [latency.p50, latency.p90, latency.p95, latency.p99].map(|quantile| quantile.value);
        assert_eq!((latency.calls, p50, p90, p95, p99), (100, 50, 90, 95, 99));
        // 1.645 standard errors of the median's rank are 8.2 ranks.
        assert_eq!((latency.p50.low, latency.p50.high), (42, 59));
    }

    #[test]
    fn no_calls_have_no_latency() {
        assert_eq!(latency(&[]), None);
    }

    #[test]
    fn a_kind_that_no_composition_has_may_still_be_among_the_lost() {
        let count = Count { recorded: 5, rate_low: 1.0, rate_high: 15.0, ..Count::default() };
        assert_eq!(count.interval(), (5.0, 20.0));
        let count = Count { recorded: 5, lost: 8.0, low: 6.0, high: 9.0, ..count };
        assert_eq!(count.interval(), (6.0, 20.0));
    }
}

//! Counts and latencies of a trace, from the recorded events alone and with the lost ones.

use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use tracemend_repair::GapRepair;
use tracemend_trace::Phase;
use tracemend_trace::sink::{Collected, EventRow, calls};

/// Standard errors to each side that make up a 90 % interval.
const Z90: f64 = 1.645;

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
    /// Latencies with the inferred events in place, each call weighted by its confidence.
    pub latency: Option<Latency>,
}

/// Latencies of calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Sum of the calls' weights.
    pub calls: f64,
    /// Median.
    pub p50: Quantile,
    /// 90th percentile.
    pub p90: Quantile,
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

/// Duration of one call.
#[derive(Clone, Copy, Debug)]
struct Duration {
    ns: f64,
    /// Standard error.
    error_ns: f64,
    weight: f64,
}

/// Returns statistics by kind of event, the most frequent first. `merged` holds the recorded and inferred events of the
/// repaired trace.
pub(crate) fn statistics(merged: &Collected<'_>, repairs: &[GapRepair]) -> Vec<StatisticsRow> {
    let counts = counts(merged, repairs);
    let events = merged.by_time();
    let recorded: Vec<&EventRow<'_>> = events.iter().copied().filter(|event| event.inference.is_none()).collect();
    let mut before = durations(&recorded);
    let mut after = durations(&events);
    let mut rows: Vec<StatisticsRow> = counts
        .into_iter()
        .map(|((name, phase), count)| {
            let timed = matches!(phase, Phase::Entry | Phase::Call);
            let of = |durations: &mut FxHashMap<&str, Vec<Duration>>| {
                if timed { durations.remove(name).and_then(|list| latency(&list)) } else { None }
            };
            let (low, high) = count.interval();
            StatisticsRow {
                name: name.to_owned(),
                phase,
                recorded: count.recorded,
                expected: count.recorded as f64 + count.lost,
                low,
                high,
                latency_recorded: of(&mut before),
                latency: of(&mut after),
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
        *lost.entry(stream).or_default() += repair.gap.lost.count().unwrap_or(0).max(repair.composition.lost);
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
    // A call has one row, for its entries; if the tracer wrote only exits, for its exits.
    let begun: Vec<String> =
        counts.keys().filter(|(_, phase)| *phase == Phase::Entry).map(|(name, _)| (*name).to_owned()).collect();
    counts.retain(|(name, phase), _| {
        *phase != Phase::Exit || begun.binary_search_by(|known| known.as_str().cmp(name)).is_err()
    });
    counts
}

/// Returns the durations of calls by name.
fn durations<'a>(events: &[&'a EventRow<'a>]) -> FxHashMap<&'a str, Vec<Duration>> {
    let mut durations: FxHashMap<&str, Vec<Duration>> = FxHashMap::default();
    let weight = |event: &EventRow<'_>| f64::from(event.confidence());
    let error = |event: &EventRow<'_>| event.time_err_ns().map_or(0.0, |error| error as f64);
    for (begin, end) in calls(events) {
        let duration = match (end, begin.dur_ns) {
            (Some(end), _) => {
                let ns = end.at_ns().saturating_sub(begin.at_ns()) as f64;
                let error_ns = match (&begin.inference, &end.inference) {
                    // In one gap both times err alike, and the duration is known up to its order of magnitude.
                    (Some(one), Some(other)) if one.gap == other.gap => ns,
                    _ => error(begin).hypot(error(end)),
                };
                Duration { ns, error_ns, weight: weight(begin).min(weight(end)) }
            }
            (None, Some(dur_ns)) => Duration { ns: dur_ns as f64, error_ns: 0.0, weight: weight(begin) },
            (None, None) => continue,
        };
        durations.entry(begin.name).or_default().push(duration);
    }
    durations
}

fn latency(durations: &[Duration]) -> Option<Latency> {
    let calls: f64 = durations.iter().map(|duration| duration.weight).sum();
    if calls < 0.5 {
        return None;
    }
    let sorted = |errors: f64| {
        let mut sorted: Vec<(f64, f64)> = durations
            .iter()
            .map(|duration| ((duration.ns + errors * duration.error_ns).max(0.0), duration.weight))
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        sorted
    };
    let (short, middle, long) = (sorted(-Z90), sorted(0.0), sorted(Z90));
    let quantile = |share: f64| {
        // The rank of a sample's quantile has a binomial distribution.
        let scatter = Z90 * (share * (1.0 - share) / calls).sqrt();
        Quantile {
            value: at(&middle, calls, share),
            low: at(&short, calls, share - scatter),
            high: at(&long, calls, share + scatter),
        }
    };
    Some(Latency { calls, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) })
}

/// Returns the duration at which the weights reach this share.
fn at(sorted: &[(f64, f64)], total: f64, share: f64) -> u64 {
    let wanted = share.clamp(0.0, 1.0) * total;
    let mut reached = 0.0;
    for &(ns, weight) in sorted {
        reached += weight;
        if reached >= wanted - 1e-9 {
            return ns as u64;
        }
    }
    sorted.last().map_or(0, |&(ns, _)| ns as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_certain_durations_are_those_of_the_sorted_list() {
        let durations: Vec<Duration> =
            (1..=100).rev().map(|ns| Duration { ns: f64::from(ns), error_ns: 0.0, weight: 1.0 }).collect();
        let latency = latency(&durations).expect("a hundred calls");
        assert_eq!((latency.p50.value, latency.p90.value, latency.p99.value), (50, 90, 99));
        // 1.645 standard errors of the median's rank are 8.2 ranks.
        assert_eq!((latency.p50.low, latency.p50.high), (42, 59));
    }

    #[test]
    fn an_improbable_call_moves_a_quantile_less_than_a_certain_one() {
        let one = |ns, weight| Duration { ns, error_ns: 0.0, weight };
        let improbable = latency(&[one(10.0, 1.0), one(10.0, 1.0), one(90.0, 0.1), one(90.0, 0.1)]);
        let certain = latency(&[one(10.0, 1.0), one(90.0, 1.0), one(90.0, 1.0)]);
        assert_eq!(improbable.map(|latency| latency.p50.value), Some(10));
        assert_eq!(certain.map(|latency| latency.p50.value), Some(90));
    }

    #[test]
    fn a_kind_that_no_composition_has_may_still_be_among_the_lost() {
        let count = Count { recorded: 5, rate_low: 1.0, rate_high: 15.0, ..Count::default() };
        assert_eq!(count.interval(), (5.0, 20.0));
        let count = Count { recorded: 5, lost: 8.0, low: 6.0, high: 9.0, ..count };
        assert_eq!(count.interval(), (6.0, 20.0));
    }
}

//! How long calls take, as far as the trace recorded both ends of them.

use crate::gap_spans::GapSpans;
use crate::index::TraceIndex;
use rustc_hash::FxHashMap;
use tracemend_trace::{Gap, Phase, StreamId, Symbol};

/// Recorded durations of each call.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallDurations {
    calls: FxHashMap<Symbol, Sorted>,
}

/// Durations of one call.
#[derive(Clone, Debug, Default)]
struct Sorted {
    /// Ascending, ns.
    durations: Vec<u64>,
    /// Sum of the first n, for n from 0.
    sums: Vec<f64>,
}

impl CallDurations {
    /// Durations of whole calls, and of entries followed by their exits. A pair is left out where a gap of a stream that recorded
    /// one of its halves lies between them: there the exit may be another call's.
    pub(crate) fn new(index: &TraceIndex<'_>) -> Self {
        let mut of_stream: FxHashMap<Option<StreamId>, Vec<&Gap>> = FxHashMap::default();
        index.trace.gaps.iter().for_each(|gap| of_stream.entry(gap.stream).or_default().push(gap));
        let torn: Vec<(Option<StreamId>, GapSpans)> =
            of_stream.into_iter().map(|(stream, gaps)| (stream, GapSpans::new(gaps))).collect();
        let mut found: FxHashMap<Symbol, Vec<u64>> = FxHashMap::default();
        for positions in index.threads.values() {
            for (place, &position) in positions.iter().enumerate() {
                let event = index.event(position);
                if let (Phase::Call, Some(duration)) = (event.phase, event.dur_ns) {
                    found.entry(event.name).or_default().push(duration);
                }
                let next = positions.get(place + 1).map(|&next| index.event(next));
                if let (Phase::Entry, Some(exit)) = (event.phase, next)
                    && exit.phase == Phase::Exit
                    && exit.name == event.name
                {
                    let torn = torn.iter().any(|(stream, gaps)| {
                        stream.is_none_or(|stream| stream == event.stream || stream == exit.stream)
                            && gaps.any_between(event.time_ns, exit.time_ns)
                    });
                    if !torn {
                        found.entry(event.name).or_default().push(exit.time_ns.abs_diff(event.time_ns));
                    }
                }
            }
        }
        let calls = found.into_iter().map(|(name, durations)| (name, Sorted::new(durations))).collect();
        Self { calls }
    }

    /// Mean duration, in ns, of the recorded calls of this name that took at most `max_ns`: what a call took that lay in a gap of
    /// this width. `None` if no such call was recorded.
    pub(crate) fn mean_within(&self, name: Symbol, max_ns: u64) -> Option<f64> {
        let Sorted { durations, sums } = self.calls.get(&name)?;
        let within = durations.partition_point(|&duration| duration <= max_ns);
        (within > 0).then(|| sums[within] / within as f64)
    }
}

impl Sorted {
    fn new(mut durations: Vec<u64>) -> Self {
        durations.sort_unstable();
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        sums.extend(durations.iter().map(|&duration| {
            sum += duration as f64;
            sum
        }));
        Self { durations, sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TokenTable;
    use crate::model::testing::trace;
    use tracemend_trace::{Cause, Lost};

    #[test]
    fn a_call_in_a_gap_took_what_such_calls_take_that_fit_into_it() {
        let mut trace = trace(&[(0, 1, "poll"); 3]);
        for (event, duration) in trace.events.iter_mut().zip([100, 300, 9_000]) {
            event.dur_ns = Some(duration);
        }
        let mut tokens = TokenTable::default();
        let durations = CallDurations::new(&TraceIndex::new(&trace, &mut tokens));
        let poll = trace.events[0].name;
        assert_eq!(durations.mean_within(poll, 1_000), Some(200.0));
        assert_eq!(durations.mean_within(poll, u64::MAX), Some(9_400.0 / 3.0));
        assert_eq!(durations.mean_within(poll, 50), None);
    }

    #[test]
    fn no_duration_is_taken_across_a_gap() {
        let mut trace = trace(&[(0, 1, "read"); 4]);
        for (event, phase) in trace.events.iter_mut().zip([Phase::Entry, Phase::Exit].into_iter().cycle()) {
            (event.phase, event.dur_ns, event.ret) = (phase, None, None);
        }
        trace.gaps = vec![Gap {
            stream: Some(StreamId(0)),
            begin_ns: Some(trace.events[0].time_ns),
            end_ns: Some(trace.events[1].time_ns),
            ..Gap::new(0, Lost::Exact(2), Cause::Discarded, 0)
        }];
        let read = trace.events[0].name;
        let mut tokens = TokenTable::default();
        let durations = CallDurations::new(&TraceIndex::new(&trace, &mut tokens));
        let whole = trace.events[3].time_ns - trace.events[2].time_ns;
        assert_eq!(durations.calls[&read].durations, [whole as u64]);
    }
}

//! Loss intervals: from the gaps a tracer reports to the stretches in which nothing was recorded.
//!
//! Most tracers report the one as the other. CTF counts per packet: the events that a packet lost lie before its first recorded
//! event or after the one that filled it ([`Gap::kept_ns`]), and the stretch between two packets can hold losses of both. Small
//! events can have been recorded after the one that filled it; they stay inside the interval.
//!
//! ```text
//! packet          [ 1st ─────────────────── 10 lost ][ 2nd ──────────── 20 lost ]
//! recorded             A B C D                             E F
//! loss intervals  ~~~~~       ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~   ~~~~~~~~~~~~~~~~~~~
//!                 before A    D to E: some of the 10 and      after F
//!                             some of the 20
//! ```
//!
//! Tracers do not store how a packet's loss divides, but silence says: it is divided by how much longer each stretch is than the
//! stream's usual step. What is found in a loss interval goes back to the packets that lost it.

use crate::inferred::{Composition, GapRepair, InferredEvent};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use tracemend_trace::sink::CompositionPart;
use tracemend_trace::{Gap, Lost, Phase, Trace};

/// A stretch of a stream without recorded events, as a gap of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct LossInterval {
    /// What the search is given.
    pub gap: Gap,
    /// The gaps whose losses lie in it, in order: number of the gap in the trace, and how many of its events.
    pub parts: Vec<(usize, u64)>,
}

/// One stretch in which a gap can have lost events.
struct Place {
    gap: usize,
    begin_ns: Option<i64>,
    end_ns: Option<i64>,
    lost: u64,
}

/// The loss intervals of a trace, in the order of its gaps.
///
/// ```
/// use tracemend_repair::loss_intervals::loss_intervals;
/// use tracemend_trace::{Cause, Format, Gap, Lost, Trace, TraceHeader};
///
/// let gap = Gap { begin_ns: Some(10), end_ns: Some(20), ..Gap::new(0, Lost::Exact(3), Cause::Discarded, 0) };
/// let trace = Trace { header: TraceHeader::new(Format::Csv), events: Vec::new(), gaps: vec![gap.clone()] };
/// assert_eq!(loss_intervals(&trace)[0].gap, gap);
/// ```
pub fn loss_intervals(trace: &Trace) -> Vec<LossInterval> {
    let mut times: Vec<Option<Vec<i64>>> = vec![None; trace.header.streams.len()];
    for gap in trace.gaps.iter().filter(|gap| gap.kept_ns.is_some()) {
        if let Some(stream) = gap.stream {
            times[stream.0 as usize] = Some(Vec::new());
        }
    }
    for event in &trace.events {
        if let Some(times) = &mut times[event.stream.0 as usize] {
            times.push(event.time_ns);
        }
    }
    let mut found: Vec<LossInterval> = Vec::new();
    let mut known: FxHashMap<(u32, usize, usize), usize> = FxHashMap::default();
    for (number, gap) in trace.gaps.iter().enumerate() {
        let times = gap.stream.and_then(|stream| Some((stream.0, times[stream.0 as usize].as_deref()?)));
        let Some((stream, times)) = times else {
            found.push(LossInterval { gap: gap.clone(), parts: vec![(number, gap.lost.count().unwrap_or(0))] });
            continue;
        };
        for place in places(number, gap, times) {
            // Between the same two recorded events lies one interval. Small events may have been recorded inside.
            let after = place.begin_ns.map_or(0, |begin| times.partition_point(|&time| time <= begin));
            let until = place.end_ns.map_or(times.len(), |end| times.partition_point(|&time| time < end)).max(after);
            let interval = *known.entry((stream, after, until)).or_insert_with(|| {
                let before = after.checked_sub(1).map(|last| times[last]);
                let gap = Gap { begin_ns: before, end_ns: times.get(until).copied(), kept_ns: None, ..gap.clone() };
                found.push(LossInterval { gap: Gap { lost: Lost::Exact(0), ..gap }, parts: Vec::new() });
                found.len() - 1
            });
            let interval = &mut found[interval];
            interval.gap.begin_ns = interval.gap.begin_ns.or(place.begin_ns);
            // After the last event of a stream the packet's own end is all there is.
            if times.get(until).is_none() {
                interval.gap.end_ns = interval.gap.end_ns.max(place.end_ns);
            }
            interval.gap.lost = sum(interval.gap.lost, gap.lost, place.lost);
            interval.parts.push((place.gap, place.lost));
        }
    }
    found.retain(|interval| {
        interval.gap.lost != Lost::Exact(0) || interval.parts.len() == 1 && interval.parts[0].1 == 0
    });
    for (id, interval) in found.iter_mut().enumerate() {
        interval.gap.id = id as u32;
    }
    found
}

fn sum(lost: Lost, more: Lost, count: u64) -> Lost {
    match (lost, more) {
        (lost, Lost::Exact(_)) => lost.plus(Lost::Exact(count)),
        (lost, Lost::Unknown) if lost.count().unwrap_or(0) == 0 => Lost::Unknown,
        (lost, _) => lost.plus(Lost::AtLeast(count)),
    }
}

/// Where the events of a gap were lost, and how many in each place.
fn places(number: usize, gap: &Gap, times: &[i64]) -> Vec<Place> {
    let whole = Place { gap: number, begin_ns: gap.begin_ns, end_ns: gap.end_ns, lost: gap.lost.count().unwrap_or(0) };
    let Some((first, last)) = gap.kept_ns else {
        return vec![whole];
    };
    let kept = times.partition_point(|&time| time <= last) - times.partition_point(|&time| time < first);
    let step = last.saturating_sub(first) as f64 / (kept.max(2) - 1) as f64;
    let silence = |begin: Option<i64>, end: Option<i64>| match (begin, end) {
        (Some(begin), Some(end)) => (end.saturating_sub(begin) as f64 - step).max(0.0),
        // Without a bound the stretch is as long as its events take.
        _ => step * whole.lost as f64,
    };
    let (before, after) = (silence(gap.begin_ns, Some(first)), silence(Some(last), gap.end_ns));
    let share = if before + after > 0.0 { before / (before + after) } else { 0.5 };
    let lost_before = (whole.lost as f64 * share).round() as u64;
    let mut places = vec![
        Place { end_ns: Some(first), lost: lost_before, ..whole },
        Place { gap: number, begin_ns: Some(last), end_ns: gap.end_ns, lost: whole.lost - lost_before },
    ];
    if whole.lost > 0 {
        places.retain(|place| place.lost > 0);
    }
    places
}

/// The trace as the search reads it: with a gap for every loss interval, and without the events that the tracer caused
/// itself, which would stand between a thread's own. Borrowed where it is that already.
pub fn with_loss_intervals<'t>(trace: &'t Trace, intervals: &[LossInterval]) -> Cow<'t, Trace> {
    if trace.gaps.iter().all(|gap| gap.kept_ns.is_none()) && trace.events.iter().all(|event| !event.by_tracer) {
        return Cow::Borrowed(trace);
    }
    let gaps = intervals.iter().map(|interval| interval.gap.clone()).collect();
    let events = trace.events.iter().filter(|event| !event.by_tracer).cloned().collect();
    Cow::Owned(Trace { header: trace.header.clone(), events, gaps })
}

/// Gives each gap of a trace what was found in its loss intervals.
pub(crate) fn by_gap(trace: &Trace, intervals: &[LossInterval], repairs: Vec<GapRepair>) -> Vec<GapRepair> {
    let mut gaps: Vec<GapRepair> = trace
        .gaps
        .iter()
        .map(|gap| GapRepair {
            gap: gap.clone(),
            events: Vec::new(),
            composition: Composition::default(),
            samples: Vec::new(),
            left_open: None,
            from_model: false,
            from_imputer: false,
        })
        .collect();
    for (interval, repair) in intervals.iter().zip(repairs) {
        if let [(gap, _)] = interval.parts[..]
            && gaps[gap].gap.kept_ns.is_none()
        {
            gaps[gap] = GapRepair { gap: gaps[gap].gap.clone(), ..repair };
            continue;
        }
        // Wide enough for any counts, damaged ones included.
        let total: u128 = interval.parts.iter().map(|&(_, lost)| u128::from(lost)).sum();
        let mut begin = 0;
        for &(gap, lost) in &interval.parts {
            let share = if total == 0 { 1.0 / interval.parts.len() as f64 } else { lost as f64 / total as f64 };
            let lost = u128::from(lost);
            begin += lost;
            let part = |events: &[InferredEvent]| {
                let place = |count: u128| match total {
                    0 => events.len(),
                    total => (events.len() as u128 * count / total) as usize,
                };
                events[place(begin - lost)..place(begin)].to_vec()
            };
            let gap = &mut gaps[gap];
            gap.events.extend(part(&repair.events));
            for (number, sample) in repair.samples.iter().enumerate() {
                if gap.samples.len() <= number {
                    gap.samples.push(Vec::new());
                }
                gap.samples[number].extend(part(sample));
            }
            add(&mut gap.composition, &repair.composition, share);
            gap.left_open = gap.left_open.take().or_else(|| repair.left_open.clone());
            gap.from_model |= repair.from_model;
            gap.from_imputer |= repair.from_imputer;
        }
    }
    for repair in gaps.iter_mut().filter(|repair| repair.gap.kept_ns.is_some()) {
        if let Lost::Exact(lost) = repair.gap.lost {
            let composition = &mut repair.composition;
            (composition.lost, composition.lost_low, composition.lost_high) = (lost, lost, lost);
        }
    }
    gaps
}

/// Adds a share of a loss interval's composition to that of a gap.
fn add(sum: &mut Composition, interval: &Composition, share: f64) {
    let scaled = |count: u64| (count as f64 * share).round() as u64;
    sum.lost = sum.lost.saturating_add(scaled(interval.lost));
    sum.lost_low = sum.lost_low.saturating_add(scaled(interval.lost_low));
    sum.lost_high = sum.lost_high.saturating_add(scaled(interval.lost_high));
    for (sum, rows) in [(&mut sum.by_thread, &interval.by_thread), (&mut sum.by_event, &interval.by_event)] {
        for row in rows {
            let same = |other: &&mut CompositionPart| kind(other) == kind(row);
            match sum.iter_mut().find(same) {
                Some(known) => {
                    known.expected += share * row.expected;
                    known.low += share * row.low;
                    known.high += share * row.high;
                    known.time_ns = known.time_ns.zip(row.time_ns).map(|(known, more)| known + share * more);
                }
                None => sum.push(CompositionPart {
                    expected: share * row.expected,
                    low: share * row.low,
                    high: share * row.high,
                    time_ns: row.time_ns.map(|time| share * time),
                    ..row.clone()
                }),
            }
        }
        sum.sort_by(|a, b| b.expected.total_cmp(&a.expected).then_with(|| kind(a).cmp(&kind(b))));
    }
}

fn kind(row: &CompositionPart) -> (Option<i32>, &str, Phase) {
    (row.tid, &row.name, row.phase)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::testing::trace;
    use tracemend_trace::{Cause, StreamId};

    fn gap(begin: i64, end: i64, kept: Option<(i64, i64)>, lost: u64) -> Gap {
        Gap {
            id: 0,
            stream: Some(StreamId(0)),
            cpu: Some(0),
            tid: None,
            begin_ns: Some(begin),
            end_ns: Some(end),
            kept_ns: kept,
            unread_lines: None,
            lost: Lost::Exact(lost),
            cause: Cause::Discarded,
            offset: 0,
        }
    }

    #[test]
    fn losses_of_two_packets_share_the_hole_between_them() {
        let mut trace = trace(&[(0, 1, "a"), (0, 1, "b"), (0, 1, "c"), (0, 1, "d"), (0, 1, "e")]);
        let times = [0, 1_000, 1_100, 9_000, 9_100];
        trace.events.iter_mut().zip(times).for_each(|(event, time_ns)| event.time_ns = time_ns);
        // A packet of two events ends at 5,000 with all its silence after them; the next packet begins there.
        trace.gaps = vec![gap(900, 5_000, Some((1_000, 1_100)), 10), gap(5_000, 9_150, Some((9_000, 9_100)), 20)];
        let intervals = loss_intervals(&trace);
        assert_eq!(intervals.len(), 1);
        assert_eq!(intervals[0].parts, [(0, 10), (1, 20)]);
        assert_eq!((intervals[0].gap.begin_ns, intervals[0].gap.end_ns), (Some(1_100), Some(9_000)));
        assert_eq!(intervals[0].gap.lost, Lost::Exact(30));
    }

    #[test]
    fn an_interval_reaches_over_small_events_recorded_among_the_lost() {
        let mut trace = trace(&[(0, 1, "a"), (0, 1, "b"), (0, 1, "c"), (0, 1, "d"), (0, 1, "e")]);
        let times = [0, 1_000, 1_100, 5_000, 9_000];
        trace.events.iter_mut().zip(times).for_each(|(event, time_ns)| event.time_ns = time_ns);
        // The event at 1,100 left no room for large ones; that at 5,000 was small enough. All silence lies there.
        trace.gaps = vec![gap(1_000, 9_000, Some((1_000, 1_100)), 10), gap(1_100, 9_000, None, 10)];
        let intervals = loss_intervals(&trace);
        let bounds = |interval: &LossInterval| (interval.gap.begin_ns, interval.gap.end_ns, interval.gap.lost);
        assert_eq!(bounds(&intervals[0]), (Some(1_100), Some(9_000), Lost::Exact(20)));
        assert_eq!(intervals.len(), 1);
    }

    #[test]
    fn a_gap_of_one_place_is_its_own_hole() {
        let mut trace = trace(&[(0, 1, "a"), (0, 1, "b")]);
        trace.gaps = vec![gap(0, 10, None, 3)];
        let intervals = loss_intervals(&trace);
        assert_eq!(intervals[0].gap, trace.gaps[0]);
        assert!(matches!(with_loss_intervals(&trace, &intervals), Cow::Borrowed(_)));
    }

    #[test]
    fn the_search_does_not_see_what_the_tracer_caused() {
        let mut trace = trace(&[(0, 1, "a"), (0, 1, "write"), (0, 1, "b")]);
        trace.events[1].by_tracer = true;
        trace.gaps = vec![gap(0, 10, None, 3)];
        let seen = with_loss_intervals(&trace, &loss_intervals(&trace));
        let names: Vec<&str> = seen.events.iter().map(|event| seen.header.symbols.name(event.name)).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((seen.gaps.len(), trace.events.len()), (1, 3));
    }
}

//! What lies around a gap, in numbers that are known of real gaps and of blackouts alike.
//!
//! Losses choose their places: busy moments, one program's start, the phase in which many threads run. How far a gap can be filled
//! depends on the place, so blackouts are drawn where the surroundings are like those of the real gaps (nearest-neighbour matching
//! on covariates, Rubin 1973, "Matching to remove bias in observational studies").

use rustc_hash::FxHashSet;
use tracemend_trace::{Gap, Symbol, ThreadKey, Trace};

/// Events of the stream looked at on each side of a gap.
const AROUND: usize = 50;
/// How many numbers describe a place.
const NUMBERS: usize = 6;
/// A number adds at most this much to a distance, so that an odd timestamp decides nothing alone.
const MAX_APART: f64 = 2.0;

/// A place, in numbers; those that are not known are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Surroundings([f64; NUMBERS]);

impl Surroundings {
    /// Describes a place between two events of a stream. `positions`: of the stream's events. The gap of `lost` events lies behind
    /// the first `before` of them and ahead of those from `after` on.
    pub(crate) fn new(trace: &Trace, positions: &[u32], before: usize, after: usize, lost: Option<usize>) -> Self {
        let event = |position: u32| &trace.events[position as usize];
        let left = &positions[before.saturating_sub(AROUND)..before];
        let right = &positions[after..(after + AROUND).min(positions.len())];
        let duration = left
            .last()
            .zip(right.first())
            .map(|(&left, &right)| event(right).time_ns.saturating_sub(event(left).time_ns));
        let own_step = duration.zip(lost).map(|(duration, lost)| duration as f64 / lost.max(1) as f64);
        let mut steps: Vec<i64> = [left, right]
            .iter()
            .flat_map(|side| side.windows(2))
            .map(|pair| event(pair[1]).time_ns.saturating_sub(event(pair[0]).time_ns))
            .collect();
        steps.sort_unstable();
        let around: Vec<u32> = left.iter().chain(right).copied().collect();
        let thread = |position: u32| ThreadKey::of(event(position));
        let threads: FxHashSet<ThreadKey> = around.iter().map(|&position| thread(position)).collect();
        let names: FxHashSet<Symbol> = around.iter().map(|&position| event(position).name).collect();
        let switches = around.windows(2).filter(|pair| thread(pair[0]) != thread(pair[1])).count();
        let log = |number: f64| number.max(1.0).ln();
        // By number of events, not by time: a timestamp may be wrong.
        let when = left.last().or(right.first()).map_or(f64::NAN, |&position| f64::from(position));
        Self([
            own_step.map_or(f64::NAN, log),
            steps.get(steps.len() / 2).map_or(f64::NAN, |&step| log(step as f64)),
            log(threads.len() as f64),
            log(1.0 + switches as f64),
            log(names.len() as f64),
            when,
        ])
    }

    /// Describes the place of a real gap; `None` where its stream is not known or recorded nothing.
    pub(crate) fn of_gap(trace: &Trace, streams: &[Vec<u32>], gap: &Gap) -> Option<Self> {
        let positions = streams.get(gap.stream?.0 as usize).filter(|positions| !positions.is_empty())?;
        let count = |ends: &dyn Fn(i64) -> bool| {
            positions.partition_point(|&position| ends(trace.events[position as usize].time_ns))
        };
        let before = gap.begin_ns.map_or(0, |begin| count(&|time| time <= begin));
        let after = gap.end_ns.map_or(positions.len(), |end| count(&|time| time < end)).max(before);
        Some(Self::new(trace, positions, before, after, gap.lost.count().map(|lost| lost as usize)))
    }

    /// How unlike two places are, with each number in units of `scale`. Numbers that are not known of both say nothing.
    fn distance(&self, other: &Self, scale: &[f64; NUMBERS]) -> f64 {
        let apart = |number: usize| ((self.0[number] - other.0[number]).abs() / scale[number]).min(MAX_APART);
        (0..NUMBERS).map(apart).filter(|apart| !apart.is_nan()).sum()
    }
}

/// For as many of `wanted` as there are to be, evenly spread and again from the first where they are too few, the place most like
/// it that is `apart` from those chosen before.
pub(crate) fn most_alike(
    places: &[Surroundings],
    wanted: &[Surroundings],
    number: usize,
    apart: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let scale = spreads(places);
    let mut chosen: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = (0..places.len()).collect();
    for turn in 0..number {
        let wanted = &wanted[if number < wanted.len() { turn * wanted.len() / number } else { turn % wanted.len() }];
        let distance = |place: usize| places[place].distance(wanted, &scale);
        let Some(nearest) = left.iter().copied().min_by(|&a, &b| distance(a).total_cmp(&distance(b))) else { break };
        chosen.push(nearest);
        left.retain(|&place| place != nearest && apart(nearest, place));
    }
    chosen
}

/// Half the distance between the upper and the lower sixth of each number: its deviation, untouched by a few odd ones.
fn spreads(places: &[Surroundings]) -> [f64; NUMBERS] {
    std::array::from_fn(|number| {
        let mut all: Vec<f64> = places.iter().map(|place| place.0[number]).filter(|number| !number.is_nan()).collect();
        all.sort_by(f64::total_cmp);
        let at = |sixths: usize| all.get(all.len() * sixths / 6).copied().unwrap_or(0.0);
        (0.5 * (at(5) - at(1))).max(0.05)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blackout::{Blackout, by_stream, draw_like};
    use crate::model::testing::trace;
    use crate::options::{RepairOptions, unwatched};
    use crate::repair::repair;
    use crate::testing::cut;

    /// One thread alone with two calls, then six threads with six calls, then the first again; gaps among the six threads.
    fn phases() -> Trace {
        let names = ["open", "read", "write", "poll", "futex", "close"];
        let call = |place: usize| match place {
            4000..8000 => (0, 1 + (place % 6) as i32, names[place / 6 % 6]),
            _ => (0, 1, names[place % 2]),
        };
        let calls: Vec<(u32, i32, &str)> = (0..12_000).map(call).collect();
        (0..5).rev().fold(trace(&calls), |trace, gap| cut(trace, 4700 + 600 * gap..4740 + 600 * gap))
    }

    fn blackouts(trace: &Trace) -> Vec<Blackout> {
        let streams = by_stream(trace);
        let of_gap = |gap| Surroundings::of_gap(trace, &streams, gap);
        let wanted: Vec<Surroundings> = trace.gaps.iter().filter_map(of_gap).collect();
        draw_like(trace, &streams, 40, 20, &wanted, 1)
    }

    #[test]
    fn blackouts_lie_where_it_looks_as_around_the_gaps() {
        let trace = phases();
        let drawn = blackouts(&trace);
        assert_eq!(drawn.len(), 20);
        let among_six = |blackout: &&Blackout| (3900..7800).contains(&blackout.first);
        assert!(drawn.iter().filter(among_six).count() >= 18, "{drawn:?}");
        for (number, one) in drawn.iter().enumerate() {
            assert!(drawn[..number].iter().all(|other| one.first.abs_diff(other.first) >= 40));
        }
    }

    /// The begin of a gap, and the event there, a hundred times the gap's duration too early.
    fn with_an_odd_timestamp(mut trace: Trace) -> Trace {
        let begin = trace.gaps[2].begin_ns.expect("the gap has a begin");
        let last = trace.events.iter().rposition(|event| event.time_ns == begin).expect("an event begins the gap");
        trace.gaps[2].begin_ns = Some(begin - 4_000_000);
        trace.events[last].time_ns = begin - 4_000_000;
        trace
    }

    #[test]
    fn one_odd_timestamp_moves_no_blackouts_to_other_places() {
        let drawn = blackouts(&with_an_odd_timestamp(phases()));
        let among_six = |blackout: &&Blackout| (3900..7800).contains(&blackout.first);
        assert!(drawn.len() == 20 && drawn.iter().filter(among_six).count() >= 18, "{drawn:?}");
    }

    #[test]
    fn one_odd_timestamp_does_not_decide_how_sure_a_repair_is() {
        let mut options = RepairOptions { threads: 1, ..RepairOptions::default() };
        options.params.model.blackouts.max_gaps = 20;
        let sure = |trace: &Trace| {
            let repairs = repair(trace, None, &options, &unwatched);
            repairs.iter().flat_map(|repair| &repair.events).filter(|event| event.confidence >= 0.9).count()
        };
        let (before, after) = (sure(&phases()), sure(&with_an_odd_timestamp(phases())));
        // The gap with the odd begin may lose its own events.
        assert!(before >= 100 && after >= before - 60, "{before} before, {after} after");
    }
}

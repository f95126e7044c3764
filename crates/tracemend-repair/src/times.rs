//! When the inferred events happened.
//!
//! Each event follows the one before it by its token's typical step, after its insertion point has opened and before it closes. Where
//! there is not room enough, steps are shorter; those after the last opening are scaled to end where the gap ends. So no event
//! stands on the other side of a recorded one, nor at the same time, and what other gaps lost there finds its place between them.

use crate::gap_context::GapContext;
use crate::model::Timing;
use crate::params::{ModelParams, SearchParams};
use crate::search::Placed;

/// How long steps take.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'s> {
    /// The timing model.
    pub timing: &'s Timing,
    /// Its constants.
    pub model_params: &'s ModelParams,
    /// The constants of the search.
    pub params: &'s SearchParams,
}

/// Estimated times of a filling's events, nanoseconds, in order; `None` where the gap has no time on either side.
pub(crate) fn estimate(context: &GapContext, placed: &[Placed], steps: &Steps<'_>) -> Option<Vec<i64>> {
    let params = steps.params;
    let steps: Vec<f64> = placed.iter().map(|&(_, token)| steps.timing.step_ns(token, steps.model_params)).collect();
    // Counted from one end of the gap: the clock's own numbers are too large for a fraction.
    let base = match (context.begin_ns, context.end_ns) {
        (i64::MIN, i64::MAX) => return None,
        (i64::MIN, end) => end,
        (begin, _) => begin,
    };
    let from_base = |time_ns: i64| match time_ns {
        i64::MIN => f64::NEG_INFINITY,
        i64::MAX => f64::INFINITY,
        time_ns => time_ns.saturating_sub(base) as f64,
    };
    let begin = from_base(context.begin_ns);
    let opens =
        running(placed.iter().map(|&(point, _)| from_base(context.points[point as usize].from_ns)), begin, f64::max);
    let end = match from_base(context.end_ns) {
        f64::INFINITY => opens.last()? + params.open_end * steps.iter().sum::<f64>(),
        end => end,
    };
    let closing = placed.iter().rev().map(|&(point, _)| from_base(context.points[point as usize].to_ns));
    let mut closes = running(closing, end, f64::min);
    closes.reverse();
    let mut times = Vec::with_capacity(placed.len());
    let mut now = begin;
    for place in stretches(&opens, &closes) {
        let closes_ns = closes[place.start];
        // What has to be done before the same time, and of this what comes now.
        let until = place.start + closes[place.start..].partition_point(|&closes| closes <= closes_ns);
        let all: f64 = steps[place.start..until].iter().sum();
        let here: f64 = steps[place.clone()].iter().sum();
        // Without a begin, what is known is how long before its end it happened.
        now = now.max(opens[place.start]).max(if begin.is_finite() { begin } else { closes_ns - all });
        let fits = (closes_ns - now).max(0.0) / all.max(1.0);
        let is_last = place.end == placed.len() && closes_ns >= end;
        let fills = is_last && begin.is_finite() && (place.start > 0 || fits < params.max_stretch);
        let scale = if fills { fits } else { fits.min(1.0) };
        let mut passed = 0.0;
        for &step in &steps[place] {
            times.push(now + scale * (passed + 0.5 * step));
            passed += step;
        }
        now += scale * here;
    }
    Some(times.into_iter().map(|time| base.saturating_add(time.floor() as i64)).collect())
}

/// Each number, or one before it if that bounds it.
fn running(numbers: impl Iterator<Item = f64>, first: f64, bound: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let next = |so_far: &mut f64, number: f64| {
        *so_far = bound(*so_far, number);
        Some(*so_far)
    };
    numbers.scan(first, next).collect()
}

/// Rows of events that may all happen between the same two times.
fn stretches(opens: &[f64], closes: &[f64]) -> Vec<std::ops::Range<usize>> {
    let mut stretches: Vec<std::ops::Range<usize>> = Vec::new();
    for place in 0..opens.len() {
        match stretches.last_mut() {
            Some(last) if opens[last.start] == opens[place] && closes[last.start] == closes[place] => last.end += 1,
            _ => stretches.push(place..place + 1),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap_context::InsertionPoint;
    use crate::insertion_points::gap_context;
    use crate::model::testing::pairs;
    use crate::testing::{cut, with_engine};

    /// Estimated times of six events in two points of a gap, which open and close at these times.
    fn times(gap: (i64, i64), points: [(i64, i64); 2]) -> Vec<i64> {
        let damaged = cut(pairs(1, &["read", "write"], 200), 190..196);
        with_engine(&damaged, |view, engine| {
            let mut context = gap_context(view, &engine, &mut *engine.predictor.session(), &damaged.gaps[0]);
            let point = context.points[0].clone();
            context.points = points.map(|(from_ns, to_ns)| InsertionPoint { from_ns, to_ns, ..point.clone() }).to_vec();
            (context.begin_ns, context.end_ns) = gap;
            let token = point.last;
            let placed = [(0, token), (0, token), (0, token), (1, token), (1, token), (1, token)];
            let steps =
                Steps { timing: &engine.model.timing, model_params: &engine.model.params, params: engine.params };
            estimate(&context, &placed, &steps).expect("an end is known")
        })
    }

    #[test]
    fn events_lie_between_the_opening_and_the_closing_of_their_points() {
        let (min, max) = (i64::MIN, i64::MAX);
        for (gap, points) in [
            ((0, 10_000), [(0, 10_000), (0, 10_000)]),
            // Less room than steps take.
            ((0, 10_000), [(0, 100), (100, 10_000)]),
            ((0, 10_000), [(0, 10_000), (9_900, 10_000)]),
            // Points that close long before an open gap ends, or open long after it began.
            ((min, 10_000_000), [(min, 1_000), (1_000, 1_200)]),
            ((min, 10_000_000), [(min, 1_000), (5_000_000, 10_000_000)]),
            ((0, max), [(0, 1_000), (5_000_000, max)]),
        ] {
            let times = times(gap, points);
            assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{gap:?} {points:?}: {times:?}");
            for (place, &time) in times.iter().enumerate() {
                let (from, to) = points[place / 3];
                assert!(from <= time && time < to, "{gap:?} {points:?}: {times:?}");
            }
        }
    }

    #[test]
    fn events_fill_a_gap_that_has_both_ends() {
        let times = times((0, 60_000), [(0, 60_000), (0, 60_000)]);
        assert!(times[0] > 3_000 && times[0] < 7_000 && times[5] > 53_000 && times[5] < 57_000, "{times:?}");
    }
}

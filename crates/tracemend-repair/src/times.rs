//! When the inferred events happened.
//!
//! Each event follows the one before it by its token's typical step, not before its insertion point opens and not after it
//! closes; the stretch after the last such bound is scaled to end where the gap ends.

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
    let all: f64 = steps.iter().sum();
    // Counted from one end of the gap: the clock's own numbers are too large for a fraction.
    let (base, begin, end) = match (context.begin_ns, context.end_ns) {
        (i64::MIN, i64::MAX) => return None,
        (i64::MIN, end) => (end, -all, 0.0),
        (begin, i64::MAX) => (begin, 0.0, all * params.open_end),
        (begin, end) => (begin, 0.0, end.saturating_sub(begin) as f64),
    };
    let from_base = |time_ns: i64| time_ns.saturating_sub(base) as f64;
    let mut times = Vec::with_capacity(placed.len());
    let mut now = begin;
    let mut anchor = (0, begin);
    for (place, &(point, _)) in placed.iter().enumerate() {
        let from = from_base(context.points[point as usize].from_ns);
        if from > now && from <= end {
            now = from;
            anchor = (place, now);
        }
        now += 0.5 * steps[place];
        times.push(now);
        now += 0.5 * steps[place];
    }
    // After the last bound, the steps fill what time there is.
    let scale = (end - anchor.1) / (now - anchor.1).max(1.0);
    if anchor.0 > 0 || scale < params.max_stretch {
        for time in &mut times[anchor.0..] {
            *time = anchor.1 + (*time - anchor.1) * scale;
        }
    }
    // No event lies after its point closes, nor before the one that precedes it.
    let mut latest = end;
    for (time, &(point, _)) in times.iter_mut().zip(placed).rev() {
        latest = latest.min(from_base(context.points[point as usize].to_ns));
        *time = time.min(latest);
        latest = *time;
    }
    let mut earliest = begin;
    for (time, &(point, _)) in times.iter_mut().zip(placed) {
        let from = from_base(context.points[point as usize].from_ns);
        *time = time.max(if from <= end { from } else { begin }).max(earliest);
        earliest = *time;
    }
    Some(times.into_iter().map(|time| base.saturating_add(time as i64)).collect())
}

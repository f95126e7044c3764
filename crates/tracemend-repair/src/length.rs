//! Length: how many events a gap lost where the tracer did not count them.
//!
//! The prior is log-normal around what the stream's usual rate gives for the gap's width, cut below what is known to be missing.
//! The search weighs it with how well a filling of each length meets what is recorded after the gap (`search/beam.rs`).

use crate::gap_context::GapContext;
use crate::inferred::LostInterval;
use crate::params::SearchParams;
use crate::view::View;
use tracemend_trace::{Gap, ThreadKey};

/// Logarithm of the prior probability of each number of lost events: log-normal around what the stream's usual rate
/// gives for the gap's width, cut below what is known to be missing and above the lines that could not be read.
pub(crate) fn prior(view: &View<'_>, gap: &Gap, context: &GapContext, params: &SearchParams) -> Vec<f64> {
    let min = gap.lost.count().unwrap_or(0) as usize;
    let usual = usual(view, gap, context, params).max(1.0);
    let ((times, more), (bound_times, bound_more)) = (params.unknown_span, params.bound_span);
    let max = ((usual * times).min(params.max_unknown as f64) as usize + more)
        .max(min.saturating_mul(bound_times).saturating_add(bound_more))
        .clamp(min + 1, params.max_unknown.max(min + bound_more));
    // Lines that could not be read held one event each at most.
    let max = gap.unread_lines.map_or(max, |lines| max.min(usize::try_from(lines).unwrap_or(usize::MAX)));
    (0..=max)
        .map(|lost| {
            if lost < min {
                return f64::NEG_INFINITY;
            }
            let distance = (lost as f64 + 0.5).ln() - usual.ln();
            -0.5 * (distance / params.length_deviation).powi(2) - (lost as f64 + 0.5).ln()
        })
        .collect()
}

/// What the stream's usual rate gives for the gap's width.
fn usual(view: &View<'_>, gap: &Gap, context: &GapContext, params: &SearchParams) -> f64 {
    let width = context.end_ns.saturating_sub(context.begin_ns);
    if context.begin_ns == i64::MIN || context.end_ns == i64::MAX {
        return gap.lost.count().map_or(params.default_length, |lost| lost as f64);
    }
    let rate = match gap.tid {
        Some(tid) => {
            let begin_ns = context.begin_ns;
            let around = view.thread_around(ThreadKey::Tid(tid), begin_ns, begin_ns, params.rate_events);
            rate(view, &around, begin_ns, params.rate_events)
        }
        None => match gap.stream {
            Some(stream) => rate(view, &view.index.streams[stream.0 as usize], context.begin_ns, params.rate_events),
            None => None,
        },
    };
    rate.map_or(params.default_usual, |rate| rate * width as f64)
}

/// Events per nanosecond of a list of events around a time.
fn rate(view: &View<'_>, positions: &[u32], time_ns: i64, events: usize) -> Option<f64> {
    let middle = positions.partition_point(|&position| view.event(position).time_ns <= time_ns);
    let first = middle.saturating_sub(events / 2);
    let last = (middle + events / 2).min(positions.len()).checked_sub(1)?;
    let width = view.event(positions[last]).time_ns.saturating_sub(view.event(positions[first]).time_ns);
    (last > first && width > 0).then(|| (last - first) as f64 / width as f64)
}

/// Most likely number of lost events and the ends of its 90 % interval.
pub(crate) fn interval(lengths: &[f64]) -> LostInterval {
    let best = (0..lengths.len()).max_by(|&a, &b| lengths[a].total_cmp(&lengths[b]).then(b.cmp(&a))).unwrap_or(0);
    let mut sum = 0.0;
    let mut low = None;
    let mut high = best;
    for (length, p) in lengths.iter().enumerate() {
        sum += p;
        if low.is_none() && sum >= 0.05 {
            low = Some(length);
        }
        high = length;
        if sum >= 0.95 {
            break;
        }
    }
    LostInterval { value: best as u64, low: low.unwrap_or(best).min(best) as u64, high: high.max(best) as u64 }
}

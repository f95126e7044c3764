//! How many events a gap lost when nobody counted.

use crate::insertion_points::GapContext;
use crate::view::View;
use tracemend_trace::Gap;

/// Events around the gap from which the usual rate is taken.
const AROUND: usize = 200;
/// Longest gap of unknown length that is looked at.
const MOST: usize = 1500;

/// Logarithm of the prior probability of each number of lost events: log-normal around what the stream's usual rate
/// gives for the gap's width, cut below what is known to be missing.
pub fn prior(view: &View<'_>, gap: &Gap, context: &GapContext) -> Vec<f64> {
    let least = gap.lost.count().unwrap_or(0) as usize;
    let usual = usual(view, gap, context).max(1.0);
    let most = ((usual * 4.0).min(MOST as f64) as usize + 20)
        .max(least.saturating_mul(2).saturating_add(8))
        .clamp(least + 1, MOST.max(least + 8));
    (0..=most)
        .map(|lost| {
            if lost < least {
                return f64::NEG_INFINITY;
            }
            let distance = (lost as f64 + 0.5).ln() - usual.ln();
            -0.5 * (distance / 1.2).powi(2) - (lost as f64 + 0.5).ln()
        })
        .collect()
}

fn usual(view: &View<'_>, gap: &Gap, context: &GapContext) -> f64 {
    let width = context.end_ns.saturating_sub(context.begin_ns);
    if context.begin_ns == i64::MIN || context.end_ns == i64::MAX {
        return gap.lost.count().unwrap_or(8) as f64;
    }
    let rate = match gap.tid {
        Some(tid) => rate(view, view.thread(i64::from(tid)), context.begin_ns),
        None => match gap.stream {
            Some(stream) => rate(view, &view.index.streams[stream.0 as usize], context.begin_ns),
            None => None,
        },
    };
    rate.map_or(2.0, |rate| rate * width as f64)
}

/// Events per nanosecond of a list of events around a time.
fn rate(view: &View<'_>, positions: &[u32], time_ns: i64) -> Option<f64> {
    let middle = positions.partition_point(|&position| view.event(position).time_ns <= time_ns);
    let first = middle.saturating_sub(AROUND / 2);
    let last = (middle + AROUND / 2).min(positions.len()).checked_sub(1)?;
    let width = view.event(positions[last]).time_ns.saturating_sub(view.event(positions[first]).time_ns);
    (last > first && width > 0).then(|| (last - first) as f64 / width as f64)
}

/// Most likely number of lost events and the ends of its 90 % interval.
pub fn interval(lengths: &[f64]) -> (u64, u64, u64) {
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
    (best as u64, low.unwrap_or(best).min(best) as u64, high.max(best) as u64)
}

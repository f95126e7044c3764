//! When events were lost: whether a gap lies between two times, and how much of them, for many pairs of times and many gaps.

use tracemend_trace::Gap;

/// The intervals of some gaps. Asking costs the logarithm of their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct GapSpans {
    /// Begin of each, ascending.
    begins: Vec<i64>,
    /// Latest end among the first n + 1.
    latest_ends: Vec<i64>,
    /// Begins and ends of those that have both, ascending, each with the sum up to it.
    bounded: [Vec<(i64, i128)>; 2],
}

impl GapSpans {
    /// The intervals of these gaps; one that is open at an end reaches as far as time does.
    pub(crate) fn new<'g>(gaps: impl IntoIterator<Item = &'g Gap>) -> Self {
        let ends = |gap: &Gap| (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
        let mut spans: Vec<(i64, i64)> = gaps.into_iter().map(ends).collect();
        spans.sort_unstable();
        let mut latest = i64::MIN;
        let latest_ends = spans.iter().map(|&(_, end)| {
            latest = latest.max(end);
            latest
        });
        let latest_ends = latest_ends.collect();
        let bounded = || spans.iter().filter(|span| span.0 != i64::MIN && span.1 != i64::MAX);
        let bounded = [sums(bounded().map(|span| span.0).collect()), sums(bounded().map(|span| span.1).collect())];
        Self { bounded, begins: spans.into_iter().map(|(begin, _)| begin).collect(), latest_ends }
    }

    /// Whether one of them has begun before `until_ns` and ends after `from_ns`.
    pub(crate) fn any_between(&self, from_ns: i64, until_ns: i64) -> bool {
        let begun = self.begins.partition_point(|&begin| begin < until_ns);
        begun.checked_sub(1).is_some_and(|last| self.latest_ends[last] > from_ns)
    }

    /// How long they last between two times, ns, one after the other; those that are open at an end count as nothing.
    pub(crate) fn length_between(&self, from_ns: i64, until_ns: i64) -> f64 {
        // Up to a time all that have begun last since their begin, less what those that have ended have ended for.
        let since = |bounds: &[(i64, i128)], time_ns: i64| {
            let passed = bounds.partition_point(|bound| bound.0 < time_ns);
            passed.checked_sub(1).map_or(0, |last| passed as i128 * i128::from(time_ns) - bounds[last].1)
        };
        let until = |time_ns: i64| since(&self.bounded[0], time_ns) - since(&self.bounded[1], time_ns);
        (until(until_ns) - until(from_ns)).max(0) as f64
    }
}

/// Times, ascending, each with the sum up to it.
fn sums(mut times: Vec<i64>) -> Vec<(i64, i128)> {
    times.sort_unstable();
    let mut sum = 0;
    let with_sum = times.into_iter().map(|time_ns| {
        sum += i128::from(time_ns);
        (time_ns, sum)
    });
    with_sum.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tracemend_trace::{Cause, Lost};

    proptest! {
        #[test]
        fn asking_for_all_at_once_is_asking_each(
            ends in prop::collection::vec((prop::option::of(0..40_i64), prop::option::of(0..40_i64)), 0..12),
            from in 0..40_i64,
            width in 0..9_i64,
        ) {
            let gap = |&(begin_ns, end_ns): &(Option<i64>, Option<i64>)| {
                Gap { begin_ns, end_ns, ..Gap::new(0, Lost::Unknown, Cause::Discarded, 0) }
            };
            let gaps: Vec<Gap> = ends.iter().map(gap).collect();
            let each = gaps.iter().any(|gap| {
                gap.begin_ns.is_none_or(|begin| begin < from + width) && gap.end_ns.is_none_or(|end| end > from)
            });
            prop_assert_eq!(GapSpans::new(&gaps).any_between(from, from + width), each);
            // Gaps that end before they begin are none.
            let whole: Vec<Gap> = gaps.into_iter().filter(|gap| gap.begin_ns <= gap.end_ns || gap.end_ns.is_none()).collect();
            let length = |gap: &Gap| Some((gap.end_ns?.min(from + width) - gap.begin_ns?.max(from)).max(0) as f64);
            let lengths: f64 = whole.iter().filter_map(length).sum();
            prop_assert_eq!(GapSpans::new(&whole).length_between(from, from + width), lengths);
        }
    }
}

//! When events were lost: whether a gap lies between two times, for many pairs of times and many gaps.

use tracemend_trace::Gap;

/// The intervals of some gaps. Asking costs the logarithm of their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct GapSpans {
    /// Begin of each, ascending.
    begins: Vec<i64>,
    /// Latest end among the first n + 1.
    latest_ends: Vec<i64>,
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
        Self { begins: spans.into_iter().map(|(begin, _)| begin).collect(), latest_ends }
    }

    /// Whether one of them has begun before `until_ns` and ends after `from_ns`.
    pub(crate) fn any_between(&self, from_ns: i64, until_ns: i64) -> bool {
        let begun = self.begins.partition_point(|&begin| begin < until_ns);
        begun.checked_sub(1).is_some_and(|last| self.latest_ends[last] > from_ns)
    }
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
        }
    }
}

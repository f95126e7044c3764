//! Which differences between methods are real.
//!
//! Methods are measured on the same gaps, and their bootstrap draws the same gaps in the same resample. So the difference
//! between two methods has an interval of its own (Efron 1979, paired), usually much narrower than the two intervals of
//! the methods suggest. Each interval holds with 95 % by itself: one of twenty comparisons without a difference looks real.

use crate::measurement::{Estimate, Interval};
use crate::metric::Metric;
use crate::score::{Resamples, Score};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Two methods on the same gaps, by one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The protocol, as in [`Score`].
    pub protocol: String,
    /// What was repaired, as in [`Score`].
    pub data: String,
    /// Length of the artificial gap, in events.
    pub blackout: usize,
    /// The metric.
    pub metric: Metric,
    /// The method with the better figure.
    pub better: String,
    /// The other method.
    pub worse: String,
    /// How much better, at least 0; rows call it `by`.
    #[serde(flatten, serialize_with = "serialize_by")]
    pub by: Interval,
    /// Whether the interval lies above 0: not explained by the choice of gaps.
    pub real: bool,
}

fn serialize_by<S: Serializer>(by: &Interval, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(3))?;
    map.serialize_entry("by", &by.value)?;
    map.serialize_entry("low", &by.low)?;
    map.serialize_entry("high", &by.high)?;
    map.end()
}

/// All pairs of methods on the same gaps, by each metric that compares methods, in the order of the scores.
pub fn differences(scores: &[Score]) -> Vec<Difference> {
    let mut groups: Vec<Vec<&Score>> = Vec::new();
    for score in scores.iter().filter(|score| score.metric.compares_methods()) {
        let group = groups.iter_mut().find(|group| group[0].shares_gaps(score) && group[0].metric == score.metric);
        match group {
            Some(group) => group.push(score),
            None => groups.push(vec![score]),
        }
    }
    let pairs = |group: &Vec<&Score>| -> Vec<Difference> {
        let others = |first: usize| group[first + 1..].iter().filter_map(move |other| between(group[first], other));
        (0..group.len()).flat_map(others).collect()
    };
    groups.iter().flat_map(pairs).collect()
}

/// `None` where the two were not resampled alike, so that they cannot be compared gap by gap.
fn between(one: &Score, other: &Score) -> Option<Difference> {
    let sign = if one.metric.less_is_better() { -1.0 } else { 1.0 };
    let (value, other_value) = (one.interval.value, other.interval.value);
    let (better, worse) = if sign * value >= sign * other_value { (one, other) } else { (other, one) };
    let (Some(Resamples(above)), Some(Resamples(below))) = (&better.resamples, &worse.resamples) else { return None };
    if above.len() != below.len() || better.gaps != worse.gaps {
        return None;
    }
    let resampled = above.iter().zip(below).map(|(above, below)| sign * (above - below)).collect();
    let by = Estimate { value: sign * (better.interval.value - worse.interval.value), resampled }.interval();
    Some(Difference {
        protocol: one.protocol.clone(),
        data: one.data.clone(),
        blackout: one.blackout,
        metric: one.metric,
        better: better.method.clone(),
        worse: worse.method.clone(),
        by,
        real: by.low > 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::{Measurement, Plan, RESAMPLES};
    use crate::tally::GapTally;
    use tracemend_repair::rng::SplitMix64;

    /// One position per gap; `right` says in which gaps the method is right.
    fn accuracy(method: &str, right: &[bool], seed: u64) -> Score {
        let tallies: Vec<GapTally> =
            right.iter().map(|&right| GapTally::new(&[1], &[if right { 1 } else { 2 }], None)).collect();
        let plan = Plan::new(right.len(), RESAMPLES, seed, &["test"]);
        let measured =
            Measurement { method: method.to_owned(), gaps: right.len(), ..Measurement::of_tallies(&tallies, &plan) };
        Score::rows(&measured, "test", "").find(|score| score.metric == Metric::Accuracy).expect("measured")
    }

    #[test]
    fn pairs_tell_apart_what_separate_intervals_do_not() {
        // The second is right wherever the first is, and in five gaps of a hundred more.
        let first: Vec<bool> = (0..100).map(|gap| gap % 2 == 0).collect();
        let second: Vec<bool> = (0..100).map(|gap| gap % 2 == 0 || gap < 10).collect();
        let scores = [accuracy("first", &first, 1), accuracy("second", &second, 1)];
        let found = differences(&scores);
        assert_eq!((found[0].better.as_str(), found[0].worse.as_str()), ("second", "first"));
        // The standard error of a share of 0.05 in 100 gaps is sqrt(0.05 * 0.95 / 100) = 0.022.
        assert!((found[0].by.value - 0.05).abs() < 1e-9 && found[0].real);
        assert!((0.0..0.02).contains(&found[0].by.low) && (0.08..0.11).contains(&found[0].by.high), "{found:?}");
        // Not paired, the same two are a standard error of 0.07 apart.
        let unpaired = differences(&[accuracy("first", &first, 1), accuracy("second", &second, 2)]);
        assert!(!unpaired[0].real && unpaired[0].by.low < -0.05, "{unpaired:?}");
    }

    #[test]
    fn methods_without_a_difference_seldom_look_different() {
        let mut random = SplitMix64::new(5, &[]);
        let mut real = 0;
        for _ in 0..200 {
            let mut draw = || -> Vec<bool> { (0..60).map(|_| random.unit() < 0.7).collect() };
            let found = differences(&[accuracy("a", &draw(), 1), accuracy("b", &draw(), 1)]);
            real += usize::from(found[0].real);
        }
        // Expected 5 of 200 for the chosen direction, at most 10 for both; percentiles of few gaps are a little narrow.
        assert!((1..=22).contains(&real), "{real}");
    }

    #[test]
    fn less_can_be_better_and_only_like_is_compared() {
        let mut scores = [accuracy("a", &[true, false], 1), accuracy("b", &[true, true], 1)];
        scores.iter_mut().for_each(|score| score.metric = Metric::Ece);
        let found = differences(&scores);
        assert_eq!((found[0].better.as_str(), found[0].by.value), ("a", 0.5));
        scores[1].gaps = 3;
        assert!(differences(&scores).is_empty());
        scores[1].gaps = 2;
        scores[1].blackout = 7;
        assert!(differences(&scores).is_empty());
    }

    #[test]
    fn what_was_not_resampled_is_not_compared() {
        let mut scores = [accuracy("a", &[true, false], 1), accuracy("b", &[true, true], 1)];
        assert_eq!(differences(&scores).len(), 1);
        scores[1].resamples = None;
        assert!(differences(&scores).is_empty());
    }
}

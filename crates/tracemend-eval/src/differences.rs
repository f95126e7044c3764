//! Which differences between methods are real.
//!
//! Methods are measured on the same gaps, and their bootstrap draws the same gaps in the same resample. So the difference
//! of two methods has an interval of its own (Efron 1979, paired), usually much narrower than the two intervals of the
//! methods would suggest. Each interval holds with 95 % by itself: of twenty comparisons without a difference one looks
//! real.

use crate::measurement::Estimate;
use crate::score::Score;
use serde::Serialize;

/// Metrics of which less is better.
pub const LESS_IS_BETTER: [&str; 5] = ["composition_tv", "ece", "seconds_per_gap", "leakage", "count_error"];

/// Metrics that methods are compared by. Not the others: intervals of a coverage above 0.9 are too wide, not better; and
/// the spread of times over gaps says little of how they vary from run to run.
const COMPARED: [&str; 9] = [
    "accuracy",
    "perfect_rate",
    "rouge_l",
    "macro_accuracy",
    "within_one",
    "thread_lcs",
    "composition_tv",
    "ece",
    "precision_at_90",
];

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
    pub metric: String,
    /// The method with the better figure.
    pub better: String,
    /// The other.
    pub worse: String,
    /// How much better, at least 0.
    pub by: f64,
    /// Lower end of its 95 % bootstrap interval.
    pub low: f64,
    /// Upper end of its 95 % bootstrap interval.
    pub high: f64,
    /// Whether the interval lies above 0: not explained by the choice of gaps.
    pub real: bool,
}

/// All pairs of methods in each cell (protocol, data, gap length) and metric, in the order of the scores.
pub fn differences(scores: &[Score]) -> Vec<Difference> {
    let mut groups: Vec<Vec<&Score>> = Vec::new();
    for score in scores.iter().filter(|score| COMPARED.contains(&score.metric.as_str())) {
        let group = groups.iter_mut().find(|group| same_cell(group[0], score) && group[0].metric == score.metric);
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

/// Whether two scores were measured on the same gaps.
fn same_cell(a: &Score, b: &Score) -> bool {
    (&a.protocol, &a.data, a.blackout) == (&b.protocol, &b.data, b.blackout)
}

/// `None` where the two were not resampled alike, so that they cannot be compared gap by gap.
fn between(one: &Score, other: &Score) -> Option<Difference> {
    let sign = if LESS_IS_BETTER.contains(&one.metric.as_str()) { -1.0 } else { 1.0 };
    let (better, worse) = if sign * one.value >= sign * other.value { (one, other) } else { (other, one) };
    let (above, below) = (&better.detail.resampled, &worse.detail.resampled);
    if above.is_empty() || above.len() != below.len() || better.gaps != worse.gaps {
        return None;
    }
    let resampled = above.iter().zip(below).map(|(above, below)| sign * (above - below)).collect();
    let difference = Estimate { value: sign * (better.value - worse.value), resampled };
    let (low, high) = difference.interval();
    Some(Difference {
        protocol: one.protocol.clone(),
        data: one.data.clone(),
        blackout: one.blackout,
        metric: one.metric.clone(),
        better: better.method.clone(),
        worse: worse.method.clone(),
        by: difference.value,
        low,
        high,
        real: low > 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::{Plan, RESAMPLES, estimate};
    use crate::metric::GapTally;
    use crate::score::Detail;
    use tracemend_repair::rng::SplitMix64;

    /// One position per gap; `right` says in which of them the method is right.
    fn accuracy(method: &str, right: &[bool], seed: u64) -> Score {
        let tallies: Vec<GapTally> =
            right.iter().map(|&right| GapTally::new(&[1], &[if right { 1 } else { 2 }], None)).collect();
        let plan = Plan::new(right.len(), RESAMPLES, seed, &["test"]);
        let [accuracy, ..] = estimate(&tallies, &plan);
        let accuracy = accuracy.expect("measured");
        Score {
            method: method.to_owned(),
            metric: "accuracy".to_owned(),
            value: accuracy.value,
            gaps: right.len(),
            detail: Detail { resampled: accuracy.resampled, bins: Vec::new() },
            ..Score::default()
        }
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
        assert!((found[0].by - 0.05).abs() < 1e-9 && found[0].real);
        assert!((0.0..0.02).contains(&found[0].low) && (0.08..0.11).contains(&found[0].high), "{found:?}");
        // Not paired, the same two are a standard error of 0.07 apart.
        let unpaired = differences(&[accuracy("first", &first, 1), accuracy("second", &second, 2)]);
        assert!(!unpaired[0].real && unpaired[0].low < -0.05, "{unpaired:?}");
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
        scores.iter_mut().for_each(|score| score.metric = "ece".to_owned());
        let found = differences(&scores);
        assert_eq!((found[0].better.as_str(), found[0].by), ("a", 0.5));
        scores[1].gaps = 3;
        assert!(differences(&scores).is_empty());
        scores[1].gaps = 2;
        scores[1].blackout = 7;
        assert!(differences(&scores).is_empty());
    }
}

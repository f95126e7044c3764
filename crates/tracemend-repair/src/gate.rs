//! The gate: a step that costs something has to pay for itself on cases it was not chosen by.

/// Half the width, in standard errors, of the interval of a gain that has to lie above 0: 95 %.
const INTERVAL: f64 = 1.96;
/// Smallest number of distinct cases that can speak for a step.
pub(crate) const MIN_CASES: usize = 12;

/// Settings, and how many events of each case are right under them.
#[derive(Clone, Debug)]
pub struct Tried<T> {
    /// The settings.
    pub settings: T,
    /// `[case]` events that are right.
    pub right: Vec<usize>,
}

/// Returns the settings with the most right events, the first on ties, or `None` if settings so chosen do not beat `before`.
///
/// Cross-validation in two folds: settings are chosen by one half of the cases and judged by the other, and the other way round.
/// They have to be better than `before` by more than chance explains. `clusters`: numbers of cases that only repeat each other.
///
/// ```
/// use tracemend_repair::gate::{Tried, paying};
///
/// let cases: Vec<Vec<usize>> = (0..40).map(|case| vec![case]).collect();
/// let before = vec![5; 40];
/// let tried = [Tried { settings: "a", right: vec![5; 40] }, Tried { settings: "b", right: vec![7; 40] }];
/// assert_eq!(paying(&tried, &before, &cases), Some("b"));
/// assert_eq!(paying(&tried[..1], &before, &cases), None);
/// ```
pub fn paying<T: Copy>(tried: &[Tried<T>], before: &[usize], clusters: &[Vec<usize>]) -> Option<T> {
    if clusters.len() < MIN_CASES {
        return None;
    }
    let (first, second) = clusters.split_at(clusters.len() / 2);
    // Size and gain of each cluster.
    let mut gains: Vec<(f64, f64)> = Vec::new();
    for (chosen_by, judged_by) in [(first, second), (second, first)] {
        let best = most_right(tried, chosen_by)?;
        let gain = |&number: &usize| best.right[number] as f64 - before[number] as f64;
        gains.extend(judged_by.iter().map(|members| (members.len() as f64, members.iter().map(gain).sum::<f64>())));
    }
    let cases: f64 = gains.iter().map(|(size, _)| size).sum();
    let mean = gains.iter().map(|(_, gain)| gain).sum::<f64>() / cases;
    let squares: f64 = gains.iter().map(|(size, gain)| (gain - mean * size).powi(2)).sum();
    let count = gains.len() as f64;
    let error = (squares * count / (count - 1.0)).sqrt() / cases;
    if mean > INTERVAL * error { most_right(tried, clusters).map(|best| best.settings) } else { None }
}

/// The settings with the most right events in these clusters, the first on ties.
fn most_right<'t, T>(tried: &'t [Tried<T>], clusters: &[Vec<usize>]) -> Option<&'t Tried<T>> {
    let sum = |one: &Tried<T>| clusters.iter().flatten().map(|&number| one.right[number]).sum::<usize>();
    tried.iter().reduce(|best, one| if sum(one) > sum(best) { one } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    fn alone(cases: usize) -> Vec<Vec<usize>> {
        (0..cases).map(|case| vec![case]).collect()
    }

    #[test]
    fn chance_seldom_passes() {
        let mut random = SplitMix64::new(3, &["gate"]);
        let mut passed = 0;
        for _ in 0..200 {
            let mut draw = || -> Vec<usize> { (0..60).map(|_| random.below(10)).collect() };
            let before = draw();
            let tried: Vec<Tried<usize>> = (0..4).map(|settings| Tried { settings, right: draw() }).collect();
            passed += usize::from(paying(&tried, &before, &alone(60)).is_some());
        }
        // 2.5 % of 200 are expected: settings are judged by cases that did not choose them.
        assert!(passed <= 15, "{passed}");
    }

    #[test]
    fn few_cases_say_nothing_and_copies_of_one_case_are_one() {
        let better = |cases| [Tried { settings: (), right: vec![9; cases] }];
        assert_eq!(paying(&better(40), &[1; 40], &alone(40)), Some(()));
        assert_eq!(paying(&better(11), &[1; 11], &alone(11)), None);
        let copies: Vec<Vec<usize>> = (0..8).map(|cluster| (0..5).map(|copy| 5 * cluster + copy).collect()).collect();
        assert_eq!(paying(&better(40), &[1; 40], &copies), None);
    }
}

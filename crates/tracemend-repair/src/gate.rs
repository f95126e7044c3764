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

    #[test]
    fn chance_seldom_passes() {
        let mut random = SplitMix64::new(3, &["gate"]);
        let cases: Vec<Vec<usize>> = (0..60).map(|case| vec![case]).collect();
        let mut passed = 0;
        for _ in 0..200 {
            let mut draw = || -> Vec<usize> { (0..60).map(|_| random.below(10)).collect() };
            let before = draw();
            let tried: Vec<Tried<usize>> = (0..4).map(|settings| Tried { settings, right: draw() }).collect();
            passed += usize::from(paying(&tried, &before, &cases).is_some());
        }
        // 2.5 % of 200 are expected: settings are judged by cases that did not choose them.
        assert!(passed <= 15, "{passed}");
    }

    #[test]
    fn a_gain_has_to_show_where_it_was_not_chosen_by_and_above_chance() {
        let tried = |right: Vec<usize>| Tried { settings: right[0], right };
        let before = vec![5; 40];
        let gain = |gain: &dyn Fn(usize) -> usize| tried((0..40).map(gain).collect());
        let each: Vec<Vec<usize>> = (0..40).map(|number| vec![number]).collect();
        let pays = |tried: &[Tried<usize>]| paying(tried, &before, &each);
        assert_eq!(pays(&[gain(&|_| 5), gain(&|_| 6)]), Some(6));
        assert_eq!(pays(&[gain(&|_| 5)]), None);
        // One window of forty gains: its half chooses the second, which the other half does not thank for.
        assert_eq!(pays(&[gain(&|_| 5), gain(&|at| if at == 3 { 9 } else { 5 })]), None);
        // Each half has a favourite, which loses in the other; together both gain.
        let halves = [gain(&|at| if at < 20 { 9 } else { 4 }), gain(&|at| if at < 20 { 4 } else { 9 })];
        assert_eq!(pays(&halves), None);
        // Gains of three and losses of two, 1.9 and 2.2 standard errors on the mean.
        let mixed = |up: usize| gain(&move |at| if at * 7 % 40 < up { 8 } else { 3 });
        let errors = |tried: &Tried<usize>| {
            let gains: Vec<f64> = tried.right.iter().map(|&right| right as f64 - 5.0).collect();
            let mean = gains.iter().sum::<f64>() / 40.0;
            mean / (gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / 39.0 / 40.0).sqrt()
        };
        let (less, more) = (mixed(22), mixed(23));
        assert!(errors(&less) < INTERVAL && errors(&more) > INTERVAL, "{} {}", errors(&less), errors(&more));
        assert_eq!((pays(&[less]), pays(&[more])), (None, Some(8)));
        assert_eq!(pays(&[]), None);
    }

    #[test]
    fn equal_windows_count_as_one_and_few_say_nothing() {
        let before = vec![5; 40];
        let pays = |right: &dyn Fn(usize) -> usize, clusters: &[Vec<usize>]| {
            paying(&[Tried { settings: (), right: (0..40).map(right).collect() }], &before, clusters)
        };
        let clusters = |count: usize| -> Vec<Vec<usize>> {
            (0..count).map(|cluster| (0..40).filter(|number| number % count == cluster).collect()).collect()
        };
        assert_eq!(pays(&|_| 7, &clusters(20)), Some(()));
        assert_eq!(pays(&|_| 7, &clusters(MIN_CASES - 1)), None);
        // Twenty-six copies of a window gain one event each, of the other fourteen every other loses one.
        let right = |at| if at < 26 { 6 } else { 5 - at % 2 };
        let copies: Vec<Vec<usize>> =
            [(0..26).collect()].into_iter().chain((26..40).map(|number| vec![number])).collect();
        assert_eq!(pays(&right, &clusters(40)), Some(()));
        assert_eq!(pays(&right, &copies), None);
    }
}

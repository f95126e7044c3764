//! Percentile bootstrap over clusters of gaps (Efron 1979; clusters: Davison and Hinkley 1997, section 3.8).
//!
//! Test windows of looping programs repeat: 500 published windows hold 140-210 distinct ones. Identical windows are one
//! cluster, drawn together, so that the interval reflects how many different gaps were really seen.

use crate::metric::{GapTally, METRICS, Totals};
use tracemend_repair::rng::SplitMix64;

/// Number of resamples.
pub const RESAMPLES: usize = 1000;

/// How often each cluster is drawn in each resample; one plan serves all methods, so their differences are paired.
#[derive(Clone, Debug)]
pub struct Plan {
    clusters: usize,
    /// `[resamples * clusters]`
    times: Vec<u16>,
}

impl Plan {
    /// Draws `resamples` times `clusters` of `clusters` with replacement. `purpose` and `seed` decide the draws.
    pub fn new(clusters: usize, resamples: usize, seed: u64, purpose: &[&str]) -> Self {
        let mut random = SplitMix64::new(seed, purpose);
        let mut times = vec![0u16; clusters * resamples];
        for resample in times.chunks_mut(clusters.max(1)) {
            for _ in 0..clusters {
                let drawn = &mut resample[random.below(clusters)];
                *drawn = drawn.saturating_add(1);
            }
        }
        Self { clusters, times }
    }
}

/// A figure with its resampled values.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The figure on all gaps.
    pub value: f64,
    /// The figure on each resample, `NaN` where it is undefined there.
    pub resampled: Vec<f64>,
}

impl Estimate {
    /// The 2.5 % and 97.5 % quantiles of the resampled values, interpolated; the value itself if there are none.
    pub fn interval(&self) -> (f64, f64) {
        let mut sorted: Vec<f64> = self.resampled.iter().copied().filter(|x| !x.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile = |q: f64| {
            let at = q * sorted.len().saturating_sub(1) as f64;
            let (low, high) = (at.floor() as usize, at.ceil() as usize);
            match (sorted.get(low), sorted.get(high)) {
                (Some(a), Some(b)) => a + (b - a) * at.fract(),
                _ => self.value,
            }
        };
        (quantile(0.025), quantile(0.975))
    }

    /// The mean of several estimates, resample by resample; `None` of none.
    pub fn mean(estimates: &[&Self]) -> Option<Self> {
        let n = estimates.len() as f64;
        let resamples = estimates.iter().map(|e| e.resampled.len()).min()?;
        Some(Self {
            value: estimates.iter().map(|e| e.value).sum::<f64>() / n,
            resampled: (0..resamples).map(|r| estimates.iter().map(|e| e.resampled[r]).sum::<f64>() / n).collect(),
        })
    }
}

/// All metrics with their resamples, in the order of [`METRICS`]; `None` where nothing was measured.
///
/// `clusters`: the tally of all gaps of each cluster, in the order of the plan.
pub fn estimate(clusters: &[GapTally], plan: &Plan) -> [Option<Estimate>; METRICS.len()] {
    let mut totals = Totals::for_tallies(clusters);
    for tally in clusters {
        totals.add(tally, 1.0);
    }
    let mut estimates = totals.metrics().map(|value| value.map(|value| Estimate { value, resampled: Vec::new() }));
    for resample in plan.times.chunks(plan.clusters.max(1)) {
        totals.clear();
        for (tally, times) in clusters.iter().zip(resample) {
            if *times > 0 {
                totals.add(tally, f64::from(*times));
            }
        }
        for (estimate, value) in estimates.iter_mut().zip(totals.metrics()) {
            if let Some(estimate) = estimate {
                estimate.resampled.push(value.unwrap_or(f64::NAN));
            }
        }
    }
    estimates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(right: bool) -> GapTally {
        GapTally::new(&[1], &[if right { 1 } else { 2 }], Some(&[0.95]))
    }

    #[test]
    fn interval_of_a_share_is_the_binomial_one() {
        // 80 of 100 right: standard error sqrt(0.8 * 0.2 / 100) = 0.04, interval about 0.72 to 0.88.
        let clusters: Vec<_> = (0..100).map(|i| gap(i % 5 != 0)).collect();
        let plan = Plan::new(100, RESAMPLES, 1, &["test"]);
        let estimates = estimate(&clusters, &plan);
        let accuracy = estimates[0].as_ref().expect("measured");
        let (low, high) = accuracy.interval();
        assert_eq!(accuracy.value, 0.8);
        assert!((low - 0.72).abs() < 0.015 && (high - 0.88).abs() < 0.015, "{low} {high}");
    }

    #[test]
    fn copies_do_not_narrow_the_interval() {
        let once: Vec<_> = (0..20).map(|i| gap(i % 2 == 0)).collect();
        let often: Vec<_> = (0..20).map(|i| gap(i % 2 == 0).times(50)).collect();
        let plan = Plan::new(20, RESAMPLES, 7, &["test"]);
        assert_eq!(estimate(&once, &plan)[0], estimate(&often, &plan)[0]);
    }

    /// Slow twin: write out every resampled gap and score the lot.
    #[test]
    fn agrees_with_writing_out_the_resample() {
        let clusters = [
            (GapTally::new(&[1, 2], &[1, 3], Some(&[0.9, 0.2])), 3),
            (GapTally::new(&[4, 4], &[4, 4], Some(&[0.99, 0.6])), 1),
            (GapTally::new(&[2, 9], &[2, 9], Some(&[0.4, 0.95])), 2),
        ];
        let plan = Plan::new(3, 50, 3, &["test"]);
        let fast = estimate(&clusters.each_ref().map(|(t, n)| t.times(*n)), &plan);
        for (r, resample) in plan.times.chunks(3).enumerate() {
            assert_eq!(resample.iter().sum::<u16>(), 3);
            let mut gaps = Vec::new();
            for ((tally, copies), times) in clusters.iter().zip(resample) {
                gaps.extend(std::iter::repeat_n(tally, copies * usize::from(*times)));
            }
            let mut slow = Totals::for_tallies(gaps.iter().copied());
            gaps.iter().for_each(|g| slow.add(g, 1.0));
            for (fast, slow) in fast.iter().zip(slow.metrics()) {
                match (fast, slow) {
                    (Some(fast), Some(slow)) => assert!((fast.resampled[r] - slow).abs() < 1e-9),
                    (fast, slow) => assert!(slow.is_none() && fast.as_ref().is_none_or(|f| f.resampled[r].is_nan())),
                }
            }
        }
    }

    #[test]
    fn constant_figures_have_no_width() {
        let clusters = [gap(true), gap(true).times(4)];
        let all = estimate(&clusters, &Plan::new(2, 10, 0, &[]));
        assert_eq!(all[0].as_ref().expect("measured").interval(), (1.0, 1.0));
    }
}

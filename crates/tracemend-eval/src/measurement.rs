//! Figures with intervals: percentile bootstrap over clusters of gaps (Efron 1979; clusters: Davison and Hinkley 1997,
//! section 3.8).
//!
//! Test windows of looping programs repeat: 500 published windows hold 140-210 distinct ones. Identical windows are one
//! cluster, drawn together, so that the interval reflects how many different gaps were really seen. In traces of many
//! threads every gap is a cluster.

use crate::metric::{Figures, Metric};
use crate::tally::{Bin, GapTally, Totals, summed};
use serde::Serialize;
use tracemend_repair::rng::SplitMix64;

/// Number of resamples.
pub(crate) const RESAMPLES: usize = 1000;

/// A figure with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The quantile `share` of sorted values, interpolated between neighbours; `None` where there are no values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * sorted.len().saturating_sub(1) as f64;
    let (low, high) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(low + (high - low) * at.fract())
}

/// How often each cluster is drawn in each resample; one plan serves all methods, so their differences are paired.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    clusters: usize,
    /// `[resamples * clusters]`
    times: Vec<u16>,
}

impl Plan {
    /// Draws `resamples` times `clusters` of `clusters` with replacement. `purpose` and `seed` decide the draws.
    pub(crate) fn new(clusters: usize, resamples: usize, seed: u64, purpose: &[&str]) -> Self {
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

    /// The plan for gaps that are a cluster each. `lost` is their length, 0 for real gaps.
    pub(crate) fn over_gaps(gaps: usize, seed: u64, lost: usize) -> Self {
        Self::new(gaps, RESAMPLES, seed, &["bootstrap", &lost.to_string()])
    }

    fn resamples(&self) -> impl Iterator<Item = &[u16]> {
        self.times.chunks(self.clusters.max(1))
    }

    /// The mean of values, each a cluster of this plan; `None` without values.
    pub(crate) fn mean(&self, values: &[f64]) -> Option<Estimate> {
        let mean = |weights: &mut dyn Iterator<Item = f64>| {
            let (sum, all) = values.iter().zip(weights).fold((0.0, 0.0), |(sum, all), (v, w)| (sum + v * w, all + w));
            sum / all
        };
        (!values.is_empty()).then(|| Estimate {
            value: mean(&mut std::iter::repeat(1.0)),
            resampled: self.resamples().map(|times| mean(&mut times.iter().map(|n| f64::from(*n)))).collect(),
        })
    }
}

/// A figure with its resampled values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The figure on all gaps.
    pub value: f64,
    /// The figure on each resample, `NaN` where it is undefined there.
    pub resampled: Vec<f64>,
}

impl Estimate {
    /// The figure with the 2.5 % and 97.5 % quantiles of the resampled values; without resamples those are the figure.
    pub(crate) fn interval(&self) -> Interval {
        let mut sorted: Vec<f64> = self.resampled.iter().copied().filter(|x| !x.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let end = |share| quantile(&sorted, share).unwrap_or(self.value);
        Interval { value: self.value, low: end(0.025), high: end(0.975) }
    }

    /// The mean of several estimates, resample by resample; `None` without estimates.
    pub(crate) fn mean(estimates: &[&Self]) -> Option<Self> {
        let n = estimates.len() as f64;
        let resamples = estimates.iter().map(|e| e.resampled.len()).min()?;
        Some(Self {
            value: estimates.iter().map(|e| e.value).sum::<f64>() / n,
            resampled: (0..resamples).map(|r| estimates.iter().map(|e| e.resampled[r]).sum::<f64>() / n).collect(),
        })
    }
}

/// The figures of one method at one gap length on one data set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measurement {
    pub data: String,
    pub method: String,
    pub blackout: usize,
    pub gaps: usize,
    pub figures: Vec<(Metric, Estimate)>,
    /// The reliability diagram; empty where the method gives no probabilities.
    pub bins: Vec<Bin>,
}

impl Measurement {
    /// Measures gaps. `clusters`: the tally of all gaps of each cluster, in the order of the plan.
    pub(crate) fn of_tallies(clusters: &[GapTally], plan: &Plan) -> Self {
        let mut totals = Totals::for_tallies(clusters);
        for tally in clusters {
            totals.add(tally, 1.0);
        }
        let (bins, figures) = (totals.bins(), totals.figures());
        let resampled: Vec<Figures> = plan
            .resamples()
            .map(|times| {
                totals.clear();
                for (tally, times) in clusters.iter().zip(times).filter(|(_, times)| **times > 0) {
                    totals.add(tally, f64::from(*times));
                }
                totals.figures()
            })
            .collect();
        let estimate = |metric: Metric| {
            let values = resampled.iter().map(|figures| figures.get(metric).unwrap_or(f64::NAN));
            Some((metric, Estimate { value: figures.get(metric)?, resampled: values.collect() }))
        };
        Self { figures: Metric::ALL.into_iter().filter_map(estimate).collect(), bins, ..Self::default() }
    }

    /// Takes one figure out.
    pub(crate) fn into_estimate(self, wanted: Metric) -> Option<Estimate> {
        self.figures.into_iter().find(|(metric, _)| *metric == wanted).map(|(_, estimate)| estimate)
    }
}

/// Means over data sets, each weighing the same; intervals from resampling all data sets at once.
pub(crate) fn means(measurements: &[Measurement]) -> Vec<Measurement> {
    let mut groups: Vec<((usize, &str), Vec<&Measurement>)> = Vec::new();
    for one in measurements {
        let key = (one.blackout, one.method.as_str());
        match groups.iter_mut().find(|group| group.0 == key) {
            Some((_, group)) => group.push(one),
            None => groups.push((key, vec![one])),
        }
    }
    let mean = |((blackout, method), group): ((usize, &str), Vec<&Measurement>)| {
        let estimate = |metric: Metric| {
            let own = group.iter().flat_map(|one| &one.figures).filter(|(known, _)| *known == metric);
            Some((metric, Estimate::mean(&own.map(|(_, estimate)| estimate).collect::<Vec<_>>())?))
        };
        Measurement {
            data: "mean".to_owned(),
            method: method.to_owned(),
            blackout,
            gaps: group.iter().map(|one| one.gaps).sum(),
            figures: Metric::ALL.into_iter().filter_map(estimate).collect(),
            bins: summed(group.iter().map(|one| one.bins.as_slice())),
        }
    };
    groups.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(right: bool) -> GapTally {
        GapTally::new(&[1], &[if right { 1 } else { 2 }], Some(&[0.95]))
    }

    fn accuracy(clusters: &[GapTally], plan: &Plan) -> Estimate {
        Measurement::of_tallies(clusters, plan).into_estimate(Metric::Accuracy).expect("measured")
    }

    #[test]
    fn interval_of_a_share_is_the_binomial_one() {
        // 80 of 100 right: standard error sqrt(0.8 * 0.2 / 100) = 0.04, interval about 0.72 to 0.88.
        let clusters: Vec<_> = (0..100).map(|i| gap(i % 5 != 0)).collect();
        let plan = Plan::new(100, RESAMPLES, 1, &["test"]);
        let Interval { value, low, high } = accuracy(&clusters, &plan).interval();
        assert_eq!(value, 0.8);
        assert!((low - 0.72).abs() < 0.015 && (high - 0.88).abs() < 0.015, "{low} {high}");
    }

    #[test]
    fn copies_do_not_narrow_the_interval() {
        let once: Vec<_> = (0..20).map(|i| gap(i % 2 == 0)).collect();
        let often: Vec<_> = (0..20).map(|i| gap(i % 2 == 0).times(50)).collect();
        let plan = Plan::new(20, RESAMPLES, 7, &["test"]);
        assert_eq!(accuracy(&once, &plan), accuracy(&often, &plan));
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
        let fast = Measurement::of_tallies(&clusters.each_ref().map(|(t, n)| t.times(*n)), &plan);
        assert_eq!(fast.figures.len(), 9);
        for (r, resample) in plan.times.chunks(3).enumerate() {
            assert_eq!(resample.iter().sum::<u16>(), 3);
            let mut gaps = Vec::new();
            for ((tally, copies), times) in clusters.iter().zip(resample) {
                gaps.extend(std::iter::repeat_n(tally, copies * usize::from(*times)));
            }
            let mut slow = Totals::for_tallies(gaps.iter().copied());
            gaps.iter().for_each(|g| slow.add(g, 1.0));
            for (metric, fast) in &fast.figures {
                match slow.figures().get(*metric) {
                    Some(slow) => assert!((fast.resampled[r] - slow).abs() < 1e-9, "{metric}"),
                    None => assert!(fast.resampled[r].is_nan(), "{metric}"),
                }
            }
        }
    }

    #[test]
    fn constant_figures_have_no_width() {
        let clusters = [gap(true), gap(true).times(4)];
        assert_eq!(
            accuracy(&clusters, &Plan::new(2, 10, 0, &[])).interval(),
            Interval { value: 1.0, low: 1.0, high: 1.0 }
        );
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
        assert_eq!(quantile(&[0.0, 10.0], 0.95), Some(9.5));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_mean_of_values_weighs_them_as_they_are_drawn() {
        let plan = Plan::new(3, 20, 3, &["test"]);
        let mean = plan.mean(&[1.0, 2.0, 6.0]).expect("values");
        assert_eq!(mean.value, 3.0);
        for (drawn, value) in plan.resamples().zip(&mean.resampled) {
            let sum = f64::from(drawn[0]) + 2.0 * f64::from(drawn[1]) + 6.0 * f64::from(drawn[2]);
            assert!((value - sum / 3.0).abs() < 1e-12);
        }
        assert_eq!(plan.mean(&[]), None);
    }
}

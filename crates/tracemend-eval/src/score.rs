//! Rows of result tables.

use crate::measurement::{Interval, Measurement};
use crate::metric::Metric;
use crate::tally::Bin;
use serde::Serialize;

/// One figure of a result table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// `paper`, `cross-run`, `self`, `burst`, `ring`, `truth`.
    pub protocol: String,
    /// What was repaired: a data set or file, with its window length where it has one.
    pub data: String,
    /// The method or baseline.
    pub method: String,
    /// Length of the artificial gap, in events; 0: gaps of any length.
    pub blackout: usize,
    /// What the figure is.
    pub metric: Metric,
    /// The figure.
    #[serde(flatten)]
    pub interval: Interval,
    /// How many gaps it was measured on.
    pub gaps: usize,
    /// The figure on each bootstrap resample. `None`: it was not resampled on gaps that other methods share, so it cannot
    /// be compared with theirs. Rows leave it out.
    #[serde(skip)]
    pub resamples: Option<Resamples>,
    /// The reliability diagram that [`Metric::Ece`] sums up, empty for other metrics. Rows leave it out.
    #[serde(skip)]
    pub bins: Vec<Bin>,
}

/// A figure on each bootstrap resample, NaN where it is undefined there. Methods measured on the same gaps share the
/// resamples.
#[derive(Clone, Debug, PartialEq)]
pub struct Resamples(pub Vec<f64>);

impl Score {
    /// The rows of a measurement; `label` is appended to the name of its data.
    pub(crate) fn rows<'a>(
        measurement: &'a Measurement,
        protocol: &'a str,
        label: &'a str,
    ) -> impl Iterator<Item = Self> + 'a {
        let space = if label.is_empty() { "" } else { " " };
        measurement.figures.iter().map(move |(metric, estimate)| Self {
            protocol: protocol.to_owned(),
            data: format!("{}{space}{label}", measurement.data),
            method: measurement.method.clone(),
            blackout: measurement.blackout,
            metric: *metric,
            interval: estimate.interval(),
            gaps: measurement.gaps,
            resamples: (!estimate.resampled.is_empty()).then(|| Resamples(estimate.resampled.clone())),
            bins: if *metric == Metric::Ece { measurement.bins.clone() } else { Vec::new() },
        })
    }

    /// Whether two scores were measured on the same gaps.
    pub(crate) fn shares_gaps(&self, other: &Self) -> bool {
        (&self.protocol, &self.data, self.blackout) == (&other.protocol, &other.data, other.blackout)
    }
}

/// The methods of these scores, in order of appearance.
pub fn methods<'a>(scores: &[&'a Score]) -> Vec<&'a str> {
    let mut methods: Vec<&str> = Vec::new();
    for score in scores {
        if !methods.contains(&score.method.as_str()) {
            methods.push(&score.method);
        }
    }
    methods
}

/// The metrics of these scores, in the order of a table's columns.
pub fn metrics(scores: &[&Score]) -> Vec<Metric> {
    Metric::ALL.into_iter().filter(|metric| scores.iter().any(|score| score.metric == *metric)).collect()
}

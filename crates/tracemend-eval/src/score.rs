//! Rows of result tables.

use serde::Serialize;

/// One figure of a result table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// `paper`, `cross-run`, `self`, `burst`, `truth`.
    pub protocol: String,
    /// What was repaired: a data set or file, with its window length where it has one.
    pub data: String,
    /// The method or baseline.
    pub method: String,
    /// Length of the artificial gap, in events.
    pub blackout: usize,
    /// One of the documented metric names.
    pub metric: String,
    /// The figure.
    pub value: f64,
    /// Lower end of its 95 % bootstrap interval.
    pub low: f64,
    /// Upper end of its 95 % bootstrap interval.
    pub high: f64,
    /// How many gaps it was measured on.
    pub gaps: usize,
    /// What lies behind the figure.
    #[serde(skip)]
    pub detail: Detail,
}

/// What lies behind a figure, for comparisons and pictures; result tables leave it out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The figure on each bootstrap resample, NaN where it is undefined there. Methods measured on the same gaps share the
    /// resamples.
    pub resampled: Vec<f64>,
    /// Of `ece`: for each bin of equal width of the confidence, how many events fell into it, the sum of their
    /// confidences, and how many were right.
    pub bins: Vec<[f64; 3]>,
}

/// The methods that scores are of, in the order they come.
pub fn methods<'a>(scores: &[&'a Score]) -> Vec<&'a str> {
    let mut methods: Vec<&str> = Vec::new();
    for score in scores {
        if !methods.contains(&score.method.as_str()) {
            methods.push(&score.method);
        }
    }
    methods
}

/// The metrics that were measured: those of `order` first, others by name.
pub fn metrics<'a>(scores: &[&'a Score], order: &[&str]) -> Vec<&'a str> {
    let mut metrics: Vec<&str> = scores.iter().map(|score| score.metric.as_str()).collect();
    let place = |metric: &str| order.iter().position(|known| *known == metric).unwrap_or(order.len());
    metrics.sort_by_key(|metric| (place(metric), *metric));
    metrics.dedup();
    metrics
}

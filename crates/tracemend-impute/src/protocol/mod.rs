//! Evaluation protocols. Each yields [`Score`] rows.

mod answer;
pub mod arrays;
pub mod blackout;
pub mod bootstrap;
pub mod burst;
mod cells;
mod combined;
pub mod cross_run;
pub mod differences;
mod flat;
mod held_out;
pub mod keep;
pub mod models;
pub mod outcome;
pub mod paper;
mod results;
pub mod truth;

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

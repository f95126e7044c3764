//! Evaluation protocols. Each yields [`Score`] rows.

mod answer;
pub mod arrays;
pub mod blackout;
pub mod bootstrap;
pub mod burst;
mod cells;
pub mod cross_run;
pub mod models;
pub mod paper;
mod results;
pub mod truth;

use serde::Serialize;

/// One figure of a result table.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
}

//! Measures imputers and repairs: metrics, bootstrap intervals, blackouts, protocols.

pub mod answer;
pub mod baselines;
pub mod cache;
mod cells;
pub mod differences;
pub mod measurement;
pub mod metric;
pub mod outcome;
pub mod protocol;
pub mod results;
pub mod score;

pub use score::{Detail, Score};

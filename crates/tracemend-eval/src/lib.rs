//! Measures imputers and repairs.
//!
//! - [`metric`] defines the metrics, [`measurement`] their bootstrap intervals, [`differences`] which methods differ.
//! - [`protocol`] holds the protocols: artificial gaps in flat windows (`paper`, `cross_run`) and in traces of many threads
//!   (`burst`, and `ring`, where a simulated ring buffer cuts them), and real gaps of twins (`truth`). Each yields rows of type
//!   [`Score`].
//! - [`strata`] has figures of a part of the gaps: by length, by event rate.
//! - [`arrays`] scores arrays that another program imputed.
//! - [`cache`] stores finished measurements, so that an interrupted evaluation goes on where it was.

pub mod arrays;
mod baselines;
pub mod cache;
pub mod differences;
mod error;
pub mod latency;
mod leakage;
pub mod measurement;
pub mod methods;
pub mod metric;
pub mod prediction;
pub mod protocol;
pub mod score;
pub mod strata;
pub mod tally;

pub use error::Error;
pub use metric::Metric;
pub use score::Score;

//! Filling what a trace lost.
//!
//! Two tasks share this crate. *Imputation* fills the masked positions of one flat window of tokens
//! ([`Imputer`], the setting of the published work). *Repair* fills the gaps of a real trace of many threads
//! ([`repair`]). Both are measured by the [`protocol`]s.

pub mod baselines;
pub mod calibrate;
pub mod counts;
pub mod dataset;
pub mod imputer;
pub mod metrics;
#[cfg(feature = "nets")]
pub mod nets;
pub mod protocol;
pub mod repair;
mod tensor_file;

pub use imputer::{Imputation, Imputer, Side, Window};

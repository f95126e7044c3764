//! Imputation: filling the masked positions of one flat window of tokens, the setting of the published work.
//!
//! [`window`] holds the task, its data sets and the methods that count; `nets` (feature `nets`) the neural imputers.

#[cfg(feature = "nets")]
pub mod nets;
pub mod window;

pub use window::imputer::{Imputation, Imputer, Side, Window};

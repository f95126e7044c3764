//! Flat windows: the task, the data sets, and the methods that learn by counting.

pub mod baselines;
pub mod clusters;
pub mod context_index;
pub mod dataset;
pub mod ensemble;
pub mod imputer;
pub mod models;
pub mod ngram;
pub mod place;
pub mod ppm;
pub mod reliability;
pub mod threads;
pub mod windows;

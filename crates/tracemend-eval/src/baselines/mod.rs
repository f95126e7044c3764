//! Baselines for traces of many threads: plain ways to fill a gap in one CPU's stream.
//!
//! They know how many events were lost and nothing else about the gap. They use names and order alone: no times, no
//! return values, no entry/exit rules.

mod around;
mod baseline;
mod joint_beam;
mod lookup;
mod ngram;
mod ngram_model;
mod path;
mod registry;
mod repeat;
mod stream_ngram;
mod thread_dp;

pub(crate) use baseline::{Baseline, Fill};
pub(crate) use ngram_model::NgramModel;
pub(crate) use registry::{NAMES, baseline};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_trace;

//! Repair: filling the gaps of a real trace of many threads.

mod annotate;
pub mod blackout;
mod calibrate;
mod call_rules;
mod composition;
pub mod consensus;
mod durations;
mod engine;
pub mod gate;
pub mod index;
mod inferred;
mod insertion_points;
pub mod lcs;
mod learn;
mod length;
mod log_prob;
pub mod loss_intervals;
pub mod model;
mod ngram_predictor;
mod options;
mod params;
mod predictor;
mod repair;
pub mod rescoring;
pub mod rng;
mod search;
mod solve;
pub mod tensor_file;
#[cfg(test)]
mod testing;
mod times;
mod view;

pub use calibrate::{Judge, coverage, right};
pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent, LostInterval};
pub use learn::{adapt, train};
pub use log_prob::LogProb;
pub use options::{Progress, RepairOptions, unwatched, with_threads};
pub use params::{BlackoutParams, ModelParams, Params, SearchParams};
pub use predictor::{Context, Predictor, ThreadPast};
pub use repair::repair;
pub use solve::{Solution, solve};

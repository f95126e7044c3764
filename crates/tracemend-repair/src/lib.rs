//! Repair: filling the gaps of a real trace of many threads.

pub mod annotate;
pub mod blackout;
pub mod composition;
pub mod consensus;
pub mod index;
pub mod inferred;
pub mod insertion_points;
pub mod lcs;
mod length;
pub mod loss_intervals;
pub mod model;
pub mod rng;
pub mod search;
pub mod solve;
pub mod tensor_file;
pub mod times;
pub mod token_rules;
pub mod view;

pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};
pub use search::Caches;
pub use solve::{Progress, RawRepair, RepairOptions, adapt, repair, repair_raw, train, unwatched, with_threads};

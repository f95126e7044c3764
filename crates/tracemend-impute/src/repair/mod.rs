//! Repair of the gaps of real multi-thread traces.

pub mod blackout;
mod caches;
mod composition;
pub mod consensus;
pub mod holes;
pub mod index;
mod inferred;
mod length;
pub mod potential;
mod present;
mod run;
pub mod search;
pub mod slots;
mod thinning;
pub mod times;
pub mod token_rules;
pub mod view;

pub use caches::Caches;
pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};
pub use run::{Progress, RawRepair, RepairOptions, adapt, repair, repair_raw, train, unwatched, with_threads};

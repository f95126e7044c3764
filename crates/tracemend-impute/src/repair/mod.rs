//! Repair of the gaps of real multi-thread traces.

mod caches;
pub mod consensus;
mod inferred;
pub mod index;
pub mod potential;
pub mod search;
pub mod slots;
pub mod times;
pub mod token_rules;
pub mod view;

pub use caches::Caches;
pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};

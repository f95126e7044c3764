//! Repair of the gaps of real multi-thread traces.

mod caches;
mod inferred;
pub mod index;
pub mod potential;
pub mod search;
pub mod slots;
pub mod token_rules;

pub use caches::Caches;
pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};

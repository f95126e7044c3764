//! Repair of the gaps of real multi-thread traces.

mod inferred;
pub mod index;
pub mod potential;
pub mod search;
pub mod slots;

pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};

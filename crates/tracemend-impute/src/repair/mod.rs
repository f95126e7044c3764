//! Repair of the gaps of real multi-thread traces.

mod inferred;

pub use inferred::{Alternative, Composition, CompositionRow, GapRepair, InferredEvent};

//! Joint search over which thread ran in a gap and which event it made.
//!
//! `score.rs` has the equation. `beam.rs` searches, `expand.rs` proposes the next events, `close.rs` judges the end, `lookahead.rs`
//! says how promising a thread's state is, `resample.rs` keeps few hypotheses that stand for all.

mod beam;
mod bridges;
mod caches;
mod close;
mod expand;
mod filling;
mod hypothesis;
mod lattice;
mod lookahead;
mod numbers;
mod resample;
mod score;

pub(crate) use beam::search;
pub(crate) use caches::Caches;
pub use filling::{Filling, Origin};
pub(crate) use filling::{Length, Placed, share, shared_weights};

//! Evaluation protocols. Each yields [`Score`](crate::score::Score) rows.

pub mod burst;
pub mod cross_run;
mod flat;
mod held_out;
pub mod paper;
pub mod truth;

//! Evaluation protocols. Each yields [`Score`](crate::score::Score) rows.

pub mod burst;
pub mod cross_run;
mod held_out;
pub mod paper;
pub mod settings;
mod trace_bench;
pub mod truth;
mod twins;
mod window_bench;

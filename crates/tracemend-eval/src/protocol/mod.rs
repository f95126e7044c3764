//! Evaluation protocols. Each yields [`Score`](crate::score::Score) rows.

pub mod burst;
pub mod cross_run;
mod held_out;
mod loss_bench;
pub mod paper;
pub mod ring;
pub mod settings;
mod trace_bench;
pub mod truth;
mod twins;
mod window_bench;

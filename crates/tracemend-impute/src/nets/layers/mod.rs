//! Layers that several models share.

pub mod dplr;
pub mod encoder;
pub mod maps;
pub mod norm;
pub mod prenorm;
pub mod rotary;
pub mod s4;
pub mod step;
pub mod wavenet;

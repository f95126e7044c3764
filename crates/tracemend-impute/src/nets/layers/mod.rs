//! Layers that several models share.

pub mod dplr;
pub(crate) mod encoder;
pub mod maps;
pub mod norm;
pub(crate) mod prenorm;
pub(crate) mod rotary;
pub mod s4;
pub mod step;
pub mod wavenet;

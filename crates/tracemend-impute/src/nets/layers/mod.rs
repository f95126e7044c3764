//! Layers that several models share.

pub mod norm;
pub mod rotary;

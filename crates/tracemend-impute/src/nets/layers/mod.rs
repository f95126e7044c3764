//! Layers that several models share.

pub(crate) mod dplr;
pub(crate) mod encoder;
pub(super) mod maps;
pub(crate) mod norm;
pub(crate) mod prenorm;
pub(crate) mod rotary;
pub(super) mod s4;
pub(super) mod step;
pub(crate) mod wavenet;

//! Operations that the framework's CPU backend (Flex) lacks or computes slowly, each with its gradient written by hand.
//!
//! One operation, one file. Each file has the plain composition of framework operations too: other devices use it, and
//! on Flex the tests hold the fused operation, values and gradients, against it.

mod fused;
mod kernel;

pub(crate) mod attention;
pub(crate) mod conv;
pub(super) mod gate;
pub(crate) mod gelu;
pub(crate) mod layer_norm;
pub(crate) mod long_conv;
pub(super) mod lstm;
pub(crate) mod s4_kernel;
pub(crate) mod weight_norm;

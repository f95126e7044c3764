//! Neural imputers of flat token windows, on the Burn framework; one model, one file.
//!
//! Nothing outside this module names the framework, and nothing here is needed by `counts` or
//! [`repair`](crate::repair).

pub mod batch;
pub mod csdi;
pub mod csdi_s4;
pub mod diffusion;
pub mod diffwave;
pub mod layers;
pub mod lstm;
pub mod masked_diffusion;
pub mod network;
pub mod ops;
pub mod sssd_s4;
pub mod sssd_sa;
pub mod state_dict;

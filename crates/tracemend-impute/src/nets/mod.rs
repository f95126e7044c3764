//! Neural imputers of flat token windows, on the Burn framework; one model, one file.
//!
//! Nothing outside this module names the framework, and nothing here is needed by `ppm` or
//! [`repair`](tracemend_repair).

mod answer;
mod batch;
mod csdi;
mod csdi_s4;
#[cfg(feature = "cuda")]
mod cuda;
pub mod device;
pub(crate) mod device_error;
mod diffusion;
mod diffwave;
#[cfg(test)]
mod golden;
pub mod import;
mod layers;
mod lstm;
mod masked_diffusion;
pub mod model_file;
mod network;
mod ops;
pub mod registry;
mod seed;
mod sssd_s4;
mod sssd_sa;
pub mod state_dict;
#[doc(hidden)]
pub mod timing;
pub mod train;

pub use self::device::cpu;
pub use self::diffusion::imputer::{Combine, Sampling};
pub use burn::tensor::Device;

//! Neural imputers of flat token windows, on the Burn framework; one model, one file.
//!
//! Nothing outside this module names the framework, and nothing here is needed by `counts` or
//! [`repair`](tracemend_repair).

mod answer;
pub mod batch;
pub mod csdi;
pub mod csdi_s4;
#[cfg(feature = "cuda")]
mod cuda;
pub mod device;
pub(crate) mod device_error;
pub mod diffusion;
pub mod diffwave;
pub mod import;
pub mod layers;
pub mod lstm;
pub mod masked_diffusion;
pub mod model_file;
pub mod network;
pub mod ops;
pub mod registry;
mod seed;
pub mod sssd_s4;
pub mod sssd_sa;
pub mod state_dict;
pub mod train;

pub use self::device::cpu;
pub use burn::tensor::Device;

//! Why a device cannot be used.

use std::path::PathBuf;

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No device is named so.
    #[error("there is no device {name}; choose from cpu, cuda, cuda:N (N counts from 0) and auto")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// The feature `cuda` is off.
    #[error("this build has no CUDA in it; to use a GPU, build tracemend with `cargo build --release --features cuda`")]
    NotBuilt,
    /// libcuda is missing.
    #[error(
        "NVIDIA's driver library, libcuda, cannot be loaded; install the driver, or name the library's folder in \
         LD_LIBRARY_PATH"
    )]
    NoDriver,
    /// libcuda is there and does not work.
    #[error("NVIDIA's driver does not start: {reason}; see what `nvidia-smi` says")]
    Driver {
        /// What it said.
        reason: String,
    },
    /// The driver finds nothing to drive.
    #[error("NVIDIA's driver finds no GPU; see what `nvidia-smi` says, and whether CUDA_VISIBLE_DEVICES hides it")]
    NoGpu,
    /// A number that no GPU has.
    #[error("there is no GPU {index}, the machine has {count}; choose {}", gpus(*count))]
    NoSuchGpu {
        /// The number.
        index: u16,
        /// GPUs of the machine.
        count: usize,
    },
    /// libnvrtc is missing.
    #[error(
        "NVIDIA's compiler library, libnvrtc, cannot be loaded; install the CUDA toolkit, or name the library's folder \
         in LD_LIBRARY_PATH"
    )]
    NoCompiler,
    /// The headers are missing.
    #[error("CUDA's headers are not found{}; install the CUDA toolkit, or name its folder in CUDA_PATH", looked(path))]
    NoHeaders {
        /// The header that should be there, if there is a toolkit at all.
        path: Option<PathBuf>,
    },
}

fn gpus(count: usize) -> String {
    match count {
        1 => "cuda:0".to_owned(),
        _ => format!("from cuda:0 to cuda:{}", count.saturating_sub(1)),
    }
}

fn looked(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| format!(", {} does not exist", path.display())).unwrap_or_default()
}

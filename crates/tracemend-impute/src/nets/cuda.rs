//! What a machine has of that which networks on a GPU of NVIDIA need.

use crate::nets::device_error::DeviceError;
use cudarc::driver::result::device::get_count;
use cudarc::driver::result::{DriverError, init};
use cudarc::driver::sys::CUresult;
use std::path::{Path, PathBuf};

/// A header that kernels include, from the toolkit's folder on.
const HEADER: &str = "include/cuda_fp16.h";

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Number of GPUs; none where the driver is not there.
    gpus: Result<usize, DeviceError>,
    /// Whether kernels can be compiled.
    compiler: bool,
    /// The toolkit's folder.
    toolkit: Option<PathBuf>,
}

impl Found {
    /// Looks. Where the driver is there this starts it, which takes some tenths of a second.
    pub(crate) fn probe() -> Self {
        let [driver, compiler] = libraries();
        let gpus = if driver { count() } else { Err(DeviceError::NoDriver) };
        Self { gpus, compiler, toolkit: cubecl_cuda::install::cuda_path() }
    }

    /// Whether GPU `index` can be used.
    pub(crate) fn check(&self, index: u16) -> Result<(), DeviceError> {
        let count = self.gpus.clone()?;
        if count == 0 {
            return Err(DeviceError::NoGpu);
        }
        if usize::from(index) >= count {
            return Err(DeviceError::NoSuchGpu { index, count });
        }
        if !self.compiler {
            return Err(DeviceError::NoCompiler);
        }
        let header = self.toolkit.as_deref().map(|toolkit: &Path| toolkit.join(HEADER));
        match header {
            Some(header) if header.exists() => Ok(()),
            path => Err(DeviceError::NoHeaders { path }),
        }
    }
}

/// Whether libcuda and libnvrtc can be loaded.
#[expect(
    unsafe_code,
    reason = "loading a library runs what it does at its start; no other call says whether it is there"
)]
fn libraries() -> [bool; 2] {
    // SAFETY: The libraries are NVIDIA's own, which the backend loads under the same names as its next step.
    unsafe { [cudarc::driver::sys::is_culib_present(), cudarc::nvrtc::sys::is_culib_present()] }
}

/// The number of GPUs; the driver has to be there.
fn count() -> Result<usize, DeviceError> {
    match init().and_then(|()| get_count()) {
        Ok(count) => Ok(usize::try_from(count).unwrap_or(0)),
        Err(DriverError(CUresult::CUDA_ERROR_NO_DEVICE)) => Ok(0),
        Err(error) => Err(DeviceError::Driver { reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_does_not_panic_where_there_is_nothing() {
        let found = Found::probe();
        // On a machine with a GPU there is nothing to compare with.
        if let Err(error) = found.check(0) {
            assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn what_is_missing_is_said_in_the_order_in_which_it_is_installed() {
        let toolkit = tempfile::tempdir().unwrap();
        let mut found = Found { gpus: Err(DeviceError::NoDriver), compiler: false, toolkit: None };
        assert_eq!(found.check(0), Err(DeviceError::NoDriver));
        found.gpus = Ok(0);
        assert_eq!(found.check(0), Err(DeviceError::NoGpu));
        found.gpus = Ok(2);
        assert_eq!(found.check(2), Err(DeviceError::NoSuchGpu { index: 2, count: 2 }));
        assert_eq!(found.check(1), Err(DeviceError::NoCompiler));
        found.compiler = true;
        assert_eq!(found.check(1), Err(DeviceError::NoHeaders { path: None }));
        found.toolkit = Some(toolkit.path().to_owned());
        let header = toolkit.path().join(HEADER);
        assert_eq!(found.check(1), Err(DeviceError::NoHeaders { path: Some(header.clone()) }));
        std::fs::create_dir(toolkit.path().join("include")).unwrap();
        std::fs::write(&header, "").unwrap();
        assert_eq!(found.check(1), Ok(()));
    }
}

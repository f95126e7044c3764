//! Where networks compute.
//!
//! The framework's CUDA backend panics on a machine without NVIDIA's driver, without the library that compiles kernels, and
//! without the headers that kernels include. So all three are looked for before the backend is touched.

use crate::nets::device_error::DeviceError;
use burn::tensor::Device;
use std::fmt;
use std::str::FromStr;

/// The processor.
pub fn cpu() -> Device {
    Device::flex()
}

/// A device as a user names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceName {
    /// `cpu`: the processor.
    #[default]
    Cpu,
    /// `cuda:N`: the N-th GPU of NVIDIA, from 0; `cuda` is the first.
    Cuda(u16),
    /// `auto`: the first GPU where one can be used, otherwise the processor.
    Auto,
}

/// A device that can be used.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The device.
    pub device: Device,
    /// Of `auto` on the processor, why it is no GPU.
    pub fallback: Option<DeviceError>,
}

impl DeviceName {
    /// The device.
    ///
    /// # Errors
    /// A GPU that is not there, or that this build or this machine cannot use. Never for `cpu` and `auto`.
    pub fn open(self) -> Result<Opened, DeviceError> {
        match self {
            Self::Cpu => Ok(Opened { device: cpu(), fallback: None }),
            Self::Cuda(index) => Ok(Opened { device: gpu(index)?, fallback: None }),
            Self::Auto => Ok(match gpu(0) {
                Ok(device) => Opened { device, fallback: None },
                Err(reason) => Opened { device: cpu(), fallback: Some(reason) },
            }),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown { name: text.to_owned() };
        match text.split_once(':') {
            None => match text {
                "cpu" => Ok(Self::Cpu),
                "cuda" => Ok(Self::Cuda(0)),
                "auto" => Ok(Self::Auto),
                _ => Err(unknown()),
            },
            Some(("cuda", index)) => index.parse().map(Self::Cuda).map_err(|_| unknown()),
            Some(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

#[cfg(not(feature = "cuda"))]
fn gpu(_: u16) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

#[cfg(feature = "cuda")]
fn gpu(index: u16) -> Result<Device, DeviceError> {
    crate::nets::cuda::Found::probe().check(index)?;
    Ok(Device::cuda(usize::from(index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_as_it_is_shown() {
        for (name, device) in [
            ("cpu", DeviceName::Cpu),
            ("auto", DeviceName::Auto),
            ("cuda:0", DeviceName::Cuda(0)),
            ("cuda:12", DeviceName::Cuda(12)),
        ] {
            assert_eq!(name.parse(), Ok(device));
            assert_eq!(device.to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceName::Cuda(0)));
        assert_eq!(DeviceName::default(), DeviceName::Cpu);
        for name in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:70000", "cpu:0", "CPU"] {
            let error = name.parse::<DeviceName>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("there is no device {name}; choose from cpu, cuda, cuda:N (N counts from 0) and auto")
            );
        }
    }

    #[test]
    fn auto_is_never_an_error_and_says_why_it_is_the_processor() {
        let opened = DeviceName::Auto.open().unwrap();
        match opened.fallback {
            Some(reason) => {
                assert_eq!(opened.device, cpu());
                assert_eq!(DeviceName::Cuda(0).open().unwrap_err(), reason);
                assert_eq!(reason == DeviceError::NotBuilt, cfg!(not(feature = "cuda")));
            }
            None => assert_ne!(opened.device, cpu()),
        }
        let opened = DeviceName::Cpu.open().unwrap();
        assert_eq!((opened.device, opened.fallback), (cpu(), None));
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_that_says_which_there_are() {
        let error = |count| DeviceError::NoSuchGpu { index: 7, count }.to_string();
        assert_eq!(error(1), "there is no GPU 7, the machine has 1; choose cuda:0");
        assert_eq!(error(4), "there is no GPU 7, the machine has 4; choose from cuda:0 to cuda:3");
    }
}

//! The names that cubecl-cuda 0.11.3 takes from cubecl-llvm, with no LLVM behind them.
//!
//! Valid together with `cubecl-cuda/cpp` alone, which compiles kernels by NVRTC; whoever asks for a kernel here gets an error.

use cubecl_core::ir::{DeviceProperties, amd::GfxArch, nvidia::SmArch};
use cubecl_core::prelude::KernelDefinition;
use cubecl_server::{compiler::CompilationError, kernel::BufferIOAttr};

/// NVIDIA's assembly.
pub mod nvptx {
    /// Its versions.
    pub mod ptx_version {
        /// A version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct PtxVersion(u32);

        impl PtxVersion {
            /// None: nothing is compiled to it here.
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl core::fmt::Display for PtxVersion {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "ptx{}", self.0)
            }
        }
    }
}

/// What the targets have in common.
pub mod shared {
    /// What a device can do that LLVM cannot express.
    pub mod lowered_features {
        use crate::DeviceProperties;

        /// A kind of GPU.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA's.
            Nvptx,
        }

        /// Leaves all that NVRTC can express.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}

/// What is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA's GPUs.
    Nvptx,
    /// The processor.
    Cpu,
}

/// A compiler that compiles nothing.
#[derive(Clone, Debug)]
pub struct PlironCompiler {
    /// What it would compile for.
    pub target: LlvmTarget,
}

/// The settings of one compilation.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// AMD's architecture.
    pub arch: Option<GfxArch>,
    /// NVIDIA's architecture.
    pub sm_arch: Option<SmArch>,
    /// NVIDIA's assembly.
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether arguments lie in constant memory.
    pub grid_constants: bool,
    /// Alignment of buffers on the processor, in bytes.
    pub cpu_buffer_alignment: Option<u32>,
}

/// A kernel in NVIDIA's assembly.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// The text.
    pub ptx: Vec<core::ffi::c_char>,
    /// The kernel's name in it.
    pub entrypoint: String,
    /// What it was compiled from.
    pub ir: String,
    /// Bytes of shared memory.
    pub shared_memory_size: usize,
    /// What it does to each buffer.
    pub io: Vec<BufferIOAttr>,
}

/// A compiled kernel.
pub enum PlironArtifact {
    /// For NVIDIA's GPUs.
    NvptxCode(NvptxModule),
    /// For anything else.
    Other,
}

impl PlironCompiler {
    /// # Errors
    /// Always.
    pub fn compile(
        &mut self,
        _kernel: KernelDefinition,
        _options: &PlironOptions,
    ) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Generic {
            reason: "built without LLVM; build cubecl-cuda with its feature `cpp`".into(),
            backtrace: Default::default(),
        })
    }

    /// The language that kernels would be compiled to.
    pub fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}

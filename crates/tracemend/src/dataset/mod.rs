//! Builds data sets from traces, and reads them for training.
//!
//! A data set is a folder with `manifest.json` (schema `tracemend.dataset`), the events of each part as Parquet, and their
//! windows as NumPy arrays in the published layout.
//!
//! Build one from a trace, divided in time, and read its training part back:
//!
//! ```no_run
//! use std::path::Path;
//! use tracemend::dataset::{BuildConfig, Run, build, read_manifest, read_part};
//! use tracemend::impute::window::dataset::By;
//! use tracemend::impute::window::dataset::split::Split;
//! use tracemend::trace::{OpenOptions, Trace, open};
//!
//! let mut source = open(Path::new("trace.dat"), &OpenOptions::default())?;
//! let trace = Trace::read(source.as_mut())?;
//! let config =
//!     BuildConfig { name: "set".to_owned(), by: By::Thread, split: Split::Time, length: 200, stride: 5, cap: 0 };
//! let run = Run { path: "trace.dat".to_owned(), trace: &trace, part: 0 };
//! build(Path::new("set"), &[run], &config)?;
//! let manifest = read_manifest(Path::new("set"))?;
//! let sequences = read_part(Path::new("set"), &manifest, "train")?;
//! println!("{} sequences", sequences.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod error;
mod events;
pub(crate) mod folder;
mod learning;
pub(crate) mod npy;
mod requests;

pub use build::{BuildConfig, Run, build};
pub use error::DatasetError;
pub use folder::{Manifest, PARTS, PartInfo, Source, read_manifest, read_part};
pub use learning::{LearningData, learning_data};
pub use requests::{Requests, requests};

//! Builds data sets from traces, and reads them for training.
//!
//! A data set is a folder with `manifest.json` (schema `tracemend.dataset`), the events of each part as Parquet, and their
//! windows as NumPy arrays in the published layout.

mod build;
mod error;
mod events;
pub(crate) mod folder;
mod learning;
pub(crate) mod npy;
mod requests;

pub use build::{BuildConfig, Run, build};
pub use error::DatasetError;
pub use folder::{Manifest, PartInfo, Source, read_manifest, read_part};
pub use learning::{LearningData, learning_data};
pub use requests::{Requests, requests};

/// Names of a data set's parts, in the order of [`tracemend_impute::window::dataset::split::Parts`].
pub const PARTS: [&str; 3] = ["train", "valid", "test"];

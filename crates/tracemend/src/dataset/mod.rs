//! Builds data sets from traces, and reads them for training.
//!
//! A data set is a folder with `manifest.json` (schema `tracemend.dataset`), the events of each part as Parquet, and their
//! windows as NumPy arrays in the published layout.

mod build;
mod error;
mod events;
mod folder;
mod learning;
mod requests;

pub(crate) use build::{BuildConfig, Run, build};
pub(crate) use folder::{Manifest, PARTS, read_manifest, read_part};
pub(crate) use learning::{LearningData, learning_data};
pub(crate) use requests::{Requests, requests};

//! Files that an evaluation writes besides its tables: cached measurements, predictions, pictures.

mod cache;
mod plots;
mod predictions;
mod slug;

pub(crate) use cache::{CacheFolder, fingerprint};
pub(crate) use plots::plots;
pub(crate) use predictions::{Dump, save_arrays};

//! Files that an evaluation writes besides its tables: cached measurements, predictions, pictures.

mod cache;
mod plots;
mod predictions;
mod slug;

pub use cache::{CacheError, CacheFolder, fingerprint};
pub use plots::plots;
pub use predictions::{Dump, save_arrays};

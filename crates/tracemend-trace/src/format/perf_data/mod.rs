//! perf's own file, `perf.data`: written to a file or a pipe, with or without compressed records (`perf record -z`).
//!
//! The reader is our own because a damaged file must lose no more than its damaged records and never too much memory:
//! the crate `linux-perf-data` ends at the first bad record, allocates what sizes in the file say, gives no offsets,
//! and takes the event formats in a pipe for records. The tests compare with it.

mod attr;
mod blocks;
mod feed;
mod fields;
mod folder;
mod layout;
mod line;
mod lost_samples;
mod magic;
mod reader;
mod records;
mod rounds;
mod sample;
mod threads;

pub(crate) use folder::{folder, is_of_threads};
pub(crate) use magic::order_of;
pub(crate) use reader::open;

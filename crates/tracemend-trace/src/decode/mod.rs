//! From bytes to values: what the readers of all formats share.

pub(crate) mod ahead;
pub(crate) mod arch;
pub(crate) mod bytes;
pub(crate) mod clock;
pub(crate) mod context;
pub(crate) mod counter;
pub(crate) mod draft;
mod ends_of_calls;
pub(crate) mod errno;
pub(crate) mod feed;
pub(crate) mod input;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod pool;
pub(crate) mod store;
pub(crate) mod threads;

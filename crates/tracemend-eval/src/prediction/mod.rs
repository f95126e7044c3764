//! What methods predict for a gap, in a flat window or in a trace of many threads.

pub mod trace;
pub mod window;

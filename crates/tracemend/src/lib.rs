//! Repairs execution traces that lost events.
//!
//! Tracers drop events when their buffers overflow, and count what they dropped. `tracemend` finds these gaps
//! ([`losses`]), reconstructs what was lost, and writes each reconstructed event with a probability, never disguised
//! as a recorded one. The command line is a thin layer over this library.

pub mod advice;
#[cfg(any(feature = "nets", feature = "eval"))]
pub mod dataset;
#[cfg(feature = "eval")]
pub mod evaluation;
pub mod exit;
pub mod lami;
pub mod losses;
pub mod overlay;
pub mod pipeline;
pub mod records;
pub mod report;
#[cfg(feature = "eval")]
pub mod scores;
pub mod statistics;
pub mod survey;

#[cfg(feature = "eval")]
pub use tracemend_eval as eval;
#[cfg(any(feature = "nets", feature = "eval"))]
pub use tracemend_impute as impute;
pub use tracemend_repair as repair;
pub use tracemend_trace as trace;

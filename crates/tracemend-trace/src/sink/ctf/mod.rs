//! CTF 1.8: a folder with one stream for each loss domain and CPU, read by babeltrace2, Trace Compass and this crate.
//!
//! Recorded and inferred events never share a stream. A recorded stream keeps the tracer's loss counter: a gap is a
//! packet from its begin to its end by which `events_discarded` grows, as LTTng writes it. An inferred stream has no
//! such counter, and its events have a context that no recorded event has: confidence, gap, model and alternatives.

mod metadata;
mod packets;
mod write;

pub use write::{write_beside, write_folder};

/// Members of the context that no event has but an inferred one; by them the reader knows it again.
pub(crate) const INFERENCE: [&str; 3] = ["confidence", "gap_id", "model"];

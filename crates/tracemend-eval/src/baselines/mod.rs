//! Baselines of the protocol `burst`: plain ways to fill a gap in one CPU's stream of a multi-thread trace.
//!
//! They know how many events were lost and nothing else of the gap. They use names and order alone: no times, no return
//! values, no entry/exit rules.

mod around;
mod counts;
mod joint_beam;
mod lookup;
mod method;
mod ngram;
mod path;
mod repeat;
mod stream_ngram;
mod thread_dp;

pub use counts::{BurstCounts, ORDER};
pub use joint_beam::JointBeam;
pub use lookup::Lookup;
pub use method::{BurstMethod, Fill, METHODS, learn, method};
pub use ngram::Ngram;
pub use repeat::Repeat;
pub use stream_ngram::StreamNgram;
pub use thread_dp::ThreadDp;

#[cfg(test)]
mod testing;

//! Sequences of events to learn from and to be tested on: vocabulary, cutting, splitting, and what the parts share.

pub mod report;
mod sequence;
pub mod split;
mod vocabulary;

pub(crate) use sequence::phase_class;

pub use sequence::{By, Sequence, sequences, window_count, window_place};
pub use vocabulary::{UNKNOWN, Vocabulary, token_name};

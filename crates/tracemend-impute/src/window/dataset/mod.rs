//! Sequences of events to learn from and to be tested on: vocabulary, cutting, splitting, and what the parts share.

pub mod report;
pub mod sequence;
pub mod split;
pub mod vocabulary;

pub use sequence::{By, Sequence, sequences, window_count, window_place};
pub use vocabulary::{Vocabulary, token_name};

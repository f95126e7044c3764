//! What is learned from traces. Everything in a model file is a sum, so models merge.

pub mod calibration;
mod columns;
mod event_types;
mod file;
pub(crate) mod long_contexts;
mod merge;
mod ngram_trie;
mod scheduler;
#[cfg(test)]
pub(crate) mod testing;
mod timing;
mod token;
mod trace_model;

pub use event_types::EventTypes;
pub use file::{FORMAT_VERSION, KIND, ModelError};
pub(crate) use ngram_trie::likeliest;
pub use ngram_trie::{ContextTrie, Cursor, ROOT, State};
pub(crate) use scheduler::{Candidate, LIST, Recency};
pub(crate) use timing::{Timing, bucket};
pub(crate) use token::{BEGIN, Tokenizer};
pub use token::{END, FIRST_EVENT, ReturnClass, Token, TokenKind, TokenTable};
pub use trace_model::TraceModel;

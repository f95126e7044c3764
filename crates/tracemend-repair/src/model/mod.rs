//! What is learned of traces: variable-order Markov counts that merge by sum.

pub mod calibration;
mod columns;
mod event_types;
mod file;
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
pub use ngram_trie::{ContextTrie, Cursor, MAX_ORDER, Node, ROOT, State};
pub use scheduler::{Candidate, LIST, Recency, SchedulerModel};
pub use timing::{Timing, bucket};
pub use token::{BEGIN, END, FIRST_EVENT, ReturnClass, Token, TokenKind, TokenTable, Tokenizer};
pub use trace_model::TraceModel;

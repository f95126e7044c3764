//! The count-based engine: variable-order Markov counts that merge by sum.

pub mod lookup;
pub mod ngram;
pub mod sequence;

mod model;
mod targets;
mod timing;
mod token;
mod trie;

pub use model::{CountsModel, ends_thread, thread_of};
pub use targets::{Candidate, LIST, Recency, TargetCounts};
pub use timing::{Timing, bucket};
pub use token::{BEGIN, END, FIRST_EVENT, ReturnClass, Token, TokenKind, TokenTable, Tokenizer};
pub use trie::{ContextTrie, Cursor, MAX_ORDER, Node, ROOT, State};

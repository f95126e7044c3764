//! The count-based engine: variable-order Markov counts that merge by sum.

pub mod lookup;
pub mod ngram;
pub mod sequence;

//! The count-based engine: variable-order Markov counts that merge by sum.

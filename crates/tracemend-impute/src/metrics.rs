//! Scores on the missing positions (guide section 6).

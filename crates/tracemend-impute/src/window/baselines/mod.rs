//! What every result has to be held against: simple ways to fill a gap.

mod copy;
mod lookup;
mod ngram;

pub use copy::{PeriodCopy, RepeatPrevious};
pub use lookup::TwoSidedLookup;
pub use ngram::LeftNgram;

//! Scores on the missing positions only (guide section 6).
//!
//! | name | definition | source |
//! |---|---|---|
//! | `accuracy` | positions whose event is right / all missing positions | ICSE 2025 reconstruction paper |
//! | `perfect_rate` | gaps wholly right / all gaps | same |
//! | `rouge_l` | mean over gaps of LCS(truth, guess) / gap length; truth and guess have one length, so ROUGE-L recall, precision and F-score coincide | Lin, *ROUGE*, 2004 |
//! | `macro_accuracy` | mean over the event types that stand in the gaps of the accuracy on that type: rare events weigh as much as frequent ones | balanced accuracy, Brodersen et al. 2010 |
//! | `within_one` | positions with \|id - id'\| <= 1 / all: what a model that treats ids as numbers is good at | - |
//! | `ece` | expected calibration error: 15 equal-width bins of the confidence of the chosen event, sum over bins of share · \|accuracy - mean confidence\| | Guo et al. 2017 |
//! | `precision_at_90` | share right among the positions with confidence >= 0.9 | guide section 5 |
//! | `composition_tv` | mean over gaps of the total variation distance between the true and the guessed multiset of events, each divided by the gap length | guide section 6 |
//! | `seconds_per_gap` | CPU seconds of one thread to fill one gap, learning not included | - |
//!
//! A [`GapTally`] holds the sufficient statistics of one gap; [`Totals`] sums them with weights. Bootstrap resamples
//! are weighted sums of tallies, so no gap is scored twice.

mod tally;
mod totals;

pub use tally::{GapTally, composition_distance};
pub use totals::{METRICS, Totals};

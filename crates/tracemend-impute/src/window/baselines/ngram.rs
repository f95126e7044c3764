//! Baseline `ngram`: left n-grams with back-off, filled greedily from the left.

use std::sync::Arc;

use crate::window::imputer::{Fill, Imputation, Imputer, Window, fill_gaps};
use crate::window::ngram::NgramCounts;

/// `ngram`: the likeliest next event, again and again; what stands after the gap is not looked at.
#[derive(Clone, Debug)]
pub struct LeftNgram {
    counts: Arc<NgramCounts>,
}

impl LeftNgram {
    /// Uses these counts.
    pub fn new(counts: Arc<NgramCounts>) -> Self {
        Self { counts }
    }
}

impl Imputer for LeftNgram {
    fn name(&self) -> &str {
        "ngram"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        fill_gaps(window, |left, _, missing| {
            let mut text = left.to_vec();
            let mut fill = Fill::default();
            for _ in 0..missing {
                let mut next = self.counts.next(&text, 5);
                if next.is_empty() {
                    next.push((0, 0.0));
                }
                let event = next[0].0;
                text.push(event);
                fill.tokens.push(event);
                let others = next.into_iter().map(|(e, p)| (e, p as f32)).collect();
                fill.alternatives.push(others);
            }
            fill
        })
    }
}

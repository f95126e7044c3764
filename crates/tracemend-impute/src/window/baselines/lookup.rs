//! Baseline `lookup`: the plain two-sided context lookup.

use std::ops::ControlFlow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::window::context_index::{ContextIndex, Query};
use crate::window::imputer::{Fill, Imputation, Imputer, Window, fill_gaps};

/// The longest context, in events per side.
const LONGEST: usize = 40;

/// `lookup`: contexts of 40, 39, … 1 events on both sides (fewer where the window has fewer); at the first length that
/// the training text knows, the most frequent fill, the earliest seen of equals. Confidence: its share of that vote.
/// Where no length is known, the last event before the gap is repeated.
#[derive(Clone, Debug)]
pub struct TwoSidedLookup {
    index: Arc<ContextIndex>,
}

impl TwoSidedLookup {
    /// Looks up in this index.
    pub fn new(index: Arc<ContextIndex>) -> Self {
        Self { index }
    }

    fn fill(&self, query: Query<'_>) -> Fill {
        let levels: Vec<usize> = (1..=LONGEST).rev().collect();
        let mut votes: FxHashMap<&[u32], (u32, u32)> = FxHashMap::default();
        let mut voters = 0u32;
        self.index.widen(query, &levels, |_, places| {
            for &place in places {
                let fill = self.index.events(place, query.missing);
                let (n, first) = votes.entry(fill).or_insert((0, place));
                *n += 1;
                *first = place.min(*first);
            }
            voters = places.len() as u32;
            if places.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let best = votes.iter().max_by_key(|(_, (n, first))| (*n, std::cmp::Reverse(*first)));
        let (tokens, share) = match best {
            Some((fill, (n, _))) => (fill.to_vec(), *n as f32 / voters.max(1) as f32),
            None => {
                let event = query.left.last().or(query.right.first());
                (vec![event.copied().unwrap_or(0); query.missing], 0.0)
            }
        };
        let alternatives = tokens.iter().map(|&t| vec![(t, share)]).collect();
        Fill { tokens, alternatives }
    }
}

impl Imputer for TwoSidedLookup {
    fn name(&self) -> &str {
        "lookup"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        fill_gaps(window, |left, right, missing| self.fill(Query { left, right, missing }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Slow twin: a table per context length, as the definition says.
    fn by_table(text: &[u32], left: &[u32], right: &[u32], k: usize) -> Option<Vec<u32>> {
        for c in (1..=LONGEST).rev() {
            let left = &left[left.len().saturating_sub(c)..];
            let right = &right[..c.min(right.len())];
            let whole = left.len() + k + right.len();
            let mut votes: Vec<(usize, Vec<u32>)> = Vec::new();
            for part in text.windows(whole) {
                if part.starts_with(left) && part.ends_with(right) {
                    let fill = part[left.len()..left.len() + k].to_vec();
                    match votes.iter_mut().find(|(_, f)| *f == fill) {
                        Some((n, _)) => *n += 1,
                        None => votes.push((1, fill)),
                    }
                }
            }
            let most = votes.iter().map(|v| v.0).max();
            if let Some((_, fill)) = votes.into_iter().find(|v| Some(v.0) == most) {
                return Some(fill);
            }
        }
        None
    }

    proptest! {
        #[test]
        fn agrees_with_tables(
            text in proptest::collection::vec(0u32..3, 0..120),
            left in proptest::collection::vec(0u32..3, 0..8),
            right in proptest::collection::vec(0u32..3, 0..8),
            missing in 1usize..4,
        ) {
            let index = Arc::new(ContextIndex::new(std::slice::from_ref(&text)));
            let fast = TwoSidedLookup::new(index).fill(Query { left: &left, right: &right, missing });
            if let Some(slow) = by_table(&text, &left, &right, missing) {
                prop_assert_eq!(fast.tokens, slow);
            }
        }
    }
}

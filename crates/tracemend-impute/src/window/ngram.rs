//! Left n-gram counts with back-off, for steps where no longer context is known.
//!
//! Contexts of 0 to `order` events. The probability blends all orders by Witten-Bell (1991) escape, as PPM method C does:
//! p_n(x) = (count_n(x) + d_n · p_{n-1}(x)) / (count_n + d_n) with d_n distinct continuations; below order 0 all
//! `V` + 1 events (those seen, and one for the unseen) are equally likely.

use rustc_hash::FxHashMap;

/// Continuation counts of one context, most frequent first once learning has ended.
type Continuations = Vec<(u32, u32)>;

/// Counts of what follows each context of up to `order` events.
#[derive(Clone, Debug)]
pub struct NgramCounts {
    order: usize,
    /// By hash of (context length, context). 64 bits: among 2^24 contexts the chance of any collision is 10^-5.
    contexts: FxHashMap<u64, Continuations>,
    types: usize,
}

impl NgramCounts {
    /// Counts all contexts of 0 to `order` events in segments of consecutive events.
    pub fn new<S: AsRef<[u32]>>(segments: &[S], order: usize) -> Self {
        let mut contexts: FxHashMap<u64, Continuations> = FxHashMap::default();
        for segment in segments {
            let segment = segment.as_ref();
            for (at, &event) in segment.iter().enumerate() {
                for hash in hashes(&segment[..at], order) {
                    let counts = contexts.entry(hash).or_default();
                    match counts.iter_mut().find(|(e, _)| *e == event) {
                        Some((_, n)) => *n = n.saturating_add(1),
                        None => counts.push((event, 1)),
                    }
                }
            }
        }
        for counts in contexts.values_mut() {
            counts.sort_unstable_by_key(|&(event, n)| (std::cmp::Reverse(n), event));
        }
        let types = hashes(&[], 0).next().and_then(|empty| contexts.get(&empty)).map_or(0, Vec::len);
        Self { order, contexts, types }
    }

    /// The likeliest next events after `left` with their probabilities, best first, at most `limit`: those that follow
    /// the longest known context first, ties by frequency in it. Empty when nothing was learned.
    pub(crate) fn next(&self, left: &[u32], limit: usize) -> Vec<(u32, f64)> {
        let known = self.known(left);
        let mut events: Vec<u32> = Vec::new();
        for counts in known.iter().rev() {
            if events.len() >= limit {
                break;
            }
            for (event, _) in counts.iter().take(limit) {
                if !events.contains(event) {
                    events.push(*event);
                }
            }
        }
        let mut found: Vec<(u32, f64)> = events.into_iter().map(|e| (e, self.blend(&known, e))).collect();
        // Stable, so equally likely events keep the order of the longest context.
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(limit);
        found
    }

    /// Probability that `event` follows `left`; positive for every event.
    pub(crate) fn probability(&self, left: &[u32], event: u32) -> f64 {
        self.blend(&self.known(left), event)
    }

    /// Continuations of the contexts of `left` that were seen, the shortest first.
    fn known(&self, left: &[u32]) -> Vec<&Continuations> {
        hashes(left, self.order).map_while(|h| self.contexts.get(&h)).collect()
    }

    fn blend(&self, known: &[&Continuations], event: u32) -> f64 {
        let floor = 1.0 / (self.types + 1) as f64;
        known.iter().fold(floor, |lower, counts| {
            let total: f64 = counts.iter().map(|(_, n)| f64::from(*n)).sum();
            let hit = counts.iter().find(|(e, _)| *e == event);
            let escape = counts.len() as f64;
            (hit.map_or(0.0, |(_, n)| f64::from(*n)) + escape * lower) / (total + escape)
        })
    }
}

/// Hashes of the last 0, 1, … `order` events of `left`.
fn hashes(left: &[u32], order: usize) -> impl Iterator<Item = u64> {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let reach = order.min(left.len());
    let mut hash = SEED;
    std::iter::once(SEED).chain(left.iter().rev().take(reach).map(move |&event| {
        // The finaliser of SplitMix64 (Steele et al. 2014) over a running state: nearer events go in first.
        hash = hash.wrapping_add(u64::from(event)).wrapping_mul(SEED);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^= hash >> 31;
        hash
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longest_context_wins() {
        // After (1, 2) always 3; after (9, 2) always 4.
        let counts = NgramCounts::new(&[[1, 2, 3, 1, 2, 3, 9, 2, 4]], 2);
        assert_eq!(counts.next(&[1, 2], 1)[0].0, 3);
        assert_eq!(counts.next(&[9, 2], 1)[0].0, 4);
        assert!(counts.next(&[7, 7], 1)[0].0 == 2);
        assert!(NgramCounts::new::<Vec<u32>>(&[], 3).next(&[1], 2).is_empty());
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_with_the_unseen(
            text in proptest::collection::vec(0u32..4, 1..60),
            left in proptest::collection::vec(0u32..5, 0..4),
        ) {
            let counts = NgramCounts::new(&[text], 3);
            let seen: Vec<u32> = (0..4).filter(|e| counts.known(&[])[0].iter().any(|(x, _)| x == e)).collect();
            let sum: f64 = seen.iter().map(|e| counts.probability(&left, *e)).sum::<f64>()
                + counts.probability(&left, 99);
            prop_assert!((sum - 1.0).abs() < 1e-9, "{}", sum);
        }

        #[test]
        fn cached_counts_agree_with_a_scan(
            text in proptest::collection::vec(0u32..3, 1..60),
            left in proptest::collection::vec(0u32..3, 0..3),
        ) {
            let counts = NgramCounts::new(std::slice::from_ref(&text), 3);
            let context = hashes(&left, 3).last().and_then(|h| counts.contexts.get(&h).cloned()).unwrap_or_default();
            for event in 0..3 {
                let slow = text.windows(left.len() + 1).filter(|w| w[..left.len()] == left && w[left.len()] == event).count();
                let fast = context.iter().find(|(e, _)| *e == event).map_or(0, |(_, n)| *n as usize);
                prop_assert_eq!(fast, slow);
            }
        }
    }
}

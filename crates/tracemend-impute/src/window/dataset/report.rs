//! What a data set holds, and how much of the test stands in training already.

use crate::window::dataset::Sequence;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::hash::{Hash, Hasher};

/// Figures of one part of a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    /// Number of sequences.
    pub sequences: usize,
    /// Number of events.
    pub events: usize,
    /// Windows at the data set's stride.
    pub windows: usize,
    /// Kinds of tokens that occur.
    pub tokens: usize,
    /// Conditional entropy of an event in bits, given the 0, 1, 2 and 3 before it (plug-in estimates: too low where
    /// contexts are rare).
    pub entropy_bits: [f64; 4],
    /// Share of the windows that equal an earlier one of the same part.
    pub duplicate_share: f64,
}

/// How much of the test windows training knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Leak {
    /// Test windows.
    pub windows: usize,
    /// Share of them that also stand in training, at any offset.
    pub verbatim: f64,
    /// The same when only the pattern counts: which positions hold equal tokens.
    pub renamed: f64,
}

/// Windows of `length` at every `stride`-th place of each sequence, `cap` at most (0: all), in order.
pub fn windows(sequences: &[Sequence], length: usize, stride: usize, cap: usize) -> impl Iterator<Item = &[u32]> {
    let cap = if cap == 0 { usize::MAX } else { cap };
    let (length, stride) = (length.max(1), stride.max(1));
    sequences.iter().flat_map(move |sequence| sequence.tokens.windows(length).step_by(stride)).take(cap)
}

/// The pattern of a window: each token replaced by the order of its first appearance.
pub(crate) fn renamed(window: &[u32]) -> Vec<u32> {
    let mut order: FxHashMap<u32, u32> = FxHashMap::default();
    window
        .iter()
        .map(|token| {
            let next = order.len() as u32;
            *order.entry(*token).or_insert(next)
        })
        .collect()
}

/// 128 bits of a window, so that a million windows of any length take 16 MB: two 64-bit hashes of different seeds.
fn fingerprint(window: &[u32]) -> u128 {
    let of = |seed: u64| {
        let mut hasher = rustc_hash::FxHasher::default();
        seed.hash(&mut hasher);
        window.hash(&mut hasher);
        // The finaliser of SplitMix64; Fx alone leaves the low bits weak.
        let mut z = hasher.finish();
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (u128::from(of(1)) << 64) | u128::from(of(0x9e37_79b9_7f4a_7c15))
}

/// Figures of one part.
pub fn part(sequences: &[Sequence], length: usize, stride: usize, cap: usize) -> Part {
    let mut seen = FxHashSet::default();
    let (mut count, mut again) = (0, 0);
    for window in windows(sequences, length, stride, cap) {
        count += 1;
        again += usize::from(!seen.insert(fingerprint(window)));
    }
    let tokens: FxHashSet<u32> = sequences.iter().flat_map(|sequence| sequence.tokens.iter().copied()).collect();
    Part {
        sequences: sequences.len(),
        events: sequences.iter().map(|sequence| sequence.tokens.len()).sum(),
        windows: count,
        tokens: tokens.len(),
        entropy_bits: [0, 1, 2, 3].map(|order| entropy(sequences, order)),
        duplicate_share: again as f64 / count.max(1) as f64,
    }
}

/// Entropy of an event given the `order` before it, in bits.
fn entropy(sequences: &[Sequence], order: usize) -> f64 {
    let mut contexts: FxHashMap<&[u32], FxHashMap<u32, u64>> = FxHashMap::default();
    let mut total = 0u64;
    for sequence in sequences {
        for window in sequence.tokens.windows(order + 1) {
            *contexts.entry(&window[..order]).or_default().entry(window[order]).or_default() += 1;
            total += 1;
        }
    }
    let bits = |next: &FxHashMap<u32, u64>| {
        let sum: u64 = next.values().sum();
        let mut counts: Vec<u64> = next.values().copied().collect();
        counts.sort_unstable();
        counts.iter().map(|&n| -(n as f64) * (n as f64 / sum as f64).log2()).sum::<f64>()
    };
    let mut parts: Vec<f64> = contexts.values().map(bits).collect();
    // In a fixed order: floating-point sums depend on it.
    parts.sort_unstable_by(f64::total_cmp);
    parts.iter().sum::<f64>() / total.max(1) as f64
}

/// How many of the test windows stand in the training sequences, at any offset.
pub fn leak(training: &[Sequence], test: &[Sequence], length: usize, stride: usize, cap: usize) -> Leak {
    let all = || windows(training, length, 1, 0);
    let verbatim: FxHashSet<u128> = all().map(fingerprint).collect();
    let patterns: FxHashSet<u128> = all().map(|window| fingerprint(&renamed(window))).collect();
    let mut found = Leak::default();
    let (mut same, mut alike) = (0, 0);
    for window in windows(test, length, stride, cap) {
        found.windows += 1;
        same += usize::from(verbatim.contains(&fingerprint(window)));
        alike += usize::from(patterns.contains(&fingerprint(&renamed(window))));
    }
    found.verbatim = f64::from(same as u32) / found.windows.max(1) as f64;
    found.renamed = f64::from(alike as u32) / found.windows.max(1) as f64;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(tokens: &[u32]) -> Vec<Sequence> {
        vec![Sequence::bare(tokens.to_vec())]
    }

    #[test]
    fn leaks_are_found_at_any_offset_and_under_renaming() {
        let training = bare(&[9, 1, 2, 1, 3, 9]);
        let leak_of = |test: &[u32]| leak(&training, &bare(test), 4, 4, 0);
        assert_eq!(leak_of(&[1, 2, 1, 3]), Leak { windows: 1, verbatim: 1.0, renamed: 1.0 });
        assert_eq!(leak_of(&[5, 6, 5, 7]), Leak { windows: 1, verbatim: 0.0, renamed: 1.0 });
        assert_eq!(leak_of(&[5, 5, 6, 7]), Leak { windows: 1, verbatim: 0.0, renamed: 0.0 });
        assert_eq!(renamed(&[7, 7, 3, 7, 1]), [0, 0, 1, 0, 2]);
    }

    #[test]
    fn entropy_of_known_sources() {
        let cycle: Vec<u32> = (0..400).map(|i| i % 4).collect();
        let part = part(&bare(&cycle), 4, 4, 0);
        assert!((part.entropy_bits[0] - 2.0).abs() < 1e-9);
        assert!(part.entropy_bits[1] < 1e-9);
        assert_eq!((part.windows, part.tokens, part.events), (100, 4, 400));
        assert!((part.duplicate_share - 0.99).abs() < 1e-9);
    }

    #[test]
    fn windows_stop_at_the_cap_and_never_reach_over_sequences() {
        let sequences = [bare(&[0, 1, 2, 3, 4, 5, 6]), bare(&[7, 8])].concat();
        let cut = |stride, cap| windows(&sequences, 3, stride, cap).map(<[u32]>::to_vec).collect::<Vec<_>>();
        assert_eq!(cut(2, 0), [[0, 1, 2], [2, 3, 4], [4, 5, 6]]);
        assert_eq!(cut(2, 2), [[0, 1, 2], [2, 3, 4]]);
    }
}

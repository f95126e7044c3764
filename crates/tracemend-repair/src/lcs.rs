//! Longest common subsequences: their length, 64 positions per machine word, and what lies on one.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Largest table of [`matches`], in words of 64 cells: 16 MB.
const WORDS: usize = 2_000_000;
/// Events of the pieces that longer sequences are cut into.
const PIECE: usize = 8000;

/// Length of the longest common subsequence of `a` and `b`, in O(|a|·|b|/64) time and O(|a|·types/64) memory.
///
/// ```
/// use tracemend_repair::lcs::lcs_length;
///
/// assert_eq!(lcs_length(&["open", "read", "close"], &["open", "write", "close"]), 2);
/// ```
pub fn lcs_length<T: Eq + Hash>(a: &[T], b: &[T]) -> usize {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    // Bits past |a| are never matched and stay one, so they do not count.
    compare(a, b, |_| ()).iter().map(|w| w.count_zeros() as usize).sum()
}

/// Places of `a` in one longest common subsequence with `b`. Very long sequences are compared piece by piece, which finds a common
/// subsequence, if not always the longest.
///
/// ```
/// use tracemend_repair::lcs::matches;
///
/// assert_eq!(matches(&["open", "read", "close"], &["open", "write", "close"]), [0, 2]);
/// ```
pub fn matches<T: Eq + Hash>(a: &[T], b: &[T]) -> Vec<usize> {
    // What both begin and end with is common anyway.
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut matched: Vec<usize> = (0..head).collect();
    let words = x.len().div_ceil(64);
    if words.saturating_mul(y.len()) > WORDS {
        // Too long for a table: piece by piece.
        for (number, (x, y)) in x.chunks(PIECE).zip(y.chunks(PIECE)).enumerate() {
            matched.extend(matches(x, y).into_iter().map(|place| head + number * PIECE + place));
        }
    } else if !x.is_empty() {
        let mut table: Vec<u64> = Vec::with_capacity(words * y.len());
        compare(x, y, |v| table.extend_from_slice(v));
        // Whether the place before `i` adds nothing to what is common with the first `j` of `y`.
        let adds_nothing =
            |i: usize, j: usize| j == 0 || table[(j - 1) * words + (i - 1) / 64] >> ((i - 1) % 64) & 1 == 1;
        let found = matched.len();
        let (mut i, mut j) = (x.len(), y.len());
        while i > 0 && j > 0 {
            if adds_nothing(i, j) {
                i -= 1;
            } else if adds_nothing(i, j - 1) {
                (i, j) = (i - 1, j - 1);
                matched.push(head + i);
            } else {
                j -= 1;
            }
        }
        matched[found..].reverse();
    }
    matched.extend(a.len() - tail..a.len());
    matched
}

/// Compares `a`, which is not empty, with `b`, and returns what follows from all of `b`, after giving `each` what follows
/// from every event of it so far: bit i is zero where the longest common subsequence with a[..=i] is longer than with a[..i].
///
/// Bit-parallel recurrence of Hyyrö (*Bit-parallel LCS-length computation revisited*, 2004): with `M` the positions of
/// the current symbol in `a`, `V <- (V + (V & M)) | (V & !M)`.
fn compare<T: Eq + Hash>(a: &[T], b: &[T], mut each: impl FnMut(&[u64])) -> Vec<u64> {
    let words = a.len().div_ceil(64);
    let mut positions: FxHashMap<&T, Vec<u64>> = FxHashMap::default();
    for (i, symbol) in a.iter().enumerate() {
        positions.entry(symbol).or_insert_with(|| vec![0; words])[i / 64] |= 1 << (i % 64);
    }
    let mut v = vec![u64::MAX; words];
    for symbol in b {
        if let Some(matches) = positions.get(symbol) {
            let mut carry = false;
            for (v, &m) in v.iter_mut().zip(matches) {
                let u = *v & m;
                let (sum, over) = v.overflowing_add(u);
                let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
                carry = over || over_carry;
                *v = sum | (*v & !m);
            }
        }
        each(&v);
    }
    v
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Slow twin: the textbook dynamic programme.
    fn lcs_table<T: Eq>(a: &[T], b: &[T]) -> usize {
        let mut row = vec![0usize; b.len() + 1];
        for x in a {
            let mut diagonal = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
                diagonal = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn known_lengths() {
        assert_eq!(lcs_length::<u8>(&[], &[]), 0);
        assert_eq!(lcs_length(b"ABCBDAB", b"BDCABA"), 4);
        assert_eq!(lcs_length(&[1; 64], &[1; 64]), 64);
        assert_eq!(lcs_length(&[1; 65], &[1; 200]), 65);
    }

    proptest! {
        #[test]
        fn agrees_with_table(
            a in proptest::collection::vec(0u8..5, 0..200),
            b in proptest::collection::vec(0u8..5, 0..200),
        ) {
            prop_assert_eq!(lcs_length(&a, &b), lcs_table(&a, &b));
        }
    }

    proptest! {
        #[test]
        fn matches_are_a_longest_common_subsequence(
            a in prop::collection::vec(0u32..4, 0..30),
            b in prop::collection::vec(0u32..4, 0..30),
        ) {
            let matched = matches(&a, &b);
            prop_assert_eq!(matched.len(), lcs_length(&a, &b));
            let mut rest = b.iter();
            for place in matched {
                prop_assert!(rest.any(|other| *other == a[place]));
            }
        }
    }
}

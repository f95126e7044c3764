//! Length of the longest common subsequence, 64 positions per machine word.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Length of the longest common subsequence of `a` and `b`, in O(|a|·|b|/64) time and O(|a|·types/64) memory.
///
/// Bit-parallel recurrence of Hyyrö (*Bit-parallel LCS-length computation revisited*, 2004): with `M` the positions of
/// the current symbol in `a`, `V <- (V + (V & M)) | (V & !M)`; the length is the number of zero bits of `V`.
pub fn lcs_length<T: Eq + Hash>(a: &[T], b: &[T]) -> usize {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    let words = a.len().div_ceil(64);
    let mut positions: FxHashMap<&T, Vec<u64>> = FxHashMap::default();
    for (i, symbol) in a.iter().enumerate() {
        positions.entry(symbol).or_insert_with(|| vec![0; words])[i / 64] |= 1 << (i % 64);
    }
    let mut v = vec![u64::MAX; words];
    for symbol in b {
        let Some(matches) = positions.get(symbol) else {
            continue;
        };
        let mut carry = false;
        for (v, &m) in v.iter_mut().zip(matches) {
            let u = *v & m;
            let (sum, over) = v.overflowing_add(u);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *v = sum | (*v & !m);
        }
    }
    // Bits past |a| are never matched and stay one, so they do not count.
    v.iter().map(|w| w.count_zeros() as usize).sum()
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
}

//! How much of what is tested occurs word for word in the training data.

use crate::measurement::{Measurement, Plan};
use crate::methods::NO_METHOD;
use crate::metric::Metric;
use crate::tally::GapTally;
use rustc_hash::{FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// Share of the windows that occur, whole and at any offset, in the training text.
///
/// `windows`: the distinct windows and how often each occurs, in the order of `plan`.
pub(crate) fn leakage<T: Hash>(
    data: &str,
    blackout: usize,
    training: &[impl AsRef<[T]>],
    windows: &[(impl AsRef<[T]>, usize)],
    plan: &Plan,
) -> Measurement {
    let lengths: FxHashSet<usize> = windows.iter().map(|window| window.0.as_ref().len()).collect();
    let known: FxHashSet<(usize, u64)> = lengths
        .iter()
        .flat_map(|&length| {
            training.iter().flat_map(move |text| hashes(text.as_ref(), length)).map(move |h| (length, h))
        })
        .collect();
    let tallies: Vec<GapTally> = windows
        .iter()
        .map(|(window, copies)| {
            let window = window.as_ref();
            let occurs = hashes(window, window.len()).any(|hash| known.contains(&(window.len(), hash)));
            GapTally::new(&[1], &[i64::from(occurs)], None).times(*copies)
        })
        .collect();
    let share = Measurement::of_tallies(&tallies, plan).into_estimate(Metric::Accuracy);
    Measurement {
        data: data.to_owned(),
        method: NO_METHOD.to_owned(),
        blackout,
        gaps: windows.iter().map(|(_, copies)| copies).sum(),
        figures: share.map(|share| (Metric::Leakage, share)).into_iter().collect(),
        bins: Vec::new(),
    }
}

/// Hashes of all stretches of `length` tokens of a text.
///
/// The hash is a polynomial in the tokens' own hashes, modulo 2^64. It rolls along the text, so the work does not grow
/// with the length of the stretches.
fn hashes<T: Hash>(text: &[T], length: usize) -> impl Iterator<Item = u64> {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    let top = (1..length).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let token_hash = |token: &T| {
        let mut hasher = FxHasher::default();
        token.hash(&mut hasher);
        hasher.finish()
    };
    let mut hash = 0u64;
    let places = if length == 0 { 0..0 } else { 0..text.len() };
    places.filter_map(move |place| {
        if let Some(old) = place.checked_sub(length) {
            hash = hash.wrapping_sub(token_hash(&text[old]).wrapping_mul(top));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(token_hash(&text[place]));
        (place + 1 >= length).then_some(hash)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_found_whole_and_at_any_offset() {
        let training = [vec![1u32, 2, 3, 4], vec![5, 6]];
        let share = |windows: &[(Vec<u32>, usize)]| {
            let plan = Plan::new(windows.len(), 10, 1, &["test"]);
            let measured = leakage("data", 2, &training, windows, &plan);
            assert_eq!((measured.method.as_str(), measured.blackout), ("-", 2));
            measured.figures[0].1.value
        };
        assert_eq!(share(&[(vec![2, 3], 1), (vec![5, 6], 1)]), 1.0);
        // Not across two texts, not backwards, not longer than a text; a copy counts again.
        assert_eq!(share(&[(vec![4, 5], 1), (vec![2, 1], 1), (vec![5, 6, 7], 1), (vec![1, 2, 3], 2)]), 0.4);
    }

    proptest::proptest! {
        #[test]
        fn rolling_along_equals_comparing(
            text in proptest::collection::vec(0u8..3, 0..30),
            window in proptest::collection::vec(0u8..3, 1..5),
        ) {
            let found = hashes(&text, window.len()).any(|hash| hashes(&window, window.len()).next() == Some(hash));
            proptest::prop_assert_eq!(found, text.windows(window.len()).any(|part| part == window));
        }
    }
}

//! Fewer weighted hypotheses that stand for all.
//!
//! Keeping the likeliest alone would narrow a search to the most monotonous of all sequences: a loop without variants is
//! likelier than each single sequence of a loop with variants, though those together are far likelier. So the optimal
//! resampling for discrete states (Fearnhead and Clifford 2003, J. R. Statist. Soc. B 65:887) is used: hypotheses that
//! weigh more than a threshold stay, and of the others a random few stay and get the threshold as their weight. The
//! expected weight of each is what it was before, and no other such choice has a smaller variance.

use crate::rng::SplitMix64;

/// Places of the hypotheses kept, at most `max` (one or more), with what is added to the logarithm of each one's weight.
pub(super) fn resample(log_weights: &[f64], max: usize, random: &mut SplitMix64) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..log_weights.len()).collect();
    if order.len() <= max {
        return order.into_iter().map(|place| (place, 0.0)).collect();
    }
    let heavier = |a: &usize, b: &usize| log_weights[*b].total_cmp(&log_weights[*a]).then(a.cmp(b));
    order.select_nth_unstable_by(max, heavier);
    order[..max].sort_unstable_by(heavier);
    let highest = log_weights[order[0]];
    if highest == f64::NEG_INFINITY {
        return order[..max].iter().map(|&place| (place, 0.0)).collect();
    }
    let weight = |place: usize| (log_weights[place] - highest).exp();
    // Sums from the lightest up: differences of sums would lose the small ones.
    let mut rest: f64 = order[max..].iter().map(|&place| weight(place)).sum();
    let mut sums = vec![0.0; max];
    for (sum, &place) in sums.iter_mut().zip(&order[..max]).rev() {
        rest += weight(place);
        *sum = rest;
    }
    let stays = |&rank: &usize| weight(order[rank]) * (max - rank) as f64 >= sums[rank];
    let whole = (0..max).take_while(stays).count();
    let mut kept: Vec<(usize, f64)> = order[..whole].iter().map(|&place| (place, 0.0)).collect();
    if whole == max {
        return kept;
    }
    let threshold = sums[whole] / (max - whole) as f64;
    // One random number for all: every stretch of `threshold` along their weights has one that stays.
    let mut ahead = threshold * random.unit();
    for &place in &order[whole..] {
        ahead -= weight(place);
        if ahead < 0.0 && kept.len() < max {
            ahead += threshold;
            kept.push((place, threshold.ln() + highest - log_weights[place]));
        }
    }
    kept
}

/// The heaviest hypotheses alone, in the same form.
pub(super) fn heaviest(log_weights: &[f64], max: usize) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..log_weights.len()).collect();
    order.sort_unstable_by(|a, b| log_weights[*b].total_cmp(&log_weights[*a]).then(a.cmp(b)));
    order.truncate(max);
    order.into_iter().map(|place| (place, 0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn expected_weights_stay_what_they_were(
            log_weights in prop::collection::vec(-6.0f64..0.0, 1..40),
            max in 1usize..12,
        ) {
            const ROUNDS: usize = 4000;
            let mut random = SplitMix64::new(1, &["resample"]);
            let mut sums = vec![0.0; log_weights.len()];
            for _ in 0..ROUNDS {
                let kept = resample(&log_weights, max, &mut random);
                prop_assert_eq!(kept.len(), max.min(log_weights.len()));
                kept.into_iter().for_each(|(place, more)| sums[place] += (log_weights[place] + more).exp());
            }
            let total: f64 = log_weights.iter().map(|log_weight| log_weight.exp()).sum();
            for (sum, log_weight) in sums.iter().zip(&log_weights) {
                // Five standard errors of a weight that is there or not.
                let weight = log_weight.exp();
                let error = 5.0 * (weight * total / ROUNDS as f64).sqrt() + 1e-9;
                prop_assert!((sum / ROUNDS as f64 - weight).abs() <= error, "{} for {weight}", sum / ROUNDS as f64);
            }
        }
    }

    #[test]
    fn what_outweighs_the_rest_always_stays() {
        let mut random = SplitMix64::new(1, &["resample"]);
        for _ in 0..100 {
            let kept = resample(&[-9.0, 0.0, -8.0, f64::NEG_INFINITY, -0.1, -7.0], 3, &mut random);
            assert_eq!(kept[..2], [(1, 0.0), (4, 0.0)]);
            assert_eq!(kept.len(), 3);
        }
        assert_eq!(resample(&[f64::NEG_INFINITY; 4], 2, &mut random).len(), 2);
    }
}

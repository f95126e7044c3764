//! What training hides in a window.

use serde::{Deserialize, Serialize};
use tracemend_repair::rng::SplitMix64;

/// A way to choose the hidden positions of a window; every window gets a choice of its own and hides at least one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Mask {
    /// Every position by itself, at a rate drawn uniformly from 0 to 1.
    Random,
    /// One of the consecutive segments of k positions (the published training masks), k drawn from `lengths`.
    Segment {
        /// Lengths to draw from.
        lengths: Vec<usize>,
    },
    /// One run anywhere, of a length drawn uniformly.
    Blackout {
        /// Shortest run.
        shortest: usize,
        /// Longest run.
        longest: usize,
    },
    /// Runs of random lengths with observed stretches between them, as buffers overflow.
    Burst,
    /// A third of the windows each: `random`, `burst`, and a blackout of up to a third of the window.
    #[default]
    Mixed,
}

impl Mask {
    /// What is wrong with it for windows of `length`, in words.
    pub(crate) fn problem(&self, length: usize) -> Option<String> {
        let wrong = |k: usize| !(1..length).contains(&k);
        let bad = match self {
            Self::Segment { lengths } if lengths.is_empty() => return Some("mask.segment needs lengths".to_owned()),
            Self::Segment { lengths } => lengths.iter().copied().find(|&k| wrong(k)),
            Self::Blackout { shortest, longest } if shortest > longest => Some(*longest),
            Self::Blackout { shortest, longest } => [*shortest, *longest].into_iter().find(|&k| wrong(k)),
            Self::Random | Self::Burst | Self::Mixed => (length < 2).then_some(length),
        };
        bad.map(|k| format!("the mask cannot hide {k} of {length} positions; choose 1 to {}", length.saturating_sub(1)))
    }

    /// `[length]` true where observed.
    pub(crate) fn draw(&self, length: usize, random: &mut SplitMix64) -> Vec<bool> {
        let mut observed = vec![true; length];
        match self {
            Self::Random => {
                let rate = random.unit();
                observed.iter_mut().for_each(|observed| *observed = random.unit() >= rate);
                observed[random.below(length)] = false;
            }
            Self::Segment { lengths } => {
                let k = lengths[random.below(lengths.len())];
                let start = random.below(length.div_ceil(k)) * k;
                observed[start..(start + k).min(length)].fill(false);
            }
            Self::Blackout { shortest, longest } => hide_run(&mut observed, *shortest, *longest, random),
            Self::Burst => {
                let runs = 1 + random.below(4);
                (0..runs).for_each(|_| hide_run(&mut observed, 1, (length / 8).max(1), random));
            }
            Self::Mixed => {
                let blackout = Self::Blackout { shortest: 1, longest: (length / 3).max(1) };
                return [Self::Random, Self::Burst, blackout][random.below(3)].draw(length, random);
            }
        }
        observed
    }
}

fn hide_run(observed: &mut [bool], shortest: usize, longest: usize, random: &mut SplitMix64) {
    let k = shortest + random.below(longest - shortest + 1);
    let start = random.below(observed.len() - k + 1);
    observed[start..start + k].fill(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_hides_something_and_masks_are_as_described() {
        let mut random = SplitMix64::new(1, &["masks"]);
        let runs = |observed: &[bool]| {
            let starts = (0..observed.len()).filter(|&i| !observed[i] && (i == 0 || observed[i - 1]));
            starts.collect::<Vec<_>>()
        };
        let mut rates = Vec::new();
        for _ in 0..500 {
            let hidden = |observed: &[bool]| observed.iter().filter(|observed| !**observed).count();
            let segment = Mask::Segment { lengths: vec![3, 7] }.draw(20, &mut random);
            let start = runs(&segment)[0];
            assert_eq!(runs(&segment).len(), 1);
            let count = hidden(&segment);
            assert!(
                (count == 3 && start % 3 == 0)
                    || (count == 7 && start % 7 == 0)
                    || (count == 2 && start == 18)
                    || (count == 6 && start == 14)
            );
            let blackout = Mask::Blackout { shortest: 2, longest: 4 }.draw(20, &mut random);
            assert!(runs(&blackout).len() == 1 && (2..=4).contains(&hidden(&blackout)));
            let burst = Mask::Burst.draw(80, &mut random);
            assert!((1..=4).contains(&runs(&burst).len()) && hidden(&burst) <= 40);
            let free = Mask::Random.draw(200, &mut random);
            rates.push(hidden(&free) as f64 / 200.0);
            assert!(hidden(&Mask::Mixed.draw(3, &mut random)) > 0);
        }
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        assert!((mean - 0.5).abs() < 0.05 && rates.iter().any(|r| *r < 0.1) && rates.iter().any(|r| *r > 0.9));
    }
}

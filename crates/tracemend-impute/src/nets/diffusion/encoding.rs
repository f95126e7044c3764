//! Tokens as numbers, and back.
//!
//! Every encoding is a table of code words. A number that a network produced is read as the nearest word; how near the
//! others are gives a probability for each: that of the word if the network errs by Gaussian noise of deviation
//! [`SPREAD`].

use serde::{Deserialize, Serialize};

/// Standard deviation of a network's error that the read-out assumes, against words 1 apart (integers), bits 2 apart, or
/// channels of one-hot words scaled to be so.
pub(crate) const SPREAD: f32 = 0.25;

/// How tokens become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// The token's number, one channel: what the published work does.
    Integer,
    /// A channel per token, sqrt(V) for this and 0 for the others, less the mean of a word: channels have mean 0 and, over
    /// tokens equally frequent, variance 1 - 1/V, near that of the noise. (Of 1 and -1 most would be -1 in all words.)
    OneHot,
    /// The bits of the token's number as 1 and -1 (Chen, Zhang and Hinton 2023, *Analog Bits*).
    AnalogBits,
}

impl Encoding {
    /// `V`, numbers per token.
    pub(crate) fn channels(self, vocabulary: usize) -> usize {
        match self {
            Self::Integer => 1,
            Self::OneHot => vocabulary.max(1),
            Self::AnalogBits => bits(vocabulary),
        }
    }

    /// The least and the greatest number in a word.
    pub(crate) fn limits(self, vocabulary: usize) -> [f32; 2] {
        match self {
            Self::Integer => [0.0, vocabulary.max(1) as f32 - 1.0],
            Self::OneHot => [-shift(vocabulary), peak(vocabulary) - shift(vocabulary)],
            Self::AnalogBits => [-1.0, 1.0],
        }
    }

    /// The word of a token; a token beyond the vocabulary has that of the last one.
    pub(crate) fn word(self, token: u32, vocabulary: usize) -> Vec<f32> {
        let token = (token as usize).min(vocabulary.max(1) - 1);
        let sign = |one: bool| if one { 1.0 } else { -1.0 };
        match self {
            Self::Integer => vec![token as f32],
            Self::OneHot => {
                let [least, greatest] = self.limits(vocabulary);
                (0..vocabulary.max(1)).map(|channel| if channel == token { greatest } else { least }).collect()
            }
            Self::AnalogBits => (0..bits(vocabulary)).map(|bit| sign(token >> bit & 1 == 1)).collect(),
        }
    }

    /// The nearest token to `values` `[V]`, and every token's probability, which sum to 1.
    pub(crate) fn read(self, values: &[f32], vocabulary: usize) -> (u32, Vec<f32>) {
        let distance = |token: u32| -> f32 {
            let word = self.word(token, vocabulary);
            word.iter().zip(values).map(|(word, value)| (word - value) * (word - value)).sum()
        };
        let distances: Vec<f32> = match self {
            // |x - word|^2 differs between words only in the one channel that stands out: twice its value times the peak,
            // here with channels scaled as if words were 2 apart in it.
            Self::OneHot => values.iter().map(|value| -8.0 * value / peak(vocabulary)).collect(),
            _ => (0..vocabulary as u32).map(distance).collect(),
        };
        // A network that diverged yields no numbers; such a position is as good as unknown.
        let distances: Vec<f32> = distances.into_iter().map(|d| if d.is_finite() { d } else { f32::MAX }).collect();
        let nearest = (0..distances.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap_or(0);
        let least = distances.get(nearest).copied().unwrap_or(0.0);
        let weights: Vec<f32> =
            distances.iter().map(|distance| ((least - distance) / (2.0 * SPREAD * SPREAD)).exp()).collect();
        let total: f32 = weights.iter().sum();
        (nearest as u32, weights.into_iter().map(|weight| weight / total).collect())
    }
}

/// How far a token's channel stands out of the others of its word.
fn peak(vocabulary: usize) -> f32 {
    (vocabulary.max(1) as f32).sqrt()
}

/// The mean of a word before it is taken off.
fn shift(vocabulary: usize) -> f32 {
    1.0 / peak(vocabulary)
}

fn bits(vocabulary: usize) -> usize {
    (usize::BITS - vocabulary.saturating_sub(1).leading_zeros()).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Encoding; 3] = [Encoding::Integer, Encoding::OneHot, Encoding::AnalogBits];

    proptest! {
        #[test]
        fn words_are_read_as_their_tokens_through_small_errors(
            vocabulary in 1usize..40, token in 0u32..40, error in -0.45f32..0.45,
        ) {
            let token = token % vocabulary as u32;
            for encoding in ALL {
                let mut values = encoding.word(token, vocabulary);
                prop_assert_eq!(values.len(), encoding.channels(vocabulary));
                let [least, greatest] = encoding.limits(vocabulary);
                prop_assert!(values.iter().all(|value| (least..=greatest).contains(value)));
                values.iter_mut().for_each(|value| *value += error);
                let (read, probabilities) = encoding.read(&values, vocabulary);
                prop_assert_eq!(read, token);
                prop_assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                let max = probabilities.iter().cloned().fold(0.0, f32::max);
                prop_assert_eq!(probabilities[token as usize], max);
            }
        }

        #[test]
        fn one_hot_distances_are_the_distances_to_words(values in prop::collection::vec(-2f32..2.0, 5)) {
            let (read, probabilities) = Encoding::OneHot.read(&values, 5);
            let slow = |token: u32| -> f32 {
                let word = Encoding::OneHot.word(token, 5);
                let scale = 4.0 / 5.0; // words are sqrt(5) apart in a channel, not 2
                word.iter().zip(&values).map(|(w, v)| scale * (w - v) * (w - v)).sum()
            };
            for token in 0..5 {
                let expected = ((slow(read) - slow(token)) / (2.0 * SPREAD * SPREAD)).exp() * probabilities[read as usize];
                prop_assert!((probabilities[token as usize] - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn numbers_that_are_none_are_read_as_something() {
        for encoding in ALL {
            let values = vec![f32::NAN; encoding.channels(5)];
            let (read, probabilities) = encoding.read(&values, 5);
            assert!(read < 5 && (probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

//! Normal numbers that depend on a seed and a purpose alone.

use burn::tensor::{Device, Tensor, TensorData};
use tracemend_repair::rng::SplitMix64;

/// A stream of standard normal numbers (Box and Muller 1958).
#[derive(Clone, Debug)]
pub(crate) struct Normal {
    random: SplitMix64,
    /// The second of the last pair.
    spare: Option<f32>,
}

impl Normal {
    /// Drawing from `random`.
    pub(crate) fn new(random: SplitMix64) -> Self {
        Self { random, spare: None }
    }

    /// The next `count` numbers.
    pub(crate) fn draw(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // From (0, 1], because the logarithm of 0 is none.
        let radius = (-2.0 * (1.0 - self.random.unit()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.random.unit()).sin_cos();
        self.spare = Some((radius * sine) as f32);
        (radius * cosine) as f32
    }
}

/// Numbers of several streams as one tensor: the next `L V` of each, `[streams, L, V]`.
pub(crate) fn side_by_side(streams: &mut [Normal], length: usize, channels: usize, device: &Device) -> Tensor<3> {
    let values: Vec<f32> = streams.iter_mut().flat_map(|stream| stream.draw(length * channels)).collect();
    Tensor::from_data(TensorData::new(values, [streams.len(), length, channels]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_normal_distribution() {
        let values = Normal::new(SplitMix64::new(1, &["test"])).draw(200_000);
        let mean = |power: i32| values.iter().map(|x| f64::from(*x).powi(power)).sum::<f64>() / values.len() as f64;
        for (power, exact) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
            assert!((mean(power) - exact).abs() < 0.05, "moment {power}: {}", mean(power));
        }
    }
}

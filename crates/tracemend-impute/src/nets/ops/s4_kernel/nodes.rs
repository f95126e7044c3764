//! The roots of unity at which the spectrum is computed.

use std::f64::consts::PI;

/// Which conjugates a Cauchy sum runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sum {
    /// Both of each pair: the model's true kernel.
    #[default]
    Conjugate,
    /// The stored half alone, as the reference computes without its optional extension. Not the model's kernel; here so
    /// that published checkpoints trained that way can be used.
    Fallback,
}

/// Nodes for kernels of an internal length, omega_k = exp(-2 pi i k / internal), k = 0 .. internal / 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nodes {
    internal: usize,
    sum: Sum,
}

impl Nodes {
    /// For kernels of length `internal`. Of length 1 there is no inverse transform; it can only be doubled.
    pub(crate) fn new(internal: usize, sum: Sum) -> Self {
        Self { internal, sum }
    }

    /// The longest window.
    pub(crate) fn length(self) -> usize {
        self.internal
    }

    /// Which conjugates are summed.
    pub(crate) fn sum(self) -> Sum {
        self.sum
    }

    /// Number of nodes.
    pub(crate) fn count(self) -> usize {
        self.internal / 2 + 1
    }

    /// Values that a kernel has in a window of `length`: an odd internal length yields one value less than it says.
    pub(super) fn values(self, length: usize) -> usize {
        length.min(self.period())
    }

    /// Length of the inverse transform.
    fn period(self) -> usize {
        2 * (self.count() - 1)
    }

    /// Whether the last node is omega = -1, where the spectrum is taken in the limit.
    pub(super) fn has_limit(self) -> bool {
        self.internal.is_multiple_of(2)
    }

    /// t_k = tan(pi k / internal) of all nodes but omega = -1; then z_k = 2 i t_k and 2 / (1 + omega_k) = 1 + i t_k.
    pub(super) fn tangents(self) -> Vec<f64> {
        let finite = self.count() - usize::from(self.has_limit());
        (0..finite).map(|k| (PI * k as f64 / self.internal as f64).tan()).collect()
    }

    /// The inverse real Fourier transform to the first `count` values, as a matrix: for each node the row by which its
    /// real part is multiplied and the one for its imaginary part, `[2 * nodes * count]`.
    pub(super) fn transform(self, count: usize) -> Vec<f64> {
        let (nodes, period) = (self.count(), self.period());
        let wave: Vec<(f64, f64)> = (0..period)
            .map(|i| {
                let angle = 2.0 * PI * i as f64 / period as f64;
                (angle.cos(), angle.sin())
            })
            .collect();
        let mut rows = Vec::with_capacity(2 * nodes * count);
        for k in 0..nodes {
            // Every other node stands for its conjugate as well.
            let (real, imaginary) = if k == 0 || k == nodes - 1 { (1.0, 0.0) } else { (2.0, 2.0) };
            rows.extend((0..count).map(|j| real * wave[j * k % period].0 / period as f64));
            rows.extend((0..count).map(|j| -imaginary * wave[j * k % period].1 / period as f64));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_inverts_the_spectrum_of_a_sequence() {
        let x = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4];
        let nodes = Nodes::new(6, Sum::Conjugate);
        let rows = nodes.transform(5);
        let mut back = [0.0; 5];
        for k in 0..nodes.count() {
            let angle = |t: usize| -2.0 * PI * (k * t) as f64 / 6.0;
            let real: f64 = x.iter().enumerate().map(|(t, x)| x * angle(t).cos()).sum();
            let imaginary: f64 = x.iter().enumerate().map(|(t, x)| x * angle(t).sin()).sum();
            for (j, back) in back.iter_mut().enumerate() {
                *back += real * rows[2 * k * 5 + j] + imaginary * rows[(2 * k + 1) * 5 + j];
            }
        }
        assert!(back.iter().zip(x).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
    }
}

//! Rotary positions (Su et al. 2021, *RoFormer*): of every head, element j of the first half and element j of the second
//! turn together by position / 10000^(2 j / width of a head), so that products of queries and keys see distances alone.

use burn::tensor::{Device, Tensor, TensorData};

/// Cosines and sines of all positions of a window.
#[derive(Clone, Debug)]
pub(crate) struct Rotary {
    /// `[1, L, 1, head / 2]`
    cosines: Tensor<4>,
    /// `[1, L, 1, head / 2]`
    sines: Tensor<4>,
}

impl Rotary {
    /// For windows of `length` positions and heads of an even `head` elements.
    pub(crate) fn new(length: usize, head: usize, device: &Device) -> Self {
        let half = head / 2;
        let angle = |at: usize| (at / half) as f64 / 10_000f64.powf((at % half) as f64 / half as f64);
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f32> = (0..length * half).map(|at| of(angle(at)) as f32).collect();
            Tensor::from_data(TensorData::new(values, [1, length, 1, half]), device)
        };
        Self { cosines: table(f64::cos), sines: table(f64::sin) }
    }

    /// Turns `x` `[B, L, H]` with `heads` heads side by side.
    pub(crate) fn turn(&self, x: Tensor<3>, heads: usize) -> Tensor<3> {
        let [batch, length, width] = x.dims();
        let half = width / heads / 2;
        let x = x.reshape([batch, length, heads, 2 * half]);
        let first = x.clone().narrow(3, 0, half); // [B, L, heads, head / 2]
        let second = x.narrow(3, half, half); // [B, L, heads, head / 2]
        let turned = Tensor::cat(
            vec![
                first.clone() * self.cosines.clone() - second.clone() * self.sines.clone(),
                first * self.sines.clone() + second * self.cosines.clone(),
            ],
            3,
        ); // [B, L, heads, head]
        turned.reshape([batch, length, width])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    #[test]
    fn products_depend_on_distance_alone_and_lengths_stay() {
        let device = Device::flex();
        let _alone = crate::nets::seed::seeded(1, &device);
        let one = Tensor::<3>::random([1, 1, 8], Distribution::Default, &device);
        let x = one.repeat_dim(1, 12); // the same vector at every position
        let turned = Rotary::new(12, 4, &device).turn(x, 2); // [1, 12, 8]
        let products = turned.clone().matmul(turned.swap_dims(1, 2)); // [1, 12, 12]
        let values: Vec<f32> = products.into_data().iter::<f32>().collect();
        let at = |i: usize, j: usize| values[i * 12 + j];
        for i in 0..10 {
            assert!((at(i, i + 2) - at(0, 2)).abs() < 1e-5);
            assert!((at(i, i) - at(0, 0)).abs() < 1e-5);
        }
        assert!((at(0, 2) - at(0, 0)).abs() > 1e-3);
    }
}

//! From noise to windows, by steps backwards.

use crate::nets::diffusion::process::Corruption;
use crate::nets::diffusion::schedule::Table;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// How steps backwards are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Method {
    /// Every step of the schedule, each adding fresh noise (Ho et al. 2020): as published.
    Ddpm,
    /// Few steps without noise (Song, Meng and Ermon 2021, *Denoising Diffusion Implicit Models*).
    Ddim {
        /// How many, spread evenly over the schedule.
        steps: usize,
    },
}

/// What the network is shown at observed positions.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// `[B, L, V]`
    pub data: Tensor<3>,
    /// 1 observed, 0 missing, `[B, L, V]`.
    pub mask: Tensor<3>,
    /// Which corruption the network was trained for.
    pub corruption: Corruption,
    /// The least and the greatest number that a window can hold.
    pub limits: [f32; 2],
    /// Whether to show the plain data, as the reference does, where training showed it with itself as noise, and to let
    /// estimates leave the limits. At the first steps of a schedule that ends in noise alone the prediction's error is
    /// magnified a hundred times and more.
    pub as_reference: bool,
}

impl Observed {
    /// x with its observed positions as training showed them at this share of variance left.
    fn show(&self, x: Tensor<3>, alpha_bar: f64) -> Tensor<3> {
        if self.corruption != Corruption::MissingOnly {
            return x;
        }
        let factor = if self.as_reference { 1.0 } else { alpha_bar.sqrt() + (1.0 - alpha_bar).sqrt() };
        let hidden = self.mask.clone().neg() + 1.0; // [B, L, V]
        x * hidden + self.data.clone() * self.mask.clone() * factor
    }

    /// The estimate of the window from what is shown and its predicted noise, and the noise that fits the estimate.
    fn estimate(&self, shown: &Tensor<3>, error: Tensor<3>, alpha_bar: f64) -> (Tensor<3>, Tensor<3>) {
        let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        let estimate = (shown.clone() - error.clone() * noise) / signal; // [B, L, V]
        if self.as_reference {
            return (estimate, error);
        }
        let [least, greatest] = self.limits;
        let estimate = estimate.clamp(least, greatest); // [B, L, V]
        let error = (shown.clone() - estimate.clone() * signal) / noise; // [B, L, V]
        (estimate, error)
    }
}

/// Runs the process backwards from `x` `[B, L, V]`, standard normal.
///
/// `denoise` predicts the noise of windows all at step t. `noise` gives fresh standard normal numbers for step t, and is
/// called for t = T - 1 to 1 in turn by [`Method::Ddpm`] alone. `settled` sees every step's estimate of the window and
/// says whether to stop with it.
pub(crate) fn sample(
    method: Method,
    table: &Table,
    mut x: Tensor<3>,
    observed: &Observed,
    denoise: impl Fn(Tensor<3>, usize) -> Tensor<3>,
    mut noise: impl FnMut(usize) -> Tensor<3>,
    mut settled: impl FnMut(&Tensor<3>) -> bool,
) -> Tensor<3> {
    let steps = visited(method, table.beta.len());
    for (number, &t) in steps.iter().enumerate() {
        let share = table.alpha_bar[t];
        let shown = observed.show(x, share); // [B, L, V]
        let error = denoise(shown.clone(), t); // [B, L, V]
        let (estimate, error) = observed.estimate(&shown, error, share); // [B, L, V]
        if settled(&estimate) {
            return estimate;
        }
        x = match method {
            Method::Ddpm => {
                let (alpha, beta) = (table.alpha[t], table.beta[t]);
                let mean = (shown - error * (beta / (1.0 - share).sqrt())) / alpha.sqrt();
                if t > 0 { mean + noise(t) * table.sigma[t] } else { mean }
            }
            Method::Ddim { .. } => match steps.get(number + 1) {
                Some(&next) => {
                    let share = table.alpha_bar[next];
                    estimate * share.sqrt() + error * (1.0 - share).sqrt()
                }
                None => estimate,
            },
        };
    }
    x
}

/// The steps that are visited, falling.
fn visited(method: Method, steps: usize) -> Vec<usize> {
    match method {
        Method::Ddpm => (0..steps).rev().collect(),
        Method::Ddim { steps: few } => {
            let few = few.clamp(1, steps.max(1));
            // From the last step on, evenly: the first is T - 1, the rest follow at T / few.
            (1..=few).rev().map(|i| i * steps / few - 1).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::diffusion::schedule::{Growth, Schedule};
    use burn::tensor::Device;

    fn table() -> Table {
        Schedule { steps: 50, first: 1e-4, last: 0.2, growth: Growth::Linear }.table()
    }

    #[test]
    fn few_steps_end_with_the_first() {
        assert_eq!(visited(Method::Ddim { steps: 4 }, 10), [9, 6, 4, 1]);
        assert_eq!(visited(Method::Ddim { steps: 99 }, 3), [2, 1, 0]);
        assert_eq!(visited(Method::Ddpm, 3), [2, 1, 0]);
    }

    #[test]
    fn wild_predictions_keep_estimates_within_the_limits_but_for_the_reference() {
        let device = Device::flex();
        let start = Tensor::<3>::ones([1, 3, 1], &device);
        let furthest = |as_reference: bool| {
            let observed = Observed {
                data: start.clone(),
                mask: start.zeros_like(),
                corruption: Corruption::Hidden,
                limits: [-1.0, 1.0],
                as_reference,
            };
            let max = std::cell::Cell::new(0.0f32);
            let look = |estimate: &Tensor<3>| {
                max.set(max.get().max(estimate.clone().abs().max().into_scalar()));
                false
            };
            let wild = |x: Tensor<3>, _| x * -3.0;
            let found =
                sample(Method::Ddim { steps: 5 }, &table(), start.clone(), &observed, wild, |_| start.clone(), look);
            (max.get(), found.abs().max().into_scalar::<f32>())
        };
        assert_eq!(furthest(false), (1.0, 1.0));
        assert!(furthest(true).0 > 2.0);
    }

    /// If the data is one known point, the best prediction of the noise is exact: both samplers have to arrive there.
    #[test]
    fn both_methods_arrive_at_a_known_point() {
        let device = Device::flex();
        let _alone = crate::nets::seed::seeded(3, &device);
        let table = table();
        let truth = Tensor::<3>::from_data([[[1.0f32], [-2.0], [0.5]]], &device);
        let start = Tensor::<3>::random([1, 3, 1], burn::tensor::Distribution::Normal(0.0, 1.0), &device);
        let observed = Observed {
            data: truth.clone(),
            mask: truth.zeros_like(),
            corruption: Corruption::Everywhere,
            limits: [-2.0, 2.0],
            as_reference: false,
        };
        for method in [Method::Ddpm, Method::Ddim { steps: 5 }] {
            let exact = |x: Tensor<3>, t: usize| {
                let share = table.alpha_bar[t];
                (x - truth.clone() * share.sqrt()) / (1.0 - share).sqrt()
            };
            let noise = |_| Tensor::random([1, 3, 1], burn::tensor::Distribution::Normal(0.0, 1.0), &device);
            let found = sample(method, &table, start.clone(), &observed, exact, noise, |_| false);
            let worst: f32 = (found - truth.clone()).abs().max().into_scalar();
            assert!(worst < 2e-2, "{method:?}: {worst}");
        }
    }
}

//! Any network of Gaussian diffusion as an [`Imputer`].
//!
//! The same window gets the same answer in any batch and on any number of threads: its noise derives from the seed, from
//! what is observed of it, and from the sample's number alone.

use crate::nets::answer::ALTERNATIVES;
use crate::nets::batch::{Batch, by_length};
use crate::nets::diffusion::loss::device_of;
use crate::nets::diffusion::noise::{Normal, side_by_side};
use crate::nets::diffusion::process::{Denoiser, Process};
use crate::nets::diffusion::sampler::{Method, Observed, sample};
use crate::window::imputer::{Imputation, Imputer, Window};
use burn::tensor::Tensor;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use tracemend_repair::rng::SplitMix64;

/// Windows that are filled side by side.
const BATCH: usize = 16;

/// How several samples become one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// The median of the numbers (of an even count the lower of the two in the middle), then the nearest token.
    Median,
    /// Their mean, then the nearest token.
    Mean,
    /// The token that most samples are nearest to.
    Majority,
}

/// How windows are sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Steps backwards.
    pub method: Method,
    /// Samples per window, 1 at least.
    pub samples: usize,
    /// What is made of them.
    pub combine: Combine,
    /// Stop when the tokens have not changed for so many steps; 0 never stops early.
    pub settled: usize,
    /// Show networks the plain data at observed positions, as the reference does, although training showed them more, and
    /// let estimates on the way be numbers that no token has.
    pub as_reference: bool,
    /// Of the noise.
    pub seed: u64,
}

impl Sampling {
    /// As published: every step, one sample.
    pub fn published() -> Self {
        Self { method: Method::Ddpm, samples: 1, combine: Combine::Median, settled: 0, as_reference: true, seed: 0 }
    }

    /// Eight steps in place of 200, and fewer where the answer has settled.
    pub fn quick() -> Self {
        Self { method: Method::Ddim { steps: 8 }, settled: 3, as_reference: false, ..Self::published() }
    }
}

/// A network that fills windows.
#[derive(Clone, Debug)]
pub(crate) struct DiffusionImputer<N> {
    network: N,
    sampling: Sampling,
}

impl<N: Denoiser + Sync> DiffusionImputer<N> {
    /// Fills by `network`, which should not be on a device that keeps gradients.
    pub(crate) fn new(network: N, sampling: Sampling) -> Self {
        Self { network, sampling }
    }

    /// Fills windows together, each as alone.
    pub(crate) fn impute_batch(&self, windows: &[Window<'_>]) -> Vec<Imputation> {
        by_length(windows, BATCH, |batch| self.fill(batch))
    }

    /// Raw samples of windows of equal length, `[samples][B L V]`, observed positions as the process left them.
    pub(crate) fn draw(&self, batch: &Batch) -> Vec<Vec<f32>> {
        let (windows, length, channels) = (batch.windows(), batch.length, self.network.process().channels());
        if windows == 0 || length == 0 {
            return Vec::new();
        }
        let padded = padded(batch, length.next_multiple_of(self.network.multiple()));
        let network = if padded.length > self.network.longest() {
            Cow::Owned(self.network.clone().extend(padded.length))
        } else {
            Cow::Borrowed(&self.network)
        };
        let process = network.process();
        let table = process.schedule.table();
        let device = device_of(&*network);
        let (data, mask) = process.encode(&padded, &device); // [B, L, V]
        let denoise = network.denoiser(data.clone(), mask.clone());
        let as_reference = self.sampling.as_reference;
        let limits = process.encoding.limits(process.vocabulary);
        let observed = Observed { data, mask, corruption: process.corruption, limits, as_reference };
        let one = |number: usize| {
            let mut streams: Vec<Normal> =
                (0..windows).map(|window| self.noise(batch.window(window), number)).collect();
            let mut fresh = || side_by_side(&mut streams, padded.length, channels, &device);
            let start = fresh();
            let mut last: (Vec<u32>, usize) = Default::default();
            let settled = |estimate: &Tensor<3>| self.settled(estimate, process, &padded, &mut last);
            let found = sample(
                self.sampling.method,
                &table,
                start,
                &observed,
                |x, t| process.noise(denoise(x.clone(), &vec![t; windows]), x, table.alpha_bar[t]),
                |_| fresh(),
                settled,
            );
            found.narrow(1, 0, length).into_data().iter::<f32>().collect()
        };
        (0..self.sampling.samples.max(1)).map(one).collect()
    }

    fn noise(&self, window: Window<'_>, sample: usize) -> Normal {
        let mut hasher = FxHasher::default();
        for (token, seen) in window.tokens.iter().zip(window.observed) {
            seen.then_some(token).hash(&mut hasher);
        }
        let words = [format!("{:x}", hasher.finish()), sample.to_string()];
        Normal::new(SplitMix64::new(self.sampling.seed, &["diffusion", &words[0], &words[1]]))
    }

    /// Whether the tokens at missing positions have stayed the same for long enough; `last` is what they were, and how
    /// often in a row.
    fn settled(&self, estimate: &Tensor<3>, process: &Process, batch: &Batch, last: &mut (Vec<u32>, usize)) -> bool {
        if self.sampling.settled == 0 {
            return false;
        }
        let values: Vec<f32> = estimate.clone().into_data().iter::<f32>().collect();
        let channels = process.channels();
        let read = |at: &usize| process.read(&values[at * channels..][..channels]).0;
        let tokens: Vec<u32> = batch.missing().iter().map(read).collect();
        last.1 = if tokens == last.0 { last.1 + 1 } else { 0 };
        last.0 = tokens;
        last.1 >= self.sampling.settled
    }

    fn fill(&self, batch: &Batch) -> Vec<Imputation> {
        let process = self.network.process();
        let channels = process.channels();
        let samples = self.draw(batch);
        let empty = |window: usize| Imputation {
            tokens: batch.window(window).tokens.to_vec(),
            alternatives: vec![Vec::new(); batch.length],
        };
        let mut filled: Vec<Imputation> = (0..batch.windows()).map(empty).collect();
        for at in batch.missing() {
            let values: Vec<&[f32]> = samples.iter().map(|sample| &sample[at * channels..][..channels]).collect();
            let (token, alternatives) = answer(&values, process, self.sampling.combine);
            let window = &mut filled[at / batch.length];
            window.tokens[at % batch.length] = token;
            window.alternatives[at % batch.length] = alternatives;
        }
        filled
    }
}

/// One position's token and its likeliest alternatives, from the values `[samples][V]`.
fn answer(samples: &[&[f32]], process: &Process, combine: Combine) -> (u32, Vec<(u32, f32)>) {
    let mut probabilities = vec![0.0; process.vocabulary];
    let mut votes = vec![0usize; process.vocabulary];
    for values in samples {
        let (nearest, each) = process.read(values);
        votes[nearest as usize] += 1;
        let share = 1.0 / samples.len() as f32;
        probabilities.iter_mut().zip(each).for_each(|(sum, each)| *sum += each * share);
    }
    let channel = |of: &dyn Fn(Vec<f32>) -> f32| -> Vec<f32> {
        (0..samples[0].len()).map(|channel| of(samples.iter().map(|values| values[channel]).collect())).collect()
    };
    let median = |mut values: Vec<f32>| {
        values.sort_by(f32::total_cmp);
        values[(values.len() - 1) / 2]
    };
    let mean = |values: Vec<f32>| values.iter().sum::<f32>() / values.len() as f32;
    let token = match combine {
        Combine::Median => process.read(&channel(&median)).0,
        Combine::Mean => process.read(&channel(&mean)).0,
        Combine::Majority => {
            let max = votes.iter().max().copied().unwrap_or(0);
            votes.iter().position(|votes| *votes == max).unwrap_or(0) as u32
        }
    };
    let mut ranked: Vec<(u32, f32)> =
        probabilities.iter().enumerate().map(|(token, probability)| (token as u32, *probability)).collect();
    // The chosen token stands among the alternatives, whatever its probability.
    ranked.sort_by(|a, b| (b.0 == token).cmp(&(a.0 == token)).then(b.1.total_cmp(&a.1)));
    ranked.truncate(ALTERNATIVES);
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    (token, ranked)
}

/// The batch with windows of `length`, what is missing blanked out, and missing positions at the end.
fn padded(batch: &Batch, length: usize) -> Batch {
    let mut padded = Batch { length, ..Batch::default() };
    for number in 0..batch.windows() {
        let window = batch.window(number);
        let shown = window.tokens.iter().zip(window.observed).map(|(token, seen)| if *seen { *token } else { 0 });
        padded.tokens.extend(shown);
        padded.observed.extend(window.observed);
        padded.side.extend(window.side);
        padded.tokens.resize((number + 1) * length, 0);
        padded.observed.resize((number + 1) * length, false);
        padded.side.resize((number + 1) * length, Default::default());
    }
    padded
}

impl<N: Denoiser + Sync> Imputer for DiffusionImputer<N> {
    fn name(&self) -> &str {
        self.network.kind()
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        self.impute_batch(&[window]).pop().unwrap_or_default()
    }

    fn impute_all(&self, windows: &[Window<'_>]) -> Vec<Imputation> {
        self.impute_batch(windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::csdi::CsdiConfig;
    use crate::nets::csdi_s4::CsdiS4Config;
    use crate::nets::diffusion::encoding::Encoding;
    use crate::nets::diffusion::process::Prediction;
    use crate::nets::diffwave::DiffWaveConfig;
    use crate::nets::sssd_s4::SssdS4Config;
    use crate::nets::sssd_sa::SssdSaConfig;
    use burn::tensor::Device;

    const VOCABULARY: usize = 6;

    fn sampling(samples: usize) -> Sampling {
        Sampling { method: Method::Ddim { steps: 2 }, samples, settled: 0, ..Sampling::quick() }
    }

    /// Every network, tiny.
    fn imputers(encoding: Encoding, prediction: Prediction, samples: usize) -> Vec<Box<dyn Imputer>> {
        let device = Device::flex();
        let process = |process: Process| Process { encoding, prediction, ..process };
        let sssd = || process(Process::sssd(VOCABULARY));
        let diffwave = DiffWaveConfig { process: sssd(), ..DiffWaveConfig::tiny(VOCABULARY) };
        let s4 = SssdS4Config { process: sssd(), ..SssdS4Config::tiny(VOCABULARY) };
        let sa = SssdSaConfig { process: sssd(), ..SssdSaConfig::tiny(VOCABULARY) };
        let csdi = CsdiConfig { process: process(Process::csdi(VOCABULARY)), ..CsdiConfig::tiny(VOCABULARY) };
        let csdi_s4 = CsdiS4Config { csdi: csdi.clone(), ..CsdiS4Config::tiny(VOCABULARY) };
        vec![
            Box::new(DiffusionImputer::new(diffwave.init(1, &device), sampling(samples))),
            Box::new(DiffusionImputer::new(s4.init(1, &device), sampling(samples))),
            Box::new(DiffusionImputer::new(sa.init(1, &device), sampling(samples))),
            Box::new(DiffusionImputer::new(csdi.init(1, &device), sampling(samples))),
            Box::new(DiffusionImputer::new(csdi_s4.init(1, &device), sampling(samples))),
        ]
    }

    /// Windows of several lengths, one longer than the S4 layers are made for and none a multiple of 4.
    fn windows() -> Vec<(Vec<u32>, Vec<bool>)> {
        let mut random = SplitMix64::new(7, &["windows"]);
        [9, 33, 9]
            .into_iter()
            .map(|length| {
                let tokens = (0..length).map(|_| random.below(VOCABULARY + 2) as u32).collect();
                (tokens, (0..length).map(|_| random.below(4) > 0).collect())
            })
            .collect()
    }

    fn fill(imputer: &dyn Imputer) -> Vec<Imputation> {
        let windows = windows();
        let windows: Vec<Window<'_>> = windows.iter().map(|(tokens, seen)| Window::new(tokens, seen)).collect();
        imputer.impute_all(&windows)
    }

    #[test]
    fn observed_positions_stay_and_probabilities_sum_to_one() {
        let encodings = [Encoding::Integer, Encoding::OneHot, Encoding::AnalogBits];
        for (encoding, prediction) in encodings.map(|e| [(e, Prediction::Noise), (e, Prediction::Start)]).concat() {
            for imputer in imputers(encoding, prediction, 2) {
                for (filled, (tokens, seen)) in fill(imputer.as_ref()).iter().zip(windows()) {
                    for at in 0..tokens.len() {
                        if seen[at] {
                            assert_eq!(filled.tokens[at], tokens[at], "{}", imputer.name());
                            assert!(filled.alternatives[at].is_empty());
                            continue;
                        }
                        assert!((filled.tokens[at] as usize) < VOCABULARY);
                        let listed: f32 = filled.alternatives[at].iter().map(|(_, p)| p).sum();
                        assert!(
                            listed > 0.5 && listed < 1.0 + 1e-5,
                            "{} of {VOCABULARY} tokens: {listed}",
                            ALTERNATIVES
                        );
                        assert!(filled.alternatives[at].iter().any(|(token, _)| *token == filled.tokens[at]));
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_answer_on_one_and_two_threads_alone_and_in_a_batch() {
        for imputer in imputers(Encoding::OneHot, Prediction::Start, 2) {
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| fill(imputer.as_ref()))
            };
            let one = on(1);
            assert_eq!(one, on(2), "{}", imputer.name());
            for (alone, (tokens, seen)) in one.iter().zip(windows()) {
                assert_eq!(imputer.impute(Window::new(&tokens, &seen)).tokens, alone.tokens, "{}", imputer.name());
            }
        }
    }

    #[test]
    fn what_stands_at_missing_positions_is_not_read() {
        for imputer in imputers(Encoding::Integer, Prediction::Noise, 1) {
            let before = fill(imputer.as_ref());
            for (before, (mut tokens, seen)) in before.iter().zip(windows()) {
                tokens.iter_mut().zip(&seen).filter(|(_, seen)| !**seen).for_each(|(token, _)| *token = 5 - *token % 6);
                let after = imputer.impute(Window::new(&tokens, &seen));
                assert_eq!(after.tokens, before.tokens, "{}", imputer.name());
            }
        }
    }

    #[test]
    fn samples_are_combined_as_asked() {
        let process = Process::sssd(10);
        let values: Vec<[f32; 1]> = vec![[1.1], [1.2], [4.0], [9.0]];
        let samples: Vec<&[f32]> = values.iter().map(|value| &value[..]).collect();
        let token = |combine| answer(&samples, &process, combine).0;
        assert_eq!(token(Combine::Median), 1); // of 1.2 and 4 the lower
        assert_eq!(token(Combine::Mean), 4); // 3.825
        assert_eq!(token(Combine::Majority), 1);
    }

    #[test]
    fn sampling_stops_when_tokens_settle() {
        let config = DiffWaveConfig::tiny(VOCABULARY);
        let network = config.init(1, &Device::flex());
        let long = Sampling { method: Method::Ddim { steps: 50 }, settled: 0, ..Sampling::quick() };
        let early = Sampling { settled: 1, ..long.clone() };
        let (tokens, seen) = windows().remove(0);
        let batch = Batch::new(&[Window::new(&tokens, &seen)]);
        let draw = |sampling: Sampling| DiffusionImputer::new(network.clone(), sampling).draw(&batch);
        // An untrained network predicts no noise at all, so its estimate is the same at every step but for rounding.
        let (all, few) = (draw(long), draw(early));
        assert_eq!(all[0].len(), few[0].len());
        let read = |values: &[f32]| config.process.read(values).0;
        for at in batch.missing() {
            assert_eq!(read(&all[0][at..=at]), read(&few[0][at..=at]));
        }
    }
}

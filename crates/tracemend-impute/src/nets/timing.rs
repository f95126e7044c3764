//! One step of the published networks, for the example `nets_time`: 8 windows of 200 events, the published sizes, integer
//! ids.

use crate::nets::diffusion::loss::{Draws, loss};
use crate::nets::diffusion::process::Denoiser;
use crate::nets::diffwave::DiffWaveConfig;
use crate::nets::sssd_s4::SssdS4Config;
use crate::nets::sssd_sa::SssdSaConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};

const WINDOWS: usize = 8;
const LENGTH: usize = 200;
const VOCABULARY: usize = 32;

/// Takes one step, as often as it is called.
pub type Step<'a> = &'a mut dyn FnMut();

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// One step of sampling.
    Reverse,
    /// One update; the device has to keep gradients.
    Training,
}

/// Has `measure` call a step of a network with random weights; false where `network` is none of `diffwave`, `sssd-s4` and
/// `sssd-sa`.
pub fn with_step(network: &str, work: Work, device: &Device, measure: &mut dyn FnMut(Step<'_>)) -> bool {
    match network {
        "diffwave" => steps(DiffWaveConfig::paper(VOCABULARY).init(1, device), work, device, measure),
        "sssd-s4" => steps(SssdS4Config::paper(VOCABULARY).init(1, device), work, device, measure),
        "sssd-sa" => steps(SssdSaConfig::paper(VOCABULARY).init(1, device), work, device, measure),
        _ => return false,
    }
    true
}

fn steps(network: impl Denoiser, work: Work, device: &Device, measure: &mut dyn FnMut(Step<'_>)) {
    match work {
        Work::Reverse => reverse(&network, device, measure),
        Work::Training => training(network, device, measure),
    }
}

fn batch(device: &Device) -> (Tensor<3>, Tensor<3>, Tensor<3>) {
    let size = WINDOWS * LENGTH;
    let column = |of: &dyn Fn(usize) -> f32| {
        Tensor::<1>::from_data(TensorData::new((0..size).map(of).collect(), [size]), device)
            .reshape([WINDOWS, LENGTH, 1])
    };
    let data = column(&|at| (at * 7 % VOCABULARY) as f32);
    let mask = column(&|at| f32::from(u8::from(!(90..110).contains(&(at % LENGTH)))));
    let noise = column(&|at| ((at * 37 % 101) as f32 - 50.0) / 29.0);
    (data, mask, noise)
}

fn reverse(network: &impl Denoiser, device: &Device, measure: &mut dyn FnMut(Step<'_>)) {
    let (data, mask, noise) = batch(device);
    let denoise = network.denoiser(data, mask);
    measure(&mut || drop(denoise(noise.clone(), &[100; WINDOWS]).into_data()));
}

fn training<N: Denoiser>(network: N, device: &Device, measure: &mut dyn FnMut(Step<'_>)) {
    let mut network = Some(network);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    measure(&mut || {
        let (data, mask, noise) = batch(device);
        let Some(current) = network.take() else { return };
        let draws = Draws { steps: vec![100; WINDOWS], noise };
        let grads = GradientsParams::from_grads(loss(&current, data, mask, draws).backward(), &current);
        network = Some(adam.step(2e-4, current, grads));
    });
}

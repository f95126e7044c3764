//! Seconds of a step backwards and of a training step of the published networks, for `benches/against_pytorch`.
//!
//! `nets_time NETWORK reverse|train REPEATS [DEVICE]` prints the seconds of each repetition, one a line, after one that does
//! not count: CPU seconds on the processor, seconds of the clock on a GPU. 8 windows of 200 events, the published sizes,
//! integer ids.

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use cpu_time::ProcessTime;
use std::time::Instant;
use tracemend_impute::nets;
use tracemend_impute::nets::device::DeviceName;
use tracemend_impute::nets::diffusion::loss::{Draws, loss};
use tracemend_impute::nets::diffusion::process::Denoiser;
use tracemend_impute::nets::diffwave::DiffWaveConfig;
use tracemend_impute::nets::sssd_s4::SssdS4Config;
use tracemend_impute::nets::sssd_sa::SssdSaConfig;

/// The program's own; the system's costs a tenth more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WINDOWS: usize = 8;
const LENGTH: usize = 200;
const VOCABULARY: usize = 32;

fn batch(device: &Device) -> (Tensor<3>, Tensor<3>, Tensor<3>) {
    let size = WINDOWS * LENGTH;
    let column = |of: &dyn Fn(usize) -> f32| {
        Tensor::<1>::from_data(burn::tensor::TensorData::new((0..size).map(of).collect(), [size]), device)
            .reshape([WINDOWS, LENGTH, 1])
    };
    let data = column(&|at| (at * 7 % VOCABULARY) as f32);
    let mask = column(&|at| f32::from(u8::from(!(90..110).contains(&(at % LENGTH)))));
    let noise = column(&|at| ((at * 37 % 101) as f32 - 50.0) / 29.0);
    (data, mask, noise)
}

fn time(repeats: usize, device: &Device, mut work: impl FnMut()) {
    let on_processor = device.clone().inner() == nets::cpu();
    for repeat in 0..=repeats {
        let (start, clock) = (ProcessTime::now(), Instant::now());
        work();
        // A GPU may be at work still.
        if let Err(error) = device.sync() {
            eprintln!("the device failed: {error}");
            std::process::exit(2);
        }
        if repeat > 0 {
            let spent = if on_processor { start.elapsed() } else { clock.elapsed() };
            println!("{:.4}", spent.as_secs_f64());
        }
    }
}

fn reverse(network: &impl Denoiser, repeats: usize, device: &Device) {
    let (data, mask, noise) = batch(device);
    let denoise = network.denoiser(data, mask);
    time(repeats, device, || drop(denoise(noise.clone(), &[100; WINDOWS]).into_data()));
}

fn train<N: Denoiser>(network: N, repeats: usize, device: &Device) {
    let mut network = Some(network);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    time(repeats, device, || {
        let (data, mask, noise) = batch(device);
        let Some(current) = network.take() else { return };
        let draws = Draws { steps: vec![100; WINDOWS], noise };
        let grads = GradientsParams::from_grads(loss(&current, data, mask, draws).backward(), &current);
        network = Some(adam.step(2e-4, current, grads));
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (network, work, repeats, device) = match arguments.as_slice() {
        [network, work, repeats] => (network, work, repeats, "cpu"),
        [network, work, repeats, device] => (network, work, repeats, device.as_str()),
        _ => {
            eprintln!("nets_time diffwave|sssd-s4|sssd-sa reverse|train REPEATS [cpu|cuda:N]");
            std::process::exit(2);
        }
    };
    let repeats = repeats.parse().unwrap_or(1);
    let device = match device.parse::<DeviceName>().and_then(DeviceName::open) {
        Ok(opened) if work == "train" => opened.device.autodiff(),
        Ok(opened) => opened.device,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    macro_rules! measure {
        ($config:ty) => {{
            let network = <$config>::paper(VOCABULARY).init(1, &device);
            if work == "train" { train(network, repeats, &device) } else { reverse(&network, repeats, &device) }
        }};
    }
    match network.as_str() {
        "diffwave" => measure!(DiffWaveConfig),
        "sssd-s4" => measure!(SssdS4Config),
        _ => measure!(SssdSaConfig),
    }
    println!("peak {}", peak_megabytes().map_or_else(|| "unknown".to_owned(), |mb| format!("{mb} MB")));
}

/// The process's largest resident size so far.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

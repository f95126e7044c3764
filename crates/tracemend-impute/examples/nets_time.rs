//! Seconds of a step backwards and of a training step of the published networks, for `benches/against_pytorch`.
//!
//! `nets_time NETWORK reverse|train REPEATS [DEVICE]` prints the seconds of each repetition, one a line, after one that does
//! not count: CPU seconds on the processor, seconds of the clock on a GPU. 8 windows of 200 events, the published sizes,
//! integer ids.

use cpu_time::ProcessTime;
use std::time::Instant;
use tracemend_impute::nets::device::DeviceName;
use tracemend_impute::nets::timing::{Step, Work, with_step};
use tracemend_impute::nets::{Device, cpu};

/// The program's own; the system's costs a tenth more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn time(repeats: usize, device: &Device, work: Step<'_>) {
    let on_processor = device.clone().inner() == cpu();
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
    let mut measure = |step: Step<'_>| time(repeats, &device, step);
    let work = if work == "train" { Work::Training } else { Work::Reverse };
    if !with_step(network, work, &device, &mut measure) {
        eprintln!("there is no network {network}; choose diffwave, sssd-s4 or sssd-sa");
        std::process::exit(2);
    }
    println!("peak {}", peak_megabytes().map_or_else(|| "unknown".to_owned(), |mb| format!("{mb} MB")));
}

/// The process's largest resident size so far.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

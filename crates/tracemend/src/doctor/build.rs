//! This build of tracemend, and the GPUs that it could use.

use serde::Serialize;
use std::{fs, path::Path};

/// Features of a build and whether this one has them.
const FEATURES: [(&str, bool); 3] =
    [("nets", cfg!(feature = "nets")), ("eval", cfg!(feature = "eval")), ("cuda", cfg!(feature = "cuda"))];

/// A build of tracemend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Build {
    /// Its version.
    pub version: &'static str,
    /// Features it has.
    pub features: Vec<&'static str>,
    /// Features it was built without.
    pub without: Vec<&'static str>,
    /// Architecture it runs on.
    pub arch: &'static str,
    /// Operating system it runs on.
    pub os: &'static str,
}

/// Returns this build.
pub(crate) fn build() -> Build {
    let named = |wanted: bool| FEATURES.iter().filter(|(_, has)| *has == wanted).map(|(name, _)| *name).collect();
    Build {
        version: env!("CARGO_PKG_VERSION"),
        features: named(true),
        without: named(false),
        arch: std::env::consts::ARCH,
        os: std::env::consts::OS,
    }
}

/// The GPUs of a machine, as far as its files tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Gpu {
    /// NVIDIA devices: `nvidia0`.
    pub devices: Vec<String>,
    /// Version of NVIDIA's driver in the kernel.
    pub driver: Option<String>,
    /// Whether this build can use them.
    pub cuda: bool,
    /// What follows for networks, in a sentence.
    pub meaning: String,
}

/// Looks for GPUs below `root`. Nothing is loaded and no device is opened, which could wake it.
pub(crate) fn gpu(root: &Path) -> Gpu {
    let names = fs::read_dir(root.join("dev")).into_iter().flatten().flatten();
    let mut devices: Vec<(u32, String)> = names
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name.strip_prefix("nvidia")?.parse().ok()?, name))
        })
        .collect();
    devices.sort();
    let devices: Vec<String> = devices.into_iter().map(|(_, name)| name).collect();
    let driver = fs::read_to_string(root.join("proc/driver/nvidia/version")).ok();
    let driver = driver.and_then(|text| {
        let mut words = text.lines().next()?.split_whitespace();
        words.find(|word| word.starts_with(|letter: char| letter.is_ascii_digit())).map(str::to_owned)
    });
    let cuda = cfg!(feature = "cuda");
    let meaning = match (devices.first(), cuda) {
        (None, false) => "no NVIDIA GPU seen, and this build uses none".to_owned(),
        (None, true) => "no NVIDIA GPU seen; networks run on the CPU".to_owned(),
        (Some(_), true) => "this build can use it: `--device cuda:0`".to_owned(),
        (Some(_), false) => "this build cannot use it; install with `--features cuda`".to_owned(),
    };
    Gpu { devices, driver, cuda, meaning }
}

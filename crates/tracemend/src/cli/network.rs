//! What the subcommands for networks share: settings, devices, training.

use super::choice::{Choices, choice};
use super::globals::Globals;
use super::interrupt;
use super::progress::Progress;
use crate::dataset::{LearningData, learning_data};
use crate::exit;
use anyhow::{Context as _, anyhow, bail};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracemend_impute::nets;
use tracemend_impute::nets::device::DeviceName;
use tracemend_impute::nets::model_file::{ModelFile, Training};
use tracemend_impute::nets::registry::{AnyNetwork, Preset, preset};
use tracemend_impute::nets::train::{BEST, Outcome, Task, TrainConfig, Watch};
use tracemend_impute::nets::{Device, Sampling};
use tracemend_impute::window::models::Model;
use tracemend_trace::AtomicFile;

/// How large a network is.
pub(super) const PRESETS: &Choices<Preset> = &[
    (Preset::Paper, "paper", "The published sizes where there are any; hours"),
    (Preset::Small, "small", "Minutes on two cores"),
    (Preset::Tiny, "tiny", "Seconds, for a first try"),
];

/// Parses `--device`, and names the devices for completions.
#[derive(Clone)]
pub(super) struct DeviceParser;

impl TypedValueParser for DeviceParser {
    type Value = DeviceName;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<DeviceName, clap::Error> {
        let parse = |text: &str| text.parse::<DeviceName>();
        TypedValueParser::parse_ref(&parse, command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let gpu = "The first NVIDIA GPU, in a build with the feature `cuda`; `cuda:N` is the N-th, counted from 0";
        Some(Box::new(
            [
                PossibleValue::new("cpu").help("The processor"),
                PossibleValue::new("cuda").help(gpu),
                PossibleValue::new("auto").help("The first GPU if it works, else the processor"),
            ]
            .into_iter(),
        ))
    }
}

/// How networks with Gaussian diffusion fill windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SamplingArg {
    /// A few steps (DDIM), until the prediction no longer changes.
    Quick,
    /// Every step, as published.
    Published,
}

impl SamplingArg {
    /// Returns the option as the library takes it.
    pub(super) fn sampling(self) -> Sampling {
        match self {
            Self::Quick => Sampling::quick(),
            Self::Published => Sampling::published(),
        }
    }
}

/// Loads a trained network as a method that fills windows, and how it was trained.
pub(super) fn load(path: &Path, sampling: &Sampling, device: &Device) -> anyhow::Result<(Model, Training)> {
    let file = ModelFile::load(path)?;
    let network = AnyNetwork::from_file(&file, device).with_context(|| format!("{} cannot be used", path.display()))?;
    let ModelFile { network: name, vocabulary, training, .. } = file;
    Ok((Model { name, vocabulary, imputer: network.into_imputer(sampling) }, training))
}

/// Opens the device to compute on, and says why `auto` is the CPU.
pub(super) fn open(name: DeviceName, globals: &Globals) -> anyhow::Result<Device> {
    let opened = name.open().with_context(|| format!("--device {name} cannot be used"))?;
    match (opened.fallback, name) {
        (Some(reason), _) => globals.note(&format!("--device auto computes on the CPU: {reason}")),
        (None, DeviceName::Auto) => globals.detail("--device auto computes on cuda:0"),
        (None, _) => (),
    }
    Ok(opened.device)
}

/// Options of `train` for networks.
#[derive(Args, Debug)]
pub(super) struct NetworkArgs {
    /// Network to train; `tracemend models list` names them.
    #[arg(long, value_name = "NAME", requires = "data")]
    model: Option<String>,
    /// network: data set, a folder from `dataset build`, or published windows (with --dataset).
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// network: name of a published data set, whose windows have the length of the settings.
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// network: size of the network.
    #[arg(long, value_parser = choice(PRESETS), value_name = "SIZE", default_value = "small")]
    preset: Preset,
    /// network: change a setting of the training (`steps=500`, `learning_rate=0.001`,
    /// `mask={blackout={shortest=1,longest=40}}`) or, with the prefix `model.`, of the network (`model.width=64`); repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// network: continue from the checkpoint in the run's folder, to the same weights as an uninterrupted run.
    #[arg(long)]
    resume: bool,
    /// network: device to compute on.
    #[arg(long, value_parser = DeviceParser, value_name = "DEVICE", default_value_t)]
    device: DeviceName,
}

impl NetworkArgs {
    /// Returns what to train into `folder`, or `None` if the options name no network.
    pub(super) fn request<'a>(&'a self, folder: &'a Path) -> anyhow::Result<Option<TrainRequest<'a>>> {
        let Some(network) = &self.model else { return Ok(None) };
        let Some(data) = &self.data else { bail!("name the data set with --data") };
        Ok(Some(TrainRequest {
            network,
            data,
            dataset: self.dataset.as_deref(),
            preset: self.preset,
            set: &self.set,
            resume: self.resume,
            device: self.device,
            folder,
        }))
    }
}

/// A network to train.
pub(super) struct TrainRequest<'a> {
    pub network: &'a str,
    pub data: &'a Path,
    pub dataset: Option<&'a str>,
    pub preset: Preset,
    pub set: &'a [String],
    pub resume: bool,
    pub device: DeviceName,
    pub folder: &'a Path,
}

/// File in a run's folder that keeps its settings.
const SETTINGS: &str = "settings.toml";

/// `mi_option_purge_delay` of mimalloc 3: milliseconds until freed memory returns to the system; -1: never.
const PURGE_DELAY: i32 = 15;

/// Makes the allocator keep freed memory. Otherwise the system clears it page by page before every update, which costs a
/// tenth to a fifth of the time.
#[expect(unsafe_code, reason = "the allocator has no other interface to its options")]
fn keep_freed_memory() {
    // SAFETY: it stores a number, which no thread of ours reads or writes: the worker threads are started later.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) };
}

/// Trains a network.
pub(super) fn train(request: &TrainRequest<'_>, globals: &Globals) -> anyhow::Result<u8> {
    keep_freed_memory();
    let device = open(request.device, globals)?;
    let defaults = TrainConfig { seed: globals.seed, ..TrainConfig::default() };
    let own = |key: &str| !key.starts_with("model.");
    let mut config: TrainConfig = with_settings(&defaults, request.set, own, "")?;
    let data = learning_data(request.data, request.dataset, config.length)?;
    // A data set knows its window length; one given by hand wins.
    if !request.set.iter().any(|set| set.starts_with("length=")) {
        config.length = data.length;
    }
    let model_set: Vec<String> = request.set.iter().filter(|set| !own(set)).cloned().collect();
    let tokens = data.vocabulary.tokens.len();
    let network_config = network_config(request.network, request.preset, tokens, &model_set, "model.")?;
    let network = AnyNetwork::init(request.network, &network_config, config.seed, &device)?;
    let LearningData { vocabulary, train, valid, .. } = &data;
    let task = Task { network: request.network, network_config: &network_config, vocabulary, train, valid };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(globals.thread_count()).build()?;
    let mut watch = Bar { progress: Progress::new(globals, "training") };
    let outcome = pool.install(|| network.train(&task, &config, request.folder, request.resume, &mut watch))?;
    watch.progress.finish();
    keep_settings(request.folder, request.network, &network_config, &config)?;
    let folder = request.folder.display();
    Ok(match outcome {
        Outcome::Done => {
            globals.note(&format!("trained {} into {folder}/{BEST}", request.network));
            exit::DONE
        }
        Outcome::Interrupted => {
            globals.note(&format!("interrupted; {folder} keeps the work so far, continue with --resume"));
            exit::INTERRUPTED
        }
    })
}

/// Returns the settings of a network as JSON: a preset, changed by `set`, whose keys begin with `prefix`.
pub(super) fn network_config(
    network: &str,
    size: Preset,
    vocabulary: usize,
    set: &[String],
    prefix: &str,
) -> anyhow::Result<String> {
    let sizes = preset(network, size, vocabulary)?;
    let config: serde_json::Value = with_settings(&sizes, set, |_| true, prefix)?;
    Ok(config.to_string())
}

/// Writes the run's settings into its folder.
fn keep_settings(folder: &Path, network: &str, network_config: &str, config: &TrainConfig) -> anyhow::Result<()> {
    let mut table = toml::Table::new();
    table.insert("network".to_owned(), network.into());
    let model: serde_json::Value = serde_json::from_str(network_config)?;
    table.insert("model".to_owned(), toml::Value::try_from(model)?);
    table.insert("training".to_owned(), toml::Value::try_from(config)?);
    let path = folder.join(SETTINGS);
    let write = |text: &str| {
        let mut file = AtomicFile::create(&path)?;
        file.write_all(text.as_bytes())?;
        file.commit()
    };
    write(&toml::to_string(&table)?).with_context(|| format!("{} cannot be written", path.display()))
}

struct Bar {
    progress: Progress,
}

impl Watch for Bar {
    fn progress(&mut self, progress: nets::train::Progress) {
        let text = format!("training, loss {:.4}, rate {:.1e}", progress.loss, progress.rate);
        self.progress.set(progress.step as u64, progress.steps as u64);
        self.progress.say(&text);
    }

    fn interrupted(&self) -> bool {
        interrupt::asked()
    }
}

/// Returns `defaults` changed by those settings of `set` (`key=value`, values in TOML) that are `wanted`. Keys lose their
/// `prefix`.
fn with_settings<T: Serialize, U: DeserializeOwned>(
    defaults: &T,
    set: &[String],
    wanted: impl Fn(&str) -> bool,
    prefix: &str,
) -> anyhow::Result<U> {
    let mut table = serde_json::to_value(defaults)?;
    for setting in set {
        let Some((key, value)) = setting.split_once('=') else {
            bail!("--set {setting}: a setting is KEY=VALUE");
        };
        if !wanted(key) {
            continue;
        }
        let name = key.strip_prefix(prefix).unwrap_or(key);
        let mut place = &mut table;
        for part in name.split('.') {
            let known = place.as_object().map(|table| table.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
            place = match place.get_mut(part) {
                Some(inner) => inner,
                None => bail!("--set {setting}: there is no setting {part}; known here: {}", known.join(", ")),
            };
        }
        let parsed: toml::Table = format!("value = {value}")
            .parse()
            .or_else(|_| format!("value = {}", toml::Value::String(value.to_owned())).parse())
            .map_err(|error| anyhow!("--set {setting}: {error}"))?;
        *place = serde_json::to_value(&parsed["value"])?;
        serde_json::from_value::<U>(table.clone()).map_err(|error| anyhow!("--set {setting}: {error}"))?;
    }
    Ok(serde_json::from_value(table)?)
}

#[cfg(test)]
mod tests {
    use super::super::choice::assert_names;
    use super::*;

    use serde_json::{Value, json};

    #[test]
    #[expect(unsafe_code, reason = "the allocator has no other interface to its options")]
    fn the_option_that_keeps_freed_memory_is_the_one_meant() {
        // SAFETY: it reads a number.
        let delay = || unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        assert!(delay() == 1000 || delay() == -1, "mimalloc's delay is 1000 ms, not {}", delay());
        keep_freed_memory();
        assert_eq!(delay(), -1);
    }

    #[test]
    fn presets_have_one_name() {
        assert_names(PRESETS);
    }

    #[test]
    fn a_setting_within_a_setting_is_named_with_dots() {
        let defaults = json!({"blocks": 6, "process": {"encoding": "integer", "schedule": {"steps": 200}}});
        let with = |set: &str| with_settings::<Value, Value>(&defaults, &[set.to_owned()], |_| true, "model.");
        let set = with("model.process.schedule.steps=50").expect("a setting that is there");
        assert_eq!(set["process"], json!({"encoding": "integer", "schedule": {"steps": 50}}));
        let wrong = with("model.process.step=50").expect_err("no such setting").to_string();
        assert!(wrong.ends_with("there is no setting step; known here: encoding, schedule"), "{wrong}");
    }
}

//! The training loop.
//!
//! Every draw depends on the seed and the number of the update alone, and a checkpoint holds all else. So a run that was
//! interrupted, killed or split into many gives the same weights, bit for bit on the CPU, as one that was not.
//!
//! A run's folder: `last.safetensors` (the checkpoint), `best.safetensors` (the model with the lowest validation loss),
//! `metrics.jsonl` (a line for each validation).

use crate::nets::batch::Batch;
use crate::nets::diffusion::loss::device_of;
use crate::nets::model_file::{ModelFile, Training, write_whole};
use crate::nets::network::Network;
use crate::nets::seed::seeded;
use crate::nets::state_dict;
use crate::nets::train::checkpoint::{Checkpoint, Standing};
use crate::nets::train::config::TrainConfig;
use crate::nets::train::error::TrainError;
use crate::nets::train::optimizer::Optimizer;
use crate::nets::train::text::draw;
use crate::window::dataset::{Sequence, Vocabulary, window_count};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tracemend_repair::rng::SplitMix64;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Updates done.
    pub step: usize,
    /// Updates to do.
    pub steps: usize,
    /// Loss of the last update.
    pub loss: f64,
    /// Learning rate of the last update.
    pub rate: f64,
}

/// Watches a run and may end it.
pub trait Watch {
    /// Called after each update.
    fn progress(&mut self, progress: Progress);
    /// Asked before each update; true ends the run after a checkpoint.
    fn interrupted(&self) -> bool;
}

/// What is trained, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The network's name.
    pub network: &'a str,
    /// Its settings as JSON.
    pub network_config: &'a str,
    /// Names of the tokens and processes.
    pub vocabulary: &'a Vocabulary,
    /// The training text.
    pub train: &'a [Sequence],
    /// Text to validate on; the training text where no sequence of it holds a window.
    pub valid: &'a [Sequence],
}

/// A line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Updates done.
    pub step: usize,
    /// Mean training loss since the line before.
    pub loss: f64,
    /// Loss of the averaged weights on the validation windows.
    pub validation_loss: f64,
    /// Learning rate of the last update.
    pub rate: f64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All updates were done, or nothing improved any more.
    Done,
    /// The watcher ended it; `--resume` goes on.
    Interrupted,
}

/// Name of the checkpoint in a run's folder.
pub(crate) const LAST: &str = "last.safetensors";
/// Name of the model in a run's folder.
pub const BEST: &str = "best.safetensors";
/// Name of the table of losses in a run's folder.
pub const METRICS: &str = "metrics.jsonl";

/// The settings a checkpoint belongs to.
fn settings(task: &Task<'_>, config: &TrainConfig) -> Result<String, TrainError> {
    let events = |texts: &[Sequence]| texts.iter().map(|text| text.tokens.len()).collect::<Vec<_>>();
    let all = (task.network, task.network_config, task.vocabulary, config, events(task.train), events(task.valid));
    serde_json::to_string(&all).map_err(|error| TrainError::Config(error.to_string()))
}

/// Why a network cannot learn from windows of `length`, in words.
fn misfit(network: &impl Network, length: usize) -> Option<String> {
    let (longest, multiple) = (network.longest(), network.multiple());
    if length > longest {
        return Some(format!(
            "windows of {length} events are longer than the {longest} that the network's S4 layers are made for; set \
             model.length to {length}, or length to {longest} at most"
        ));
    }
    (!length.is_multiple_of(multiple)).then(|| {
        format!("the network takes windows whose length is a multiple of {multiple}, not {length}; set length")
    })
}

/// Trains a network, from the beginning or, with `resume`, from the checkpoint in `folder` where there is one.
///
/// # Errors
/// Impossible settings, a folder that holds a run that is not to be resumed, files that cannot be read or written, a
/// checkpoint that is damaged or of other settings, a loss that is no number.
pub(crate) fn train<N: Network>(
    network: N,
    task: &Task<'_>,
    config: &TrainConfig,
    folder: &Path,
    resume: bool,
    watch: &mut dyn Watch,
) -> Result<Outcome, TrainError> {
    if let Some(problem) = config.problem() {
        return Err(TrainError::Config(problem));
    }
    if let Some(problem) = misfit(&network, config.length) {
        return Err(TrainError::Config(problem));
    }
    if window_count(task.train, config.length) == 0 {
        return Err(TrainError::NoWindow { length: config.length });
    }
    let last = folder.join(LAST);
    let io = |source| TrainError::Io { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut run = Run::new(network, task, config, folder)?;
    match (last.exists(), resume) {
        (true, false) => return Err(TrainError::Exists { path: folder.to_owned() }),
        (true, true) => run.restore(&last)?,
        (false, _) => run.save()?,
    }
    while run.standing.step < config.steps && !run.is_exhausted() {
        if watch.interrupted() {
            run.save()?;
            return Ok(Outcome::Interrupted);
        }
        let progress = run.update()?;
        if run.standing.step % config.validate_every == 0 || run.standing.step == config.steps {
            run.validate()?;
            run.save()?;
        }
        watch.progress(progress);
    }
    Ok(Outcome::Done)
}

struct Run<'a, N> {
    network: Option<N>,
    optimizer: Optimizer,
    standing: Standing,
    task: &'a Task<'a>,
    config: &'a TrainConfig,
    folder: &'a Path,
    settings: String,
    /// The windows to validate on.
    validation: Vec<Batch>,
    metrics: Vec<Metrics>,
}

impl<'a, N: Network> Run<'a, N> {
    fn new(network: N, task: &'a Task<'a>, config: &'a TrainConfig, folder: &'a Path) -> Result<Self, TrainError> {
        let held_out = if window_count(task.valid, config.length) > 0 { task.valid } else { task.train };
        let mut random = SplitMix64::new(config.seed, &["validation"]);
        let mut validation = Vec::new();
        let mut left = config.validation_windows;
        while left > 0 {
            let windows = left.min(config.batch);
            validation.push(draw(held_out, windows, config.length, &config.mask, &mut random));
            left -= windows;
        }
        Ok(Self {
            network: Some(network.train()),
            optimizer: Optimizer::default(),
            standing: Standing::default(),
            task,
            config,
            folder,
            settings: settings(task, config)?,
            validation,
            metrics: Vec::new(),
        })
    }

    /// The network between two updates; it is only away while one is being made.
    fn network(&self) -> Result<&N, TrainError> {
        self.network.as_ref().ok_or_else(|| TrainError::Config("an update failed before".to_owned()))
    }

    fn restore(&mut self, last: &Path) -> Result<(), TrainError> {
        let checkpoint = Checkpoint::load(last)?;
        if checkpoint.settings != self.settings {
            return Err(TrainError::Settings { path: last.to_owned() });
        }
        if let Some(network) = self.network.take() {
            self.network = Some(state_dict::load(network, N::RENAME, &checkpoint.tensors)?);
        }
        self.optimizer = checkpoint.optimizer;
        self.standing = checkpoint.standing;
        // Lines beyond the checkpoint will be written again.
        let path = self.folder.join(METRICS);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Metrics>(line).ok());
        self.metrics = lines.filter(|line| line.step <= self.standing.step).collect();
        Ok(())
    }

    fn save(&self) -> Result<(), TrainError> {
        let path = self.folder.join(METRICS);
        let mut text = String::new();
        for line in &self.metrics {
            text += &serde_json::to_string(line).map_err(|error| TrainError::Config(error.to_string()))?;
            text.push('\n');
        }
        write_whole(&path, &[text.as_bytes()]).map_err(|source| TrainError::Io { path, source })?;
        let checkpoint = Checkpoint {
            standing: self.standing.clone(),
            settings: self.settings.clone(),
            tensors: state_dict::export(self.network()?, N::RENAME),
            optimizer: self.optimizer.clone(),
        };
        checkpoint.save(&self.folder.join(LAST))
    }

    fn update(&mut self) -> Result<Progress, TrainError> {
        let step = self.standing.step;
        let mut random = SplitMix64::new(self.config.seed, &["update", &step.to_string()]);
        let batch = draw(self.task.train, self.config.batch, self.config.length, &self.config.mask, &mut random);
        let network = self.network()?;
        // Dropout draws from the device's random numbers, which belong to this update until its loss is there.
        let alone = seeded(random.next_u64(), &device_of(network));
        let loss = network.loss(&batch, &mut random);
        drop(alone);
        let value = f64::from(loss.clone().into_scalar::<f32>());
        if !value.is_finite() {
            return Err(TrainError::Diverged { step, loss: value });
        }
        let gradients = loss.backward();
        if let Some(network) = self.network.take() {
            self.network = Some(self.optimizer.step(network, gradients, self.config, step).0);
        }
        self.standing.step += 1;
        self.standing.losses.0 += value;
        self.standing.losses.1 += 1;
        let rate = self.config.learning_rate * self.config.schedule(step);
        Ok(Progress { step: step + 1, steps: self.config.steps, loss: value, rate })
    }

    /// Validates the averaged weights, and keeps them as the model if they are the best so far.
    fn validate(&mut self) -> Result<(), TrainError> {
        let network = self.network()?;
        let tensors = self.optimizer.averaged(state_dict::export(network, N::RENAME));
        let averaged = state_dict::load(network.valid(), N::RENAME, &tensors)?;
        let mut random = SplitMix64::new(self.config.seed, &["validation noise"]);
        let (mut sum, mut windows) = (0.0, 0);
        for batch in &self.validation {
            let loss = f64::from(averaged.loss(batch, &mut random).into_scalar::<f32>());
            sum += loss * batch.windows() as f64;
            windows += batch.windows();
        }
        let validation_loss = sum / windows as f64;
        let (losses, count) = std::mem::take(&mut self.standing.losses);
        let step = self.standing.step;
        self.metrics.push(Metrics {
            step,
            loss: losses / count.max(1) as f64,
            validation_loss,
            rate: self.config.learning_rate * self.config.schedule(step.saturating_sub(1)),
        });
        if self.standing.best.is_some_and(|best| best <= validation_loss) {
            self.standing.stale += 1;
            return Ok(());
        }
        self.standing.best = Some(validation_loss);
        self.standing.stale = 0;
        let model = ModelFile {
            network: self.task.network.to_owned(),
            config: self.task.network_config.to_owned(),
            vocabulary: self.task.vocabulary.clone(),
            training: Training {
                origin: "trained".to_owned(),
                steps: step,
                validation_loss: Some(validation_loss),
                events: self.task.train.iter().map(|text| text.tokens.len()).sum(),
                length: self.config.length,
            },
            tensors,
        };
        Ok(model.save(&self.folder.join(BEST))?)
    }

    fn is_exhausted(&self) -> bool {
        self.config.patience > 0 && self.standing.stale >= self.config.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::lstm::LstmConfig;
    use burn::tensor::Device;
    use std::cell::Cell;

    struct StopAt(Cell<usize>);

    impl Watch for StopAt {
        fn progress(&mut self, _: Progress) {
            self.0.set(self.0.get().saturating_sub(1));
        }

        fn interrupted(&self) -> bool {
            self.0.get() == 0
        }
    }

    fn config() -> TrainConfig {
        TrainConfig {
            steps: 12,
            batch: 4,
            length: 10,
            validate_every: 5,
            validation_windows: 6,
            ..TrainConfig::default()
        }
    }

    fn texts() -> Vec<Sequence> {
        vec![Sequence::bare((0..60).map(|i| i % 5).collect()), Sequence::bare((0..30).map(|i| i % 3).collect())]
    }

    fn go(folder: &Path, updates: usize, resume: bool) -> Result<Outcome, TrainError> {
        let texts = texts();
        let network = LstmConfig::tiny(5).init(1, &Device::flex());
        let vocabulary = Vocabulary::numbers(5);
        let task = Task { network: "lstm", network_config: "{}", vocabulary: &vocabulary, train: &texts, valid: &[] };
        train(network, &task, &config(), folder, resume, &mut StopAt(Cell::new(updates)))
    }

    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_run_in_pieces_equals_a_whole_one_bit_for_bit() {
        let (whole, pieces) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(go(whole.path(), 100, false).unwrap(), Outcome::Done);
        for updates in [3, 4, 0, 1] {
            assert_eq!(go(pieces.path(), updates, true).unwrap(), Outcome::Interrupted);
        }
        assert_eq!(go(pieces.path(), 100, true).unwrap(), Outcome::Done);
        let names: Vec<String> = files(whole.path()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [BEST, LAST, METRICS]);
        assert!(files(whole.path()) == files(pieces.path()));
    }

    #[test]
    fn a_run_is_neither_overwritten_nor_resumed_with_other_settings_or_from_damage() {
        let folder = tempfile::tempdir().unwrap();
        go(folder.path(), 2, false).unwrap();
        assert!(matches!(go(folder.path(), 2, false), Err(TrainError::Exists { .. })));
        let texts = texts();
        let vocabulary = Vocabulary::numbers(5);
        let task = Task { network: "lstm", network_config: "{}", vocabulary: &vocabulary, train: &texts, valid: &[] };
        let other = TrainConfig { batch: 5, ..config() };
        let network = LstmConfig::tiny(5).init(1, &Device::flex());
        let refused = train(network, &task, &other, folder.path(), true, &mut StopAt(Cell::new(9)));
        assert!(matches!(refused, Err(TrainError::Settings { .. })));
        let last = folder.path().join(LAST);
        let mut bytes = std::fs::read(&last).unwrap();
        let middle = bytes.len() - 100;
        bytes[middle] ^= 8;
        std::fs::write(&last, bytes).unwrap();
        assert!(matches!(go(folder.path(), 2, true), Err(TrainError::Checkpoint { .. })));
    }

    #[test]
    fn windows_that_do_not_fit_the_network_are_refused_before_anything_is_written() {
        use crate::nets::sssd_sa::SssdSaConfig;
        let texts = texts();
        let vocabulary = Vocabulary::numbers(5);
        let task =
            Task { network: "sssd_sa", network_config: "{}", vocabulary: &vocabulary, train: &texts, valid: &[] };
        let folder = tempfile::tempdir().unwrap();
        for (length, said) in [(36, "model.length"), (10, "multiple of 4")] {
            let network = SssdSaConfig::tiny(5).init(1, &Device::flex());
            let config = TrainConfig { length, ..config() };
            let refused = train(network, &task, &config, folder.path(), false, &mut StopAt(Cell::new(9))).unwrap_err();
            assert!(refused.to_string().contains(said), "{refused}");
        }
        assert!(files(folder.path()).is_empty());
    }

    #[test]
    fn the_loss_falls_on_text_that_repeats_itself() {
        let folder = tempfile::tempdir().unwrap();
        go(folder.path(), 100, false).unwrap();
        let text = std::fs::read_to_string(folder.path().join(METRICS)).unwrap();
        let lines: Vec<Metrics> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line.step).collect::<Vec<_>>(), [5, 10, 12]);
        assert!(lines[2].loss < lines[0].loss && lines[2].validation_loss < lines[0].validation_loss);
    }
}

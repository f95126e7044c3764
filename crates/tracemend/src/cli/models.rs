//! `tracemend models`: lists networks, and reads and writes their files.

use super::choice::choice;
use super::globals::{Globals, stdout};
use super::network;
use super::network::PRESETS;
use crate::exit;
use crate::report::{Align, Table, count};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracemend_impute::nets;
use tracemend_impute::nets::import;
use tracemend_impute::nets::model_file::{ModelFile, Training};
use tracemend_impute::nets::registry::{AnyNetwork, NETWORKS, Preset};
use tracemend_impute::window::dataset::Vocabulary;
use tracemend_trace::sink::JsonLines;

/// List the networks, describe a model file, import or export weights
#[derive(Args, Debug)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    task: ModelsTask,
}

#[derive(Subcommand, Debug)]
enum ModelsTask {
    /// List the networks that `train --model` can train
    List,
    /// Describe a model file: its network, settings, training, and every tensor; checks the whole file
    Describe {
        /// Model file to read.
        #[arg(value_name = "MODEL")]
        model: PathBuf,
    },
    /// Make a model file from a PyTorch checkpoint (`.pkl`, `.pt`)
    ///
    /// Reads the pickle as data and never runs it. All tensors must have the names and shapes of the network's.
    Import {
        /// Checkpoint to read.
        #[arg(value_name = "CHECKPOINT")]
        checkpoint: PathBuf,
        /// Network that the weights belong to.
        #[arg(long, value_name = "NAME", required = true)]
        network: String,
        /// Size of the network.
        #[arg(long, value_parser = choice(PRESETS), value_name = "SIZE", default_value = "paper")]
        preset: Preset,
        /// Change a setting of the network, such as `residual_channels=64`; repeatable.
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Number of tokens in the model's vocabulary.
        #[arg(long, value_name = "V", default_value_t = 64)]
        vocabulary: usize,
        /// Write the model to this file.
        #[arg(short, long, value_name = "FILE", required = true)]
        output: PathBuf,
    },
    /// Write a model's tensors as plain safetensors, for `safetensors.torch.load_file`
    ///
    /// The tensors have their published names.
    Export {
        /// Model file to read.
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        /// Write the tensors to this file.
        #[arg(short, long, value_name = "FILE", required = true)]
        output: PathBuf,
    },
}

/// A network that can be trained.
#[derive(Serialize)]
struct Known {
    name: &'static str,
    description: &'static str,
}

/// Content of a model file.
#[derive(Serialize)]
struct Description {
    network: String,
    config: serde_json::Value,
    training: Training,
    tokens: usize,
    processes: usize,
    parameters: usize,
    tensors: Vec<TensorInfo>,
}

#[derive(Serialize)]
struct TensorInfo {
    name: String,
    shape: Vec<usize>,
}

pub(super) fn run(args: &ModelsArgs, globals: &Globals) -> anyhow::Result<u8> {
    match &args.task {
        ModelsTask::List => list(globals)?,
        ModelsTask::Describe { model } => describe(model, globals)?,
        ModelsTask::Import { checkpoint, network, preset, set, vocabulary, output } => {
            let config = network::network_config(network, *preset, *vocabulary, set, "")?;
            let file = ModelFile {
                network: network.clone(),
                config,
                vocabulary: Vocabulary::numbers(*vocabulary),
                training: Training { origin: checkpoint.display().to_string(), ..Training::default() },
                tensors: import::read_checkpoint(checkpoint)?,
            };
            AnyNetwork::from_file(&file, &nets::cpu())
                .with_context(|| format!("{} does not contain the weights of this network", checkpoint.display()))?;
            file.save(output)?;
            globals.note(&format!("imported {} tensors into {}", file.tensors.len(), output.display()));
        }
        ModelsTask::Export { model, output } => {
            let file = ModelFile::load(model)?;
            import::export(&file.tensors, output)?;
            globals.note(&format!("exported {} tensors into {}", file.tensors.len(), output.display()));
        }
    }
    Ok(exit::DONE)
}

fn list(globals: &Globals) -> anyhow::Result<()> {
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(&mut out, "tracemend.models", 1)?;
        for (name, description) in NETWORKS {
            lines.row("network", &Known { name, description })?;
        }
    } else {
        let mut table = Table::new(&[("network", Align::Left), ("description", Align::Left)]);
        for (name, description) in NETWORKS {
            table.row(vec![name.to_owned(), description.to_owned()]);
        }
        for line in table.lines() {
            writeln!(out, "{line}")?;
        }
    }
    Ok(out.flush()?)
}

fn describe(path: &Path, globals: &Globals) -> anyhow::Result<()> {
    let file = ModelFile::load(path)?;
    // Building the network reports tensors that do not fit.
    AnyNetwork::from_file(&file, &nets::cpu())?;
    let description = Description {
        config: serde_json::from_str(&file.config)?,
        training: file.training,
        tokens: file.vocabulary.tokens.len(),
        processes: file.vocabulary.processes.len(),
        parameters: file.tensors.values().map(|tensor| tensor.values.len()).sum(),
        tensors: file.tensors.into_iter().map(|(name, tensor)| TensorInfo { name, shape: tensor.shape }).collect(),
        network: file.network,
    };
    let mut out = stdout();
    if globals.json {
        JsonLines::begin(&mut out, "tracemend.models", 1)?.row("model", &description)?;
    } else {
        let Description { network, config, training, tokens, processes, parameters, tensors } = &description;
        writeln!(out, "network     {network}")?;
        writeln!(out, "settings    {config}")?;
        let loss = training.validation_loss.map_or(String::new(), |loss| format!(", validation loss {loss:.4}"));
        let (steps, events) = (count(training.steps as u64), count(training.events as u64));
        writeln!(out, "training    {}: {steps} steps on {events} events{loss}", training.origin)?;
        writeln!(out, "vocabulary  {tokens} tokens, {processes} processes")?;
        writeln!(out, "parameters  {}\n", count(*parameters as u64))?;
        let mut table = Table::new(&[("tensor", Align::Left), ("shape", Align::Left)]);
        for tensor in tensors {
            let shape: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
            table.row(vec![tensor.name.clone(), shape.join(" x ")]);
        }
        for line in table.lines() {
            writeln!(out, "{line}")?;
        }
    }
    Ok(out.flush()?)
}

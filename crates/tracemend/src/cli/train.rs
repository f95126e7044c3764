//! `tracemend train`: learn a model from traces.

use super::{globals::Globals, interrupt, network, progress::Progress};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tracemend::{exit, report::plural};
use tracemend_impute::{
    nets::device::DeviceName,
    repair::{RepairOptions, train},
};
use tracemend_trace::{Trace, sink::atomic::AtomicFile};

/// Learn a model: counts from traces, or a network from a data set
///
/// `tracemend train TRACE... -o MODEL` learns counts, which `repair --model` uses. `tracemend train --model NAME --data DIR
/// -o RUN` trains a network on a data set that `dataset build` made, or on published windows; the run's folder keeps the
/// best weights (best.safetensors), a checkpoint to go on from (--resume), and the losses (metrics.jsonl).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tracemend train run1.dat run2.dat -o counts.model\n  \
    tracemend train --model masked_diffusion --data ./set -o ./run --set steps=500\n  \
    tracemend train --model lstm --preset tiny --data pts.npz --dataset ffmpeg --set length=200 -o ./run")]
pub struct TrainArgs {
    /// Traces of the same kind of program, complete or not; what is intact is learned.
    #[arg(value_name = "TRACE", required_unless_present = "model", conflicts_with = "model")]
    traces: Vec<PathBuf>,
    /// The engine.
    #[arg(long, value_enum, value_name = "ENGINE", default_value = "counts")]
    engine: EngineArg,
    /// The network to train; `tracemend models list` names them all.
    #[arg(long, value_name = "NAME", requires = "data")]
    model: Option<String>,
    /// network: the data set, a folder that `dataset build` made, or published windows (with --dataset).
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// network: the name of a published data set; its windows have the length that the settings name.
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// network: how large.
    #[arg(long, value_enum, value_name = "SIZE", default_value = "small")]
    preset: network::PresetArg,
    /// network: change a setting of the training, or with `model.` before its name one of the network: `steps=500`,
    /// `learning_rate=0.001`, `mask={blackout={shortest=1,longest=40}}`, `model.width=64`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// network: go on from the checkpoint in the run's folder, to the same weights as a run that was never interrupted.
    #[arg(long)]
    resume: bool,
    /// network: where to compute.
    #[arg(long, value_parser = network::DeviceParser, value_name = "DEVICE", default_value_t)]
    device: DeviceName,
    /// Write the model here: a file, which appears whole or not at all; for a network the run's folder.
    #[arg(short, long, value_name = "PATH", required = true)]
    output: PathBuf,
}

/// Names of engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineArg {
    /// Variable-order counts: learned in one pass, merged by sum.
    Counts,
}

pub fn run(args: &TrainArgs, globals: &Globals) -> anyhow::Result<u8> {
    match (&args.model, &args.data) {
        (Some(name), Some(data)) => interrupt::stoppable(|| {
            network::train(
                &network::TrainRequest {
                    network: name,
                    data,
                    dataset: args.dataset.as_deref(),
                    preset: args.preset.into(),
                    set: &args.set,
                    resume: args.resume,
                    device: args.device,
                    folder: &args.output,
                },
                globals,
            )
        }),
        (Some(_), None) => bail!("name the data set with --data"),
        (None, _) => counts(args, globals),
    }
}

fn counts(args: &TrainArgs, globals: &Globals) -> anyhow::Result<u8> {
    let EngineArg::Counts = args.engine;
    let shown = args.output.display();
    let file = AtomicFile::create(&args.output)
        .with_context(|| format!("{shown} cannot be written; choose another file with --output"))?;
    let mut progress = Progress::new(globals, "reading");
    let traces = globals.read_all(&args.traces, &mut |done, total| progress.set(done, total))?;
    progress.finish();
    let options = RepairOptions { seed: globals.seed, threads: globals.thread_count(), ..RepairOptions::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let model = pool.install(|| train(&traces.iter().collect::<Vec<_>>(), &options));
    model.save(file.path()).with_context(|| format!("the model cannot be written to {shown}"))?;
    file.commit().with_context(|| format!("the model cannot be written to {shown}"))?;
    globals.note(&format!(
        "learned {} of {} into {shown}",
        plural(traces.iter().map(|trace: &Trace| trace.events.len() as u64).sum(), "event"),
        plural(args.traces.len() as u64, "trace")
    ));
    Ok(exit::DONE)
}

//! `tracemend train`: learns a model from traces.

use super::globals::Globals;
use super::progress::Progress;
#[cfg(feature = "nets")]
use super::{interrupt, network};
use crate::exit;
use crate::report::plural;
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use tracemend_repair::{train, with_threads};
use tracemend_trace::AtomicFile;
use tracemend_trace::Trace;

/// Learn an n-gram model from traces, or train a network on a data set
///
/// `tracemend train TRACE... -o MODEL` learns an n-gram model for `repair --model`. `tracemend train --model NAME --data DIR
/// -o RUN` trains a network on a data set from `dataset build` or on published windows. The run's folder keeps the best
/// weights (best.safetensors), a checkpoint for --resume (last.safetensors), and the losses (metrics.jsonl).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tracemend train run1.dat run2.dat -o program.model\n  \
    tracemend train --model masked_diffusion --data ./set -o ./run --set steps=500\n  \
    tracemend train --model lstm --preset tiny --data pts.npz --dataset ffmpeg --set length=200 -o ./run")]
pub(super) struct TrainArgs {
    /// Traces of the same program; with gaps, their intact parts are learned.
    #[arg(value_name = "TRACE", required = true)]
    #[cfg_attr(feature = "nets", arg(required = false, required_unless_present = "model", conflicts_with = "model"))]
    traces: Vec<PathBuf>,
    #[cfg(feature = "nets")]
    #[command(flatten)]
    network: network::NetworkArgs,
    /// Write the model to this file, which appears whole or not at all; for a network, to the run's folder.
    #[arg(short, long, value_name = "PATH", required = true)]
    output: PathBuf,
}

pub(super) fn run(args: &TrainArgs, globals: &Globals) -> anyhow::Result<u8> {
    #[cfg(feature = "nets")]
    if let Some(request) = args.network.request(&args.output)? {
        return interrupt::stoppable(None, || network::train(&request, globals));
    }
    ngrams(args, globals)
}

fn ngrams(args: &TrainArgs, globals: &Globals) -> anyhow::Result<u8> {
    let shown = args.output.display();
    let mut file = AtomicFile::create(&args.output)
        .with_context(|| format!("{shown} cannot be written; choose another file with --output"))?;
    let mut progress = Progress::new(globals, "reading");
    let traces = globals.read_all(&args.traces, &mut |done, total| progress.set(done, total))?;
    progress.finish();
    let options = globals.repair_options()?;
    let model = with_threads(options.threads, || train(&traces.iter().collect::<Vec<_>>(), &options));
    model.write_to(&mut file)?;
    file.commit()?;
    globals.note(&format!(
        "learned {} from {} into {shown}",
        plural(traces.iter().map(|trace: &Trace| trace.events.len() as u64).sum(), "event"),
        plural(args.traces.len() as u64, "trace")
    ));
    Ok(exit::DONE)
}

//! `tracemend merge`: adds models up.

use super::globals::Globals;
use super::repair::load_model;
use super::repair_output::opened;
use crate::exit;
use crate::report::plural;
use clap::Args;
use std::path::PathBuf;
use tracemend_repair::model::TraceModel;
use tracemend_trace::AtomicFile;

/// Merge n-gram models into one, as if all their traces had been learned at once
///
/// The order of the models does not matter, nor does merging in several steps: the file is the same, byte for byte. So many
/// machines can learn from a part of the traces each. Each model was calibrated on blackouts in its own traces, and the
/// merged model has all of these.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tracemend merge monday.model tuesday.model -o week.model\n  \
    tracemend merge shards/*.model -o program.model")]
pub(super) struct MergeArgs {
    /// Models from `tracemend train` or `tracemend merge`.
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// Write the merged model to this file, which appears whole or not at all.
    #[arg(short, long, value_name = "PATH", required = true)]
    output: PathBuf,
}

pub(super) fn run(args: &MergeArgs, globals: &Globals) -> anyhow::Result<u8> {
    let shown = args.output.display();
    let mut file = opened(&args.output, AtomicFile::create(&args.output), "--output")?;
    let mut sum = TraceModel::default();
    for path in &args.models {
        let model = load_model(path)?;
        globals.detail(&format!("read a model of {} from {}", plural(model.events, "event"), path.display()));
        sum.merge(&model);
    }
    sum.write_to(&mut file)?;
    file.commit()?;
    globals.note(&format!(
        "merged {} of {} into {shown}",
        plural(args.models.len() as u64, "model"),
        plural(sum.events, "event")
    ));
    Ok(exit::DONE)
}

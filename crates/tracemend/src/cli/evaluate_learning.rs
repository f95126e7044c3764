//! What `evaluate truth` and `evaluate ring` let methods learn from.

use super::evaluate_shared::Settings;
use super::globals::Globals;
use super::repair::load_models;
use clap::Args;
use std::path::PathBuf;
use tracemend_eval::methods::ENGINE;
use tracemend_repair::model::TraceModel;
use tracemend_repair::{train, with_threads};
use tracemend_trace::Trace;

/// What methods learn from, besides the intact rest of the trace that they repair.
#[derive(Args, Debug)]
pub(super) struct LearnArgs {
    /// Other traces that all methods learn from; the engine as with `repair --model` of what `train` makes of them.
    #[arg(long, value_name = "TRACE", num_args = 1..)]
    pub train: Vec<PathBuf>,
    /// Models made by `train` that the engine repairs with, as `repair --model` does; several are added up. The baselines
    /// cannot learn from models.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "train")]
    model: Vec<PathBuf>,
}

/// What methods learned from.
pub(super) struct Learned {
    /// The traces of `--train`.
    pub traces: Vec<Trace>,
    /// What the engine repairs with, of these or of `--model`.
    pub model: Option<TraceModel>,
}

impl LearnArgs {
    pub(super) fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.files("train", &self.train)?;
        settings.files("model", &self.model)
    }

    /// Reads the traces, and learns or loads the model. `asked`: the methods asked for.
    pub(super) fn learned(&self, asked: &[String], globals: &Globals) -> anyhow::Result<Learned> {
        let traces: Vec<Trace> = self.train.iter().map(|path| globals.read(path)).collect::<anyhow::Result<_>>()?;
        let model = self.engine_model(&traces.iter().collect::<Vec<_>>(), asked, globals)?;
        Ok(Learned { traces, model })
    }

    /// The model that the engine repairs with: learned from traces, or loaded.
    fn engine_model(
        &self,
        traces: &[&Trace],
        asked: &[String],
        globals: &Globals,
    ) -> anyhow::Result<Option<TraceModel>> {
        if !asked.is_empty() && !asked.iter().any(|method| method == ENGINE) {
            return Ok(None);
        }
        if !traces.is_empty() {
            // The same as `train` does.
            let options = globals.repair_options()?;
            return Ok(Some(with_threads(options.threads, || train(traces, &options))));
        }
        load_models(&self.model)
    }
}

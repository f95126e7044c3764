//! `tracemend train`: learn a model from traces.

use super::{globals::Globals, progress::Progress};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tracemend::{exit, report::plural};
use tracemend_impute::repair::{RepairOptions, train};
use tracemend_trace::{Trace, sink::atomic::AtomicFile};

/// Learn a model from traces; `repair --model` uses it
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Traces of the same kind of program, complete or not; what is intact is learned.
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// The engine.
    #[arg(long, value_enum, value_name = "ENGINE", default_value = "counts")]
    engine: EngineArg,
    /// Write the model here; the file appears whole or not at all.
    #[arg(short, long, value_name = "FILE", required = true)]
    output: PathBuf,
}

/// Names of engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineArg {
    /// Variable-order counts: learned in one pass, merged by sum.
    Counts,
}

pub fn run(args: &TrainArgs, globals: &Globals) -> anyhow::Result<u8> {
    let EngineArg::Counts = args.engine;
    let shown = args.output.display();
    let file = AtomicFile::create(&args.output)
        .with_context(|| format!("{shown} cannot be written; choose another file with --output"))?;
    let mut traces = Vec::with_capacity(args.traces.len());
    let mut progress = Progress::new(globals, "reading");
    for (done, path) in args.traces.iter().enumerate() {
        progress.set(done as u64, args.traces.len() as u64);
        let mut source = globals.open(path)?;
        let trace = Trace::read(source.as_mut())?;
        globals.reader_warnings(&trace.header);
        globals.detail(&format!("read {} from {}", plural(trace.events.len() as u64, "event"), path.display()));
        traces.push(trace);
    }
    progress.finish();
    let options = RepairOptions { seed: globals.seed, threads: globals.thread_count(), ..RepairOptions::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let model = pool.install(|| train(&traces.iter().collect::<Vec<_>>(), &options));
    model.save(file.path()).with_context(|| format!("the model cannot be written to {shown}"))?;
    file.commit().with_context(|| format!("the model cannot be written to {shown}"))?;
    globals.note(&format!(
        "learned {} of {} into {shown}",
        plural(traces.iter().map(|trace| trace.events.len() as u64).sum(), "event"),
        plural(args.traces.len() as u64, "trace")
    ));
    Ok(exit::DONE)
}

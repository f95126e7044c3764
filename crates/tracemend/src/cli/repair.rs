//! `tracemend repair`: reconstructs what a trace lost.

use super::globals::{Globals, stdout};
use super::interrupt;
use super::progress::Progress;
use super::repair_network::Network;
#[cfg(feature = "nets")]
use super::repair_network::NetworkArgs;
use super::repair_output::{Output, OutputArgs};
use crate::exit;
use crate::losses::lost_in_gaps;
use crate::overlay::{WriteOptions, model_id};
use crate::pipeline::{Loaded, Repaired, load_within};
use crate::report::plural;
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tracemend_repair::model::TraceModel;
use tracemend_repair::{RepairOptions, repair_with};
use tracemend_trace::Lost;
use tracemend_trace::sink::{GapRow, JsonLines};

/// Reconstruct the events a trace lost, each with a calibrated probability
///
/// Writes an overlay by default: every gap, what it lost by kind, and the inferred events. The trace itself stays
/// untouched. `--merge` writes the recorded events too. Without `--model`, the engine learns from the intact rest of the
/// trace.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend repair trace.txt -o repaired.jsonl --report report.html\n  \
    tracemend repair lttng-session/ -o overlay.ctf && babeltrace2 lttng-session/ overlay.ctf\n  \
    tracemend repair perf.data --merge -o repaired.parquet\n  \
    tracemend repair trace.dat -o repaired.perfetto-trace\n  \
    tracemend repair trace.txt --output-format text --min-confidence 0.9 | less")]
pub(super) struct RepairArgs {
    /// Trace to repair, `-` for stdin; may be compressed with zstd or gzip.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Model from `tracemend train`, for what the trace itself does not teach; left out where artificial gaps in the trace are
    /// filled no better with it. Repeatable: several are added up.
    #[arg(short, long, value_name = "FILE")]
    model: Vec<PathBuf>,
    #[cfg(feature = "nets")]
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Leave out inferred events below this confidence; their places stay part of the gap.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = probability)]
    min_confidence: f32,
    /// Fill gaps that lost up to this many events, and leave longer ones open.
    #[arg(long, alias = "most", value_name = "N", default_value_t = RepairOptions::default().max_lost)]
    max_lost: u64,
    /// Also fill gaps of which nothing is known but lines that could not be read.
    #[arg(long)]
    fill_damage: bool,
    /// Also draw this many random reconstructions of every gap.
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Print what would be repaired and where the model comes from, and exit.
    #[arg(long)]
    dry_run: bool,
}

impl RepairArgs {
    #[cfg(feature = "nets")]
    fn network(&self, globals: &Globals) -> anyhow::Result<Option<Network>> {
        self.network.load(globals)
    }

    /// None: this build has no networks.
    #[cfg(not(feature = "nets"))]
    fn network(&self, _: &Globals) -> anyhow::Result<Option<Network>> {
        Ok(None)
    }
}

fn probability(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("the value must be a number from 0 to 1".to_owned()),
    }
}

pub(super) fn run(args: &RepairArgs, globals: &Globals) -> anyhow::Result<u8> {
    args.output.check(&args.trace, globals.json, args.samples)?;
    let output = if args.dry_run { None } else { Some(args.output.open(globals.json)?) };
    let model = load_models(&args.model)?;
    let network = args.network(globals)?;
    let mut source = globals.open(&args.trace)?;
    let lines = output.as_ref().is_some_and(Output::wants_lines);
    let loaded = load_within(source.as_mut(), lines, &globals.repair_budget(&args.trace))?;
    globals.reader_warnings(&loaded.trace.header);
    if let Some(network) = &network {
        network.check(&loaded.trace, globals)?;
    }
    let Some(output) = output else {
        return dry_run(args, network.as_ref(), globals, &loaded);
    };
    if loaded.trace.gaps.is_empty() {
        globals.warning(&format!(
            "{}: the trace reports no loss, so there is nothing to repair. `tracemend gaps --evidence` looks for \
             losses that the tracer did not report",
            args.trace.display()
        ));
    }
    globals.detail(&format!(
        "read {} and {}",
        plural(loaded.trace.events.len() as u64, "event"),
        plural(loaded.trace.gaps.len() as u64, "gap")
    ));
    let options = RepairOptions {
        samples: args.samples,
        max_lost: args.max_lost,
        fill_damage: args.fill_damage,
        ..globals.repair_options()?
    };
    let progress = Mutex::new(Progress::new(globals, "repairing"));
    let watch = |done: usize, total: usize| {
        // Another thread may be showing progress; the next call will show more.
        if let Ok(mut progress) = progress.try_lock() {
            progress.set(done as u64, total as u64);
        }
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let imputing = network.as_ref().map(Network::imputing);
    let repairs = interrupt::stoppable(Some(interrupt::SOON), || {
        repair_with(&loaded.trace, model.as_ref(), imputing, &options, &watch)
    });
    progress.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    let from_model = repairs.iter().any(|repair| repair.from_model);
    let from_network = network.as_ref().filter(|_| repairs.iter().any(|repair| repair.from_imputer));
    let model_id = match from_network {
        Some(network) => network.id(),
        None => model_id(if from_model { &args.model } else { &[] }),
    };
    let write_options = WriteOptions { min_confidence: args.min_confidence, model: &model_id };
    let repaired = Repaired::new(&loaded, &repairs, write_options);
    output.write(&args.trace, &repaired, globals)?;
    for line in repaired.summary().lines() {
        globals.note(&line);
    }
    if repairs.iter().any(|repair| !repair.events.is_empty()) {
        let left_out =
            [("model", model.is_some() && !from_model), ("network", network.is_some() && from_network.is_none())];
        for (what, _) in left_out.into_iter().filter(|&(_, left_out)| left_out) {
            globals
                .note(&format!("the {what} was left out: artificial gaps in this trace are filled no better with it"));
        }
    }
    if !args.fill_damage && loaded.trace.gaps.iter().any(|gap| gap.unread_lines.is_some()) {
        globals.note("to fill gaps of unread lines too: --fill-damage");
    }
    Ok(if interrupt::asked() { exit::INTERRUPTED } else { exit::DONE })
}

/// Loads models that `train` made, added up.
pub(super) fn load_models(paths: &[PathBuf]) -> anyhow::Result<Option<TraceModel>> {
    let mut sum: Option<TraceModel> = None;
    for path in paths {
        let model = load_model(path)?;
        match &mut sum {
            Some(sum) => sum.merge(&model),
            None => sum = Some(model),
        }
    }
    Ok(sum)
}

/// Loads a model that `train` made.
pub(super) fn load_model(path: &Path) -> anyhow::Result<TraceModel> {
    TraceModel::load(path)
        .with_context(|| format!("the model {} cannot be used; make one with `tracemend train`", path.display()))
}

fn dry_run(args: &RepairArgs, network: Option<&Network>, globals: &Globals, loaded: &Loaded) -> anyhow::Result<u8> {
    let trace = &loaded.trace;
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(&mut out, "tracemend.gaps", 1)?;
        for gap in &trace.gaps {
            lines.row("gap", &GapRow::new(gap, &trace.header))?;
        }
    } else {
        let learned = match &args.model[..] {
            [] => "from the intact rest of this trace".to_owned(),
            models => {
                let paths: Vec<String> = models.iter().map(|path| path.display().to_string()).collect();
                format!("from the intact rest of this trace, and from the model {} where it helps", paths.join(" + "))
            }
        };
        let lost = Lost::total(&trace.gaps);
        let uncounted = trace.gaps.iter().filter(|gap| gap.lost.count().is_none()).count() as u64;
        writeln!(
            out,
            "would repair {}, {} lost, {learned}",
            plural(trace.gaps.len() as u64, "gap"),
            if trace.gaps.is_empty() { plural(0, "event") } else { lost_in_gaps(lost) }
        )?;
        if uncounted > 0 {
            writeln!(
                out,
                "{} without a count of lost events: their number would be estimated",
                plural(uncounted, "gap")
            )?;
        }
        writeln!(out, "{} recorded", plural(trace.events.len() as u64, "event"))?;
        if let Some(network) = network {
            writeln!(out, "{}", network.cost(trace))?;
        }
    }
    out.flush()?;
    Ok(exit::DONE)
}

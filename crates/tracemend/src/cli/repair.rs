//! `tracemend repair`: reconstruct what a trace lost.

use super::{
    globals::{Globals, stdout, stdout_colored},
    interrupt,
    progress::Progress,
};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::{
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tracemend::{
    exit,
    overlay::{RepairSummary, WriteOptions},
    pipeline::{Loaded, OutputForm, OutputFormat, collect, load, write, write_ctf},
    report::{RepairReport, count, plural, repair_page},
    statistics::statistics,
};
use tracemend_impute::{
    counts::CountsModel,
    repair::{GapRepair, RepairOptions, repair},
};
use tracemend_trace::sink::{
    GapRow, JsonLines,
    atomic::{AtomicFile, AtomicFolder},
};

/// Reconstruct the events a trace lost, each with a calibrated probability
///
/// Writes an overlay by default: every gap, what it swallowed by kind, and the inferred events, beside the untouched
/// trace. `--merge` writes the recorded events too. Without `--model` the engine learns from the intact rest of the
/// very trace it repairs.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend repair trace.txt -o repaired.jsonl --report report.html\n  \
    tracemend repair lttng-session/ -o overlay.ctf && babeltrace2 lttng-session/ overlay.ctf\n  \
    tracemend repair perf.data --merge -o repaired.parquet\n  \
    tracemend repair trace.dat -o repaired.perfetto-trace\n  \
    tracemend repair trace.txt --output-format text --min-confidence 0.9 | less")]
pub struct RepairArgs {
    /// The trace; `-` is stdin. zstd and gzip are opened as they are.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Write here instead of stdout; the file, or the folder of a CTF trace, appears whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A model made by `tracemend train`.
    #[arg(short, long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Form of the output; where absent, that of the output's suffix (.jsonl, .csv, .txt, .parquet, .perfetto-trace,
    /// .pftrace, .json for Chrome, .ctf), or JSON Lines.
    #[arg(long, value_enum, value_name = "FORM")]
    output_format: Option<FormArg>,
    /// Write a report too: one HTML file with the timeline, the gaps and what is certain of them, that needs no network.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write recorded events too; text, Perfetto and Chrome always hold both.
    #[arg(long)]
    merge: bool,
    /// Leave inferred events below this confidence out; their places stay gap.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = probability)]
    min_confidence: f32,
    /// Fill gaps of up to this many lost events, and leave longer ones open.
    #[arg(long, value_name = "N", default_value_t = RepairOptions::default().most)]
    most: u64,
    /// Draw this many further reconstructions of every gap at random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Say what would be repaired, and from what, and repair nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Names of output forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormArg {
    /// JSON Lines: gaps, compositions, events.
    Jsonl,
    /// One event a row.
    Csv,
    /// The recorded lines as they are, inferred ones between them, marked.
    Text,
    /// One event a row, for data frames; alternatives nested.
    #[cfg(feature = "parquet")]
    Parquet,
    /// A folder of Common Trace Format 1.8, for babeltrace2 and Trace Compass; wants --output.
    Ctf,
    /// Perfetto's own format.
    Perfetto,
    /// Chrome's JSON, for viewers that read nothing newer.
    Chrome,
}

impl FormArg {
    /// The form that a path's suffix asks for.
    fn of_suffix(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "jsonl" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "txt" => Some(Self::Text),
            #[cfg(feature = "parquet")]
            "parquet" => Some(Self::Parquet),
            "ctf" => Some(Self::Ctf),
            "perfetto-trace" | "pftrace" => Some(Self::Perfetto),
            "json" => Some(Self::Chrome),
            _ => None,
        }
    }

    /// The format, of a form that is one file; `None` for a folder.
    fn format(self) -> Option<OutputFormat> {
        match self {
            Self::Jsonl => Some(OutputFormat::Jsonl),
            Self::Csv => Some(OutputFormat::Csv),
            Self::Text => Some(OutputFormat::Text),
            #[cfg(feature = "parquet")]
            Self::Parquet => Some(OutputFormat::Parquet),
            Self::Perfetto => Some(OutputFormat::Perfetto),
            Self::Chrome => Some(OutputFormat::Chrome),
            Self::Ctf => None,
        }
    }
}

/// Where the output goes.
enum Destination {
    Stdout(OutputForm),
    File(OutputForm, AtomicFile),
    Folder(AtomicFolder),
}

impl Destination {
    /// Opened before the work, so that an output that cannot be written costs nothing.
    fn open(args: &RepairArgs, to_file: Option<&Path>, form: FormArg) -> anyhow::Result<Self> {
        let Some(format) = form.format() else {
            let path = to_file.context("a CTF trace is a folder; name it with --output")?;
            return Ok(Self::Folder(opened(path, AtomicFolder::create(path))?));
        };
        let form = OutputForm { format, merge: args.merge, color: to_file.is_none() && stdout_colored() };
        match to_file {
            Some(path) => Ok(Self::File(form, opened(path, AtomicFile::create(path))?)),
            None => Ok(Self::Stdout(form)),
        }
    }

    fn wants_lines(&self) -> bool {
        matches!(self, Self::Stdout(form) | Self::File(form, _) if form.format == OutputFormat::Text)
    }

    fn write(
        self,
        args: &RepairArgs,
        loaded: &Loaded,
        repairs: &[GapRepair],
        options: &WriteOptions<'_>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Stdout(form) => write(loaded, repairs, form, options, stdout())?,
            Self::File(form, file) => {
                let mut out = BufWriter::new(file);
                write(loaded, repairs, form, options, &mut out)?;
                out.into_inner().map_err(|error| error.into_error())?.commit()?;
            }
            Self::Folder(folder) => {
                write_ctf(loaded, repairs, args.merge, options, folder.path())?;
                folder.commit()?;
            }
        }
        Ok(())
    }
}

/// The page of `--report`, opened before the work.
struct Report(AtomicFile);

impl Report {
    fn open(args: &RepairArgs) -> anyhow::Result<Option<Self>> {
        let Some(path) = &args.report else { return Ok(None) };
        if same_file(path, &args.trace) {
            bail!("the report would replace the trace itself; name another file with --report");
        }
        let file = AtomicFile::create(path);
        let file =
            file.with_context(|| format!("{} cannot be written; choose another place with --report", path.display()))?;
        Ok(Some(Self(file)))
    }

    fn write(
        mut self,
        args: &RepairArgs,
        loaded: &Loaded,
        repairs: &[GapRepair],
        summary: &RepairSummary,
        options: &WriteOptions<'_>,
    ) -> anyhow::Result<()> {
        let merged = collect(loaded, repairs, true, options)?;
        let name = args.trace.file_name().map(|name| name.to_string_lossy());
        let page = repair_page(&RepairReport {
            title: &format!("Repair of {}", name.as_deref().unwrap_or("a trace")),
            model: options.model,
            header: &loaded.trace.header,
            merged: &merged,
            repairs,
            summary,
            statistics: &statistics(&merged, repairs),
        })?;
        self.0.write_all(page.as_bytes())?;
        Ok(self.0.commit()?)
    }
}

fn probability(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 1 is wanted".to_owned()),
    }
}

pub fn run(args: &RepairArgs, globals: &Globals) -> anyhow::Result<u8> {
    let to_file = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    let form = args.output_format.or_else(|| FormArg::of_suffix(to_file?)).unwrap_or(FormArg::Jsonl);
    if globals.json && form != FormArg::Jsonl {
        bail!("--json asks for JSON Lines, and --output-format or the output's suffix for another form; leave one out");
    }
    if to_file.is_some_and(|output| same_file(output, &args.trace)) {
        bail!("the output would replace the trace itself; name another file with --output");
    }
    let destination = match args.dry_run {
        false => Some((Destination::open(args, to_file, form)?, Report::open(args)?)),
        true => None,
    };
    let model = args.model.as_deref().map(load_model).transpose()?;
    let mut source = globals.open(&args.trace)?;
    let loaded = load(source.as_mut(), destination.as_ref().is_some_and(|(output, _)| output.wants_lines()))?;
    globals.reader_warnings(&loaded.trace.header);
    let Some((destination, report)) = destination else {
        return dry_run(args, globals, &loaded);
    };
    if loaded.trace.gaps.is_empty() {
        globals.warning(&format!(
            "{}: the trace tells of no loss, so there is nothing to repair. `tracemend gaps --evidence` looks for \
             losses that the tracer kept to itself",
            args.trace.display()
        ));
    }
    globals.detail(&format!(
        "read {} and {}",
        plural(loaded.trace.events.len() as u64, "event"),
        plural(loaded.trace.gaps.len() as u64, "gap")
    ));
    let options =
        RepairOptions { seed: globals.seed, threads: globals.thread_count(), samples: args.samples, most: args.most };
    let progress = Mutex::new(Progress::new(globals, "repairing"));
    let watch = |done: usize, total: usize| {
        // Another thread may be showing its own; the next will show more.
        if let Ok(mut progress) = progress.try_lock() {
            progress.set(done as u64, total as u64);
        }
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let repairs = interrupt::stoppable(|| repair(&loaded.trace, model.as_ref(), &options, &watch));
    progress.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    let model_id = model_id(args.model.as_deref());
    let write_options = WriteOptions { min_confidence: args.min_confidence, model: &model_id };
    let summary = RepairSummary::of(&repairs, &write_options);
    destination.write(args, &loaded, &repairs, &write_options)?;
    if let Some(report) = report {
        report.write(args, &loaded, &repairs, &summary, &write_options)?;
    }
    for line in summary_lines(&summary) {
        globals.note(&line);
    }
    Ok(if interrupt::asked() { exit::INTERRUPTED } else { exit::DONE })
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b && a.is_file())
}

fn opened<T>(path: &Path, result: io::Result<T>) -> anyhow::Result<T> {
    result.with_context(|| format!("{} cannot be written; choose another place with --output", path.display()))
}

fn load_model(path: &Path) -> anyhow::Result<CountsModel> {
    CountsModel::load(path)
        .with_context(|| format!("the model {} cannot be used; make one with `tracemend train`", path.display()))
}

/// Which model an inferred event came from: the file's name, or `self` for one learned from the trace itself.
fn model_id(path: Option<&Path>) -> String {
    let name = path.and_then(Path::file_name).map(|name| name.to_string_lossy());
    format!("counts:{}", name.as_deref().unwrap_or("self"))
}

fn dry_run(args: &RepairArgs, globals: &Globals, loaded: &Loaded) -> anyhow::Result<u8> {
    let trace = &loaded.trace;
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(&mut out, "tracemend.gaps", 1)?;
        for gap in &trace.gaps {
            lines.row("gap", &GapRow::new(gap, &trace.header))?;
        }
    } else {
        let learned = match &args.model {
            Some(path) => format!("from the model {}", path.display()),
            None => "from the intact rest of this trace".to_owned(),
        };
        let lost = trace.gaps.iter().filter_map(|gap| gap.lost.count()).fold(0, u64::saturating_add);
        let uncounted = trace.gaps.iter().filter(|gap| gap.lost.count().is_none()).count() as u64;
        writeln!(
            out,
            "would repair {}, {} lost, {learned}",
            plural(trace.gaps.len() as u64, "gap"),
            plural(lost, "event")
        )?;
        if uncounted > 0 {
            writeln!(
                out,
                "of {} nobody counted the lost events: their number would be estimated",
                plural(uncounted, "gap")
            )?;
        }
        writeln!(out, "{} recorded", plural(trace.events.len() as u64, "event"))?;
    }
    out.flush()?;
    Ok(exit::DONE)
}

fn summary_lines(summary: &RepairSummary) -> Vec<String> {
    if summary.gaps == 0 {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "repaired {} of {}: {} lost, {} inferred, {} of them with confidence >= 0.90",
        count(summary.filled),
        plural(summary.gaps, "gap"),
        plural(summary.lost_events, "event"),
        count(summary.inferred),
        count(summary.inferred_sure),
    )];
    if summary.withheld > 0 {
        lines.push(format!("left open: {} below the asked confidence", plural(summary.withheld, "event")));
    }
    for (reason, gaps) in &summary.left_open {
        lines.push(format!("left open: {}: {reason}", plural(*gaps, "gap")));
    }
    lines
}

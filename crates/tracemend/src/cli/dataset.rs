//! `tracemend dataset`: builds data sets from traces, and describes them.

use super::choice::{Choices, choice};
use super::globals::{Globals, stdout};
use super::progress::Progress;
use crate::dataset::{BuildConfig, Manifest, PARTS, Requests, Run, build, read_manifest, read_part, requests};
use crate::exit;
use crate::pipeline::load_within;
use crate::report::{Align, Table, count};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracemend_impute::window::dataset::report::{Leak, Part};
use tracemend_impute::window::dataset::split::Split;
use tracemend_impute::window::dataset::{By, Sequence, report};
use tracemend_trace::AtomicFile;
use tracemend_trace::sink::JsonLines;

/// Build a data set from traces for `train --model`, or describe one
#[derive(Args, Debug)]
pub(super) struct DatasetArgs {
    #[command(subcommand)]
    task: DatasetTask,
}

#[derive(Subcommand, Debug)]
enum DatasetTask {
    Build(BuildArgs),
    Info(InfoArgs),
}

/// Build a data set: vocabulary, sequences and windows, in parts for training, validation and test
///
/// Writes the events of each part as Parquet, their windows as NumPy arrays in the published layout, and a manifest with
/// the hash of every file. Sequences break where the tracer lost events.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tracemend dataset build run2 run3 run4 --valid run5 --test run1 -o ./set\n  \
    tracemend dataset build trace.dat --split time --by stream -o ./set")]
struct BuildArgs {
    /// Traces to train on; with --split thread or time, all traces.
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// Traces for validation, which chooses the best weights.
    #[arg(long, value_name = "TRACE", num_args = 1..)]
    valid: Vec<PathBuf>,
    /// Traces to test on.
    #[arg(long, value_name = "TRACE", num_args = 1..)]
    test: Vec<PathBuf>,
    /// Write the data set to this folder.
    #[arg(short, long, value_name = "FOLDER", required = true)]
    output: PathBuf,
    /// Name of the data set.
    #[arg(long, value_name = "NAME", default_value = "set")]
    name: String,
    /// What forms one sequence.
    #[arg(long, value_parser = choice(BY), value_name = "WHAT", default_value = "thread")]
    by: By,
    /// Use only what a server did for its connections: one sequence per request, from `accept` to the `close` of its
    /// descriptor, in one thread. The traces must contain the arguments of calls. requests.csv in the folder lists the
    /// events with phase, return value, thread and process.
    #[arg(long)]
    requests: bool,
    /// How to divide the parts: by runs as named, by whole sequences, or within each sequence by time.
    #[arg(long, value_parser = choice(SPLITS), value_name = "HOW", default_value = "run")]
    split: Split,
    /// Events per window.
    #[arg(long, value_name = "L", default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    length: u32,
    /// Events from the beginning of one window to the next.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    stride: u32,
    /// Maximum number of windows per part in its NumPy file; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    cap: usize,
}

/// Describe a data set: sizes, entropy, repetition, and what its test part shares with training
#[derive(Args, Debug)]
struct InfoArgs {
    /// Folder of the data set.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What forms one sequence.
const BY: &Choices<By> = &[
    (By::Thread, "thread", "The events of one thread"),
    (By::Stream, "stream", "The events of one stream, usually of one CPU"),
    (By::Merged, "merged", "All events of a trace, by time"),
];

/// How to divide the parts.
const SPLITS: &Choices<Split> = &[
    (Split::Run, "run", "Whole runs, as named"),
    (Split::Thread, "thread", "Whole sequences"),
    (Split::Time, "time", "Each sequence in time, with a guard band of one window"),
];

pub(super) fn run(args: &DatasetArgs, globals: &Globals) -> anyhow::Result<u8> {
    match &args.task {
        DatasetTask::Build(args) => run_build(args, globals)?,
        DatasetTask::Info(args) => run_info(&args.folder, globals)?,
    }
    Ok(exit::DONE)
}

fn run_build(args: &BuildArgs, globals: &Globals) -> anyhow::Result<()> {
    let split = args.split;
    if split != Split::Run && !(args.valid.is_empty() && args.test.is_empty()) {
        bail!("--valid and --test name whole runs; remove them, or use --split run");
    }
    let paths: Vec<(&PathBuf, usize)> = [&args.traces, &args.valid, &args.test]
        .into_iter()
        .zip(0..)
        .flat_map(|(paths, part)| paths.iter().map(move |path| (path, part)))
        .collect();
    for (number, (path, part)) in paths.iter().enumerate() {
        let same = |other: &Path| path.canonicalize().is_ok_and(|path| other.canonicalize().is_ok_and(|o| o == path));
        if let Some((_, other)) = paths[..number].iter().find(|(other, _)| same(other)) {
            bail!(
                "{} is in both {} and {}; a test needs a trace that was not learned",
                path.display(),
                PARTS[*other],
                PARTS[*part]
            );
        }
    }
    if args.requests && args.by != By::Thread {
        bail!("with --requests a sequence is one request; remove --by");
    }
    let mut progress = Progress::new(globals, "reading");
    let all: Vec<PathBuf> = paths.iter().map(|(path, _)| (*path).clone()).collect();
    let mut report = |done, total| progress.set(done, total);
    let (traces, served) = match args.requests {
        true => read_requests(&all, globals, &mut report)?.into_iter().map(|own| (own.trace.clone(), own)).unzip(),
        false => (globals.read_all(&all, &mut report)?, Vec::new()),
    };
    progress.finish();
    let runs: Vec<Run<'_>> = paths
        .iter()
        .zip(&traces)
        .map(|((path, part), trace)| Run { path: path.display().to_string(), trace, part: *part })
        .collect();
    let config = BuildConfig {
        name: args.name.clone(),
        by: args.by,
        split,
        length: args.length as usize,
        stride: args.stride as usize,
        cap: args.cap,
    };
    let manifest = build(&args.output, &runs, &config)?;
    if args.requests {
        write_requests(&args.output.join("requests.csv"), &all, &served)?;
    }
    for part in &manifest.parts {
        if part.windows == 0 {
            let length = args.length;
            globals.warning(&format!(
                "no sequence of {} has {length} events; choose a smaller --length, or add traces to it",
                part.name
            ));
        }
    }
    globals.note(&format!("built {}; `tracemend dataset info` describes it", args.output.display()));
    Ok(())
}

/// Reads the requests of each trace.
fn read_requests(
    paths: &[PathBuf],
    globals: &Globals,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Vec<Requests>> {
    let mut all = Vec::with_capacity(paths.len());
    for (done, path) in paths.iter().enumerate() {
        progress(done as u64, paths.len() as u64);
        let loaded = load_within(&mut *globals.open(path)?, true, &globals.read_budget(path))?;
        globals.reader_warnings(&loaded.trace.header);
        let own = requests(&loaded);
        if own.count() == 0 {
            bail!(
                "{} contains no whole request: an accept that returned a descriptor, and the close of that descriptor; \
                 record system calls with their arguments",
                path.display()
            );
        }
        globals.note(&format!("{}: {} requests", path.display(), own.count()));
        all.push(own);
    }
    Ok(all)
}

fn write_requests(path: &Path, traces: &[PathBuf], served: &[Requests]) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(AtomicFile::create(path)?);
        writeln!(file, "{}", Requests::COLUMNS)?;
        for (trace, own) in traces.iter().zip(served) {
            own.write_rows(&trace.display().to_string(), &mut file)?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.commit()
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// A row of `dataset info`.
#[derive(Serialize)]
struct PartRow<'a> {
    part: &'a str,
    #[serde(flatten)]
    figures: Part,
}

fn run_info(folder: &Path, globals: &Globals) -> anyhow::Result<()> {
    let manifest = read_manifest(folder)?;
    let parts: Vec<Vec<Sequence>> =
        PARTS.iter().map(|part| read_part(folder, &manifest, part)).collect::<Result<_, _>>()?;
    let Manifest { length, stride, cap, .. } = manifest;
    let rows: Vec<PartRow<'_>> = PARTS
        .into_iter()
        .zip(&parts)
        .map(|(part, sequences)| PartRow { part, figures: report::part(sequences, length, stride, cap) })
        .collect();
    let leak = report::leak(&parts[0], &parts[2], length, stride, cap);
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(&mut out, "tracemend.dataset-info", 1)?;
        for row in &rows {
            lines.row("part", row)?;
        }
        lines.row("leak", &leak)?;
    } else {
        for line in info_text(&manifest, &rows, &leak) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(out.flush()?)
}

fn info_text(manifest: &Manifest, rows: &[PartRow<'_>], leak: &Leak) -> Vec<String> {
    let mut lines = vec![
        format!("{}: windows of {} events, stride {}", manifest.name, manifest.length, manifest.stride),
        format!(
            "{} kinds of tokens, {} processes",
            manifest.vocabulary.tokens.len(),
            manifest.vocabulary.processes.len()
        ),
        String::new(),
    ];
    let heads = ["sequences", "events", "windows", "tokens", "H0", "H1", "H2", "H3", "duplicates"];
    let mut columns = vec![("part", Align::Left)];
    columns.extend(heads.map(|head| (head, Align::Right)));
    let mut table = Table::new(&columns);
    for PartRow { part, figures } in rows {
        let mut cells = vec![(*part).to_owned()];
        let counts = [figures.sequences, figures.events, figures.windows, figures.tokens];
        cells.extend(counts.map(|number| count(number as u64)));
        cells.extend(figures.entropy_bits.map(|bits| format!("{bits:.2}")));
        cells.push(format!("{:.1} %", 100.0 * figures.duplicate_share));
        table.row(cells);
    }
    lines.extend(table.lines());
    lines.push(String::new());
    lines.push(match leak.windows {
        0 => "no test windows".to_owned(),
        windows => format!(
            "leak: of {} test windows, {:.1} % occur in training, {:.1} % after renaming of tokens",
            count(windows as u64),
            100.0 * leak.verbatim,
            100.0 * leak.renamed
        ),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::super::choice::assert_names;
    use super::{BY, SPLITS};

    #[test]
    fn choices_have_one_name() {
        assert_names(BY);
        assert_names(SPLITS);
    }
}

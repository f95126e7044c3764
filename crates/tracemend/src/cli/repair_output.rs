//! Where `tracemend repair` writes to, and in which form. Opened before the work, so that an output that cannot be written
//! costs nothing.

use super::globals::{stdout, stdout_colored};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::io;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tracemend::overlay::{RepairSummary, WriteOptions};
use tracemend::pipeline::{Loaded, OutputForm, OutputFormat, collect, write, write_ctf};
use tracemend::report::{RepairReport, repair_page};
use tracemend::statistics::statistics;
use tracemend_repair::GapRepair;
use tracemend_trace::AtomicFile;
use tracemend_trace::fs::AtomicFolder;

/// What is written, and where.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Write here instead of stdout; the file, or the folder of a CTF trace, appears whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the output; where absent, that of the output's suffix (.jsonl, .csv, .txt, .parquet, .ctf, .perfetto-trace,
    /// .pftrace), or JSON Lines. `repair --format FORM` means the same; --input-format forces the input.
    #[arg(long, value_enum, value_name = "FORM")]
    output_format: Option<FormArg>,
    /// Write a report too: one HTML file with the timeline, the gaps and what is certain of them, that needs no network.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write recorded events too; text, Perfetto and Chrome always hold both.
    #[arg(long)]
    merge: bool,
}

/// Names of output forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// JSON Lines: gaps, compositions, events.
    Jsonl,
    /// One event a row.
    Csv,
    /// The recorded lines as they are, inferred ones between them, marked.
    Text,
    /// One event a row, for data frames; alternatives nested.
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
            "parquet" => Some(Self::Parquet),
            "ctf" => Some(Self::Ctf),
            "perfetto-trace" | "pftrace" => Some(Self::Perfetto),
            _ => None,
        }
    }

    /// The format, of a form that is one file; `None` for a folder.
    fn format(self) -> Option<OutputFormat> {
        match self {
            Self::Jsonl => Some(OutputFormat::Jsonl),
            Self::Csv => Some(OutputFormat::Csv),
            Self::Text => Some(OutputFormat::Text),
            Self::Parquet => Some(OutputFormat::Parquet),
            Self::Perfetto => Some(OutputFormat::Perfetto),
            Self::Chrome => Some(OutputFormat::Chrome),
            Self::Ctf => None,
        }
    }
}

/// The command line with `repair --format FORM` spelled out as `--output-format FORM`, for those who think of what they get;
/// names of input formats that are no form of output stay.
pub fn with_output_format(mut args: Vec<OsString>) -> Vec<OsString> {
    let is_task = |arg: &OsString| arg.to_str().is_some_and(super::Task::has_subcommand);
    let Some(task) = args.iter().position(is_task).filter(|&task| args[task] == "repair") else {
        return args;
    };
    let is_form = |name: &str| FormArg::from_str(name, false).is_ok();
    for place in task + 1..args.len() {
        let next = args.get(place + 1).and_then(|next| next.to_str());
        match args[place].to_str() {
            Some("--") => break,
            Some("--format") if next.is_some_and(is_form) => args[place] = "--output-format".into(),
            Some(arg) => {
                if let Some(form) = arg.strip_prefix("--format=").filter(|form| is_form(form)) {
                    args[place] = format!("--output-format={form}").into();
                }
            }
            None => {}
        }
    }
    args
}

/// All that a repair is written to.
pub struct Output {
    destination: Destination,
    report: Option<AtomicFile>,
}

/// Where the output goes.
enum Destination {
    Stdout(OutputForm),
    File(OutputForm, AtomicFile),
    Folder(AtomicFolder, bool),
}

impl OutputArgs {
    /// Checks what is asked for against the rest of the command line. `samples` are further reconstructions.
    pub fn check(&self, trace: &Path, json: bool, samples: usize) -> anyhow::Result<()> {
        if json && self.output_format.is_some_and(|form| form != FormArg::Jsonl) {
            bail!("--json and --output-format ask for different outputs; leave one of them out");
        }
        let by_suffix = self.to_file().and_then(Path::extension).and_then(OsStr::to_str);
        if let (None, Some("html")) = (self.output_format, by_suffix) {
            bail!("a page is written with --report FILE, beside the output; name another file with --output");
        }
        if samples > 0 && matches!(self.form(json), FormArg::Ctf | FormArg::Perfetto | FormArg::Chrome) {
            bail!(
                "further reconstructions (--samples) are no part of a trace; write them as JSON Lines, CSV, text or Parquet"
            );
        }
        for (path, option) in [(self.to_file(), "--output"), (self.report.as_deref(), "--report")] {
            if path.is_some_and(|path| same_file(path, trace)) {
                bail!("the output would replace the trace itself; name another file with {option}");
            }
        }
        if self.report.is_some() && self.report.as_deref() == self.to_file() {
            bail!("--output and --report name the same file; name another one with --report");
        }
        Ok(())
    }

    /// Opens all that is asked for.
    pub fn open(&self, json: bool) -> anyhow::Result<Output> {
        let to_file = self.to_file();
        let destination = match (self.form(json).format(), to_file) {
            (None, None) => bail!("a CTF trace is a folder; name it with --output"),
            (None, Some(path)) => {
                Destination::Folder(opened(path, AtomicFolder::create(path), "--output")?, self.merge)
            }
            (Some(format), _) => {
                let form = OutputForm { format, merge: self.merge, color: to_file.is_none() && stdout_colored() };
                match to_file {
                    Some(path) => Destination::File(form, opened(path, AtomicFile::create(path), "--output")?),
                    None => Destination::Stdout(form),
                }
            }
        };
        let report = self.report.as_deref().map(|path| opened(path, AtomicFile::create(path), "--report"));
        Ok(Output { destination, report: report.transpose()? })
    }

    fn to_file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| path.as_os_str() != "-")
    }

    /// The form asked for: by option, by the output's suffix, or JSON Lines.
    fn form(&self, json: bool) -> FormArg {
        let by_suffix = || if json { None } else { FormArg::of_suffix(self.to_file()?) };
        self.output_format.or_else(by_suffix).unwrap_or(FormArg::Jsonl)
    }
}

impl Output {
    /// Whether the lines of the recorded events are wanted again.
    pub fn wants_lines(&self) -> bool {
        let text = |form: &OutputForm| form.format == OutputFormat::Text;
        matches!(&self.destination, Destination::Stdout(form) | Destination::File(form, _) if text(form))
    }

    /// Writes the repair of `trace`.
    pub fn write(
        self,
        trace: &Path,
        loaded: &Loaded,
        repairs: &[GapRepair],
        summary: &RepairSummary,
        options: &WriteOptions<'_>,
    ) -> anyhow::Result<()> {
        match self.destination {
            Destination::Stdout(form) => write(loaded, repairs, form, options, stdout())?,
            Destination::File(form, file) => {
                let mut out = BufWriter::new(file);
                write(loaded, repairs, form, options, &mut out)?;
                out.into_inner().map_err(|error| error.into_error())?.commit()?;
            }
            Destination::Folder(folder, merge) => {
                write_ctf(loaded, repairs, merge, options, folder.path())?;
                folder.commit()?;
            }
        }
        let Some(mut file) = self.report else { return Ok(()) };
        let merged = collect(loaded, repairs, true, options)?;
        let name = trace.file_name().map(|name| name.to_string_lossy());
        let page = repair_page(&RepairReport {
            title: &format!("Repair of {}", name.as_deref().unwrap_or("a trace")),
            model: options.model,
            header: &loaded.trace.header,
            merged: &merged,
            repairs,
            summary,
            statistics: &statistics(&merged, repairs),
        })?;
        file.write_all(page.as_bytes())?;
        Ok(file.commit()?)
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b && a.is_file())
}

/// What was opened, or why it cannot be written and which option to change.
pub fn opened<T>(path: &Path, result: io::Result<T>, option: &str) -> anyhow::Result<T> {
    result.with_context(|| format!("{} cannot be written; choose another place with {option}", path.display()))
}

//! The outputs of `tracemend repair`. They are opened before the work, so that an output that cannot be written costs no
//! time.

use super::choice::choice;
use super::globals::{Globals, stdout, stdout_colored};
use super::interrupt;
use crate::pipeline::{OutputForm, OutputFormat, Repaired};
use anyhow::{Context as _, bail};
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracemend_trace::AtomicFile;
use tracemend_trace::fs::{AtomicFolder, named};

/// Options that say what to write, and where.
#[derive(Args, Debug)]
pub(super) struct OutputArgs {
    /// Write to this file instead of stdout (for CTF, a folder); it appears whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the output. By default the suffix of --output decides (.jsonl, .csv, .txt, .parquet, .ctf, .perfetto-trace,
    /// .pftrace), or else it is JSON Lines. `repair --format FORM` does the same; --input-format sets the input's format.
    #[arg(long, value_parser = choice(&OutputFormat::ALL), value_name = "FORM")]
    output_format: Option<OutputFormat>,
    /// Also write a report: one HTML file with a timeline, the gaps and their compositions, that works offline.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write recorded events too; text, Perfetto and Chrome always contain both.
    #[arg(long)]
    merge: bool,
    /// In CSV, put an apostrophe before names that begin as a formula, which spreadsheets would compute.
    #[arg(long)]
    neutral_csv: bool,
}

/// Rewrites `repair --format FORM` as `--output-format FORM` where FORM is a form of output, since `--format` is easily
/// taken for that.
pub(super) fn with_output_format(mut args: Vec<OsString>, is_subcommand: fn(&str) -> bool) -> Vec<OsString> {
    let is_task = |arg: &OsString| arg.to_str().is_some_and(is_subcommand);
    let Some(task) = args.iter().position(is_task).filter(|&task| args[task] == "repair") else {
        return args;
    };
    let is_form = |given: &str| OutputFormat::ALL.iter().any(|(_, name, _)| *name == given);
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

/// The opened outputs of a repair.
pub(super) struct Output {
    destination: Destination,
    report: Option<AtomicFile>,
}

/// Destination of the repaired trace.
enum Destination {
    Stdout(OutputForm),
    File(OutputForm, AtomicFile),
    Folder(AtomicFolder, bool),
}

impl OutputArgs {
    /// Checks the options against the rest of the command line; `samples` is the number of random reconstructions.
    pub(super) fn check(&self, trace: &Path, json: bool, samples: usize) -> anyhow::Result<()> {
        if json && self.output_format.is_some_and(|form| form != OutputFormat::Jsonl) {
            bail!("--json and --output-format ask for different outputs; remove one of them");
        }
        let by_suffix = self.to_file().and_then(Path::extension).and_then(OsStr::to_str);
        if let (None, Some("html")) = (self.output_format, by_suffix) {
            bail!("--report FILE writes the HTML page, in addition to the output; name another file with --output");
        }
        if samples > 0 && matches!(self.form(json), OutputFormat::Ctf | OutputFormat::Perfetto | OutputFormat::Chrome) {
            bail!(
                "a trace cannot contain random reconstructions (--samples); write them as JSON Lines, CSV, text or Parquet"
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

    /// Opens the outputs.
    pub(super) fn open(&self, json: bool) -> anyhow::Result<Output> {
        let to_file = self.to_file();
        let destination = match (self.form(json), to_file) {
            (OutputFormat::Ctf, None) => bail!("a CTF trace is a folder; name it with --output"),
            (OutputFormat::Ctf, Some(path)) => {
                Destination::Folder(opened(path, AtomicFolder::create(path), "--output")?, self.merge)
            }
            (format, _) => {
                let color = to_file.is_none() && stdout_colored();
                let form = OutputForm { format, merge: self.merge, color, neutral: self.neutral_csv };
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

    /// Returns the form that the option or the output's suffix names, or else JSON Lines.
    fn form(&self, json: bool) -> OutputFormat {
        let by_suffix = || if json { None } else { OutputFormat::of_suffix(self.to_file()?) };
        self.output_format.or_else(by_suffix).unwrap_or(OutputFormat::Jsonl)
    }
}

impl Output {
    /// Whether the output needs the recorded lines.
    pub(super) fn wants_lines(&self) -> bool {
        let text = |form: &OutputForm| form.format == OutputFormat::Text;
        matches!(&self.destination, Destination::Stdout(form) | Destination::File(form, _) if text(form))
    }

    /// Writes the repair of the trace at `path`. One that was interrupted replaces no earlier output.
    pub(super) fn write(self, path: &Path, repaired: &Repaired<'_>, globals: &Globals) -> anyhow::Result<()> {
        let keeps = |file: &AtomicFile| {
            let keeps = interrupt::asked() && file.replaces();
            if keeps {
                globals.warning(&format!(
                    "interrupted: {} holds an earlier output and stays as it is; to keep what is done of an interrupted \
                     repair, name a new file",
                    file.target().display()
                ));
            }
            keeps
        };
        match self.destination {
            Destination::Stdout(form) => repaired.write(form, stdout())?,
            Destination::File(_, file) if keeps(&file) => {}
            Destination::File(form, file) => repaired.write_file(form, file)?,
            Destination::Folder(folder, merge) => {
                repaired.write_ctf(merge, folder.path()).map_err(named(folder.target()))?;
                folder.commit()?;
            }
        }
        let Some(mut file) = self.report.filter(|file| !keeps(file)) else { return Ok(()) };
        let name = path.file_name().map(|name| name.to_string_lossy());
        let page = repaired.report(name.as_deref().unwrap_or("a trace"))?;
        file.write_all(page.as_bytes())?;
        Ok(file.commit()?)
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b && a.is_file())
}

/// Returns what was opened, or an error that names the path and the option to change.
pub(super) fn opened<T>(path: &Path, result: io::Result<T>, option: &str) -> anyhow::Result<T> {
    result.with_context(|| format!("{} cannot be written; choose another place with {option}", path.display()))
}

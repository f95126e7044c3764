//! Loads traces, and writes repaired ones.

use crate::overlay::{RepairSummary, WriteOptions, write_merged, write_overlay};
use crate::records::Recorder;
use crate::report::{RepairReport, repair_page};
use crate::statistics::{StatisticsRow, statistics};
use std::cell::OnceCell;
use std::io;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};
use tracemend_repair::GapRepair;
use tracemend_trace::fs::AtomicFolder;
use tracemend_trace::sink::parquet::ParquetSink;
use tracemend_trace::sink::{Collected, CsvSink, JsonlSink, Sink, TextSink, ctf, write_chrome, write_perfetto};
use tracemend_trace::{AtomicFile, MemoryBudget, Source, Trace, TraceHeader, TraceResult};

/// The format that a repaired trace is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON Lines of schema `tracemend.repair`: gaps, compositions, events, statistics.
    Jsonl,
    /// One event a row.
    Csv,
    /// Recorded lines unchanged, and marked inferred lines between them.
    Text,
    /// Parquet: one event a row, alternatives nested.
    Parquet,
    /// A folder of Common Trace Format 1.8.
    Ctf,
    /// Perfetto's own format; recorded and inferred events.
    Perfetto,
    /// Chrome's JSON trace; recorded and inferred events.
    Chrome,
}

impl OutputFormat {
    /// Every format with its name and a line about it.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Jsonl, "jsonl", "JSON Lines: gaps, compositions, events"),
        (Self::Csv, "csv", "One event a row"),
        (Self::Text, "text", "The recorded lines unchanged, inferred ones between them, marked"),
        (Self::Parquet, "parquet", "One event a row, for data frames; alternatives nested"),
        (Self::Ctf, "ctf", "A folder of Common Trace Format 1.8, for babeltrace2 and Trace Compass; needs --output"),
        (Self::Perfetto, "perfetto", "Perfetto's own format"),
        (Self::Chrome, "chrome", "Chrome's JSON, for viewers that cannot read Perfetto's format"),
    ];

    /// Returns the format that the suffix of `path` stands for.
    pub fn of_suffix(path: &Path) -> Option<Self> {
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

    /// Returns the format of this name, as `--output-format` takes it.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(format, ..)| *format)
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(_, name, _)| *name)
    }

    /// Whether recorded events are written without being asked for: inferred ones alone would show nothing.
    fn always_merged(self) -> bool {
        matches!(self, Self::Text | Self::Perfetto | Self::Chrome)
    }
}

/// The form of one output file.
#[derive(Clone, Copy, Debug)]
pub struct OutputForm {
    /// Its format.
    pub format: OutputFormat,
    /// Whether recorded events are written too; text, Perfetto and Chrome always hold both.
    pub merge: bool,
    /// Whether inferred text lines are coloured.
    pub color: bool,
    /// Whether CSV text that a spreadsheet would compute is marked as text.
    pub neutral: bool,
}

pub use crate::records::Records;

/// A trace in memory, with its recorded lines if the output needs them.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The trace.
    pub trace: Trace,
    /// Its lines, for [`OutputFormat::Text`] only.
    pub records: Option<Records>,
}

/// Reads a trace to its end; with `lines`, also keeps the lines of its records.
///
/// # Errors
/// When the source fails.
pub fn load(source: &mut dyn Source, lines: bool) -> TraceResult<Loaded> {
    let unbounded = MemoryBudget { path: PathBuf::new(), bytes: u64::MAX, per_event: 0, per_gap: 0 };
    load_within(source, lines, &unbounded)
}

/// Reads a trace as [`load`] does, or until it needs more memory than there is.
///
/// # Errors
/// When the source fails; [`TooLarge`](tracemend_trace::TraceError) beyond the budget.
pub fn load_within(source: &mut dyn Source, lines: bool, budget: &MemoryBudget) -> TraceResult<Loaded> {
    if !lines {
        return Ok(Loaded { trace: Trace::read_within(source, budget)?, records: None });
    }
    let mut recorder = Recorder::new(source, budget);
    let trace = Trace::read_within(&mut recorder, budget)?;
    Ok(Loaded { trace, records: Some(recorder.finish()) })
}

/// A repaired trace that is about to be written, once or in several forms.
///
/// The forms that need all rows at once (Perfetto, CTF, the report, the statistics) share one collection of them.
///
/// ```
/// use std::path::Path;
/// use tracemend::overlay::WriteOptions;
/// use tracemend::pipeline::{OutputForm, OutputFormat, Repaired, load};
/// use tracemend::repair::{RepairOptions, repair, unwatched};
/// use tracemend::trace::{OpenOptions, open};
///
/// let mut source = open(Path::new("tests/fixtures/succeed/small_lost.txt"), &OpenOptions::default())?;
/// let loaded = load(source.as_mut(), false)?;
/// let repairs = repair(&loaded.trace, None, &RepairOptions::default(), &unwatched);
/// let repaired = Repaired::new(&loaded, &repairs, WriteOptions { min_confidence: 0.5, model: "self" });
/// let mut out = Vec::new();
/// repaired.write(OutputForm { format: OutputFormat::Csv, merge: true, color: false, neutral: false }, &mut out)?;
/// assert!(String::from_utf8(out)?.starts_with("time_ns,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Repaired<'a> {
    loaded: &'a Loaded,
    repairs: &'a [GapRepair],
    options: WriteOptions<'a>,
    merged: OnceCell<Collected<'a>>,
    statistics: OnceCell<Vec<StatisticsRow>>,
}

impl<'a> Repaired<'a> {
    /// The trace with the repairs of its gaps.
    pub fn new(loaded: &'a Loaded, repairs: &'a [GapRepair], options: WriteOptions<'a>) -> Self {
        Self { loaded, repairs, options, merged: OnceCell::new(), statistics: OnceCell::new() }
    }

    /// The trace as it was read.
    pub fn header(&self) -> &'a TraceHeader {
        &self.loaded.trace.header
    }

    /// The repair in figures.
    pub fn summary(&self) -> RepairSummary {
        RepairSummary::of(self.repairs, &self.options)
    }

    /// The report as one HTML page; `name` is the trace's.
    ///
    /// # Errors
    /// Never in practice: the rows go into memory.
    pub fn report(&self, name: &str) -> io::Result<String> {
        Ok(repair_page(&RepairReport {
            title: &format!("Repair of {name}"),
            model: self.options.model,
            header: self.header(),
            merged: self.merged()?,
            repairs: self.repairs,
            summary: &self.summary(),
            statistics: self.statistics()?,
        })?)
    }

    /// Recorded and inferred events in memory, collected by the first call.
    ///
    /// # Errors
    /// Never in practice: the rows go into memory.
    pub(crate) fn merged(&self) -> io::Result<&Collected<'a>> {
        match self.merged.get() {
            Some(merged) => Ok(merged),
            None => {
                let merged = self.collect(true)?;
                Ok(self.merged.get_or_init(|| merged))
            }
        }
    }

    /// Counts and latencies before and after the repair, computed by the first call.
    ///
    /// # Errors
    /// Never in practice: the rows go into memory.
    pub fn statistics(&self) -> io::Result<&[StatisticsRow]> {
        let merged = self.merged()?;
        Ok(self.statistics.get_or_init(|| statistics(&self.loaded.trace, merged, self.repairs)))
    }

    /// Writes one file of the form that `form` names.
    ///
    /// # Errors
    /// When `out` cannot be written, or when the form is a folder (see [`Repaired::write_ctf`]).
    pub fn write(&self, form: OutputForm, out: impl Write) -> io::Result<()> {
        let merge = form.merge || form.format.always_merged();
        match form.format {
            OutputFormat::Jsonl => {
                let mut sink = JsonlSink::begin(out)?;
                self.write_to(merge, &mut sink)?;
                // Without a loss there is no before and after.
                if self.repairs.is_empty() { Ok(()) } else { sink.statistics(self.statistics()?) }
            }
            OutputFormat::Csv => self.write_to(merge, &mut CsvSink::begin(out)?.neutral(form.neutral)),
            OutputFormat::Text => self.write_to(merge, &mut TextSink::begin(out, self.header().format, form.color)?),
            OutputFormat::Parquet => self.write_to(merge, &mut ParquetSink::begin(out)?),
            OutputFormat::Perfetto => write_perfetto(self.merged()?, out),
            OutputFormat::Chrome => write_chrome(self.merged()?, out),
            OutputFormat::Ctf => Err(io::Error::new(io::ErrorKind::IsADirectory, "a CTF trace is a folder")),
        }
    }

    /// Writes the trace as CTF into `folder`, which exists and is empty; with `merge` the recorded events too, those of a CTF 1.8
    /// trace as its own files.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_ctf(&self, merge: bool, folder: &Path) -> io::Result<()> {
        let recorded = &self.header().recorded_files;
        match merge {
            true if !recorded.is_empty() => ctf::write_beside(recorded, &self.collect(false)?, folder),
            true => ctf::write_folder(self.merged()?, folder, merge),
            false => ctf::write_folder(&self.collect(merge)?, folder, merge),
        }
    }

    fn collect(&self, merge: bool) -> io::Result<Collected<'a>> {
        let Self { loaded, repairs, options, .. } = self;
        let mut collected = Collected::of_processes(&loaded.trace.header.processes);
        match merge {
            // The lines as they were recorded are no rows.
            true => write_merged(&loaded.trace, None, repairs, options, &mut collected)?,
            false => write_overlay(&loaded.trace.header, repairs, options, &mut collected)?,
        }
        Ok(collected)
    }

    /// Writes to a path, where the output appears whole or not at all.
    ///
    /// # Errors
    /// When the path cannot be written.
    pub fn save(&self, form: OutputForm, path: &Path) -> io::Result<()> {
        if form.format == OutputFormat::Ctf {
            let folder = AtomicFolder::create(path)?;
            self.write_ctf(form.merge, folder.path())?;
            return folder.commit();
        }
        self.write_file(form, AtomicFile::create(path)?)
    }

    /// Writes a file that is not there yet, and puts it in its place.
    ///
    /// # Errors
    /// As [`Repaired::write`], or when the file cannot be put in its place.
    pub(crate) fn write_file(&self, form: OutputForm, file: AtomicFile) -> io::Result<()> {
        let mut out = BufWriter::new(file);
        self.write(form, &mut out)?;
        out.into_inner().map_err(IntoInnerError::into_error)?.commit()
    }

    /// Passes every row to a sink: inferred events, with `merge` the recorded ones too.
    ///
    /// # Errors
    /// When the sink fails.
    pub fn write_to(&self, merge: bool, sink: &mut dyn Sink<'a>) -> io::Result<()> {
        let Self { loaded, repairs, options, .. } = self;
        match merge {
            true => write_merged(&loaded.trace, loaded.records.as_ref(), repairs, options, sink),
            false => write_overlay(&loaded.trace.header, repairs, options, sink),
        }
    }
}

//! From a trace that lost events to a repaired one.

use crate::overlay::{WriteOptions, write_merged, write_overlay};
use crate::records::{Recorder, Records};
use crate::statistics::statistics;
use std::io;
use std::io::Write;
use std::path::Path;
use tracemend_repair::GapRepair;
use tracemend_trace::Source;
use tracemend_trace::sink::{Collected, CsvSink, JsonlSink, Sink, TextSink, ctf, write_chrome, write_perfetto};
use tracemend_trace::{Trace, TraceResult};

/// How a repaired trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON Lines of schema `tracemend.repair`: gaps, compositions, events, statistics.
    Jsonl,
    /// One event a row.
    Csv,
    /// Recorded lines as they stand in the input, inferred ones between them, marked.
    Text,
    /// Parquet: one event a row, alternatives nested.
    Parquet,
    /// Perfetto's own format; recorded and inferred events.
    Perfetto,
    /// Chrome's JSON trace; recorded and inferred events.
    Chrome,
}

impl OutputFormat {
    /// Whether recorded events are written without being asked for: inferred ones alone would show nothing.
    fn always_merged(self) -> bool {
        matches!(self, Self::Text | Self::Perfetto | Self::Chrome)
    }
}

/// The form of the output.
#[derive(Clone, Copy, Debug)]
pub struct OutputForm {
    /// Its format.
    pub format: OutputFormat,
    /// Whether recorded events are written too; text, Perfetto and Chrome always hold both.
    pub merge: bool,
    /// Whether inferred text lines are coloured.
    pub color: bool,
}

/// A trace in memory, with its recorded lines where they are needed again.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The trace.
    pub trace: Trace,
    /// Its lines, kept for [`OutputFormat::Text`] only.
    pub records: Option<Records>,
}

/// Reads a trace to its end, with the lines of its records where `lines` are wanted.
///
/// # Errors
/// What the source fails with.
pub fn load(source: &mut dyn Source, lines: bool) -> TraceResult<Loaded> {
    if !lines {
        return Ok(Loaded { trace: Trace::read(source)?, records: None });
    }
    let mut recorder = Recorder::new(source);
    let trace = Trace::read(&mut recorder)?;
    Ok(Loaded { trace, records: Some(recorder.finish()) })
}

/// Writes a repaired trace.
///
/// # Errors
/// When the output cannot be written.
pub fn write(
    loaded: &Loaded,
    repairs: &[GapRepair],
    form: OutputForm,
    options: &WriteOptions<'_>,
    out: impl Write,
) -> io::Result<()> {
    let (header, merge) = (&loaded.trace.header, form.merge || form.format.always_merged());
    let records = loaded.records.as_ref();
    let to = |sink: &mut dyn Sink| write_to(&loaded.trace, records, repairs, merge, options, sink);
    match form.format {
        OutputFormat::Jsonl => {
            let mut sink = JsonlSink::begin(out)?;
            to(&mut sink)?;
            // Without a loss there is no before and after.
            if repairs.is_empty() {
                return Ok(());
            }
            let merged = collect(loaded, repairs, true, options)?;
            sink.statistics(&statistics(&merged, repairs))
        }
        OutputFormat::Csv => to(&mut CsvSink::begin(out)?),
        OutputFormat::Text => to(&mut TextSink::new(out, header.format, form.color)),
        OutputFormat::Parquet => to(&mut tracemend_trace::sink::parquet::ParquetSink::begin(out)?),
        OutputFormat::Perfetto => write_perfetto(&collect(loaded, repairs, merge, options)?, out),
        OutputFormat::Chrome => write_chrome(&collect(loaded, repairs, merge, options)?, out),
    }
}

/// Writes a repaired trace as CTF into `folder`, which is there and empty.
///
/// # Errors
/// When the output cannot be written.
pub fn write_ctf(
    loaded: &Loaded,
    repairs: &[GapRepair],
    merge: bool,
    options: &WriteOptions<'_>,
    folder: &Path,
) -> io::Result<()> {
    ctf::write_folder(&collect(loaded, repairs, merge, options)?, folder, merge)
}

/// The rows of a repaired trace, in memory.
///
/// # Errors
/// None of memory; those of a sink.
pub fn collect(
    loaded: &Loaded,
    repairs: &[GapRepair],
    merge: bool,
    options: &WriteOptions<'_>,
) -> io::Result<Collected> {
    let mut collected = Collected::default();
    write_to(&loaded.trace, None, repairs, merge, options, &mut collected)?;
    Ok(collected)
}

fn write_to(
    trace: &Trace,
    records: Option<&Records>,
    repairs: &[GapRepair],
    merge: bool,
    options: &WriteOptions<'_>,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    if merge {
        write_merged(trace, records, repairs, options, sink)
    } else {
        write_overlay(&trace.header, repairs, options, sink)
    }
}

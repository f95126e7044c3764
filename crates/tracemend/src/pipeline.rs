//! From a trace that lost events to a repaired one.

use crate::{
    overlay::{WriteOptions, write_merged, write_overlay},
    records::{Recorder, Records},
};
use std::io::{self, Write};
use tracemend_impute::repair::GapRepair;
use tracemend_trace::{
    Trace, TraceResult,
    sink::{CsvSink, JsonlSink, TextSink},
    source::Source,
};

/// How a repaired trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON Lines of schema `tracemend.repair`: gaps, compositions, events.
    Jsonl,
    /// One event a row.
    Csv,
    /// Recorded lines as they stand in the input, inferred ones between them, marked.
    Text,
}

/// The form of the output.
#[derive(Clone, Copy, Debug)]
pub struct OutputForm {
    /// Its format.
    pub format: OutputFormat,
    /// Whether recorded events are written too; text always holds both.
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

/// Reads a trace to its end.
///
/// # Errors
/// What the source fails with.
pub fn load(source: &mut dyn Source, form: OutputForm) -> TraceResult<Loaded> {
    if form.format != OutputFormat::Text {
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
    let trace = &loaded.trace;
    let mut sink: Box<dyn tracemend_trace::sink::Sink + '_> = match form.format {
        OutputFormat::Jsonl => Box::new(JsonlSink::begin(out)?),
        OutputFormat::Csv => Box::new(CsvSink::begin(out)?),
        OutputFormat::Text => Box::new(TextSink::new(out, trace.header.format, form.color)),
    };
    if form.merge || form.format == OutputFormat::Text {
        write_merged(trace, loaded.records.as_ref(), repairs, options, sink.as_mut())
    } else {
        write_overlay(&trace.header, repairs, options, sink.as_mut())
    }
}

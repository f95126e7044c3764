//! CSV: one event a row. Gaps and compositions have no row; the `gap` column ties inferred events to theirs.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow};
use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, Write},
};

/// A repaired trace as CSV.
#[derive(Debug)]
pub struct CsvSink<W> {
    out: W,
    /// Whether text that a spreadsheet would compute is marked as text.
    neutral: bool,
}

impl<W: Write> CsvSink<W> {
    /// The header line.
    pub(crate) const COLUMNS: &'static str =
        "time_ns,time_err_ns,cpu,tid,comm,name,phase,ret,dur_ns,inferred,confidence,alternatives,gap,model,sample";

    /// Begins the output with its header.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        writeln!(out, "{}", Self::COLUMNS)?;
        Ok(Self { out, neutral: false })
    }

    /// The same, with an apostrophe before text that begins as a formula: spreadsheets compute such cells, and the traced program
    /// chooses its names.
    #[must_use]
    pub fn neutral(self, neutral: bool) -> Self {
        Self { neutral, ..self }
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.neutral && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            return quoted(&format!("'{text}")).into_owned().into();
        }
        quoted(text)
    }

    fn row(&mut self, event: &EventRow<'_>, sample: Option<u32>) -> io::Result<()> {
        let inference = event.inference.as_deref();
        let alternatives: Vec<String> = event
            .alternatives()
            .iter()
            .map(|other| format!("{}:{}:{}:{:.4}", other.name, other.phase.word(), cell(other.tid), other.probability))
            .collect();
        writeln!(
            self.out,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            cell(event.time_ns),
            cell(event.time_err_ns()),
            cell(event.cpu),
            cell(event.tid),
            self.text(event.comm.unwrap_or("")),
            self.text(event.name),
            event.phase.word(),
            cell(event.ret),
            cell(event.dur_ns),
            inference.is_some(),
            inference.map_or(String::new(), |inference| format!("{:.4}", inference.confidence)),
            self.text(&alternatives.join(" ")),
            cell(inference.map(|inference| inference.gap)),
            self.text(inference.map_or("", |inference| inference.model)),
            cell(sample),
        )
    }
}

impl<'a, W: Write> Sink<'a> for CsvSink<W> {
    fn gap(&mut self, _: &GapRow<'a>) -> io::Result<()> {
        Ok(())
    }

    fn composition(&mut self, _: &CompositionRow<'a>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        self.row(event, None)
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()> {
        self.row(event, Some(sample))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn cell<T: Display>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// A cell of text, in quotation marks where it needs them (RFC 4180).
pub fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Phase;
    use crate::sink::Inference;

    #[test]
    fn process_names_with_commas_and_quotes_stay_one_cell() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("bash"), "bash");
    }

    #[test]
    fn formulas_are_text_where_that_is_asked_for() {
        let sink = |neutral| CsvSink::begin(Vec::new()).expect("writes to memory").neutral(neutral);
        assert_eq!(sink(true).text("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(sink(true).text("@a,b"), "\"'@a,b\"");
        assert_eq!(sink(true).text("read"), "read");
        assert_eq!(sink(false).text("=1+1"), "=1+1");
    }

    #[test]
    fn every_row_has_as_many_cells_as_the_header() {
        let event = EventRow {
            time_ns: Some(5),
            stream: None,
            cpu: Some(0),
            tid: None,
            comm: Some("sh"),
            name: "read",
            phase: Phase::Entry,
            ret: None,
            dur_ns: None,
            inference: Some(Box::new(Inference {
                time_err_ns: None,
                confidence: 0.5,
                alternatives: &[],
                gap: 0,
                model: "engine:self",
            })),
        };
        let mut out = Vec::new();
        let mut sink = CsvSink::begin(&mut out).expect("writes to memory");
        sink.event(&event).expect("writes to memory");
        let text = String::from_utf8(out).expect("text");
        let cells: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(cells, [15, 15]);
    }
}

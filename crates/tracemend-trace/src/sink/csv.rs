//! CSV: one event a row. Gaps and compositions have no row; the `gap` column ties inferred events to theirs.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow};
use crate::Phase;
use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, Write},
};

/// A repaired trace as CSV.
#[derive(Debug)]
pub struct CsvSink<W> {
    out: W,
}

impl<W: Write> CsvSink<W> {
    /// The header line.
    const COLUMNS: &'static str =
        "time_ns,time_err_ns,cpu,tid,comm,name,phase,ret,dur_ns,inferred,confidence,alternatives,gap,model,sample";

    /// Begins the output with its header.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        writeln!(out, "{}", Self::COLUMNS)?;
        Ok(Self { out })
    }

    fn row(&mut self, event: &EventRow<'_>, sample: Option<u32>) -> io::Result<()> {
        let alternatives: Vec<String> = event
            .alternatives
            .iter()
            .map(|other| {
                format!("{}:{}:{}:{:.4}", other.name, phase_word(other.phase), cell(other.tid), other.probability)
            })
            .collect();
        writeln!(
            self.out,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            cell(event.time_ns),
            cell(event.time_err_ns),
            cell(event.cpu),
            cell(event.tid),
            quoted(event.comm.unwrap_or("")),
            quoted(event.name),
            phase_word(event.phase),
            cell(event.ret),
            cell(event.dur_ns),
            event.inferred,
            event.confidence.map_or(String::new(), |p| format!("{p:.4}")),
            quoted(&alternatives.join(" ")),
            cell(event.gap),
            quoted(event.model.unwrap_or("")),
            cell(sample),
        )
    }
}

impl<W: Write> Sink for CsvSink<W> {
    fn gap(&mut self, _: &GapRow<'_>) -> io::Result<()> {
        Ok(())
    }

    fn composition(&mut self, _: &CompositionRow<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &EventRow<'_>) -> io::Result<()> {
        self.row(event, None)
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'_>) -> io::Result<()> {
        self.row(event, Some(sample))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

pub(super) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Entry => "entry",
        Phase::Exit => "exit",
        Phase::Call => "call",
        Phase::Point => "point",
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

    #[test]
    fn process_names_with_commas_and_quotes_stay_one_cell() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("bash"), "bash");
    }

    #[test]
    fn every_row_has_as_many_cells_as_the_header() {
        let event = EventRow {
            time_ns: Some(5),
            time_err_ns: None,
            stream: None,
            cpu: Some(0),
            tid: None,
            comm: Some("sh"),
            name: "read",
            phase: Phase::Entry,
            inferred: true,
            confidence: Some(0.5),
            alternatives: vec![],
            gap: Some(0),
            model: Some("counts"),
            ret: None,
            dur_ns: None,
        };
        let mut out = Vec::new();
        let mut sink = CsvSink::begin(&mut out).expect("writes to memory");
        sink.event(&event).expect("writes to memory");
        let text = String::from_utf8(out).expect("text");
        let cells: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(cells, [15, 15]);
    }
}

//! JSON Lines: one `{"type":…,"data":…}` a line, the first naming the schema and its version.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Line<'a, T: ?Sized> {
    r#type: &'a str,
    data: &'a T,
}

#[derive(Serialize)]
struct Schema<'a> {
    name: &'a str,
    version: u32,
}

#[derive(Serialize)]
struct Sampled<'a> {
    sample: u32,
    #[serde(flatten)]
    event: &'a EventRow<'a>,
}

/// Rows of any type under one schema.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// Begins an output of schema `name`: its first line is written at once.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(out: W, name: &str, version: u32) -> io::Result<Self> {
        let mut lines = Self { out };
        lines.row("schema", &Schema { name, version })?;
        Ok(lines)
    }

    /// Writes one row.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row<T: Serialize + ?Sized>(&mut self, kind: &str, data: &T) -> io::Result<()> {
        // serde_json wraps the io error; unwrapped here so that a closed pipe stays recognisable.
        serde_json::to_writer(&mut self.out, &Line { r#type: kind, data }).map_err(io::Error::from)?;
        self.out.write_all(b"\n")
    }

    /// Returns what is written to.
    #[cfg(feature = "parquet")]
    pub(crate) fn get_ref(&self) -> &W {
        &self.out
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A repaired trace as JSON Lines of schema `tracemend.repair`.
#[derive(Debug)]
pub struct JsonlSink<W> {
    lines: JsonLines<W>,
}

impl<W: Write> JsonlSink<W> {
    /// Name of the schema.
    pub(crate) const SCHEMA: &'static str = "tracemend.repair";

    /// Begins the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(out: W) -> io::Result<Self> {
        Ok(Self { lines: JsonLines::begin(out, Self::SCHEMA, 1)? })
    }

    /// Ends the output with rows of statistics.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn statistics<T: Serialize>(&mut self, rows: &[T]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.lines.row("statistics", row))?;
        self.lines.flush()
    }
}

impl<'a, W: Write> Sink<'a> for JsonlSink<W> {
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()> {
        self.lines.row("gap", gap)
    }

    fn composition(&mut self, composition: &CompositionRow<'a>) -> io::Result<()> {
        self.lines.row("composition", composition)
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        self.lines.row("event", event)
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()> {
        self.lines.row("sample", &Sampled { sample, event })
    }

    fn finish(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_names_schema_and_version() {
        let mut out = Vec::new();
        JsonLines::begin(&mut out, "tracemend.gaps", 1).expect("writes to memory");
        assert_eq!(out, b"{\"type\":\"schema\",\"data\":{\"name\":\"tracemend.gaps\",\"version\":1}}\n");
    }

    #[test]
    fn a_closed_pipe_keeps_its_error_kind() {
        #[derive(Debug)]
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = JsonLines::begin(Closed, "x", 1).expect_err("the pipe is closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

//! Writers. Recorded and inferred events go through the same [`Sink`], which never lets one pass for the other.

pub mod atomic;
mod chrome;
mod collected;
mod csv;
pub mod ctf;
mod jsonl;
#[cfg(feature = "parquet")]
pub mod parquet;
mod perfetto;
mod rows;
mod text;
mod timeline;

use std::io;

pub use chrome::write_chrome;
pub use collected::{Collected, Inference, KeptAlternative, KeptEvent, KeptGap};
pub use csv::{CsvSink, quoted};
pub use jsonl::{JsonLines, JsonlSink};
pub use perfetto::write_perfetto;
pub use rows::{AlternativeRow, CompositionRow, EventRow, GapOutcome, GapRow, PartRow};
pub use text::TextSink;
pub use timeline::calls;

/// Where a repaired trace goes, row by row, in the order it shall be read.
pub trait Sink {
    /// A gap, before anything that was lost in it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn gap(&mut self, gap: &GapRow<'_>) -> io::Result<()>;

    /// What a gap swallowed, by kind.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn composition(&mut self, composition: &CompositionRow<'_>) -> io::Result<()>;

    /// An event, recorded or inferred.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn event(&mut self, event: &EventRow<'_>) -> io::Result<()>;

    /// One inferred event of a further reconstruction drawn at random.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn sample(&mut self, sample: u32, event: &EventRow<'_>) -> io::Result<()>;

    /// A line of the input as it stands there; formats without such lines ignore it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn raw_line(&mut self, line: &[u8]) -> io::Result<()> {
        let _ = line;
        Ok(())
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

//! Writers. Recorded and inferred events go through the same [`Sink`], and every format marks which is which.

mod chrome;
mod collected;
mod csv;
pub mod ctf;
mod jsonl;
pub(crate) mod mark;
#[cfg(feature = "parquet")]
pub mod parquet;
mod perfetto;
mod rows;
mod text;
mod timeline;

pub use chrome::write_chrome;
pub use collected::Collected;
pub use csv::{CsvSink, quoted};
pub use jsonl::{JsonLines, JsonlSink};
pub use perfetto::write_perfetto;
pub use rows::{Alternative, CompositionPart, CompositionRow, EventRow, GapOutcome, GapRow, Inference, Sink};
pub use text::TextSink;
pub use timeline::calls;

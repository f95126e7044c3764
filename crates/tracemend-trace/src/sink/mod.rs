//! Writers. Recorded and inferred events go through the same [`Sink`], and every format marks which is which.

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

pub use chrome::write_chrome;
pub use collected::{Collected, Inference, KeptAlternative, KeptEvent, KeptGap};
pub use csv::{CsvSink, quoted};
pub use jsonl::{JsonLines, JsonlSink};
pub use perfetto::write_perfetto;
pub use rows::{AlternativeRow, CompositionRow, EventRow, GapOutcome, GapRow, PartRow, Sink};
pub use text::TextSink;
pub use timeline::calls;

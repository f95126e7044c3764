//! The words by which the text of a repair is known again (`format::own_text`).

/// Before everything that is not recorded.
pub(crate) const MARK: &str = "~ ";
/// Begins a coloured line.
pub(crate) const COLOR: &str = "\u{1b}[36m";
/// Ends a coloured line.
pub(crate) const PLAIN: &str = "\u{1b}[0m";
/// First word of what is said about the recorded lines: the format that they are of follows.
pub(crate) const LINES: &str = "lines";
/// First word of what is said about a gap.
pub(crate) const GAP: &str = "gap";
/// First word of an event of a further reconstruction.
pub(crate) const SAMPLE: &str = "sample";
/// Between a stream and what it lost.
pub(crate) const LOST: &str = " lost ";
/// Between a stream's name and its CPU, where the name does not say it.
pub(crate) const ON_CPU: &str = " on CPU ";
/// In place of a stream that the tracer does not name.
pub(crate) const UNKNOWN_STREAM: &str = "an unknown stream";

//! The words by which what a repair wrote is known again (`format::own_text`, `format::perfetto`).

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

/// Category of a recorded event in a viewer's trace.
pub(crate) const RECORDED: &str = "recorded";
/// Category of an inferred event there.
pub(crate) const INFERRED: &str = "inferred";
/// Category of a gap there.
pub(crate) const LOSS: &str = "lost";
/// Category of what says how sure inferred events are.
pub(crate) const CONFIDENCE: &str = "confidence";
/// All categories.
pub(crate) const CATEGORIES: [&str; 4] = [RECORDED, INFERRED, LOSS, CONFIDENCE];

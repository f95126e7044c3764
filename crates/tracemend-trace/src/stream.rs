//! The streams of a trace: its loss domains.

/// Number of a stream in its trace, from 0 in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// A loss domain: one ring buffer, usually one per CPU.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamInfo {
    /// What the tracer calls it, or `cpu0`, `all`.
    pub name: String,
    /// The CPU it belongs to, where it belongs to one.
    pub cpu: Option<u32>,
}

//! How many threads read.

/// How a reader may use other threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Threads {
    /// How many, that of the caller included; 0 is 1.
    pub(crate) count: usize,
    /// Bytes or events that a thread takes at once; 0 for as many as are quick. A small number shows what depends on it.
    pub(crate) batch: usize,
}

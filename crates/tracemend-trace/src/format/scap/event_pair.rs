//! What the table of events has of each pair of numbers.

/// What a pair of events reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A system call with a name of its own.
    Call,
    /// A system call that a parameter names by its code.
    Generic,
    /// Something else that a thread did: a context switch, a signal.
    Point,
    /// What the recorder notes for itself.
    Meta,
    /// Sampling: the entry begins a time in which events are dropped, the exit ends it.
    Drop,
    /// A CPU that came up after the rings were made, so that it has none.
    Hotplug,
}

/// An entry and its exit, or an event that has no other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPair {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Number of parameters of the entry and of the exit: block versions before 1.2 do not store it.
    pub(crate) parameters: [u8; 2],
    /// Place of the thread's name among the parameters of the exit, from 1; 0 for none.
    pub(crate) comm: u8,
    /// Place of the thread's process, likewise.
    pub(crate) pid: u8,
    /// Whether the first parameter of the exit is the result.
    pub(crate) result: bool,
}

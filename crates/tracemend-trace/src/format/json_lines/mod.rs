//! Formats of one JSON object a line: eBPF tools that watch machines for what should not happen there.

pub(crate) mod inspektor_gadget;
mod log;
pub(crate) mod tetragon;
pub(crate) mod tracee;
mod value;

//! How an input is to be read.

use crate::Format;
use crate::decode::arch::Arch;
use crate::decode::threads::Threads;
use std::path::PathBuf;

/// How an input is to be read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The format, where it is not to be recognised by content.
    pub format: Option<Format>,
    /// The traced machine: it decides what system call numbers mean. `None`: as the file says, or else x86_64.
    pub arch: Option<Arch>,
    /// What `babeltrace2` wrote to its standard error: only that reports losses.
    pub warnings_file: Option<PathBuf>,
    /// Whether to yield gaps alone. Formats whose packet headers count losses ([`Format::tells_losses_apart`]) then decode
    /// no event.
    pub losses_only: bool,
    /// Whether to read CTF streams of events that a repair inferred as if they were recorded. By default they are left out, with
    /// a warning: an inferred event stays inferred.
    pub inferred: bool,
    /// How many threads read, that of the caller included; with 0 or 1 the caller's alone. What is read does not depend on it.
    pub threads: usize,
    /// Bytes or events that a thread takes at once; 0 for as many as are quick. For tests.
    #[doc(hidden)]
    pub batch: usize,
}

impl OpenOptions {
    /// How to use other threads.
    pub(crate) fn threads(&self) -> Threads {
        Threads { count: self.threads, batch: self.batch }
    }
}

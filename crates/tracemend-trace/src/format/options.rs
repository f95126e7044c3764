//! How an input is to be read.

use crate::Format;
use crate::decode::arch::Arch;
use std::path::PathBuf;

/// How an input is to be read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The format, where it is not to be recognised by content.
    pub format: Option<Format>,
    /// The traced machine, for system call numbers.
    pub arch: Arch,
    /// What `babeltrace2` wrote to its standard error: it alone tells of loss.
    pub warnings_file: Option<PathBuf>,
    /// Only gaps are wanted: a format whose packet headers tell of loss is not decoded further.
    pub losses_only: bool,
}

//! Exit codes of the command.

/// The work is done, and every requested condition holds. Also used when the reader of stdout has closed the pipe.
pub(crate) const DONE: u8 = 0;

/// The work is done, but a requested condition does not hold: `gaps --fail-on-loss` found a loss, `gaps --max-loss` too large a one, or `evaluate --fail-under`
/// found a figure that is too low. Or `doctor` found a tracer that does not run.
pub(crate) const CONDITION_FAILED: u8 = 1;

/// The work failed: wrong arguments, an unreadable input, an unwritable output.
pub(crate) const ERROR: u8 = 2;

/// Ctrl-C or a termination signal interrupted the work. Outputs are whole or absent.
pub(crate) const INTERRUPTED: u8 = 130;

//! Exit codes of the command, all of them.

/// The work is done, and every condition asked for holds. Also when the reader of stdout went away: it had enough.
pub const DONE: u8 = 0;

/// The work is done, but a condition asked for does not hold: `gaps --fail-on-loss` found a loss,
/// `evaluate --fail-under` found a figure too low.
pub const CONDITION_FAILED: u8 = 1;

/// The work could not be done: bad arguments, an input that cannot be read, an output that cannot be written.
pub const ERROR: u8 = 2;

/// Interrupted (Ctrl-C or a termination signal). Outputs are whole or absent, never half.
pub const INTERRUPTED: u8 = 130;

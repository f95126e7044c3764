//! Repairs execution traces that lost events.
//!
//! Tracers drop events when their buffers overflow, and count what they dropped. `tracemend` finds these gaps
//! ([`losses`]), reconstructs the lost events ([`repair`]), and writes each with a probability ([`pipeline`]). No output
//! shows a reconstructed event as a recorded one. The command line is a thin layer over this library.
//!
//! Read a trace, repair it, and print what each gap lost:
//!
//! ```
//! use std::path::Path;
//! use tracemend::repair::{RepairOptions, repair, unwatched};
//! use tracemend::trace::{OpenOptions, Trace, open};
//!
//! let path = Path::new("tests/fixtures/succeed/small_lost.txt");
//! let mut source = open(path, &OpenOptions::default())?;
//! let trace = Trace::read(source.as_mut())?;
//! for repaired in repair(&trace, None, &RepairOptions::default(), &unwatched) {
//!     let sure = repaired.events.iter().filter(|event| event.confidence >= 0.9).count();
//!     println!("gap {}: {} events inferred, {sure} of them sure", repaired.gap.id, repaired.events.len());
//!     for kind in repaired.composition.by_event.iter().take(3) {
//!         println!("    {} x {:.0} ({:.0} to {:.0})", kind.name, kind.expected, kind.low, kind.high);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `nets` | data sets and the networks of [`impute`], with the ML framework they need | yes |
//! | `eval` | [`eval`]: protocols, metrics and baselines | yes |
//! | `cuda` | networks on NVIDIA GPUs | no |

mod advice;
mod cli;
#[cfg(feature = "nets")]
mod dataset;
mod doctor;
#[cfg(feature = "eval")]
mod evaluation;
mod exit;
mod gap_totals;
mod lami;
pub mod losses;
#[cfg(any(feature = "nets", feature = "eval"))]
mod npy;
mod openmetrics;
pub mod overlay;
pub mod pipeline;
pub mod query;
mod records;
mod report;
#[cfg(feature = "eval")]
mod scores;
mod sha256;
pub mod statistics;
mod summary;
mod survey;

use std::ffi::OsString;
use std::process::ExitCode;

/// Reads and writes traces: formats, events, gaps, threads.
pub use ::tracemend_trace as trace;
/// Measures imputers and repairs: artificial and real gaps, metrics, bootstrap intervals.
#[cfg(feature = "eval")]
pub use tracemend_eval as eval;
/// Fills windows of one flat sequence: n-gram look-up, baselines, the published networks, and their data sets.
#[cfg(any(feature = "nets", feature = "eval"))]
pub use tracemend_impute as impute;
/// Fills the gaps of a trace: n-gram model, search over threads, calibrated probabilities.
pub use tracemend_repair as repair;

/// Runs the command with the process's arguments.
#[doc(hidden)]
pub fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os()))
}

/// Runs the command with these arguments, the program's name first, and returns its exit code.
#[doc(hidden)]
pub fn run(args: impl Iterator<Item = OsString>) -> u8 {
    cli::interrupt::install();
    match cli::run(args) {
        Ok(code) => code,
        // The reader of a closed pipe has what it wanted.
        Err(error) if cli::messages::is_closed_pipe(&error) => exit::DONE,
        Err(error) => {
            cli::messages::error(&error);
            exit::ERROR
        }
    }
}

//! Ctrl-C and termination signals.

use tracemend::exit;
use tracemend_trace::sink::atomic;

/// Ends the program with its own exit code on a signal, leaving no half-written file.
pub fn install() {
    let handled = ctrlc::set_handler(|| {
        atomic::remove_temporaries();
        std::process::exit(exit::INTERRUPTED.into());
    });
    // Without a handler a signal still ends the program; only a hidden temporary file may stay.
    if let Err(error) = handled {
        super::messages::warning(&format!("signals are not handled: {error}"));
    }
}

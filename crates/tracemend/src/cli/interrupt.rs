//! Ctrl-C and termination signals.

use crate::exit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the work in progress can end by itself and save what is done.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// Makes a signal end the program with its own exit code and without half-written files. The first signal asks work that
/// can stop by itself to do so; a second one ends it at once.
pub(crate) fn install() {
    let handled = ctrlc::set_handler(|| {
        if CAN_STOP.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
            return;
        }
        tracemend_trace::fs::remove_temporaries();
        std::process::exit(exit::INTERRUPTED.into());
    });
    // Without a handler a signal still ends the program, but a hidden temporary file may stay behind.
    if let Err(error) = handled {
        super::messages::warning(&format!("signals are not handled: {error}"));
    }
}

/// Runs work that checks [`asked`] now and then, and ends when it returns true.
pub(crate) fn stoppable<T>(work: impl FnOnce() -> T) -> T {
    CAN_STOP.store(true, Ordering::SeqCst);
    let done = work();
    CAN_STOP.store(false, Ordering::SeqCst);
    done
}

/// Whether a signal asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

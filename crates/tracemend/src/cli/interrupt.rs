//! Ctrl-C and termination signals.

use std::sync::atomic::{AtomicBool, Ordering};
use tracemend::exit;
use tracemend_trace::fs;

/// Whether the work in progress ends by itself when asked to, and saves what is done.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// Ends the program with its own exit code on a signal, leaving no half-written file. Work that can stop by itself is
/// asked to first; a second signal ends that too.
pub fn install() {
    let handled = ctrlc::set_handler(|| {
        if CAN_STOP.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
            return;
        }
        tracemend_trace::fs::remove_temporaries();
        std::process::exit(exit::INTERRUPTED.into());
    });
    // Without a handler a signal still ends the program; only a hidden temporary file may stay.
    if let Err(error) = handled {
        super::messages::warning(&format!("signals are not handled: {error}"));
    }
}

/// Does a piece of work that looks at [`asked`] now and then and ends when it says so.
pub fn stoppable<T>(work: impl FnOnce() -> T) -> T {
    CAN_STOP.store(true, Ordering::SeqCst);
    let done = work();
    CAN_STOP.store(false, Ordering::SeqCst);
    done
}

/// Whether a signal asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

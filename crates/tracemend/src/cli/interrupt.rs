//! Ctrl-C and termination signals.

use crate::exit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether the work in progress can end by itself and save what is done.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);
/// How long the work in progress may take to do so.
static PATIENCE: Mutex<Option<Duration>> = Mutex::new(None);

/// How long a repair may take to end after an interruption, and to write what is done. Users expect an end within two seconds.
pub(crate) const SOON: Duration = Duration::from_millis(1500);

/// Makes a signal end the program with its own exit code and without half-written files. The first signal asks work that
/// can stop by itself to do so; a second one, or the end of its patience, ends it at once.
pub(crate) fn install() {
    let handled = ctrlc::set_handler(|| {
        if CAN_STOP.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
            if let Ok(patience) = PATIENCE.lock()
                && let Some(patience) = *patience
            {
                std::thread::spawn(move || {
                    std::thread::sleep(patience);
                    super::messages::note(
                        "interrupted: what was done could not be written in time; the output stays as it was",
                    );
                    end();
                });
            }
            return;
        }
        end();
    });
    // Without a handler a signal still ends the program, but a hidden temporary file may stay behind.
    if let Err(error) = handled {
        super::messages::warning(&format!("signals are not handled: {error}"));
    }
}

fn end() -> ! {
    tracemend_trace::fs::remove_temporaries();
    std::process::exit(exit::INTERRUPTED.into());
}

/// Runs work that checks [`asked`] now and then, and ends when it returns true. With `patience`, the program ends that long after
/// it was asked to, whether or not the work has.
pub(crate) fn stoppable<T>(patience: Option<Duration>, work: impl FnOnce() -> T) -> T {
    if let Ok(mut known) = PATIENCE.lock() {
        *known = patience;
    }
    CAN_STOP.store(true, Ordering::SeqCst);
    let done = work();
    CAN_STOP.store(false, Ordering::SeqCst);
    done
}

/// Whether a signal asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

//! Long work beside the interpreter.

use crate::error::Failure;
use pyo3::prelude::*;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often signals are looked for while work goes on.
const POLL: Duration = Duration::from_millis(50);

/// What the work and the interpreter tell each other.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    stop: AtomicBool,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Watch {
    /// Whether the work is no longer wanted.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Notes that `done` of `total` units are done.
    pub(crate) fn set(&self, done: usize, total: usize) {
        self.total.store(total, Ordering::Relaxed);
        self.done.fetch_max(done, Ordering::Relaxed);
    }

    /// Calls `progress` if there is more to say than was `shown`.
    fn show(&self, progress: Option<&Bound<'_, PyAny>>, shown: &mut Option<(usize, usize)>) -> PyResult<()> {
        let now = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        if let Some(progress) = progress
            && now.1 > 0
            && *shown != Some(now)
        {
            *shown = Some(now);
            progress.call1(now)?;
        }
        Ok(())
    }
}

/// Runs work on another thread, with the interpreter released. A signal (Ctrl-C) or an error of `progress` ends the wait at once: the
/// work is told to stop, and what it still returns is dropped. `progress` is called with what is done, and of how much.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    let watch = Arc::new(Watch::default());
    let (send, receive) = channel();
    let worker = {
        let watch = Arc::clone(&watch);
        thread::spawn(move || {
            // Nobody may be waiting any more.
            let _ = send.send(work(&watch));
        })
    };
    // What is released together with the interpreter has to be shareable between threads.
    let receive = Mutex::new(receive);
    let mut shown = None;
    loop {
        let received = py.detach(|| receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(POLL));
        match received {
            Ok(result) => {
                watch.show(progress, &mut shown)?;
                return Ok(result?);
            }
            Err(RecvTimeoutError::Timeout) => {
                let wanted = py.check_signals().and_then(|()| watch.show(progress, &mut shown));
                if let Err(error) = wanted {
                    watch.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            // The work panicked; so does the caller.
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return Err(Failure::new("the work ended without a result; please report this").into()),
            },
        }
    }
}

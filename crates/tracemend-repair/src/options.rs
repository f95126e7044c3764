//! How to repair.

use crate::params::Params;
use std::ops::ControlFlow;

/// How to repair.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairOptions {
    /// Seed of everything drawn at random.
    pub seed: u64,
    /// Worker threads; 0: one per core. The result is the same for any number.
    pub threads: usize,
    /// Random reconstructions besides the best one.
    pub samples: usize,
    /// Gaps that lost more events than this are left open.
    pub max_lost: u64,
    /// Whether to fill gaps of which nothing is known but lines that could not be read.
    pub fill_damage: bool,
    /// The constants of the method.
    pub params: Params,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self { seed: 0, threads: 0, samples: 0, max_lost: 20_000, fill_damage: false, params: Params::default() }
    }
}

/// Reports how many gaps are done of how many; [`ControlFlow::Break`] leaves the others open.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// A [`Progress`] that reports nothing and never stops.
pub fn unwatched(_done: usize, _total: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Runs `work` on this many threads (0: one per core), never on more than there are cores. Work that already runs on such threads
/// goes on there, and so it does where no more can be started.
///
/// ```
/// assert_eq!(tracemend_repair::with_threads(2, || 6 * 7), 42);
/// ```
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    if rayon::current_thread_index().is_some() {
        return work();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    match rayon::ThreadPoolBuilder::new().num_threads(threads.min(cores)).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

//! Which thread runs on which CPU, by the context switches.

use crate::Symbol;
use rustc_hash::FxHashMap;

/// A thread.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Task {
    pub(super) tid: Option<i32>,
    pub(super) comm: Option<Symbol>,
}

/// The thread on each CPU, as far as it is known.
#[derive(Default)]
pub(super) struct Running(FxHashMap<u32, Task>);

impl Running {
    /// The thread of an event on a CPU. A context switch, with the threads before and after it, is recorded by the one that
    /// leaves.
    pub(super) fn of_event(&mut self, cpu: u32, switch: Option<(Task, Task)>) -> Task {
        match switch {
            Some((previous, next)) => {
                self.0.insert(cpu, next);
                previous
            }
            None => self.0.get(&cpu).copied().unwrap_or_default(),
        }
    }

    /// The CPU lost events.
    pub(super) fn forget(&mut self, cpu: u32) {
        self.0.remove(&cpu);
    }
}

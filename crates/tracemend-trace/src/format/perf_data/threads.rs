//! Names of threads, from the records of new threads and new names.

use crate::Symbol;
use crate::decode::context::Context;
use rustc_hash::FxHashMap;

/// Maximum number of threads whose names are kept.
const MAX_THREADS: usize = 1 << 20;

/// The names known at a point in time.
#[derive(Default)]
pub(crate) struct Threads {
    names: FxHashMap<i32, Symbol>,
}

impl Threads {
    /// A thread has a new name.
    pub(crate) fn rename(&mut self, tid: i32, name: Symbol) {
        if self.names.len() < MAX_THREADS || self.names.contains_key(&tid) {
            self.names.insert(tid, name);
        }
    }

    /// A thread begins with its parent's name, if that has one.
    pub(crate) fn fork(&mut self, parent: i32, tid: i32) {
        match self.names.get(&parent).copied() {
            Some(name) => self.rename(tid, name),
            None => {
                self.names.remove(&tid);
            }
        }
    }

    /// The name as perf prints it: `swapper` for the idle thread, `:17` where none is known.
    #[inline]
    pub(crate) fn name(&self, context: &mut Context, tid: i32) -> Symbol {
        match self.names.get(&tid) {
            Some(&name) => name,
            None if tid == 0 => context.name(b"swapper"),
            None => context.name(format!(":{tid}").as_bytes()),
        }
    }

    /// The name, without making one.
    pub(crate) fn known(&self, tid: i32) -> Option<Symbol> {
        self.names.get(&tid).copied()
    }
}

//! Names of threads, and the thread that runs on each CPU.

use super::messages::ProcessTree;
use crate::Symbol;
use crate::decode::context::Context;
use rustc_hash::FxHashMap;

/// Maximum number of threads whose names are kept.
const MAX_THREADS: usize = 1 << 20;

/// What is known of threads.
#[derive(Default)]
pub(crate) struct Threads {
    names: FxHashMap<i32, Symbol>,
}

impl Threads {
    /// Takes over the names and processes of a tree.
    pub(crate) fn learn(&mut self, context: &mut Context, tree: &ProcessTree) {
        for process in &tree.processes {
            let Some(pid) = process.pid else { continue };
            context.header.processes.note(pid, pid);
            let program = process.cmdline.first().and_then(|path| path.rsplit('/').next());
            if let Some(program) = program.filter(|program| !program.is_empty() && !self.names.contains_key(&pid)) {
                self.name(context, pid, program);
            }
        }
        for thread in &tree.threads {
            let Some(tid) = thread.tid else { continue };
            if let Some(tgid) = thread.tgid {
                context.header.processes.note(tid, tgid);
            }
            if let Some(name) = thread.name.as_deref().filter(|name| !name.is_empty()) {
                self.name(context, tid, name);
            }
        }
    }

    /// Names a thread.
    pub(crate) fn name(&mut self, context: &mut Context, tid: i32, name: &str) {
        if tid != 0 && (self.names.len() < MAX_THREADS || self.names.contains_key(&tid)) {
            let name = context.name(name.as_bytes());
            self.names.insert(tid, name);
        }
    }

    /// The name of a thread.
    pub(crate) fn of(&self, tid: i32) -> Option<Symbol> {
        self.names.get(&tid).copied()
    }
}

//! System calls that two tracepoints record: `raw_syscalls:sys_enter` and `syscalls:sys_enter_openat` are one entry.

use crate::{Phase, Symbol};
use rustc_hash::FxHashMap;

/// Maximum number of threads whose last call is kept.
const MAX_THREADS: usize = 1 << 16;
/// Events kept while only one of the tracepoints was met. The two records of one entry lie close together.
const RECENT: usize = 64;

/// An entry or exit, and by which tracepoint it was recorded.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct EndOfCall {
    /// Whether by the one that gives the call's number.
    pub(super) raw: bool,
    pub(super) name: Symbol,
    pub(super) phase: Phase,
}

/// The last entry or exit of each thread. As long as all come from one tracepoint, as in most traces, only the latest few.
#[derive(Default)]
pub(super) struct EndsOfCalls {
    raw_seen: bool,
    named_seen: bool,
    recent: Vec<(i32, EndOfCall)>,
    next: usize,
    last: FxHashMap<i32, EndOfCall>,
}

impl EndsOfCalls {
    /// Whether this is the second record of the entry or exit that the thread reached last.
    #[inline]
    pub(super) fn is_second(&mut self, tid: i32, this: EndOfCall) -> bool {
        self.raw_seen |= this.raw;
        self.named_seen |= !this.raw;
        if !(self.raw_seen && self.named_seen) {
            if self.recent.len() < RECENT {
                self.recent.push((tid, this));
            } else {
                self.recent[self.next] = (tid, this);
                self.next = (self.next + 1) % RECENT;
            }
            return false;
        }
        self.is_second_of_both(tid, this)
    }

    fn is_second_of_both(&mut self, tid: i32, this: EndOfCall) -> bool {
        if !self.recent.is_empty() {
            let mut recent = std::mem::take(&mut self.recent);
            recent.rotate_left(self.next);
            self.last.extend(recent);
        }
        if self.last.len() >= MAX_THREADS {
            self.last.clear();
        }
        let twice = self.last.get(&tid).is_some_and(|last| *last == EndOfCall { raw: !this.raw, ..this });
        // A third record of the same end is the first one of the next.
        if twice {
            self.last.remove(&tid);
        } else {
            self.last.insert(tid, this);
        }
        twice
    }
}

//! Whether a capture has entries. Since the end of 2025 the recorder writes the exits of most calls only, and an exit is the whole call.

use super::blocks::{Block, Blocks, HEAD, is_event};
use super::event::type_of;
use super::event_pair::{EventPair, Kind};
use crate::Phase;
use rustc_hash::FxHashMap;
use std::io;

/// Bytes looked at, from the first event on.
const MAX_BYTES: usize = 8 << 20;
/// Exits looked at.
const MAX_EXITS: usize = 4096;
/// Maximum number of threads whose entries are kept.
const MAX_THREADS: usize = 1 << 20;
/// Calls whose entries every recorder writes: what they point to can change until they end.
const ALWAYS_ENTERED: [&str; 5] = ["open", "openat", "openat2", "creat", "connect"];

/// What the ends of calls stand for.
pub(crate) enum Phases {
    /// Entries and exits are recorded.
    Both,
    /// Most entries are not: the call that each thread is in, where its entry is there.
    ExitsOnly(FxHashMap<i64, &'static str>),
}

impl Phases {
    /// Looks at the events from this block on, without going on to them.
    pub(crate) fn of(blocks: &mut Blocks, first: &Block) -> io::Result<Self> {
        let (mut at, mut exits) = (first.content.start - HEAD, 0);
        let end = at + MAX_BYTES;
        while exits < MAX_EXITS && at < end {
            let Some(block) = blocks.peek(at, end)? else { break };
            at = block.end();
            if !is_event(block.kind) {
                continue;
            }
            let order = blocks.order;
            let Some(kind) = type_of(block.kind, blocks.bytes(block.content), order) else { continue };
            let Some(pair) = kind.pair().filter(|_| kind.is_call()) else { continue };
            match kind.phase() {
                Phase::Entry if pair.kind == Kind::Generic || !ALWAYS_ENTERED.contains(&pair.name) => {
                    return Ok(Self::Both);
                }
                Phase::Entry => {}
                _ => exits += 1,
            }
        }
        Ok(if exits == 0 { Self::Both } else { Self::ExitsOnly(FxHashMap::default()) })
    }

    /// What an end of a call is here.
    pub(crate) fn phase(&mut self, tid: i64, pair: &'static EventPair, phase: Phase, ret: Option<i64>) -> Phase {
        let Self::ExitsOnly(entered) = self else {
            return phase;
        };
        if phase == Phase::Entry {
            if entered.len() < MAX_THREADS || entered.contains_key(&tid) {
                entered.insert(tid, pair.name);
            }
            return Phase::Entry;
        }
        let was_entered = entered.remove(&tid) == Some(pair.name);
        // A new thread did not call what it returns from.
        let is_new = ret == Some(0) && crate::calls::BORN_BY.contains(&pair.name);
        if was_entered || is_new { Phase::Exit } else { Phase::Call }
    }
}

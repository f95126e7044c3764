//! Puts records in the order of time.
//!
//! perf writes out the rings of all CPUs one after the other and marks the end of each round. A record that was in its
//! ring when a round began is written in that round, so after round n no record can come that is older than the latest
//! one of round n - 1:
//!
//! ```text
//!            ring 0     ring 1     latest    given out at the mark
//! round 1    1 2        2 3 4      4         none yet
//! round 2    3 4 5      5 6 7      7         up to 4
//! round 3    6 7        8 9        9         up to 7
//! ```

use super::blocks::Place;
use std::collections::VecDeque;

/// What waits for its time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Record(Place),
    /// A damaged part, by number.
    Damage(u32),
}

/// A record or a damaged part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) time: u64,
    /// Where it lies in the file.
    pub(crate) offset: u64,
    pub(crate) what: What,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Rounds {
    waiting: Vec<Entry>,
    ready: VecDeque<Entry>,
    /// Latest time so far.
    latest: u64,
    /// Latest time at the end of the round before.
    limit: u64,
    /// All up to this time is given out.
    done: u64,
}

impl Rounds {
    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        self.latest = self.latest.max(entry.time);
        self.waiting.push(entry);
    }

    /// The mark at the end of a round.
    pub(crate) fn finish_round(&mut self) {
        self.flush(self.limit);
        self.limit = self.latest;
    }

    /// The end, or more than can be kept.
    pub(crate) fn finish(&mut self) {
        self.flush(u64::MAX);
        self.limit = self.latest;
    }

    fn flush(&mut self, limit: u64) {
        // Stable: equal times keep the order of the file. Runs of one ring are sorted already, which the sort makes use of.
        self.waiting.sort_by_key(|entry| entry.time);
        let ready = self.waiting.partition_point(|entry| entry.time <= limit);
        self.ready.extend(self.waiting.drain(..ready));
        self.done = self.done.max(limit.min(self.latest));
    }

    /// Between which times records found now can lie: all before the first is given out.
    pub(crate) fn span(&self) -> (u64, u64) {
        (self.done, self.latest)
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Entry> {
        self.ready.pop_front()
    }
}

//! Threads as events name them.

use crate::{Event, StreamId};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The thread an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadKey {
    /// The idle thread of a stream's CPU: all CPUs share thread id 0, so the id alone would join them.
    Idle(StreamId),
    /// All events of a stream that name no thread: with nothing to tell them apart they form one.
    Untracked(StreamId),
    /// A thread with an id of its own.
    Tid(i32),
}

impl ThreadKey {
    /// The thread of `event`.
    pub fn of(event: &Event) -> Self {
        match event.tid {
            Some(0) => ThreadKey::Idle(event.stream),
            Some(tid) => ThreadKey::Tid(tid),
            None => ThreadKey::Untracked(event.stream),
        }
    }

    /// The thread id, for a thread that has one of its own.
    pub fn tid(self) -> Option<i32> {
        match self {
            ThreadKey::Tid(tid) => Some(tid),
            ThreadKey::Idle(_) | ThreadKey::Untracked(_) => None,
        }
    }

    /// One number per thread. Order and hash follow it: outputs depend on the order of threads, and models and fixtures
    /// were made when threads were these numbers. Idle and untracked threads lie below all thread ids.
    fn number(self) -> i64 {
        const IDLE: i64 = -(1 << 41);
        const UNTRACKED: i64 = -(1 << 40);
        match self {
            ThreadKey::Idle(stream) => IDLE - i64::from(stream.0),
            ThreadKey::Untracked(stream) => UNTRACKED - i64::from(stream.0),
            ThreadKey::Tid(tid) => i64::from(tid),
        }
    }
}

/// Idle threads first, then untracked ones, each from the last stream to the first; then threads by id.
impl Ord for ThreadKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for ThreadKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for ThreadKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Phase, Symbol};

    #[test]
    fn the_order_is_that_of_the_numbers_threads_once_were() {
        // -(1 << 41) - stream for idle threads, -(1 << 40) - stream for untracked ones, and thread ids: so idle comes
        // before untracked before ids, and within the first two a larger stream number comes first.
        let streams = [u32::MAX, 7, 1, 0].map(StreamId);
        let mut expected: Vec<ThreadKey> = streams.map(ThreadKey::Idle).to_vec();
        expected.extend(streams.map(ThreadKey::Untracked));
        expected.extend([i32::MIN, -1, 1, 2, i32::MAX].map(ThreadKey::Tid));
        let mut sorted = expected.clone();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, expected);
        assert!(expected.windows(2).all(|pair| pair[0] < pair[1] && pair[0].number() < pair[1].number()));
    }

    #[test]
    fn thread_zero_and_no_thread_are_threads_of_their_stream() {
        let event = |tid, stream| Event { tid, ..Event::new(0, StreamId(stream), Symbol(0), Phase::Point) };
        assert_eq!(ThreadKey::of(&event(Some(0), 3)), ThreadKey::Idle(StreamId(3)));
        assert_eq!(ThreadKey::of(&event(None, 3)), ThreadKey::Untracked(StreamId(3)));
        assert_eq!(ThreadKey::of(&event(Some(5), 3)), ThreadKey::of(&event(Some(5), 4)));
        assert_eq!(ThreadKey::of(&event(Some(5), 3)).tid(), Some(5));
        assert_eq!(ThreadKey::of(&event(Some(0), 3)).tid(), None);
    }
}

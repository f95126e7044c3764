//! A trace as seen while its gaps are being filled: recorded events, and the inferred ones accepted so far.

use crate::index::TraceIndex;
use crate::model::Token;
use rustc_hash::FxHashMap;
use tracemend_trace::{Event, ThreadKey};

/// A [`TraceIndex`] plus inferred events. Positions from the number of recorded events up are inferred ones.
pub(crate) struct View<'a> {
    /// The recorded part.
    pub index: &'a TraceIndex<'a>,
    inferred: Vec<(Event, Token)>,
    threads: FxHashMap<ThreadKey, Vec<u32>>,
}

impl<'a> View<'a> {
    /// Nothing inferred yet.
    pub(crate) fn new(index: &'a TraceIndex<'a>) -> Self {
        Self { index, inferred: Vec::new(), threads: FxHashMap::default() }
    }

    /// The event at a position.
    pub(crate) fn event(&self, position: u32) -> &Event {
        match (position as usize).checked_sub(self.index.tokens.len()) {
            None => self.index.event(position),
            Some(inferred) => &self.inferred[inferred].0,
        }
    }

    /// Its token.
    pub(crate) fn token(&self, position: u32) -> Token {
        match (position as usize).checked_sub(self.index.tokens.len()) {
            None => self.index.tokens[position as usize],
            Some(inferred) => self.inferred[inferred].1,
        }
    }

    /// Whether it is an inferred one.
    pub(crate) fn is_inferred(&self, position: u32) -> bool {
        position as usize >= self.index.tokens.len()
    }

    /// See [`TraceIndex::end_ns`]; an inferred call counts as over at once.
    pub(crate) fn end_ns(&self, position: u32) -> i64 {
        if self.is_inferred(position) { self.event(position).time_ns } else { self.index.end_ns(position) }
    }

    /// A thread's events in order.
    pub(crate) fn thread(&self, thread: ThreadKey) -> &[u32] {
        self.threads.get(&thread).or_else(|| self.index.threads.get(&thread)).map_or(&[], Vec::as_slice)
    }

    /// Puts a gap's inferred events into their threads, each after all events of the same time.
    pub(crate) fn accept(&mut self, events: Vec<(Event, Token)>) {
        let mut new: FxHashMap<ThreadKey, Vec<u32>> = FxHashMap::default();
        for (event, token) in events {
            let position = (self.index.tokens.len() + self.inferred.len()) as u32;
            new.entry(ThreadKey::of(&event)).or_default().push(position);
            self.inferred.push((event, token));
        }
        for (thread, new) in new {
            let mut positions = self.threads.remove(&thread).unwrap_or_else(|| self.thread(thread).to_vec());
            positions.extend(new);
            // Two sorted runs: a merge. Inferred positions are higher, and the sort keeps the order of equal times.
            positions.sort_by_key(|&position| self.event(position).time_ns);
            self.threads.insert(thread, positions);
        }
    }

    /// Whether a thread has inferred events in a time interval.
    pub(crate) fn has_inferred(&self, thread: ThreadKey, from_ns: i64, to_ns: i64) -> bool {
        self.threads.get(&thread).is_some_and(|positions| {
            let first = positions.partition_point(|&position| self.event(position).time_ns < from_ns);
            positions[first..]
                .iter()
                .take_while(|&&position| self.event(position).time_ns <= to_ns)
                .any(|&position| self.is_inferred(position))
        })
    }
}

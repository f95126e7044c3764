//! A trace as seen while its gaps are being filled: recorded events, and the inferred ones accepted so far.

use crate::index::TraceIndex;
use crate::model::Token;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;
use tracemend_trace::{Event, ThreadKey};

/// A [`TraceIndex`] plus inferred events. Positions from the number of recorded events up are inferred ones.
pub(crate) struct View<'a> {
    /// The recorded part.
    pub index: &'a TraceIndex<'a>,
    inferred: Vec<(Event, Token)>,
    /// Time and position of each thread's inferred events. Apart from the recorded ones, so that a gap costs what lies around
    /// it, not what its threads did in the whole trace.
    threads: FxHashMap<ThreadKey, BTreeSet<(i64, u32)>>,
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

    /// Whether there is an event at a position: an inferred one may be that of another view.
    pub(crate) fn holds(&self, position: u32) -> bool {
        (position as usize) < self.index.tokens.len() + self.inferred.len()
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

    /// A thread's events in order: those from `from_ns` to `to_ns`, and at least `margin` on each side where there are so many.
    pub(crate) fn thread_around(&self, thread: ThreadKey, from_ns: i64, to_ns: i64, margin: usize) -> Cow<'_, [u32]> {
        let recorded = self.index.threads.get(&thread).map_or(&[][..], Vec::as_slice);
        let Some(inferred) = self.threads.get(&thread) else {
            return Cow::Borrowed(recorded);
        };
        let first = recorded.partition_point(|&position| self.event(position).time_ns < from_ns);
        let last = recorded.partition_point(|&position| self.event(position).time_ns <= to_ns).max(first);
        let mut around =
            recorded[first.saturating_sub(margin)..last.saturating_add(margin).min(recorded.len())].to_vec();
        around.extend(inferred.range(..(from_ns, 0)).rev().take(margin).map(|&(_, position)| position));
        around.extend(inferred.range((from_ns, 0)..).take_while(|item| item.0 <= to_ns).map(|&(_, position)| position));
        around.extend(inferred.range((to_ns, u32::MAX)..).take(margin).map(|&(_, position)| position));
        // Inferred positions are higher: of equal times, the recorded event comes first.
        around.sort_unstable_by_key(|&position| (self.event(position).time_ns, position));
        Cow::Owned(around)
    }

    /// Puts a gap's inferred events into their threads, each after all events of the same time.
    pub(crate) fn accept(&mut self, events: Vec<(Event, Token)>) {
        for (event, token) in events {
            let position = (self.index.tokens.len() + self.inferred.len()) as u32;
            self.threads.entry(ThreadKey::of(&event)).or_default().insert((event.time_ns, position));
            self.inferred.push((event, token));
        }
    }

    /// Whether a thread has inferred events in a time interval.
    pub(crate) fn has_inferred(&self, thread: ThreadKey, from_ns: i64, to_ns: i64) -> bool {
        let after = self.threads.get(&thread).and_then(|inferred| inferred.range((from_ns, 0)..).next());
        after.is_some_and(|&(time_ns, _)| time_ns <= to_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::trace;
    use crate::model::{BEGIN, TokenTable};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_lies_around_a_gap_is_a_part_of_the_whole_merged_thread(
            inferred in prop::collection::vec((1..4_i32, 0..60_i64), 0..40),
            (from, width, margin) in (0..60_i64, 0..20_i64, 0..6_usize),
        ) {
            let mut recorded = trace(&[(0, 1, "a"), (0, 2, "b"), (0, 1, "a"), (0, 1, "a"), (0, 2, "b"), (0, 1, "a")]);
            for (event, time_ns) in recorded.events.iter_mut().zip([5, 9, 20, 20, 33, 48]) {
                event.time_ns = time_ns;
            }
            let mut table = TokenTable::default();
            let index = TraceIndex::new(&recorded, &mut table);
            let mut view = View::new(&index);
            for one in &inferred {
                let event = Event { tid: Some(one.0), time_ns: one.1, ..recorded.events[0].clone() };
                view.accept(vec![(event, BEGIN)]);
            }
            for tid in 1..4 {
                let thread = ThreadKey::Tid(tid);
                // The slow twin: all of the thread's events, sorted.
                let mut all: Vec<u32> = index.threads.get(&thread).cloned().unwrap_or_default();
                let others = (0u32..).zip(&inferred).filter(|(_, one)| one.0 == tid);
                all.extend(others.map(|(number, _)| 6 + number));
                all.sort_by_key(|&position| view.event(position).time_ns);
                let time = |position: &u32| view.event(*position).time_ns;
                let before = all.partition_point(|position| time(position) < from);
                let first = before.saturating_sub(margin);
                let last = (all.partition_point(|position| time(position) <= from + width) + margin).min(all.len());
                let around = view.thread_around(thread, from, from + width, margin);
                let begin = around.partition_point(|position| time(position) < from) - (before - first);
                prop_assert_eq!(&around[begin..begin + last - first], &all[first..last]);
                let has = inferred.iter().any(|one| one.0 == tid && (from..=from + width).contains(&one.1));
                prop_assert_eq!(view.has_inferred(thread, from, from + width), has);
            }
        }
    }
}

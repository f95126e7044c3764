//! What is recorded around a gap.

use crate::baselines::ngram_model::{NgramModel, ORDER, context};
use std::borrow::Cow;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::{END, State, Token};
use tracemend_trace::calls::ends_thread;
use tracemend_trace::{Gap, ThreadKey};

/// Events of the CPU on each side of a gap that are searched for threads. A thread that is idle for longer rarely ran in
/// the gap, and the n-grams of threads would add loops to it at no cost.
const NEAR: usize = 40;
/// Events after the gap that are compared with what was filled in.
pub(crate) const RIGHT: usize = 8;

/// A gap in its CPU's stream.
pub(crate) struct Around<'a, 't> {
    index: &'a TraceIndex<'t>,
    model: &'a NgramModel,
    positions: Cow<'a, [u32]>,
    split: usize,
    begin_ns: i64,
}

/// A thread that may have run in a gap.
pub(crate) struct NearThread {
    pub(crate) thread: ThreadKey,
    /// Context in which its next event happens.
    pub(crate) left: State,
    /// Its next recorded tokens.
    pub(crate) right: Vec<Token>,
}

impl<'a, 't> Around<'a, 't> {
    pub(crate) fn new(index: &'a TraceIndex<'t>, model: &'a NgramModel, gap: &Gap) -> Self {
        let positions: Cow<'a, [u32]> = match gap.stream {
            Some(stream) => Cow::Borrowed(index.streams.get(stream.0 as usize).map_or(&[], Vec::as_slice)),
            None => Cow::Owned((0..index.trace.events.len() as u32).collect()),
        };
        let split = match (gap.begin_ns, gap.end_ns) {
            (Some(begin), _) => index.count_until(&positions, begin),
            (None, Some(end)) => positions.partition_point(|&position| index.event(position).time_ns < end),
            (None, None) => 0,
        };
        Self { index, model, positions, split, begin_ns: gap.begin_ns.unwrap_or(i64::MIN) }
    }

    fn token(&self, position: u32) -> Token {
        let known = self.model.token(&self.index.trace.header.symbols, self.index.event(position));
        // A name that was never learned has a number in the index alone.
        let unknown = || Some(self.index.tokens[position as usize]).filter(|&token| !self.is_known(token));
        known.or_else(unknown).unwrap_or(END)
    }

    fn is_known(&self, token: Token) -> bool {
        (token as usize) < self.model.vocabulary()
    }

    /// Up to `max` tokens of the stream before the gap, the newest last.
    pub(crate) fn left(&self, max: usize) -> Vec<Token> {
        let from = self.split.saturating_sub(max);
        self.positions[from..self.split].iter().map(|&position| self.token(position)).collect()
    }

    /// Up to `max` tokens of the stream after the gap.
    pub(crate) fn right(&self, max: usize) -> Vec<Token> {
        self.positions[self.split..].iter().take(max).map(|&position| self.token(position)).collect()
    }

    /// The last token of the stream before the gap, and its thread.
    pub(crate) fn last(&self) -> Option<(ThreadKey, Token)> {
        let position = self.positions[..self.split].last()?;
        Some((ThreadKey::of(self.index.event(*position)), self.token(*position)))
    }

    /// The thread of the first event of the stream after the gap.
    pub(crate) fn next_thread(&self) -> Option<ThreadKey> {
        self.positions.get(self.split).map(|&position| ThreadKey::of(self.index.event(position)))
    }

    /// The thread of the stream's most recent event of this kind; where there is none, the thread that ran last.
    pub(crate) fn thread_with(&self, token: Token) -> Option<ThreadKey> {
        let kind = self.model.tokens().kinds().get(token as usize);
        let symbol = kind.and_then(|kind| self.index.trace.header.symbols.find(&kind.name));
        let found = kind.zip(symbol).and_then(|(kind, name)| {
            let same = |position: &&u32| {
                let event = self.index.event(**position);
                event.name == name && event.phase == kind.phase
            };
            self.positions[..self.split].iter().rev().find(same)
        });
        found
            .map(|&position| ThreadKey::of(self.index.event(position)))
            .or(self.last().map(|(thread, _)| thread))
            .or(self.next_thread())
    }

    /// The threads that ran on this CPU near the gap and can go on: those before it first, the most recent first.
    pub(crate) fn threads(&self) -> Vec<NearThread> {
        let mut threads: Vec<ThreadKey> = Vec::new();
        let before = self.positions[..self.split].iter().rev();
        let after = self.positions[self.split..].iter();
        for &position in before.take(NEAR).chain(after.take(NEAR)) {
            let thread = ThreadKey::of(self.index.event(position));
            if !threads.contains(&thread) {
                threads.push(thread);
            }
        }
        threads.into_iter().filter_map(|thread| self.near(thread)).collect()
    }

    fn near(&self, thread: ThreadKey) -> Option<NearThread> {
        let positions = self.index.threads.get(&thread)?;
        let split = self.index.count_until(positions, self.begin_ns);
        if let Some(&last) = positions[..split].last() {
            let event = self.index.event(last);
            let name = self.index.trace.header.symbols.name(event.name);
            if ends_thread(name, event.phase, event.ret) {
                return None;
            }
        }
        let left = positions[split.saturating_sub(ORDER)..split].iter().map(|&position| self.token(position));
        Some(NearThread {
            thread,
            left: context(&self.model.thread, left),
            right: positions[split..].iter().take(RIGHT).map(|&position| self.token(position)).collect(),
        })
    }
}

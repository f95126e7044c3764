//! How well what a thread has recorded after a gap follows what a walk of it made in the gap.

use crate::call_rules::CallId;
use crate::context::Context;
use crate::log_prob::LogProb;
use crate::model::{END, Token};
use crate::search::numbers::{MAX_NEED, Walk};
use crate::search::score::Scorer;
use rustc_hash::FxHashMap;
use tracemend_trace::calls::CallState;

/// Share of the CPU's leaving a thread that may happen after any event, whatever the model says.
const ANYWHERE: f64 = 0.3;
/// Probability below which a recorded event does not follow a context.
const UNLIKELY: f64 = 1e-4;

/// What stands for a meeting that is possible and not to be expected: not 0, and sums of it are precise.
const OUT_OF_THE_QUESTION: f64 = 1e-100;

/// How well a point's recorded continuation follows.
pub(super) struct Met {
    /// By what a thread did before, and its last event.
    known: FxHashMap<(Context, Token), f64>,
    /// How likely the CPU leaves the thread after an event, on average.
    leaves: f64,
    /// Probability below which the next recorded event does not follow.
    least: f64,
}

impl Scorer<'_, '_> {
    /// The event that has to be a point's last one: the entry of the call whose exit is recorded next.
    pub(super) fn closing(&self, number: usize) -> Option<Token> {
        let rules = self.caches.engine.rules;
        let right = &self.context.points[number].right;
        let closes = |token: &Token| {
            let after = rules.after_inferred(CallState::Idle, *token);
            after.is_some_and(|call| rules.min_events(call, right) == Some(0))
        };
        let needed = rules.min_events(CallState::Idle, right) == Some(1);
        needed.then(|| (0..self.caches.vocabulary as Token).find(closes)).flatten()
    }

    /// What is known of a point before any walk. `leaves`: how likely the CPU leaves the thread after an event, on average.
    pub(super) fn new_met(&mut self, number: usize, leaves: f64) -> Met {
        let point = &self.context.points[number];
        let first = point.right.first().copied().filter(|&first| first != END);
        let least = first.map_or(0.0, |first| self.caches.session.probability(point.left, first) * 0.01).min(UNLIKELY);
        Met { known: FxHashMap::default(), leaves, least }
    }

    /// [`Walk::meets`](crate::search::numbers::Walk::meets).
    pub(super) fn meets(&mut self, number: usize, tokens: &[Token], closing: Option<Token>, met: &mut Met) -> Vec<f64> {
        let point = &self.context.points[number];
        let rules = self.caches.engine.rules;
        let (mut context, mut call) = (point.left, point.call);
        let mut meets = Vec::with_capacity(tokens.len() + 1);
        meets.push(1.0);
        for &token in tokens {
            let last = closing.unwrap_or(token);
            let ended = rules.after_inferred(call, last);
            let fits = ended.filter(|&call| rules.min_events(call, &point.right) == Some(0));
            meets.push(fits.map_or(0.0, |call| self.met(number, context, last, call, closing.is_some(), met)));
            let Some(after) = rules.after_inferred(call, token) else { break };
            context = self.caches.session.after(context, token);
            call = after;
        }
        meets
    }

    /// How much likelier the recorded continuation of a point is after this last event than if nothing was lost. `call`: the state
    /// after it. `closes`: whether the event is not of a walk, so that how likely it is counts too.
    fn met(
        &mut self,
        number: usize,
        before: Context,
        token: Token,
        call: CallState<CallId>,
        closes: bool,
        Met { known, leaves, least }: &mut Met,
    ) -> f64 {
        if let Some(&known) = known.get(&(before, token)) {
            return known;
        }
        let unseen = self.is_unseen(number);
        let point = &self.context.points[number];
        let caches = &mut *self.caches;
        let p = if closes { caches.session.probability(before, token) } else { 1.0 };
        let context = caches.session.after(before, token);
        let first = point.right.first().copied().filter(|&first| first != END);
        let met = if unseen && call != CallState::Ended {
            0.0
        } else if p < UNLIKELY * UNLIKELY
            || first.is_some_and(|first| caches.session.probability(context, first) < *least)
        {
            // The recorded event is out of the question there, and needs no closer look.
            OUT_OF_THE_QUESTION
        } else {
            // Where the CPU goes on with another thread, it left this one after the last of its events.
            let goes_on = self.context.next_thread == Some(point.thread);
            let leave = if goes_on { 1.0 } else { ANYWHERE * *leaves + (1.0 - ANYWHERE) * caches.leave(context) };
            let log_p = caches.continuation(context, &point.right) + LogProb::of(f64::from(caches.tail(token, point)));
            p * (log_p.0 - self.nothing_lost[number].0).min(MAX_NEED).exp() * leave
        };
        known.insert((before, token), met);
        met
    }

    /// Whether a thread has no event, so that it was born and ended here.
    pub(super) fn is_unseen(&self, number: usize) -> bool {
        let point = &self.context.points[number];
        point.witness.is_none() && point.begins && point.thread.tid().is_some()
    }

    /// How likely the CPU leaves a thread after an event of its walks, on average; 1 for the thread that it goes on with.
    pub(super) fn mean_leave(&mut self, number: usize, walks: &[Walk]) -> f64 {
        let point = &self.context.points[number];
        if self.context.next_thread == Some(point.thread) {
            return 1.0;
        }
        let (mut sum, mut events) = (0.0, 0usize);
        for walk in walks {
            let mut context = point.left;
            for &token in &walk.tokens {
                context = self.caches.session.after(context, token);
                sum += self.caches.leave(context);
                events += 1;
            }
        }
        if events == 0 { 1.0 } else { sum / events as f64 }
    }
}

//! The events that may come next.

use crate::log_prob::LogProb;
use crate::model::Token;
use crate::search::hypothesis::{Extension, Hypothesis, ThreadState, mix, state_hash};
use crate::search::score::Scorer;

/// What all extensions of one hypothesis share.
#[derive(Clone, Copy)]
pub(super) struct Parent<'h> {
    pub hypothesis: &'h Hypothesis,
    /// Its number in the beam.
    pub number: u32,
    /// [`Hypothesis::threads_hash`].
    pub key: u64,
    /// Events still to place after the next one, as far as they guide the look-ahead.
    pub remaining: usize,
    /// The same as far as they bound what threads may still need.
    pub room: usize,
}

impl Scorer<'_, '_> {
    /// All events that may come next, with the scores they lead to.
    pub(super) fn expand(&mut self, parent: Parent<'_>, extensions: &mut Vec<Extension>) {
        let hypothesis = parent.hypothesis;
        let mut left_token = self.context.left_token;
        let mut leave = LogProb::CERTAIN;
        if let Some(current) = hypothesis.current {
            let current = current as usize;
            let (stay, leaving, last) = self.stay_or_leave(hypothesis, current);
            (leave, left_token) = (leaving, last);
            if self.context.points[current].to_ns >= hypothesis.clock_ns {
                self.try_likeliest(parent, current, stay, false, extensions);
            }
        }
        // With few events left, what completes a thread must be found however unlikely it is.
        let tight =
            self.caches.engine.rules.paired && parent.room <= hypothesis.min_events + self.params.completing_room;
        let max = if tight { usize::MAX } else { self.params.switch_threads };
        for (point, log_p) in self.choices(hypothesis, left_token, max) {
            self.try_likeliest(parent, point, leave + log_p, true, extensions);
        }
        if tight {
            for thread in hypothesis.threads.iter().filter(|thread| thread.min_events > 0) {
                self.try_completing(parent, thread, extensions);
            }
        }
    }

    /// The predictor's likeliest tokens on the thread of insertion point `number`; fewer of them after a switch.
    fn try_likeliest(
        &mut self,
        parent: Parent<'_>,
        number: usize,
        log_p: LogProb,
        switched: bool,
        extensions: &mut Vec<Extension>,
    ) {
        let left = self.context.points[number].left;
        let context = parent.hypothesis.thread(number).map_or(left, |thread| thread.context);
        let max = if switched { self.params.switch_tokens } else { self.params.stay_tokens };
        let tokens = self.caches.next(context, max, switched);
        self.try_all(parent, number, log_p, &tokens, extensions);
    }

    /// The likeliest token that brings a thread nearer to what is recorded after the gap.
    fn try_completing(&mut self, parent: Parent<'_>, thread: &ThreadState, extensions: &mut Vec<Extension>) {
        let number = thread.point as usize;
        let point = &self.context.points[number];
        let rules = &self.caches.engine.rules;
        let mut best: Option<(Token, f32)> = None;
        for token in 0..self.caches.vocabulary as Token {
            let min_events =
                rules.after_inferred(thread.call, token).and_then(|call| rules.min_events(call, &point.right));
            if min_events.is_some_and(|min_events| min_events < thread.min_events) {
                let log_p = self.caches.session.log_p(thread.context, token).0 as f32;
                if best.is_none_or(|(_, best)| log_p > best) {
                    best = Some((token, log_p));
                }
            }
        }
        if let Some(best) = best {
            self.try_all(parent, number, LogProb(self.params.completing_log_p), &[best], extensions);
        }
    }

    /// Those of `tokens` that the entry/exit rules allow, and after which all threads can still meet what is recorded.
    /// `base`: log probability of the thread's turn.
    fn try_all(
        &mut self,
        parent: Parent<'_>,
        number: usize,
        base: LogProb,
        tokens: &[(Token, f32)],
        extensions: &mut Vec<Extension>,
    ) {
        let hypothesis = parent.hypothesis;
        let point = &self.context.points[number];
        let thread = hypothesis.thread(number);
        let context = thread.map_or(point.left, |thread| thread.context);
        let call_before = thread.map_or(point.call, |thread| thread.call);
        let table = point.right.first().map(|&right| self.caches.lookahead.table(right, self.horizon));
        let tail_later = self.caches.tail_later(point);
        let old_lookahead = thread.map_or(0.0, |thread| thread.lookahead);
        let old_key = thread.map_or(0, ThreadState::hash_with_point);
        let old_hash = thread.map_or_else(|| state_hash(point.left, 0), |thread| thread.hash);
        let others_need = hypothesis.min_events - thread.map_or(0, |thread| thread.min_events);
        for &(token, log_p) in tokens {
            let Some(call) = self.caches.engine.rules.after_inferred(call_before, token) else {
                continue;
            };
            let Some(min_events) = self.caches.engine.rules.min_events(call, &point.right) else {
                continue;
            };
            if others_need + min_events > parent.room {
                continue;
            }
            let ahead = table.as_ref().map_or(0.0, |table| {
                let now = table[token as usize];
                let steps = parent.remaining.min(self.params.horizon);
                let ever = table[steps * self.caches.vocabulary + token as usize];
                let value = now * self.caches.tail(token, point) + (ever - now) * tail_later;
                value.clamp(self.params.lookahead_floor as f32, 1.0).ln()
            });
            let hash = mix(old_hash, u64::from(token));
            let key = parent.key.wrapping_sub(old_key).wrapping_add(mix(number as u64, hash));
            extensions.push(Extension {
                parent: parent.number,
                point: number as u16,
                token,
                context,
                call,
                min_events,
                score: hypothesis.score + base + LogProb(f64::from(log_p)),
                lookahead: ahead - old_lookahead,
                key: mix(key, number as u64),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insertion_points::gap_context;
    use crate::model::testing::pairs;
    use crate::search::caches::Caches;
    use crate::testing::{cut, with_engine};

    /// The names and phases proposed as the next event of a gap of `lost` events in `read write` pairs.
    fn proposed(lost: std::ops::Range<usize>, room: usize) -> Vec<(String, tracemend_trace::Phase)> {
        let damaged = cut(pairs(1, &["read", "write"], 200), lost);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut scorer = Scorer::new(&context, &mut caches, 4);
            let hypothesis = Hypothesis::empty(context.current.map(|point| point as u16), context.begin_ns);
            let parent = Parent { hypothesis: &hypothesis, number: 0, key: 0, remaining: room, room };
            let mut extensions = Vec::new();
            scorer.expand(parent, &mut extensions);
            let kind = |new: &Extension| engine.model.tokens.kind(new.token);
            extensions.iter().map(|new| (kind(new).name.clone(), kind(new).phase)).collect()
        })
    }

    #[test]
    fn in_a_call_only_its_exit_is_proposed() {
        use tracemend_trace::Phase::Exit;
        // Event 100 is an entry of `read`; its exit and three more are lost.
        let names = proposed(101..105, 3);
        assert_eq!(names, [("read".to_owned(), Exit)]);
    }

    #[test]
    fn what_leaves_no_room_for_the_recorded_continuation_is_not_proposed() {
        // One event is lost between an entry of `read` and an entry of `write`: its exit, after which no event is left.
        assert_eq!(proposed(101..102, 0).len(), 1);
        // Between two calls with nothing to spare no call can begin, since it could not end.
        assert_eq!(proposed(102..104, 0), []);
        assert!(!proposed(102..104, 1).is_empty());
    }
}

//! The score of a hypothesis.
//!
//! A hypothesis h is a row of events (t₁, x₁) … (tₙ, xₙ): threads and tokens. Its score is a log probability,
//!
//! ```text
//! log S(h) =   Σᵢ [ log P(stay or leave) + log P(thread tᵢ) + log P(token xᵢ | context of tᵢ) ]       every event
//!            + Σₜ [ log P(rightₜ | contextₜ) + log P(tailₜ | lastₜ) − log P(nothing lost in t) ]        every thread with events
//!            + log P(thread recorded next)                                                            the gap's end
//! ```
//!
//! - *stay or leave*: whether the CPU's next event is the same thread's, given the thread's context (n-gram model).
//! - *thread*: which of the other threads it turns to (scheduler model), times exp(−lag) for a thread that was woken at another
//!   time than the hypothesis has reached.
//! - *token*: the predictor's probability of the thread's next event ([`crate::predictor`]).
//! - *right*: the recorded events after the insertion point. *tail*: the pause up to the first of them.
//! - *nothing lost*: right and pause alike if the thread had no event in the gap. Dividing by it makes hypotheses that give
//!   events to different threads comparable: threads without events need no term.
//! - *thread recorded next*: staying, or leaving and the hazard of that thread alone, not divided by those of the others: where the
//!   CPU goes is recorded here, so nothing has to be drawn.
//!
//! The first line grows event by event (`expand.rs`), the others are added at the end (`close.rs`). Until then hypotheses are
//! compared by their *promise*, log S so far + look-ahead + pending cost:
//!
//! - *look-ahead* of a thread with events: log probability of still meeting *right* (`lookahead.rs`).
//! - *pending cost* of a thread without events: log P(nothing lost), at once for a thread woken inside the gap, and for one that
//!   was ready before it a share, which grows to the whole as the events to place run out.
//!
//! # Three events by hand
//!
//! One thread recorded `read write read write` over and over, always on this CPU, and three events of it were lost after a `read`:
//! the filling `write read write` has log P(stay) + log P(write | read) for its first event, the same with `read | write` for
//! the second, and as the first for the third; then log P(read write … | write) for what is recorded after the gap, minus
//! log P(read write … | read) for nothing lost, which is small, because `read` never follows `read`. The test
//! `three_events_by_hand` below computes these numbers and compares.

use crate::gap_context::GapContext;
use crate::log_prob::LogProb;
use crate::model::{Candidate, Recency, Token};
use crate::params::SearchParams;
use crate::search::caches::Caches;
use crate::search::hypothesis::Hypothesis;

/// The parts of the score that do not change within one gap, and what the others are computed from.
pub(super) struct Scorer<'s, 'm> {
    pub context: &'s GapContext,
    pub caches: &'s mut Caches<'m>,
    pub params: &'m SearchParams,
    /// By insertion point: log probability that nothing was lost there.
    pub nothing_lost: Vec<LogProb>,
    /// The same for the next token and the pause alone, within bounds: how badly the thread needs events.
    pub empty: Vec<f64>,
    /// Lag that costs one nat, ns.
    pub lag_ns: f64,
    /// Tokens that the look-ahead sees in this gap.
    pub horizon: usize,
}

/// A thread the CPU may turn to: insertion point, log probability.
pub(super) type Choice = (usize, LogProb);

impl<'s, 'm> Scorer<'s, 'm> {
    /// `horizon`: events to place at the most, as far as the look-ahead is concerned.
    pub(super) fn new(context: &'s GapContext, caches: &'s mut Caches<'m>, horizon: usize) -> Self {
        let params = caches.engine.params;
        let points = &context.points;
        let nothing_lost =
            points.iter().map(|point| caches.continuation(point.left, &point.right) + point.quiet).collect();
        let empty = points
            .iter()
            .map(|point| {
                let first = &point.right[..point.right.len().min(1)];
                (caches.continuation(point.left, first) + point.quiet).0.clamp(params.min_empty_log_p, 0.0)
            })
            .collect();
        let [least, share] = params.lag_scale;
        let lag_ns = least + share * context.end_ns.saturating_sub(context.begin_ns) as f64;
        Self { context, caches, params, nothing_lost, empty, lag_ns, horizon }
    }

    /// Log probabilities that the CPU stays on the thread that runs now and that it leaves it, and that thread's last token.
    pub(super) fn stay_or_leave(&mut self, hypothesis: &Hypothesis, current: usize) -> (LogProb, LogProb, Token) {
        let thread = hypothesis.thread(current);
        let point = &self.context.points[current];
        let leave = self.caches.leave(thread.map_or(point.left, |thread| thread.context));
        (LogProb::of(1.0 - leave), LogProb::of(leave), thread.map_or(point.last, |thread| thread.last))
    }

    /// The `max` likeliest threads that the CPU may turn to after `left_token`, threads that need events before others.
    pub(super) fn choices(&self, hypothesis: &Hypothesis, left_token: Token, max: usize) -> Vec<Choice> {
        let points = &self.context.points;
        let model = self.caches.engine.model;
        let hazard = |candidate: &Candidate| model.scheduler.hazard(candidate, left_token, &model.params);
        let mut hazards: Vec<(usize, f64)> = Vec::with_capacity(points.len());
        let mut elsewhere: Vec<usize> = Vec::new();
        let mut new: Vec<usize> = Vec::new();
        let current = hypothesis.current.map(|point| points[point as usize].thread);
        for (number, point) in points.iter().enumerate() {
            if point.to_ns < hypothesis.clock_ns || Some(point.thread) == current {
                continue;
            }
            let candidate = hypothesis.candidate(points, number);
            match candidate.recency {
                Recency::Rank(_) => hazards.push((number, hazard(&candidate))),
                Recency::Elsewhere => elsewhere.push(number),
                Recency::New => new.push(number),
            }
        }
        // The scheduler model knows these two classes as a whole: their members share its probability.
        for (class, members) in [(Recency::Elsewhere, &elsewhere), (Recency::New, &new)] {
            let hazard = hazard(&Candidate::class(class));
            hazards.extend(members.iter().map(|&member| (member, hazard / members.len() as f64)));
        }
        let total: f64 = hazards.iter().map(|&(_, hazard)| hazard).sum();
        let mut ranked: Vec<(f64, usize, f64)> = hazards
            .into_iter()
            .map(|(point, hazard)| {
                let mut log_p = (hazard / total).ln();
                let mut preference = 0.0;
                if hypothesis.thread(point).is_none() {
                    preference = -self.params.rank_share * self.empty[point];
                    if points[point].from_ns > self.context.begin_ns {
                        let lag_ns = (points[point].from_ns as f64 - hypothesis.expected_ns).abs();
                        log_p -= (lag_ns / self.lag_ns).min(self.params.max_lag);
                    }
                }
                (log_p + preference, point, log_p)
            })
            .collect();
        let better = |a: &(f64, usize, f64), b: &(f64, usize, f64)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if ranked.len() > max {
            ranked.select_nth_unstable_by(max, better);
            ranked.truncate(max);
        }
        ranked.sort_unstable_by(better);
        // To leave is as likely as `leave` says, however few of the threads it may turn to are looked at.
        let kept = LogProb::any(ranked.iter().map(|&(_, _, log_p)| LogProb(log_p)));
        ranked.into_iter().map(|(_, point, log_p)| (point, LogProb(log_p) - kept)).collect()
    }

    /// The pending cost of one thread without events. A thread woken inside the gap must have run; one that was ready before
    /// may still wait.
    pub(super) fn pending_of(&self, point: usize) -> f64 {
        let woken_in_gap = self.context.points[point].from_ns > self.context.begin_ns;
        self.empty[point] * if woken_in_gap { 1.0 } else { self.params.ready_share }
    }

    /// The pending cost of all threads without events, with `remaining` events still to place.
    pub(super) fn pending(&self, hypothesis: &Hypothesis, remaining: usize) -> f64 {
        let mut sum = 0.0;
        let mut later = 0.0;
        let mut needy = 0;
        for point in 0..self.context.points.len() {
            if self.empty[point] > self.params.needs_below || hypothesis.thread(point).is_some() {
                continue;
            }
            let now = self.pending_of(point);
            sum += now;
            later += self.empty[point] - now;
            needy += 1;
        }
        // With fewer events left than two for each thread that needs some, some of these threads will stay empty.
        let short = 1.0 - remaining as f64 / (2.0 * f64::from(needy) + 1.0);
        sum + later * short.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insertion_points::gap_context;
    use crate::model::testing::{token_of, trace};
    use crate::search::expand::Parent;
    use crate::search::hypothesis::{Extension, ThreadState};
    use crate::testing::{cut, with_engine};
    use tracemend_trace::Trace;

    fn turns(threads: &[i32], length: usize) -> Trace {
        let names = ["read", "write"];
        let calls: Vec<(u32, i32, &str)> =
            (0..length).map(|place| (0, threads[place / 2 % threads.len()], names[place % 2])).collect();
        trace(&calls)
    }

    /// A hypothesis with one more event on a point, as the search would make it.
    fn with_event(
        scorer: &mut Scorer<'_, '_>,
        hypothesis: &Hypothesis,
        point: usize,
        token: Token,
        left: usize,
    ) -> Hypothesis {
        let mut extensions: Vec<Extension> = Vec::new();
        let parent = Parent { hypothesis, number: 0, key: hypothesis.threads_hash(), remaining: left, room: left };
        scorer.expand(parent, &mut extensions);
        let new = extensions
            .into_iter()
            .find(|new| new.point as usize == point && new.token == token)
            .expect("the event is among those proposed");
        let mut next = hypothesis.clone();
        next.score = new.score;
        next.current = Some(new.point);
        if next.thread(point).is_none() {
            next.threads.push(ThreadState::begin(new.point, &scorer.context.points[point]));
        }
        let thread = next.threads.iter_mut().find(|thread| thread.point == new.point).expect("made above");
        thread.context = scorer.caches.session.after(new.context, token);
        thread.before_last = std::mem::replace(&mut thread.last, token);
        next
    }

    #[test]
    fn three_events_by_hand() {
        // `read write` over and over; `write read write` were lost after a `read`.
        let damaged = cut(turns(&[1], 400), 201..204);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut scorer = Scorer::new(&context, &mut caches, 3);
            let [read, write] = ["read", "write"].map(|name| token_of(engine.model, name));
            let point = context.current.expect("the thread goes on");
            let mut hypothesis = Hypothesis::empty(Some(point as u16), context.begin_ns);
            let (mut state, mut sum) = (context.points[point].left, LogProb::CERTAIN);
            for (left, token) in [(2, write), (1, read), (0, write)] {
                hypothesis = with_event(&mut scorer, &hypothesis, point, token, left);
                let session = &mut scorer.caches.session;
                sum += LogProb::of(1.0 - session.leave(state)) + session.log_p(state, token);
                state = session.after(state, token);
                assert!((hypothesis.score - sum).0.abs() < 1e-4, "{:?} {sum:?}", hypothesis.score);
            }
            // What is recorded after the gap, its pause, and the same thread next; against nothing lost at all.
            let end = &context.points[point];
            let session = &mut scorer.caches.session;
            let mut follows = |mut state, tokens: &[Token]| {
                tokens.iter().fold(LogProb::CERTAIN, |sum, &token| {
                    let log_p = session.log_p(state, token);
                    state = session.after(state, token);
                    sum + log_p
                })
            };
            let nothing = follows(end.left, &end.right) + end.quiet;
            let met = follows(state, &end.right);
            let stays = LogProb::of(1.0 - session.leave(state));
            let tail = f64::from(scorer.caches.tail(write, end));
            let whole = sum + met + LogProb::of(tail) - nothing + stays;
            let closed = scorer.close(&hypothesis);
            assert!((closed - whole).0.abs() < 1e-3, "{closed:?} {whole:?}");
            // `read` never follows `read`: without lost events the recording would be a surprise.
            assert!(nothing.0 < -5.0 && closed.0 > 0.0, "{nothing:?} {closed:?}");
        });
    }

    #[test]
    fn a_switch_goes_to_the_thread_whose_turn_it_is() {
        // Threads 1, 2 and 3 in turn, two calls each; thread 1 ran last before the gap.
        let damaged = cut(turns(&[1, 2, 3], 600), 302..306);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let scorer = Scorer::new(&context, &mut caches, 4);
            let hypothesis = Hypothesis::empty(context.current.map(|point| point as u16), context.begin_ns);
            let choices = scorer.choices(&hypothesis, context.left_token, 8);
            let thread = |choice: &Choice| context.points[choice.0].thread.tid();
            let current = context.current.and_then(|point| context.points[point].thread.tid());
            let next = current.map(|tid| tid % 3 + 1);
            assert_eq!(choices.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).and_then(thread), next);
            assert!(choices.iter().all(|choice| thread(choice) != current));
            assert_eq!(scorer.choices(&hypothesis, context.left_token, 1).len(), 1);
        });
    }

    #[test]
    fn a_thread_that_must_have_run_costs_more_the_fewer_events_are_left() {
        // Thread 2 ran while thread 1 was away, and is missing its turn.
        let damaged = cut(turns(&[1, 2], 400), 202..204);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let scorer = Scorer::new(&context, &mut caches, 2);
            let hypothesis = Hypothesis::empty(context.current.map(|point| point as u16), context.begin_ns);
            let [none, many] = [0, 100].map(|remaining| scorer.pending(&hypothesis, remaining));
            assert!(none <= many && many <= 0.0, "{none} {many}");
            let needy = (0..context.points.len()).any(|point| scorer.empty[point] < engine.params.needs_below);
            assert!(needy && none < many, "{none} {many}");
        });
    }
}

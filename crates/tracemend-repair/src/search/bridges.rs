//! Fillings by thread: how many of the lost events each thread made, and what leads from its last recorded event to its next.
//!
//! The joint search goes from event to event and keeps few hypotheses, so in long gaps of many threads it ends with the thread
//! that is the easiest to continue. Here each thread is asked by itself:
//!
//! 1. *Walks*: the whole gap is simulated forward, threads, turns and events, without a look at what follows. That says how many
//!    events a thread tends to make in such a gap, and what they may be. A thread that must have made some (its recorded events
//!    do not meet) walks alone as well.
//! 2. *Bridges*: after each event of a walk the thread's recorded continuation is so and so likely. The sum over its walks says
//!    how likely each number of lost events is; a walk cut there is a bridge.
//! 3. *Numbers*: all threads' numbers add up to the number lost. They are drawn under that condition: sums from the last thread
//!    to the first, and draws from the first to the last.
//! 4. *Turns*: the drawn bridges take turns as the scheduler model has it.

use crate::call_rules::CallId;
use crate::context::Context;
use crate::gap_context::InsertionPoint;
use crate::log_prob::LogProb;
use crate::model::{END, Token};
use crate::rng::SplitMix64;
use crate::search::filling::{Filling, Origin, Placed};
use crate::search::hypothesis::{Hypothesis, state_of};
use crate::search::numbers::{Prior, Sums, ThreadNumbers, Walk};
use crate::search::score::Scorer;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::calls::CallState;

/// A thread's own pause and continuation may speak for lost events by this many nats, and not by more.
const MAX_NEED: f64 = 14.0;
/// Events looked for on a thread that must have made some, besides twice those of any simulation.
const NEEDED: usize = 512;
/// Share of the CPU's leaving a thread that may happen after any event, whatever the model says.
const ANYWHERE: f64 = 0.3;
/// Parts of a gap that are like what lies after it.
const MIXES: [f64; 3] = [0.0, 0.5, 1.0];
/// Probability below which a recorded event does not follow a context.
const UNLIKELY: f64 = 1e-4;

/// How well a point's recorded continuation follows.
struct Met {
    /// By what a thread did before, and its last event.
    known: FxHashMap<(Context, Token), f64>,
    /// How likely the CPU leaves the thread after an event, on average.
    leaves: f64,
    /// Probability below which the next recorded event does not follow.
    least: f64,
}

/// What walks say of the points of a gap.
struct Walked {
    /// `[point]` ways through the gap.
    walks: Vec<Vec<Walk>>,
    /// `[point]` how likely the CPU leaves the thread after an event.
    leaves: Vec<f64>,
    /// `[point]` what its last event has to be.
    closings: Vec<Option<Token>>,
}

impl Scorer<'_, '_> {
    /// Fillings of `lost` events, those of an origin equally likely; none where the threads' numbers cannot add up.
    pub(super) fn bridged(&mut self, lost: usize, random: &mut SplitMix64) -> [Vec<Filling>; 2] {
        let [simulations, alone] = self.params.bridges_for(lost);
        let mut walks: Vec<Vec<Walk>> = self.context.points.iter().map(|_| Vec::new()).collect();
        // `[point][simulation]` how many events it got.
        let mut simulated: Vec<Vec<usize>> = vec![Vec::with_capacity(simulations); walks.len()];
        for _ in 0..simulations {
            simulated.iter_mut().for_each(|made| made.push(0));
            for (point, token) in self.simulate(lost, random) {
                let (walks, Some(made)) = (&mut walks[point as usize], simulated[point as usize].last_mut()) else {
                    continue;
                };
                if *made == 0 {
                    walks.push(Walk::default());
                }
                *made += 1;
                if let Some(walk) = walks.last_mut() {
                    walk.tokens.push(token);
                }
            }
        }
        let around = self.made_around(lost);
        let mut leaves: Vec<f64> = Vec::with_capacity(walks.len());
        let mut closings: Vec<Option<Token>> = vec![None; walks.len()];
        for (point, walks) in walks.iter_mut().enumerate() {
            let needs = self.empty[point] < self.params.needs_below || self.is_unseen(point);
            let made = simulated[point].iter().chain(around.iter().map(|mix| &mix[point]));
            let most = made.copied().max().unwrap_or(0);
            if most == 0 && !needs {
                leaves.push(1.0);
                continue;
            }
            let alone = if needs { alone } else { (alone / 2).saturating_sub(walks.len()) };
            walks.extend((0..alone).map(|_| Walk::default()));
            // A walk ends where its simulation did; the thread may have gone further.
            let reach = if needs { 2 * most + NEEDED } else { most + most / 2 + 32 };
            for walk in walks.iter_mut() {
                self.extend(point, &mut walk.tokens, reach.min(lost), random);
            }
            leaves.push(self.mean_leave(point, walks));
            let closing = self.closing(point);
            let InsertionPoint { left, right, .. } = &self.context.points[point];
            let first = right.first().copied().filter(|&first| first != END);
            let least = first.map_or(0.0, |first| self.caches.session.probability(*left, first) * 0.01).min(UNLIKELY);
            let mut met = Met { known: FxHashMap::default(), leaves: leaves[point], least };
            for walk in walks.iter_mut() {
                walk.meets = self.meets(point, &walk.tokens, closing, &mut met);
            }
            closings[point] = closing;
        }
        let walked = Walked { walks, leaves, closings };
        let simulated = self.drawn((lost, Origin::Simulated), &simulated, &walked, self.params.bridged, random);
        let mut as_around = Vec::new();
        for mix in &around {
            let made: Vec<Vec<usize>> = mix.iter().map(|&made| vec![made]).collect();
            let draws = self.params.bridged / around.len();
            as_around.extend(self.drawn((lost, Origin::Around), &made, &walked, draws, random));
        }
        [simulated, as_around]
    }

    /// `[mix][point]` events of each point if the gap went on like what lies before it, like both sides, and like what lies after it.
    fn made_around(&self, lost: usize) -> Vec<Vec<usize>> {
        let points = &self.context.points;
        let made = |after: f64| -> Vec<usize> {
            let of = |[left, right]: [f64; 2]| ((1.0 - after) * left + after * right) * lost as f64;
            points.iter().map(|point| of(point.around).round() as usize).collect()
        };
        let mixes = MIXES.map(made);
        mixes.into_iter().filter(|made| made.iter().any(|&made| made > 0)).collect()
    }

    /// Fillings with walks as long as numbers of events that are drawn. `made`: `[point][simulation]` how many events each point may
    /// have made.
    fn drawn(
        &mut self,
        (lost, origin): (usize, Origin),
        made: &[Vec<usize>],
        Walked { walks, leaves, closings }: &Walked,
        draws: usize,
        random: &mut SplitMix64,
    ) -> Vec<Filling> {
        let prior = Prior::new(made, lost, origin == Origin::Around);
        let numbers = |(point, walks): (usize, &Vec<Walk>)| {
            if walks.is_empty() {
                return None;
            }
            let nothing = self.nothing_lost[point];
            Some(if self.is_unseen(point) {
                ThreadNumbers::of_life(point, walks, nothing.probability())
            } else {
                let need = (-nothing.0).clamp(0.0, MAX_NEED).exp();
                prior.numbers(point, walks, leaves[point], &made[point], need)
            })
        };
        let numbers: Vec<ThreadNumbers> = walks.iter().enumerate().filter_map(numbers).collect();
        let Some(sums) = Sums::new(&numbers, lost) else { return Vec::new() };
        let mut fillings = Vec::with_capacity(draws);
        for _ in 0..draws {
            let drawn = sums.draw(&numbers, random);
            let rows = drawn.into_iter().filter(|&(_, events)| events > 0).filter_map(|(point, events)| {
                let long: Vec<&Walk> = walks[point].iter().filter(|walk| walk.meets.len() > events).collect();
                let walk = random.choose(&long, |walk| walk.meets[events])?;
                let mut row = walk.tokens[..events].to_vec();
                if let (Some(closing), Some(last)) = (closings[point], row.last_mut()) {
                    *last = closing;
                }
                Some((point as u16, row))
            });
            let rows: Vec<(u16, Vec<Token>)> = rows.collect();
            let placed = self.turns(rows, random);
            if placed.len() == lost {
                fillings.push(Filling { placed, weight: 1.0, origin });
            }
        }
        let each = 1.0 / fillings.len() as f64;
        fillings.iter_mut().for_each(|filling| filling.weight = each);
        fillings
    }

    /// A token that may follow, drawn by its probability.
    fn step(
        &mut self,
        point: usize,
        context: Context,
        call: CallState<CallId>,
        random: &mut SplitMix64,
    ) -> Option<(Token, CallState<CallId>)> {
        let tokens = self.caches.next(context, self.params.stay_tokens, false);
        let rules = self.caches.engine.rules;
        let right = &self.context.points[point].right;
        let can =
            |token: Token| rules.after_inferred(call, token).filter(|&call| rules.min_events(call, right).is_some());
        let allowed: Vec<(Token, f32, CallState<CallId>)> =
            tokens.iter().filter_map(|&(token, log_p)| Some((token, log_p.exp(), can(token)?))).collect();
        random.choose(&allowed, |&(_, p, _)| f64::from(p)).map(|&(token, _, call)| (token, call))
    }

    /// The whole gap as it may have gone, without a look at what follows.
    fn simulate(&mut self, lost: usize, random: &mut SplitMix64) -> Vec<Placed> {
        let mut state = Hypothesis::empty(self.context.current.map(|point| point as u16), self.context.begin_ns);
        let mut placed: Vec<Placed> = Vec::with_capacity(lost);
        let mut stuck = 0;
        while placed.len() < lost && stuck < 8 {
            let mut left_token = self.context.left_token;
            let mut stays = false;
            if let Some(current) = state.current {
                let (_, leave, last) = self.stay_or_leave(&state, current as usize);
                left_token = last;
                stays = random.unit() >= leave.probability() && stuck == 0;
            }
            let point = match state.current {
                Some(current) if stays => current as usize,
                _ => {
                    let choices = self.choices(&state, left_token, self.params.switch_threads);
                    let chosen = random.choose(&choices, |choice| choice.1.probability()).map(|choice| choice.0);
                    match chosen.or(state.current.map(usize::from)) {
                        Some(point) => point,
                        None => break,
                    }
                }
            };
            let (context, call) = state.stands(&self.context.points, point);
            let Some((token, call)) = self.step(point, context, call, random) else {
                stuck += 1;
                continue;
            };
            stuck = 0;
            self.advance_thread(&mut state, point, token, context, call, placed.len() as u32);
            placed.push((point as u16, token));
        }
        placed
    }

    /// Notes an event in a simulation's state.
    fn advance_thread(
        &mut self,
        state: &mut Hypothesis,
        number: usize,
        token: Token,
        context: Context,
        call: CallState<CallId>,
        step: u32,
    ) {
        let point: &InsertionPoint = &self.context.points[number];
        let thread = state_of(&mut state.threads, number as u16, &self.context.points);
        thread.context = self.caches.session.after(context, token);
        thread.before_last = std::mem::replace(&mut thread.last, token);
        thread.step = step;
        thread.call = call;
        state.current = Some(number as u16);
        state.clock_ns = state.clock_ns.max(point.from_ns);
        let model = self.caches.engine.model;
        state.expected_ns = state.expected_ns.max(point.from_ns as f64) + model.timing.step_ns(token, &model.params);
    }

    /// Lets a thread walk on until it has made `events` events, or ends.
    fn extend(&mut self, number: usize, tokens: &mut Vec<Token>, events: usize, random: &mut SplitMix64) {
        let point = &self.context.points[number];
        let (mut context, mut call) = (point.left, point.call);
        for &token in tokens.iter() {
            context = self.caches.session.after(context, token);
            call = self.caches.engine.rules.after_inferred(call, token).unwrap_or(call);
        }
        while tokens.len() < events {
            let Some((token, after)) = self.step(number, context, call, random) else { break };
            tokens.push(token);
            context = self.caches.session.after(context, token);
            call = after;
        }
    }

    /// The event that has to be a point's last one: the entry of the call whose exit is recorded next.
    fn closing(&self, number: usize) -> Option<Token> {
        let rules = self.caches.engine.rules;
        let right = &self.context.points[number].right;
        let closes = |token: &Token| {
            let after = rules.after_inferred(CallState::Idle, *token);
            after.is_some_and(|call| rules.min_events(call, right) == Some(0))
        };
        let needed = rules.min_events(CallState::Idle, right) == Some(1);
        needed.then(|| (0..self.caches.vocabulary as Token).find(closes)).flatten()
    }

    /// [`Walk::meets`].
    fn meets(&mut self, number: usize, tokens: &[Token], closing: Option<Token>, met: &mut Met) -> Vec<f64> {
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
            f64::MIN_POSITIVE
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
    fn is_unseen(&self, number: usize) -> bool {
        let point = &self.context.points[number];
        point.witness.is_none() && point.begins && point.thread.tid().is_some()
    }

    /// How likely the CPU leaves a thread after an event of its walks, on average; 1 for the thread that it goes on with.
    fn mean_leave(&mut self, number: usize, walks: &[Walk]) -> f64 {
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

    /// The rows of all points as one row of events.
    fn turns(&mut self, rows: Vec<(u16, Vec<Token>)>, random: &mut SplitMix64) -> Vec<Placed> {
        let lost: usize = rows.iter().map(|(_, row)| row.len()).sum();
        let mut state = Hypothesis::empty(self.context.current.map(|point| point as u16), self.context.begin_ns);
        let mut rest: BTreeMap<u16, std::vec::IntoIter<Token>> =
            rows.into_iter().map(|(point, row)| (point, row.into_iter())).collect();
        let mut placed: Vec<Placed> = Vec::with_capacity(lost);
        while let Some(point) = self.whose_turn(&state, &rest, random) {
            let Some(token) = rest.get_mut(&point).and_then(Iterator::next) else {
                rest.remove(&point);
                continue;
            };
            if rest.get(&point).is_some_and(|row| row.len() == 0) {
                rest.remove(&point);
            }
            let number = point as usize;
            let (context, call) = state.stands(&self.context.points, number);
            let call = self.caches.engine.rules.after_inferred(call, token).unwrap_or(call);
            self.advance_thread(&mut state, number, token, context, call, placed.len() as u32);
            placed.push((point, token));
        }
        placed
    }

    /// Which of the points with events left is next; `None` if none is left.
    fn whose_turn(
        &mut self,
        state: &Hypothesis,
        rest: &BTreeMap<u16, std::vec::IntoIter<Token>>,
        random: &mut SplitMix64,
    ) -> Option<u16> {
        let mut left_token = self.context.left_token;
        if let Some(current) = state.current {
            let (_, leave, last) = self.stay_or_leave(state, current as usize);
            left_token = last;
            if rest.contains_key(&current) && random.unit() >= leave.probability() {
                return Some(current);
            }
        }
        let points = &self.context.points;
        let first_to_close = rest.keys().copied().min_by_key(|&point| points[point as usize].to_ns)?;
        // What closes first must not be passed over.
        let closes_ns = points[first_to_close as usize].to_ns;
        let open: Vec<(u16, f64)> = self
            .choices(state, left_token, usize::MAX)
            .into_iter()
            .map(|(point, log_p)| (point as u16, log_p.probability()))
            .filter(|(point, _)| rest.contains_key(point) && points[*point as usize].from_ns <= closes_ns)
            .collect();
        Some(random.choose(&open, |choice| choice.1).map_or(first_to_close, |choice| choice.0))
    }
}

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
//!    (`meets.rs`).
//! 3. *Numbers*: all threads' numbers add up to the number lost. They are drawn under that condition: sums from the last thread
//!    to the first, and draws from the first to the last (`numbers.rs`).
//! 4. *Turns*: the drawn bridges take turns as the scheduler model has it (`turns.rs`).
//!
//! Some of the fillings take the numbers from elsewhere: a CPU is often busy with the same threads before, in and after a gap, so
//! each thread has its share of the events recorded next to it ([`Origin::Around`]). Simulations of hundreds of events lose their
//! way, as walks do: only where a walk can end is asked of them then, not how many events it has.

use crate::call_rules::CallId;
use crate::context::Context;
use crate::gap_context::InsertionPoint;
use crate::model::Token;
use crate::rng::SplitMix64;
use crate::search::filling::{Filling, Origin, Placed};
use crate::search::hypothesis::{Hypothesis, state_of};
use crate::search::numbers::{MAX_NEED, Prior, Sums, ThreadNumbers, Walk};
use crate::search::score::Scorer;
use tracemend_trace::calls::CallState;

/// Events looked for on a thread that must have made some, besides twice those of any simulation.
const NEEDED: usize = 512;
/// Parts of a gap that are like what lies after it.
const MIXES: [f64; 3] = [0.0, 0.5, 1.0];

/// What walks say of the points of a gap.
struct Walked {
    /// How many events were lost.
    lost: usize,
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
            closings[point] = self.closing(point);
            let mut met = self.new_met(point, leaves[point]);
            for walk in walks.iter_mut() {
                walk.meets = self.meets(point, &walk.tokens, closings[point], &mut met);
            }
        }
        let walked = Walked { lost, walks, leaves, closings };
        let simulated = self.drawn(Origin::Simulated, &simulated, &walked, self.params.bridged, random);
        let mut as_around = Vec::new();
        for mix in &around {
            let made: Vec<Vec<usize>> = mix.iter().map(|&made| vec![made]).collect();
            let draws = self.params.bridged / around.len();
            as_around.extend(self.drawn(Origin::Around, &made, &walked, draws, random));
        }
        [simulated, as_around].map(|mut fillings| {
            let each = 1.0 / fillings.len() as f64;
            fillings.iter_mut().for_each(|filling| filling.weight = each);
            fillings
        })
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
        origin: Origin,
        made: &[Vec<usize>],
        &Walked { lost, ref walks, ref leaves, ref closings }: &Walked,
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
                let InsertionPoint { call, right, .. } = &self.context.points[point];
                let can_be_none = self.caches.engine.rules.min_events(*call, right) == Some(0);
                let need = if can_be_none { (-nothing.0).clamp(0.0, MAX_NEED).exp() } else { f64::INFINITY };
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
    pub(super) fn advance_thread(
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insertion_points::gap_context;
    use crate::model::testing::pairs;
    use crate::search::caches::Caches;
    use crate::testing::{cut, with_engine};
    use tracemend_trace::{Phase, Trace};

    /// The fillings of the last gap of a trace, of both origins.
    fn bridged(damaged: &Trace, lost: usize) -> [Vec<Filling>; 2] {
        with_engine(damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut scorer = Scorer::new(&context, &mut caches, 4);
            scorer.bridged(lost, &mut SplitMix64::new(1, &["bridges"]))
        })
    }

    #[test]
    fn both_origins_fill_a_gap_with_as_many_events_as_were_lost() {
        let damaged = cut(pairs(1, &["read", "write"], 400), 200..240);
        for fillings in bridged(&damaged, 40) {
            assert!(!fillings.is_empty());
            assert!(fillings.iter().all(|filling| filling.placed.len() == 40));
            let weight: f64 = fillings.iter().map(|filling| filling.weight).sum();
            assert!((weight - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_rare_call_whose_end_is_recorded_is_begun_last() {
        // After the gap the thread is recorded in a call that it made once before.
        let mut whole = pairs(1, &["read", "write"], 400);
        let munmap = whole.header.symbols.intern("munmap");
        for place in [100, 101, 230, 231] {
            whole.events[place].name = munmap;
        }
        assert_eq!(whole.events[231].phase, Phase::Exit);
        let damaged = cut(whole, 190..231);
        for fillings in bridged(&damaged, 41) {
            assert!(!fillings.is_empty());
            let last: Vec<_> = fillings.iter().map(|filling| filling.placed[40].1).collect();
            assert!(last.windows(2).all(|pair| pair[0] == pair[1]), "{last:?}");
        }
    }
}

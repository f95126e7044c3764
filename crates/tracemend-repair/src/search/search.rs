//! Joint search over which thread ran and which event it made.
//!
//! A hypothesis is a sequence of (slot, token). Its score sums, over its events, the logarithms of: staying on or
//! leaving the thread, which thread comes next, and the thread's token; and at the end, for each thread it touched,
//! how well the recorded continuation follows compared with no loss at all. Hypotheses that gave every thread the
//! same tokens and stand on the same thread are one, whatever the order: their probabilities add up. Of more than can be
//! kept, few stand for all, drawn so that their weights are those of what they stand for (`thinning`). What cannot be
//! (an exit without its entry, an event after a thread's end) is never tried, and a hypothesis that has fewer events
//! left than its threads need to meet what is recorded is dropped.

use crate::insertion_points::{GapContext, Slot};
use crate::model::{Candidate, Recency, State, Token};
use crate::rng::SplitMix64;
use crate::search::caches::Caches;
use crate::search::lookahead::HORIZON;
use crate::search::resample::{heaviest, thin};
use crate::token_rules::Flight;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// One lost event of a hypothesis: slot number and token.
pub type Placed = (u16, Token);

/// Share of its need that a slot counts for which was open before the gap began. By cross-validation.
const DEBT_OF_READY: f64 = 0.3;
/// Most that a switch at an unlikely time costs.
const LAG_MOST: f64 = 6.0;
/// Number of the hypothesis gone on from, hash of its threads, events still to come as far as they guide the search, and
/// as far as they bound what threads may still need.
type Base = (u32, u64, usize, usize);

/// No thread is known to run.
const NOWHERE: u16 = u16::MAX;
/// Steps looked back when no hypothesis can be completed.
const BACK: usize = 4;
/// Events left beside those that threads need, at which completing them is looked for at any price.
const TIGHT: usize = 2;
/// Logarithm of what turning to a thread only to complete it costs.
const COMPLETING: f64 = -9.0;

/// Knobs of the search.
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions {
    /// Hypotheses kept.
    pub beam: usize,
    /// Tokens tried when a thread goes on.
    pub stay_tokens: usize,
    /// Threads tried when the CPU switches.
    pub targets: usize,
    /// Tokens tried on each of them.
    pub switch_tokens: usize,
    /// Seed of the choice among hypotheses.
    pub seed: u64,
}

impl SearchOptions {
    /// Width by length: long gaps are uncertain whatever the width, and must stay affordable.
    pub fn for_gap(lost: usize, seed: u64) -> Self {
        let beam = match lost {
            0..=15 => 32,
            16..=200 => 64,
            201..=1000 => 32,
            _ => 16,
        };
        Self { beam, stay_tokens: 6, targets: 8, switch_tokens: 3, seed }
    }
}

/// A complete filling of the gap.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The lost events in order.
    pub placed: Vec<Placed>,
    /// Probability: its share of what all fillings found stand for. They sum to 1.
    pub weight: f64,
}

/// How many events the gap lost, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum Length<'a> {
    /// This many.
    Exact(usize),
    /// Logarithm of the prior probability of each number, from 0 up.
    Unknown(&'a [f64]),
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Fillings of the likeliest length, the likeliest first; none if nothing can have run there.
    pub fillings: Vec<Filling>,
    /// Probability of each length looked at, from 0; empty for an exact length.
    pub lengths: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Touched {
    slot: u16,
    state: State,
    before_last: Token,
    last: Token,
    step: u32,
    hash: u64,
    potential: f32,
    flight: Flight,
    needs: usize,
}

#[derive(Clone, Debug)]
struct Hypothesis {
    history: u32,
    current: u16,
    score: f64,
    clock: i64,
    expected_ns: f64,
    touched: Vec<Touched>,
    potential: f64,
    needs: usize,
}

impl Hypothesis {
    fn touched(&self, slot: usize) -> Option<&Touched> {
        self.touched.iter().find(|touched| touched.slot as usize == slot)
    }
}

struct Step {
    parent: u32,
    slot: u16,
    token: Token,
    state: State,
    flight: Flight,
    needs: usize,
    score: f64,
    potential: f32,
    key: u64,
}

struct Search<'s, 'm> {
    context: &'s GapContext,
    caches: &'s mut Caches<'m>,
    options: SearchOptions,
    /// By slot: logarithm of the probability that nothing was lost there.
    untouched: Vec<f64>,
    /// The same for the next token and the pause alone, within bounds: how much the slot needs events.
    start: Vec<f64>,
    arena: Vec<(u32, Placed)>,
    tau_ns: f64,
    /// Steps that the potentials look ahead.
    horizon: usize,
    /// Decides which hypotheses stay; `None`: the likeliest.
    random: Option<SplitMix64>,
}

fn mix(hash: u64, value: u64) -> u64 {
    let mut z = (hash ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn log_add(a: f64, b: f64) -> f64 {
    let higher = a.max(b);
    if higher == f64::NEG_INFINITY { higher } else { higher + ((a - higher).exp() + (b - higher).exp()).ln() }
}

/// Fills a gap. With the same seed the same gap always gets the same answer.
pub fn search(context: &GapContext, caches: &mut Caches<'_>, length: Length<'_>, options: &SearchOptions) -> Found {
    let slots = &context.slots;
    let untouched =
        slots.iter().map(|slot| caches.continuation(slot.left, &slot.right) + slot.quiet).collect::<Vec<f64>>();
    let start = slots
        .iter()
        .map(|slot| {
            let first = &slot.right[..slot.right.len().min(1)];
            (caches.continuation(slot.left, first) + slot.quiet).clamp(-12.0, 0.0)
        })
        .collect();
    let horizon = match length {
        Length::Exact(lost) => lost.min(HORIZON),
        Length::Unknown(_) => HORIZON,
    };
    let tau_ns = 20_000.0 + 0.05 * context.end_ns.saturating_sub(context.begin_ns) as f64;
    let (begin, end) = (context.begin_ns.to_string(), context.end_ns.to_string());
    let random = Some(SplitMix64::new(options.seed, &["search", &begin, &end]));
    let mut search =
        Search { context, caches, options: *options, untouched, start, arena: Vec::new(), tau_ns, horizon, random };
    match length {
        Length::Exact(lost) => {
            let found = search.exact(lost);
            let placed = |found: &Found| found.fillings.first().map_or(0, |filling| filling.placed.len());
            if placed(&found) == lost {
                return found;
            }
            // Entries and exits do not always add up to the number lost; the likeliest hypotheses may yet.
            search.random = None;
            let likeliest = search.exact(lost);
            if placed(&likeliest) > placed(&found) { likeliest } else { found }
        }
        Length::Unknown(prior) => search.open(prior),
    }
}

impl Search<'_, '_> {
    fn begin(&self) -> Vec<Hypothesis> {
        vec![Hypothesis {
            history: u32::MAX,
            current: self.context.current.map_or(NOWHERE, |slot| slot as u16),
            score: 0.0,
            clock: self.context.begin_ns,
            expected_ns: self.context.begin_ns as f64,
            touched: Vec::new(),
            potential: 0.0,
            needs: 0,
        }]
    }

    fn exact(&mut self, lost: usize) -> Found {
        let mut beam = self.begin();
        let mut earlier: Vec<Vec<Hypothesis>> = Vec::new();
        for step in 0..lost {
            let remaining = lost - 1 - step;
            let next = self.advance(&beam, step, remaining, remaining);
            if next.is_empty() {
                // Nothing can go on: fewer events than were lost, but possible ones.
                earlier.push(beam);
                beam = earlier
                    .into_iter()
                    .rev()
                    .find(|beam| beam.iter().any(|hypothesis| hypothesis.needs == 0))
                    .unwrap_or_default();
                beam.retain(|hypothesis| hypothesis.needs == 0);
                return Found { fillings: self.finish(&beam), lengths: Vec::new() };
            }
            if remaining < BACK {
                earlier.push(std::mem::replace(&mut beam, next));
            } else {
                beam = next;
            }
        }
        Found { fillings: self.finish(&beam), lengths: Vec::new() }
    }

    fn open(&mut self, prior: &[f64]) -> Found {
        let mut beam = self.begin();
        let mut lengths = vec![prior[0] + self.begin().iter().map(|hypothesis| self.close(hypothesis)).sum::<f64>()];
        let mut best: (f64, Vec<Hypothesis>) = (lengths[0], beam.clone());
        for (length, prior) in prior.iter().enumerate().skip(1) {
            beam = self.advance(&beam, length - 1, HORIZON, usize::MAX);
            if beam.is_empty() {
                break;
            }
            let complete: Vec<Hypothesis> = beam.iter().filter(|hypothesis| hypothesis.needs == 0).cloned().collect();
            let total =
                complete.iter().map(|hypothesis| self.close(hypothesis)).fold(f64::NEG_INFINITY, log_add) + prior;
            lengths.push(total);
            if total > best.0 {
                best = (total, complete);
            } else if total < best.0 - 30.0 && length > 64 {
                break;
            }
        }
        let total = lengths.iter().copied().fold(f64::NEG_INFINITY, log_add);
        if total == f64::NEG_INFINITY {
            return Found::default();
        }
        lengths.iter_mut().for_each(|length| *length = (*length - total).exp());
        Found { fillings: self.finish(&best.1), lengths }
    }

    /// One more event on every hypothesis; few of the results, for all of them. `remaining`: events still to come after it,
    /// as far as they guide the search; `room`: as far as they bound what threads may still need.
    fn advance(&mut self, beam: &[Hypothesis], step: usize, remaining: usize, room: usize) -> Vec<Hypothesis> {
        let mut steps: Vec<Step> = Vec::new();
        for (parent, hypothesis) in beam.iter().enumerate() {
            self.expand(hypothesis, parent as u32, remaining, room, &mut steps);
        }
        let mut merged: FxHashMap<u64, usize> = FxHashMap::default();
        let mut kept: Vec<(Step, f64)> = Vec::new();
        for new in steps {
            match merged.entry(new.key) {
                Entry::Occupied(entry) => {
                    let (best, total) = &mut kept[*entry.get()];
                    *total = log_add(*total, new.score);
                    if new.score > best.score {
                        *best = new;
                    }
                }
                Entry::Vacant(entry) => {
                    entry.insert(kept.len());
                    let score = new.score;
                    kept.push((new, score));
                }
            }
        }
        let debts: Vec<f64> = beam.iter().map(|hypothesis| self.debt(hypothesis, remaining)).collect();
        let promise: Vec<f64> = kept
            .iter()
            .map(|(step, total)| {
                let parent = &beam[step.parent as usize];
                let paid =
                    if parent.touched(step.slot as usize).is_some() { 0.0 } else { self.debt_of(step.slot as usize) };
                total + parent.potential + f64::from(step.potential) + debts[step.parent as usize] - paid
            })
            .collect();
        let few = match &mut self.random {
            Some(random) => thin(&promise, self.options.beam, random),
            None => heaviest(&promise, self.options.beam),
        };
        few.into_iter()
            .map(|(place, more)| {
                let (new, total) = &kept[place];
                self.take(&beam[new.parent as usize], new, total + more, step as u32)
            })
            .collect()
    }

    /// What a hypothesis owes for a slot that needs events and got none yet. A thread woken inside the gap must have
    /// run; one that was ready before may wait.
    fn debt_of(&self, slot: usize) -> f64 {
        let woken_in_gap = self.context.slots[slot].from_ns > self.context.begin_ns;
        self.start[slot] * if woken_in_gap { 1.0 } else { DEBT_OF_READY }
    }

    fn debt(&self, hypothesis: &Hypothesis, remaining: usize) -> f64 {
        let mut sum = 0.0;
        let mut open = 0.0;
        let mut needy = 0;
        for slot in 0..self.context.slots.len() {
            if self.start[slot] > -1.0 || hypothesis.touched(slot).is_some() {
                continue;
            }
            let now = self.debt_of(slot);
            sum += now;
            open += self.start[slot] - now;
            needy += 1;
        }
        // With few events left to place, slots that still need some will stay empty.
        let short = 1.0 - remaining as f64 / (2.0 * f64::from(needy) + 1.0);
        sum + open * short.clamp(0.0, 1.0)
    }

    fn expand(&mut self, hypothesis: &Hypothesis, parent: u32, remaining: usize, room: usize, steps: &mut Vec<Step>) {
        let context = self.context;
        let mut left_token = context.left_token;
        let mut leave = 0.0;
        let key_base = hypothesis
            .touched
            .iter()
            .fold(0u64, |sum, touched| sum.wrapping_add(mix(u64::from(touched.slot), touched.hash)));
        let base = (parent, key_base, remaining, room);
        if hypothesis.current != NOWHERE {
            let current = hypothesis.current as usize;
            let touched = hypothesis.touched(current);
            let slot = &context.slots[current];
            left_token = touched.map_or(slot.last, |touched| touched.last);
            let switch = self.caches.switch(touched.map_or(slot.left, |touched| touched.state));
            leave = switch.ln();
            if slot.to_ns >= hypothesis.clock {
                self.try_tokens(hypothesis, base, current, (1.0 - switch).ln(), false, steps);
            }
        }
        // With few events left, what completes a thread must be found however unlikely it is.
        let tight = self.caches.rules.paired && room <= hypothesis.needs + TIGHT;
        let most = if tight { usize::MAX } else { self.options.targets };
        for (slot, log_p) in self.targets(hypothesis, left_token, most) {
            self.try_tokens(hypothesis, base, slot, leave + log_p, true, steps);
        }
        if tight {
            for touched in hypothesis.touched.iter().filter(|touched| touched.needs > 0) {
                self.try_completing(hypothesis, base, touched, steps);
            }
        }
    }

    /// Threads the CPU may turn to, with the logarithms of their probabilities.
    fn targets(&self, hypothesis: &Hypothesis, left_token: Token, most: usize) -> Vec<(usize, f64)> {
        let slots = &self.context.slots;
        let targets = &self.caches.model.targets;
        let mut hazards: Vec<(usize, f64)> = Vec::with_capacity(slots.len());
        let mut elsewhere: Vec<usize> = Vec::new();
        let mut new: Vec<usize> = Vec::new();
        let current = (hypothesis.current != NOWHERE).then(|| slots[hypothesis.current as usize].thread);
        for (number, slot) in slots.iter().enumerate() {
            if slot.to_ns < hypothesis.clock || Some(slot.thread) == current {
                continue;
            }
            let candidate = candidate(slots, hypothesis, number);
            match candidate.recency {
                Recency::Rank(_) => hazards.push((number, targets.hazard(&candidate, left_token))),
                Recency::Elsewhere => elsewhere.push(number),
                Recency::New => new.push(number),
            }
        }
        for (class, members) in [(Recency::Elsewhere, &elsewhere), (Recency::New, &new)] {
            let hazard = targets.hazard(&Candidate::class(class), left_token);
            hazards.extend(members.iter().map(|&member| (member, hazard / members.len() as f64)));
        }
        let total: f64 = hazards.iter().map(|&(_, hazard)| hazard).sum();
        let mut ranked: Vec<(f64, usize, f64)> = hazards
            .into_iter()
            .map(|(slot, hazard)| {
                let untouched = hypothesis.touched(slot).is_none();
                let mut log_p = (hazard / total).ln();
                let mut urge = 0.0;
                if untouched {
                    urge = -0.5 * self.start[slot];
                    if slots[slot].from_ns > self.context.begin_ns {
                        let lag_ns = (slots[slot].from_ns as f64 - hypothesis.expected_ns).abs();
                        log_p -= (lag_ns / self.tau_ns).min(LAG_MOST);
                    }
                }
                (log_p + urge, slot, log_p)
            })
            .collect();
        let better = |a: &(f64, usize, f64), b: &(f64, usize, f64)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if ranked.len() > most {
            ranked.select_nth_unstable_by(most, better);
            ranked.truncate(most);
        }
        ranked.sort_unstable_by(better);
        ranked.into_iter().map(|(_, slot, log_p)| (slot, log_p)).collect()
    }

    fn try_tokens(
        &mut self,
        hypothesis: &Hypothesis,
        base: Base,
        number: usize,
        log_p: f64,
        switched: bool,
        steps: &mut Vec<Step>,
    ) {
        let slot = &self.context.slots[number];
        let state = hypothesis.touched(number).map_or(slot.left, |touched| touched.state);
        let most = if switched { self.options.switch_tokens } else { self.options.stay_tokens };
        let predictions = self.caches.predict(state, most, switched);
        self.try_all(hypothesis, base, number, log_p, &predictions, steps);
    }

    /// The tokens that bring a thread nearer to what is recorded after the gap.
    fn try_completing(&mut self, hypothesis: &Hypothesis, base: Base, touched: &Touched, steps: &mut Vec<Step>) {
        let number = touched.slot as usize;
        let slot = &self.context.slots[number];
        let (model, vocabulary) = (self.caches.model, self.caches.vocabulary);
        let rules = &self.caches.rules;
        let mut best: Option<(Token, f32)> = None;
        for token in 0..vocabulary as Token {
            let needs = rules.after_inferred(touched.flight, token).and_then(|flight| rules.needs(flight, &slot.right));
            if needs.is_some_and(|needs| needs < touched.needs) {
                let log_p = model.trie.probability(touched.state, token, vocabulary).ln() as f32;
                if best.is_none_or(|(_, best)| log_p > best) {
                    best = Some((token, log_p));
                }
            }
        }
        if let Some(best) = best {
            self.try_all(hypothesis, base, number, COMPLETING, &[best], steps);
        }
    }

    fn try_all(
        &mut self,
        hypothesis: &Hypothesis,
        (parent, key_base, remaining, room): Base,
        number: usize,
        base: f64,
        predictions: &[(Token, f32)],
        steps: &mut Vec<Step>,
    ) {
        let slot = &self.context.slots[number];
        let touched = hypothesis.touched(number);
        let state = touched.map_or(slot.left, |touched| touched.state);
        let flight = touched.map_or(slot.flight, |touched| touched.flight);
        let table = slot.right.first().map(|&right| self.caches.potentials.table(right, self.horizon));
        let tail_later = self.caches.tail_later(slot);
        let old_potential = touched.map_or(0.0, |touched| touched.potential);
        let old_key = touched.map_or(0, |touched| mix(u64::from(touched.slot), touched.hash));
        let old_hash = touched.map_or(1, |touched| touched.hash);
        let others_need = hypothesis.needs - touched.map_or(0, |touched| touched.needs);
        for &(token, log_p) in predictions {
            let Some(flight) = self.caches.rules.after_inferred(flight, token) else {
                continue;
            };
            let Some(needs) = self.caches.rules.needs(flight, &slot.right) else {
                continue;
            };
            if others_need + needs > room {
                continue;
            }
            let ahead = table.as_ref().map_or(0.0, |table| {
                let now = table[token as usize];
                let ever = table[remaining.min(HORIZON) * self.caches.vocabulary + token as usize];
                let value = now * self.caches.tail(token, slot) + (ever - now) * tail_later;
                value.clamp(1e-6, 1.0).ln()
            });
            let hash = mix(old_hash, u64::from(token));
            let key = key_base.wrapping_sub(old_key).wrapping_add(mix(number as u64, hash));
            steps.push(Step {
                parent,
                slot: number as u16,
                token,
                state,
                flight,
                needs,
                score: hypothesis.score + base + f64::from(log_p),
                potential: ahead - old_potential,
                key: mix(key, number as u64),
            });
        }
    }

    fn take(&mut self, parent: &Hypothesis, new: &Step, score: f64, step: u32) -> Hypothesis {
        let model = self.caches.model;
        let slot = &self.context.slots[new.slot as usize];
        self.arena.push((parent.history, (new.slot, new.token)));
        let mut touched = parent.touched.clone();
        let place = touched.iter().position(|touched| touched.slot == new.slot).unwrap_or_else(|| {
            touched.push(Touched {
                slot: new.slot,
                state: slot.left,
                before_last: slot.before_last,
                last: slot.last,
                step,
                hash: 1,
                potential: 0.0,
                flight: slot.flight,
                needs: 0,
            });
            touched.len() - 1
        });
        let needs = parent.needs - touched[place].needs + new.needs;
        let this = &mut touched[place];
        this.state = model.trie.advance(new.state, new.token);
        this.before_last = std::mem::replace(&mut this.last, new.token);
        this.step = step;
        this.hash = mix(this.hash, u64::from(new.token));
        this.potential += new.potential;
        this.flight = new.flight;
        this.needs = new.needs;
        Hypothesis {
            history: self.arena.len() as u32 - 1,
            current: new.slot,
            score,
            clock: parent.clock.max(slot.from_ns),
            expected_ns: parent.expected_ns.max(slot.from_ns as f64) + model.timing.step_ns(new.token),
            touched,
            potential: parent.potential + f64::from(new.potential),
            needs,
        }
    }

    /// Score of a hypothesis that ends here.
    fn close(&mut self, hypothesis: &Hypothesis) -> f64 {
        let slots = &self.context.slots;
        let mut score = hypothesis.score;
        for touched in &hypothesis.touched {
            let slot = &slots[touched.slot as usize];
            score += self.caches.continuation(touched.state, &slot.right)
                + f64::from(self.caches.tail(touched.last, slot)).ln()
                - self.untouched[touched.slot as usize];
        }
        let Some(next) = self.context.next_thread.filter(|_| hypothesis.current != NOWHERE) else {
            return score;
        };
        let current = hypothesis.current as usize;
        let touched = hypothesis.touched(current);
        let switch = self.caches.switch(touched.map_or(slots[current].left, |touched| touched.state));
        if slots[current].thread == Some(next) {
            return score + (1.0 - switch).ln();
        }
        let left = touched.map_or(slots[current].last, |touched| touched.last);
        let hazard = slots
            .iter()
            .position(|slot| slot.thread == Some(next))
            .map_or(0.01, |number| self.caches.model.targets.hazard(&candidate(slots, hypothesis, number), left));
        score + switch.ln() + hazard.ln()
    }

    fn finish(&mut self, beam: &[Hypothesis]) -> Vec<Filling> {
        let scores: Vec<f64> = beam.iter().map(|hypothesis| self.close(hypothesis)).collect();
        let total = scores.iter().copied().fold(f64::NEG_INFINITY, log_add);
        let mut fillings: Vec<Filling> = beam
            .iter()
            .zip(&scores)
            .map(|(hypothesis, score)| {
                let mut placed = Vec::new();
                let mut place = hypothesis.history;
                while place != u32::MAX {
                    let (previous, event) = self.arena[place as usize];
                    placed.push(event);
                    place = previous;
                }
                placed.reverse();
                Filling { placed, weight: (score - total).exp() }
            })
            .collect();
        fillings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        fillings
    }
}

/// A slot's thread as one that the CPU may turn to.
fn candidate(slots: &[Slot], hypothesis: &Hypothesis, number: usize) -> Candidate {
    let slot = &slots[number];
    let Some(touched) = hypothesis.touched(number) else {
        // Every touched thread has run since the gap began; those that stood behind this one move it back by one.
        let recency = match slot.recency {
            Recency::Rank(rank) => {
                let overtakes = |touched: &&Touched| match slots[touched.slot as usize].recency {
                    Recency::Rank(other) => other > rank,
                    _ => true,
                };
                Recency::Rank(rank + hypothesis.touched.iter().filter(overtakes).count())
            }
            other => other,
        };
        return Candidate { recency, moved: slot.moved, last: slot.last, before_last: slot.before_last };
    };
    let since = hypothesis.touched.iter().filter(|other| other.step > touched.step).count();
    Candidate { recency: Recency::Rank(since), moved: false, last: touched.last, before_last: touched.before_last }
}

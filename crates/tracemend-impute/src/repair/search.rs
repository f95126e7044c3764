//! Joint search over which thread ran and which event it made.
//!
//! A hypothesis is a sequence of (slot, token). Its score sums, over its events, the logarithms of: staying on or
//! leaving the thread, which thread comes next, and the thread's token; and at the end, for each thread it touched,
//! how well the recorded continuation follows compared with no loss at all. Hypotheses that gave every thread the
//! same tokens and stand on the same thread are one, whatever the order: their probabilities add up.

use super::potential::{HORIZON, Potentials};
use super::slots::{GapContext, Slot};
use crate::counts::{Candidate, CountsModel, END, FIRST_EVENT, Recency, State, Token, bucket};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// One lost event of a hypothesis: slot number and token.
pub type Placed = (u16, Token);

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
}

/// A complete filling of the gap.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The lost events in order.
    pub placed: Vec<Placed>,
    /// Share of the probability of all fillings found.
    pub weight: f64,
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
}

/// Share of its need that a slot counts for which was open before the gap began. By cross-validation.
const DEBT_OF_READY: f64 = 0.3;
/// Most that a switch at an unlikely time costs.
const LAG_MOST: f64 = 6.0;

fn tau(context: &GapContext) -> f64 {
    20_000.0 + 0.05 * (context.end_ns.saturating_sub(context.begin_ns)) as f64
}

/// What a hypothesis owes for a slot that needs events and got none yet. A thread woken inside the gap must have
/// run; one that was ready before may wait.
fn debt_of(context: &GapContext, start: &[f32], slot: usize) -> f64 {
    let woken_in_gap = context.slots[slot].from_ns > context.begin_ns;
    f64::from(start[slot]) * if woken_in_gap { 1.0 } else { DEBT_OF_READY }
}

fn debt(context: &GapContext, start: &[f32], hypothesis: &Hypothesis, remaining: usize) -> f64 {
    let mut sum = 0.0;
    let mut open = 0.0;
    let mut needy = 0;
    for slot in 0..context.slots.len() {
        if start[slot] > -1.0 || hypothesis.touched.iter().any(|touched| touched.slot as usize == slot) {
            continue;
        }
        let now = debt_of(context, start, slot);
        sum += now;
        open += f64::from(start[slot]) - now;
        needy += 1;
    }
    // With few events left to place, slots that still need some will stay empty.
    let short = 1.0 - remaining as f64 / (2.0 * f64::from(needy) + 1.0);
    sum + open * short.clamp(0.0, 1.0)
}

const NOWHERE: u16 = u16::MAX;

struct Step {
    parent: u32,
    slot: u16,
    token: Token,
    state: State,
    score: f64,
    potential: f32,
    key: u64,
}

/// What the search looks up again and again, kept for one gap after another.
pub struct Caches<'m> {
    model: &'m CountsModel,
    vocabulary: usize,
    predictions: FxHashMap<(State, bool), Rc<Vec<(Token, f32)>>>,
    switches: FxHashMap<State, f32>,
    potentials: Potentials,
    tails: FxHashMap<(Token, usize), f32>,
    tails_later: FxHashMap<(Token, usize), f32>,
}

impl<'m> Caches<'m> {
    /// Empty caches over a model.
    pub fn new(model: &'m CountsModel) -> Self {
        Self {
            model,
            vocabulary: model.tokens.len(),
            predictions: FxHashMap::default(),
            switches: FxHashMap::default(),
            potentials: Potentials::new(model),
            tails: FxHashMap::default(),
            tails_later: FxHashMap::default(),
        }
    }

    /// The parts of a token.
    pub fn kind(&self, token: Token) -> &crate::counts::TokenKind {
        self.model.tokens.kind(token)
    }

    fn predict(&mut self, state: State, most: usize, short: bool) -> Rc<Vec<(Token, f32)>> {
        let (model, vocabulary) = (self.model, self.vocabulary);
        self.predictions
            .entry((state, short))
            .or_insert_with(|| {
                let tokens = model.trie.predict(state, vocabulary, 0.995, most);
                Rc::new(
                    tokens
                        .into_iter()
                        .filter(|&(token, _)| token >= FIRST_EVENT)
                        .map(|(token, p)| (token, p.ln() as f32))
                        .collect(),
                )
            })
            .clone()
    }

    fn switch(&mut self, state: State) -> f64 {
        let model = self.model;
        f64::from(*self.switches.entry(state).or_insert_with(|| model.trie.switch_probability(state) as f32))
    }

    /// Probability that a thread whose last token is `last` is not seen from the end of the gap to its next
    /// recorded event.
    fn tail(&mut self, last: Token, slot: &Slot) -> f32 {
        if slot.right.first() == Some(&END) {
            return 1.0;
        }
        let (model, bucket) = (self.model, bucket(slot.tail_ns));
        *self.tails.entry((last, bucket)).or_insert_with(|| model.timing.step_at_least(last, bucket) as f32)
    }

    /// The same, averaged over the tokens that usually stand before the slot's next recorded one.
    fn tail_later(&mut self, slot: &Slot) -> f32 {
        let Some(&right) = slot.right.first().filter(|&&right| right != END) else {
            return 1.0;
        };
        let key = (right, bucket(slot.tail_ns));
        if let Some(&tail) = self.tails_later.get(&key) {
            return tail;
        }
        let before = self.potentials.before(right);
        let tail = before.iter().map(|&(token, share)| share * self.tail(token, slot)).sum::<f32>().max(1e-6);
        self.tails_later.insert(key, tail);
        tail
    }

    /// Logarithm of the probability that `right` follows `state`.
    fn continuation(&self, mut state: State, right: &[Token]) -> f64 {
        let mut sum = 0.0;
        for &token in right {
            let p = self.model.trie.probability(state, token, self.vocabulary);
            // A thread may fall silent without ending.
            sum += if token == END { (p + 0.02).ln() } else { p.ln() };
            state = self.model.trie.advance(state, token);
        }
        sum
    }
}

fn mix(hash: u64, value: u64) -> u64 {
    let mut z = (hash ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Fills a gap of `lost` events. Returns fillings, the likeliest first; none if nothing can have run there.
pub fn search(context: &GapContext, caches: &mut Caches<'_>, lost: usize, options: &SearchOptions) -> Vec<Filling> {
    let slots = &context.slots;
    let mut arena: Vec<(u32, Placed)> = Vec::with_capacity(lost * options.beam);
    let mut beam = vec![Hypothesis {
        history: u32::MAX,
        current: context.current.map_or(NOWHERE, |slot| slot as u16),
        score: 0.0,
        clock: context.begin_ns,
        expected_ns: context.begin_ns as f64,
        touched: Vec::new(),
        potential: 0.0,
    }];
    let untouched: Vec<f64> = slots.iter().map(|slot| caches.continuation(slot.left, &slot.right) + slot.quiet).collect();
    let start: Vec<f32> = slots
        .iter()
        .map(|slot| {
            let first = &slot.right[..slot.right.len().min(1)];
            (caches.continuation(slot.left, first) + slot.quiet).clamp(-12.0, 0.0) as f32
        })
        .collect();
    for step in 0..lost {
        let remaining = lost - 1 - step;
        let mut steps: Vec<Step> = Vec::new();
        for (parent, hypothesis) in beam.iter().enumerate() {
            expand(context, caches, &start, hypothesis, parent as u32, remaining, options, &mut steps);
        }
        // Hypotheses with the same threads' tokens and the same current thread add up.
        let mut merged: FxHashMap<u64, usize> = FxHashMap::default();
        let mut kept: Vec<(Step, f64)> = Vec::new();
        for new in steps {
            match merged.entry(new.key) {
                std::collections::hash_map::Entry::Occupied(entry) => {
                    let (best, total) = &mut kept[*entry.get()];
                    let higher = new.score.max(*total);
                    *total = higher + ((new.score - higher).exp() + (*total - higher).exp()).ln();
                    if new.score > best.score {
                        *best = new;
                    }
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(kept.len());
                    let score = new.score;
                    kept.push((new, score));
                }
            }
        }
        let debts: Vec<f64> = beam.iter().map(|hypothesis| debt(context, &start, hypothesis, remaining)).collect();
        let value = |(step, total): &(Step, f64)| {
            let parent = &beam[step.parent as usize];
            let paid = if parent.touched.iter().any(|touched| touched.slot == step.slot) {
                0.0
            } else {
                debt_of(context, &start, step.slot as usize)
            };
            total + parent.potential + f64::from(step.potential) + debts[step.parent as usize] - paid
        };
        kept.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.0.key.cmp(&b.0.key)));
        kept.truncate(options.beam);
        if kept.is_empty() {
            return Vec::new();
        }
        beam = kept.iter().map(|(new, total)| take(caches.model, slots, &beam, &mut arena, new, *total, step as u32)).collect();
    }
    finish(context, caches, &beam, &arena, &untouched, lost)
}

fn recency_of(slots: &[Slot], hypothesis: &Hypothesis, slot: usize) -> Recency {
    if let Some(touched) = hypothesis.touched.iter().find(|touched| touched.slot as usize == slot) {
        return Recency::Rank(hypothesis.touched.iter().filter(|other| other.step > touched.step).count());
    }
    match slots[slot].recency {
        // Every touched thread has run since; those that stood behind this one move it back by one.
        Recency::Rank(rank) => Recency::Rank(
            rank + hypothesis
                .touched
                .iter()
                .filter(|touched| match slots[touched.slot as usize].recency {
                    Recency::Rank(other) => other > rank,
                    _ => true,
                })
                .count(),
        ),
        other => other,
    }
}

fn expand(
    context: &GapContext,
    caches: &mut Caches<'_>,
    start: &[f32],
    hypothesis: &Hypothesis,
    parent: u32,
    remaining: usize,
    options: &SearchOptions,
    steps: &mut Vec<Step>,
) {
    let slots = &context.slots;
    let state_of = |slot: usize| {
        hypothesis
            .touched
            .iter()
            .find(|touched| touched.slot as usize == slot)
            .map_or((slots[slot].left, slots[slot].last, slots[slot].before_last, None), |touched| {
                (touched.state, touched.last, touched.before_last, Some(touched))
            })
    };
    let mut key_base = 0u64;
    for touched in &hypothesis.touched {
        key_base = key_base.wrapping_add(mix(u64::from(touched.slot), touched.hash));
    }
    let mut left_token = context.left_token;
    let mut leave = 0.0;
    let push = |caches: &mut Caches<'_>, steps: &mut Vec<Step>, slot: usize, base: f64, most: usize, short: bool| {
        let (state, _, _, touched) = state_of(slot);
        let table = slots[slot].right.first().map(|&right| caches.potentials.table(right));
        let vocabulary = caches.vocabulary;
        let predictions = caches.predict(state, most, short);
        let old_potential = touched.map_or(0.0, |touched| touched.potential);
        let tail_later = caches.tail_later(&slots[slot]);
        let old_key = touched.map_or(0, |touched| mix(u64::from(touched.slot), touched.hash));
        let old_hash = touched.map_or(1, |touched| touched.hash);
        for &(token, log_p) in predictions.iter() {
            let ahead = table.as_ref().map_or(0.0, |table| {
                let now = table[token as usize];
                let ever = table[remaining.min(HORIZON) * vocabulary + token as usize];
                let value = now * caches.tail(token, &slots[slot]) + (ever - now) * tail_later;
                value.clamp(1e-6, 1.0).ln()
            });
            let hash = mix(old_hash, u64::from(token));
            let key = key_base.wrapping_sub(old_key).wrapping_add(mix(slot as u64, hash));
            steps.push(Step {
                parent,
                slot: slot as u16,
                token,
                state,
                score: hypothesis.score + base + f64::from(log_p),
                potential: ahead - old_potential,
                key: mix(key, slot as u64),
            });
        }
    };
    if hypothesis.current != NOWHERE {
        let current = hypothesis.current as usize;
        let (state, last, _, _) = state_of(current);
        left_token = last;
        let switch = caches.switch(state);
        leave = switch.ln();
        if slots[current].to_ns >= hypothesis.clock {
            push(caches, steps, current, (1.0 - switch).ln(), options.stay_tokens, false);
        }
    }
    let mut hazards: Vec<(usize, f64)> = Vec::with_capacity(slots.len());
    let mut elsewhere: Vec<usize> = Vec::new();
    let mut new: Vec<usize> = Vec::new();
    let current_thread = (hypothesis.current != NOWHERE).then(|| slots[hypothesis.current as usize].thread);
    for (number, slot) in slots.iter().enumerate() {
        if slot.to_ns < hypothesis.clock || Some(slot.thread) == current_thread {
            continue;
        }
        let (_, last, before_last, touched) = state_of(number);
        let recency = recency_of(slots, hypothesis, number);
        match recency {
            Recency::Rank(_) => hazards.push((
                number,
                caches.model.targets.hazard(
                    &Candidate { recency, moved: touched.is_none() && slot.moved, last, before_last },
                    left_token,
                ),
            )),
            Recency::Elsewhere => elsewhere.push(number),
            Recency::New => new.push(number),
        }
    }
    for (class, members) in [(Recency::Elsewhere, &elsewhere), (Recency::New, &new)] {
        let hazard = caches.model.targets.hazard(&Candidate::class(class), left_token);
        for &member in members {
            hazards.push((member, hazard / members.len() as f64));
        }
    }
    let total: f64 = hazards.iter().map(|&(_, hazard)| hazard).sum();
    let mut targets: Vec<(usize, f64, f64)> = hazards
        .into_iter()
        .map(|(slot, hazard)| {
            let untouched = !hypothesis.touched.iter().any(|touched| touched.slot as usize == slot);
            let late = if untouched && slots[slot].from_ns > context.begin_ns {
                let lag = (slots[slot].from_ns as f64 - hypothesis.expected_ns).abs();
                (lag / tau(context)).min(LAG_MOST)
            } else {
                0.0
            };
            let p = (hazard / total).ln() - late;
            let urge = if untouched { 0.5 * f64::from(-start[slot]) } else { 0.0 };
            (slot, p, p + urge)
        })
        .collect();
    targets.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    targets.truncate(options.targets);
    for (slot, p, _) in targets {
        push(caches, steps, slot, leave + p, options.switch_tokens, true);
    }
}

fn take(
    model: &CountsModel,
    slots: &[Slot],
    beam: &[Hypothesis],
    arena: &mut Vec<(u32, Placed)>,
    new: &Step,
    total: f64,
    step: u32,
) -> Hypothesis {
    let parent = &beam[new.parent as usize];
    let slot = &slots[new.slot as usize];
    arena.push((parent.history, (new.slot, new.token)));
    let mut hypothesis = Hypothesis {
        history: arena.len() as u32 - 1,
        current: new.slot,
        score: total,
        clock: parent.clock.max(slot.from_ns),
        expected_ns: parent.expected_ns.max(slot.from_ns as f64) + model.timing.step_ns(new.token),
        touched: parent.touched.clone(),
        potential: parent.potential + f64::from(new.potential),
    };
    let position = match hypothesis.touched.iter().position(|touched| touched.slot == new.slot) {
        Some(position) => position,
        None => {
            hypothesis.touched.push(Touched {
                slot: new.slot,
                state: slot.left,
                before_last: slot.before_last,
                last: slot.last,
                step,
                hash: 1,
                potential: 0.0,
            });
            hypothesis.touched.len() - 1
        }
    };
    let touched = &mut hypothesis.touched[position];
    touched.state = model.trie.advance(new.state, new.token);
    touched.before_last = std::mem::replace(&mut touched.last, new.token);
    touched.step = step;
    touched.hash = mix(touched.hash, u64::from(new.token));
    touched.potential += new.potential;
    hypothesis
}

fn finish(
    context: &GapContext,
    caches: &mut Caches<'_>,
    beam: &[Hypothesis],
    arena: &[(u32, Placed)],
    untouched: &[f64],
    lost: usize,
) -> Vec<Filling> {
    let slots = &context.slots;
    let mut scores: Vec<f64> = Vec::with_capacity(beam.len());
    for hypothesis in beam {
        let mut score = hypothesis.score;
        for touched in &hypothesis.touched {
            let slot = touched.slot as usize;
            score += caches.continuation(touched.state, &slots[slot].right) + f64::from(caches.tail(touched.last, &slots[slot])).ln()
                - untouched[slot];
        }
        if let Some(next) = context.next_thread
            && hypothesis.current != NOWHERE
        {
            let current = hypothesis.current as usize;
            let state = hypothesis.touched.iter().find(|touched| touched.slot == hypothesis.current);
            let switch = caches.switch(state.map_or(slots[current].left, |touched| touched.state));
            if slots[current].thread == Some(next) {
                score += (1.0 - switch).ln();
            } else {
                let left = state.map_or(slots[current].last, |touched| touched.last);
                let hazard = slots
                    .iter()
                    .enumerate()
                    .find(|(_, slot)| slot.thread == Some(next))
                    .map_or(0.01, |(number, slot)| {
                        let touched = hypothesis.touched.iter().find(|touched| touched.slot as usize == number);
                        let candidate = Candidate {
                            recency: recency_of(slots, hypothesis, number),
                            moved: touched.is_none() && slot.moved,
                            last: touched.map_or(slot.last, |touched| touched.last),
                            before_last: touched.map_or(slot.before_last, |touched| touched.before_last),
                        };
                        caches.model.targets.hazard(&candidate, left)
                    });
                score += switch.ln() + hazard.ln();
            }
        }
        scores.push(score);
    }
    let best = scores.iter().copied().fold(f64::MIN, f64::max);
    let total: f64 = scores.iter().map(|score| (score - best).exp()).sum();
    let mut fillings: Vec<Filling> = beam
        .iter()
        .zip(&scores)
        .map(|(hypothesis, score)| {
            let mut placed = Vec::with_capacity(lost);
            let mut place = hypothesis.history;
            while place != u32::MAX {
                let (previous, event) = arena[place as usize];
                placed.push(event);
                place = previous;
            }
            placed.reverse();
            Filling { placed, weight: (score - best).exp() / total }
        })
        .collect();
    fillings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    fillings
}

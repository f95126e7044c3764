//! The search itself: event by event, a beam of hypotheses over all threads of the gap.
//!
//! Hypotheses that leave every thread in the same context and stand on the same thread have the same future. They are one: their
//! probabilities add up, and the lattice keeps all ways to it (`lattice.rs`), so that a few hypotheses hold far more fillings than
//! they are. Of more than can be kept, few stand for all, drawn so that their expected weights are those of what they
//! stand for (`resample.rs`). What cannot be (an exit without its entry, an event after a thread's end) is never tried, and a
//! hypothesis that has fewer events left than its threads need to meet what is recorded is dropped.
//!
//! A gap of known length is searched several times, by *islands* that know nothing of each other (Vergé et al. 2015, Stat. Comput.
//! 25:243). The hypotheses of one island have nearly all their history in common when the gap is long, and agree where nothing is
//! sure; islands do not. They count alike: what an island finds of its own total probability varies far more than it says.

use crate::consensus::normalised;
use crate::gap_context::GapContext;
use crate::log_prob::LogProb;
use crate::rng::SplitMix64;
use crate::search::caches::Caches;
use crate::search::expand::Parent;
use crate::search::filling::{Filling, Found, Length, Origin, Placed, share};
use crate::search::hypothesis::{Extension, Hypothesis, state_hash, state_of};
use crate::search::lattice::{Lattice, NONE, Way};
use crate::search::resample::{heaviest, resample};
use crate::search::score::Scorer;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::hash_map::Entry;

struct Beam<'s, 'm> {
    scorer: Scorer<'s, 'm>,
    /// Hypotheses kept.
    width: usize,
    /// Every event of every hypothesis, with all ways to it.
    lattice: Lattice,
    /// Decides which hypotheses stay; `None`: the likeliest do.
    random: Option<SplitMix64>,
    /// Decides which ways are gone back.
    path_random: SplitMix64,
    /// Fillings to draw.
    draws: usize,
}

/// Fills a gap. The same seed gives the same gap the same answer.
pub(crate) fn search(context: &GapContext, caches: &mut Caches<'_>, length: Length<'_>, seed: u64) -> Found {
    let params = caches.engine.params;
    let (events, horizon) = match length {
        Length::Exact(lost) => (lost, lost.min(params.horizon)),
        Length::Unknown(prior) => (prior.len(), params.horizon),
    };
    let (gap, stream) = (context.gap.to_string(), context.stream.unwrap_or(0).to_string());
    let random = |purpose: &str, island: usize| SplitMix64::new(seed, &[purpose, &gap, &stream, &island.to_string()]);
    let scorer = Scorer::new(context, caches, horizon);
    let mut beam = Beam {
        scorer,
        width: params.beam_for(events),
        lattice: Lattice::default(),
        random: Some(random("search", 0)),
        path_random: random("paths", 0),
        draws: params.draws,
    };
    let lost = match length {
        Length::Exact(lost) => lost,
        Length::Unknown(prior) => return beam.open(prior),
    };
    beam.draws = (params.draws / params.islands).max(1);
    // As many of each origin as can be compared.
    let of_origin = params.compared_for(lost) / 3;
    let mut fillings: Vec<Filling> = Vec::new();
    for island in 0..params.islands {
        beam.random = Some(random("search", island));
        let mut found = beam.exact(lost);
        found.truncate((of_origin / params.islands).max(1));
        keep_longest(&mut fillings, found);
    }
    if placed(&fillings) < lost {
        // Entries and exits do not always add up to the number lost; the likeliest hypotheses may yet.
        beam.random = None;
        keep_longest(&mut fillings, beam.exact(lost));
    }
    let weights = normalised(fillings.iter().map(|filling| filling.weight));
    fillings.iter_mut().zip(weights).for_each(|(filling, weight)| filling.weight = weight);
    if lost > 1 {
        for mut bridged in beam.scorer.bridged(lost, &mut random("bridges", 0)) {
            bridged.truncate(of_origin);
            keep_longest(&mut fillings, bridged);
        }
    }
    share(&mut fillings, &params.shares);
    Found { fillings, lengths: Vec::new() }
}

/// Length of fillings of one length, in events.
fn placed(fillings: &[Filling]) -> usize {
    fillings.first().map_or(0, |filling| filling.placed.len())
}

/// Adds fillings to those of other searches: the longest stay.
fn keep_longest(fillings: &mut Vec<Filling>, found: Vec<Filling>) {
    match placed(&found).cmp(&placed(fillings)) {
        Ordering::Greater => *fillings = found,
        Ordering::Equal => fillings.extend(found),
        Ordering::Less => {}
    }
}

impl Beam<'_, '_> {
    fn begin(&self) -> Vec<Hypothesis> {
        let context = self.scorer.context;
        vec![Hypothesis::empty(context.current.map(|point| point as u16), context.begin_ns)]
    }

    /// Fillings of exactly `lost` events; of fewer where no hypothesis can go on.
    fn exact(&mut self, lost: usize) -> Vec<Filling> {
        self.lattice = Lattice::default();
        let mut beam = self.begin();
        let mut earlier: Vec<Vec<Hypothesis>> = Vec::new();
        for step in 0..lost {
            let remaining = lost - 1 - step;
            let next = self.advance(&beam, step, remaining, remaining);
            if next.is_empty() {
                earlier.push(beam);
                beam = earlier
                    .into_iter()
                    .rev()
                    .find(|beam| beam.iter().any(|hypothesis| hypothesis.min_events == 0))
                    .unwrap_or_default();
                beam.retain(|hypothesis| hypothesis.min_events == 0);
                return self.fillings(&beam);
            }
            if remaining < self.scorer.params.back_steps {
                earlier.push(std::mem::replace(&mut beam, next));
            } else {
                beam = next;
            }
        }
        self.fillings(&beam)
    }

    /// Fillings of the likeliest length; `prior`: log probability of each length, from 0 up.
    fn open(&mut self, prior: &[f64]) -> Found {
        let (stop_below, stop_from) = self.scorer.params.stop_length;
        let mut beam = self.begin();
        let none = self.scorer.close(&beam[0]).0 + prior[0];
        let mut lengths = vec![LogProb(none)];
        let mut best: (LogProb, Vec<Hypothesis>) = (lengths[0], beam.clone());
        for (length, prior) in prior.iter().enumerate().skip(1) {
            beam = self.advance(&beam, length - 1, self.scorer.params.horizon, usize::MAX);
            if beam.is_empty() {
                break;
            }
            let complete: Vec<Hypothesis> =
                beam.iter().filter(|hypothesis| hypothesis.min_events == 0).cloned().collect();
            let all = LogProb::any(complete.iter().map(|hypothesis| self.scorer.close(hypothesis)));
            let total = LogProb(all.0 + prior);
            lengths.push(total);
            if total > best.0 {
                best = (total, complete);
            } else if total.0 < best.0.0 - stop_below && length > stop_from {
                break;
            }
        }
        if LogProb::any(lengths.iter().copied()) == LogProb::IMPOSSIBLE {
            return Found::default();
        }
        Found { fillings: self.fillings(&best.1), lengths: LogProb::normalised(&lengths) }
    }

    /// One more event on every hypothesis; few of the results, which stand for all. `remaining`: events still to place after it,
    /// as far as they guide the search; `room`: as far as they bound what threads may still need.
    fn advance(&mut self, beam: &[Hypothesis], step: usize, remaining: usize, room: usize) -> Vec<Hypothesis> {
        let mut extensions: Vec<Extension> = Vec::new();
        for (number, hypothesis) in beam.iter().enumerate() {
            let key = hypothesis.threads_hash();
            let parent = Parent { hypothesis, number: number as u32, key, remaining, room };
            self.scorer.expand(parent, &mut extensions);
        }
        let merged = merged(extensions);
        let scorer = &self.scorer;
        let pending: Vec<f64> = beam.iter().map(|hypothesis| scorer.pending(hypothesis, remaining)).collect();
        let promise: Vec<f64> = merged
            .iter()
            .map(|Merged { best: new, total, .. }| {
                let parent = &beam[new.parent as usize];
                let point = new.point as usize;
                let paid = if parent.thread(point).is_some() { 0.0 } else { scorer.pending_of(point) };
                total.0 + parent.lookahead + f64::from(new.lookahead) + pending[new.parent as usize] - paid
            })
            .collect();
        let few = match &mut self.random {
            Some(random) => resample(&promise, self.width, random),
            None => heaviest(&promise, self.width),
        };
        few.into_iter()
            .map(|(place, more)| {
                let Merged { best, total, ways } = &merged[place];
                let way = |way: &Way| Way { before: beam[way.before as usize].node.unwrap_or(NONE), ..*way };
                let node = self.lattice.add(ways.iter().map(way));
                self.extended(&beam[best.parent as usize], best, LogProb(total.0 + more), step as u32, node)
            })
            .collect()
    }

    /// A hypothesis with one more event.
    fn extended(&mut self, parent: &Hypothesis, new: &Extension, score: LogProb, step: u32, node: u32) -> Hypothesis {
        let point = &self.scorer.context.points[new.point as usize];
        let mut threads = parent.threads.clone();
        let thread = state_of(&mut threads, new.point, &self.scorer.context.points);
        let min_events = parent.min_events - thread.min_events + new.min_events;
        thread.context = self.scorer.caches.session.after(new.context, new.token);
        thread.before_last = std::mem::replace(&mut thread.last, new.token);
        thread.step = step;
        thread.hash = state_hash(thread.context, new.min_events);
        thread.lookahead += new.lookahead;
        thread.call = new.call;
        thread.min_events = new.min_events;
        let model = self.scorer.caches.engine.model;
        let step_ns = model.timing.step_ns(new.token, &model.params);
        Hypothesis {
            node: Some(node),
            current: Some(new.point),
            score,
            clock_ns: parent.clock_ns.max(point.from_ns),
            expected_ns: parent.expected_ns.max(point.from_ns as f64) + step_ns,
            threads,
            lookahead: parent.lookahead + f64::from(new.lookahead),
            min_events,
        }
    }

    /// Complete fillings drawn from the lattice, the likeliest first. Every hypothesis keeps its weight: the paths drawn to it
    /// share it.
    fn fillings(&mut self, beam: &[Hypothesis]) -> Vec<Filling> {
        let scores: Vec<LogProb> = beam.iter().map(|hypothesis| self.scorer.close(hypothesis)).collect();
        let weights = LogProb::normalised(&scores);
        let mut order: Vec<usize> = (0..beam.len()).collect();
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        let mut fillings: Vec<Filling> = Vec::new();
        let mut known: FxHashMap<Vec<Placed>, usize> = FxHashMap::default();
        for end in order {
            let draws = ((weights[end] * self.draws as f64).round() as usize).max(1);
            for draw in 0..draws {
                let placed =
                    self.lattice.path(beam[end].node, if draw == 0 { None } else { Some(&mut self.path_random) });
                let weight = weights[end] / draws as f64;
                match known.entry(placed) {
                    Entry::Occupied(known) => fillings[*known.get()].weight += weight,
                    Entry::Vacant(new) => {
                        fillings.push(Filling { placed: new.key().clone(), weight, origin: Origin::Search });
                        new.insert(fillings.len() - 1);
                    }
                }
            }
        }
        fillings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        fillings
    }
}

/// Extensions that lead to the same place, as one.
struct Merged {
    /// The likeliest of them.
    best: Extension,
    /// Log probability of all.
    total: LogProb,
    /// All, with the hypothesis's number in the beam where the lattice will have that of its node.
    ways: Vec<Way>,
}

/// Equal extensions as one, in order of appearance.
fn merged(extensions: Vec<Extension>) -> Vec<Merged> {
    let mut known: FxHashMap<u64, usize> = FxHashMap::default();
    let mut merged: Vec<Merged> = Vec::new();
    for new in extensions {
        let way = Way { before: new.parent, placed: (new.point, new.token), score: new.score };
        match known.entry(new.key) {
            Entry::Occupied(entry) => {
                let same = &mut merged[*entry.get()];
                same.total = same.total.or(new.score);
                same.ways.push(way);
                if new.score > same.best.score {
                    same.best = new;
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(merged.len());
                merged.push(Merged { total: new.score, ways: vec![way], best: new });
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insertion_points::gap_context;
    use crate::model::Token;
    use crate::model::testing::{pairs, trace};
    use crate::testing::{cut, with_engine};
    use tracemend_trace::Trace;

    /// Names of the likeliest filling.
    fn filled(damaged: &Trace, length: impl Fn(&mut Vec<f64>) -> Option<usize>) -> (Vec<String>, Found) {
        with_engine(damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut prior = Vec::new();
            let found = match length(&mut prior) {
                Some(lost) => search(&context, &mut caches, Length::Exact(lost), 1),
                None => search(&context, &mut caches, Length::Unknown(&prior), 1),
            };
            let name = |&(_, token): &(u16, Token)| engine.model.tokens.kind(token).name.clone();
            (found.fillings[0].placed.iter().map(name).collect(), found)
        })
    }

    #[test]
    fn a_loop_is_continued_through_the_gap() {
        let names = ["open", "read", "close"];
        let calls: Vec<(u32, i32, &str)> = (0..600).map(|place| (0, 1, names[place % 3])).collect();
        let (placed, found) = filled(&cut(trace(&calls), 300..307), |_| Some(7));
        assert_eq!(placed, ["open", "read", "close", "open", "read", "close", "open"]);
        assert!((found.fillings.iter().map(|filling| filling.weight).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_length_nobody_counted_is_that_which_fits() {
        let names = ["open", "read", "write", "close"];
        let calls: Vec<(u32, i32, &str)> = (0..600).map(|place| (0, 1, names[place % 4])).collect();
        // A flat prior from 0 to 12 events: 6 lost, so 2, 6 and 10 meet what is recorded.
        let (placed, found) = filled(&cut(trace(&calls), 300..306), |prior| {
            prior.resize(13, 0.0);
            None
        });
        assert_eq!(placed.len() % 4, 2, "{placed:?}");
        let meets: f64 = [2, 6, 10].map(|length| found.lengths[length]).iter().sum();
        assert!(meets > 0.9, "{:?}", found.lengths);
    }

    #[test]
    fn entries_and_exits_stay_pairs_to_the_last_event() {
        let damaged = cut(pairs(1, &["read", "write"], 200), 101..108);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            for filling in search(&context, &mut caches, Length::Exact(7), 1).fillings {
                let point = &context.points[filling.placed[0].0 as usize];
                let after = filling
                    .placed
                    .iter()
                    .try_fold(point.call, |call, &(_, token)| engine.rules.after_inferred(call, token));
                assert_eq!(after.and_then(|call| engine.rules.min_events(call, &point.right)), Some(0));
            }
        });
    }

    #[test]
    fn other_seeds_may_choose_others_and_the_same_seed_never_does() {
        let names = ["a", "b", "c", "d", "e"];
        let calls: Vec<(u32, i32, &str)> = (0..2000).map(|place| (0, 1, names[place * place % 7 % 5])).collect();
        let damaged = cut(trace(&calls), 1000..1080);
        let weights = |seed| {
            with_engine(&damaged, |view, engine| {
                let mut caches = Caches::new(engine);
                let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
                let found = search(&context, &mut caches, Length::Exact(80), seed);
                found.fillings.into_iter().map(|filling| (filling.placed, filling.weight)).collect::<Vec<_>>()
            })
        };
        assert_eq!(weights(1), weights(1));
    }
}

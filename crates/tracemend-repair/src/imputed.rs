//! From what an imputer says of single lost events to fillings that keep the entry/exit rules.
//!
//! An imputer knows no rules: it may leave a call that was never entered. So its candidates form a lattice, whose states are the
//! calls that the thread can be in, and only ways through it that the rules allow are fillings. The first filling is the imputer's
//! own choice, mended where it breaks a rule by the likeliest other candidates; further ones are drawn by the candidates'
//! probabilities, and say how sure the imputer is. The engine's event is a candidate everywhere, so there is always a way.

use crate::call_rules::{CallId, CallRules};
use crate::gap_context::{GapContext, InsertionPoint};
use crate::index::TraceIndex;
use crate::log_prob::{LogProb, draw};
use crate::model::{EventTypes, Token, TokenTable};
use crate::rng::SplitMix64;
use crate::search::{Filling, Origin, Placed};
use crate::thread_imputer::{Candidates, Shown, Stretch, ThreadImputer};
use crate::view::View;
use rustc_hash::FxHashMap;
use tracemend_trace::calls::CallState;

/// Fillings drawn by the candidates' probabilities. They resolve supports in steps of 3 %.
const DRAWS: usize = 16;
/// Weight of the imputer's own choice among the fillings: the answer is that choice unless most draws agree on another one.
const CHOICE: f64 = 0.5;
/// Probability of an event that the imputer does not name, but which the rules may need.
const FLOOR: f64 = 1e-4;

/// What turns an imputer's candidates into fillings of one trace.
pub(crate) struct Imputed<'a> {
    imputer: &'a dyn ThreadImputer,
    tokens: &'a TokenTable,
    event_types: &'a EventTypes,
    rules: &'a CallRules,
    /// `[event type]` its most frequent token in the trace.
    usual: Vec<Option<Token>>,
    /// Most frequent token that leaves a call.
    exits: FxHashMap<CallId, Token>,
    seed: u64,
}

/// A gap that the engine filled.
#[derive(Clone, Copy)]
pub(crate) struct Filled<'s> {
    /// What lies around it.
    pub context: &'s GapContext,
    /// The engine's events.
    pub placed: &'s [Placed],
}

/// A stretch of one insertion point, and the engine's events there.
struct Asked {
    /// Number of the gap.
    gap: usize,
    /// Number of the insertion point.
    point: u16,
    /// The engine's tokens.
    own: Vec<Token>,
}

impl<'a> Imputed<'a> {
    /// `tokens`, `event_types`, `rules`: those of the model that filled the gaps.
    pub(crate) fn new(
        imputer: &'a dyn ThreadImputer,
        index: &TraceIndex<'_>,
        tokens: &'a TokenTable,
        event_types: &'a EventTypes,
        rules: &'a CallRules,
        seed: u64,
    ) -> Self {
        let mut counts = vec![0usize; tokens.len()];
        index.tokens.iter().for_each(|&token| counts[token as usize] += 1);
        let mut usual: Vec<Option<Token>> = vec![None; event_types.all().len()];
        let mut exits: FxHashMap<CallId, Token> = FxHashMap::default();
        let more = |known: Option<Token>, token: Token| {
            known.is_none_or(|known| counts[token as usize] > counts[known as usize])
        };
        for token in (0..tokens.len() as Token).filter(|&token| counts[token as usize] > 0) {
            let known = &mut usual[event_types.of(token).index()];
            if more(*known, token) {
                *known = Some(token);
            }
            if let Some(call) = rules.leaves(token)
                && more(exits.get(&call).copied(), token)
            {
                exits.insert(call, token);
            }
        }
        Self { imputer, tokens, event_types, rules, usual, exits, seed }
    }

    /// Fillings of gaps, the imputer's choice first; `None` for a gap of whose events it names none. Who ran and how many events
    /// each thread lost stays as the engine says.
    pub(crate) fn fillings(&self, view: &View<'_>, gaps: &[Filled<'_>]) -> Vec<Option<Vec<Filling>>> {
        let mut asked: Vec<Asked> = Vec::new();
        let mut stretches: Vec<Stretch<'_>> = Vec::new();
        for (gap, filled) in gaps.iter().enumerate() {
            let mut own: Vec<Vec<Token>> = vec![Vec::new(); filled.context.points.len()];
            filled.placed.iter().for_each(|&(point, token)| own[point as usize].push(token));
            for (point, own) in own.into_iter().enumerate().filter(|(_, own)| !own.is_empty()) {
                if let Some(stretch) = self.stretch(view, &filled.context.points[point], own.len()) {
                    stretches.push(stretch);
                    asked.push(Asked { gap, point: point as u16, own });
                }
            }
        }
        let candidates = self.imputer.impute(self.event_types, &stretches);
        let mut rows: Vec<FxHashMap<u16, Vec<Vec<Token>>>> = vec![FxHashMap::default(); gaps.len()];
        for (asked, candidates) in asked.iter().zip(&candidates) {
            let context = gaps[asked.gap].context;
            if candidates.iter().all(Vec::is_empty) {
                continue;
            }
            let words = [context.gap.to_string(), asked.point.to_string()];
            let mut random = SplitMix64::new(self.seed, &["imputer", &words[0], &words[1]]);
            let point = &context.points[asked.point as usize];
            let lattice = Lattice::new(self, point, &asked.own, candidates);
            if let Some(filled) = lattice.rows(&mut random) {
                rows[asked.gap].insert(asked.point, filled);
            }
        }
        gaps.iter().zip(&rows).map(|(filled, rows)| (!rows.is_empty()).then(|| fillings(filled.placed, rows))).collect()
    }

    /// What the imputer is shown of a point where `lost` events were lost; `None` where the view does not hold the point.
    fn stretch<'v>(&self, view: &'v View<'_>, point: &InsertionPoint, lost: usize) -> Option<Stretch<'v>> {
        let reach = self.imputer.reach();
        let positions = &*view.thread_around(point.thread, point.bounds_ns.0, point.bounds_ns.1, reach);
        let key = |position: u32| (view.event(position).time_ns, position);
        let next = match point.last_position {
            None => 0,
            Some(last) if !view.holds(last) => return None,
            Some(last) => positions.binary_search_by_key(&key(last), |&position| key(position)).ok()? + 1,
        };
        let shown = |&position: &u32| {
            let token = view.token(position);
            let class = self.tokens.kind(token).class;
            Shown { event_type: self.event_types.of(token), class, time_ns: view.event(position).time_ns }
        };
        let comm = point.witness.and_then(|witness| view.event(witness).comm);
        Some(Stretch {
            program: comm.map(|comm| view.index.trace.header.symbols.name(comm)),
            before: positions[next.saturating_sub(reach)..next].iter().map(shown).collect(),
            lost,
            after: positions[next..].iter().take(reach).map(shown).collect(),
        })
    }
}

/// The engine's events with those of the points in `rows` replaced. `rows`: by point, `[filling][event]`.
fn fillings(placed: &[Placed], rows: &FxHashMap<u16, Vec<Vec<Token>>>) -> Vec<Filling> {
    let filling = |number: usize| {
        let mut next: FxHashMap<u16, usize> = FxHashMap::default();
        let replaced = |&(point, token): &Placed| {
            let place = next.entry(point).or_default();
            let row = rows.get(&point).map(|rows| rows[number][*place]);
            *place += 1;
            (point, row.unwrap_or(token))
        };
        let weight = if number == 0 { CHOICE } else { (1.0 - CHOICE) / DRAWS as f64 };
        Filling { placed: placed.iter().map(replaced).collect(), weight, origin: Origin::Search }
    };
    (0..=DRAWS).map(filling).collect()
}

/// One event that can come next.
struct Edge {
    /// Number of the state before it.
    from: usize,
    /// Number of the state after it.
    to: usize,
    token: Token,
    /// Its probability.
    log_p: LogProb,
    /// Whether it is the imputer's choice.
    chosen: bool,
}

/// All ways through one stretch that the rules allow.
struct Lattice {
    /// `[event]` what can stand there.
    edges: Vec<Vec<Edge>>,
    /// `[state]` whether what is recorded next can follow, in the states after the last event.
    ends: Vec<bool>,
    /// `[place]` how many states there are before each event, and after the last one.
    sizes: Vec<usize>,
}

impl Lattice {
    /// `own`: the engine's events.
    fn new(imputed: &Imputed<'_>, point: &InsertionPoint, own: &[Token], candidates: &[Candidates]) -> Self {
        let rules = imputed.rules;
        let mut states: Vec<CallState<CallId>> = vec![point.call];
        let (mut all, mut sizes) = (Vec::with_capacity(own.len()), vec![1]);
        for (&own, candidates) in own.iter().zip(candidates) {
            let mut named: Vec<(Token, f64)> = Vec::with_capacity(candidates.len() + 1);
            for &(event_type, probability) in candidates {
                if let Some(token) = imputed.usual.get(event_type.index()).copied().flatten() {
                    named.push((token, f64::from(probability).max(FLOOR)));
                }
            }
            let chosen = named.first().map_or(own, |first| first.0);
            let same = |named: &[(Token, f64)], token: Token| {
                named.iter().any(|known| imputed.event_types.of(known.0) == imputed.event_types.of(token))
            };
            if !same(&named, own) {
                named.push((own, FLOOR));
            }
            let mut next: Vec<CallState<CallId>> = Vec::new();
            let mut edges = Vec::new();
            for (from, &state) in states.iter().enumerate() {
                let exit = match state {
                    CallState::In(call) => imputed.exits.get(&call).copied(),
                    _ => None,
                };
                let exit = exit.filter(|&exit| !same(&named, exit)).map(|exit| (exit, FLOOR));
                for (token, probability) in named.iter().copied().chain(exit) {
                    let Some(after) = rules.after_inferred(state, token) else { continue };
                    let to = next.iter().position(|known| *known == after).unwrap_or(next.len());
                    if to == next.len() {
                        next.push(after);
                    }
                    edges.push(Edge { from, to, token, log_p: LogProb::of(probability), chosen: token == chosen });
                }
            }
            sizes.push(next.len());
            all.push(edges);
            states = next;
        }
        let ends = states.iter().map(|&state| rules.min_events(state, &point.right) == Some(0)).collect();
        Self { edges: all, ends, sizes }
    }

    /// The imputer's choice, mended, and [`DRAWS`] more; `None` if there is no way through.
    fn rows(&self, random: &mut SplitMix64) -> Option<Vec<Vec<Token>>> {
        // Whatever its probability, the imputer's choice is left only where a rule demands it.
        let choice = |edge: &Edge| if edge.chosen { LogProb::CERTAIN } else { edge.log_p };
        let best = self.values(choice, |a, b| if b > a { b } else { a });
        let sums = self.values(|edge| edge.log_p, LogProb::or);
        if best[0][0] == LogProb::IMPOSSIBLE {
            return None;
        }
        let mut rows = vec![self.walk(|edges, after| {
            let value = |edge: usize| choice(edges[edge]) + best[after][edges[edge].to];
            // The first of equals.
            (1..edges.len()).fold(0, |high, other| if value(other) > value(high) { other } else { high })
        })];
        for _ in 0..DRAWS {
            rows.push(self.walk(|edges, after| {
                let ways: Vec<LogProb> = edges.iter().map(|edge| edge.log_p + sums[after][edge.to]).collect();
                draw(&LogProb::normalised(&ways), random)
            }));
        }
        Some(rows)
    }

    /// `[place][state]` score of the ways from there to the end: their events' scores, of several ways joined by `join`.
    fn values(
        &self,
        score: impl Fn(&Edge) -> LogProb,
        join: impl Fn(LogProb, LogProb) -> LogProb,
    ) -> Vec<Vec<LogProb>> {
        let mut values: Vec<Vec<LogProb>> =
            self.sizes.iter().map(|&states| vec![LogProb::IMPOSSIBLE; states]).collect();
        let last = self.edges.len();
        for (value, _) in values[last].iter_mut().zip(&self.ends).filter(|(_, end)| **end) {
            *value = LogProb::CERTAIN;
        }
        for place in (0..last).rev() {
            for edge in &self.edges[place] {
                let value = score(edge) + values[place + 1][edge.to];
                values[place][edge.from] = join(values[place][edge.from], value);
            }
        }
        values
    }

    /// One way through: `choose` gets what can come next and the number of the place after it.
    fn walk(&self, mut choose: impl FnMut(&[&Edge], usize) -> usize) -> Vec<Token> {
        let mut state = 0;
        let mut row = Vec::with_capacity(self.edges.len());
        for (place, edges) in self.edges.iter().enumerate() {
            let open: Vec<&Edge> = edges.iter().filter(|edge| edge.from == state).collect();
            let edge = open[choose(&open, place + 1)];
            state = edge.to;
            row.push(edge.token);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inferred::GapRepair;
    use crate::model::testing::{pairs, trace};
    use crate::options::{RepairOptions, unwatched};
    use crate::repair::{repair, repair_with};
    use crate::testing::cut;
    use crate::thread_imputer::Imputing;
    use tracemend_trace::calls::CallKind;
    use tracemend_trace::{EventType, EventTypeId, Phase, Trace};

    /// Says of every lost event what the closure says, by the stretch and the event's number.
    struct Says<F>(F);

    impl<F: Fn(&EventTypes, &Stretch<'_>, usize) -> Candidates + Sync> ThreadImputer for Says<F> {
        fn reach(&self) -> usize {
            30
        }

        fn knows(&self, _: &EventType) -> bool {
            true
        }

        fn impute(&self, event_types: &EventTypes, stretches: &[Stretch<'_>]) -> Vec<Vec<Candidates>> {
            let of = |stretch: &Stretch<'_>| {
                (0..stretch.lost).map(|number| (self.0)(event_types, stretch, number)).collect()
            };
            stretches.iter().map(of).collect()
        }
    }

    fn of_name(event_types: &EventTypes, name: &str, phase: Phase) -> EventTypeId {
        event_types.find(name, phase).expect("the trace has it")
    }

    fn repaired(trace: &Trace, imputer: &dyn ThreadImputer, always: bool, threads: usize) -> Vec<GapRepair> {
        let mut options = RepairOptions { threads, samples: 2, ..RepairOptions::default() };
        options.params.model.blackouts.max_gaps = 20;
        repair_with(trace, None, Some(Imputing { imputer, always }), &options, &unwatched)
    }

    fn names(repair: &GapRepair) -> Vec<&str> {
        repair.events.iter().map(|event| event.name.as_str()).collect()
    }

    /// Of two events one or the other, in an order that no n-gram knows.
    fn coin(place: usize) -> &'static str {
        ["read", "write"][SplitMix64::new(place as u64, &["coin"]).below(2)]
    }

    fn coins(events: usize) -> Trace {
        trace(&(0..events).map(|place| (0, 1, coin(place))).collect::<Vec<_>>())
    }

    /// What was there, read off the times: an event a microsecond.
    fn knowing() -> impl ThreadImputer {
        Says(|event_types: &EventTypes, stretch: &Stretch<'_>, number: usize| {
            let place = stretch.before.last().map_or(0, |last| last.time_ns / 1000 + 1) as usize + number;
            vec![(of_name(event_types, coin(place), Phase::Call), 0.9)]
        })
    }

    fn stubborn() -> impl ThreadImputer {
        Says(|event_types: &EventTypes, _: &Stretch<'_>, _| vec![(of_name(event_types, "write", Phase::Call), 0.9)])
    }

    #[test]
    fn an_imputer_is_used_where_blackouts_say_that_it_pays_or_where_it_is_asked_for() {
        let lossy = cut(coins(3000), 1500..1530);
        let good = repaired(&lossy, &knowing(), false, 1);
        assert!(good[0].from_imputer);
        let truth: Vec<&str> = (1500..1530).map(coin).collect();
        assert_eq!(names(&good[0]), truth);
        // The blackouts were filled by it too.
        assert!(good[0].events.iter().all(|event| event.confidence > 0.9));
        // A loop, of which the engine knows all and the imputer half.
        let calls: Vec<(u32, i32, &str)> = (0..3000).map(|place| (0, 1, ["read", "write"][place % 2])).collect();
        let lossy = cut(trace(&calls), 1500..1530);
        let mut options = RepairOptions { threads: 1, samples: 2, ..RepairOptions::default() };
        options.params.model.blackouts.max_gaps = 20;
        assert_eq!(repaired(&lossy, &stubborn(), false, 1), repair(&lossy, None, &options, &unwatched));
        let forced = repaired(&lossy, &stubborn(), true, 1);
        assert!(forced[0].from_imputer);
        assert_eq!(names(&forced[0]), ["write"; 30]);
        let confidence: f32 = forced[0].events.iter().map(|event| event.confidence).sum();
        // By chance every other one is right.
        assert!((0.3..0.7).contains(&(confidence / 30.0)), "{}", confidence / 30.0);
        assert_eq!(forced, repaired(&lossy, &stubborn(), true, 2));
    }

    #[test]
    fn what_breaks_a_rule_is_mended_by_the_likeliest_others() {
        // Entries everywhere, then nothing but an exit of a call that is not entered.
        let lossy = cut(pairs(1, &["open", "read", "close"], 600), 601..621);
        let imputer = Says(|event_types: &EventTypes, _: &Stretch<'_>, number: usize| match number % 3 {
            0 => vec![(of_name(event_types, "read", Phase::Entry), 0.9)],
            1 => vec![(of_name(event_types, "open", Phase::Exit), 0.9)],
            _ => Vec::new(),
        });
        let repairs = repaired(&lossy, &imputer, true, 1);
        assert!(repairs[0].from_imputer);
        for events in repairs[0].samples.iter().chain([&repairs[0].events]) {
            assert_eq!(events.len(), 20);
            let mut state = CallState::Unknown;
            let kind = |name: &str, phase| CallKind::of(name, phase, name.to_owned().len());
            assert!(state.observe(kind("open", Phase::Entry)).is_ok());
            for event in events {
                assert!(state.observe(kind(&event.name, event.phase)).is_ok(), "{event:?}");
            }
        }
        // Half of the network's entries can stay.
        let reads = names(&repairs[0]).into_iter().filter(|name| *name == "read").count();
        assert!(reads > 8, "{:?}", names(&repairs[0]));
    }

    #[test]
    fn what_an_imputer_does_not_name_stays_the_engines() {
        let lossy = cut(coins(2000), 1000..1010);
        let silent = Says(|_: &EventTypes, _: &Stretch<'_>, _| Vec::new());
        let repairs = repaired(&lossy, &silent, true, 1);
        assert!(!repairs[0].from_imputer);
        assert_eq!(repairs[0].events.len(), 10);
    }
}

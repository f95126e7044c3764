//! Which threads began in a trace, when, and which of them were never recorded.
//!
//! Numbers of threads grow: Linux gives a new thread the next free one. So a thread that is first recorded after a gap began inside
//! it if its number is higher than all seen before, unless its first event is its birth. And a number that no event has, between
//! two threads that began in the trace, may be a thread whose whole life was lost: the likelier, the fewer are missing where nothing
//! was lost. Others are named by what calls returned: `clone` to the parent, `wait4` to who waited for the end.

use crate::gap_spans::GapSpans;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::calls::{BORN_BY, begins_thread};
use tracemend_trace::{Event, Symbol, Symbols, ThreadKey, Trace};

/// Calls that return the number of a thread that ended.
const AWAITED_BY: [&str; 2] = ["wait4", "waitpid"];
/// Share of the numbers that calls returned that have to be those of recorded threads before the others are believed in.
const BELIEVABLE: f64 = 0.8;
/// Fewest recorded threads that speak for threads without events.
const ENOUGH: usize = 8;
/// Largest number of neighbouring numbers without an event that are taken for threads.
const MAX_MISSING: i32 = 64;

/// What a trace records of the births of threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Births {
    /// Names of calls that make threads.
    makers: Vec<Symbol>,
    /// Whether any birth was recorded.
    pub recorded: bool,
}

/// A thread without any recorded event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unseen {
    /// Its number.
    pub tid: i32,
    /// Earliest time of its birth, ns.
    pub from_ns: i64,
    /// Latest time of its birth, ns.
    pub born_ns: i64,
    /// Latest time of its end, ns.
    pub to_ns: i64,
    /// Probability that it was there.
    pub probability: f64,
}

impl Unseen {
    /// Probability that it lived in a gap. A thread that was not traced has no event either, whenever it was born; one that was
    /// traced was born in the gap.
    pub(crate) fn lived_in(&self, begin_ns: i64, end_ns: i64) -> f64 {
        let width = |from_ns: i64, to_ns: i64| to_ns.saturating_sub(from_ns).max(0) as f64;
        let inside =
            width(self.from_ns.max(begin_ns), self.born_ns.min(end_ns)) / width(self.from_ns, self.born_ns).max(1.0);
        let traced = self.probability * inside;
        traced / (traced + 1.0 - self.probability)
    }
}

/// The threads of a trace, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threads {
    /// What the trace records of births.
    pub births: Births,
    /// Times at which a thread with a higher number than all before was first recorded, ns, with that number.
    highest: Vec<(i64, i32)>,
    /// The first event of each.
    firsts: BTreeMap<i32, First>,
    /// When events were lost.
    gaps: GapSpans,
    /// Threads without events.
    unseen: Vec<Unseen>,
}

impl Births {
    /// Looks for births in a trace.
    pub(crate) fn new(trace: &Trace) -> Self {
        let makers = BORN_BY.iter().filter_map(|name| trace.header.symbols.find(name)).collect();
        let mut births = Self { makers, recorded: false };
        births.recorded = trace.events.iter().any(|event| births.is_birth(event, &trace.header.symbols));
        births
    }

    /// Whether an event is a thread's first: the call that made the thread returns 0 in it.
    pub(crate) fn is_birth(&self, event: &Event, symbols: &Symbols) -> bool {
        // Names are looked at where the number says that they matter.
        self.makers.contains(&event.name) && begins_thread(symbols.name(event.name), event.phase, event.ret)
    }
}

/// What is known of one thread.
#[derive(Clone, Copy, Debug)]
struct First {
    time_ns: i64,
    is_birth: bool,
}

impl Threads {
    /// The threads of a trace. `positions`: those of each one's events.
    pub(crate) fn new(trace: &Trace, positions: &FxHashMap<ThreadKey, Vec<u32>>) -> Self {
        let births = Births::new(trace);
        let mut firsts: BTreeMap<i32, First> = BTreeMap::new();
        let mut in_order: Vec<(u32, i32)> = Vec::new();
        for (thread, positions) in positions {
            if let (Some(tid @ 1..), Some(&position)) = (thread.tid(), positions.first()) {
                let event = &trace.events[position as usize];
                let is_birth = births.is_birth(event, &trace.header.symbols);
                firsts.insert(tid, First { time_ns: event.time_ns, is_birth });
                in_order.push((position, tid));
            }
        }
        in_order.sort_unstable();
        let mut highest: Vec<(i64, i32)> = Vec::new();
        for (position, tid) in in_order {
            if highest.last().is_none_or(|&(_, known)| tid > known) {
                highest.push((trace.events[position as usize].time_ns, tid));
            }
        }
        let gaps = GapSpans::new(&trace.gaps);
        let unseen = if births.recorded { unseen(&firsts, &named(trace, &births), &gaps) } else { Vec::new() };
        Self { births, highest, firsts, gaps, unseen }
    }

    /// Whether a thread that is first recorded after `begin_ns` was made after it, as far as its number says.
    pub(crate) fn is_made_after(&self, begin_ns: i64, tid: Option<i32>) -> bool {
        let before = self.highest.partition_point(|&(time_ns, _)| time_ns <= begin_ns);
        match (tid, before.checked_sub(1)) {
            (Some(tid), Some(last)) => tid > self.highest[last].1,
            _ => true,
        }
    }

    /// Probability that a thread was born between two times, ns, in a gap: it was, in one of those between the first event of the
    /// thread with the next lower number and its own. 0 if its birth was recorded.
    pub(crate) fn born_in(&self, begin_ns: i64, end_ns: i64, tid: i32) -> f64 {
        let Some(first) = self.firsts.get(&tid).filter(|first| self.births.recorded && !first.is_birth) else {
            return 0.0;
        };
        let Some(since_ns) = self.firsts.range(..tid).next_back().map(|(_, lower)| lower.time_ns) else { return 0.0 };
        let within =
            |begin_ns: i64, end_ns: i64| end_ns.min(first.time_ns).saturating_sub(begin_ns.max(since_ns)).max(0) as f64;
        let lost = self.gaps.length_between(since_ns, first.time_ns);
        if lost > 0.0 { (within(begin_ns, end_ns) / lost).min(1.0) } else { 0.0 }
    }

    /// Threads without events that can have begun between two times.
    pub(crate) fn unseen_between(&self, begin_ns: i64, end_ns: i64) -> impl Iterator<Item = &Unseen> {
        self.unseen.iter().filter(move |unseen| unseen.from_ns < end_ns && unseen.born_ns.min(unseen.to_ns) > begin_ns)
    }

    /// The thread of this number, if it has no event.
    pub(crate) fn unseen(&self, tid: i32) -> Option<&Unseen> {
        self.unseen.binary_search_by_key(&tid, |unseen| unseen.tid).ok().map(|place| &self.unseen[place])
    }
}

/// When calls that returned a number made a thread, and learned of its end, ns; the largest time where none did.
fn named(trace: &Trace, births: &Births) -> FxHashMap<i32, (i64, i64)> {
    let awaited: Vec<Symbol> = AWAITED_BY.iter().filter_map(|name| trace.header.symbols.find(name)).collect();
    let mut named: FxHashMap<i32, (i64, i64)> = FxHashMap::default();
    for event in &trace.events {
        let makes = births.makers.contains(&event.name);
        if (makes || awaited.contains(&event.name))
            && event.tid.is_some_and(|tid| tid > 0)
            && let Some(ret @ 1..) = event.ret
            && let Ok(ret) = i32::try_from(ret)
        {
            let (born_ns, to_ns) = named.entry(ret).or_insert((i64::MAX, i64::MAX));
            let time_ns = event.time_ns.saturating_add_unsigned(event.dur_ns.unwrap_or(0));
            *if makes { born_ns } else { to_ns } = time_ns;
        }
    }
    named
}

/// Threads without events, by number. `firsts`: the first events of the others; `named`: what [`named`] says; `gaps`: where events
/// were lost.
fn unseen(firsts: &BTreeMap<i32, First>, named: &FxHashMap<i32, (i64, i64)>, gaps: &GapSpans) -> Vec<Unseen> {
    // Numbers that calls returned mean nothing here if they are those of another namespace, or of threads that were not traced.
    let known = named.keys().filter(|tid| firsts.contains_key(tid)).count();
    let believed = known >= ENOUGH && known as f64 >= BELIEVABLE * named.len() as f64;
    let neighbours = || {
        firsts.iter().zip(firsts.iter().skip(1)).filter(|(one, next)| one.1.is_birth && *next.0 - *one.0 <= MAX_MISSING)
    };
    let (mut recorded, mut missing) = (0usize, 0usize);
    for ((&tid, first), (&next, after)) in neighbours() {
        if after.is_birth && first.time_ns < after.time_ns && !gaps.any_between(first.time_ns, after.time_ns) {
            recorded += 1;
            missing += (next - tid - 1) as usize;
        }
    }
    let probability = (recorded as f64 - 1.0) / (recorded + missing).max(1) as f64;
    let numbered = recorded >= ENOUGH;
    let mut unseen: BTreeMap<i32, Unseen> = BTreeMap::new();
    for ((&tid, first), (&next, after)) in neighbours() {
        if first.time_ns >= after.time_ns {
            continue;
        }
        for tid in tid + 1..next {
            let (from_ns, born_ns) = (first.time_ns, after.time_ns);
            unseen.insert(
                tid,
                Unseen {
                    tid,
                    from_ns,
                    born_ns,
                    to_ns: i64::MAX,
                    probability: if numbered { probability } else { 0.0 },
                },
            );
        }
    }
    if believed {
        for (&tid, &(born_ns, to_ns)) in named.iter().filter(|(tid, _)| !firsts.contains_key(tid)) {
            let one = unseen.entry(tid).or_insert(Unseen {
                tid,
                from_ns: i64::MIN,
                born_ns: i64::MAX,
                to_ns,
                probability: 1.0,
            });
            one.probability = 1.0;
            one.born_ns = one.born_ns.min(born_ns);
            one.to_ns = one.to_ns.min(to_ns);
        }
    }
    unseen.into_values().filter(|unseen| unseen.probability > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::TraceIndex;
    use crate::model::TokenTable;
    use crate::model::testing::trace;
    use tracemend_trace::{Cause, Gap, Lost, Phase};

    /// Threads 100, 101, ... of which each begins with its birth and makes two calls, but for those in `lost`.
    fn births(threads: i32, lost: &[i32]) -> Trace {
        let calls: Vec<(u32, i32, &str)> =
            (100..100 + threads).flat_map(|tid| [(0, tid, "clone"), (0, tid, "read"), (0, tid, "write")]).collect();
        let mut trace = trace(&calls);
        for event in trace.events.iter_mut().step_by(3) {
            (event.phase, event.ret, event.dur_ns) = (Phase::Exit, Some(0), None);
        }
        let times = |tid: i32| {
            let of = |event: &&Event| event.tid == Some(tid);
            trace.events.iter().filter(of).map(|event| event.time_ns).collect::<Vec<_>>()
        };
        let gap = |&tid: &i32| Gap {
            begin_ns: times(tid - 1).last().copied(),
            end_ns: times(tid + 1).first().copied(),
            ..Gap::new(0, Lost::Exact(3), Cause::Discarded, 0)
        };
        let gaps = lost.iter().map(gap).collect();
        trace.gaps = gaps;
        trace.events.retain(|event| !lost.contains(&event.tid.expect("all have one")));
        trace
    }

    fn threads_of(trace: &Trace) -> Threads {
        TraceIndex::new(trace, &mut TokenTable::default()).numbers
    }

    #[test]
    fn a_number_that_is_missing_where_events_were_lost_is_a_thread_of_that_gap() {
        let lossy = births(40, &[120]);
        let threads = threads_of(&lossy);
        let (begin, end) = (lossy.gaps[0].begin_ns.expect("set"), lossy.gaps[0].end_ns.expect("set"));
        let unseen: Vec<i32> = threads.unseen_between(begin, end).map(|unseen| unseen.tid).collect();
        assert_eq!(unseen, [120]);
        let unseen = threads.unseen(120).expect("found above");
        assert!(unseen.lived_in(begin, end) > 0.7, "{unseen:?}");
        // Before the gap nobody is missing.
        assert_eq!(threads.unseen_between(i64::MIN, begin - 1_000_000).count(), 0);
        assert!(threads_of(&births(40, &[])).unseen.is_empty());
    }

    #[test]
    fn numbers_without_a_thread_elsewhere_make_a_missing_one_mean_less() {
        let mut sparse = births(60, &[130]);
        let before = threads_of(&sparse).unseen(130).expect("missing").probability;
        // Most of the others belong to threads that were not traced.
        sparse.events.retain(|event| event.tid.is_some_and(|tid| tid % 3 == 0 || (125..135).contains(&tid)));
        let after = threads_of(&sparse).unseen(130).expect("missing").probability;
        assert!(after < before - 0.3, "{after} {before}");
    }

    #[test]
    fn a_thread_whose_birth_is_not_recorded_was_born_where_events_were_lost() {
        let mut lossy = births(40, &[120]);
        // Of the next thread the birth is lost as well.
        let birth = lossy.events.iter().position(|event| event.tid == Some(121)).expect("recorded");
        lossy.events.remove(birth);
        lossy.gaps[0].end_ns = Some(lossy.events[birth].time_ns);
        let threads = threads_of(&lossy);
        let (begin, end) = (lossy.gaps[0].begin_ns.expect("set"), lossy.gaps[0].end_ns.expect("set"));
        assert_eq!(threads.born_in(begin, end, 121), 1.0);
        assert_eq!(threads.born_in(begin, end, 122), 0.0);
        assert!(threads.is_made_after(begin, Some(121)) && !threads.is_made_after(begin, Some(110)));
    }
}

//! What each gap lost, by what perf counts at the end.
//!
//! A `PERF_RECORD_LOST` counts all that found no room in a CPU's ring: samples, and the kernel's records of new names, threads and
//! mappings. At the end perf writes how much each event lost on each CPU (`PERF_RECORD_LOST_SAMPLES`, Linux 6.1). The records beside
//! the samples are counted in the name of one event, the one that asks for them; the numbers of the others are exact:
//!
//! ```text
//! CPU 1       PERF_RECORD_LOST 248 + 50 + .. = 667      of these
//!             sys_enter 341   asks for names, threads, mappings: some of the 341 are such
//!             sys_exit  326   exact
//! ```
//!
//! What was lost of `sys_enter` then follows from the threads: a thread enters and leaves calls by turns, so 326 exits were
//! lost with 326 entries, and one more for each thread that left two calls without an entry in between (one less for two
//! entries in a row). What the gaps of the CPU announce beyond that is taken off:
//! - one where the number is odd and should be even, or the other way round;
//! - the rest where new threads came up whose beginning was not recorded; or else from the largest gap.
//!
//! More lost samples than announced were lost at the CPU's end: no record followed that could tell.

use crate::gap::Recount;
use crate::{Event, Gap, Phase, StreamId, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of ids, gaps, threads and turns missed that are remembered, each.
const MAX: usize = 1 << 20;
/// Calls whose entry is followed by another entry by right: the thread ends, and its id is given away again.
const ENDS: [&str; 2] = ["exit", "exit_group"];

/// What is known of an event that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// No other record is written in its name, so that its count is exact.
    Plain,
    /// Other records are written in its name, and it has samples of its own.
    Asks,
    /// Other records are written in its name, and nothing else.
    AsksOnly,
    /// Other records are written in its name, and it is one end of all system calls, of which this event is the other end.
    AsksAtOneEnd { other: usize, entries: bool },
}

/// A gap that was given out.
struct Announced {
    id: u32,
    stream: Option<StreamId>,
    cpu: u32,
    begin_ns: i64,
    end_ns: i64,
    lost: u64,
}

/// The latest event of a thread.
#[derive(Clone, Copy)]
struct Last {
    phase: Phase,
    name: Symbol,
    cpu: u32,
    time_ns: i64,
}

/// A thread that entered twice, or left twice.
struct Turn {
    /// Where and when it was last seen before.
    cpu: u32,
    time_ns: i64,
    /// Whether an entry is missing; else an exit.
    entry: bool,
}

/// Counts losses while a perf.data is read.
#[derive(Default)]
pub(crate) struct LostSamples {
    cpus: FxHashMap<u64, u32>,
    /// What the records of loss announced, by CPU.
    announced: FxHashMap<u32, u64>,
    /// What perf counted, by CPU and event, and where in the file the last count stands.
    counted: FxHashMap<u32, Vec<(usize, u64)>>,
    pub(crate) offset: u64,
    gaps: Vec<Announced>,
    /// Whether threads are followed: calls have both ends, in events of their own.
    pub(crate) follows: bool,
    threads: FxHashMap<i32, Last>,
    known: FxHashSet<i32>,
    turns: Vec<Turn>,
    /// When threads were first seen whose beginning was not recorded.
    unannounced: Vec<i64>,
}

impl LostSamples {
    /// An event's id on a CPU.
    pub(crate) fn id(&mut self, id: u64, cpu: u64) {
        if self.cpus.len() < MAX
            && let Ok(cpu) = u32::try_from(cpu)
        {
            self.cpus.insert(id, cpu);
        }
    }

    /// Takes an event's count on the CPU of an id; `false` if no CPU is known for it.
    pub(crate) fn count(&mut self, id: Option<u64>, attr: usize, lost: u64, offset: u64) -> bool {
        let Some(&cpu) = id.and_then(|id| self.cpus.get(&id)) else {
            return false;
        };
        self.offset = offset;
        self.counted.entry(cpu).or_default().push((attr, lost));
        true
    }

    /// A record of loss.
    pub(crate) fn announce(&mut self, cpu: u32, lost: u64) {
        let announced = self.announced.entry(cpu).or_default();
        *announced = announced.saturating_add(lost);
    }

    /// A thread's beginning, or its name, is recorded.
    pub(crate) fn thread(&mut self, tid: i32) {
        if self.known.len() < MAX {
            self.known.insert(tid);
        }
    }

    /// A gap is given out.
    pub(crate) fn gap(&mut self, gap: &Gap) {
        if let (Some(cpu), Some(lost)) = (gap.cpu, gap.lost.count())
            && self.gaps.len() < MAX
        {
            let (begin_ns, end_ns) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
            self.gaps.push(Announced { id: gap.id, stream: gap.stream, cpu, begin_ns, end_ns, lost });
        }
    }

    /// An event is given out.
    #[inline]
    pub(crate) fn event(&mut self, event: &Event, name: impl Fn(Symbol) -> bool) {
        let (Some(tid), Some(cpu)) = (event.tid.filter(|&tid| tid > 0), event.cpu) else { return };
        if !matches!(event.phase, Phase::Entry | Phase::Exit) || self.threads.len() >= MAX {
            return;
        }
        let now = Last { phase: event.phase, name: event.name, cpu, time_ns: event.time_ns };
        match self.threads.insert(tid, now) {
            Some(last) if last.phase == now.phase => self.turn(last, name),
            Some(_) => {}
            None if self.known.contains(&tid) => {}
            None => self.unannounced.push(event.time_ns),
        }
    }

    #[cold]
    fn turn(&mut self, last: Last, ends: impl Fn(Symbol) -> bool) {
        let entry = last.phase == Phase::Exit;
        if (entry || !ends(last.name)) && self.turns.len() < MAX {
            self.turns.push(Turn { cpu: last.cpu, time_ns: last.time_ns, entry });
        }
    }

    /// Lost samples that no record announced, by CPU: they were lost at its end. Each is told once.
    pub(crate) fn unannounced(&mut self) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        for (&cpu, counts) in &self.counted {
            let announced = self.announced.entry(cpu).or_default();
            let counted = counts.iter().fold(0u64, |sum, (_, lost)| sum.saturating_add(*lost));
            if counted > *announced {
                found.push((cpu, counted - *announced));
                *announced = counted;
            }
        }
        found.sort_unstable();
        found
    }

    /// The numbers of the gaps, where the counts at the end leave fewer than announced.
    pub(crate) fn recount(&self, role: impl Fn(usize) -> Role) -> Vec<Recount> {
        let news = newcomers(&self.gaps, &self.unannounced);
        let mut places_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, gap) in self.gaps.iter().enumerate() {
            places_of.entry(gap.cpu).or_default().push(place);
        }
        let mut turns_of: FxHashMap<u32, Vec<&Turn>> = FxHashMap::default();
        for turn in &self.turns {
            turns_of.entry(turn.cpu).or_default().push(turn);
        }
        let mut recounts = Vec::new();
        for (cpu, mut places) in places_of {
            let Some(counts) = self.counted.get(&cpu) else { continue };
            places.sort_by_key(|&place| self.gaps[place].end_ns);
            let gaps: Vec<&Announced> = places.iter().map(|&place| &self.gaps[place]).collect();
            let mut odd: Vec<bool> = gaps.iter().map(|gap| self.follows && gap.lost & 1 != 0).collect();
            let mut missing = 0;
            for turn in turns_of.get(&cpu).into_iter().flatten() {
                missing += if turn.entry { 1 } else { -1 };
                // The first gap after which the thread can have missed its turn.
                if let Some(odd) = odd.get_mut(gaps.partition_point(|gap| gap.end_ns <= turn.time_ns)) {
                    *odd = !*odd;
                }
            }
            let lost = limit(counts, missing, &role);
            let announced = gaps.iter().fold(0u64, |sum, gap| sum.saturating_add(gap.lost));
            let new: Vec<u64> = places.iter().map(|&place| news[place]).collect();
            let sizes: Vec<u64> = gaps.iter().map(|gap| gap.lost).collect();
            let taken = take(&sizes, announced.saturating_sub(lost), &odd, &new);
            for (gap, taken) in gaps.into_iter().zip(taken).filter(|&(_, taken)| taken > 0) {
                recounts.push(Recount { gap: gap.id, stream: gap.stream, announced: gap.lost, lost: gap.lost - taken });
            }
        }
        recounts.sort_unstable_by_key(|recount| recount.gap);
        recounts
    }
}

/// `[gap]` at how many of these times it was the last gap, or still is one; of several open ones the last.
fn newcomers(gaps: &[Announced], times: &[i64]) -> Vec<u64> {
    let mut news = vec![0; gaps.len()];
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut by_begin: Vec<usize> = (0..gaps.len()).collect();
    by_begin.sort_by_key(|&place| gaps[place].begin_ns);
    let mut coming = by_begin.into_iter().peekable();
    // Those begun and not ended, by end and by place; the last of the others.
    let (mut ends, mut open) = (BTreeSet::new(), BTreeSet::new());
    let mut ended = None;
    for time in times {
        while let Some(place) = coming.next_if(|&place| gaps[place].begin_ns <= time) {
            ends.insert((gaps[place].end_ns, place));
            open.insert(place);
        }
        while let Some(&(end_ns, place)) = ends.first().filter(|first| first.0 < time) {
            ended = ended.max(Some((end_ns, place)));
            ends.remove(&(end_ns, place));
            open.remove(&place);
        }
        if let Some(place) = open.last().copied().or(ended.map(|(_, place)| place)) {
            news[place] += 1;
        }
    }
    news
}

/// How many events a CPU can have lost; `turns`: entries that threads miss, less exits.
fn limit(counts: &[(usize, u64)], turns: i64, role: &impl Fn(usize) -> Role) -> u64 {
    let mut sums: FxHashMap<usize, u64> = FxHashMap::default();
    for &(attr, lost) in counts {
        let sum = sums.entry(attr).or_default();
        *sum = sum.saturating_add(lost);
    }
    let of = |attr: usize| sums.get(&attr).copied().unwrap_or(0);
    let lost = |&(attr, lost): &(usize, u64)| match role(attr) {
        Role::Plain | Role::Asks => lost,
        Role::AsksOnly => 0,
        Role::AsksAtOneEnd { other, entries } => {
            lost.min(of(other).saturating_add_signed(if entries { turns } else { -turns }))
        }
    };
    counts.iter().map(lost).fold(0, u64::saturating_add)
}

/// How much of an excess to take off each gap.
fn take(sizes: &[u64], excess: u64, odd: &[bool], new: &[u64]) -> Vec<u64> {
    let mut taken = vec![0; sizes.len()];
    let mut left = excess;
    let mut give = |place: usize, count: u64, left: &mut u64| {
        let count = count.min(*left).min(sizes[place] - taken[place]);
        taken[place] += count;
        *left -= count;
    };
    // A gap of one event may be right all the same; it would be none without it.
    for place in (0..sizes.len()).filter(|&place| odd[place] && sizes[place] > 1) {
        give(place, 1, &mut left);
    }
    // Even shares keep what is even so.
    let share = (left / new.iter().sum::<u64>().max(1)) & !1;
    for (place, new) in new.iter().enumerate() {
        give(place, share.saturating_mul(*new), &mut left);
    }
    let mut largest: Vec<usize> = (0..sizes.len()).collect();
    largest.sort_by_key(|&place| (new[place] == 0, std::cmp::Reverse(sizes[place])));
    for place in largest {
        give(place, left, &mut left);
    }
    taken
}

/// Whether a thread makes no event after the entry of this call.
pub(crate) fn ends(name: &str) -> bool {
    ENDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Lost};
    use proptest::prelude::*;

    const READ: Symbol = Symbol(0);

    /// Gaps of CPU 0 (begin, end, announced) and events (time, CPU, thread, whether an entry) with what was counted of
    /// entries and exits there.
    fn recounted(gaps: &[(i64, i64, u64)], events: &[(i64, u32, i32, bool)], counted: [u64; 2]) -> Vec<(u32, u64)> {
        let mut counts = LostSamples { follows: true, ..LostSamples::default() };
        counts.thread(1);
        for &(time_ns, cpu, tid, entry) in events {
            let phase = if entry { Phase::Entry } else { Phase::Exit };
            let event = Event { cpu: Some(cpu), tid: Some(tid), ..Event::new(time_ns, StreamId(cpu), READ, phase) };
            counts.event(&event, |_| false);
        }
        for (&(begin, end, lost), id) in gaps.iter().zip(0..) {
            let gap = Gap::new(id, Lost::Exact(lost), Cause::Discarded, 0);
            counts.gap(&Gap { cpu: Some(0), begin_ns: Some(begin), end_ns: Some(end), ..gap });
            counts.announce(0, lost);
        }
        for (attr, lost) in counted.into_iter().enumerate() {
            counts.id(attr as u64, 0);
            assert!(counts.count(Some(attr as u64), attr, lost, 0));
        }
        let role = |attr| if attr == 0 { Role::AsksAtOneEnd { other: 1, entries: true } } else { Role::Plain };
        counts.recount(role).iter().map(|recount| (recount.gap, recount.lost)).collect()
    }

    /// Thread 1 enters and leaves, and so on, but for what is lost in gaps from 10 to 20 and from 30 to 40.
    const TURNS: [(i64, u32, i32, bool); 6] =
        [(5, 0, 1, true), (10, 0, 1, false), (20, 0, 1, false), (30, 0, 1, true), (40, 0, 1, false), (45, 0, 1, true)];

    #[test]
    fn as_many_entries_were_lost_as_exits_and_one_for_each_turn_missed() {
        // Left at 10, left at 20: one entry more than exits was lost, so that the first number is odd and the second even.
        assert_eq!(recounted(&[(10, 20, 7), (30, 40, 6)], &TURNS, [7, 6]), []);
        // One of the second gap's 7 is no event; then two of the largest.
        assert_eq!(recounted(&[(10, 20, 7), (30, 40, 7)], &TURNS, [8, 6]), [(1, 6)]);
        assert_eq!(recounted(&[(10, 20, 9), (30, 40, 7)], &TURNS, [10, 6]), [(0, 7), (1, 6)]);
    }

    #[test]
    fn what_is_no_event_was_lost_where_threads_came_up_unannounced() {
        let mut events = TURNS.to_vec();
        events.push((46, 1, 2, true));
        assert_eq!(recounted(&[(10, 20, 9), (30, 40, 8)], &events, [11, 6]), [(1, 4)]);
        // Thread 1 was announced: nothing says where.
        events.pop();
        assert_eq!(recounted(&[(10, 20, 9), (30, 40, 8)], &events, [11, 6]), [(0, 5)]);
    }

    proptest! {
        /// The slow twin looks at every gap for every time.
        #[test]
        fn newcomers_belong_to_the_gap_that_was_last_or_still_is(
            bounds in prop::collection::vec((0i64..20, 0i64..20), 0..12),
            times in prop::collection::vec(0i64..25, 0..12),
        ) {
            let gap = |&(begin_ns, end_ns): &(i64, i64)| Announced { id: 0, stream: None, cpu: 0, begin_ns, end_ns, lost: 1 };
            let gaps: Vec<Announced> = bounds.iter().map(gap).collect();
            let mut slow = vec![0; gaps.len()];
            for &time in &times {
                let begun = gaps.iter().enumerate().filter(|(_, gap)| gap.begin_ns <= time);
                if let Some((place, _)) = begun.max_by_key(|(_, gap)| gap.end_ns.min(time)) {
                    slow[place] += 1;
                }
            }
            prop_assert_eq!(newcomers(&gaps, &times), slow);
        }
    }

    #[test]
    fn no_gap_gives_more_than_it_has() {
        assert_eq!(take(&[3, 10, 2], 100, &[true, false, false], &[0, 0, 1]), [3, 10, 2]);
        assert_eq!(take(&[], 5, &[], &[]), [0; 0]);
        assert_eq!(take(&[1, 11, 20], 3, &[true, true, false], &[0, 0, 0]), [0, 1, 2]);
        assert_eq!(take(&[3, 10], 0, &[true, true], &[0, 0]), [0, 0]);
    }

    #[test]
    fn entries_are_not_bounded_where_others_ask_or_exits_are_not_recorded() {
        let role = |role| move |attr| if attr == 0 { role } else { Role::Plain };
        assert_eq!(limit(&[(0, 8), (1, 6)], 0, &role(Role::Plain)), 14);
        assert_eq!(limit(&[(0, 8), (1, 6)], 0, &role(Role::Asks)), 14);
        assert_eq!(limit(&[(0, 8), (1, 6)], 0, &role(Role::AsksOnly)), 6);
        let one_end = |entries| role(Role::AsksAtOneEnd { other: 1, entries });
        assert_eq!(limit(&[(0, 8), (1, 6)], 1, &one_end(true)), 13);
        assert_eq!(limit(&[(0, 8), (1, 6)], 1, &one_end(false)), 11);
        // A count is a bound: no turn raises it.
        assert_eq!(limit(&[(0, 8), (1, 6)], 5, &one_end(true)), 14);
    }

    #[test]
    fn what_nobody_announced_is_told_once() {
        let mut counts = LostSamples::default();
        counts.id(7, 3);
        counts.id(8, u64::MAX);
        assert!(counts.count(Some(7), 0, 10, 0) && !counts.count(Some(8), 0, 1, 0) && !counts.count(None, 0, 1, 0));
        counts.announce(3, 4);
        assert_eq!(counts.unannounced(), [(3, 6)]);
        assert_eq!(counts.unannounced(), []);
    }
}

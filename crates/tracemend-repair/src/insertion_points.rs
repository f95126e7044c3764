//! Where a gap's lost events can belong: the holes in each thread's own sequence.

use crate::model::{BEGIN, CountsModel, END, LIST, MAX_ORDER, Recency, State, Token, ends_thread};
use crate::token_rules::{Flight, TokenRules};
use crate::view::View;
use rustc_hash::FxHashSet;
use tracemend_trace::rules::BORN_BY;
use tracemend_trace::{Gap, Phase};

/// How much of what follows a slot is compared with what was put into it.
pub const RIGHT_CONTEXT: usize = 8;
/// A pause explained by lost events can have any length: its logarithm is taken as evenly spread over this many
/// buckets of [`crate::model::Timing`].
const PAUSE_BREADTH: f64 = 12.0;
/// Threads looked for on each side of a gap.
const THREADS_EACH_SIDE: usize = 48;
/// Events looked through for them on each side.
const EVENTS_EACH_SIDE: usize = 4000;
/// Slots of one thread; with more, the widest are kept.
const SLOTS_PER_THREAD: usize = 24;

/// A stretch of one thread's sequence, between two of its recorded events, that can hold lost events.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The thread ([`crate::model::thread_of`]); `None`: a thread that left no recorded event at all.
    pub thread: Option<i64>,
    /// A recorded event of the thread, for its process name; meaningless without a thread.
    pub witness: u32,
    /// Position of the event before the slot; the largest number without one.
    pub last_position: u32,
    /// The thread's last tokens before the slot, oldest first.
    pub before: Vec<Token>,
    /// Times of the events on both sides, whatever the gap.
    pub hole_ns: (i64, i64),
    /// Context in which its next event happens.
    pub left: State,
    /// Last token before the slot, and the one before that.
    pub last: Token,
    /// See `last`.
    pub before_last: Token,
    /// What the thread is in before the slot.
    pub flight: Flight,
    /// Tokens after the slot; empty: unknown (the recording ends first).
    pub right: Vec<Token>,
    /// Earliest and latest time of a lost event, nanoseconds.
    pub from_ns: i64,
    /// See `from_ns`.
    pub to_ns: i64,
    /// Logarithm of the probability of the time between the recorded events around the slot if nothing was lost in it.
    pub quiet: f64,
    /// Time from the end of the gap to the thread's next recorded event, or to the end of the trace.
    pub tail_ns: i64,
    /// How recently the thread ran on this CPU when the gap began.
    pub recency: Recency,
    /// Whether it ran on another CPU since.
    pub moved: bool,
    /// Whether the thread first appears after the gap.
    pub begins: bool,
}

impl Slot {
    /// Thread id and process name, as far as the trace gives them.
    pub fn identity(&self, view: &View<'_>) -> (Option<i32>, Option<String>) {
        if self.thread.is_none() {
            return (None, None);
        }
        let event = view.event(self.witness);
        (event.tid, event.comm.map(|comm| view.index.trace.header.symbols.name(comm).to_owned()))
    }
}

/// A gap with everything around it that bears on what was lost.
#[derive(Clone, Debug, Default)]
pub struct GapContext {
    /// Possible places.
    pub slots: Vec<Slot>,
    /// Slot of the thread that ran last before the gap, if it can go on.
    pub current: Option<usize>,
    /// Last token on this CPU before the gap.
    pub left_token: Token,
    /// Thread of the first event after the gap on this CPU.
    pub next_thread: Option<i64>,
    /// Token of that event.
    pub next_token: Option<Token>,
    /// Time of the last event before and of the first event after the gap.
    pub begin_ns: i64,
    /// See `begin_ns`.
    pub end_ns: i64,
}

/// Looks around a gap of one stream.
pub fn look_around(view: &View<'_>, model: &CountsModel, rules: &TokenRules, gap: &Gap) -> GapContext {
    let index = view.index;
    let stream = gap.stream.map(|stream| stream.0);
    let all: Vec<u32>;
    let on_stream: &[u32] = match stream {
        Some(stream) => &index.streams[stream as usize],
        None => {
            all = (0..index.trace.events.len() as u32).collect();
            &all
        }
    };
    let split = match (gap.begin_ns, gap.end_ns) {
        (Some(begin), _) => index.count_until(on_stream, begin),
        (None, Some(end)) => on_stream.partition_point(|&position| index.event(position).time_ns < end),
        (None, None) => 0,
    };
    let before = split.checked_sub(1).map(|last| on_stream[last]);
    let after = on_stream.get(split).copied();
    let begin_ns = gap.begin_ns.unwrap_or(i64::MIN);
    let end_ns = gap.end_ns.unwrap_or(i64::MAX);

    // Most recently used threads of this CPU, then all threads near the gap on any CPU.
    let mut recent: Vec<i64> = Vec::new();
    for &position in on_stream[..split].iter().rev().take(EVENTS_EACH_SIDE) {
        let thread = crate::model::thread_of(index.event(position));
        if !recent.contains(&thread) {
            recent.push(thread);
            if recent.len() > LIST {
                break;
            }
        }
    }
    let mut threads: Vec<i64> = match gap.tid {
        Some(tid) => vec![i64::from(tid)],
        None => recent.clone(),
    };
    let mut known: FxHashSet<i64> = threads.iter().copied().collect();
    let first_at_or_after = index.trace.events.partition_point(|event| event.time_ns <= begin_ns);
    let mut add = |position: usize, room: &mut usize| {
        let thread = crate::model::thread_of(&index.trace.events[position]);
        if *room > 0 && known.insert(thread) {
            threads.push(thread);
            *room -= 1;
        }
    };
    let each_side = if gap.tid.is_some() { 0 } else { THREADS_EACH_SIDE };
    let mut room = each_side;
    (0..first_at_or_after).rev().take(EVENTS_EACH_SIDE).for_each(|position| add(position, &mut room));
    room = each_side;
    (first_at_or_after..index.trace.events.len()).take(EVENTS_EACH_SIDE).for_each(|position| add(position, &mut room));

    let mut slots = Vec::new();
    let mut current = None;
    let current_thread = before.map(|position| crate::model::thread_of(index.event(position)));
    for thread in threads {
        let start = slots.len();
        let rank = recent.iter().position(|&other| other == thread);
        slots_of(view, model, rules, thread, rank, stream, (begin_ns, end_ns), &mut slots);
        if current_thread == Some(thread)
            && let Some(first) = slots.get(start)
            && Some(first.last_position) == before
        {
            current = Some(start);
        }
    }
    let next_thread = after.map(|position| crate::model::thread_of(index.event(position)));
    if before.is_none() {
        // Nothing tells who ran before the first event: most likely who ran then.
        current = slots.iter().position(|slot| slot.begins && slot.thread == next_thread);
    }
    GapContext {
        slots,
        current,
        left_token: before.map_or(BEGIN, |position| index.tokens[position as usize]),
        next_thread,
        next_token: after.map(|position| index.tokens[position as usize]),
        begin_ns,
        end_ns,
    }
}

/// Whether an event is a thread's first: the call that made it returns 0 in the new thread.
fn is_birth(view: &View<'_>, position: u32) -> bool {
    let event = view.event(position);
    let name = view.index.trace.header.symbols.name(event.name);
    !view.is_inferred(position) && event.phase == Phase::Exit && event.ret == Some(0) && BORN_BY.contains(&name)
}

#[allow(clippy::too_many_arguments, reason = "one caller, which holds them all")]
fn slots_of(
    view: &View<'_>,
    model: &CountsModel,
    rules: &TokenRules,
    thread: i64,
    rank: Option<usize>,
    stream: Option<u32>,
    (begin_ns, end_ns): (i64, i64),
    slots: &mut Vec<Slot>,
) {
    let positions = view.thread(thread);
    let first = positions.partition_point(|&position| view.event(position).time_ns <= begin_ns);
    let last = positions.partition_point(|&position| view.event(position).time_ns < end_ns);
    let hole = |next: usize| {
        let left = next.checked_sub(1).map(|left| positions[left]);
        let right = positions.get(next).copied();
        let from_ns = left.map_or(begin_ns, |left| view.end_ns(left)).max(begin_ns);
        let to_ns = right.map_or(end_ns, |right| view.event(right).time_ns).min(end_ns);
        (left, right, from_ns, to_ns)
    };
    let mut holes: Vec<usize> = (first..=last.max(first))
        .filter(|&next| {
            let (.., from_ns, to_ns) = hole(next);
            from_ns < to_ns || begin_ns >= end_ns
        })
        .collect();
    if holes.len() > SLOTS_PER_THREAD {
        // The widest, and those at the gap's ends, where most is known.
        let ends = (holes[0], holes[holes.len() - 1]);
        holes.sort_by_key(|&next| {
            let (.., from_ns, to_ns) = hole(next);
            (next != ends.0 && next != ends.1, std::cmp::Reverse(to_ns.saturating_sub(from_ns)), next)
        });
        holes.truncate(SLOTS_PER_THREAD);
        holes.sort_unstable();
    }
    for next in holes {
        let (left, right, from_ns, to_ns) = hole(next);
        if let Some(left) = left {
            let event = view.event(left);
            if ends_thread(view.index.trace.header.symbols.name(event.name), event.phase, event.ret.is_some()) {
                continue;
            }
        }
        if left.is_some_and(|left| view.end_ns(left) == i64::MAX) {
            continue;
        }
        if left.is_none() && right.is_some_and(|right| is_birth(view, right)) {
            continue;
        }
        let comm = left.or(right).and_then(|witness| view.event(witness).comm);
        let comm = comm.map(|comm| view.index.trace.header.symbols.name(comm));
        let mut node = model.empty_state(comm, next < MAX_ORDER && begin_ns != i64::MIN);
        for &position in &positions[next.saturating_sub(MAX_ORDER)..next] {
            node = model.trie.advance(node, view.token(position));
        }
        let flight = positions[next.saturating_sub(MAX_ORDER)..next]
            .iter()
            .fold(Flight::Unknown, |flight, &position| rules.after_recorded(flight, view.token(position)));
        let token = |back: usize| next.checked_sub(back).map_or(BEGIN, |place| view.token(positions[place]));
        let mut after: Vec<Token> =
            positions[next..].iter().take(RIGHT_CONTEXT).map(|&position| view.token(position)).collect();
        if let Some(&final_position) = positions.last()
            && after.len() < RIGHT_CONTEXT
        {
            let event = view.event(final_position);
            let name = view.index.trace.header.symbols.name(event.name);
            if ends_thread(name, event.phase, event.ret.is_some()) || after.is_empty() {
                after.push(END);
            }
        }
        let over = view.index.trace.events.last().map_or(end_ns, |event| event.time_ns);
        let next_ns = right.map_or(over, |right| view.event(right).time_ns);
        let quiet = match (left, right) {
            (Some(left), Some(_)) => {
                let pause = next_ns.saturating_sub(view.end_ns(left));
                (model.timing.pause(view.token(left), pause) * PAUSE_BREADTH).ln()
            }
            _ => 0.0,
        };
        slots.push(Slot {
            quiet,
            tail_ns: next_ns.saturating_sub(end_ns).max(0),
            thread: Some(thread),
            witness: left
                .or(right)
                .filter(|&position| !view.is_inferred(position))
                .or_else(|| view.index.threads.get(&thread)?.first().copied())
                .unwrap_or(0),
            before: positions[next.saturating_sub(MAX_ORDER)..next]
                .iter()
                .map(|&position| view.token(position))
                .collect(),
            last_position: left.unwrap_or(u32::MAX),
            hole_ns: (
                left.map_or(i64::MIN, |left| view.event(left).time_ns),
                right.map_or(i64::MAX, |right| view.event(right).time_ns),
            ),
            left: node,
            last: token(1),
            before_last: token(2),
            flight,
            right: after,
            from_ns,
            to_ns,
            recency: match (left, rank) {
                (None, _) if begin_ns == i64::MIN => Recency::Elsewhere,
                (None, _) => Recency::New,
                (Some(_), Some(rank)) => Recency::Rank(rank),
                (Some(_), None) => Recency::Elsewhere,
            },
            moved: left.is_some_and(|left| Some(view.event(left).stream.0) != stream),
            begins: left.is_none(),
        });
    }
}

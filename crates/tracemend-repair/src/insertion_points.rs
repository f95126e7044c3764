//! Insertion points: where in each thread's own sequence a gap's lost events can belong.
//!
//! ```text
//! CPU 0's buffer      A1 A2 B1 [####### 5 events lost #######] B4 A5        the gap: one stream, begin to end
//!                            begin                         end
//! thread A            A1 A2 ─────────── point ──────────────── A5           left = .. A1 A2, right = A5 ..
//! thread B                  B1 ──── point ──── B3 ── point ─── B4           B3 was recorded on CPU 1, inside the gap
//! thread C (waiting)  C1 ─────────────────────────────────────────── C2     a point, if C can have run at all
//! ```
//!
//! A point lies between two consecutive recorded events of one thread. Not every stretch is one: a thread that is blocked in a
//! call that returned later had no event, nor had one that had ended, or one whose birth is recorded after the gap.

use crate::births::Unseen;
use crate::context::ThreadPast;
use crate::engine::Engine;
use crate::gap_context::{GapContext, InsertionPoint};
use crate::log_prob::LogProb;
use crate::model::{BEGIN, END, LIST, Recency, Token};
use crate::predictor::Session;
use crate::view::View;
use rustc_hash::{FxHashMap, FxHashSet};
use tracemend_trace::calls::{CallState, ends_thread};
use tracemend_trace::{Gap, ThreadKey};

/// Builds the context of a gap. Contexts of the points are valid in `session`.
pub(crate) fn gap_context(view: &View<'_>, engine: &Engine<'_>, session: &mut dyn Session, gap: &Gap) -> GapContext {
    let index = view.index;
    let params = engine.params;
    let stream = gap.stream.map(|stream| stream.0);
    let on_stream: &[u32] = match stream {
        Some(stream) => &index.streams[stream as usize],
        None => index.all(),
    };
    let split = match (gap.begin_ns, gap.end_ns) {
        (Some(begin), _) => index.count_until(on_stream, begin),
        (None, Some(end)) => on_stream.partition_point(|&position| index.event(position).time_ns < end),
        (None, None) => 0,
    };
    let before = split.checked_sub(1).map(|last| on_stream[last]);
    // Small events can be recorded inside the gap (CTF): what follows it is the first one behind its end.
    let behind = gap.end_ns.map_or(0, |end| on_stream.partition_point(|&position| index.event(position).time_ns < end));
    let after = on_stream.get(behind.max(split)).copied();
    let (begin_ns, end_ns) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
    let recent = recent_threads(view, &on_stream[..split], params.events_each_side);
    let threads = threads_near(view, engine, gap, &recent, begin_ns);
    let mut finder = PointFinder { view, engine, session, stream, begin_ns, end_ns };
    let mut points = Vec::new();
    let mut current = None;
    let current_thread = before.map(|position| ThreadKey::of(index.event(position)));
    for thread in threads {
        let start = points.len();
        let rank = recent.iter().position(|&other| other == thread);
        finder.points(thread, rank, &mut points);
        if current_thread == Some(thread)
            && let Some(first) = points.get(start)
            && first.last_position == before
        {
            current = Some(start);
        }
    }
    let recorded = [&on_stream[..split], &on_stream[behind.max(split)..]];
    divide_around(&mut points, shares_around(view, recorded, params.background));
    let next_thread = after.map(|position| ThreadKey::of(index.event(position)));
    if before.is_none() {
        // Nothing says who ran before the stream's first event: most likely the thread that ran then.
        current = points.iter().position(|point| point.begins && Some(point.thread) == next_thread);
    }
    GapContext {
        gap: gap.id,
        stream,
        points,
        current,
        left_token: before.map_or(BEGIN, |position| index.tokens[position as usize]),
        next_thread,
        begin_ns,
        end_ns,
    }
}

/// Each thread's share of the events next to a gap, of those before and of those after it. A side without events is like the other.
fn shares_around(view: &View<'_>, [before, after]: [&[u32]; 2], events: usize) -> FxHashMap<ThreadKey, [f64; 2]> {
    let mut sides = [&before[before.len().saturating_sub(events)..], &after[..events.min(after.len())]];
    if let Some(empty) = sides.iter().position(|side| side.is_empty()) {
        sides[empty] = sides[1 - empty];
    }
    let mut shares: FxHashMap<ThreadKey, [f64; 2]> = FxHashMap::default();
    for (number, side) in sides.into_iter().enumerate() {
        for &position in side {
            shares.entry(ThreadKey::of(view.index.event(position))).or_default()[number] += 1.0 / side.len() as f64;
        }
    }
    shares
}

/// Divides the threads' shares among their points, by how much of the gap each spans.
fn divide_around(points: &mut [InsertionPoint], shares: FxHashMap<ThreadKey, [f64; 2]>) {
    let width = |point: &InsertionPoint| 1.0 + point.to_ns.saturating_sub(point.from_ns) as f64;
    for of_thread in points.chunk_by_mut(|a, b| a.thread == b.thread) {
        let Some(shares) = of_thread.first().and_then(|point| shares.get(&point.thread)) else { continue };
        let all: f64 = of_thread.iter().map(width).sum();
        for point in of_thread {
            let part = width(point) / all;
            point.around = shares.map(|share| share * part);
        }
    }
}

/// The threads that last ran on this CPU, the latest first.
fn recent_threads(view: &View<'_>, before: &[u32], max_events: usize) -> Vec<ThreadKey> {
    let mut recent: Vec<ThreadKey> = Vec::new();
    for &position in before.iter().rev().take(max_events) {
        let thread = ThreadKey::of(view.index.event(position));
        if !recent.contains(&thread) {
            recent.push(thread);
            if recent.len() > LIST {
                break;
            }
        }
    }
    recent
}

/// Threads that can have lost events in a gap: those of this CPU first, then all that ran near the gap on any CPU.
fn threads_near(
    view: &View<'_>,
    engine: &Engine<'_>,
    gap: &Gap,
    recent: &[ThreadKey],
    begin_ns: i64,
) -> Vec<ThreadKey> {
    let params = engine.params;
    let events = &view.index.trace.events;
    let mut threads: Vec<ThreadKey> = match gap.tid {
        Some(tid) => vec![ThreadKey::Tid(tid)],
        None => recent.to_vec(),
    };
    let mut known: FxHashSet<ThreadKey> = threads.iter().copied().collect();
    let mut add = |position: usize, room: &mut usize| {
        let thread = ThreadKey::of(&events[position]);
        if *room > 0 && known.insert(thread) {
            threads.push(thread);
            *room -= 1;
        }
    };
    let each_side = if gap.tid.is_some() { 0 } else { params.threads_each_side };
    let after = events.partition_point(|event| event.time_ns <= begin_ns);
    let mut room = each_side;
    (0..after).rev().take(params.events_each_side).for_each(|position| add(position, &mut room));
    room = each_side;
    (after..events.len()).take(params.events_each_side).for_each(|position| add(position, &mut room));
    if gap.tid.is_none() {
        let unseen = view.index.numbers.unseen_between(begin_ns, gap.end_ns.unwrap_or(i64::MAX));
        threads.extend(unseen.take(each_side).map(|unseen| ThreadKey::Tid(unseen.tid)));
    }
    threads
}

/// Lowest probability that a thread lost nothing in a gap of which the trace says that it was there.
const NEVER_THERE: f64 = 1e-6;

/// Whether an event is a thread's first: the call that made the thread returns 0 in it.
fn is_birth(view: &View<'_>, position: u32) -> bool {
    let index = view.index;
    !view.is_inferred(position) && index.numbers.births.is_birth(view.event(position), &index.trace.header.symbols)
}

/// Whether a thread makes no further event after this one.
fn is_end(view: &View<'_>, position: u32) -> bool {
    let event = view.event(position);
    ends_thread(view.index.trace.header.symbols.name(event.name), event.phase, event.ret)
}

/// Finds the insertion points of one gap, thread by thread.
struct PointFinder<'f, 'm> {
    view: &'f View<'f>,
    engine: &'f Engine<'m>,
    session: &'f mut dyn Session,
    /// The gap's stream.
    stream: Option<u32>,
    begin_ns: i64,
    end_ns: i64,
}

/// A stretch between two consecutive events of a thread, cut to the gap.
struct Stretch {
    /// Position of the event before it and of the event after it.
    left: Option<u32>,
    right: Option<u32>,
    from_ns: i64,
    to_ns: i64,
}

impl PointFinder<'_, '_> {
    /// What is known of a thread without events.
    fn unseen(&self, thread: ThreadKey, positions: &[u32]) -> Option<&Unseen> {
        if !positions.is_empty() || self.view.index.threads.contains_key(&thread) {
            return None;
        }
        self.view.index.numbers.unseen(thread.tid()?)
    }

    /// The stretch before event number `next` of a thread.
    fn stretch(&self, thread: ThreadKey, positions: &[u32], next: usize) -> Stretch {
        let left = next.checked_sub(1).map(|left| positions[left]);
        let right = positions.get(next).copied();
        let (from_ns, to_ns) = match self.unseen(thread, positions) {
            Some(unseen) => (unseen.from_ns, unseen.to_ns),
            None => (
                left.map_or(i64::MIN, |left| self.view.end_ns(left)),
                right.map_or(i64::MAX, |right| self.view.event(right).time_ns),
            ),
        };
        Stretch { left, right, from_ns: from_ns.max(self.begin_ns), to_ns: to_ns.min(self.end_ns) }
    }

    /// Adds the points of a thread. `rank`: its place among the threads that last ran on this CPU.
    fn points(&mut self, thread: ThreadKey, rank: Option<usize>, points: &mut Vec<InsertionPoint>) {
        // What a point reads on each side: its contexts, the thread's end among them, and the event before and after.
        let margin = self.engine.predictor.reach().max(self.engine.params.right_context) + 2;
        let positions = &*self.view.thread_around(thread, self.begin_ns, self.end_ns, margin);
        let first = positions.partition_point(|&position| self.view.event(position).time_ns <= self.begin_ns);
        let last = positions.partition_point(|&position| self.view.event(position).time_ns < self.end_ns);
        let mut places: Vec<usize> = (first..=last.max(first))
            .filter(|&next| {
                let stretch = self.stretch(thread, positions, next);
                stretch.from_ns < stretch.to_ns || self.begin_ns >= self.end_ns
            })
            .collect();
        let max = self.engine.params.points_per_thread;
        if places.len() > max {
            // The widest, and those at the gap's ends, where most is known.
            let ends = (places[0], places[places.len() - 1]);
            places.sort_by_key(|&next| {
                let Stretch { from_ns, to_ns, .. } = self.stretch(thread, positions, next);
                (next != ends.0 && next != ends.1, std::cmp::Reverse(to_ns.saturating_sub(from_ns)), next)
            });
            places.truncate(max);
            places.sort_unstable();
        }
        for next in places {
            let stretch = self.stretch(thread, positions, next);
            if self.can_hold_events(&stretch) {
                points.push(self.point(thread, rank, positions, next, &stretch));
            }
        }
    }

    /// Whether the thread can have made events there at all.
    fn can_hold_events(&self, stretch: &Stretch) -> bool {
        // An inferred event has no name, and its token says whether its thread ended.
        let ends = |token| self.engine.rules.after_recorded(&[token]) == CallState::Ended;
        let ended = stretch.left.is_some_and(|left| is_end(self.view, left) || ends(self.view.token(left)));
        let never_returned = stretch.left.is_some_and(|left| self.view.end_ns(left) == i64::MAX);
        let unborn = stretch.left.is_none() && stretch.right.is_some_and(|right| is_birth(self.view, right));
        !(ended || never_returned || unborn)
    }

    fn point(
        &mut self,
        thread: ThreadKey,
        rank: Option<usize>,
        positions: &[u32],
        next: usize,
        &Stretch { left, right, from_ns, to_ns }: &Stretch,
    ) -> InsertionPoint {
        let (view, Engine { predictor, model, rules, params }) = (self.view, self.engine);
        let reach = predictor.reach();
        let before: Vec<Token> =
            positions[next.saturating_sub(reach)..next].iter().map(|&position| view.token(position)).collect();
        let comm = left.or(right).and_then(|witness| view.event(witness).comm);
        let program = comm.map(|comm| view.index.trace.header.symbols.name(comm));
        let numbers = &view.index.numbers;
        let from_birth = match positions.first().filter(|_| next > 0) {
            _ if self.begin_ns == i64::MIN || next >= reach => false,
            // What the trace shows of the thread's beginning.
            Some(&first) => !numbers.births.recorded || is_birth(view, first),
            None => !numbers.births.recorded || numbers.is_made_after(self.begin_ns, thread.tid()),
        };
        let past = ThreadPast { tokens: &before, program, from_birth };
        let token = |back: usize| next.checked_sub(back).map_or(BEGIN, |place| view.token(positions[place]));
        let over = view.index.trace.events.last().map_or(self.end_ns, |event| event.time_ns);
        let next_ns = right.map_or(over, |right| view.event(right).time_ns);
        let quiet = match (left, right) {
            (Some(left), Some(_)) => {
                let pause = next_ns.saturating_sub(view.end_ns(left));
                LogProb::of(model.timing.pause(view.token(left), pause, &model.params) * params.pause_buckets)
            }
            // In place of the pause: a thread that began after the gap did, and whose birth was not recorded, lost that.
            (None, Some(_)) if from_birth => {
                let born = thread.tid().map_or(0.0, |tid| numbers.born_in(self.begin_ns, self.end_ns, tid));
                LogProb::of((1.0 - born).max(NEVER_THERE))
            }
            // In place of the pause: that there never was such a thread.
            (None, None) => match self.unseen(thread, positions) {
                Some(unseen) => {
                    LogProb::of((1.0 - unseen.lived_in(self.begin_ns, self.end_ns)).max(NEVER_THERE))
                        - LogProb::of(params.silent_end)
                }
                None => LogProb::CERTAIN,
            },
            _ => LogProb::CERTAIN,
        };
        InsertionPoint {
            thread,
            witness: left
                .or(right)
                .filter(|&position| !view.is_inferred(position))
                .or_else(|| view.index.threads.get(&thread)?.first().copied()),
            last_position: left,
            left: self.session.begin(&past),
            bounds_ns: (
                left.map_or(i64::MIN, |left| view.event(left).time_ns),
                right.map_or(i64::MAX, |right| view.event(right).time_ns),
            ),
            last: token(1),
            before_last: token(2),
            call: rules.after_recorded(&before),
            right: self.right(positions, next),
            before,
            from_ns,
            to_ns,
            quiet,
            tail_ns: next_ns.saturating_sub(self.end_ns).max(0),
            recency: match (left, rank) {
                (None, _) if !from_birth => Recency::Elsewhere,
                (None, _) => Recency::New,
                (Some(_), Some(rank)) => Recency::Rank(rank),
                (Some(_), None) => Recency::Elsewhere,
            },
            moved: left.is_some_and(|left| Some(view.event(left).stream.0) != self.stream),
            begins: left.is_none(),
            around: [0.0; 2],
        }
    }

    /// The thread's tokens from event number `next` on, with its end if that is near.
    fn right(&self, positions: &[u32], next: usize) -> Vec<Token> {
        let max = self.engine.params.right_context;
        let mut right: Vec<Token> =
            positions[next..].iter().take(max).map(|&position| self.view.token(position)).collect();
        let ends = positions.last().is_none_or(|&last| is_end(self.view, last) || right.is_empty());
        if ends && right.len() < max {
            right.push(END);
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{token_of, trace};
    use crate::testing::{cut, with_engine};
    use tracemend_trace::{Cause, Lost, StreamId};

    #[test]
    fn a_thread_has_a_point_between_each_two_of_its_events_around_the_gap() {
        // Thread 1 runs on CPU 0, thread 2 on CPU 1 and once on CPU 0; events of CPU 0 are lost.
        let mut calls: Vec<(u32, i32, &str)> =
            (0..400).map(|place| (place % 2, 1 + (place % 2) as i32, "read")).collect();
        calls[200] = (0, 2, "write");
        let mut damaged = trace(&calls);
        // From before event 196 to after event 204, CPU 0 lost what it recorded but for nothing: the events of CPU 1 stay.
        let (begin, end) = (damaged.events[194].time_ns, damaged.events[206].time_ns);
        damaged.events.retain(|event| event.stream != StreamId(0) || event.time_ns <= begin || event.time_ns >= end);
        damaged.gaps = vec![Gap {
            stream: Some(StreamId(0)),
            begin_ns: Some(begin),
            end_ns: Some(end),
            ..Gap::new(0, Lost::Exact(5), Cause::Discarded, 0)
        }];
        with_engine(&damaged, |view, engine| {
            let context = gap_context(view, &engine, &mut *engine.predictor.session(), &damaged.gaps[0]);
            let of = |tid: i32| {
                context.points.iter().filter(move |point| point.thread == ThreadKey::Tid(tid)).collect::<Vec<_>>()
            };
            // One stretch for thread 1; for thread 2 one before, between and after each of its six events inside the gap.
            assert_eq!((of(1).len(), of(2).len()), (1, 7));
            for point in of(2) {
                assert!(begin <= point.from_ns && point.from_ns < point.to_ns && point.to_ns <= end);
            }
            let one = of(1)[0];
            let read = token_of(engine.model, "read");
            assert_eq!((one.last, one.right[0], one.recency), (read, read, Recency::Rank(0)));
            assert_eq!(context.current, context.points.iter().position(|point| point.thread == ThreadKey::Tid(1)));
            assert_eq!(context.next_thread, Some(ThreadKey::Tid(1)));
        });
    }

    #[test]
    fn a_thread_that_ended_or_was_not_born_yet_has_no_point() {
        let mut calls: Vec<(u32, i32, &str)> = (0..300).map(|_| (0, 1, "read")).collect();
        calls[140] = (0, 2, "exit_group");
        calls[160] = (0, 3, "clone");
        let mut damaged = cut(trace(&calls), 145..155);
        for event in &mut damaged.events {
            let name = damaged.header.symbols.name(event.name);
            match name {
                "exit_group" => (event.ret, event.dur_ns) = (None, None),
                "clone" => (event.phase, event.dur_ns) = (tracemend_trace::Phase::Exit, None),
                _ => {}
            }
        }
        with_engine(&damaged, |view, engine| {
            let context = gap_context(view, &engine, &mut *engine.predictor.session(), &damaged.gaps[0]);
            let threads: Vec<ThreadKey> = context.points.iter().map(|point| point.thread).collect();
            assert_eq!(threads, [ThreadKey::Tid(1)]);
        });
    }

    #[test]
    fn a_gap_before_the_first_event_belongs_to_who_is_seen_first() {
        let damaged = cut(trace(&[(0, 1, "read"); 50]), 0..5);
        with_engine(&damaged, |view, engine| {
            let context = gap_context(view, &engine, &mut *engine.predictor.session(), &damaged.gaps[0]);
            assert_eq!((context.begin_ns, context.current), (i64::MIN, Some(0)));
            assert!(context.points[0].begins && context.points[0].before.is_empty());
        });
    }
}

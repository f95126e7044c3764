//! A hypothesis: the first events of a gap, and where they leave every thread.

use crate::call_rules::CallId;
use crate::context::Context;
use crate::gap_context::InsertionPoint;
use crate::log_prob::LogProb;
use crate::model::{Candidate, Recency, Token};
use tracemend_trace::calls::CallState;

/// Where a hypothesis leaves one thread that it has given events.
#[derive(Clone, Debug)]
pub(super) struct ThreadState {
    /// Number of the insertion point that the thread's events are put into.
    pub point: u16,
    /// What the predictor knows of the thread now.
    pub context: Context,
    /// The thread's last token, and the one before it.
    pub last: Token,
    /// See `last`.
    pub before_last: Token,
    /// Number of the step in which the thread got its last event.
    pub step: u32,
    /// Equal for threads with the same future: hash of the context, and of what the thread still needs.
    pub hash: u64,
    /// Look-ahead: log probability of meeting what is recorded after the gap.
    pub lookahead: f32,
    /// The call the thread is in.
    pub call: CallState<CallId>,
    /// Fewest events that the thread still needs before what is recorded after the gap can follow.
    pub min_events: usize,
}

/// The first events of a gap.
#[derive(Clone, Debug)]
pub(super) struct Hypothesis {
    /// Its number in the search's lattice; `None` before the first event.
    pub node: Option<u32>,
    /// Insertion point of the thread that runs now, where that is known.
    pub current: Option<u16>,
    /// Log probability of the events so far.
    pub score: LogProb,
    /// Earliest time of the next event, ns.
    pub clock_ns: i64,
    /// Time at which the next event is expected, ns.
    pub expected_ns: f64,
    /// The threads that got events.
    pub threads: Vec<ThreadState>,
    /// Sum of the threads' look-aheads.
    pub lookahead: f64,
    /// Sum of the threads' `min_events`.
    pub min_events: usize,
}

/// One more event on a hypothesis, before it is known whether it is kept.
pub(super) struct Extension {
    /// Number of the hypothesis in the beam.
    pub parent: u32,
    pub point: u16,
    pub token: Token,
    /// Context of the thread before the event.
    pub context: Context,
    /// The thread's call after the event.
    pub call: CallState<CallId>,
    pub min_events: usize,
    pub score: LogProb,
    /// By how much the thread's look-ahead changes.
    pub lookahead: f32,
    /// Equal for hypotheses that leave every thread in the same context and stand on the same thread.
    pub key: u64,
}

/// Step of SplitMix64's output function over a running hash.
pub(super) fn mix(hash: u64, value: u64) -> u64 {
    let mut z = (hash ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// [`ThreadState::hash`].
pub(super) fn state_hash(context: Context, min_events: usize) -> u64 {
    mix(context.0, min_events as u64)
}

impl Hypothesis {
    /// No event yet.
    pub(super) fn empty(current: Option<u16>, begin_ns: i64) -> Self {
        Self {
            node: None,
            current,
            score: LogProb::CERTAIN,
            clock_ns: begin_ns,
            expected_ns: begin_ns as f64,
            threads: Vec::new(),
            lookahead: 0.0,
            min_events: 0,
        }
    }

    /// The thread of an insertion point, if it got events.
    pub(super) fn thread(&self, point: usize) -> Option<&ThreadState> {
        self.threads.iter().find(|thread| thread.point as usize == point)
    }

    /// The context and the call of the thread of an insertion point.
    pub(super) fn stands(&self, points: &[InsertionPoint], number: usize) -> (Context, CallState<CallId>) {
        self.thread(number).map_or((points[number].left, points[number].call), |thread| (thread.context, thread.call))
    }

    /// Hash of where every thread stands, whatever the order of threads.
    pub(super) fn threads_hash(&self) -> u64 {
        self.threads.iter().fold(0u64, |sum, thread| sum.wrapping_add(thread.hash_with_point()))
    }

    /// The thread of insertion point `number` as one that the CPU may turn to.
    pub(super) fn candidate(&self, points: &[InsertionPoint], number: usize) -> Candidate {
        let point = &points[number];
        let Some(thread) = self.thread(number) else {
            // Every thread with events has run since the gap began; those that ran less recently before it move this one
            // back by one each.
            let recency = match point.recency {
                Recency::Rank(rank) => {
                    let overtakes = |thread: &&ThreadState| match points[thread.point as usize].recency {
                        Recency::Rank(other) => other > rank,
                        _ => true,
                    };
                    Recency::Rank(rank + self.threads.iter().filter(overtakes).count())
                }
                other => other,
            };
            return Candidate { recency, moved: point.moved, last: point.last, before_last: point.before_last };
        };
        let since = self.threads.iter().filter(|other| other.step > thread.step).count();
        Candidate { recency: Recency::Rank(since), moved: false, last: thread.last, before_last: thread.before_last }
    }
}

/// The state of the thread of an insertion point, which begins where it has none.
pub(super) fn state_of<'t>(
    threads: &'t mut Vec<ThreadState>,
    number: u16,
    points: &[InsertionPoint],
) -> &'t mut ThreadState {
    let place = threads.iter().position(|thread| thread.point == number).unwrap_or_else(|| {
        threads.push(ThreadState::begin(number, &points[number as usize]));
        threads.len() - 1
    });
    &mut threads[place]
}

impl ThreadState {
    /// The thread of an insertion point before its first lost event.
    pub(super) fn begin(number: u16, point: &InsertionPoint) -> Self {
        Self {
            point: number,
            context: point.left,
            last: point.last,
            before_last: point.before_last,
            step: 0,
            hash: state_hash(point.left, 0),
            lookahead: 0.0,
            call: point.call,
            min_events: 0,
        }
    }

    /// Its part of [`Hypothesis::threads_hash`].
    pub(super) fn hash_with_point(&self) -> u64 {
        mix(u64::from(self.point), self.hash)
    }
}

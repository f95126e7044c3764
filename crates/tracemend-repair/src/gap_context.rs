//! What lies around a gap.

use crate::call_rules::CallId;
use crate::context::Context;
use crate::log_prob::LogProb;
use crate::model::{Recency, Token};
use crate::view::View;
use tracemend_trace::ThreadKey;
use tracemend_trace::calls::CallState;

/// A stretch of one thread's sequence, between two of its recorded events, that can hold lost events.
#[derive(Clone, Debug)]
pub struct InsertionPoint {
    /// The thread.
    pub thread: ThreadKey,
    /// Position of a recorded event of the thread, for its id and process name; `None` if it has none.
    pub witness: Option<u32>,
    /// Position of the event before the point, where there is one.
    pub last_position: Option<u32>,
    /// The thread's last tokens before the point, oldest first.
    pub before: Vec<Token>,
    /// Times of the thread's events on both sides, whatever the gap, ns.
    pub bounds_ns: (i64, i64),
    /// What the predictor knows of the thread before the point.
    pub left: Context,
    /// Last token before the point, and the one before that.
    pub last: Token,
    /// See `last`.
    pub before_last: Token,
    /// The call that the thread is in before the point.
    pub call: CallState<CallId>,
    /// Tokens after the point; empty if the recording ends first.
    pub right: Vec<Token>,
    /// Earliest and latest time of a lost event, ns.
    pub from_ns: i64,
    /// See `from_ns`.
    pub to_ns: i64,
    /// Log probability of the pause between the recorded events around the point if nothing was lost in it.
    pub quiet: LogProb,
    /// Time from the end of the gap to the thread's next recorded event, or to the end of the trace, ns.
    pub tail_ns: i64,
    /// How recently the thread ran on this CPU when the gap began.
    pub(crate) recency: Recency,
    /// Whether it ran on another CPU since.
    pub moved: bool,
    /// Whether the thread first appears after the gap.
    pub begins: bool,
    /// Share of the events recorded on this CPU before and after the gap that are the thread's; of its points each has a part by its
    /// width.
    pub(crate) around: [f64; 2],
}

impl InsertionPoint {
    /// Thread id and process name, as far as the trace gives them.
    pub(crate) fn identity(&self, view: &View<'_>) -> (Option<i32>, Option<String>) {
        let Some(event) = self.witness.map(|witness| view.event(witness)) else {
            return (self.thread.tid(), None);
        };
        (event.tid, event.comm.map(|comm| view.index.trace.header.symbols.name(comm).to_owned()))
    }
}

/// A gap with everything around it that bears on what was lost.
#[derive(Clone, Debug, Default)]
pub struct GapContext {
    /// Number of the gap.
    pub gap: u32,
    /// Number of its stream.
    pub stream: Option<u32>,
    /// Where lost events can belong.
    pub points: Vec<InsertionPoint>,
    /// Point of the thread that ran last before the gap, if it can go on.
    pub current: Option<usize>,
    /// Last token on this CPU before the gap.
    pub left_token: Token,
    /// Thread of the first event after the gap on this CPU.
    pub next_thread: Option<ThreadKey>,
    /// Time of the last event before and of the first event after the gap, ns.
    pub begin_ns: i64,
    /// See `begin_ns`.
    pub end_ns: i64,
}

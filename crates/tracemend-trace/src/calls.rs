//! What a thread's events can and cannot be.
//!
//! A thread is in at most one system call, and an exit belongs to the entry before it. [`CallState`] follows one thread by
//! what its events do to it, their [`CallKind`]s. The kernel has few exceptions, each seen in complete recordings:
//! - the first event of a new thread is the exit of the `clone` (or relative) that its parent entered;
//! - `exit` and `exit_group` never return, so a later event of that thread id is another thread's, which got the id anew;
//! - `rt_sigreturn` returns into the interrupted program with the call number wiped out, so its exit carries number -1;
//! - when a thread that is not the first of its process calls `execve`, it goes on under the first one's id: there, an
//!   exit of `execve` needs no entry and ends whatever the id's former owner was in.
//!
//! The same rules serve two questions. A *recorded* event happened, so [`CallState::check`] asks what is missing before
//! it, and [`CallState::after`] goes on whatever came before. An *inferred* event is a guess, so [`CallState::next`]
//! refuses what the rules merely tolerate: an `execve` out of nowhere, or anything after a thread's end.
//!
//! ```
//! use tracemend_trace::{Phase, calls::{CallKind, CallState, Violation}};
//!
//! let mut state = CallState::Unknown;
//! assert_eq!(state.observe(CallKind::of("read", Phase::Entry, "read")), Ok(()));
//! // The exit of `read` and the entry of `close` are missing.
//! let verdict = state.observe(CallKind::of("close", Phase::Exit, "close"));
//! assert_eq!(verdict, Err(Violation::ExitOfAnother));
//! assert_eq!(state, CallState::Idle);
//! ```

use crate::Phase;

/// Calls whose exit in the child is the first event of a new thread.
pub const BORN_BY: [&str; 4] = ["clone", "clone3", "fork", "vfork"];
/// Calls without an exit.
const NEVER_RETURN: [&str; 2] = ["exit", "exit_group"];
const SIGNAL_RETURNS: [&str; 2] = ["rt_sigreturn", "sigreturn"];
const EXECS: [&str; 2] = ["execve", "execveat"];
/// Name of call number -1.
const NO_CALL: &str = "syscall_-1";

/// Whether a thread begins with this event: the child's return from a call that makes threads.
pub fn begins_thread(name: &str, phase: Phase, ret: Option<i64>) -> bool {
    phase == Phase::Exit && ret == Some(0) && BORN_BY.contains(&name)
}

/// Whether a thread makes no further event after this one. In sequences, where no event is an entry or an exit, the name
/// alone decides; a call that returned did not end its thread, whatever its name.
pub fn ends_thread(name: &str, phase: Phase, ret: Option<i64>) -> bool {
    phase != Phase::Exit && ret.is_none() && NEVER_RETURN.contains(&name)
}

/// Whether entries and exits of this call need not be equally many in a complete recording.
pub(crate) fn is_exception(name: &str) -> bool {
    name == NO_CALL || [&BORN_BY[..], &NEVER_RETURN, &SIGNAL_RETURNS, &EXECS].iter().any(|names| names.contains(&name))
}

/// What an event does to the call state of its thread. `Id` tells calls apart: a name, a symbol or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind<Id> {
    /// Enters a call.
    Entry(Id),
    /// Enters `rt_sigreturn` or `sigreturn`, which end as [`CallKind::SignalExit`].
    SignalEntry(Id),
    /// Leaves a call.
    Exit(Id),
    /// Leaves `execve`, which another thread of the process may have entered.
    WildExit,
    /// Leaves call number -1: the end of a signal handler.
    SignalExit,
    /// A whole call in one record.
    Whole,
    /// Enters `exit` or `exit_group`, or is the whole of it: the thread ends.
    Final,
    /// No call.
    Point,
}

impl<Id> CallKind<Id> {
    /// The kind of an event of this name; `id` is what its call is known by.
    pub fn of(name: &str, phase: Phase, id: Id) -> Self {
        match phase {
            Phase::Point => CallKind::Point,
            Phase::Entry | Phase::Call if NEVER_RETURN.contains(&name) => CallKind::Final,
            Phase::Call => CallKind::Whole,
            Phase::Entry if SIGNAL_RETURNS.contains(&name) => CallKind::SignalEntry(id),
            Phase::Entry => CallKind::Entry(id),
            Phase::Exit if EXECS.contains(&name) => CallKind::WildExit,
            Phase::Exit if name == NO_CALL => CallKind::SignalExit,
            Phase::Exit => CallKind::Exit(id),
        }
    }

    /// The kind where the event's call was recorded by entries alone, or exits alone
    /// ([`evidence::one_sided`](crate::evidence::one_sided)): no other half is to be expected. A thread's end stays one.
    #[must_use]
    pub fn one_sided(self) -> Self {
        match self {
            CallKind::Whole | CallKind::Final => self,
            _ => CallKind::Point,
        }
    }
}

/// How an event contradicts the one before it in the same thread: something between them is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// An exit though no call was in flight: its entry is missing.
    ExitWithoutEntry,
    /// An entry though another call was in flight: the exit of that call is missing.
    EntryWithoutExit,
    /// An exit of another call than the one in flight: at least an exit and an entry are missing.
    ExitOfAnother,
}

impl Violation {
    /// The minimum number of missing events.
    pub(crate) fn missing(self) -> u64 {
        match self {
            Violation::ExitWithoutEntry | Violation::EntryWithoutExit => 1,
            Violation::ExitOfAnother => 2,
        }
    }

    /// The words used in messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Violation::ExitWithoutEntry => "exit without entry",
            Violation::EntryWithoutExit => "entry without exit",
            Violation::ExitOfAnother => "exit of another call",
        }
    }
}

/// Which call a thread is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CallState<Id> {
    /// Not known: before the thread's first event, or after a gap.
    #[default]
    Unknown,
    /// In no call.
    Idle,
    /// In this call.
    In(Id),
    /// In `rt_sigreturn` or `sigreturn`.
    InSignalReturn(Id),
    /// The thread has ended. Its id may come up again: then it is a new thread's.
    Ended,
}

impl<Id: Copy + Eq> CallState<Id> {
    /// The call the thread is in, if it is known to be in one.
    pub(crate) fn call(self) -> Option<Id> {
        match self {
            CallState::In(call) | CallState::InSignalReturn(call) => Some(call),
            CallState::Unknown | CallState::Idle | CallState::Ended => None,
        }
    }

    /// Judges a recorded event.
    ///
    /// # Errors
    /// How it contradicts the events so far.
    #[inline]
    pub fn check(self, kind: CallKind<Id>) -> Result<(), Violation> {
        use CallKind::{Entry, Exit, Final, Point, SignalEntry, SignalExit, Whole, WildExit};
        match (self, kind) {
            // After an end the id was given to a new thread, of which nothing is known.
            (CallState::Unknown | CallState::Ended, _) => Ok(()),
            (_, Point | WildExit) => Ok(()),
            (CallState::Idle, Entry(_) | SignalEntry(_) | Whole | Final) => Ok(()),
            (_, Entry(_) | SignalEntry(_) | Whole | Final) => Err(Violation::EntryWithoutExit),
            (CallState::Idle, Exit(_) | SignalExit) => Err(Violation::ExitWithoutEntry),
            (CallState::InSignalReturn(_), SignalExit) => Ok(()),
            (CallState::In(call) | CallState::InSignalReturn(call), Exit(other)) if call == other => Ok(()),
            (CallState::In(_) | CallState::InSignalReturn(_), Exit(_) | SignalExit) => Err(Violation::ExitOfAnother),
        }
    }

    /// The state after a recorded event, whatever was before: what was recorded counts, not what was expected.
    #[inline]
    #[must_use]
    pub fn after(self, kind: CallKind<Id>) -> Self {
        match kind {
            CallKind::Entry(call) => CallState::In(call),
            CallKind::SignalEntry(call) => CallState::InSignalReturn(call),
            CallKind::Exit(_) | CallKind::WildExit | CallKind::SignalExit | CallKind::Whole => CallState::Idle,
            CallKind::Final => CallState::Ended,
            CallKind::Point => self,
        }
    }

    /// Judges a recorded event and goes on to the state after it.
    ///
    /// # Errors
    /// How it contradicts the events so far.
    #[inline]
    pub fn observe(&mut self, kind: CallKind<Id>) -> Result<(), Violation> {
        let verdict = self.check(kind);
        *self = self.after(kind);
        verdict
    }

    /// The state after an inferred event; `None` if none such may be inferred here.
    ///
    /// Stricter than [`CallState::check`] in two places. Nothing is inferred after a thread's end: a new thread under its
    /// id is another thread. And an exit of `execve` is not inferred where the thread is known to be in no call: it is
    /// possible there, but too rare for a guess.
    #[inline]
    pub fn next(self, kind: CallKind<Id>) -> Option<Self> {
        let may_be_inferred = match (self, kind) {
            (CallState::Ended, _) | (CallState::Idle, CallKind::WildExit) => false,
            _ => self.check(kind).is_ok(),
        };
        may_be_inferred.then(|| self.after(kind))
    }

    /// The minimum number of events that must come before the thread's next recorded event that is no point; `None` if
    /// that event can never follow. `next` is `None` where no such event is known, or the thread ends.
    #[inline]
    pub fn min_events_to(self, next: Option<CallKind<Id>>) -> Option<usize> {
        match (self, next) {
            (_, None | Some(CallKind::Point)) => Some(0),
            (CallState::Ended, Some(_)) => None,
            (_, Some(kind)) => Some(self.check(kind).map_or_else(|violation| violation.missing() as usize, |()| 0)),
        }
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;

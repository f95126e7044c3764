//! The entry/exit rules of one thread.
//!
//! A thread is in at most one system call, and an exit belongs to the entry before it. The kernel has few exceptions, each
//! seen in complete recordings:
//! - a new thread's first event is the exit of the `clone` (or relative) that its parent entered;
//! - `exit` and `exit_group` never return, so a later event of that number is another thread's, which got the number anew;
//! - `rt_sigreturn` returns into the interrupted program with the call number wiped out, so its exit carries number -1;
//! - when a thread that is not the first of its process calls `execve`, it goes on under the first one's number: there, an
//!   exit of `execve` needs no entry and ends whatever the number's former owner was in.

use crate::Phase;

/// Calls whose exit in the child is the first event of a new thread.
pub const BORN_BY: [&str; 4] = ["clone", "clone3", "fork", "vfork"];
/// Calls without an exit.
pub const NEVER_RETURN: [&str; 2] = ["exit", "exit_group"];
const SIGNAL_RETURNS: [&str; 2] = ["rt_sigreturn", "sigreturn"];
const EXECS: [&str; 2] = ["execve", "execveat"];
/// How number -1 is named.
const NO_CALL: &str = "syscall_-1";

/// How an event contradicts the one before it in the same thread: something between them is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// An exit though no call was in flight: its entry is missing.
    ExitWithoutEntry,
    /// An entry though another call was in flight: that one's exit is missing.
    EntryWithoutExit,
    /// An exit of another call than the one in flight: at least an exit and an entry are missing.
    ExitOfAnother,
}

impl Violation {
    /// How many events are missing at least.
    pub fn missing(self) -> u64 {
        match self {
            Violation::ExitWithoutEntry | Violation::EntryWithoutExit => 1,
            Violation::ExitOfAnother => 2,
        }
    }

    /// The words used in messages.
    pub fn words(self) -> &'static str {
        match self {
            Violation::ExitWithoutEntry => "exit without entry",
            Violation::EntryWithoutExit => "entry without exit",
            Violation::ExitOfAnother => "exit of another call",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing is known yet, or the thread has ended: whatever comes begins anew.
    #[default]
    Unknown,
    Idle,
    InFlight,
}

/// The state of one thread, event by event.
#[derive(Clone, Debug, Default)]
pub struct ThreadRules {
    state: State,
    call: String,
}

impl ThreadRules {
    /// The call the thread is in, as far as its events tell.
    pub fn in_flight(&self) -> Option<&str> {
        (self.state == State::InFlight).then_some(self.call.as_str())
    }

    /// Whether nothing is known of the thread: before its first event, and after a call that never returns.
    pub fn is_unknown(&self) -> bool {
        self.state == State::Unknown
    }

    /// Whether an event may come next, without going on to it.
    ///
    /// # Errors
    /// How it contradicts the events so far.
    pub fn check(&self, name: &str, phase: Phase) -> Result<(), Violation> {
        match (self.state, phase) {
            (State::Unknown, _) | (_, Phase::Point) | (State::Idle, Phase::Entry | Phase::Call) => Ok(()),
            (State::InFlight, Phase::Entry | Phase::Call) => Err(Violation::EntryWithoutExit),
            (_, Phase::Exit) if EXECS.contains(&name) => Ok(()),
            (State::Idle, Phase::Exit) => Err(Violation::ExitWithoutEntry),
            (State::InFlight, Phase::Exit) => {
                let wiped = name == NO_CALL && SIGNAL_RETURNS.contains(&self.call.as_str());
                if wiped || name == self.call { Ok(()) } else { Err(Violation::ExitOfAnother) }
            }
        }
    }

    /// Goes on to the thread's next event. After a contradiction the event counts, not what was expected.
    ///
    /// # Errors
    /// How it contradicts the events so far.
    pub fn observe(&mut self, name: &str, phase: Phase) -> Result<(), Violation> {
        let verdict = self.check(name, phase);
        match phase {
            Phase::Point => {}
            Phase::Entry if NEVER_RETURN.contains(&name) => self.state = State::Unknown,
            Phase::Entry => {
                self.state = State::InFlight;
                self.call.clear();
                self.call.push_str(name);
            }
            Phase::Call if NEVER_RETURN.contains(&name) => self.state = State::Unknown,
            Phase::Exit | Phase::Call => self.state = State::Idle,
        }
        verdict
    }

    /// Forgets everything: after a counted gap nothing is known of the thread.
    pub fn forget(&mut self) {
        self.state = State::Unknown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::{Call, Entry, Exit, Point};

    fn run(events: &[(&str, Phase)]) -> Vec<Result<(), Violation>> {
        let mut rules = ThreadRules::default();
        events.iter().map(|(name, phase)| rules.observe(name, *phase)).collect()
    }

    #[test]
    fn pairs_and_points_are_no_contradiction() {
        let verdicts =
            run(&[("read", Exit), ("openat", Entry), ("sched_switch", Point), ("openat", Exit), ("close", Call)]);
        assert!(verdicts.iter().all(Result::is_ok));
    }

    #[test]
    fn each_contradiction_has_its_name() {
        assert_eq!(run(&[("a", Entry), ("a", Exit), ("b", Exit)])[2], Err(Violation::ExitWithoutEntry));
        assert_eq!(run(&[("a", Entry), ("b", Entry)])[1], Err(Violation::EntryWithoutExit));
        assert_eq!(run(&[("a", Entry), ("b", Exit)])[1], Err(Violation::ExitOfAnother));
        assert_eq!(run(&[("a", Entry), ("b", Call)])[1], Err(Violation::EntryWithoutExit));
    }

    #[test]
    fn after_a_contradiction_the_event_counts() {
        let verdicts = run(&[("a", Entry), ("b", Entry), ("b", Exit), ("c", Entry)]);
        assert_eq!(verdicts, [Ok(()), Err(Violation::EntryWithoutExit), Ok(()), Ok(())]);
    }

    #[test]
    fn the_kernels_exceptions_are_known() {
        // A signal handler's end, a thread's number used again, and execve by another thread of the process.
        assert_eq!(run(&[("rt_sigreturn", Entry), ("syscall_-1", Exit)])[1], Ok(()));
        assert_eq!(run(&[("exit_group", Entry), ("clone", Exit)])[1], Ok(()));
        assert_eq!(run(&[("futex", Entry), ("execve", Exit)])[1], Ok(()));
        assert_eq!(run(&[("read", Entry), ("syscall_-1", Exit)])[1], Err(Violation::ExitOfAnother));
    }
}

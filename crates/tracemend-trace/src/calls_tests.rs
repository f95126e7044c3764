#![allow(clippy::unwrap_used)]

use super::*;
use Phase::{Call, Entry, Exit, Point};
use Violation::{EntryWithoutExit, ExitOfAnother, ExitWithoutEntry};

fn run(events: &[(&'static str, Phase)]) -> Vec<Result<(), Violation>> {
    let mut state = CallState::Unknown;
    events.iter().map(|&(name, phase)| state.observe(CallKind::of(name, phase, name))).collect()
}

#[test]
fn pairs_and_points_are_no_contradiction() {
    let verdicts =
        run(&[("read", Exit), ("openat", Entry), ("sched_switch", Point), ("openat", Exit), ("close", Call)]);
    assert!(verdicts.iter().all(Result::is_ok));
}

#[test]
fn each_contradiction_has_its_name() {
    assert_eq!(run(&[("a", Entry), ("a", Exit), ("b", Exit)])[2], Err(ExitWithoutEntry));
    assert_eq!(run(&[("a", Entry), ("b", Entry)])[1], Err(EntryWithoutExit));
    assert_eq!(run(&[("a", Entry), ("b", Exit)])[1], Err(ExitOfAnother));
    assert_eq!(run(&[("a", Entry), ("b", Call)])[1], Err(EntryWithoutExit));
}

#[test]
fn after_a_contradiction_the_event_counts() {
    let verdicts = run(&[("a", Entry), ("b", Entry), ("b", Exit), ("c", Entry)]);
    assert_eq!(verdicts, [Ok(()), Err(EntryWithoutExit), Ok(()), Ok(())]);
}

#[test]
fn the_kernels_exceptions_are_known() {
    // A signal handler's end, a thread's number used again, and execve by another thread of the process.
    assert_eq!(run(&[("rt_sigreturn", Entry), ("syscall_-1", Exit)])[1], Ok(()));
    assert_eq!(run(&[("exit_group", Entry), ("clone", Exit)])[1], Ok(()));
    assert_eq!(run(&[("futex", Entry), ("execve", Exit)])[1], Ok(()));
    assert_eq!(run(&[("read", Entry), ("syscall_-1", Exit)])[1], Err(ExitOfAnother));
}

/// Numbers for calls, as a search has them; no two calls of these tests are equally long.
fn kind(name: &str, phase: Phase) -> CallKind<u32> {
    CallKind::of(name, phase, name.len() as u32)
}

#[test]
fn an_inferred_exit_needs_its_own_entry() {
    let inside = CallState::Idle.next(kind("read", Entry)).unwrap();
    assert_eq!(inside.next(kind("read", Exit)), Some(CallState::Idle));
    assert_eq!(inside.next(kind("close", Exit)), None);
    assert_eq!(inside.next(kind("close", Entry)), None);
    assert_eq!(CallState::Idle.next(kind("close", Exit)), None);
}

#[test]
fn a_call_recorded_by_entry_alone_awaits_no_exit() {
    let read = kind("read", Entry).one_sided();
    assert_eq!(CallState::Idle.after(read).next(read), Some(CallState::Idle));
    let inside = CallState::Idle.next(kind("close", Entry)).unwrap();
    assert_eq!(inside.min_events_to(Some(kind("close", Entry))), Some(1));
    assert_eq!(kind("exit", Entry).one_sided(), CallKind::Final);
}

#[test]
fn what_is_recorded_after_the_gap_must_be_met() {
    let reading = CallState::Unknown.after(kind("read", Entry));
    assert_eq!(reading.min_events_to(Some(kind("read", Exit))), Some(0));
    assert_eq!(reading.min_events_to(Some(kind("close", Entry))), Some(1));
    assert_eq!(CallState::Idle.min_events_to(Some(kind("read", Exit))), Some(1));
    assert_eq!(CallState::Idle.after(kind("close", Entry)).min_events_to(Some(kind("read", Exit))), Some(2));
    let ended = CallState::Idle.next(kind("exit_group", Entry)).unwrap();
    assert_eq!(ended, CallState::Ended);
    assert_eq!(ended.min_events_to(Some(kind("close", Entry))), None);
    assert_eq!(ended.min_events_to(None), Some(0));
}

#[test]
fn a_thread_is_born_by_the_childs_return_and_ends_by_a_call_without_one() {
    assert!(begins_thread("clone", Exit, Some(0)));
    assert!(!begins_thread("clone", Exit, Some(4711)), "the parent's return");
    assert!(!begins_thread("clone", Exit, None));
    assert!(!begins_thread("clone", Entry, None));
    assert!(!begins_thread("read", Exit, Some(0)));
    for phase in [Entry, Call, Point] {
        assert!(ends_thread("exit_group", phase, None));
        assert!(!ends_thread("exit_group", phase, Some(0)));
        assert!(!ends_thread("read", phase, None));
    }
    assert!(!ends_thread("exit", Exit, None));
}

/// Four copies of these rules came before the one machine, and they did not agree. Each row of the table asks all of
/// them about one event in one state:
/// - `thread`: `ThreadRules::observe`, by names, for recorded events;
/// - `token`: `TokenRules::after_inferred`, by token numbers, for inferred events;
/// - `needs`: `TokenRules::needs` with the event as the next recorded one;
/// - `exception`: whether evidence of loss let this call have entries without exits;
/// - `ends`: `ends_thread` of the model, for an event without a return value.
///
/// The columns hold what the old code said when it was run on these rows, and the machine is asked the same. `!` marks a deliberate difference; the
/// reason stands above the row.
struct Row {
    state: &'static str,
    event: (&'static str, Phase),
    /// What was missing, and the state after it. `end` and `?` were one state, unknown.
    thread: (&'static str, &'static str),
    /// The state after it; `-`: impossible.
    token: &'static str,
    /// How many events must come before it; `-`: it can never follow.
    needs: &'static str,
    exception: bool,
    ends: bool,
}

const fn row(
    state: &'static str,
    event: (&'static str, Phase),
    thread: (&'static str, &'static str),
    token: &'static str,
    needs: &'static str,
) -> Row {
    Row { state, event, thread, token, needs, exception: false, ends: false }
}

/// A row of a call that may have entries without exits.
const fn odd(row: Row) -> Row {
    Row { exception: true, ..row }
}

/// A row of an event that ends its thread.
const fn last(row: Row) -> Row {
    Row { exception: true, ends: true, ..row }
}

const TABLE: &[Row] = &[
    // Ordinary calls: all four agreed, but for the end of a thread (below).
    row("?", ("read", Entry), ("ok", "in read"), "in read", "0"),
    row("idle", ("read", Entry), ("ok", "in read"), "in read", "0"),
    row("in read", ("read", Entry), ("entry", "in read"), "-", "1"),
    row("in close", ("read", Entry), ("entry", "in read"), "-", "1"),
    row("?", ("read", Exit), ("ok", "idle"), "idle", "0"),
    row("idle", ("read", Exit), ("exit", "idle"), "-", "1"),
    row("in read", ("read", Exit), ("ok", "idle"), "idle", "0"),
    row("in close", ("read", Exit), ("another", "idle"), "-", "2"),
    row("?", ("close", Call), ("ok", "idle"), "idle", "0"),
    row("idle", ("close", Call), ("ok", "idle"), "idle", "0"),
    row("in read", ("close", Call), ("entry", "idle"), "-", "1"),
    row("in close", ("close", Call), ("entry", "idle"), "-", "1"),
    // Points say nothing about calls.
    row("?", ("sched_switch", Point), ("ok", "?"), "?", "0"),
    row("idle", ("sched_switch", Point), ("ok", "idle"), "idle", "0"),
    row("in read", ("sched_switch", Point), ("ok", "in read"), "in read", "0"),
    // A new thread begins with the exit of its parent's call, so from the unknown.
    odd(row("?", ("clone", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("idle", ("clone", Exit), ("exit", "idle"), "-", "1")),
    odd(row("in clone", ("clone", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("in read", ("clone", Exit), ("another", "idle"), "-", "2")),
    odd(row("idle", ("clone", Entry), ("ok", "in clone"), "in clone", "0")),
    // The end of a thread. The one said unknown, the other ended: there is one state, `end`.
    last(row("?", ("exit_group", Entry), ("ok", "end"), "end", "0")),
    last(row("idle", ("exit_group", Entry), ("ok", "end"), "end", "0")),
    last(row("in read", ("exit_group", Entry), ("entry", "end"), "-", "1")),
    last(row("idle", ("exit_group", Call), ("ok", "end"), "end", "0")),
    last(row("in read", ("exit_group", Call), ("entry", "end"), "-", "1")),
    odd(row("idle", ("exit_group", Exit), ("exit", "idle"), "-", "1")),
    // The learner took an element of a sequence for the thread's end by its name, the rules took it for a point. Both
    // stay: a model must know that sequences end there, and without entries and exits there is nothing to check.
    last(row("idle", ("exit_group", Point), ("ok", "idle"), "idle", "0")),
    // After the end, a recorded event is a new thread's and may be anything; none is inferred, and none can be met.
    row("end", ("read", Entry), ("ok", "in read"), "-", "-"),
    row("end", ("read", Exit), ("ok", "idle"), "-", "-"),
    row("end", ("close", Call), ("ok", "idle"), "-", "-"),
    row("end", ("sched_switch", Point), ("ok", "end"), "-", "0"),
    odd(row("end", ("clone", Exit), ("ok", "idle"), "-", "-")),
    odd(row("end", ("execve", Exit), ("ok", "idle"), "-", "-")),
    odd(row("end", ("syscall_-1", Exit), ("ok", "idle"), "-", "-")),
    last(row("end", ("exit_group", Entry), ("ok", "end"), "-", "-")),
    // An exit of `execve` in an idle thread: legal where it was recorded, since another thread of the process entered
    // it (seen in complete recordings); impossible for the search, whose guess needs an entry or an unknown state, else
    // it would put `execve` exits between any two calls. The old two said just that, so both stay.
    odd(row("?", ("execve", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("idle", ("execve", Exit), ("ok", "idle"), "-", "0")),
    odd(row("in execve", ("execve", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("in read", ("execve", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("idle", ("execve", Entry), ("ok", "in execve"), "in execve", "0")),
    odd(row("in read", ("execve", Entry), ("entry", "in execve"), "-", "1")),
    // The end of a signal handler carries number -1. The search took it for an exit of whatever the thread was in, as
    // that of `execve`; but only a signal return ends so, and a filling that says otherwise was thrown away afterwards,
    // with all events of its thread. Decided for the stricter one, and what is needed before it follows from that.
    odd(row("?", ("syscall_-1", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("idle", ("syscall_-1", Exit), ("exit", "idle"), "-", "!1 was 0")),
    odd(row("in read", ("syscall_-1", Exit), ("another", "idle"), "!- was idle", "!2 was 0")),
    odd(row("in rt_sigreturn", ("syscall_-1", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("idle", ("rt_sigreturn", Entry), ("ok", "in rt_sigreturn"), "in rt_sigreturn", "0")),
    odd(row("in read", ("rt_sigreturn", Entry), ("entry", "in rt_sigreturn"), "-", "1")),
    odd(row("in rt_sigreturn", ("rt_sigreturn", Exit), ("ok", "idle"), "idle", "0")),
    odd(row("in read", ("rt_sigreturn", Exit), ("another", "idle"), "-", "2")),
];

fn state(word: &'static str) -> CallState<&'static str> {
    match word {
        "?" => CallState::Unknown,
        "idle" => CallState::Idle,
        "end" => CallState::Ended,
        _ => {
            let call = word.strip_prefix("in ").unwrap();
            CallState::Unknown.after(CallKind::of(call, Entry, call))
        }
    }
}

/// What a cell says of the machine: its own word where it differs from the old code on purpose.
fn said(cell: &'static str) -> &'static str {
    cell.strip_prefix('!').map_or(cell, |decided| decided.split(' ').next().unwrap())
}

#[test]
fn one_machine_says_what_four_copies_said() {
    for row in TABLE {
        let (name, phase) = row.event;
        let words = format!("{name} {phase:?} in `{}`", row.state);
        let kind = CallKind::of(name, phase, name);
        let before = state(row.state);

        let (verdict, after) = row.thread;
        let missing = match before.check(kind) {
            Ok(()) => "ok",
            Err(EntryWithoutExit) => "entry",
            Err(ExitWithoutEntry) => "exit",
            Err(ExitOfAnother) => "another",
        };
        assert_eq!(missing, verdict, "{words}");
        assert_eq!(before.after(kind), state(after), "{words}");

        let inferred = match said(row.token) {
            "-" => None,
            word => Some(state(word)),
        };
        assert_eq!(before.next(kind), inferred, "{words}");
        assert_eq!(before.min_events_to(Some(kind)), said(row.needs).parse().ok(), "{words}");
        assert_eq!(is_exception(name), row.exception, "{words}");
        assert_eq!(ends_thread(name, phase, None), row.ends, "{words}");
    }
}

#[test]
fn the_rules_agree_with_each_other_in_every_state() {
    let states = ["?", "idle", "in read", "in execve", "in rt_sigreturn", "end"].map(state);
    let names = ["read", "close", "execve", "rt_sigreturn", "syscall_-1", "exit_group", "clone"];
    let kinds: Vec<_> = names
        .iter()
        .flat_map(|&name| [Entry, Exit, Call, Point].map(|phase| CallKind::of(name, phase, name)))
        .collect();
    for (before, &kind) in states.iter().flat_map(|before| kinds.iter().map(move |kind| (before, kind))) {
        // What may be inferred may be recorded, and leads to the same state.
        if let Some(after) = before.next(kind) {
            assert_eq!((before.check(kind), before.after(kind)), (Ok(()), after));
        }
        // As many inferred events as are needed do exist.
        let reachable = |depth: usize| {
            let mut reached = vec![*before];
            for _ in 0..depth {
                let next: Vec<_> =
                    reached.iter().flat_map(|state| kinds.iter().filter_map(|&kind| state.next(kind))).collect();
                reached.extend(next);
            }
            reached.iter().any(|state| *state != CallState::Ended && state.check(kind).is_ok())
        };
        match before.min_events_to(Some(kind)) {
            None => assert_eq!(*before, CallState::Ended),
            Some(0) => assert!(kind == CallKind::Point || reachable(0)),
            // Nothing enters a call that never returns, but a recording may hold an exit of one.
            Some(_) if kind == CallKind::Exit("exit_group") => {}
            Some(needed) => assert!(reachable(needed) && !reachable(needed - 1), "{before:?} {kind:?} {needed}"),
        }
    }
}

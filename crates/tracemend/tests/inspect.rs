//! `info` and `gaps` as a user sees them.

mod support;

use insta::assert_snapshot;
use std::{
    io::{Read, Write},
    process::Stdio,
};
use support::{run, shown, stdout, tracemend};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const LTTNG: &str = "crates/tracemend-trace/tests/fixtures/ctf/lttng-2";
const SAMPLE: &str = "samples/ftrace_pipe_lost.txt.zst";

#[test]
fn info_tells_what_a_trace_is() {
    assert_snapshot!(shown(&run(&["info", SMALL])));
}

#[test]
fn info_json_names_its_schema_first() {
    assert_snapshot!(shown(&run(&["info", "--json", SMALL])));
}

#[test]
fn gaps_tells_where_and_why_and_what_to_raise() {
    assert_snapshot!(shown(&run(&["gaps", SMALL])));
}

#[test]
fn gaps_json_names_its_schema_first() {
    assert_snapshot!(shown(&run(&["gaps", "--json", SMALL])));
}

#[test]
fn gaps_of_the_sample_are_those_the_kernel_counted() {
    assert_snapshot!(shown(&run(&["gaps", SAMPLE])));
}

#[test]
fn gaps_of_packets_say_what_was_read() {
    assert_snapshot!(shown(&run(&["gaps", LTTNG])));
}

#[test]
fn gaps_around_recorded_events_say_where_nothing_was_lost() {
    assert_snapshot!(shown(&run(&["gaps", "--evidence", LTTNG])));
}

#[test]
fn a_trace_without_loss_says_so_and_how_to_look_closer() {
    assert_snapshot!(shown(&run(&["gaps", "crates/tracemend/tests/fixtures/succeed/small_full.txt"])));
}

#[test]
fn fail_on_loss_turns_a_gap_into_exit_code_1() {
    assert_eq!(run(&["gaps", "--fail-on-loss", SMALL]).status.code(), Some(1));
    let complete = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    assert_eq!(run(&["gaps", "--fail-on-loss", complete]).status.code(), Some(0));
}

#[test]
fn several_traces_become_a_table_by_time_and_an_unreadable_one_a_line_of_it() {
    let tsc = format!("{VARIANTS}/ftrace-tsc.txt");
    let full = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    assert_snapshot!(shown(&run(&["gaps", "-q", LTTNG, SAMPLE, "no/such/trace", full, SMALL, &tsc])));
}

#[test]
fn a_folder_of_traces_is_a_table_and_a_folder_that_is_a_trace_is_not() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::copy(support::root().join(from), to).expect("copied");
    };
    let path = folder.path().to_str().expect("a path of text");
    for file in ["metadata", "small_0", "small_1"] {
        copy(&format!("{LTTNG}/{file}"), &format!("session/ust/uid/0/64-bit/{file}"));
    }
    // A folder with one CTF trace is this trace, as it always was.
    assert!(stdout(&["gaps", path]).starts_with("  gap  stream"));
    copy(SMALL, "small.txt");
    std::fs::write(folder.path().join(".hidden.txt"), "no trace").expect("written");
    let table = stdout(&["gaps", path]);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("trace "), "{table}");
    assert!(rows[1].starts_with(&format!("{path}/small.txt ")), "{table}");
    assert!(rows[2].starts_with(&format!("{path}/session ")), "{table}");
    assert!(rows[3].starts_with("total of 2 traces "), "{table}");
    let events = stdout(&["info", "--json", &format!("{path}/session")]);
    assert!(events.contains(r#""events":340,"#) && rows[2].contains(" 340 "), "{table}");
    assert!(stdout(&["gaps", &format!("{path}/session")]).starts_with("  gap  stream"));
    // Two in one folder.
    std::fs::remove_dir_all(folder.path().join("session")).expect("removed");
    copy(SMALL, "small\u{1b}[2J.txt");
    let table = stdout(&["gaps", path]);
    assert!(table.contains("total of 2 traces") && table.contains("small\\u{1b}[2J.txt"), "{table}");
}

#[test]
fn files_of_perf_are_a_table_where_each_is_a_recording_and_none_where_they_are_one() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().to_str().expect("a path of text");
    let recording = support::root().join("crates/tracemend-trace/tests/fixtures/binary/perf-threads.data/data");
    for name in ["perf.data.2026010100", "perf.data.2026010200"] {
        std::fs::copy(&recording, folder.path().join(name)).expect("copied");
    }
    let output = run(&["gaps", "-q", path]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 traces"), "{}", shown(&output));
    std::fs::copy(&recording, folder.path().join("data")).expect("copied");
    let output = run(&["gaps", path]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("a folder of `perf record --threads`"),
        "{}",
        shown(&output)
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn fail_on_loss_holds_for_every_trace_of_a_table() {
    let complete = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    assert_eq!(run(&["gaps", "--fail-on-loss", complete, complete]).status.code(), Some(0));
    assert_eq!(run(&["gaps", "--fail-on-loss", complete, SMALL]).status.code(), Some(1));
    assert_eq!(run(&["gaps", "--fail-on-loss", "no/such/trace", SMALL]).status.code(), Some(2));
}

#[test]
fn max_loss_turns_a_larger_share_into_exit_code_1_and_says_by_how_much() {
    let code = |args: &[&str]| run(&[&["gaps"], args].concat()).status.code();
    let full = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    // 6 of 120 events.
    assert_eq!(code(&["--max-loss", "5%", SMALL]), Some(0));
    assert_eq!(code(&["--max-loss", "0.05", SMALL]), Some(0));
    assert_eq!(code(&["--max-loss", "0", full]), Some(0));
    let output = run(&["gaps", "--max-loss", "1%", SMALL]);
    assert_eq!(output.status.code(), Some(1));
    let said = "5 % of its events were lost, 4 percentage points more than --max-loss allows (1 %)\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("warning: {SMALL}: {said}"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout(&["gaps", SMALL]));
    let output = run(&["gaps", "--max-loss", "0.04", full, SMALL, SAMPLE]);
    assert_eq!(output.status.code(), Some(1));
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(warnings.contains(SMALL) && warnings.contains(SAMPLE) && !warnings.contains(full), "{warnings}");
    let refused = run(&["gaps", "--max-loss", "5", SMALL]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("such as 1% or 0.01"), "{}", shown(&refused));
}

#[test]
fn uncounted_losses_are_more_than_max_loss_only_with_fail_on_loss() {
    assert_eq!(run(&["gaps", "--max-loss", "1%", DAMAGED]).status.code(), Some(0));
    let output = run(&["gaps", "--max-loss", "1%", "--fail-on-loss", DAMAGED]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("how many events were lost is not known"));
    assert_eq!(run(&["gaps", "--max-loss", "5%", "--fail-on-loss", SMALL]).status.code(), Some(0));
}

#[test]
fn a_trace_comes_from_stdin_as_well() {
    let text = std::fs::read(support::root().join(SMALL)).expect("fixture");
    let mut child = tracemend(&["gaps", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("stdin").write_all(&text).expect("the command reads");
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout(&["gaps", "--json", SMALL]));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    // Enough rows to fill the pipe, of which the reader takes one byte.
    let mut text = String::new();
    for second in 0..20_000 {
        text.push_str(&format!("CPU:0 [LOST 2 EVENTS]\n ls-1 [000] ..... {second}.000000: sys_enter: NR 0 (0)\n"));
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("many.txt");
    std::fs::write(&path, text).expect("written");
    let mut child = tracemend(&["gaps", "--json", path.to_str().expect("a path of text")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut pipe = child.stdout.take().expect("stdout");
    pipe.read_exact(&mut [0]).expect("a byte");
    drop(pipe);
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(shown(&output), "exit code 0\n--- stdout\n--- stderr\n");
}

/// A trace of which nothing is known but lines that could not be read.
const DAMAGED: &str = "crates/tracemend-trace/tests/fixtures/fail/mixed.txt";
const VARIANTS: &str = "crates/tracemend-trace/tests/fixtures/variants";

#[test]
fn a_number_that_is_not_known_is_said_to_be_unknown() {
    let info = stdout(&["info", DAMAGED]);
    assert!(info.contains("lost     an unknown number of events in 1 gap\n"), "{info}");
    let gaps = stdout(&["gaps", DAMAGED]);
    assert!(gaps.contains("an unknown number of events lost in 1 gap; 6 events recorded"), "{gaps}");
    let json = stdout(&["info", "--json", DAMAGED]);
    assert!(json.contains(r#""lost_kind":"unknown","lost_share":null"#), "{json}");
    assert_eq!(run(&["gaps", "--fail-on-loss", DAMAGED]).status.code(), Some(1));
}

#[test]
fn what_tracers_write_between_events_is_no_loss() {
    for name in [
        "strace-stacks.txt",
        "strace-detached.txt",
        "ftrace-messages.txt",
        "mark-strace.txt",
        "systrace-new.html",
        "strace-ff",
    ] {
        let output = run(&["gaps", "--fail-on-loss", &format!("{VARIANTS}/{name}")]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", shown(&output));
    }
    let output = run(&["gaps", "--fail-on-loss", "--evidence", &format!("{VARIANTS}/ftrace-both-tracepoints.txt")]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
}

#[test]
fn ticks_are_printed_as_ticks() {
    let info = stdout(&["info", &format!("{VARIANTS}/ftrace-tsc.txt")]);
    let line = "time     4384830739379 to 4384831999999 ticks of a clock without unit (1 260 620 ticks)\n";
    assert!(info.contains(line), "{info}");
    let gaps = stdout(&["gaps", &format!("{VARIANTS}/ftrace-tsc.txt")]);
    assert!(gaps.contains("begin (ticks)") && gaps.contains("4384831000001"), "{gaps}");
}

#[test]
fn a_missing_file_is_an_error_that_says_what_to_do() {
    assert_snapshot!(shown(&run(&["info", "no/such/trace"])));
}

#[test]
fn prose_is_no_trace() {
    assert_snapshot!(shown(&run(&["gaps", "crates/tracemend/tests/fixtures/fail/prose.txt"])));
}

#[test]
fn an_empty_file_is_no_trace() {
    assert_snapshot!(shown(&run(&["gaps", "crates/tracemend/tests/fixtures/fail/empty.txt"])));
}

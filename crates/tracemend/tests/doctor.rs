//! `doctor` on a made-up machine, and on one where it may read nothing.

mod support;

use insta::assert_snapshot;
use std::process::Output;
use support::{of_type, root, rows, run, shown, stdout, tracemend};

const MACHINE: &str = "crates/tracemend/tests/fixtures/succeed/doctor";

/// Runs `doctor` with the tracers in `tools` only.
fn doctor(machine: &str, tools: &str, args: &[&str]) -> Output {
    let tools = root().join(MACHINE).canonicalize().expect("the fixture").join(tools);
    let args = [&["doctor", "--root", machine], args].concat();
    tracemend(&args).env("PATH", tools).output().expect("the command starts")
}

/// What was printed, without the folder of the repository and with one set of features.
fn plain(output: &Output) -> String {
    let folder = root().canonicalize().expect("the repository");
    let text = shown(output).replace(&folder.display().to_string(), "");
    let line = text.lines().find(|line| line.starts_with("tracemend ")).expect("the build");
    text.replace(line, "tracemend VERSION")
}

#[test]
fn doctor_lists_tracers_and_what_they_lost_and_what_to_raise() {
    assert_snapshot!(plain(&doctor(&format!("{MACHINE}/machine"), "bin", &[])));
}

#[test]
fn a_machine_without_tracing_says_what_could_not_be_read() {
    let nothing = tempfile::tempdir().expect("a folder");
    let output = doctor(nothing.path().to_str().expect("a path of text"), "none", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("GPU: no NVIDIA GPU seen"), "{text}");
    assert!(text.contains("sys/kernel/tracing: no tracing of a kernel is there. On Linux, run `mount"), "{text}");
    assert_eq!(text.matches("not on PATH").count(), 6, "{text}");
}

#[test]
fn a_tracer_that_does_not_run_makes_exit_code_1() {
    let output = doctor(&format!("{MACHINE}/machine"), "broken", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).expect("text");
    let line = "perf is broken: `perf --version` failed: WARNING: perf not found for kernel 6.5.0-14. Install it again";
    assert!(text.lines().any(|shown| shown == line), "{text}");
}

#[test]
fn rings_that_cannot_be_read_do_not_hide_the_others() {
    let output = doctor(&format!("{MACHINE}/machine"), "none", &["--json"]);
    let rows = rows(&String::from_utf8(output.stdout).expect("text"));
    let of_type = |kind: &str| of_type(&rows, kind);
    assert_eq!(of_type("ring").len(), 8);
    let unread = of_type("unread");
    assert_eq!(unread.len(), 1);
    assert!(unread[0]["what"].as_str().expect("a path").ends_with("instances/tfull/per_cpu/cpu1/stats"));
    let lost: u64 = of_type("ring").iter().filter_map(|ring| ring["overrun"].as_u64()).sum();
    assert_eq!(lost, 4958 + 2270);
}

#[test]
fn any_machine_can_be_examined_without_options() {
    let output = run(&["doctor"]);
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{}", shown(&output));
    assert!(output.stderr.is_empty(), "{}", shown(&output));
    assert!(!stdout(&["doctor", "--help"]).contains("--root"), "the option for tests is hidden");
}

//! What was inferred is never taken for recorded, and hostile or huge inputs end with a sentence.

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use support::{repaired, root, run, shown, stdout, text_of, tracemend};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const SAMPLE: &str = "samples/ftrace_pipe_lost.txt.zst";
const LTTNG: &str = "crates/tracemend-trace/tests/fixtures/ctf/lttng-1.8";
const ZEPHYR: &str = "crates/tracemend-trace/tests/fixtures/binary/zephyr";

/// Number of recorded events, gaps and lost events, as `info` says them.
fn figures(trace: &str) -> [serde_json::Value; 3] {
    let rows = stdout(&["info", "-q", "--json", trace]);
    let info: serde_json::Value = serde_json::from_str(rows.lines().last().expect("a row")).expect("JSON");
    ["events", "gaps", "lost_events"].map(|name| info["data"][name].clone())
}

fn names_its_file(arguments: &[&str], file: &str) {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(&format!("{file} cannot be written: ")) && error.contains("room on its disk"), "{error}");
}

#[test]
fn a_repaired_text_read_back_is_the_trace_that_was_repaired() {
    for trace in [SMALL, SAMPLE] {
        let (_folder, path) = repaired(trace, "repaired.txt", &[]);
        assert_eq!(figures(text_of(&path)), figures(trace), "{trace}");
        // Gaps stand where they stood.
        let gaps = |trace: &str| {
            let rows = stdout(&["gaps", "-q", "--json", trace]);
            let own = |row: &serde_json::Value| {
                ["stream", "cpu", "begin_ns", "end_ns", "lost", "lost_kind", "cause"]
                    .map(|name| row["data"][name].to_string())
            };
            let rows = rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).expect("JSON"));
            let mut gaps: Vec<_> = rows.filter(|row| row["type"] == "gap").map(|row| own(&row)).collect();
            gaps.sort();
            gaps
        };
        assert_eq!(gaps(text_of(&path)), gaps(trace), "{trace}");
    }
}

#[test]
fn a_model_learns_no_event_that_was_inferred() {
    let (folder, path) = repaired(SMALL, "repaired.txt", &[]);
    let model = |trace: &str, name: &str| {
        let path = folder.path().join(name);
        let output = run(&["train", "-q", trace, "-o", text_of(&path)]);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        std::fs::read(path).expect("written")
    };
    assert_eq!(model(text_of(&path), "a.model"), model(SMALL, "b.model"));
}

#[test]
fn other_outputs_are_refused_as_what_they_are() {
    for name in ["repaired.jsonl", "repaired.csv"] {
        let (_folder, path) = repaired(SMALL, name, &["--merge"]);
        let output = run(&["info", text_of(&path)]);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("an output of tracemend"), "{}", shown(&output));
    }
}

#[test]
fn a_merged_lttng_trace_keeps_every_field_of_what_was_recorded() {
    let (_folder, path) = repaired(LTTNG, "merged.ctf", &["--merge"]);
    assert_eq!(figures(text_of(&path)), figures(LTTNG));
    let print = |trace: &Path| {
        let output =
            Command::new("babeltrace2").args(["--clock-seconds", "--no-delta"]).arg(trace).current_dir(root()).output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let Some(original) = print(Path::new(LTTNG)) else {
        eprintln!("skipped: babeltrace2 is not installed");
        return;
    };
    let merged = print(&path).expect("it is installed");
    let recorded: Vec<String> = merged.iter().filter(|line| !line.contains("gap_id = ")).cloned().collect();
    assert_eq!(recorded, original);
    assert!(merged.len() > original.len(), "and the inferred events are there too");
}

#[test]
fn an_overlay_inside_its_session_changes_nothing() {
    let session = tempfile::tempdir().expect("temporary folder");
    let recorded = session.path().join("ust");
    std::fs::create_dir(&recorded).expect("a folder");
    for file in ["metadata", "small_0", "small_1"] {
        std::fs::copy(root().join(LTTNG).join(file), recorded.join(file)).expect("copied");
    }
    let before = figures(text_of(session.path()));
    let overlay = session.path().join("overlay.ctf");
    let output = run(&["repair", "-q", text_of(session.path()), "-o", text_of(&overlay)]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert_eq!(figures(text_of(session.path())), before);
}

#[test]
fn more_threads_than_cores_are_not_started() {
    let output = run(&["repair", SMALL, "--threads", "100000"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("--threads 100000: this machine has"),
        "{}",
        shown(&output)
    );
}

#[test]
fn a_trace_larger_than_memory_is_refused_before_it_takes_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("out.jsonl");
    for arguments in [&["repair", SAMPLE, "-o", text_of(&path)][..], &["gaps", "--evidence", SAMPLE], &["lami", SAMPLE]]
    {
        let output = run(&[arguments, &["--max-memory", "100K"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("Give more with --max-memory"), "{}", shown(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn the_sum_of_losses_is_the_same_everywhere_and_does_not_overflow() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("lossy.txt");
    let text = std::fs::read_to_string(root().join(SMALL)).expect("readable");
    let marker = text.lines().find(|line| line.contains("[LOST")).expect("a loss").to_owned();
    std::fs::write(&path, format!("{text}{marker}\n{}\n", "CPU:0 [LOST 18446744073709551615 EVENTS]"))
        .expect("written");
    let sum = "18 446 744 073 709 551 615 events";
    for command in ["info", "gaps"] {
        assert!(stdout(&[command, text_of(&path)]).contains(sum), "{command}");
    }
    let output = run(&["repair", text_of(&path), "-o", text_of(&folder.path().join("out.jsonl"))]);
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("{sum} lost")), "{}", shown(&output));
    assert!(stdout(&["gaps", text_of(&path)]).contains("record fewer events"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_of_writing_names_the_file() {
    names_its_file(&["repair", "-q", SMALL, "-o", "/dev/full"], "/dev/full");
    names_its_file(&["repair", "-q", SMALL, "-o", "/dev/null", "--report", "/dev/full"], "/dev/full");
    names_its_file(&["train", "-q", SMALL, "-o", "/dev/full"], "/dev/full");
    let full = std::fs::File::options().write(true).open("/dev/full").expect("opened");
    let output = tracemend(&["gaps", SMALL]).stdout(full).output().expect("the command starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdout cannot be written: "), "{}", shown(&output));
}

#[test]
fn damage_inside_of_packets_fails_a_check_for_losses() {
    let output = run(&["gaps", ZEPHYR]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("damage inside of packets is not looked for"),
        "{}",
        shown(&output)
    );
    assert_eq!(run(&["gaps", "--fail-on-loss", ZEPHYR]).status.code(), Some(1));
}

#[test]
fn a_doubtful_gap_is_reported_without_advice_and_fails_no_check() {
    // A chunk alone: what lies before its first packet is in another chunk.
    let chunk = tempfile::tempdir().expect("temporary folder");
    std::fs::copy(root().join(LTTNG).join("metadata"), chunk.path().join("metadata")).expect("copied");
    let stream = std::fs::read(root().join(LTTNG).join("small_1")).expect("readable");
    std::fs::write(chunk.path().join("small_1"), &stream[4096 * 5..]).expect("written");
    let gaps = stdout(&["gaps", "--json", text_of(chunk.path())]);
    let first: serde_json::Value = serde_json::from_str(gaps.lines().nth(1).expect("a gap")).expect("JSON");
    assert_eq!((&first["data"]["cause"], first["data"].get("advice")), (&"doubtful".into(), None), "{first}");
    let only_doubtful = tempfile::tempdir().expect("temporary folder");
    std::fs::copy(root().join(LTTNG).join("metadata"), only_doubtful.path().join("metadata")).expect("copied");
    let last = (stream.len() - 1) / 4096 * 4096;
    std::fs::write(only_doubtful.path().join("small_1"), &stream[last..]).expect("written");
    let output = run(&["gaps", "--fail-on-loss", text_of(only_doubtful.path())]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 doubtful"), "{}", shown(&output));
}

/// Signals are a Unix matter.
#[cfg(unix)]
#[test]
fn an_interrupted_repair_ends_soon_and_replaces_no_earlier_output() {
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().expect("temporary folder");
    let (trace, output) = (folder.path().join("many.txt"), folder.path().join("out.jsonl"));
    let mut text = String::from("# tracer: nop\n#\n");
    for number in 0..200_000u32 {
        let (cpu, call) = (number % 2, [0, 1, 3, 257][(number / 4 % 4) as usize]);
        let what = if number / 2 % 2 == 0 {
            format!("sys_enter: NR {call} (3, 7)")
        } else {
            format!("sys_exit: NR {call} = 64")
        };
        let time = format!("{}.{:06}", 100 + number / 50_000, number % 50_000 * 20);
        let _ = writeln!(text, "             app-{}     [00{cpu}] ..... {time}: {what}", 700 + cpu);
        if number % 20 == 19 {
            let _ = writeln!(text, "CPU:{cpu} [LOST 4 EVENTS]");
        }
    }
    std::fs::write(&trace, text).expect("written");
    std::fs::write(&output, "complete").expect("written");
    let mut child =
        tracemend(&["repair", "-q", text_of(&trace), "-o", text_of(&output)]).spawn().expect("the command starts");
    std::thread::sleep(Duration::from_millis(1500));
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
    let begin = Instant::now();
    let status = child.wait().expect("the command ends");
    assert_eq!(status.code(), Some(130));
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(std::fs::read_to_string(&output).expect("readable"), "complete");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing temporary stays");
}

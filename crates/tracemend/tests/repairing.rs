//! `repair`, `train` and `evaluate` as a user sees them. What the engine thinks likeliest may change with the engine, so
//! the snapshots hold the form of the output and the numbers that must hold whatever it thinks.

mod support;

use insta::{assert_snapshot, with_settings};
use serde_json::Value;
use std::path::Path;
use support::{of_type, root, rows, run, shown, stdout, text_of};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const SAMPLE: &str = "samples/ftrace_pipe_lost.txt.zst";
const LTTNG: &str = "samples/lttng_lost";
const WINDOWS: &str = "crates/tracemend/tests/fixtures/succeed/windows";

#[test]
fn an_overlay_lists_each_gap_then_its_composition_then_its_events() {
    let rows = rows(&stdout(&["repair", "-q", SMALL]));
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    let expected = ["schema", "gap", "composition", "event", "event", "event", "event", "event", "event"];
    assert_eq!(kinds[..expected.len()], expected);
    assert!(kinds.len() > expected.len() && kinds[expected.len()..].iter().all(|kind| *kind == "statistics"));
    for event in of_type(&rows, "event") {
        assert_eq!(event["inferred"], true);
        assert_eq!(event["cpu"], 1);
        let confidence = event["confidence"].as_f64().expect("an inferred event has a confidence");
        assert!((0.0..=1.0).contains(&confidence));
    }
}

#[test]
fn every_lost_event_of_the_sample_is_inferred_within_its_gap() {
    let rows = rows(&stdout(&["repair", "-q", SAMPLE]));
    let gaps = of_type(&rows, "gap");
    let events = of_type(&rows, "event");
    assert_eq!((gaps.len(), events.len()), (21, 7228));
    for gap in gaps {
        let lost = gap["lost"].as_u64().expect("ftrace counts");
        let inside: Vec<_> = events.iter().filter(|event| event["gap"] == gap["id"]).collect();
        assert_eq!(inside.len() as u64, lost);
        for event in inside {
            assert_eq!(event["cpu"], gap["cpu"]);
            let time = event["time_ns"].as_i64().expect("the gap has a time after it");
            assert!(gap["begin_ns"].as_i64().is_none_or(|begin| begin <= time));
            assert!(gap["end_ns"].as_i64().is_none_or(|end| time <= end));
        }
    }
}

/// Answers, as JSON.
fn answers(trace: &str, queries: &[&str]) -> Vec<Value> {
    let rows = rows(&stdout(&[&["query", "--json", trace], queries].concat()));
    of_type(&rows, "answer").into_iter().cloned().collect()
}

#[test]
fn questions_are_answered_as_the_repair_shows_it() {
    let repaired = rows(&stdout(&["repair", "-q", SAMPLE]));
    let composition = of_type(&repaired, "composition").into_iter().find(|row| row["gap"] == 3).expect("gap 3").clone();
    let row = composition["by_event"].as_array().expect("rows").iter().find(|row| row["name"] == "openat");
    let row = row.expect("openat was lost there");
    let found = answers(SAMPLE, &["count(openat) in gap 3", "count(openat)", "count(openat) in 0s..5098.2s"]);
    for end in ["low", "high"] {
        assert_eq!(found[0][end], row[end]);
    }
    assert_eq!((&found[0]["value"], &found[0]["recorded"]), (&row["expected"], &0.into()));
    // All recorded ones, by the recording itself: each call has one entry.
    let entries = of_type(&repaired, "statistics").into_iter().find(|row| row["name"] == "openat").expect("a row");
    assert_eq!(found[1]["recorded"], entries["recorded"]);
    let sum = |figure: &Value| figure.as_f64().expect("a number");
    assert!((sum(&found[1]["value"]) - sum(&entries["expected"])).abs() < 1e-6);
    // Before the first event, nothing was recorded, and the gap that began there may reach it.
    assert_eq!(found[2]["recorded"], 0);
}

#[test]
fn the_complete_twin_answers_within_the_interval() {
    let queries = ["count(openat)", "count(write)", "count(getdents64)"];
    let pairs = answers(SAMPLE, &queries).into_iter().zip(answers("samples/ftrace_full.txt.zst", &queries));
    for (lossy, full) in pairs {
        let truth = full["value"].as_f64();
        assert!(truth >= lossy["low"].as_f64() && truth <= lossy["high"].as_f64(), "{lossy} {full}");
        assert_eq!(full["low"], full["high"]);
    }
}

#[test]
fn what_was_recorded_is_certain_and_a_question_that_is_none_says_where() {
    let found = answers(SAMPLE, &["P(openat)", "P(no_such_call)", "latency(openat, p95) for cpu 0"]);
    assert_eq!((&found[0]["value"], &found[1]["value"]), (&1.0.into(), &0.0.into()));
    assert!(found[1]["high"].as_f64() > Some(0.0), "that it is in no sample does not exclude it");
    assert!(found[2]["value"].as_f64() > Some(0.0));
    let failed = run(&["query", SAMPLE, "count(openat) of gap 3"]);
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(said.contains("column 15") && said.contains("`in` or `for`"), "{said}");
}

#[test]
fn a_merge_keeps_every_recorded_event_and_the_order_of_time() {
    let rows = rows(&stdout(&["repair", "-q", "--merge", SAMPLE]));
    let events = of_type(&rows, "event");
    let recorded = events.iter().filter(|event| event["inferred"] == false);
    assert!(recorded.clone().all(|event| event["confidence"].is_null() && event["gap"].is_null()));
    assert_eq!((recorded.count(), events.len()), (15602, 15602 + 7228));
    let times: Vec<i64> = events.iter().filter_map(|event| event["time_ns"].as_i64()).collect();
    assert!(times.is_sorted());
}

#[test]
fn format_names_the_output_of_a_repair_or_else_its_input() {
    let csv = stdout(&["repair", "-q", "--output-format", "csv", SMALL]);
    assert_eq!(stdout(&["repair", "-q", "--format", "csv", SMALL]), csv);
    assert_eq!(stdout(&["--seed", "0", "repair", "-q", SMALL, "--format=csv", "--input-format", "ftrace"]), csv);
    assert_eq!(stdout(&["repair", "-q", SMALL, "--format", "ftrace", "--output-format", "csv"]), csv);
    // Elsewhere it is the input: this is none.
    assert!(!run(&["info", "--format", "csv", SMALL]).status.success());
}

#[test]
fn text_keeps_the_recorded_lines_as_they_are() {
    let text = stdout(&["repair", "-q", "--output-format", "text", SMALL]);
    let recorded: Vec<&str> = text.lines().filter(|line| !line.starts_with('~')).collect();
    let input = std::fs::read_to_string(root().join(SMALL)).expect("fixture");
    let lines: Vec<&str> = input.lines().filter(|line| !line.starts_with("CPU:")).collect();
    assert_eq!(recorded, lines);
    let marked: Vec<&str> = text.lines().filter(|line| line.starts_with('~')).collect();
    with_settings!({ filters => vec![
        (r"~ \d\.\d\d .*", "~ [event]"),
        (r"intervals: .*", "intervals: [kinds]"),
    ] }, {
        assert_snapshot!(marked.join("\n"));
    });
}

/// A gap of a text output with the recorded lines around it, its middle left out, cut to the width of a page.
fn excerpt(text: &str, gap: &str) -> String {
    const WIDTH: usize = 104;
    let lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().position(|line| line.starts_with(gap)).expect("the gap is there");
    let end = (begin..lines.len()).find(|&at| !lines[at].starts_with('~')).expect("something is recorded after it");
    let mut shown = Vec::new();
    for line in lines[begin - 3..begin + 8].iter().chain(&lines[end - 4..end + 2]) {
        if shown.len() == 11 {
            shown.push(format!("  [{} more inferred]", end - 4 - (begin + 8)));
        }
        let cut: String = line.chars().take(WIDTH - 1).collect();
        shown.push(if line.chars().count() > WIDTH { format!("{}…", cut.trim_end()) } else { (*line).to_owned() });
    }
    shown.join("\n")
}

/// The losses of the LTTng sample: the first gaps, and what stands below the table.
fn excerpt_of_gaps(text: &str) -> String {
    const ROWS: usize = 4;
    let (table, sum) = text.split_once("\n\n").expect("a sum follows the table");
    let rows: Vec<&str> = table.lines().collect();
    let (shown, left) = rows.split_at(1 + ROWS);
    format!("{}\n  [{} more gaps]\n\n{}", shown.join("\n"), left.len(), sum.trim_end())
}

#[test]
fn the_excerpts_in_the_readme_are_real_output() {
    let path = root().join("README.md");
    let mut readme = std::fs::read_to_string(&path).expect("README");
    let repaired = excerpt(&stdout(&["repair", "-q", "--output-format", "text", SAMPLE]), "~ gap 12:");
    let gaps = excerpt_of_gaps(&stdout(&["gaps", LTTNG]));
    let folder = tempfile::tempdir().expect("temporary folder");
    let told = run(&["repair", SAMPLE, "-o", text_of(&folder.path().join("repaired.jsonl"))]).stderr;
    let told = String::from_utf8_lossy(&told).trim_end().to_owned();
    let excerpts = [
        ("```console\n$ tracemend repair samples/ftrace_pipe_lost.txt.zst -o repaired.jsonl\n", told),
        ("```text\n", repaired),
        ("```console\n$ tracemend gaps samples/lttng_lost\n", gaps),
    ];
    for (opening, fresh) in excerpts {
        let (before, rest) = readme.split_once(opening).expect("the excerpt begins");
        let (shown, after) = rest.split_once("\n```").expect("the excerpt ends");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            readme = format!("{before}{opening}{fresh}\n```{after}");
            std::fs::write(&path, &readme).expect("README is writable");
        } else {
            assert!(
                shown == fresh,
                "README.md shows an output of another version; run `just docs`. Now it is:\n{fresh}"
            );
        }
    }
}

#[test]
fn the_lttng_session_of_the_readme_is_repaired_as_told() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README");
    assert!(readme.contains("\ntracemend repair samples/lttng_lost -o repaired.jsonl\n"));
    let folder = tempfile::tempdir().expect("temporary folder");
    let overlay = folder.path().join("repaired.jsonl");
    stdout(&["repair", LTTNG, "-o", text_of(&overlay)]);
    let rows = rows(&std::fs::read_to_string(&overlay).expect("the overlay is there"));
    let (gaps, events) = (of_type(&rows, "gap"), of_type(&rows, "event"));
    assert_eq!((gaps.len(), events.len()), (25, 8075));
    let time = |gap: &Value, key: &str| gap[key].as_i64().expect("a time");
    for gap in gaps.iter().filter(|gap| gap.get("kept_begin_ns").is_some()) {
        let times = ["begin_ns", "kept_begin_ns", "kept_end_ns", "end_ns"].map(|key| time(gap, key));
        assert!(times.is_sorted(), "{gap}");
    }
}

/// Each file of a CTF trace counts its bytes from 0, so that byte offsets do not tell its events apart.
#[test]
fn text_keeps_the_records_of_several_files_in_the_order_of_time() {
    let text = stdout(&["repair", "-q", "--output-format", "text", LTTNG]);
    let recorded: Vec<&str> = text.lines().filter(|line| !line.starts_with('~')).collect();
    assert_eq!(recorded.len(), 2747);
    let times: Vec<&str> = recorded.iter().filter_map(|line| Some(line.split_once(']')?.0)).collect();
    assert!(times.is_sorted());
    let of_cpu = |cpu: &str| recorded.iter().filter(|line| line.contains(cpu)).count();
    assert_eq!((of_cpu("cpu_id = 0"), of_cpu("cpu_id = 1")), (1208, 1539));
}

#[test]
fn csv_has_one_event_a_row() {
    let text = stdout(&["repair", "-q", "--output-format", "csv", "--merge", SMALL]);
    assert_eq!(text.lines().count(), 1 + 120);
    assert_eq!(text.lines().filter(|line| line.contains(",true,")).count(), 6);
}

#[test]
fn events_below_the_asked_confidence_stay_gap_and_are_counted() {
    let rows = rows(&stdout(&["repair", "-q", "--min-confidence", "0.9", SAMPLE]));
    let events = of_type(&rows, "event");
    assert!(events.iter().all(|event| event["confidence"].as_f64().is_some_and(|p| p >= 0.9)));
    let gaps = of_type(&rows, "gap");
    let sum = |field: &str| gaps.iter().filter_map(|gap| gap[field].as_u64()).sum::<u64>();
    assert_eq!(sum("inferred"), events.len() as u64);
    assert_eq!(sum("inferred") + sum("withheld"), 7228);
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let with = |threads: &str| {
        stdout(&["repair", "-q", "--merge", "--samples", "2", "--seed", "5", "--threads", threads, SAMPLE])
    };
    assert!(with("1") == with("2"), "the outputs for 1 and 2 threads differ");
}

#[test]
fn a_summary_goes_to_stderr_unless_quiet() {
    let output = run(&["repair", SMALL]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let sure = r"(none|\d+) of them with confidence >= 0\.90(, of which [\d.]+ are expected to be right)?";
    with_settings!({ filters => vec![(sure, "[n] of them with confidence >= 0.90")] }, { assert_snapshot!(stderr); });
    assert!(run(&["repair", "-q", SMALL]).stderr.is_empty());
}

#[test]
fn an_output_file_holds_what_stdout_would_and_appears_whole() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("repaired.jsonl");
    assert!(stdout(&["repair", "-q", SMALL, "-o", text_of(&path)]).is_empty());
    assert_eq!(std::fs::read_to_string(&path).expect("written"), stdout(&["repair", "-q", SMALL]));
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1);
}

#[test]
fn a_failed_repair_leaves_no_file() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("repaired.jsonl");
    assert_eq!(run(&["repair", "no/such/trace", "-o", text_of(&path)]).status.code(), Some(2));
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0);
}

/// Signals are a Unix matter; elsewhere the temporary file of a killed program stays.
#[cfg(unix)]
#[test]
fn an_interrupted_repair_ends_with_130_and_leaves_no_file() {
    use std::{process::Command, process::Stdio, time::Duration};
    let folder = tempfile::tempdir().expect("temporary folder");
    let files = || std::fs::read_dir(folder.path()).expect("folder").count();
    let mut child = support::tracemend(&["repair", "-", "-o", text_of(&folder.path().join("out"))])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // Held open to the end, so that it waits for more of the trace; `wait` would close it.
    let stdin = child.stdin.take();
    for _ in 0..500 {
        if files() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(files(), 1, "the output is opened before the work");
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
    let status = child.wait().expect("the command ends");
    drop(stdin);
    assert_eq!(status.code(), Some(130));
    assert_eq!(files(), 0);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_the_work() {
    assert_snapshot!(shown(&run(&["repair", SMALL, "-o", "no/such/folder/out.jsonl"])));
}

#[test]
fn the_recording_is_never_overwritten() {
    assert_snapshot!(shown(&run(&["repair", SMALL, "-o", SMALL])));
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    assert_snapshot!(shown(&run(&["repair", "--dry-run", SMALL])));
}

#[test]
fn a_trace_without_loss_is_no_error_but_warned_of() {
    let complete = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    assert_snapshot!(shown(&run(&["repair", complete])));
}

#[test]
fn json_and_another_output_form_contradict_each_other() {
    assert_snapshot!(shown(&run(&["repair", "--json", "--output-format", "csv", SMALL])));
}

#[test]
fn a_missing_model_is_an_error_that_says_what_to_do() {
    assert_snapshot!(shown(&run(&["repair", SMALL, "--model", "no/such/model"])));
}

#[test]
fn a_file_that_is_no_model_is_an_error() {
    assert_eq!(run(&["repair", SMALL, "--model", SMALL]).status.code(), Some(2));
}

#[test]
fn a_trained_model_repairs_and_is_named_in_every_event() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let model = folder.path().join("shell.model");
    let complete = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
    stdout(&["train", "-q", complete, SMALL, "-o", text_of(&model)]);
    let rows = rows(&stdout(&["repair", "-q", SMALL, "--model", text_of(&model)]));
    let events = of_type(&rows, "event");
    assert_eq!(events.len(), 6);
    assert!(events.iter().all(|event| event["model"] == "engine:shell.model"));
}

#[test]
fn models_merge_to_the_same_bytes_in_any_order_and_grouping() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = |name: &str| text_of(&folder.path().join(name)).to_owned();
    let traces = ["small_full.txt", "small_lost.txt", "shell/run1.csv.zst"];
    let [a, b, c] = traces.map(|trace| {
        let model = path(&format!("{}.model", trace.replace('/', "_")));
        stdout(&["train", "-q", &format!("crates/tracemend/tests/fixtures/succeed/{trace}"), "-o", &model]);
        model
    });
    let merge = |models: &[&str], name: &str| {
        stdout(&[&["merge", "-q"], models, &["-o", &path(name)]].concat());
        path(name)
    };
    let at_once = merge(&[&a, &b, &c], "at_once");
    let turned = merge(&[&c, &a, &b], "turned");
    let tree = merge(&[&merge(&[&b, &c], "part"), &a], "tree");
    let bytes = |path: &str| std::fs::read(path).expect("a model");
    assert!(bytes(&at_once).len() > bytes(&a).len());
    assert_eq!(bytes(&at_once), bytes(&turned));
    assert_eq!(bytes(&at_once), bytes(&tree));
    // Merged alone, a model stays what it is; into its own place too.
    let before = bytes(&a);
    stdout(&["merge", "-q", &a, "-o", &a]);
    assert_eq!(bytes(&a), before);
    let rows = rows(&stdout(&["repair", "-q", SMALL, "--model", &at_once]));
    assert!(of_type(&rows, "event").iter().all(|event| event["model"] == "engine:at_once"));
}

#[test]
fn what_is_no_model_does_not_merge() {
    let output = run(&["merge", SMALL, "-o", "no/such/folder/model"]);
    assert!(shown(&output).contains("choose another place with --output"));
    let folder = tempfile::tempdir().expect("temporary folder");
    let output = run(&["merge", SMALL, "-o", text_of(&folder.path().join("model"))]);
    assert_eq!(output.status.code(), Some(2));
    assert!(shown(&output).contains("not a model file"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn training_without_an_output_is_an_error() {
    assert_snapshot!(shown(&run(&["train", SMALL])));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn evaluation_prints_methods_as_rows() {
    let args = ["evaluate", "--protocol", "paper", "--data", WINDOWS, "--length", "20", "--blackout", "3"];
    let output = run(&[&args[..], &["--method", "lookup,repeat"]].concat());
    with_settings!({ filters => vec![(r" +\d\.\d{6} \[[^]]*\]", " [seconds]"), (r" +seconds_per_gap", " seconds_per_gap")] }, {
        assert_snapshot!(shown(&output));
    });
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn a_figure_under_its_bound_is_exit_code_1() {
    let args = ["evaluate", "--protocol", "paper", "--data", WINDOWS, "--length", "20", "--blackout", "3"];
    let with = |bound: &str| run(&[&args[..], &["--fail-under", bound]].concat());
    assert_eq!(with("accuracy=0.9").status.code(), Some(0));
    assert_eq!(with("repeat:accuracy=0.9").status.code(), Some(1));
    assert_eq!(with("nonsense=0.9").status.code(), Some(2));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn the_paper_protocol_wants_its_windows() {
    assert_snapshot!(shown(&run(&["evaluate", "--protocol", "paper"])));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn counts_of_real_losses_are_what_the_complete_twin_holds() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let (lossy, full) = (samples.join("ftrace_pipe_lost.txt.zst"), samples.join("ftrace_full.txt.zst"));
    let arguments = ["evaluate", "--json", "--protocol", "truth", "--method", "repeat,lookup"];
    let output = run(&[&arguments[..], &["--lossy", text_of(&lossy), "--full", text_of(&full)]].concat());
    assert_eq!(output.status.code(), Some(0));
    let rows = rows(&String::from_utf8_lossy(&output.stdout));
    let gaps = of_type(&rows, "truth");
    assert_eq!(gaps.len(), 21);
    for gap in &gaps {
        assert!(gap["lost_found"].is_u64());
        assert_eq!(gap["lost_found"], gap["lost_true"], "{gap}");
    }
    let of = |method: &str, metric: &str| {
        let found = of_type(&rows, "score").into_iter().find(|row| row["method"] == method && row["metric"] == metric);
        found.and_then(|row| row["value"].as_f64()).expect("a figure")
    };
    assert_eq!(of("-", "count_exact"), 1.0);
    assert!(of("lookup", "thread_lcs") > of("repeat", "thread_lcs"));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn a_trace_of_another_run_is_no_twin() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let (lossy, full) = (samples.join("perf_script_lost.txt.zst"), samples.join("ftrace_full.txt.zst"));
    let output = run(&["evaluate", "--protocol", "truth", "--lossy", text_of(&lossy), "--full", text_of(&full)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("complete twin"));
}

#[test]
fn gaps_of_unread_lines_are_filled_only_if_asked_for() {
    let damaged = "crates/tracemend-trace/tests/fixtures/fail/mixed.txt";
    let output = run(&["repair", damaged, "--output-format", "csv"]);
    let (rows, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), rows.lines().count()), (Some(0), 1), "{rows}");
    assert!(said.contains("repaired 0 of 1 gap: an unknown number of events lost, 0 inferred"), "{said}");
    assert!(said.contains("lines that could not be read") && said.contains("--fill-damage"), "{said}");
    let filled = stdout(&["repair", damaged, "--output-format", "csv", "--fill-damage"]);
    assert!(filled.lines().count() <= 1 + 3, "three lines could not be read: {filled}");
}

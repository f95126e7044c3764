//! Repairs as files for other programs, read by those programs where they are installed.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{repaired, root, run, shown, stdout, text_of};
use tracemend::overlay::{OWN_MODEL, WriteOptions};
use tracemend::pipeline::{Repaired, load};
use tracemend_repair::{RepairOptions, repair, unwatched};
use tracemend_trace::{OpenOptions, open};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const COMPLETE: &str = "crates/tracemend/tests/fixtures/succeed/small_full.txt";
const SAMPLE: &str = "samples/ftrace_pipe_lost.txt.zst";
const LTTNG: &str = "samples/lttng_lost";

/// Real traces of every format with losses: those in the repository, and those beside it where they are.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> =
        [SAMPLE, LTTNG, "samples/perf_script_lost.txt.zst", "samples/bpftrace_lost.txt"].map(str::to_owned).into();
    let shared = std::env::var_os("TRACEMEND_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let beside = [
        "ctf18-ust-paired",
        "ctf2-ust-paired",
        "ctf18-ust-overwrite",
        "ctf18-ust-libcwrap",
        "perf_lost.data",
        "perf_lost_z.data",
        "perf_trace_lost.txt",
        "strace_f_ttt.txt",
        "trace_lost_v7_zstd.dat",
        "ftrace_trace_static_overwritten.txt",
    ];
    for name in beside {
        let path = shared.join("samples").join(name);
        match path.exists() {
            true => samples.push(text_of(&path).to_owned()),
            false => eprintln!("skipped: {} is not here", path.display()),
        }
    }
    samples
}

/// A tool's output; `None`, and a word about it, where it is not installed.
fn tool(command: &mut Command) -> Option<Output> {
    let output = command.output();
    if output.is_err() {
        eprintln!("skipped: {} is not installed", command.get_program().to_string_lossy());
    }
    output.ok()
}

/// Runs a script of `tests/readers`; `None`, and a word about it, where its Python packages are missing (exit code 77).
fn script(name: &str, arguments: &[&str]) -> Option<String> {
    let python = std::env::var_os("TRACEMEND_PYTHON").unwrap_or_else(|| "python3".into());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(name);
    let output = tool(Command::new(python).arg(path).args(arguments))?;
    if output.status.code() == Some(77) {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        return None;
    }
    assert!(output.status.success(), "{}", shown(&output));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn events_of(trace: &str, merge: bool) -> usize {
    let merge: &[&str] = if merge { &["--merge"] } else { &[] };
    let rows = stdout(&[&["repair", "-q", trace], merge].concat());
    rows.lines().filter(|line| line.starts_with(r#"{"type":"event""#)).count()
}

#[test]
fn babeltrace2_reads_overlays_and_merges_of_every_sample() {
    if tool(Command::new("babeltrace2").arg("--version")).is_none() {
        return;
    }
    let options = WriteOptions { min_confidence: 0.0, model: OWN_MODEL };
    for trace in samples() {
        let mut source = open(&root().join(&trace), &OpenOptions::default()).expect("opened");
        let loaded = load(source.as_mut(), false).expect("read");
        let repairs = repair(&loaded.trace, None, &RepairOptions::default(), &unwatched);
        let repaired = Repaired::new(&loaded, &repairs, options);
        let inferred: usize = repairs.iter().map(|repair| repair.events.len()).sum();
        for (merge, expected) in [(false, inferred), (true, inferred + loaded.trace.events.len())] {
            let folder = tempfile::tempdir().expect("temporary folder");
            repaired.write_ctf(merge, folder.path()).expect("written");
            let printed = tool(Command::new("babeltrace2").arg(folder.path())).expect("it is installed");
            assert!(printed.status.success(), "{trace}: {}", String::from_utf8_lossy(&printed.stderr));
            let lines = String::from_utf8_lossy(&printed.stdout).lines().count();
            assert_eq!(lines, expected, "{trace}, merged: {merge}");
        }
    }
}

#[test]
fn babeltrace2_interleaves_an_lttng_trace_with_its_overlay() {
    let (_folder, overlay) = repaired(LTTNG, "overlay.ctf", &[]);
    let trace = root().join(LTTNG);
    let Some(printed) =
        tool(Command::new("babeltrace2").args(["--clock-seconds", "--no-delta"]).arg(trace).arg(overlay))
    else {
        return;
    };
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let text = String::from_utf8_lossy(&printed.stdout);
    let times: Vec<&str> = text.lines().map(|line| &line[..22]).collect();
    assert_eq!(times.len(), events_of(LTTNG, true));
    assert!(times.is_sorted(), "the two are of one clock");
}

#[test]
fn a_merged_ctf_trace_has_the_losses_of_the_recording() {
    for trace in [LTTNG, SAMPLE] {
        let (_folder, path) = repaired(trace, "out.ctf", &["--merge"]);
        let losses = |trace: &str| {
            let rows = stdout(&["gaps", "--json", trace]);
            let field = |row: &serde_json::Value, name: &str| row["data"][name].clone();
            let mut gaps: Vec<_> = rows
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
                .filter(|row| row["type"] == "gap")
                .map(|row| {
                    let (begin, end) = (field(&row, "begin_ns").as_i64(), field(&row, "end_ns").as_i64());
                    // CTF has no gap without a begin: the packet of the first one begins where it ends.
                    (begin.or(end), end, field(&row, "lost").as_u64())
                })
                .collect();
            gaps.sort_unstable();
            gaps
        };
        assert_eq!(losses(text_of(&path)), losses(trace), "{trace}");
    }
}

#[test]
fn a_ctf_folder_is_neither_stdout_nor_laid_over_another() {
    let output = run(&["repair", "-q", SMALL, "--output-format", "ctf"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("name it with --output"));
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("mine"), "precious").expect("written");
    let output = run(&["repair", "-q", SMALL, "--output-format", "ctf", "-o", text_of(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[test]
fn the_suffix_decides_the_form_unless_an_option_does() {
    let first = |name: &str, options: &[&str]| {
        let (_folder, path) = repaired(SMALL, name, options);
        std::fs::read(path).expect("written").into_iter().take(4).collect::<Vec<u8>>()
    };
    assert_eq!(first("out.csv", &[]), b"time");
    assert_eq!(first("out.csv", &["--json"]), b"{\"ty");
    assert_eq!(first("out.csv", &["--output-format", "parquet"]), b"PAR1");
    assert_eq!(first("out.json", &[]), b"{\"ty");
    for (name, options) in [("out.html", &[][..]), ("out.pftrace", &["--samples", "1"])] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join(name);
        let output = run(&[&["repair", SMALL, "-o", text_of(&path)], options].concat());
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(!path.exists());
    }
}

#[test]
fn duckdb_and_pandas_read_the_parquet_as_the_json() {
    for (trace, options) in [(SAMPLE, &["--merge", "--samples", "1"][..]), (LTTNG, &[])] {
        let (_folder, parquet) = repaired(trace, "out.parquet", options);
        let (_other, jsonl) = repaired(trace, "out.jsonl", options);
        if let Some(told) = script("parquet.py", &[text_of(&parquet), text_of(&jsonl)]) {
            assert!(told.contains("equal"), "{told}");
        }
    }
}

#[test]
fn perfetto_reads_back_what_was_written_through_its_own_definitions() {
    for trace in [SAMPLE, LTTNG] {
        let (_folder, perfetto) = repaired(trace, "out.perfetto-trace", &[]);
        let (_other, jsonl) = repaired(trace, "out.jsonl", &["--merge"]);
        if let Some(told) = script("perfetto_trace.py", &[text_of(&perfetto), text_of(&jsonl)]) {
            assert!(told.contains("equal"), "{told}");
        }
    }
}

#[test]
fn chrome_json_has_every_gap_and_every_inferred_event() {
    let (_folder, path) = repaired(SAMPLE, "out.json", &["--output-format", "chrome"]);
    let text = std::fs::read_to_string(path).expect("written");
    let trace: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("an array");
    let named = |pid: &serde_json::Value, tid: &serde_json::Value| {
        let own =
            |event: &&serde_json::Value| event["name"] == "thread_name" && event["pid"] == *pid && event["tid"] == *tid;
        events.iter().find(own).and_then(|event| event["args"]["name"].as_str()).unwrap_or_default()
    };
    let lost: u64 = events
        .iter()
        .filter(|event| event["cat"] == "lost")
        .filter_map(|event| event["name"].as_str()?.strip_prefix("LOST ")?.parse::<u64>().ok())
        .sum();
    assert_eq!(lost, 7228);
    let marks: Vec<&serde_json::Value> =
        events.iter().filter(|event| event["cat"] == "inferred" && event["ph"] == "i").collect();
    let on_cpus = marks.iter().filter(|event| named(&event["pid"], &event["tid"]).starts_with("CPU ")).count();
    assert_eq!(on_cpus, 7228);
    assert!(marks.iter().all(|event| event["args"]["confidence"].is_number()));
}

#[test]
fn the_report_works_in_a_browser() {
    for (trace, events, gaps) in [(SAMPLE, "22830", "21"), (LTTNG, "10822", "25"), (COMPLETE, "120", "0")] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (report, rest) = (folder.path().join("report.html"), folder.path().join("rest.jsonl"));
        stdout(&["repair", "-q", trace, "-o", text_of(&rest), "--report", text_of(&report)]);
        // Asked for by `just docs`: the pictures of the sample's report.
        let pictures = match std::env::var_os("UPDATE_DOCS") {
            Some(_) if trace == SAMPLE => root().join("docs/images"),
            _ => PathBuf::from("-"),
        };
        if let Some(told) = script("report_page.py", &[text_of(&report), events, gaps, "2000", text_of(&pictures)]) {
            assert!(told.contains("works"), "{told}");
        }
    }
}

#[test]
fn a_report_beside_text_holds_the_recorded_events_too() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (text, report) = (folder.path().join("out.txt"), folder.path().join("report.html"));
    stdout(&["repair", "-q", SMALL, "-o", text_of(&text), "--report", text_of(&report)]);
    let lines = std::fs::read_to_string(text).expect("written");
    let recorded = lines.lines().filter(|line| !line.starts_with('~') && !line.starts_with('#')).count();
    let page = std::fs::read_to_string(report).expect("written");
    assert!(page.contains(&format!("\"recorded\":{recorded},\"summary\"")), "{recorded}");
}

#[test]
fn a_report_of_a_hundred_thousand_events_is_small_and_quick() {
    // The sample five times over, one after the other.
    let text =
        String::from_utf8(zstd::decode_all(std::fs::File::open(root().join(SAMPLE)).expect("sample")).expect("zstd"))
            .expect("text");
    let time = |line: &str| {
        let stamp = line.split_whitespace().find(|word| word.ends_with(':') && word.contains('.'))?;
        stamp.trim_end_matches(':').parse::<f64>().ok().map(|seconds| (stamp.to_owned(), seconds))
    };
    let mut long = String::new();
    for round in 0..5 {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match time(line) {
                Some((stamp, seconds)) => {
                    long.push_str(&line.replacen(&stamp, &format!("{:.6}:", seconds + f64::from(round)), 1));
                }
                None => long.push_str(line),
            }
            long.push('\n');
        }
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    let [trace, rest, report] = ["trace.txt", "rest.csv", "report.html"].map(|name| folder.path().join(name));
    std::fs::write(&trace, long).expect("written");
    stdout(&["repair", "-q", text_of(&trace), "-o", text_of(&rest), "--report", text_of(&report)]);
    let page = std::fs::read_to_string(&report).expect("written");
    assert!(page.len() < 15_000_000, "{} bytes", page.len());
    let recorded = 5 * 15602;
    let inferred = std::fs::read_to_string(&rest).expect("written").lines().count() - 1;
    assert!(recorded + inferred > 100_000, "{inferred} inferred");
    let events = (recorded + inferred).to_string();
    let gaps = page.matches("\"composition\":").count().to_string();
    if let Some(told) = script("report_page.py", &[text_of(&report), &events, &gaps, "2000", "-"]) {
        println!("{} bytes, {told}", page.len());
    }
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn an_evaluation_has_a_report() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let report = folder.path().join("report.html");
    let windows = "crates/tracemend/tests/fixtures/succeed/windows";
    let arguments = ["evaluate", "-q", "--protocol", "paper", "--data", windows, "--length", "20", "--blackout", "3"];
    let printed = stdout(&[&arguments[..], &["--method", "lookup,repeat", "--report", text_of(&report)]].concat());
    let page = std::fs::read_to_string(report).expect("written");
    assert!(page.contains("<svg") && page.contains(">lookup<") && printed.contains("lookup"));
    assert!(!page.contains("http://") && !page.contains("https://"), "the page needs no network");
}

/// What Trace Compass refuses in a cell: an unordered number, one limit without the other, a time range of anything but times.
fn assert_is_lami(cell: &serde_json::Value) {
    let bound = |name: &str| match &cell[name] {
        serde_json::Value::String(text) if text == "-inf" => Some(f64::NEG_INFINITY),
        serde_json::Value::String(text) if text == "+inf" => Some(f64::INFINITY),
        other => other.as_f64(),
    };
    match cell["class"].as_str() {
        Some("number" | "timestamp" | "ratio") => {
            let value = cell["value"].as_f64().expect("a value");
            assert_eq!(bound("low").is_some(), bound("high").is_some(), "{cell}");
            assert!(bound("low").is_none_or(|low| low <= value), "{cell}");
            assert!(bound("high").is_none_or(|high| value <= high), "{cell}");
        }
        Some("time-range") => {
            for end in ["begin", "end"] {
                assert_eq!(cell[end]["class"], "timestamp", "{cell}");
                assert_is_lami(&cell[end]);
            }
        }
        _ => {}
    }
}

#[test]
fn trace_compass_gets_tables_of_the_classes_announced() {
    let value = |arguments: &[&str]| -> serde_json::Value {
        let output = stdout(&[&["lami"], arguments].concat());
        let json = output.lines().find(|line| line.starts_with('{')).expect("a JSON object");
        serde_json::from_str(json).expect("JSON")
    };
    assert_eq!(stdout(&["lami", "--mi-version"]), "1.0\n");
    let metadata = value(&["--metadata"]);
    let results = value(&["-q", "--output-progress", SAMPLE]);
    for table in results["results"].as_array().expect("tables") {
        let class = table["class"].as_str().expect("a class");
        assert_is_lami(&table["time-range"]);
        let columns = metadata["table-classes"][class]["column-descriptions"].as_array().expect("it was announced");
        for row in table["data"].as_array().expect("rows") {
            let cells = row.as_array().expect("cells");
            assert_eq!(cells.len(), columns.len(), "{class}");
            for (cell, column) in cells.iter().zip(columns) {
                assert_is_lami(cell);
                let own = cell["class"].as_str();
                assert!(own.is_none_or(|own| own == column["class"] || own == "unknown"), "{class}: {cell} {column}");
            }
        }
    }
    let rows = |class: &str| {
        let table =
            results["results"].as_array().and_then(|tables| tables.iter().find(|table| table["class"] == class));
        table.and_then(|table| table["data"].as_array()).map_or(0, Vec::len)
    };
    assert_eq!((rows("gaps"), rows("inferred")), (21, 7228));
    let part = value(&["-q", SAMPLE, "--begin", "5098500000000", "--end", "5098600000000"]);
    let inferred = part["results"][2]["data"].as_array().expect("rows");
    assert!(!inferred.is_empty() && inferred.len() < 7228);
    assert_eq!(run(&["lami", "--test-compatibility", SAMPLE]).status.code(), Some(0));
    let prose = "crates/tracemend/tests/fixtures/fail/prose.txt";
    assert_eq!(run(&["lami", "--test-compatibility", prose]).status.code(), Some(2));
}

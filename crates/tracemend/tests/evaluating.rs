//! What `evaluate` leaves behind: arrays, answers, pictures, finished cells.

mod support;

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Stdio, thread::sleep, time::Duration};
use support::{run, shown, stdout, tracemend};

const WINDOWS: [&str; 8] = [
    "evaluate",
    "--protocol",
    "paper",
    "--data",
    "crates/tracemend/tests/fixtures/succeed/windows",
    "--length",
    "20",
    "--blackout=3,5",
];
/// A complete recording and another tracer's of the same commands.
const RUNS: [&str; 7] = [
    "evaluate",
    "--protocol",
    "cross-run",
    "--train",
    "samples/ftrace_full.txt.zst",
    "--test",
    "samples/perf_script_lost.txt.zst",
];

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

fn rows(text: &str, kind: &str) -> Vec<Value> {
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("every line is JSON"));
    all.filter(|row| row["type"] == kind).map(|mut row| row["data"].take()).collect()
}

/// Figures by all that tells them apart, without those that depend on how fast the machine was.
fn figures(json: &str) -> BTreeMap<String, [String; 3]> {
    let scores = rows(json, "score").into_iter().filter(|row| row["metric"] != "seconds_per_gap");
    scores
        .map(|row| {
            let key = ["data", "method", "blackout", "metric"].map(|field| row[field].to_string()).join(" ");
            (key, ["value", "low", "high"].map(|field| row[field].to_string()))
        })
        .collect()
}

#[test]
fn saved_arrays_are_scored_to_the_same_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("saved");
    let measured = figures(&stdout(&[&WINDOWS[..], &["--json", "--save-arrays", text(&saved)]].concat()));
    let arrays = ["evaluate", "--protocol", "paper", "--json", "--arrays", text(&saved)];
    let again = figures(&stdout(&arrays));
    assert!(again.len() > 40, "{}", again.len());
    let number = |text: &String| text.parse::<f64>().expect("a number");
    for (key, figure) in &again {
        let before = measured.get(key).unwrap_or_else(|| panic!("{key} was not measured"));
        let same = |(a, b): (&String, &String)| (number(a) - number(b)).abs() < 1e-12;
        assert!(figure.iter().zip(before).all(same), "{key}: {figure:?}, measured {before:?}");
    }
    // All but the confidences, which arrays do not hold, and the share of windows known from training.
    let kept = |key: &&String| !["ece", "precision_at_90", "leakage"].iter().any(|metric| key.contains(metric));
    assert_eq!(again.keys().collect::<Vec<_>>(), measured.keys().filter(kept).collect::<Vec<_>>());
}

#[test]
fn dumped_answers_add_up_to_the_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("answers.jsonl");
    let options = ["--length", "32", "--blackout", "4", "--gaps", "30", "--method", "counts,repeat"];
    let printed = stdout(&[&RUNS[..], &options, &["--json", "--dump", text(&dump)]].concat());
    let answers = rows(&fs::read_to_string(&dump).expect("written"), "answer");
    for method in ["counts", "repeat"] {
        let own: Vec<&Value> = answers.iter().filter(|row| row["method"] == method).collect();
        assert_eq!(own.len(), 30);
        let list = |row: &Value, field: &str| row[field].as_array().expect("a list").clone();
        let (mut right, mut all, mut perfect) = (0.0, 0.0, 0.0);
        for row in own {
            let (truth, answer) = (list(row, "truth"), list(row, "answer"));
            assert_eq!((truth.len(), list(row, "probability").len()), (4, 4));
            right += truth.iter().zip(&answer).filter(|(a, b)| a == b).count() as f64;
            all += truth.len() as f64;
            perfect += f64::from(u8::from(truth == answer));
        }
        let of = |metric: &str| {
            let wanted = |row: &&Value| row["method"] == method && row["metric"] == metric;
            rows(&printed, "score").iter().find(wanted).and_then(|row| row["value"].as_f64()).expect("a figure")
        };
        assert!((of("accuracy") - right / all).abs() < 1e-12);
        assert!((of("perfect_rate") - perfect / 30.0).abs() < 1e-12);
    }
}

#[test]
fn tables_pictures_and_differences_come_as_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let methods = ["--method", "lookup,repeat"];
    let with = |options: &[&str]| stdout(&[&WINDOWS[..], &methods, options].concat());
    let plots = folder.path().join("plots");
    let printed = with(&["--plots", text(&plots)]);
    assert!(printed.contains("accuracy at k=3: lookup beats repeat by "), "{printed}");
    let mut names: Vec<String> = fs::read_dir(&plots)
        .expect("a folder")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    for (name, kind) in names.iter().zip(["length-", "reliability-", "time-"]) {
        let picture = fs::read_to_string(plots.join(name)).expect("a picture");
        assert!(name.starts_with(kind) && picture.contains("<title>lookup</title>"), "{name}");
        assert!(!picture.contains("href") && picture.contains("prefers-color-scheme:dark"), "needs nothing else");
    }
    assert!(with(&["--table", "markdown"]).contains("| lookup | "));
    let csv = with(&["--table", "csv"]);
    let json = with(&["--json"]);
    let scores = rows(&json, "score");
    assert_eq!(csv.lines().count(), scores.len() + 1);
    let accuracy = scores.iter().find(|row| row["metric"] == "accuracy").expect("a figure");
    let line = csv.lines().find(|line| line.contains(",lookup,3,accuracy,")).expect("a line");
    let cells: Vec<&str> = line.split(',').collect();
    assert_eq!(cells[..2], ["paper", accuracy["data"].as_str().expect("a name")]);
    assert_eq!(cells[5].parse().ok(), accuracy["value"].as_f64());
    assert!(rows(&json, "difference").iter().any(|row| row["metric"] == "accuracy" && row["real"] == true));
}

#[test]
fn dumped_answers_to_gaps_of_threads_add_up_to_the_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("answers.jsonl");
    let (cells, twins) = (folder.path().join("cells"), folder.path().join("twins"));
    let cut = ["--gaps", "12", "--blackout", "6", "--method", "counts,repeat"];
    let burst = [&["evaluate", "--protocol", "self", "--test", RUNS[4], "--resume", text(&cells)][..], &cut].concat();
    let real = [
        "evaluate",
        "--resume",
        text(&twins),
        "--protocol",
        "truth",
        "--lossy",
        "samples/ftrace_pipe_lost.txt.zst",
        "--full",
        RUNS[4],
        "--method",
        "counts,repeat",
    ];
    // The second time cells are those of the first.
    for evaluation in [&burst[..], &burst, &real, &real] {
        let printed = stdout(&[evaluation, &["--json", "--dump", text(&dump)]].concat());
        let answers = rows(&fs::read_to_string(&dump).expect("written"), "traced");
        for method in ["counts", "repeat"] {
            let (mut right, mut lost) = (0.0, 0.0);
            for row in answers.iter().filter(|row| row["method"] == method) {
                let list = |field: &str| row[field].as_array().expect("a list").clone();
                lost += list("truth").len() as f64;
                right += list("answer").iter().filter(|guess| guess["right"] == true).count() as f64;
                assert!(list("truth").iter().all(|event| event["name"].is_string()));
                let sure = |guess: &Value| guess["probability"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p));
                assert!(method != "counts" || list("answer").iter().all(sure));
            }
            let wanted = |row: &&Value| row["method"] == method && row["metric"] == "thread_lcs";
            let score = rows(&printed, "score").iter().find(wanted).and_then(|row| row["value"].as_f64());
            assert!((score.expect("a figure") - right / lost).abs() < 1e-9 && right > 0.0, "{method}: {right} {lost}");
        }
    }
}

#[test]
fn arrays_are_not_written_where_there_are_no_windows() {
    let refused = run(&["evaluate", "--protocol", "self", "--test", RUNS[4], "--save-arrays", "x"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(shown(&refused).contains("cross-run"), "{}", shown(&refused));
}

/// Starts an evaluation again and again, ends it at another moment each time, and then lets it finish.
fn killed(evaluation: &[&str], folder: &Path, kills: u64, within: u64) -> String {
    let args = [evaluation, &["--json", "--resume", text(folder)]].concat();
    for number in 0..kills {
        let mut child = tracemend(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        sleep(Duration::from_millis(20 + number * 7_919 % within));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    let finished = stdout(&args);
    assert_eq!(stdout(&args), finished, "the whole of it was kept, times included");
    finished
}

#[test]
fn an_evaluation_that_is_killed_again_and_again_ends_with_the_same_figures() {
    // The whole of it: KILLS=50 cargo test --release --test evaluating killed.
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4);
    let folder = tempfile::tempdir().expect("a folder");
    let cross_run = [&RUNS[..], &["--length", "50", "--blackout", "1,4,10,20", "--gaps", "100"]].concat();
    let burst = ["evaluate", "--protocol", "self", "--test", RUNS[4], "--blackout", "1,10", "--gaps", "20"];
    for (name, evaluation) in [("cross-run", &cross_run[..]), ("self", &burst)] {
        let whole = figures(&stdout(&[evaluation, &["--json"]].concat()));
        assert!(whole.len() > 15);
        let found = figures(&killed(evaluation, &folder.path().join(name), kills, 1500));
        assert_eq!(found, whole);
    }
}

#[test]
fn cells_of_another_evaluation_are_not_mixed_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |options: &[&str]| run(&[&WINDOWS[..], &["--resume", text(folder.path())], options].concat());
    assert_eq!(with(&["--method", "repeat"]).status.code(), Some(0));
    // More methods are no other evaluation.
    assert_eq!(with(&["--method", "repeat,lookup"]).status.code(), Some(0));
    let refused = with(&["--seed", "9"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(shown(&refused).contains("seed was 0 and is 9 now"), "{}", shown(&refused));
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name != "settings.json") {
            fs::write(path, "[{").expect("damaged");
        }
    }
    let damaged = with(&["--method", "repeat"]);
    assert_eq!(damaged.status.code(), Some(2));
    assert!(shown(&damaged).contains("kept cell"), "{}", shown(&damaged));
}

//! What `evaluate` writes and accepts: arrays, predictions, pictures, cached measurements, twins, the alias.

mod support;

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Stdio, thread::sleep, time::Duration};
use support::{run, shown, stdout, text_of as text, tracemend};
use tracemend_eval::Metric;

const WINDOWS: [&str; 7] = [
    "evaluate",
    "paper",
    "--data",
    "crates/tracemend/tests/fixtures/succeed/windows",
    "--length",
    "20",
    "--blackout=3,5",
];
/// A complete recording and another tracer's of the same commands.
const RUNS: [&str; 6] = ["evaluate", "cross-run", "--train", FULL, "--test", "samples/perf_script_lost.txt.zst"];
/// A complete recording, and another one of the same run that lost events.
const FULL: &str = "samples/ftrace_full.txt.zst";
const LOSSY: &str = "samples/ftrace_pipe_lost.txt.zst";

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
    let arrays = ["evaluate", "paper", "--json", "--arrays", text(&saved)];
    let again = figures(&stdout(&arrays));
    assert!(again.len() > 40, "{}", again.len());
    let number = |text: &String| text.parse::<f64>().expect("a number");
    for (key, figure) in &again {
        let before = measured.get(key).unwrap_or_else(|| panic!("{key} was not measured"));
        let same = |(a, b): (&String, &String)| (number(a) - number(b)).abs() < 1e-12;
        assert!(figure.iter().zip(before).all(same), "{key}: {figure:?}, measured {before:?}");
    }
    // All but the confidences, which arrays do not hold, and the share of windows known from training.
    let kept = |key: &&String| {
        !["ece", "precision_at_90", "recall_at_90", "leakage"].iter().any(|metric| key.contains(metric))
    };
    assert_eq!(again.keys().collect::<Vec<_>>(), measured.keys().filter(kept).collect::<Vec<_>>());
}

#[test]
fn dumped_predictions_add_up_to_the_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("predictions.jsonl");
    let options = ["--length", "32", "--blackout", "4", "--gaps", "30", "--method", "ppm,repeat"];
    let printed = stdout(&[&RUNS[..], &options, &["--json", "--dump", text(&dump)]].concat());
    let predictions = rows(&fs::read_to_string(&dump).expect("written"), "prediction");
    for method in ["ppm", "repeat"] {
        let own: Vec<&Value> = predictions.iter().filter(|row| row["method"] == method).collect();
        assert_eq!(own.len(), 30);
        let list = |row: &Value, field: &str| row[field].as_array().expect("a list").clone();
        let (mut right, mut all, mut perfect) = (0.0, 0.0, 0.0);
        for row in own {
            let (truth, predicted) = (list(row, "truth"), list(row, "prediction"));
            assert_eq!((truth.len(), list(row, "probability").len()), (4, 4));
            right += truth.iter().zip(&predicted).filter(|(a, b)| a == b).count() as f64;
            all += truth.len() as f64;
            perfect += f64::from(u8::from(truth == predicted));
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
fn dumped_predictions_for_gaps_of_threads_add_up_to_the_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("predictions.jsonl");
    let (cache, twins) = (folder.path().join("cache"), folder.path().join("twins"));
    let cut = ["--gaps", "12", "--blackout", "6", "--method", "engine,repeat"];
    let burst = [&["evaluate", "self", "--test", FULL, "--resume", text(&cache)][..], &cut].concat();
    let real =
        ["evaluate", "truth", "--resume", text(&twins), "--lossy", LOSSY, "--full", FULL, "--method", "engine,repeat"];
    // The second time all measurements come from the cache.
    for evaluation in [&burst[..], &burst, &real, &real] {
        let printed = stdout(&[evaluation, &["--json", "--dump", text(&dump)]].concat());
        let predictions = rows(&fs::read_to_string(&dump).expect("written"), "traced");
        for method in ["engine", "repeat"] {
            let (mut right, mut lost) = (0.0, 0.0);
            for row in predictions.iter().filter(|row| row["method"] == method) {
                let list = |field: &str| row[field].as_array().expect("a list").clone();
                lost += list("truth").len() as f64;
                right += list("prediction").iter().filter(|event| event["right"] == true).count() as f64;
                assert!(list("truth").iter().all(|event| event["name"].is_string()));
                let sure = |event: &Value| event["probability"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p));
                assert!(method != "engine" || list("prediction").iter().all(sure));
            }
            let wanted = |row: &&Value| row["method"] == method && row["metric"] == "thread_lcs";
            let score = rows(&printed, "score").iter().find(wanted).and_then(|row| row["value"].as_f64());
            assert!((score.expect("a figure") - right / lost).abs() < 1e-9 && right > 0.0, "{method}: {right} {lost}");
        }
    }
}

#[test]
fn arrays_are_not_written_where_there_are_no_windows() {
    let refused = run(&["evaluate", "self", "--test", FULL, "--save-arrays", "x"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(shown(&refused).contains("unexpected argument '--save-arrays'"), "{}", shown(&refused));
    // Arrays are scored as they are: there are no methods, and nothing is predicted.
    for option in [["--save-arrays", "y"], ["--dump", "y"], ["--resume", "y"], ["--method", "ppm"], ["--length", "9"]] {
        let refused = run(&[&["evaluate", "paper", "--arrays", "x"][..], &option].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(shown(&refused).contains("cannot be used with"), "{}", shown(&refused));
    }
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
    assert_eq!(stdout(&args), finished, "all of it was cached, times included");
    finished
}

#[test]
fn an_evaluation_that_is_killed_again_and_again_ends_with_the_same_figures() {
    // The whole of it: KILLS=50 cargo test --release --test evaluating killed.
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4);
    let folder = tempfile::tempdir().expect("a folder");
    let cross_run = [&RUNS[..], &["--length", "50", "--blackout", "1,4,10,20", "--gaps", "100"]].concat();
    let burst = ["evaluate", "self", "--test", FULL, "--blackout", "1,10", "--gaps", "20"];
    for (name, evaluation) in [("cross-run", &cross_run[..]), ("self", &burst)] {
        let whole = figures(&stdout(&[evaluation, &["--json"]].concat()));
        assert!(whole.len() > 15);
        let found = figures(&killed(evaluation, &folder.path().join(name), kills, 1500));
        assert_eq!(found, whole);
    }
}

#[test]
fn measurements_of_another_evaluation_are_not_mixed_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |options: &[&str]| run(&[&WINDOWS[..], &["--resume", text(folder.path())], options].concat());
    assert_eq!(with(&["--method", "repeat"]).status.code(), Some(0));
    // With more methods it is still the same evaluation.
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
    assert!(shown(&damaged).contains("cached measurement"), "{}", shown(&damaged));
}

#[test]
fn the_option_for_the_protocol_means_its_subcommand() {
    let arguments = ["--data", WINDOWS[3], "--length", "20", "--blackout", "3", "--method", "repeat", "--json"];
    let with = |protocol: &[&str]| figures(&stdout(&[&["evaluate"], protocol, &arguments].concat()));
    let expected = with(&["paper"]);
    assert!(expected.len() > 5);
    assert_eq!(with(&["--protocol", "paper"]), expected);
    assert_eq!(with(&["--protocol=paper"]), expected);
    let after = [&["--seed", "0", "evaluate"], &arguments[..], &["--protocol", "paper"]].concat();
    assert_eq!(figures(&stdout(&after)), expected);
    for wrong in [&["--protocol", "nope"][..], &["--protocol"]] {
        let refused = run(&[&["evaluate"], wrong].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(shown(&refused).contains("paper, cross-run, burst, self, ring, truth"), "{}", shown(&refused));
    }
}

/// Values by data, method and metric.
fn values(json: &str) -> BTreeMap<(String, String, String), f64> {
    let text = |row: &Value, field: &str| row[field].as_str().expect("text").to_owned();
    let key = |row: &Value| (text(row, "data"), text(row, "method"), text(row, "metric"));
    rows(json, "score").iter().map(|row| (key(row), row["value"].as_f64().unwrap_or(f64::NAN))).collect()
}

#[test]
fn several_twins_are_measured_one_by_one_and_together() {
    let folder = tempfile::tempdir().expect("a folder");
    // The same twins under another name: all figures are the same, and those of both are those of one.
    let copy = folder.path().join("copy.txt.zst");
    fs::copy(support::root().join(LOSSY), &copy).expect("copied");
    let copy = text(&copy);
    let common = ["--json", "--method", "lookup,repeat"];
    let twins = ["evaluate", "truth", "--lossy", LOSSY, "--full", FULL, "--lossy", copy, "--full", FULL];
    let printed = stdout(&[&twins[..], &common[..]].concat());
    let lists = stdout(&[&["evaluate", "truth", "--lossy", LOSSY, copy, "--full", FULL, FULL], &common[..]].concat());
    assert_eq!(figures(&lists), figures(&printed), "an option repeated, or with several values");
    let single = values(&stdout(&[&["evaluate", "truth", "--lossy", LOSSY, "--full", FULL], &common[..]].concat()));
    let all = values(&printed);
    assert_eq!(all.len(), 3 * single.len());
    for ((_, method, metric), value) in single.iter().filter(|((_, _, metric), _)| metric != "seconds_per_gap") {
        for data in [LOSSY, copy, "all 2 twins"] {
            let found = all[&(data.to_owned(), method.clone(), metric.clone())];
            assert!((found - value).abs() < 1e-9, "{data} {method} {metric}: {found} {value}");
        }
    }
    let gaps = rows(&printed, "truth");
    assert_eq!(gaps.iter().filter(|gap| gap["data"] == copy).count() * 2, gaps.len());
    let pooled = rows(&printed, "score").into_iter().find(|row| row["data"] == "all 2 twins").expect("a row");
    assert_eq!(pooled["gaps"].as_u64(), Some(gaps.len() as u64));
    let uneven = run(&["evaluate", "truth", "--lossy", LOSSY, copy, "--full", FULL]);
    assert_eq!(uneven.status.code(), Some(2));
    assert!(shown(&uneven).contains("--lossy names 2 and --full 1"), "{}", shown(&uneven));
}

#[test]
fn twins_show_what_other_traces_and_models_are_worth() {
    let folder = tempfile::tempdir().expect("a folder");
    // A short trace of the same kind, so that learning it takes seconds.
    let other = "samples/perf_script_lost.txt.zst";
    let model = folder.path().join("other.model");
    stdout(&["train", "-q", other, "-o", text(&model)]);
    let with = |options: &[&str]| {
        let fixed = ["evaluate", "truth", "--lossy", LOSSY, "--full", FULL, "--json", "--method", "engine,lookup"];
        values(&stdout(&[&fixed[..], options].concat()))
    };
    let figure = |values: &BTreeMap<(String, String, String), f64>, method: &str, metric: &str| {
        values[&(LOSSY.to_owned(), method.to_owned(), metric.to_owned())]
    };
    let (alone, trained, loaded) = (with(&[]), with(&["--train", other]), with(&["--model", text(&model)]));
    for metric in ["thread_lcs", "ece", "recall_at_90", "latency_error_median", "latency_error_p95"] {
        // The model is what `train` makes of the same trace.
        assert_eq!(figure(&trained, "engine", metric), figure(&loaded, "engine", metric), "{metric}");
    }
    let before = |values| figure(values, "engine", "latency_error_median_before");
    assert_eq!((before(&alone), before(&alone)), (before(&trained), before(&loaded)));
    // The engine and the baselines learn more; from a model the baselines cannot.
    let differs = |a, b, method: &str| figure(a, method, "ece") != figure(b, method, "ece");
    assert!(differs(&alone, &trained, "engine") && differs(&alone, &trained, "lookup"));
    assert!(!differs(&alone, &loaded, "lookup"));
    let refused = run(&["evaluate", "truth", "--lossy", LOSSY, "--full", FULL, "--train", FULL]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(shown(&refused).contains("what was learned cannot be tested"), "{}", shown(&refused));
}

/// A ring that overflows in the sample.
const RING: [&str; 8] = ["evaluate", "ring", "--test", FULL, "--capacity", "8192", "--stall", "5"];

#[test]
fn a_ring_cuts_what_it_says_and_methods_fill_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("predictions.jsonl");
    let printed = stdout(&[&RING[..], &["--json", "--method", "engine,lookup,repeat", "--dump", text(&dump)]].concat());
    let ring = rows(&printed, "ring").pop().expect("what was lost");
    let number = |field: &str| ring[field].as_u64().expect("a number") as usize;
    // What was lost is what the methods were asked for.
    let dumped = rows(&fs::read_to_string(&dump).expect("written"), "traced");
    let mut lengths: Vec<usize> = dumped
        .iter()
        .filter(|row| row["method"] == "engine")
        .map(|row| row["truth"].as_array().expect("a list").len())
        .collect();
    lengths.sort_unstable();
    assert!(lengths.len() > 3, "{ring}");
    assert_eq!(number("gaps"), lengths.len());
    assert_eq!(number("lost"), lengths.iter().sum::<usize>());
    assert_eq!((number("median"), number("max")), (lengths[(lengths.len() - 1) / 2], lengths[lengths.len() - 1]));
    assert!((ring["share"].as_f64().expect("a share") - number("lost") as f64 / number("events") as f64).abs() < 1e-12);
    let info: Value = rows(&stdout(&["info", "--json", FULL]), "info").pop().expect("a row");
    assert_eq!(info["events"].as_u64(), Some(number("events") as u64));
    // The engine fills better than chance, and the parts of its gaps add up to all of them.
    let all = values(&printed);
    let lcs = |method: &str| all[&(FULL.to_owned(), method.to_owned(), "thread_lcs".to_owned())];
    assert!(lcs("engine") > lcs("repeat"));
    let strata = rows(&printed, "stratum");
    for by in ["length", "event_rate"] {
        let own = || strata.iter().filter(|row| row["by"] == by && row["method"] == "engine");
        let sum = |field: &str| own().filter_map(|row| row[field].as_u64()).sum::<u64>() as usize;
        assert_eq!((sum("gaps"), sum("lost")), (lengths.len(), number("lost")), "{by}");
        let right: f64 = own().map(|row| row["thread_lcs"].as_f64().unwrap() * row["lost"].as_f64().unwrap()).sum();
        assert!((right / number("lost") as f64 - lcs("engine")).abs() < 1e-9, "{by}");
    }
    assert!(strata.iter().all(|row| row["method"] != "repeat"), "repeat gives no probabilities");
}

#[test]
fn a_ring_prints_its_loss_before_the_tables() {
    let with = |options: &[&str]| stdout(&[&RING[..], &["--method", "lookup,repeat"], options].concat());
    let printed = with(&[]);
    let lines: Vec<&str> = printed.lines().collect();
    let heads: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(heads, ["trace", "events", "lost", "share", "gaps", "median", "max"]);
    assert!(lines[1].starts_with(FULL) && lines[1].contains(" % "), "{printed}");
    assert!(printed.contains("gaps of the ring") && !printed.contains("real gaps"), "{printed}");
    assert!(
        printed.contains("probabilities by length") && printed.contains("probabilities by event rate"),
        "{printed}"
    );
    // The sample is ftrace's, so its ring is too. Another tracer's records take other bytes, and other rings lose others.
    let loss = |options: &[&str]| with(options).lines().nth(1).expect("a row").to_owned();
    assert_eq!(loss(&["--preset", "ftrace"]), lines[1]);
    for other in [["--preset", "perf"], ["--when-full", "discard"], ["--seed", "1"], ["--page", "2048"]] {
        assert_ne!(loss(&other), lines[1], "{other:?}");
    }
}

#[test]
fn a_ring_that_cannot_be_measured_says_why() {
    let refused = |options: &[&str], why: &str| {
        let refused = run(options);
        assert_eq!(refused.status.code(), Some(2));
        assert!(shown(&refused).contains(why), "{}", shown(&refused));
    };
    refused(&["evaluate", "ring", "--test", LOSSY], "lost events when it was recorded");
    refused(&["evaluate", "ring", "--test", FULL, "--capacity", "99999999"], "the ring loses nothing");
    refused(&["evaluate", "ring", "--test", FULL, "--capacity", "4096"], "does not hold two pages of 4096");
    refused(&["evaluate", "ring", "--test", FULL, "--train", FULL], "what was learned cannot be tested");
    refused(&["evaluate", "ring", "--test", FULL, "--drain", "0"], "it must be above 0");
}

#[test]
fn the_schema_and_the_guide_name_every_metric() {
    let read = |path: &str| fs::read_to_string(support::root().join("docs").join(path)).expect("readable");
    let schema: Value = serde_json::from_str(&read("schemas/evaluate.json")).expect("the schema is JSON");
    let listed = |row: &str| schema["$defs"][row]["properties"]["metric"]["enum"].clone();
    let names = |wanted: &dyn Fn(&Metric) -> bool| -> Value {
        Metric::ALL.into_iter().filter(wanted).map(Metric::name).collect()
    };
    assert_eq!(listed("score"), names(&|_| true));
    assert_eq!(listed("difference"), names(&|metric| metric.compares_methods()));
    let guide = read("guides/compare.md");
    for metric in Metric::ALL {
        let name = metric.name().trim_end_matches("_before");
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
}

//! From traces to a data set, a trained network and its figures, as a user goes.

mod support;

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Stdio, thread::sleep, time::Duration};
use support::{rows, run, shown, stdout, text_of as text, tracemend};
use tracemend::trace::Phase;
use tracemend::trace::calls::{CallKind, CallState};

/// A complete recording, of which the parts of a data set are cut in time.
const RECORDING: &str = "samples/ftrace_full.txt.zst";
/// Another tracer's recording of the same commands, which lost some events.
const OTHER: &str = "samples/perf_script_lost.txt.zst";
/// The beginnings of three runs of one program.
const SHELL: &str = "crates/tracemend/tests/fixtures/succeed/shell";

/// A data set of the recording.
fn data_set(folder: &Path) {
    let build = ["dataset", "build", "-q", RECORDING, "--split", "time", "--length", "32", "-o", text(folder)];
    stdout(&build);
}

fn train<'a>(data: &'a Path, run: &'a Path, steps: &'a str) -> Vec<&'a str> {
    let mut args = vec!["train", "-q", "--model", "lstm", "--preset", "tiny", "--data", text(data), "-o", text(run)];
    args.extend(["--set", steps, "--set", "batch=8", "--set", "validate_every=5", "--set", "validation_windows=8"]);
    args
}

#[test]
fn a_recording_becomes_a_data_set_that_says_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let found = rows(&stdout(&["dataset", "info", "--json", text(&set)]));
    let part = |name: &str| &found.iter().find(|row| row["data"]["part"] == name).expect("a part")["data"];
    let events = |name: &str| part(name)["events"].as_u64().expect("a number");
    // The ftrace recording has 22830 events; what the guard bands hold belongs to no part.
    assert!((17_500..18_300).contains(&events("train")), "{}", events("train"));
    assert!(events("train") + events("valid") + events("test") <= 22_830);
    let windows = part("test")["windows"].as_u64().expect("a number");
    let leak = &found.last().expect("a row")["data"];
    assert_eq!(leak["windows"].as_u64(), Some(windows));
    assert!(leak["verbatim"].as_f64() <= leak["renamed"].as_f64());
    // The published layout is read by the protocol that reads the published files.
    let protocol = ["evaluate", "--protocol", "paper", "--length", "32", "--blackout", "3", "--json", "--data"];
    let scores = rows(&stdout(&[&protocol[..], &[text(&set), "--method", "repeat"]].concat()));
    assert!(scores.iter().any(|row| row["data"]["data"] == "set L=32 middle" && row["data"]["gaps"] == windows));
}

#[test]
fn requests_of_a_server_become_sequences_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("server.strace");
    // Three connections one after the other, each with another number of reads, and something between them.
    let mut lines = String::new();
    for (number, reads) in [2, 4, 3].into_iter().enumerate() {
        let at = |step: usize| format!("7 {}.{step:06}", 1_795_361_765 + number);
        lines += &format!("{} accept4(3, NULL, NULL, 0) = 9\n", at(0));
        (0..reads).for_each(|step| lines += &format!("{} read(9, \"G\", 8) = 8\n", at(1 + step)));
        lines += &format!("{} close(9) = 0\n{} getpid() = 7\n", at(20), at(21));
    }
    fs::write(&trace, lines).expect("a trace");
    let set = folder.path().join("set");
    let build =
        ["dataset", "build", "-q", text(&trace), "--requests", "--length", "4", "--stride", "1", "-o", text(&set)];
    stdout(&build);
    let found = rows(&stdout(&["dataset", "info", "--json", text(&set)]));
    let train = &found.iter().find(|row| row["data"]["part"] == "train").expect("a part")["data"];
    // Requests of 4, 6 and 5 events have 1 + 3 + 2 windows of 4.
    assert_eq!((&train["sequences"], &train["events"], &train["windows"]), (&3.into(), &15.into(), &6.into()));
    let csv = fs::read_to_string(set.join("requests.csv")).expect("written");
    assert_eq!(csv.lines().next(), Some("trace,request,time_ns,event,phase,ret,tid,process"));
    assert_eq!(csv.lines().count(), 16);
    assert!(!csv.contains("getpid") && csv.contains(",3,1795361767000020000,close,call,0,7,"), "{csv}");
    let calls = run(&["dataset", "build", RECORDING, "--requests", "-o", text(&folder.path().join("none"))]);
    assert_eq!(calls.status.code(), Some(2));
    assert!(shown(&calls).contains("no whole request"), "{}", shown(&calls));
}

#[test]
fn a_damaged_data_set_is_refused_with_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let events = set.join("train.parquet");
    let mut bytes = fs::read(&events).expect("events");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&events, bytes).expect("damaged");
    let refused = run(&train(&set, &folder.path().join("run"), "steps=5"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(shown(&refused).contains("train.parquet"), "{}", shown(&refused));
}

#[test]
fn every_network_learns_and_is_measured_beside_the_methods() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let mut evaluate = vec!["evaluate", "--protocol", "cross-run", "--train", RECORDING, "--test", OTHER];
    evaluate.extend(["--length", "32", "--blackout", "1,4", "--gaps", "20", "--json", "--method", "ppm,repeat"]);
    let mut models = Vec::new();
    for network in rows(&stdout(&["models", "list", "--json"])).iter().filter(|row| row["type"] == "network") {
        let name = network["data"]["name"].as_str().expect("a name").to_owned();
        let out = folder.path().join(&name);
        let mut args =
            vec!["train", "-q", "--model", &name, "--preset", "tiny", "--data", text(&set), "-o", text(&out)];
        args.extend([
            "--set",
            "steps=6",
            "--set",
            "batch=4",
            "--set",
            "validate_every=3",
            "--set",
            "validation_windows=4",
        ]);
        stdout(&args);
        let file = out.join("best.safetensors");
        let described = rows(&stdout(&["models", "describe", "--json", text(&file)]));
        assert_eq!(described[1]["data"]["network"], name.as_str());
        models.push((name, format!("--model={}", text(&file))));
    }
    let chosen: Vec<&str> = models.iter().map(|(_, option)| option.as_str()).collect();
    let scores = rows(&stdout(&[evaluate, chosen].concat()));
    for name in models.iter().map(|(name, _)| name.as_str()).chain(["ppm", "repeat"]) {
        for blackout in [1, 4] {
            let own = |row: &&Value| row["data"]["method"] == name && row["data"]["blackout"] == blackout;
            let accuracy = scores.iter().filter(own).find(|row| row["data"]["metric"] == "accuracy");
            let value = accuracy.expect("a figure")["data"]["value"].as_f64().expect("a number");
            assert!((0.0..=1.0).contains(&value), "{name} {value}");
        }
    }
}

#[test]
fn fillings_are_scored_again_as_an_unseen_run_says_and_a_network_that_does_not_help_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (set, out) = (folder.path().join("set"), folder.path().join("run"));
    let [learned, tested, unseen] = [1, 2, 3].map(|run| format!("{SHELL}/run{run}.csv.zst"));
    stdout(&["dataset", "build", "-q", &learned, "--split", "time", "--length", "32", "-o", text(&set)]);
    let mut args = train(&set, &out, "steps=20");
    args[3] = "masked_diffusion";
    stdout(&args);
    let model = format!("--model=net={}", text(&out.join("best.safetensors")));
    let mut evaluate = vec!["evaluate", "--protocol", "cross-run", "--train", &learned, "--valid", &unseen];
    evaluate.extend(["--test", &tested, "--length", "32", "--blackout", "10", "--json", "--method", "ppm"]);
    let accuracies = |more: &[&str]| -> Vec<(String, f64)> {
        let scores = rows(&stdout(&[&evaluate[..], more].concat()));
        let scores = scores.iter().filter(|row| row["type"] == "score").map(|row| &row["data"]);
        let scores = scores.filter(|row| row["metric"] == "accuracy");
        let accuracy = |row: &Value| (row["method"].as_str().unwrap_or_default().to_owned(), row["value"].as_f64());
        scores.map(accuracy).map(|(method, value)| (method, value.expect("a number"))).collect()
    };
    let with = accuracies(&[&model]);
    let names: Vec<&str> = with.iter().map(|(method, _)| method.as_str()).collect();
    assert_eq!(names, ["ppm", "net", "ppm-rescored", "ppm+net"]);
    assert!(with[2].1 > with[0].1 && with[2].1 > with[1].1, "{with:?}");
    // A network of twenty updates does not help.
    assert!((with[3].1 - with[2].1).abs() < 1e-12, "{with:?}");
    assert_eq!(accuracies(&[]), [with[0].clone(), with[2].clone()]);
}

#[test]
fn training_that_is_killed_again_and_again_ends_with_the_same_files() {
    // The whole of it: KILLS=50 cargo test --release --test learning killed.
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6);
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    stdout(&train(&set, &whole, "steps=120"));
    let mut args = train(&set, &killed, "steps=120");
    args.push("--resume");
    for number in 0..kills {
        let mut child = tracemend(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        // From before anything is written to well into the run; a fixed spread of moments, another one each time.
        sleep(Duration::from_millis(20 + number * 7_919 % 700));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    stdout(&args);
    let files = |folder: &Path| {
        ["best.safetensors", "last.safetensors", "metrics.jsonl", "settings.toml"]
            .map(|name| fs::read(folder.join(name)).expect("a file"))
    };
    assert!(files(&whole) == files(&killed));
}

#[test]
fn settings_that_do_not_exist_are_refused_with_those_that_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    for (setting, part) in [("stesp=5", "steps"), ("model.widht=5", "width"), ("steps=many", "steps")] {
        let refused = run(&train(&set, &folder.path().join("run"), setting));
        assert_eq!(refused.status.code(), Some(2));
        assert!(shown(&refused).contains(part), "{}", shown(&refused));
    }
}

#[test]
fn auto_computes_on_the_cpu_where_there_is_no_gpu_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let go = |name: &str, quiet: &str, device: &str| {
        let out = folder.path().join(name);
        let mut args = train(&set, &out, "steps=5");
        args[1] = quiet;
        args.extend(["--device", device]);
        let output = run(&args);
        (output.status.code(), String::from_utf8(output.stderr).expect("text"), fs::read(out.join("best.safetensors")))
    };
    let (code, told, model) = go("auto", "--progress=never", "auto");
    assert_eq!(code, Some(0), "{told}");
    let fell_back = told.contains("--device auto computes on the CPU: ");
    assert!(fell_back || cfg!(feature = "cuda"), "{told}");
    if !fell_back {
        // A GPU, whose weights have other last digits.
        return;
    }
    let unbuilt = told.contains("this build has no CUDA in it; to use a GPU, build tracemend with");
    assert_eq!(unbuilt, cfg!(not(feature = "cuda")), "{told}");
    let (code, told, of_cpu) = go("cpu", "--progress=never", "cpu");
    assert!(code == Some(0) && !told.contains("--device"), "{told}");
    assert!(model.expect("a model") == of_cpu.expect("a model"));
    let (code, told, _) = go("quiet", "-q", "auto");
    assert_eq!((code, told.as_str()), (Some(0), ""));
}

#[test]
fn a_device_that_cannot_be_used_is_an_error_before_the_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    // The data set is not there: who looks at the device first says so first.
    let go = |device| {
        let mut args = train(Path::new("missing"), &out, "steps=5");
        args.extend(["--device", device]);
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        String::from_utf8(output.stderr).expect("text")
    };
    let told = go("cuda:4096");
    assert!(told.starts_with("error: --device cuda:4096 cannot be used\n  caused by: "), "{told}");
    if cfg!(not(feature = "cuda")) {
        assert!(told.contains("build tracemend with `cargo build --release --features cuda`"), "{told}");
    }
    let told = go("gpu");
    assert!(
        told.contains("there is no device gpu; choose from cpu, cuda, cuda:N (N counts from 0) and auto"),
        "{told}"
    );
    assert!(!out.exists());
}

/// A lossy recording of the run in [`RECORDING`].
const LOSSY: &str = "samples/ftrace_pipe_lost.txt.zst";

/// A part of [`LOSSY`] with six gaps, which lost 756 events.
fn lossy_part(folder: &Path) -> String {
    let packed = fs::read(support::root().join(LOSSY)).expect("a sample");
    let whole = String::from_utf8(zstd::decode_all(&packed[..]).expect("packed text")).expect("text");
    let part: String = whole.split_inclusive('\n').skip(3885).take(4248).collect();
    let path = folder.join("part.txt");
    fs::write(&path, part).expect("a trace");
    text(&path).to_owned()
}

/// Trains a tiny network for a few steps, and returns its file.
fn trained(name: &str, more: &[&str], set: &Path, out: &Path) -> String {
    let mut args = vec!["train", "-q", "--model", name, "--preset", "tiny", "--data", text(set), "-o", text(out)];
    args.extend(["--set", "steps=6", "--set", "batch=4", "--set", "validate_every=3", "--set", "validation_windows=4"]);
    args.extend(more);
    stdout(&args);
    text(&out.join("best.safetensors")).to_owned()
}

/// The rows of a repair by a network, with few blackouts and a small search.
fn repaired_by(network: &str, trace: &str, engine: &str, threads: &str) -> Vec<Value> {
    let mut args = vec!["repair", "-q", trace, "--network", network, "--engine", engine, "--threads", threads];
    args.extend(["--seed", "3", "--json", "--merge", "--param", "search.islands=1"]);
    args.extend(["--param", "model.blackouts.max_gaps=4", "--param", "model.blackouts.min_gaps=4"]);
    rows(&stdout(&args))
}

/// How many inferred events break the entry/exit rules, of themselves or for the event after them.
fn broken(events: &[&Value]) -> usize {
    let mut threads: BTreeMap<i64, (CallState<&str>, bool)> = BTreeMap::new();
    let mut broken = 0;
    for event in events {
        let word = |key: &str| event[key].as_str().unwrap_or_default();
        // Thread 0 is several.
        let Some(tid) = event["tid"].as_i64().filter(|&tid| tid != 0) else { continue };
        let phase = match word("phase") {
            "entry" => Phase::Entry,
            "exit" => Phase::Exit,
            _ => continue,
        };
        let (state, after_inferred) = threads.entry(tid).or_default();
        let inferred = event["inferred"] == true;
        let name = word("name");
        let fits = state.observe(CallKind::of(name, phase, name)).is_ok();
        broken += usize::from(!fits && (inferred || *after_inferred));
        *after_inferred = inferred;
    }
    broken
}

#[test]
fn every_network_repairs_a_trace_and_keeps_the_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let (set, trace) = (folder.path().join("set"), lossy_part(folder.path()));
    data_set(&set);
    let plain = ["masked_diffusion", "lstm", "bilstm", "diffwave", "sssd_s4", "sssd_sa", "csdi", "csdi_s4"];
    let mut networks: Vec<(&str, &[&str])> = plain.into_iter().map(|name| (name, &[][..])).collect();
    networks.push(("sssd_s4", &["--set", "model.process.encoding=onehot", "--set", "model.process.prediction=start"]));
    networks.push(("diffwave", &["--set", "model.process.encoding=analogbits"]));
    let mut answers: Vec<Vec<String>> = Vec::new();
    for (number, (name, more)) in networks.iter().enumerate() {
        let network = trained(name, more, &set, &folder.path().join(number.to_string()));
        let repaired = repaired_by(&network, &trace, "network", "1");
        assert_eq!(repaired, repaired_by(&network, &trace, "network", "2"), "{name} {more:?}");
        let events: Vec<&Value> =
            repaired.iter().filter(|row| row["type"] == "event").map(|row| &row["data"]).collect();
        let inferred = || events.iter().filter(|event| event["inferred"] == true);
        assert_eq!(inferred().count(), 756, "{name} {more:?}");
        assert!(inferred().all(|event| event["model"] == "network:best.safetensors"), "{name} {more:?}");
        assert_eq!(broken(&events), 0, "{name} {more:?}");
        answers.push(inferred().map(|event| event["name"].as_str().unwrap_or_default().to_owned()).collect());
    }
    // Networks differ, so the events are theirs.
    answers.sort();
    answers.dedup();
    assert!(answers.len() > 5, "{}", answers.len());
}

#[test]
fn a_network_that_does_not_help_is_left_out_of_a_repair_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (set, trace) = (folder.path().join("set"), lossy_part(folder.path()));
    data_set(&set);
    let network = trained("lstm", &[], &set, &folder.path().join("run"));
    let with = repaired_by(&network, &trace, "auto", "2");
    let events = with.iter().filter(|row| row["type"] == "event" && row["data"]["inferred"] == true);
    assert!(events.clone().count() == 756 && events.clone().all(|row| row["data"]["model"] == "engine:self"));
    let dry = run(&["repair", "--dry-run", &trace, "--network", &network]);
    assert!(shown(&dry).contains("the network lstm has 0."), "{}", shown(&dry));
}

#[test]
fn a_network_that_cannot_repair_this_trace_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    data_set(&set);
    let network = trained("lstm", &[], &set, &folder.path().join("run"));
    let refused = |args: &[&str]| {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        String::from_utf8(output.stderr).expect("text")
    };
    let lttng = "samples/lttng_lost";
    let told = refused(&["repair", lttng, "--network", &network]);
    assert!(told.contains("knows no event of this trace; train it on recordings of this program"), "{told}");
    let told = refused(&["repair", lttng, "--engine", "network"]);
    assert!(told.contains("--engine network needs a network; name its file with --network"), "{told}");
    let told = refused(&["repair", lttng, "--network", RECORDING]);
    assert!(told.contains("cannot be used; train one with `tracemend train --model NAME`"), "{told}");
}

//! Real output against the published schemas in `docs/schemas`.

mod support;

use serde_json::Value;
use support::{root, run, stdout, tracemend};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const LTTNG: &str = "crates/tracemend-trace/tests/fixtures/ctf/lttng-2";

/// What of `value` breaks `schema`, by the keywords the schemas here use.
fn breaches(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{place}: the schema names no type"),
    };
    let is = |name: &&str| match *name {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{place}: unknown type {other}"),
    };
    if !types.iter().any(is) {
        found.push(format!("{place}: {value} is none of {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        found.push(format!("{place}: {value} is not allowed"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // Of a null, where one is allowed, nothing is required.
        if value.is_object() && value.get(name).is_none() {
            found.push(format!("{place}: {name} is missing"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        // An object without listed properties may hold any.
        if schema.get("properties").is_none() {
            break;
        }
        match schema["properties"].get(name) {
            Some(schema) => breaches(schema, inner, &format!("{place}.{name}"), found),
            None => found.push(format!("{place}: {name} is not in the schema")),
        }
    }
    for inner in value.as_array().into_iter().flatten() {
        breaches(&schema["items"], inner, &format!("{place}[]"), found);
    }
}

/// Checks every row, and that the rows are of the `expected` types in the order of their first appearance.
fn assert_follows_schema(name: &str, output: &str, expected: &[&str]) {
    let text = std::fs::read_to_string(root().join(format!("docs/schemas/{name}.json"))).expect("schema");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let mut found = Vec::new();
    let mut kinds: Vec<String> = Vec::new();
    for line in output.lines() {
        let row: Value = serde_json::from_str(line).expect("every line is JSON");
        let kind = row["type"].as_str().expect("every row has a type");
        match schema["$defs"].get(kind) {
            Some(schema) => breaches(schema, &row["data"], kind, &mut found),
            None => found.push(format!("rows of type {kind} are not in the schema")),
        }
        if !kinds.iter().any(|known| known == kind) {
            kinds.push(kind.to_owned());
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(kinds, expected);
    let first = output.lines().next().unwrap_or_default();
    assert!(first.contains(&format!(r#""name":"tracemend.{name}","version":1"#)), "{first}");
}

#[test]
fn info_follows_its_schema() {
    assert_follows_schema("info", &stdout(&["info", "--json", SMALL]), &["schema", "info"]);
}

#[test]
fn gaps_follow_their_schema() {
    assert_follows_schema("gaps", &stdout(&["gaps", "--json", SMALL]), &["schema", "gap", "summary"]);
    assert_follows_schema("gaps", &stdout(&["gaps", "--json", LTTNG]), &["schema", "gap", "summary"]);
    let kept = stdout(&["gaps", "--json", "--evidence", LTTNG]);
    assert!(kept.contains("kept_begin_ns") && kept.contains("kept_end_ns"));
    assert_follows_schema("gaps", &kept, &["schema", "gap", "summary"]);
    let evidence = stdout(&["gaps", "--json", "--evidence", "samples/bpftrace_lost.txt"]);
    assert_follows_schema("gaps", &evidence, &["schema", "gap", "summary"]);
    let several = run(&["gaps", "--json", SMALL, LTTNG, "no/such/trace"]);
    let several = String::from_utf8(several.stdout).expect("text");
    assert_follows_schema("gaps", &several, &["schema", "trace", "summary"]);
}

#[test]
fn what_doctor_finds_follows_its_schema() {
    let folder = root().join("crates/tracemend/tests/fixtures/succeed/doctor").canonicalize().expect("the fixture");
    let machine = folder.join("machine");
    let mut command = tracemend(&["doctor", "--json", "--root", machine.to_str().expect("a path of text")]);
    let output = command.env("PATH", folder.join("bin")).output().expect("the command starts");
    let output = String::from_utf8(output.stdout).expect("text");
    assert_follows_schema("doctor", &output, &["schema", "build", "gpu", "tool", "ring", "channel", "unread"]);
}

#[test]
fn answers_follow_their_schema() {
    let answers = stdout(&["query", "--json", SMALL, "count(read)", "P(read)", "latency(nothing, p95)"]);
    assert_follows_schema("query", &answers, &["schema", "answer"]);
}

#[test]
fn repairs_follow_their_schema() {
    let overlay = stdout(&["repair", "-q", "--samples", "1", SMALL]);
    assert_follows_schema("repair", &overlay, &["schema", "gap", "composition", "event", "sample", "statistics"]);
    let kept = stdout(&["repair", "-q", LTTNG]);
    assert!(kept.contains("kept_begin_ns"));
    assert_follows_schema("repair", &kept, &["schema", "gap", "composition", "event", "statistics"]);
    let merged = stdout(&["repair", "-q", "--merge", SMALL]);
    assert_follows_schema("repair", &merged, &["schema", "event", "gap", "composition", "statistics"]);
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn scores_follow_their_schema() {
    let arguments = ["evaluate", "--json", "--protocol", "paper", "--length", "20", "--blackout", "3", "--data"];
    let data = "crates/tracemend/tests/fixtures/succeed/windows";
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("answers.jsonl");
    let dump = dump.to_str().expect("a path of text");
    let printed = stdout(&[&arguments[..], &[data, "--dump", dump]].concat());
    assert_follows_schema("evaluate", &printed, &["schema", "score", "difference"]);
    let ring = ["evaluate", "ring", "--json", "--test", "samples/ftrace_full.txt.zst", "--method", "lookup,repeat"];
    let printed = stdout(&[&ring[..], &["--capacity", "8192", "--stall", "5"]].concat());
    assert_follows_schema("evaluate", &printed, &["schema", "ring", "score", "stratum", "difference"]);
    let twins = ["--lossy", "samples/ftrace_pipe_lost.txt.zst", "--full", "samples/ftrace_full.txt.zst"];
    let printed = stdout(&[&["evaluate", "truth", "--json", "--method", "engine,lookup"], &twins[..]].concat());
    let expected = ["schema", "truth", "score", "stratum", "latency", "difference"];
    assert_follows_schema("evaluate", &printed, &expected);
    assert_follows_schema("predictions", &std::fs::read_to_string(dump).expect("written"), &["schema", "prediction"]);
    let burst = ["evaluate", "--protocol", "self", "--gaps", "3", "--blackout", "5", "--method", "engine,lookup"];
    stdout(&[&burst[..], &["--test", "samples/ftrace_full.txt.zst", "--dump", dump]].concat());
    assert_follows_schema("predictions", &std::fs::read_to_string(dump).expect("written"), &["schema", "traced"]);
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "runs `evaluate`")]
fn networks_and_data_sets_follow_their_schemas() {
    assert_follows_schema("models", &stdout(&["models", "list", "--json"]), &["schema", "network"]);
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set");
    let set = set.to_str().expect("a path of text");
    stdout(&["dataset", "build", "-q", "samples/ftrace_full.txt.zst", "--split", "time", "--length", "20", "-o", set]);
    assert_follows_schema("dataset-info", &stdout(&["dataset", "info", "--json", set]), &["schema", "part", "leak"]);
}

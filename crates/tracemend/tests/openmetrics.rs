//! `gaps --openmetrics` against the rules of the text format, and against Prometheus's own parser.

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use support::{root, run, shown, stdout, tracemend};

const SMALL: &str = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
const SAMPLE: &str = "samples/ftrace_pipe_lost.txt.zst";
const LTTNG: &str = "samples/lttng_lost";

/// A name, labels and a value.
type Sample = (String, BTreeMap<String, String>, f64);

/// Reads the text by the rules of the standard, and breaks where one does not hold.
fn parsed(text: &str) -> Vec<Sample> {
    let body = text.strip_suffix("# EOF\n").expect("the text ends with `# EOF`");
    let mut samples: Vec<Sample> = Vec::new();
    let (mut typed, mut helped) = (Vec::new(), Vec::new());
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert_eq!(kind, "gauge");
            assert!(!typed.contains(&name), "{name} comes twice");
            typed.push(name);
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and a text");
            assert!(typed.last() == Some(&name) && !help.is_empty(), "{line}");
            helped.push(name);
        } else {
            let sample = sample(line);
            assert!(typed.last() == Some(&sample.0.as_str()) && typed == helped, "{line} stands outside of its family");
            assert!(
                !samples.iter().any(|(name, labels, _)| (name, labels) == (&sample.0, &sample.1)),
                "{line} comes twice"
            );
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str) -> Sample {
    let (name, rest) = line.split_once('{').expect("labels");
    assert!(name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{name}");
    let mut labels = BTreeMap::new();
    let mut rest = rest.chars();
    loop {
        let label: String = rest.by_ref().take_while(|letter| *letter != '=').collect();
        assert_eq!(rest.next(), Some('"'), "{line}");
        let mut value = String::new();
        loop {
            match rest.next().expect("the value ends") {
                '"' => break,
                '\\' => value.push(match rest.next() {
                    Some('n') => '\n',
                    Some(letter @ ('\\' | '"')) => letter,
                    other => panic!("{other:?} is not escaped in {line}"),
                }),
                letter => value.push(letter),
            }
        }
        assert!(labels.insert(label, value).is_none(), "{line}");
        match rest.next() {
            Some(',') => {}
            Some('}') => break,
            other => panic!("{other:?} follows a label in {line}"),
        }
    }
    let value = rest.as_str().strip_prefix(' ').and_then(|value| value.parse().ok()).expect("a number");
    (name.to_owned(), labels, value)
}

/// The sum of a metric over what has this label.
fn sum(samples: &[Sample], name: &str, label: &str, value: &str) -> f64 {
    let wanted =
        samples.iter().filter(|(found, labels, _)| found == name && labels.get(label).is_some_and(|l| l == value));
    wanted.map(|(_, _, value)| value).sum()
}

#[test]
fn metrics_say_what_each_trace_recorded_and_lost() {
    let samples = parsed(&stdout(&["gaps", "--openmetrics", SMALL, SAMPLE, LTTNG]));
    for (trace, recorded, lost, gaps) in
        [(SMALL, 114.0, 6.0, 1.0), (SAMPLE, 15602.0, 7228.0, 21.0), (LTTNG, 2747.0, 8075.0, 25.0)]
    {
        assert_eq!(sum(&samples, "tracemend_trace_readable", "trace", trace), 1.0);
        assert_eq!(sum(&samples, "tracemend_events_recorded", "trace", trace), recorded);
        assert_eq!(sum(&samples, "tracemend_events_lost", "trace", trace), lost);
        assert_eq!(sum(&samples, "tracemend_gaps", "trace", trace), gaps);
    }
    assert_eq!(sum(&samples, "tracemend_events_lost", "cause", "discarded"), 8075.0);
    assert!(sum(&samples, "tracemend_events_lost", "stream", "cpu1") > 0.0);
}

#[test]
fn one_trace_has_metrics_too_and_an_unreadable_one_is_a_metric_and_an_error() {
    assert_eq!(parsed(&stdout(&["gaps", "--openmetrics", SMALL])).len(), 5);
    let output = run(&["gaps", "--openmetrics", SMALL, "no/such/trace"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("error: no/such/trace: No such file"),
        "{}",
        shown(&output)
    );
    let samples = parsed(&String::from_utf8(output.stdout).expect("text"));
    assert_eq!(sum(&samples, "tracemend_trace_readable", "trace", "no/such/trace"), 0.0);
    assert_eq!(samples.len(), 6);
}

#[test]
fn strange_names_of_traces_stay_one_label() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let names = ["a\"b.txt", "a\\b.txt", "a\nb.txt", "a} 1.txt"];
    for name in names {
        std::fs::copy(root().join(SMALL), folder.path().join(name)).expect("copied");
    }
    let output =
        tracemend(&["gaps", "--openmetrics", "."]).current_dir(folder.path()).output().expect("the command starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let samples = parsed(&text);
    for name in names {
        assert_eq!(sum(&samples, "tracemend_events_lost", "trace", &format!("./{name}")), 6.0, "{text}");
    }
    accepted_by_prometheus(&text);
}

/// Asks Prometheus's own parser, where it is installed.
fn accepted_by_prometheus(text: &str) {
    let python = std::env::var_os("TRACEMEND_PYTHON").unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import prometheus_client"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no Python with prometheus_client (TRACEMEND_PYTHON names it)");
        return;
    }
    let script = "import sys\n\
                  from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                  lost = {s.labels['trace']: s.value for f in parse(sys.stdin.read()) for s in f.samples if s.name == \
                  'tracemend_events_lost'}\n\
                  assert lost == dict.fromkeys(['./a\"b.txt', './a\\\\b.txt', './a\\nb.txt', './a} 1.txt'], 6), lost";
    let mut child = Command::new(python).args(["-c", script]).stdin(Stdio::piped()).spawn().expect("python starts");
    child.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("python reads");
    assert!(child.wait().expect("python ends").success());
}

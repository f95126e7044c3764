//! CTF traces of many kinds against `babeltrace2`. Skipped, visibly, where it or the traces are not here.
#![allow(clippy::unwrap_used)]

mod common;

use common::babeltrace2::{self, Printed};
use common::{Read, read, read_bytes, shared, try_read, unpack};
use std::path::{Path, PathBuf};
use tracemend_trace::OpenOptions;
use tracemend_trace::{Cause, Event, Format, Gap, Lost, TraceError};

/// Folders of a group of conformance traces.
fn group(name: &str) -> Vec<PathBuf> {
    let Some(folder) = shared(&format!("ctf-conformance/ctf-traces/{name}")) else {
        return Vec::new();
    };
    let mut traces: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    traces.sort();
    traces
}

/// The recorded samples of CTF 1.8, with the archive unpacked into `folder`.
fn samples(folder: &Path) -> Vec<PathBuf> {
    let names = ["ctf18-ust-paired", "ctf18-from-lttng216", "ctf18-ust-overwrite", "ctf18-ust-libcwrap"];
    let mut traces: Vec<PathBuf> = names.iter().filter_map(|name| shared(&format!("samples/{name}"))).collect();
    if let Some(archive) = shared("samples/ctf18-perf-raw_syscalls.tar.zst") {
        unpack(&archive, folder);
        traces.push(folder.to_path_buf());
    }
    traces
}

fn damage(gaps: &[Gap]) -> Option<&str> {
    gaps.iter().find_map(|gap| match &gap.cause {
        Cause::Damaged(details) => Some(details.as_str()),
        _ => None,
    })
}

fn same_lines(trace: &Path, ours: &Read, theirs: &Printed) {
    assert_eq!(ours.records.len(), theirs.lines.len(), "{}", trace.display());
    for (number, (our, their)) in ours.records.iter().zip(&theirs.lines).enumerate() {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        assert!(our == their, "{}, line {number}:\n{}\n{}", trace.display(), text(our), text(their));
    }
}

/// The lines, and their order, are `babeltrace2`'s; what it refuses is refused, or read as far as can be.
#[test]
fn conformance_traces_read_as_babeltrace2_reads_them() {
    if !babeltrace2::is_here() {
        return;
    }
    // It aborts on an assertion: version 2.0.4 cannot show a sequence in a packet context.
    let aborts = ["meta-ctx-sequence"];
    // The file was cut behind the content of its last packet: all events are there.
    let lenient = ["invalid-packet-size"];
    let (mut equal, mut refused, mut partly) = (0, 0, 0);
    for trace in
        ["succeed", "fail", "packet-seq-num", "intersection", "deterministic-ordering"].into_iter().flat_map(group)
    {
        let theirs = babeltrace2::print(&trace).unwrap();
        let is = |names: &[&str]| names.iter().any(|name| trace.ends_with(name));
        let ours = try_read(&trace, &OpenOptions::default());
        if theirs.succeeded || is(&aborts) {
            let ours = ours.unwrap();
            same_lines(&trace, &ours, &theirs);
            assert_eq!(damage(&ours.gaps), None, "{}", trace.display());
            equal += 1;
            continue;
        }
        match ours {
            Ok(ours) => {
                let details = damage(&ours.gaps).unwrap_or_else(|| panic!("{} has no damage", trace.display()));
                assert!(details.starts_with("file ") && details.contains(", byte "), "{details}");
                if !is(&lenient) {
                    assert!(!ours.events.is_empty());
                    same_lines(&trace, &ours, &theirs);
                }
                partly += 1;
            }
            Err(TraceError::Corrupt { path, .. }) => {
                assert!(path.starts_with(&trace) && path.is_file(), "{}", path.display());
                assert!(theirs.lines.is_empty());
                refused += 1;
            }
            Err(other) => panic!("{}: {other}", trace.display()),
        }
    }
    eprintln!("{equal} traces equal, {partly} read as far as they go, {refused} refused");
}

#[test]
fn samples_read_as_babeltrace2_reads_them() {
    if !babeltrace2::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for trace in samples(folder.path()) {
        same_lines(&trace, &read(&trace), &babeltrace2::print(&trace).unwrap());
    }
}

/// What `babeltrace2` warns of: numbers of events or packets, and file names.
fn warned(warnings: &str, noun: &str) -> Vec<(u64, String)> {
    let mut found: Vec<(u64, String)> = warnings
        .lines()
        .filter_map(|line| {
            let rest = line.split_once("Tracer discarded ")?.1;
            let (number, rest) = rest.split_once(' ')?;
            let file = rest.split_once("within stream \"")?.1.split_once('"')?.0;
            let file = Path::new(file).file_name()?.to_string_lossy().into_owned();
            rest.starts_with(noun).then_some((number.parse().ok()?, file))
        })
        .collect();
    found.sort();
    found
}

/// Losses are those it warns of, whether events are read or not.
#[test]
fn losses_are_those_that_babeltrace2_warns_of() {
    if !babeltrace2::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut traces = samples(folder.path());
    traces.extend(group("packet-seq-num"));
    traces.extend(group("succeed"));
    for trace in traces {
        let printed = babeltrace2::print(&trace).unwrap();
        for losses_only in [false, true] {
            let ours = try_read(&trace, &OpenOptions { losses_only, ..OpenOptions::default() }).unwrap();
            let name = |gap: &Gap| ours.header.streams[gap.stream.unwrap().0 as usize].name.clone();
            let mut exact: Vec<(u64, String)> = ours
                .gaps
                .iter()
                .filter_map(|gap| match gap.lost {
                    Lost::Exact(lost) => {
                        Some((lost, Path::new(&name(gap)).file_name()?.to_string_lossy().into_owned()))
                    }
                    _ => None,
                })
                .collect();
            exact.sort();
            assert_eq!(exact, warned(&printed.warnings, "event"), "{}", trace.display());
            // It says nothing of packets lost before the first one that was kept.
            let packets =
                ours.gaps.iter().filter(|gap| gap.cause == Cause::Overwritten && gap.begin_ns.is_some()).count();
            assert_eq!(packets, warned(&printed.warnings, "packet").len(), "{}", trace.display());
            assert!(!losses_only || ours.events.is_empty());
        }
    }
}

/// The events are those read from its text.
#[test]
fn events_are_those_of_its_text() {
    if !babeltrace2::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for trace in samples(folder.path()) {
        let ours = read(&trace);
        let text = babeltrace2::print(&trace).unwrap().lines.join(&b'\n');
        let theirs =
            read_bytes(&text, &OpenOptions { format: Some(Format::Babeltrace), ..OpenOptions::default() }).unwrap();
        assert_eq!(ours.events.len(), theirs.events.len());
        let comparable = |read: &Read, index: usize| {
            let Event { time_ns, cpu, tid, phase, ret, dur_ns, .. } = read.events[index].clone();
            (time_ns, cpu, tid, phase, ret, dur_ns, read.name(index).to_owned(), read.comm(index).to_owned())
        };
        for index in 0..ours.events.len() {
            assert_eq!(comparable(&ours, index), comparable(&theirs, index), "{}, event {index}", trace.display());
        }
    }
}

/// Per gap, the complete channel has as many more events as the counter says.
#[test]
fn the_full_channel_has_as_many_more_events_as_the_counters_say() {
    for (name, events, gaps, lost, off) in [
        ("ctf18-ust-paired", 16_016, 11, 5312, 0),
        ("ctf18-from-lttng216", 13_569, 25, 8075, 2),
        ("ctf2-ust-paired", 12_982, 21, 8610, 2),
    ] {
        let Some(path) = shared(&format!("samples/{name}")) else {
            continue;
        };
        let read = read(&path);
        assert_eq!((read.events.len(), read.gaps.len(), read.lost()), (events, gaps, lost), "{name}");
        let stream = |event: &Event| read.header.streams[event.stream.0 as usize].name.as_str();
        let mut wrong = 0;
        for gap in &read.gaps {
            let cpu = gap.cpu.unwrap();
            let inside = |channel: &str| {
                let name = format!("{channel}_{cpu}");
                let times = read.events.iter().filter(|event| stream(event) == name).map(|event| event.time_ns);
                times
                    .filter(|&time| gap.begin_ns.is_none_or(|b| b < time) && gap.end_ns.is_none_or(|e| time <= e))
                    .count()
            };
            let missing = inside("full") as i64 - inside("small") as i64;
            let announced = gap.lost.count().unwrap() as i64;
            // Both channels record an event one after the other: the end of a gap may fall in between.
            assert!(
                (missing - announced).abs() <= 1,
                "{name} gap {}: {missing} missing, {announced} announced",
                gap.id
            );
            wrong += usize::from(missing != announced);
        }
        eprintln!("{name}: {} of {gaps} gaps as the full channel says, {wrong} off by one", gaps - wrong);
        assert!(wrong <= off);
    }
}

//! Real recordings against truths counted in other ways. Skipped, visibly, where the samples are not beside the repository.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, read, read_with, shared, text, trace};
use std::path::Path;
use std::process::Command;
use tracemend_trace::{Cause, Format, Lost, Phase};
use tracemend_trace::{OpenOptions, npy};

/// Lines that contain a word, and the sum of the numbers right behind it.
fn count(text: &str, word: &str) -> (usize, u64) {
    let numbers = text.lines().filter_map(|line| line.split_once(word)).map(|(_, rest)| {
        rest.trim_start().split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0)
    });
    let numbers: Vec<u64> = numbers.collect();
    (numbers.len(), numbers.iter().sum())
}

/// Each gap of a CPU lies between two neighbouring events of that CPU.
fn gaps_lie_between_neighbours(read: &Read) {
    for gap in &read.gaps {
        let times: Vec<i64> = read.events.iter().filter(|e| Some(e.stream) == gap.stream).map(|e| e.time_ns).collect();
        let (begin, end) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
        assert!(!times.iter().any(|&t| begin < t && t < end), "events inside {gap:?}");
        assert!(gap.begin_ns.is_none_or(|t| times.contains(&t)), "no event at the begin of {gap:?}");
    }
}

#[test]
fn ftrace_pipe_has_21_markers_of_7228_events() {
    let Some(path) = shared("samples/ftrace_pipe_lost.txt.zst") else {
        return;
    };
    let (read, text) = (read(&path), text(&path));
    assert_eq!(read.header.format, Format::Ftrace);
    assert_eq!((read.gaps.len(), read.lost()), (21, 7228));
    assert_eq!((read.gaps.len(), read.lost()), count(&text, "[LOST"));
    assert_eq!(read.events.len(), text.lines().count() - 21);
    let by_cpu = |cpu| read.gaps.iter().filter(|g| g.cpu == Some(cpu)).filter_map(|g| g.lost.count()).sum::<u64>();
    if let Some(stats) = shared("samples/ftrace_percpu_stats.txt") {
        let stats = common::text(&stats);
        for cpu in 0..2 {
            let line = stats.lines().find(|line| line.starts_with(&format!("tsmall cpu{cpu}:"))).unwrap();
            assert_eq!(by_cpu(cpu), count(line, "overrun:").1);
        }
    }
    gaps_lie_between_neighbours(&read);
    assert!(read.gaps[0].begin_ns.is_none() && read.gaps[0].end_ns.is_some());
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("CPU:")).collect();
    assert!(read.records.iter().zip(lines).all(|(record, line)| record == line.as_bytes()));
    assert!(tracemend_trace::evidence(&trace(&path)).is_empty(), "counted gaps explain what the threads lack");
}

/// Lossy and full are recordings of one run: the full one has exactly as many more events in each gap as its marker says.
#[test]
fn the_full_twin_has_as_many_more_events_as_the_markers_say() {
    let (Some(lossy), Some(full)) = (shared("samples/ftrace_pipe_lost.txt.zst"), shared("samples/ftrace_full.txt.zst"))
    else {
        return;
    };
    let (lossy, full) = (read(&lossy), read(&full));
    assert_eq!(full.events.len(), 22830);
    assert_eq!(full.events.len() as u64, lossy.events.len() as u64 + lossy.lost());
    for cpu in 0..2 {
        let names = |read: &Read| -> Vec<(String, Phase)> {
            let of_cpu = (0..read.events.len()).filter(|&e| read.events[e].cpu == Some(cpu));
            of_cpu.map(|e| (read.name(e).to_string(), read.events[e].phase)).collect()
        };
        let (kept, all) = (names(&lossy), names(&full));
        let (mut at, mut gaps) = (0, lossy.gaps.iter().filter(|g| g.cpu == Some(cpu)).peekable());
        let times: Vec<i64> = lossy.events.iter().filter(|e| e.cpu == Some(cpu)).map(|e| e.time_ns).collect();
        for (kept, time) in kept.iter().zip(times) {
            while let Some(gap) = gaps.next_if(|gap| gap.end_ns == Some(time) && gap.begin_ns.is_none_or(|b| b < time))
            {
                at += gap.lost.count().unwrap() as usize;
            }
            assert_eq!(kept, &all[at], "cpu {cpu}, event {at} of the full recording");
            at += 1;
        }
    }
}

#[test]
fn ftrace_static_lost_its_head() {
    let Some(path) = shared("samples/ftrace_trace_static_overwritten.txt") else {
        return;
    };
    let read = read(&path);
    assert_eq!(read.events.len(), 1698);
    let [gap] = &read.gaps[..] else { panic!("one gap, not {}", read.gaps.len()) };
    assert_eq!((gap.lost, &gap.cause, gap.begin_ns), (Lost::Exact(17576 - 1698), &Cause::Overwritten, None));
    assert_eq!(gap.end_ns, Some(read.events[0].time_ns));
}

#[test]
fn threads_show_silent_holes_and_none_in_full_recordings() {
    if let Some(full) = shared("samples/ftrace_full.txt.zst") {
        assert!(tracemend_trace::evidence(&trace(&full)).is_empty());
    }
    let Some(path) = shared("samples/ftrace_pipe_nooverwrite_dropped.txt.zst") else {
        return;
    };
    let trace = trace(&path);
    assert!(trace.gaps.is_empty(), "the text itself says nothing");
    let found = tracemend_trace::evidence(&trace);
    assert_eq!(found.len(), 15);
    assert!(found.iter().all(|gap| matches!(gap.cause, Cause::Evidence(_)) && gap.tid.is_some()));
}

#[test]
fn trace_cmd_reports_28_markers_of_8237_events() {
    for name in ["trace_lost_v6.dat.zst", "trace_lost_v7_zstd.dat"] {
        let Some(path) = shared(&format!("samples/{name}")) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let dat = folder.path().join("trace.dat");
        let bytes = std::fs::read(&path).unwrap();
        let bytes = if name.ends_with(".zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
        std::fs::write(&dat, bytes).unwrap();
        let Ok(report) = Command::new("trace-cmd").arg("report").arg(&dat).output() else {
            return eprintln!("skipped: no trace-cmd here");
        };
        if report.stdout.is_empty() {
            return eprintln!("skipped: this trace-cmd does not read {name}");
        }
        let read = common::read_bytes(&report.stdout, &OpenOptions::default()).unwrap();
        assert_eq!((read.gaps.len(), read.lost()), (28, 8237), "{name}");
        assert_eq!(read.events.len(), String::from_utf8_lossy(&report.stdout).lines().count() - 28 - 1);
        gaps_lie_between_neighbours(&read);
    }
}

#[test]
fn perf_script_has_27_records_of_6145_lost() {
    let Some(path) = shared("samples/perf_script_lost.txt.zst") else {
        return;
    };
    let (read, text) = (read(&path), text(&path));
    assert_eq!(read.header.format, Format::PerfScript);
    assert_eq!((read.gaps.len(), read.lost()), (27, 6145));
    assert_eq!((read.gaps.len(), read.lost()), count(&text, "PERF_RECORD_LOST lost"));
    assert_eq!(read.events.len(), text.lines().count() - 27);
    assert!(read.gaps.iter().all(|gap| gap.cpu.is_some() && gap.cause == Cause::Discarded));
    assert!(tracemend_trace::evidence(&trace(&path)).is_empty());
}

#[test]
fn perf_trace_has_11_markers() {
    let Some(path) = shared("samples/perf_trace_lost.txt") else {
        return;
    };
    let (read, text) = (read(&path), text(&path));
    assert_eq!(read.header.format, Format::PerfTrace);
    assert_eq!((read.gaps.len(), read.lost()), count(&text, "LOST"));
    assert_eq!(read.gaps.len(), 11);
    assert_eq!(read.events.len(), text.lines().count() - 11);
    assert!(read.gaps.iter().all(|gap| gap.stream.is_none() && gap.begin_ns <= gap.end_ns));
}

#[test]
fn bpftrace_has_5_markers() {
    let Some(path) = shared("samples/bpftrace_lost.txt") else {
        return;
    };
    let (read, text) = (read(&path), text(&path));
    assert_eq!(read.header.format, Format::Bpftrace);
    assert_eq!((read.gaps.len(), read.lost()), count(&text, "Lost"));
    assert_eq!((read.gaps.len(), read.events.len()), (5, text.lines().count() - 5));
}

#[test]
fn strace_joins_every_resumed_call() {
    let Some(path) = shared("samples/strace_f_ttt.txt") else {
        return;
    };
    let (read, text) = (read(&path), text(&path));
    assert_eq!(read.header.format, Format::Strace);
    assert!(read.gaps.is_empty());
    assert_eq!(read.events.len(), text.lines().count() - count(&text, " resumed>").0);
    let joined = read.records.iter().filter(|record| record.contains(&b'\n')).count();
    assert_eq!(joined, count(&text, " resumed>").0);
    let points = read.events.iter().filter(|event| event.phase == Phase::Point).count();
    assert_eq!(points, text.lines().filter(|line| line.ends_with(" +++") || line.ends_with(" ---")).count());
    assert!(read.events.iter().all(|event| event.time_ns > 1_700_000_000_000_000_000));
}

#[test]
fn babeltrace_warnings_are_gaps_where_the_full_channel_has_the_events() {
    let Some(path) = shared("samples/ctf18-ust-paired") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let channel = |name: &str, other: &str| -> Option<(Read, String)> {
        let copy = folder.path().join(name);
        copy_channel(&path, &copy, other);
        let output = Command::new("babeltrace2").arg(&copy).output().ok()?;
        let warnings = folder.path().join(format!("{name}.warnings"));
        std::fs::write(&warnings, &output.stderr).unwrap();
        let options = OpenOptions { warnings_file: Some(warnings), ..OpenOptions::default() };
        let read = common::read_bytes(&output.stdout, &options).unwrap();
        Some((read, String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let (Some((small, text)), Some((full, _))) = (channel("small", "full"), channel("full", "small")) else {
        return eprintln!("skipped: no babeltrace2 here");
    };
    assert_eq!(small.header.format, Format::Babeltrace);
    assert_eq!(small.events.len(), text.lines().count());
    assert_eq!((small.gaps.len(), small.lost()), (11, 5312));
    assert!(full.gaps.is_empty());
    for gap in &small.gaps {
        let inside = |e: &&tracemend_trace::Event| {
            e.cpu == gap.cpu && Some(e.time_ns) > gap.begin_ns && Some(e.time_ns) < gap.end_ns
        };
        // The twin of the event that ends the gap has a time of its own, just before it.
        assert_eq!(full.events.iter().filter(inside).count() as u64, gap.lost.count().unwrap() + 1);
        assert_eq!(small.events.iter().filter(inside).count(), 0);
    }
}

fn copy_channel(from: &Path, to: &Path, without: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            copy_channel(&entry.path(), &to.join(name), without);
        } else if !name.starts_with(without) {
            std::fs::write(to.join(name), std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

#[test]
fn corpus_rows_are_calls() {
    for workload in ["pgbench", "apache", "shell"] {
        let Some(path) = shared(&format!("corpus/{workload}/run1.csv.zst")) else {
            return;
        };
        let (read, text) = (read(&path), text(&path));
        assert_eq!(read.header.format, Format::Csv);
        assert_eq!(read.events.len(), text.lines().count() - 1);
        assert!(read.gaps.is_empty());
        for (index, line) in text.lines().skip(1).enumerate().step_by(97) {
            let fields: Vec<&str> = line.split(',').collect();
            let event = &read.events[index];
            assert_eq!(event.time_ns.to_string(), fields[0]);
            assert_eq!(event.cpu.unwrap().to_string(), fields[1]);
            assert_eq!(event.tid.unwrap().to_string(), fields[2]);
            assert_eq!((read.comm(index), read.name(index)), (fields[3], fields[4]));
            assert_eq!(event.ret.map(|n| n.to_string()).unwrap_or_default(), fields[5]);
            assert_eq!(event.dur_ns.map(|n| n.to_string()).unwrap_or_default(), fields[6]);
        }
    }
}

#[test]
fn published_windows_are_sequences_and_arrays() {
    let Some(path) = shared("paper/layout/Datasets/ffmpeg/sequence_length_200/test.npy") else {
        return;
    };
    let read = read_with(&path, &OpenOptions::default());
    assert_eq!((read.header.streams.len(), read.events.len()), (500, 100_000));
    let array = npy::load_array(&path).unwrap();
    assert_eq!(array.shape, [500, 200, 1]);
    assert!(array.data.iter().zip(0..).all(|(value, at)| read.name(at) == value.to_string()));
    let Some(path) = shared("paper/pts.npz") else {
        return;
    };
    let arrays = npy::load_npz(&path, |name| name.starts_with("ffmpeg__L200__")).unwrap();
    assert_eq!(arrays.len(), 2);
    assert!(arrays.iter().all(|(_, array)| array.shape == [array.data.len()]));
}

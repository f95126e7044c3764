//! trace.dat, versions 6 and 7: against `trace-cmd`, against the full twin of a lossy recording, on machines of every kind,
//! and damaged.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/ring.rs"]
mod ring;

use common::mutate::{rounds, survives};
use common::{Read, as_file, essence, fixture, read, read_bytes, read_with, shared, tool, unpacked};
use ring::MACHINES;
use std::path::Path;
use tracemend_trace::OpenOptions;
use tracemend_trace::{Cause, Format, Gap, Lost, TraceError};

const FIXTURES: [&str; 3] = ["trace-v6.dat.zst", "trace-v7.dat", "trace-v7-plain.dat.zst"];

fn succeed(name: &str) -> std::path::PathBuf {
    fixture(&format!("succeed/{name}"))
}

fn losses_only() -> OpenOptions {
    OpenOptions { losses_only: true, ..OpenOptions::default() }
}

fn bytes_read(bytes: &[u8]) -> Read {
    read_bytes(bytes, &OpenOptions::default()).unwrap()
}

/// Gaps without what depends on the layout of the file.
fn places(read: &Read) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = read.gaps.iter().map(|gap| Gap { offset: 0, id: 0, ..gap.clone() }).collect();
    gaps.sort_by_key(|gap| (gap.stream, gap.begin_ns, gap.end_ns));
    gaps
}

/// Records, line by line as `trace-cmd report -t` prints them, and the losses it tells of.
fn agrees_with_trace_cmd(path: &Path, read: &Read, raw: bool) {
    let path = path.to_str().unwrap();
    let mut args = vec!["report", "-t", path];
    if raw {
        args.insert(1, "-R");
    }
    let Some(text) = tool("trace-cmd", &args) else {
        return;
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("cpus=")).collect();
    let (markers, lines): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| line.contains("EVENTS DROPPED]"));
    assert_eq!(read.records.len(), lines.len(), "{path}");
    for (record, line) in read.records.iter().zip(lines) {
        assert_eq!(String::from_utf8_lossy(record), line.trim_end(), "{path}");
    }
    let counts: Vec<u64> = markers
        .iter()
        .map(|line| line.split(['[', ' ']).filter_map(|word| word.parse().ok()).next().unwrap_or(0))
        .collect();
    let own: Vec<u64> = read.gaps.iter().map(|gap| gap.lost.count().unwrap_or(0)).collect();
    assert_eq!(own, counts, "{path}");
}

#[test]
fn all_layouts_of_one_recording_read_alike() {
    let first = read(&succeed(FIXTURES[0]));
    assert_eq!(first.header.format, Format::TraceDat);
    assert_eq!((first.events.len(), first.gaps.len(), first.lost()), (886, 1, 1177));
    let gap = &first.gaps[0];
    assert_eq!((gap.cpu, gap.begin_ns, gap.lost, &gap.cause), (Some(0), None, Lost::Exact(1177), &Cause::Overwritten));
    assert!(gap.end_ns.is_some());
    assert_eq!(
        String::from_utf8_lossy(&first.records[1]),
        "           <...>-1376  [001]  5098.272074148: sys_enter:            NR 72 (0, 1, 0, 0, 0, 20)"
    );
    assert_eq!(essence(&first, &first.events[1]), "5098272074148 Some(1) Some(1376) <...> fcntl Entry None");
    assert_eq!(essence(&first, &first.events[0]), "5098272060718 Some(1) Some(1376) <...> openat Exit Some(3)");
    assert!(first.events.is_sorted_by_key(|event| event.time_ns));
    for name in &FIXTURES[1..] {
        let other = read(&succeed(name));
        assert!(other.records == first.records, "{name}");
        assert_eq!(places(&other), places(&first), "{name}");
    }
}

#[test]
fn a_file_is_read_alike_from_disk_from_a_pipe_and_compressed() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let file = as_file(&bytes);
    let (disk, pipe, packed) = (read(file.path()), bytes_read(&bytes), read(&succeed(FIXTURES[0])));
    assert!(disk.events == pipe.events && disk.events == packed.events);
    assert_eq!(disk.gaps, packed.gaps);
    // A file larger than what is kept in memory goes through a temporary file.
    let mut large = bytes.clone();
    large.resize(8 << 20, 0);
    assert!(bytes_read(&large).events == disk.events);
}

#[test]
fn losses_are_the_same_without_the_events() {
    for name in FIXTURES {
        let (all, losses) = (read(&succeed(name)), read_with(&succeed(name), &losses_only()));
        assert!(losses.events.is_empty());
        assert_eq!(places(&all), places(&losses), "{name}");
    }
}

#[test]
fn fixtures_read_as_trace_cmd_reads_them() {
    for name in FIXTURES {
        let file = as_file(&unpacked(&succeed(name)));
        agrees_with_trace_cmd(file.path(), &read(file.path()), false);
    }
}

#[test]
fn samples_have_28_losses_of_8237_events_and_read_as_trace_cmd_reads_them() {
    for name in ["trace_lost_v6.dat.zst", "trace_lost_v7_zstd.dat"] {
        let Some(path) = shared(&format!("samples/{name}")) else {
            return;
        };
        let read = read(&path);
        assert_eq!((read.events.len(), read.gaps.len(), read.lost()), (14_593, 28, 8237), "{name}");
        assert_eq!(places(&read), places(&read_with(&path, &losses_only())), "{name}");
        let file = as_file(&unpacked(&path));
        agrees_with_trace_cmd(file.path(), &read, false);
    }
}

/// The full recording of the same run has exactly as many more events in each gap as its count says, and all others alike.
#[test]
fn the_full_twin_has_as_many_more_events_as_the_counts_say() {
    let (Some(lossy), Some(full)) = (shared("samples/trace_lost_v6.dat.zst"), shared("samples/ftrace_full.txt.zst"))
    else {
        return;
    };
    let (lossy, full) = (read(&lossy), read(&full));
    assert_eq!(lossy.events.len() as u64 + lossy.lost(), full.events.len() as u64);
    for cpu in 0..2 {
        let of_cpu = |read: &Read| {
            let all = read.events.iter().filter(|event| event.cpu == Some(cpu));
            all.map(|event| {
                let name = read.header.symbols.name(event.name).to_owned();
                (event.time_ns, (event.tid, name, event.phase, event.ret))
            })
            .collect::<Vec<_>>()
        };
        let mut truth = of_cpu(&full).into_iter();
        let mut gaps = lossy.gaps.iter().filter(|gap| gap.cpu == Some(cpu)).peekable();
        for (time, event) in of_cpu(&lossy) {
            while let Some(gap) = gaps.next_if(|gap| gap.end_ns.is_some_and(|end| end <= time)) {
                for _ in 0..gap.lost.count().unwrap() {
                    truth.next().unwrap();
                }
            }
            let (true_time, true_event) = truth.next().unwrap();
            // Each buffer takes its own time of an event, and the text has microseconds.
            assert!((true_time - time).abs() <= 1_000_000, "{time} {true_time}");
            assert_eq!(event, true_event);
        }
        assert!(gaps.next().is_none() && truth.next().is_none());
    }
}

#[test]
fn machines_of_every_kind_are_understood() {
    for machine in MACHINES {
        let m = machine;
        let second = 1_000_000_000;
        let cpu0 = vec![
            m.page(
                5 * second,
                &[
                    (0, m.enter(7, 257, [1, 2, 3, 4, 5, 0xfff0])),
                    (10, m.exit(7, 257, -2)),
                    (3 * second, m.enter_openat(7, 0xffff_ff9c)),
                ],
                None,
            ),
            m.page(
                9 * second,
                &[(0, m.exit_openat(7, 3)), (500, m.switch(("bash", 7), ("new one", 99)))],
                Some(Some(84)),
            ),
            m.page(10 * second, &[(0, m.exit(99, 0, 17))], Some(None)),
        ];
        let cpu1 = vec![m.page(
            6 * second,
            &[(0, m.exit(8, 1, 5)), (20, m.enter(55, 39, [0; 6])), (1, m.exit(0, 39, 1))],
            None,
        )];
        let bytes = m.v6(&[cpu0, cpu1], None);
        let read = bytes_read(&bytes);
        let seen: Vec<String> = read.events.iter().map(|event| essence(&read, event)).collect();
        assert_eq!(
            seen,
            [
                "5000000000 Some(0) Some(7) bash openat Entry None",
                "5000000010 Some(0) Some(7) bash openat Exit Some(-2)",
                "6000000000 Some(1) Some(8) two words write Exit Some(5)",
                "6000000020 Some(1) Some(55) <...> getpid Entry None",
                "6000000021 Some(1) Some(0) <idle> getpid Exit Some(1)",
                "8000000010 Some(0) Some(7) bash openat Entry None",
                "9000000000 Some(0) Some(7) bash openat Exit Some(3)",
                "9000000500 Some(0) Some(7) bash sched_switch Point None",
                "10000000000 Some(0) Some(99) new one read Exit Some(17)",
            ],
            "{machine:?}"
        );
        let gaps: Vec<_> = read.gaps.iter().map(|gap| (gap.cpu, gap.begin_ns, gap.end_ns, gap.lost)).collect();
        assert_eq!(
            gaps,
            [
                (Some(0), Some(8_000_000_010), Some(9_000_000_000), Lost::Exact(84)),
                (Some(0), Some(9_000_000_500), Some(10_000_000_000), Lost::Unknown),
            ],
            "{machine:?}"
        );
        let losses = read_bytes(&bytes, &losses_only()).unwrap();
        assert_eq!(places(&losses), places(&read), "{machine:?}");
        assert_eq!(
            String::from_utf8_lossy(&read.records[7]),
            "            bash-7     [000]     9.000000500: sched_switch:          prev_comm=bash prev_pid=7 next_comm=new one next_pid=99"
        );
    }
}

/// The same file, which `trace-cmd` reads too; it prints named calls and switches its own way.
#[test]
fn trace_cmd_agrees_on_machines_of_every_kind() {
    for m in MACHINES {
        let pages = vec![
            m.page(1_000_000_000, &[(0, m.enter(7, 257, [1, 2, 3, 4, 5, 0xfff0])), (1 << 30, m.exit(7, 257, 2))], None),
            m.page(
                3_000_000_000,
                &[(7, m.exit(55, 0, 17)), (0, m.enter_openat(8, 0xffff_ff9c)), (9, m.exit_openat(8, 3))],
                Some(Some(84)),
            ),
        ];
        let file = as_file(&m.v6(&[pages], None));
        agrees_with_trace_cmd(file.path(), &read(file.path()), false);
        let pages = vec![m.page(5, &[(0, m.switch(("bash", 7), ("new one", 99))), (10, m.exit(99, 0, 1))], None)];
        let file = as_file(&m.v6(&[pages], None));
        let own = read(file.path());
        assert_eq!(own.comm(1), "new one");
        let Some(text) = tool("trace-cmd", &["report", "-t", file.path().to_str().unwrap()]) else {
            return;
        };
        let last = text.lines().last().unwrap();
        assert_eq!(String::from_utf8_lossy(&own.records[1]), last, "{m:?}");
    }
}

#[test]
fn an_instance_is_a_stream_of_its_own() {
    for m in MACHINES {
        let top = vec![m.page(100, &[(0, m.exit(7, 0, 1)), (50, m.exit(7, 0, 2))], None)];
        let second = vec![m.page(120, &[(0, m.exit(8, 0, 3))], Some(Some(5)))];
        let read = bytes_read(&m.v6(&[top], Some(("extra", &[second]))));
        let seen: Vec<_> = read.events.iter().map(|event| (event.time_ns, event.stream.0, event.ret)).collect();
        assert_eq!(seen, [(100, 0, Some(1)), (120, 1, Some(3)), (150, 0, Some(2))]);
        assert_eq!(read.header.streams[1].name, "extra/cpu0");
        assert_eq!(read.gaps[0].stream, Some(tracemend_trace::StreamId(1)));
        assert_eq!(read.gaps[0].begin_ns, None);
    }
}

#[test]
fn a_damaged_page_costs_only_itself() {
    let whole = read(&succeed(FIXTURES[0]));
    let bytes = unpacked(&succeed(FIXTURES[0]));
    // The second page of the first CPU, which begins at a multiple of a page behind the head.
    let page =
        whole.events.iter().filter(|event| event.cpu == Some(0)).map(|event| event.offset / 4096).nth(100).unwrap();
    let start = (page * 4096) as usize;
    let kept = |read: &Read| {
        let kept: Vec<_> = whole.events.iter().filter(|event| event.offset / 4096 != page).collect();
        assert!(read.events.iter().collect::<Vec<_>>() == kept);
    };
    for (at, word) in [(start + 8, "cannot hold"), (start, "a page of zeros")] {
        let mut damaged = bytes.clone();
        if word == "cannot hold" {
            damaged[at + 2] = 0xff
        } else {
            damaged[at..at + 4096].fill(0)
        }
        let read = bytes_read(&damaged);
        kept(&read);
        let gap = read.gaps.iter().find(|gap| matches!(&gap.cause, Cause::Damaged(_))).unwrap();
        let Cause::Damaged(reason) = &gap.cause else { unreachable!() };
        assert!(reason.contains(word) && reason.starts_with(&format!("byte {start}")), "{reason}");
        assert!(gap.begin_ns.unwrap() < gap.end_ns.unwrap());
        assert_eq!((gap.cpu, gap.lost), (Some(0), Lost::Unknown));
    }
    // An event without a length ends its page; the events before it stay.
    let mut damaged = bytes;
    let half = whole.events.iter().filter(|event| event.offset / 4096 == page).nth(20).unwrap().offset as usize;
    damaged[half - 4..half + 60].fill(0);
    let read = bytes_read(&damaged);
    let lost = whole.events.len() - read.events.len();
    let on_page = whole.events.iter().filter(|event| event.offset / 4096 == page).count();
    assert_eq!(lost, on_page - 20);
}

#[test]
fn a_damaged_chunk_costs_only_itself() {
    let mut bytes = unpacked(&succeed(FIXTURES[1]));
    let whole = bytes_read(&bytes);
    let chunk = whole.events.iter().find(|event| event.cpu == Some(1)).unwrap().offset;
    bytes[chunk as usize + 8..][..8].fill(0xa5);
    let read = bytes_read(&bytes);
    let records = whole.events.iter().zip(&whole.records);
    let kept: Vec<_> = records.filter(|(event, _)| event.offset != chunk).map(|(_, record)| record).collect();
    assert!(kept.len() < whole.events.len());
    assert!(read.records.iter().collect::<Vec<_>>() == kept);
    assert!(
        read.gaps.iter().any(|gap| gap.cpu == Some(1) && gap.cause.details().is_some_and(|why| why.contains("packed")))
    );
}

#[test]
fn a_cut_file_keeps_what_is_there() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let whole = bytes_read(&bytes);
    let read = bytes_read(&bytes[..bytes.len() - 6000]);
    assert!(read.events.len() > whole.events.len() / 2 && read.events.len() < whole.events.len());
    let gap = read.gaps.iter().find(|gap| gap.cause == Cause::Truncated).unwrap();
    assert_eq!((gap.cpu, gap.end_ns), (Some(1), None));
    // A compressed file that breaks off is read as far as it goes.
    let packed = std::fs::read(succeed(FIXTURES[0])).unwrap();
    let read = read_bytes(&packed[..packed.len() - 500], &OpenOptions::default());
    assert!(read.is_ok_and(|read| !read.events.is_empty() && !read.header.warnings.is_empty()));
}

#[test]
fn damage_in_front_is_told_with_its_place() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let reason = |bytes: &[u8]| match read_bytes(
        bytes,
        &OpenOptions { format: Some(Format::TraceDat), ..OpenOptions::default() },
    ) {
        Err(TraceError::Corrupt { offset, reason, .. }) => (offset, reason),
        other => panic!("{:?}", other.map(|read| read.events.len())),
    };
    assert_eq!(reason(b"something else entirely, and long enough").0, 0);
    let (offset, why) = reason(&bytes[..500]);
    assert!(offset > 18 && why.contains("copy the file again"), "{offset} {why}");
    let mut version = bytes.clone();
    version[10] = b'5';
    assert!(reason(&version).1.contains("trace-cmd convert"));
    // A format's length that leads nowhere: the pages are still found.
    let mut lost = bytes;
    let at = memchr::memmem::find(&lost, b"header_event").unwrap() + 13;
    lost[at + 3] = 0xff;
    let read = bytes_read(&lost);
    assert_eq!(read.events.len(), 886);
    assert!(read.header.warnings[0].contains("lack their names"), "{:?}", read.header.warnings);
}

#[test]
fn damaged_files_end_without_a_panic() {
    for name in FIXTURES {
        let bytes = unpacked(&succeed(name));
        survives(name, &bytes, &bytes_read(&bytes), rounds(200).min(2000));
    }
}

/// `TRACEMEND_MUTATIONS=10000 cargo test --release --test trace_dat damaged_samples`
#[test]
fn damaged_samples_end_without_a_panic() {
    for name in ["trace_lost_v6.dat.zst", "trace_lost_v7_zstd.dat"] {
        if let Some(path) = shared(&format!("samples/{name}")) {
            let bytes = unpacked(&path);
            survives(name, &bytes, &bytes_read(&bytes), rounds(10));
        }
    }
}

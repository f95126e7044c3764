//! The committed excerpts: what is read of whole ones, and what is said of damaged ones.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/raw_folder.rs"]
mod raw_folder;

use common::{Read, fixture, read, read_bytes, read_with, trace, unpacked};
use tracemend_trace::{Arch, MAX_LINE, OpenOptions, npy, open};
use tracemend_trace::{Cause, Format, Lost, Phase};

fn message(name: &str) -> String {
    let error = match open(&fixture(name), &OpenOptions::default()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name} was opened"),
    };
    error.replace(&fixture("").display().to_string(), "")
}

#[test]
fn each_format_is_recognised_and_counted() {
    // Name, format, events, gaps, lost: events and gaps as counted by hand with `grep -c`.
    let expected = [
        ("babeltrace-layouts.txt", Format::Babeltrace, 5, 0, 0),
        ("bpftrace-lost.txt", Format::Bpftrace, 12, 1, 71),
        ("calls-reordered.csv", Format::Csv, 2, 0, 0),
        ("calls.csv", Format::Csv, 29, 0, 0),
        ("ftrace-layouts.txt", Format::Ftrace, 5, 1, 1),
        ("ftrace-pipe-begins-lost.txt", Format::Ftrace, 19, 1, 1177),
        ("ftrace-pipe.txt", Format::Ftrace, 25, 1, 1682),
        ("ftrace-static.txt", Format::Ftrace, 28, 1, 15878),
        ("names.txt", Format::Sequences, 4, 0, 0),
        ("pairs.txt", Format::Sequences, 5, 0, 0),
        ("perf-script-layouts.txt", Format::PerfScript, 3, 0, 0),
        ("perf-script-lost.txt", Format::PerfScript, 19, 2, 61),
        ("perf-trace-interrupted.txt", Format::PerfTrace, 8, 1, 533),
        ("perf-trace-lost.txt", Format::PerfTrace, 20, 1, 342),
        ("sequences.txt", Format::Sequences, 13, 0, 0),
        ("strace-end.txt", Format::Strace, 12, 0, 0),
        ("strace-tt.txt", Format::Strace, 6, 0, 0),
        ("strace.txt", Format::Strace, 19, 0, 0),
        ("trace-compass.tsv", Format::TraceCompass, 4, 1, 45),
        ("trace-cmd-report.txt", Format::Ftrace, 15, 1, 1177),
        ("windows.npy", Format::Npy, 12, 0, 0),
    ];
    for (name, format, events, gaps, lost) in expected {
        let read = read(&fixture(&format!("succeed/{name}")));
        let got = (read.header.format, read.events.len(), read.gaps.len(), read.lost());
        assert_eq!(got, (format, events, gaps, lost), "{name}");
    }
}

/// What bytes are taken for: the format, or `pages` or `a Perfetto trace`, which are refused by name where their events are not at hand.
fn recognised(bytes: &[u8]) -> String {
    match read_bytes(bytes, &OpenOptions::default()) {
        Ok(read) => read.header.format.to_string(),
        Err(error) if error.to_string().contains("events/header_page") => "pages".to_owned(),
        Err(error) if error.to_string().contains("Perfetto") => Format::Perfetto.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn files_of_one_format_are_never_taken_for_another() {
    let mut files = vec![
        ("variants/tracee.json".to_owned(), "tracee"),
        ("variants/tracee-nested.json".to_owned(), "tracee"),
        ("variants/tetragon.json".to_owned(), "tetragon"),
        ("variants/inspektor-gadget.json".to_owned(), "inspektor-gadget"),
    ];
    for (folder, part, format) in [("perfetto", ".pftrace", "perfetto"), ("scap", ".scap", "scap")] {
        let names = std::fs::read_dir(fixture(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap()).filter(|name| name.contains(part));
        files.extend(names.map(|name| (format!("{folder}/{name}"), format)));
    }
    assert!(files.len() >= 4 + 8 + 5);
    for (name, format) in &files {
        let bytes = std::fs::read(fixture(name)).unwrap();
        assert_eq!(recognised(&bytes), *format, "{name}");
        if !name.ends_with(".json") {
            continue;
        }
        // An empty line in front begins a packet of Perfetto's, and the next character is its length.
        assert_eq!(recognised(&[b"\n", &bytes[..]].concat()), *format, "{name}");
        for line in bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{")) {
            let seen = recognised(&[b"\n", line, line, line].concat());
            // A log's lines alone are of no format.
            assert!(seen == *format || seen.contains("not a trace"), "{seen}: {}", String::from_utf8_lossy(line));
        }
    }
}

#[test]
fn what_looks_like_a_packet_of_perfettos_is_still_pages_or_text() {
    let pages = raw_folder::parts(&unpacked(&fixture("succeed/trace-v6.dat.zst"))).cpus.concat();
    // A page's time is any number: two small packets, and a packet beyond what is looked at.
    for time in [[0x0a, 2, 0x40, 5, 0x0a, 2, 0x50, 5], [0x0a, 0xff, 0xff, 0x7f, 0x92, 3, 0xf0, 0x7f]] {
        let spelt = [&time[..], &pages[8..]].concat();
        for length in [4096, 8192, spelt.len()] {
            assert_eq!((recognised(&pages[..length]), recognised(&spelt[..length])), ("pages".into(), "pages".into()));
        }
    }
    // 123 characters, which `{` is the number of; `A` and `6` are the lengths of the fields in it.
    let end = r#"","timestamp":5,"processName":"a","eventName":"read"}"#;
    let line = format!("\n{{\"A\":\"{}b6x{end}", "x".repeat(62));
    assert_eq!((line.len(), recognised(format!("{line}{line}\n").as_bytes())), (125, "tracee".into()));
}

/// Name, phase, time, thread, process, result of an event.
fn event(read: &Read, index: usize) -> (&str, Phase, i64, Option<i32>, &str, Option<i64>) {
    let event = &read.events[index];
    (read.name(index), event.phase, event.time_ns, event.tid, read.comm(index), event.ret)
}

#[test]
fn ftrace_layouts() {
    let read = read(&fixture("succeed/ftrace-layouts.txt"));
    assert_eq!(event(&read, 0), ("sched_switch", Phase::Point, 12_000_001_000, Some(1), "bash", None));
    assert_eq!(event(&read, 1), ("openat", Phase::Entry, 13_000_000_000, Some(2), "a b-[0]", None));
    assert_eq!(event(&read, 2), ("openat", Phase::Exit, 13_500_000_123, Some(2), "a b-[0]", Some(-2)));
    assert_eq!(event(&read, 3), ("read", Phase::Exit, 14_000_000_000, Some(0), "<idle>", Some(3)));
    assert_eq!(event(&read, 4), ("read", Phase::Entry, 15_000_000_000, Some(3), "x", None));
    let gap = &read.gaps[0];
    assert_eq!((gap.lost, gap.begin_ns, gap.end_ns), (Lost::AtLeast(1), Some(14_000_000_000), Some(15_000_000_000)));
}

#[test]
fn an_exported_event_table() {
    let read = read(&fixture("succeed/trace-compass.tsv"));
    let day = 86_400_000_000_000;
    assert_eq!(event(&read, 0), ("openat", Phase::Entry, day - 1_000, Some(12), "", None));
    assert_eq!(event(&read, 1), ("openat", Phase::Exit, day + 1_500, Some(12), "ls", Some(-2)));
    assert_eq!(event(&read, 2), ("sched_switch", Phase::Point, day + 2_500, Some(12), "", None));
    assert_eq!(event(&read, 3), ("read", Phase::Exit, day + 9_000, Some(13), "", Some(32)));
    let gap = &read.gaps[0];
    assert_eq!((gap.cpu, gap.begin_ns, gap.end_ns), (Some(1), Some(day + 2_500), Some(day + 9_000)));
    assert_eq!((gap.lost, &gap.cause), (Lost::Exact(45), &Cause::Discarded));
}

#[test]
fn a_record_of_loss_ends_its_gap_at_its_own_time() {
    let read = read(&fixture("succeed/perf-script-lost.txt"));
    let ends: Vec<_> = read.gaps.iter().map(|gap| (gap.cpu, gap.begin_ns, gap.end_ns, gap.lost)).collect();
    let (before, first, second) = (1_653_466_481_913, 1_653_466_817_791, 1_653_467_370_661);
    assert_eq!(
        ends,
        [(Some(1), Some(before), Some(first), Lost::Exact(51)), (Some(1), Some(first), Some(second), Lost::Exact(10)),]
    );
}

#[test]
fn perf_trace_gap_reaches_to_the_end_of_the_next_call() {
    let read = read(&fixture("succeed/perf-trace-lost.txt"));
    let gap = &read.gaps[0];
    assert_eq!((gap.stream, gap.begin_ns, gap.end_ns), (None, Some(884_000), Some(10_900_000)));
}

#[test]
fn strace_layouts() {
    let read = read(&fixture("succeed/strace-tt.txt"));
    let day = 86_400_000_000_000;
    assert_eq!(event(&read, 0), ("read", Phase::Call, day - 100_000_000, Some(3), "", Some(-11)));
    assert_eq!(read.events[0].dur_ns, Some(12_000));
    assert_eq!(event(&read, 1), ("SIGCHLD", Phase::Point, day + 100_000_000, Some(3), "", None));
    assert_eq!(event(&read, 2), ("nanosleep", Phase::Call, day + 200_000_000, Some(3), "", Some(-516)));
    assert_eq!(event(&read, 3).0, "restart_syscall");
    assert_eq!(event(&read, 4), ("read", Phase::Call, day + 400_000_000, Some(4), "", None));
    assert_eq!(event(&read, 5).0, "killed");
}

#[test]
fn babeltrace_layouts_and_warnings() {
    let layouts = read(&fixture("succeed/babeltrace-layouts.txt"));
    let comm = "a \\\"}b";
    assert_eq!(event(&layouts, 0), ("openat", Phase::Entry, 86_399_900_000_000, Some(7), comm, None));
    assert_eq!(event(&layouts, 1), ("openat", Phase::Exit, 86_400_100_000_000, Some(7), comm, Some(-2)));
    assert_eq!(event(&layouts, 2).0, "close");
    assert_eq!(event(&layouts, 3), ("close", Phase::Exit, 86_400_300_000_000, Some(7), "", Some(0)));
    assert_eq!(event(&layouts, 4), ("sched_switch", Phase::Point, 86_400_400_000_000, Some(7), "", None));
    assert!(layouts.header.warnings[0].contains("the option `warnings`"), "{:?}", layouts.header.warnings);

    let warnings_file = Some(fixture("succeed/babeltrace-warnings.txt"));
    let read = read_with(&fixture("succeed/babeltrace.txt"), &OpenOptions { warnings_file, ..OpenOptions::default() });
    let [gap] = &read.gaps[..] else { panic!("one gap, not {}", read.gaps.len()) };
    assert_eq!((gap.lost, gap.cpu), (Lost::Exact(79), Some(1)));
    assert!(read.header.warnings.is_empty());
}

#[test]
fn csv_columns_go_by_name() {
    let read = read(&fixture("succeed/calls-reordered.csv"));
    assert_eq!(event(&read, 0), ("read", Phase::Call, 5, None, "a \"b\", c", None));
    assert_eq!((read.events[0].cpu, read.events[1].cpu), (Some(1), None));
}

#[test]
fn sequences_are_streams() {
    let names = |name: &str| -> Vec<String> {
        read(&fixture(name)).header.streams.into_iter().map(|stream| stream.name).collect()
    };
    assert_eq!(names("succeed/sequences.txt"), ["sequences:1", "sequences:2", "sequences:3"]);
    assert_eq!(names("succeed/pairs.txt"), ["pairs:100", "pairs:101"]);
    assert_eq!(names("succeed/names.txt"), ["names"]);

    let folder = tempfile::tempdir().unwrap();
    for name in ["names.txt", "sequences.txt"] {
        std::fs::copy(fixture(&format!("succeed/{name}")), folder.path().join(name)).unwrap();
    }
    let read = read(folder.path());
    assert_eq!((read.header.streams.len(), read.events.len()), (2, 17));
    assert_eq!((read.name(0), read.name(4)), ("open", "6"));
}

#[test]
fn arrays_are_numbers() {
    let array = npy::load_array(&fixture("succeed/windows.npy")).unwrap();
    assert_eq!((array.shape, array.data.len()), (vec![2, 6, 1], 12));
    let arrays = npy::load_npz(&fixture("succeed/arrays.npz"), |_| true).unwrap();
    assert_eq!((arrays[0].0.as_str(), arrays[0].1.shape.as_slice(), arrays[0].1.data[5]), ("a", &[2, 3][..], 5.0));
    assert_eq!((arrays[1].0.as_str(), arrays[1].1.data.as_slice()), ("b", &[0.5, -1.0][..]));
    let error = npy::load_array(&fixture("fail/cut.npy")).unwrap_err().to_string();
    assert!(
        error.ends_with("byte 0: the shape [2, 6, 1] needs more than the 22 bytes left. Copy the file again"),
        "{error}"
    );
}

#[test]
fn threads_show_a_silent_hole() {
    let trace = trace(&fixture("succeed/ftrace-silent-hole.txt"));
    let found = tracemend_trace::evidence(&trace);
    let [gap] = &found[..] else { panic!("one gap, not {}", found.len()) };
    let cause = Cause::Evidence("exit without entry: `statx` ends but did not begin".into());
    assert_eq!((gap.tid, gap.lost, &gap.cause), (Some(1550), Lost::AtLeast(1), &cause));
}

#[test]
fn numbers_are_names_of_the_architecture() {
    let line =
        b"  x-1 [000] ..... 1.000000: sys_enter: NR 3 (0)\n  x-1 [000] ..... 2.000000: sys_enter: NR 99999 (0)\n";
    for (arch, name) in
        [(Arch::X86_64, "close"), (Arch::I386, "read"), (Arch::Aarch64, "io_cancel"), (Arch::Arm, "read")]
    {
        let read = read_bytes(line, &OpenOptions { arch: Some(arch), ..OpenOptions::default() }).unwrap();
        assert_eq!((read.name(0), read.name(1)), (name, "syscall_99999"), "{arch}");
        assert_eq!(arch.to_string().parse::<Arch>(), Ok(arch));
    }
    for (format, name) in Format::ALL {
        assert_eq!((format.to_string().as_str(), name.parse::<Format>()), (name, Ok(format)));
        assert_eq!(serde_json::to_value(format).unwrap(), name);
    }
}

#[test]
fn what_is_no_trace_is_said() {
    let end = "Name its format with the option `format`";
    for (name, seen) in [
        ("fail/empty.txt", "it is empty"),
        ("fail/prose.txt", "it begins `The quick brown fox`"),
        ("fail/cut-early.txt.zst", "its zstd data is damaged from the start: incomplete frame"),
    ] {
        assert_eq!(message(name), format!("{name}: not a trace in a format known here ({seen}). {end}"));
    }
    assert_eq!(
        message("fail/perf.data"),
        "fail/perf.data, byte 280: the file ends within its list of events; copy it again"
    );
    assert!(message("fail/missing.txt").starts_with("fail/missing.txt: No such file or directory"));
    let forced = OpenOptions { format: Some(Format::Ftrace), ..OpenOptions::default() };
    let error = read_bytes(b"\nnothing\nof it\n", &forced).err().unwrap().to_string();
    assert_eq!(
        error,
        "memory, line 2 (byte 1): not a line of ftrace text: `nothing`. No line of the input is one; name its true format with the option `format`"
    );
}

#[test]
fn what_is_cut_off_is_read_up_to_there() {
    for (name, events, offset) in [
        ("fail/cut.txt", 4, 319),
        ("fail/cut.txt.gz", 918, 87212),
        ("fail/cut.txt.zst", 1363, 131014),
        ("fail/strace-cut.txt", 2, 194),
        ("fail/cut.npy", 5, 20),
    ] {
        let read = read(&fixture(name));
        let [gap] = &read.gaps[..] else { panic!("{name}: one gap, not {}", read.gaps.len()) };
        assert_eq!((read.events.len(), &gap.cause, gap.offset), (events, &Cause::Truncated, offset), "{name}");
        assert_eq!((gap.begin_ns, gap.end_ns), (Some(read.events[events - 1].time_ns), None), "{name}");
    }
    let warning = &read(&fixture("fail/cut.txt.zst")).header.warnings[0];
    assert!(warning.ends_with("line 1364 (byte 131014): the zstd data ends in the middle; what lies before it was read. Copy the file again to get the rest"), "{warning}");
}

#[test]
fn what_is_damaged_is_a_gap_with_its_reason() {
    let read = read(&fixture("fail/mixed.txt"));
    let reason = "line 5 (byte 319) and 2 more lines: not a line of ftrace text: `Segmentation fault`";
    assert_eq!((read.events.len(), &read.gaps[0].cause), (6, &Cause::Damaged(reason.into())));

    let line = "  x-1 [000] ..... 1.000000: sys_enter: NR 3 (0)\r\n";
    let huge = format!("{line}{}\n{line}", "x".repeat(3 * MAX_LINE));
    let read = read_bytes(huge.as_bytes(), &OpenOptions::default()).unwrap();
    let begin = line.len();
    let reason = format!("line 2 (byte {begin}): longer than 1048576 bytes, which no line of ftrace text is");
    assert_eq!((read.events.len(), &read.gaps[0].cause), (2, &Cause::Damaged(reason)));
    assert_eq!((read.events[1].offset, read.records[1].len()), ((begin + 3 * MAX_LINE + 1) as u64, begin - 2));
}

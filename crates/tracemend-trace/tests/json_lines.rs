//! JSON lines of Tracee, Tetragon and Inspektor Gadget.
#![allow(clippy::unwrap_used)]

mod common;

use common::mutate::{mutate, rounds};
use common::{Read, fixture, read, read_bytes, try_read};
use tracemend_trace::{Cause, Format, Lost, OpenOptions, Phase, TraceError};

fn variant(name: &str) -> Read {
    read(&fixture(&format!("variants/{name}")))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(&format!("variants/{name}"))).unwrap()
}

/// Nanoseconds behind the trace's first full second, name, phase, thread, process, result of each event.
type Row<'a> = (i64, &'a str, Phase, Option<i32>, &'a str, Option<i64>);

fn rows(read: &Read, second: i64) -> Vec<Row<'_>> {
    let row = |index: usize| {
        let event = &read.events[index];
        (event.time_ns - second, read.name(index), event.phase, event.tid, read.comm(index), event.ret)
    };
    (0..read.events.len()).map(row).collect()
}

fn gaps(read: &Read, second: i64) -> Vec<(Lost, Option<i64>, Option<i64>)> {
    assert!(read.gaps.iter().all(|gap| gap.cause == Cause::Discarded));
    read.gaps.iter().map(|gap| (gap.lost, gap.begin_ns.map(|t| t - second), gap.end_ns.map(|t| t - second))).collect()
}

#[test]
fn a_call_of_tracee_is_one_event_and_its_log_counts_what_was_lost() {
    use Phase::{Call, Entry, Exit, Point};
    let trace = variant("tracee.json");
    assert_eq!(trace.header.format, Format::Tracee);
    let first = 1_657_290_245_020_855_990;
    let other = "dp kgé";
    let expected = [
        (0, "openat", Call, Some(4741), "dpkg", Some(3)),
        (1500, "security_file_open", Point, Some(4741), "dpkg", None),
        (90_000, "close", Call, Some(4742), other, Some(-9)),
        (95_000, "write", Call, Some(4742), other, Some(14)),
        (99_000, "nanosleep", Entry, Some(4742), other, None),
        (99_900, "nanosleep", Exit, Some(4742), other, Some(-4)),
        (120_000, "net_packet_dns", Point, Some(0), "", None),
    ];
    assert_eq!(rows(&trace, first), expected);
    // The text `Lost 99 events` in an argument is none of the log's, and capture events are none of the trace.
    assert_eq!(gaps(&trace, first), [(Lost::Exact(12), Some(1500), Some(90_000))]);
    let cpus: Vec<Option<u32>> = trace.events.iter().map(|event| event.cpu).collect();
    assert_eq!(cpus, [0, 0, 1, 1, 1, 1, 0].map(Some));
    assert_eq!(trace.header.processes.of(4742), Some(4741));
    let lines = bytes("tracee.json");
    assert_eq!(trace.records[0], lines.split(|&byte| byte == b'\n').nth(1).unwrap());
}

#[test]
fn the_later_layout_of_tracee_is_read_as_the_first() {
    let trace = variant("tracee-nested.json");
    assert_eq!(trace.header.format, Format::Tracee);
    let second = 1_785_768_926_000_000_000;
    let expected = [
        (20_855_990, "openat", Phase::Call, Some(12345), "bash", Some(-2)),
        (20_900_000, "sched_process_exec", Phase::Point, Some(12345), "bash", None),
        (21_900_000, "read", Phase::Call, Some(12346), "ls", Some(832)),
    ];
    assert_eq!(rows(&trace, second), expected);
    assert_eq!(gaps(&trace, second), [(Lost::Exact(5), Some(20_900_000), Some(21_900_000))]);
}

#[test]
fn what_the_rate_limit_of_tetragon_drops_lies_between_its_messages() {
    use Phase::{Call, Entry, Exit, Point};
    let trace = variant("tetragon.json");
    assert_eq!(trace.header.format, Format::Tetragon);
    let minute = 1_696_629_780_000_000_000;
    let ms = |ms: i64| ms * 1_000_000;
    let expected = [
        (ms(57_700) + 326_678, "process_exec", Point, Some(52699), "curl", None),
        (ms(57_800), "setgid", Call, Some(52699), "curl", Some(-1)),
        (ms(57_800) + 500, "security_file_permission", Point, Some(52700), "curl", None),
        (ms(57_900), "read", Entry, Some(52700), "curl", None),
        (ms(57_901), "read", Exit, Some(52700), "curl", Some(-11)),
        (ms(57_902), "openat", Exit, Some(52700), "curl", Some(-2)),
        (ms(181_000), "process_exit", Point, Some(52699), "curl", None),
    ];
    assert_eq!(rows(&trace, minute), expected);
    let expected = [
        (Lost::Exact(120), Some(ms(57_700) + 326_678), Some(ms(117_000))),
        (Lost::Unknown, Some(ms(118_000)), Some(ms(123_000))),
        (Lost::Exact(7), Some(ms(117_000)), Some(ms(177_000))),
        (Lost::Unknown, Some(ms(180_000)), None),
    ];
    assert_eq!(gaps(&trace, minute), expected);
}

#[test]
fn an_event_of_inspektor_gadget_is_named_after_its_fields() {
    use Phase::{Call, Point};
    let trace = variant("inspektor-gadget.json");
    assert_eq!(trace.header.format, Format::InspektorGadget);
    let second = 1_737_743_855_000_000_000;
    let expected = [
        (312_976_962, "open", Call, Some(53660), "cat", Some(3)),
        (312_990_000, "open", Call, Some(53661), "cat", Some(-2)),
        (500_000_000, "exec", Call, Some(53662), "sh", Some(-13)),
        (600_000_000, "open", Call, Some(20673), "coredns", Some(14)),
        (700_000_000, "signal", Point, Some(53662), "sh", None),
        (800_000_000, "connect", Point, Some(53662), "sh", None),
        (900_000_000, "open", Call, Some(1081), "systemd-oomd", Some(7)),
    ];
    assert_eq!(rows(&trace, second), expected);
    assert_eq!(gaps(&trace, second), [(Lost::AtLeast(12), Some(312_990_000), Some(500_000_000))]);
}

#[test]
fn a_damaged_line_is_a_gap_that_says_where_and_no_event() {
    for name in ["tracee.json", "tracee-nested.json", "tetragon.json", "inspektor-gadget.json"] {
        let whole = variant(name);
        let lines = bytes(name);
        // The second event's line loses its second half.
        let (first, second) = (whole.events[0].offset as usize, whole.events[1].offset as usize);
        let length = whole.records[1].len();
        let damaged = [&lines[..second + length / 2], &lines[second + length..]].concat();
        let trace = read_bytes(&damaged, &OpenOptions::default()).unwrap();
        assert_eq!(trace.header.format, whole.header.format, "{name}");
        assert_eq!(trace.events.len(), whole.events.len() - 1, "{name}");
        let damage: Vec<_> = trace.gaps.iter().filter(|gap| matches!(gap.cause, Cause::Damaged(_))).collect();
        let [gap] = &damage[..] else { panic!("{name}: {} gaps of damage", damage.len()) };
        assert_eq!((gap.offset as usize, gap.begin_ns), (second, Some(whole.events[0].time_ns)), "{name}");
        assert!(gap.cause.details().unwrap().contains(&format!("(byte {second})")), "{name}: {:?}", gap.cause);
        assert!(first < second);
    }
}

#[test]
fn a_file_of_another_form_says_how_to_get_the_one_that_is_read() {
    let expected = [
        ("tracee-table.txt", "a table for the eye"),
        ("tetragon-compact.txt", "tetra getevents -o json"),
        ("inspektor-gadget-pretty.json", "jq -c"),
        ("traceloop.json", "traceloop, which have no times"),
    ];
    for (name, advice) in expected {
        let error = try_read(&fixture(&format!("variants/{name}")), &OpenOptions::default()).err().unwrap();
        assert!(matches!(error, TraceError::NotRead { .. }) && error.to_string().contains(advice), "{name}: {error}");
    }
    // Most lines unreadable: an error that names the form, also where the format is forced.
    let mut mixed = bytes("tracee.json").split_inclusive(|&byte| byte == b'\n').nth(1).unwrap().to_vec();
    mixed.extend_from_slice(&bytes("tracee-table.txt"));
    let forced = OpenOptions { format: Some(Format::Tracee), ..OpenOptions::default() };
    let error = read_bytes(&mixed, &forced).err().unwrap().to_string();
    assert!(error.contains("line 2") && error.contains("a table for the eye"), "{error}");
}

#[test]
fn one_key_alone_is_no_format() {
    for line in [
        r#"{"timestamp":1,"eventName":"x"}"#,
        r#"{"time":"2023-10-06T22:03:57Z","level":"x"}"#,
        r#"{"comm":"a","pid":1}"#,
        r#"{"timestamp_raw":1}"#,
        r#"{"name":"a","timestamp":1}"#,
    ] {
        let error = read_bytes(format!("{line}\n").repeat(5).as_bytes(), &OpenOptions::default()).err().unwrap();
        assert!(matches!(error, TraceError::UnknownFormat { .. }), "{line}: {error}");
    }
}

#[test]
fn deep_nesting_is_damage_and_no_crash() {
    let deep = format!("{{\"timestamp\":{}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    let text = [bytes("tracee.json"), deep.into_bytes()].concat();
    let trace = read_bytes(&text, &OpenOptions::default()).unwrap();
    assert_eq!(trace.events.len(), variant("tracee.json").events.len());
    assert!(trace.gaps.iter().any(|gap| matches!(gap.cause, Cause::Damaged(_))));
}

#[test]
fn damaged_lines_never_panic_and_invent_no_events() {
    for name in ["tracee.json", "tracee-nested.json", "tetragon.json", "inspektor-gadget.json"] {
        let (whole, lines) = (variant(name), bytes(name));
        let forced = OpenOptions { format: Some(whole.header.format), ..OpenOptions::default() };
        let rounds = rounds(500);
        let mut refused = 0;
        for seed in 0..rounds {
            // Damage alone can bring forth lines, and no more than there are of what it made of them.
            let damaged = mutate(&lines, seed);
            let Ok(read) = read_bytes(&damaged, &forced) else {
                refused += 1;
                continue;
            };
            let count = damaged.split(|&byte| byte == b'\n').count();
            assert!(read.events.len() <= count, "{name}, mutation {seed}");
            assert!(
                read.gaps
                    .iter()
                    .zip(0..)
                    .all(|(gap, id)| gap.id == id && gap.begin_ns.zip(gap.end_ns).is_none_or(|(a, b)| a <= b))
            );
        }
        eprintln!("{name}: {rounds} mutations of {} bytes, {refused} refused", lines.len());
    }
}

//! Perfetto traces: against Perfetto's own definitions, against known losses, and damaged.
#![allow(clippy::unwrap_used)]

mod common;

use common::mutate::{rounds, survives};
use common::{Read, essence, fixture, read, read_bytes, tool, try_read};
use std::path::PathBuf;
use tracemend_trace::sink::{Collected, EventRow, Inference, Sink, write_perfetto};
use tracemend_trace::{Arch, Cause, Format, Lost, OpenOptions, Phase, TraceError};

const SECOND: i64 = 1_000_000_000;

fn path(name: &str) -> PathBuf {
    fixture(&format!("perfetto/{name}.pftrace"))
}

fn trace(name: &str) -> Read {
    read(&path(name))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

fn essences(read: &Read) -> Vec<String> {
    read.events.iter().map(|event| essence(read, event)).collect()
}

type Place = (Option<u32>, Lost, Cause, Option<i64>, Option<i64>);

fn gaps(read: &Read) -> Vec<Place> {
    read.gaps.iter().map(|gap| (gap.cpu, gap.lost, gap.cause.clone(), gap.begin_ns, gap.end_ns)).collect()
}

/// A number as protobuf writes it.
fn varint(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

/// A field of bytes.
fn field(number: usize, content: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(content.len()), content.to_vec()].concat()
}

#[test]
fn events_of_every_shape_are_read() {
    use Phase::{Entry, Exit, Point};
    let trace = trace("ftrace");
    assert_eq!((trace.header.format, trace.header.machine.as_deref()), (Format::Perfetto, Some("aarch64")));
    let expected = [
        (0, 0, "read", Entry, Some(700), "web", None),
        (100, 0, "read", Exit, Some(700), "web", Some(-11)),
        (200, 0, "sched_switch", Point, Some(700), "web", None),
        (300, 0, "write", Entry, Some(701), "web-io", None),
        (50, 1, "task_rename", Point, Some(800), "x", None),
        (60, 1, "print", Point, Some(800), "x", None),
        (70, 1, "close", Entry, Some(800), "x", None),
        (80, 1, "close", Exit, Some(800), "x", Some(-9)),
        (85, 1, "my_event", Point, Some(800), "x", None),
        (90, 1, "my_probe", Point, Some(800), "x", None),
        (900, 0, "write", Exit, Some(701), "web-io", Some(1)),
        (1000, 0, "sched_switch", Point, Some(701), "web-io", None),
        (1100, 0, "execve", Entry, Some(800), "sh", None),
        (1200, 0, "sched_waking", Point, Some(800), "sh", None),
        (1500, 0, "sched_switch", Point, Some(800), "sh", None),
        (SECOND, 1, "wait4", Exit, Some(800), "sh", Some(900)),
        (SECOND + 10, 1, "sched_switch", Point, Some(800), "sh", None),
        (SECOND + 20, 2, "denser_event", Point, Some(0), "<idle>", None),
    ];
    let row = |index: usize| {
        let event = &trace.events[index];
        let (time, cpu) = (event.time_ns - 5 * SECOND, event.cpu.unwrap());
        (time, cpu, trace.name(index), event.phase, event.tid, trace.comm(index), event.ret)
    };
    assert_eq!((0..trace.events.len()).map(row).collect::<Vec<_>>(), expected);
    assert_eq!(trace.header.processes.of(701), Some(700));
    let names =
        read_bytes(&bytes("ftrace"), &OpenOptions { arch: Some(Arch::X86_64), ..OpenOptions::default() }).unwrap();
    assert_eq!(names.name(0), "recvmsg".replace("recvmsg", Arch::X86_64.call_name(63).unwrap()));
}

#[test]
fn one_mark_has_the_number_of_the_kernels_counters_and_losses_without_a_mark_lie_at_the_end() {
    let expected = [
        (Some(1), Lost::Exact(57), Cause::Overwritten, Some(5 * SECOND + 90), Some(6 * SECOND)),
        (Some(2), Lost::Exact(9), Cause::Overwritten, Some(6 * SECOND + 20), None),
    ];
    assert_eq!(gaps(&trace("ftrace")), expected);
}

/// Time, CPU, thread, type, call's number and result of each event, as Perfetto's definitions for Python have them.
fn by_definitions(name: &str) -> Option<Vec<String>> {
    let python = std::env::var("TRACEMEND_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = fixture("perfetto/read.py");
    let text = tool(&python, &[script.to_str().unwrap(), path(name).to_str().unwrap()])?;
    if text.is_empty() {
        eprintln!("skipped: {python} has no packages perfetto and protobuf");
        return None;
    }
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn perfettos_own_definitions_have_the_same_events() {
    for name in ["ftrace", "packed", "ring", "every-event"] {
        let Some(rows) = by_definitions(name) else { return };
        let trace = trace(name);
        assert_eq!(rows.len(), trace.events.len(), "{name}");
        for (index, row) in rows.iter().enumerate() {
            let parts: Vec<&str> = row.split(',').collect();
            let [time, cpu, tid, kind, call, ret] = parts[..] else { panic!("{row}") };
            let event = &trace.events[index];
            assert_eq!(
                (event.time_ns.to_string(), event.cpu.unwrap().to_string()),
                (time.to_owned(), cpu.to_owned()),
                "{row}"
            );
            assert!(tid == "?" || event.tid.unwrap().to_string() == tid, "{row}");
            let machine = if trace.header.machine.is_some() { Arch::Aarch64 } else { Arch::X86_64 };
            let number = call.parse().ok();
            let phase = match kind {
                "sys_enter" => Phase::Entry,
                "sys_exit" => Phase::Exit,
                "generic" | "?" | "kprobe_event" => continue,
                _ => Phase::Point,
            };
            // An event without its call's number, as one of each type has it, is no call.
            let phase = if name == "every-event" { Phase::Point } else { phase };
            let known = number.filter(|_| phase != Phase::Point).and_then(|number| machine.call_name(number));
            assert_eq!((trace.name(index), event.phase), (known.unwrap_or(kind), phase), "{row}");
            assert_eq!(event.ret, ret.parse().ok().filter(|_| phase == Phase::Exit), "{row}");
        }
    }
}

#[test]
fn packed_packets_are_read_as_plain_ones() {
    let plain = trace("ftrace");
    let packed = trace("packed");
    assert_eq!((essences(&packed), gaps(&packed)), (essences(&plain), gaps(&plain)));
    let zstd = field(1, &field(133, &zstd::encode_all(&bytes("ftrace")[..], 3).unwrap()));
    let zstd = read_bytes(&zstd, &OpenOptions::default()).unwrap();
    assert_eq!((essences(&zstd), gaps(&zstd)), (essences(&plain), gaps(&plain)));
    let gzip = read_bytes(&zstd::encode_all(&bytes("packed")[..], 3).unwrap(), &OpenOptions::default()).unwrap();
    assert_eq!((essences(&gzip), gaps(&gzip)), (essences(&plain), gaps(&plain)));
}

#[test]
fn packets_that_perfetto_lost_itself_are_gaps_of_an_unknown_number() {
    let unknown = |cause, begin, end| (None, Lost::Unknown, cause, begin, end);
    // The first packet of a writer says nothing: what lay before it is told by the buffer's counter where no packet tells more.
    assert_eq!(gaps(&trace("ring")), [unknown(Cause::Discarded, Some(7 * SECOND), Some(8 * SECOND))]);
    assert_eq!(gaps(&trace("other-buffer")), []);
    assert_eq!(gaps(&trace("some-buffer")), [unknown(Cause::Overwritten, None, Some(7 * SECOND))]);
    let of_cpu = |begin, end| (Some(0), Lost::AtLeast(1), Cause::Overwritten, begin, end);
    let expected = [of_cpu(None, Some(7 * SECOND)), of_cpu(Some(7 * SECOND), Some(8 * SECOND))];
    assert_eq!(gaps(&trace("ring-with-ends")), expected);
}

#[test]
fn a_record_is_the_line_that_ftrace_prints() {
    let trace = trace("ftrace");
    let line = |index: usize| String::from_utf8(trace.records[index].clone()).unwrap();
    assert_eq!(line(0), "             web-700   [000]     5.000000000: sys_enter: NR 63 (3, 7ffd, 154)");
    assert_eq!(line(1), "             web-700   [000]     5.000000100: sys_exit: NR 63 = -11");
    let switched =
        "prev_comm=web prev_pid=700 prev_prio=120 prev_state=1 ==> next_comm=web-io next_pid=701 next_prio=120";
    assert!(line(2).ends_with(&format!("5.000000200: sched_switch: {switched}")), "{}", line(2));
    assert!(
        line(11).ends_with("sched_switch: prev_state=1 ==> next_comm=sh next_pid=800 next_prio=120"),
        "{}",
        line(11)
    );
    // As text they are the same events again.
    let text = trace.records.join(&b'\n');
    let options = OpenOptions { format: Some(Format::Ftrace), arch: Some(Arch::Aarch64), ..OpenOptions::default() };
    let back = read_bytes(&text, &options).unwrap();
    assert_eq!((back.events.len(), &back.gaps[..]), (trace.events.len(), &[][..]));
    for (index, (event, read)) in trace.events.iter().zip(&back.events).enumerate() {
        let what = (event.time_ns, event.cpu, event.phase, trace.name(index));
        assert_eq!((read.time_ns, read.cpu, read.phase, back.name(index)), what, "{}", line(index));
    }
}

#[test]
fn a_trace_without_events_of_the_kernel_is_refused_with_what_to_do() {
    let error = try_read(&path("programs"), &OpenOptions::default()).err().unwrap();
    assert!(matches!(error, TraceError::NotRead { .. }) && error.to_string().contains("linux.ftrace"), "{error}");
    let forced = OpenOptions { format: Some(Format::Perfetto), ..OpenOptions::default() };
    let error = read_bytes(b"{}\n", &forced).err().unwrap();
    assert!(error.to_string().contains("name the true format"), "{error}");
    let cut = &bytes("ftrace")[..60];
    let error = read_bytes(cut, &OpenOptions::default()).err().unwrap();
    assert!(error.to_string().contains("copy the file again"), "{error}");
}

/// A repair for Perfetto's viewer: a recorded event and an inferred one.
fn a_repair() -> Vec<u8> {
    let recorded = EventRow {
        time_ns: Some(SECOND),
        stream: Some("cpu0"),
        cpu: Some(0),
        tid: Some(7),
        comm: Some("ls"),
        name: "openat",
        phase: Phase::Entry,
        ret: None,
        dur_ns: None,
        inference: None,
    };
    let inference = Inference { gap: 0, confidence: 0.9, time_err_ns: None, alternatives: &[], model: "engine:self" };
    let inferred = EventRow { name: "close", inference: Some(Box::new(inference)), ..recorded.clone() };
    let mut collected = Collected::default();
    collected.event(&recorded).and_then(|()| collected.event(&inferred)).unwrap();
    let mut out = Vec::new();
    write_perfetto(&collected, &mut out).unwrap();
    out
}

#[test]
fn what_a_repair_inferred_is_never_read_as_recorded() {
    let error = read_bytes(&a_repair(), &OpenOptions::default()).err().unwrap();
    assert!(error.to_string().contains("Give the trace that it was made from"), "{error}");
    // Perfetto's traces can be joined as files: the drawn events beside the kernel's stay out, with a word about them.
    let whole = trace("ftrace");
    for joined in [[bytes("ftrace"), a_repair()].concat(), [a_repair(), bytes("ftrace")].concat()] {
        let read = read_bytes(&joined, &OpenOptions::default()).unwrap();
        assert_eq!(essences(&read), essences(&whole));
        let [warning] = &read.header.warnings[..] else { panic!("{:?}", read.header.warnings) };
        assert!(warning.contains("inferred are left out"), "{warning}");
    }
}

#[test]
fn behind_damage_the_next_marker_begins_what_is_read_again() {
    let (whole, content) = (trace("ftrace"), bytes("ftrace"));
    // The tag of the packet with the first bundle: all is lost up to the second marker, and with it both CPUs' first events.
    let first = whole.events[0].offset as usize;
    let mut damaged = content.clone();
    damaged[first] = 0xff;
    let read = read_bytes(&damaged, &OpenOptions::default()).unwrap();
    assert_eq!(essences(&read)[1..], essences(&whole)[16..]);
    let damage: Vec<_> = read.gaps.iter().filter(|gap| matches!(gap.cause, Cause::Damaged(_))).collect();
    assert_eq!((damage.len(), damage[0].offset as usize, damage[0].cpu), (1, first, None));
    assert!(damage[0].cause.details().unwrap().contains(&format!("byte {first}")));
    // A length that reaches over the marker.
    let mut damaged = content.clone();
    damaged[first + 1] = 0xff;
    let read = read_bytes(&damaged, &OpenOptions::default()).unwrap();
    assert_eq!(read.events.last().map(|event| essence(&read, event)), essences(&whole).pop());
    assert!(read.gaps.iter().any(|gap| matches!(gap.cause, Cause::Damaged(_))));
    // A file cut off.
    let read = read_bytes(&content[..whole.events[15].offset as usize + 9], &OpenOptions::default()).unwrap();
    assert_eq!(essences(&read), essences(&whole)[..15]);
    assert_eq!(
        read.gaps.last().map(|gap| (gap.cause.clone(), gap.begin_ns)),
        Some((Cause::Truncated, Some(5 * SECOND + 1500)))
    );
}

#[test]
fn an_event_that_cannot_be_read_costs_itself() {
    // An event whose only field is longer than it is, between two whole ones.
    let event = |time: u8| field(2, &[8, time, 16, 7, 0x22, 0]);
    let bundle = [vec![8, 1], event(5), field(2, &[8, 6, 16, 7, 0x22, 9]), event(7)].concat();
    let read = read_bytes(&field(1, &field(1, &bundle)), &OpenOptions::default()).unwrap();
    assert_eq!(read.events.iter().map(|event| event.time_ns).collect::<Vec<_>>(), [5, 7]);
    let [gap] = &read.gaps[..] else { panic!("{:?}", read.gaps) };
    assert!(matches!(gap.cause, Cause::Damaged(_)) && gap.cpu == Some(1));
}

#[test]
fn bombs_and_nests_are_damage_in_bounded_memory() {
    use std::io::Write;
    let zlib = |content: &[u8]| {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(content).unwrap();
        field(1, &field(50, &packer.finish().unwrap()))
    };
    let whole = trace("ftrace");
    let bomb = zlib(&vec![0; 100 << 20]);
    let nested = zlib(&zlib(&bytes("ftrace")));
    for hostile in [bomb, nested] {
        let read = read_bytes(&[bytes("ftrace"), hostile].concat(), &OpenOptions::default()).unwrap();
        assert_eq!(read.events.len(), whole.events.len());
        assert!(read.gaps.iter().any(|gap| matches!(gap.cause, Cause::Damaged(_))));
    }
    // A length beyond the file, and one beyond all packets.
    for length in [1 << 20, 1 << 40] {
        let hostile = [bytes("ftrace"), vec![0x0a], varint(length), vec![8, 1]].concat();
        let read = read_bytes(&hostile, &OpenOptions::default()).unwrap();
        assert_eq!((read.events.len(), read.gaps.len()), (whole.events.len(), whole.gaps.len() + 1));
    }
}

#[test]
fn damaged_traces_are_read_to_their_end() {
    let names =
        ["ftrace", "packed", "every-event", "ring", "ring-with-ends", "other-buffer", "some-buffer", "programs"];
    for name in names {
        // Of programs' events none is read.
        let whole = trace(if name == "programs" { "ring" } else { name });
        survives(name, &bytes(name), &whole, rounds(300));
    }
}

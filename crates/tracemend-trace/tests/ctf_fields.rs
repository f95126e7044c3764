//! Fields of every kind, and what the kernel's events mean, on traces made here.
#![allow(clippy::unwrap_used)]

mod common;

use common::{babeltrace2, read, try_read};
use std::fs;
use std::path::Path;
use tracemend_trace::{OpenOptions, fuzzing};
use tracemend_trace::{Phase, TraceError};

fn store(folder: &Path, metadata: &str, stream: &[u8]) {
    fs::write(folder.join("metadata"), metadata).unwrap();
    fs::write(folder.join("stream"), stream).unwrap();
}

/// Fields that any bits are a value of, in both byte orders, aligned and not.
fn fields(order: &str, header: &str) -> String {
    format!(
        "/* CTF 1.8 */
trace {{ major = 1; minor = 8; byte_order = {order}; }};
stream {{
    event.header := {header};
    event.context := struct {{ integer {{ size = 13; align = 1; signed = true; }} vtid; }};
}};
event {{ name = \"bits\"; id = 0; fields := struct {{
    integer {{ size = 1; align = 1; }} one;
    integer {{ size = 7; align = 1; signed = true; }} seven;
    integer {{ size = 64; align = 1; base = 16; }} wide;
    integer {{ size = 33; align = 1; base = 2; }} binary;
    integer {{ size = 11; align = 1; base = 8; signed = true; }} octal;
    integer {{ size = 13; align = 1; base = 16; signed = true; }} hex;
}}; }};
event {{ name = \"bytes\"; id = 1; context := struct {{ integer {{ size = 16; align = 16; }} tid; }}; fields := struct {{
    floating_point {{ exp_dig = 8; mant_dig = 24; align = 32; }} single;
    floating_point {{ exp_dig = 11; mant_dig = 53; align = 8; }} larger;
    integer {{ size = 32; align = 64; signed = true; }} aligned;
    integer {{ size = 24; align = 8; }} odd;
    integer {{ size = 8; align = 8; encoding = UTF8; }} text[5];
    string words;
}}; }};
event {{ name = \"groups\"; id = 2; fields := struct {{
    enum : integer {{ size = 2; align = 1; }} {{ a, b, c, d = 3 }} choice;
    variant <choice> {{
        integer {{ size = 5; align = 1; }} a;
        struct {{ integer {{ size = 16; align = 8; }} x; string y; }} b;
        integer {{ size = 4; align = 4; base = 16; }} c[3];
        string d;
    }} chosen;
    struct {{ struct {{ integer {{ size = 9; align = 1; }} deep; }} inner; integer {{ size = 8; align = 32; }} far; }} nested;
    integer {{ size = 3; align = 1; }} length;
    integer {{ size = 12; align = 1; }} list[length];
    struct {{ integer {{ size = 8; align = 16; }} p; integer {{ size = 8; align = 8; }} q; }} structs[length];
}}; }};
event {{ name = \"labels\"; id = 3; fields := struct {{
    enum : integer {{ size = 4; align = 1; }} {{ low = 0 ... 3, both = 2 ... 5, \"a \\\"quoted\\\" one\" = 9 }} label;
    enum : integer {{ size = 6; align = 1; signed = true; base = 16; }} {{ minus = -4 ... -1, plus = 0 ... 4 }} sign;
}}; }};
event {{ name = \"nothing\"; id = 4; }};
event {{ name = \"syscall_exit_read\"; id = 5; fields := struct {{
    string first;
    integer {{ size = 64; align = 8; signed = true; }} ret;
    integer {{ size = 8; align = 8; }} length;
    integer {{ size = 32; align = 32; }} values[length];
}}; }};
event {{ name = \"empty\"; id = 6; fields := struct {{ }}; }};
"
    )
}

/// Bytes that look random, small ones and zeros more often.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let byte = (state >> 56) as u8;
            match state >> 40 & 7 {
                0 | 1 => 0,
                2 => byte & 0x0f,
                _ => byte,
            }
        })
        .collect()
}

/// Headers that leave events at any bit, and at bytes: these are read the quick way.
fn layouts() -> impl Iterator<Item = (u64, &'static str, &'static str)> {
    const HEADERS: [&str; 2] = [
        "struct { integer { size = 3; align = 1; } id; } align(1)",
        "struct { integer { size = 3; align = 1; } id; integer { size = 5; align = 1; } rest; } align(8)",
    ];
    (0..160).map(|seed| (seed, ["le", "be"][seed as usize % 2], HEADERS[seed as usize / 2 % 2]))
}

#[test]
fn the_quick_way_through_random_bits_is_the_slow_way() {
    for (seed, order, header) in layouts() {
        fuzzing::ctf_packets(fields(order, header).as_bytes(), &[&bytes(seed, 3000), &bytes(seed + 1000, 500)]);
    }
}

/// Both read the same lines until something cannot be read.
#[test]
fn random_bits_are_what_babeltrace2_makes_of_them() {
    if !babeltrace2::is_here() {
        return;
    }
    let (mut lines, mut kinds) = (0, std::collections::BTreeSet::new());
    for (seed, order, header) in layouts() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), &fields(order, header), &bytes(seed, 3000));
        let theirs = babeltrace2::print(folder.path()).unwrap();
        let ours = match try_read(folder.path(), &OpenOptions::default()) {
            Ok(read) => read.records,
            Err(TraceError::Corrupt { .. }) => Vec::new(),
            Err(other) => panic!("{other}"),
        };
        for (number, (our, their)) in ours.iter().zip(&theirs.lines).enumerate() {
            let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
            // Version 2.0.4 shows an empty string as the one that stood in its place before.
            let (our, their) = (text(our), if our.windows(2).any(|w| w == b"\"\"") { text(our) } else { text(their) });
            assert_eq!(our, their, "{order}, seed {seed}, line {number}");
            kinds.insert(our.split(':').next().unwrap().to_owned());
            lines += 1;
        }
        assert!(ours.len() >= theirs.lines.len(), "{order}, seed {seed}: {} of {}", ours.len(), theirs.lines.len());
    }
    eprintln!("{lines} lines of {kinds:?}");
    assert!(lines > 100 && kinds.len() == 7);
}

const KERNEL: &str = "/* CTF 1.8 */
typealias integer { size = 32; align = 8; signed = true; } := i32;
typealias integer { size = 64; align = 8; signed = true; } := i64;
typealias integer { size = 8; align = 8; encoding = UTF8; } := char_t;
trace { major = 1; minor = 8; byte_order = le; };
clock { name = monotonic; freq = 1000; offset_s = 7; offset = 500; };
typealias integer { size = 8; align = 8; map = clock.monotonic.value; } := tick_t;
stream {
    packet.context := struct {
        integer { size = 64; align = 8; map = clock.monotonic.value; } timestamp_begin;
        integer { size = 8; align = 8; } cpu_id;
    };
    event.header := struct { integer { size = 8; align = 8; } id; tick_t timestamp; };
};
event { name = sched_switch; id = 0; fields := struct {
    char_t prev_comm[4]; i32 prev_tid; char_t next_comm[4]; i32 next_tid; }; };
event { name = syscall_entry_openat; id = 1; fields := struct { string filename; }; };
event { name = syscall_exit_openat; id = 2; fields := struct { i64 ret; }; };
event { name = sys_close; id = 3; fields := struct { i32 fd; }; };
event { name = exit_syscall; id = 4; fields := struct { i64 ret; }; };
event { name = irq_handler_entry; id = 5; context := struct { i32 tid; }; };
";

/// LTTng's kernel events say only by the last context switch which thread they are of.
#[test]
fn the_kernels_events_are_of_the_thread_switched_to() {
    let switch = |tick: u8, (a, b): (&[u8; 4], i32), (c, d): (&[u8; 4], i32)| {
        [&[0, tick][..], a, &b.to_le_bytes(), c, &d.to_le_bytes()].concat()
    };
    let mut stream = [&1000u64.to_le_bytes()[..], &[3]].concat();
    // 1000 is 0x3e8: the clock's low byte begins at 0xe8 and wraps.
    stream.extend([1, 0xf0, b'a', 0]);
    stream.extend(switch(0xf8, (b"sh\0\0", 41), (b"ls\0\0", 42)));
    stream.extend([&[2, 0x01][..], &(-2i64).to_le_bytes()].concat());
    stream.extend([&[3, 0x02][..], &9i32.to_le_bytes()].concat());
    stream.extend([&[4, 0x03][..], &0i64.to_le_bytes()].concat());
    stream.extend([&[5, 0x04][..], &7i32.to_le_bytes()].concat());
    stream.extend(switch(0x05, (b"ls\0\0", 42), (b"id\0\0", 43)));
    stream.extend([&[4, 0x06][..], &5i64.to_le_bytes()].concat());
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), KERNEL, &stream);
    let read = read(folder.path());
    assert!(read.gaps.is_empty());
    let seen: Vec<_> = (0..read.events.len())
        .map(|index| {
            let event = &read.events[index];
            assert_eq!(event.cpu, Some(3));
            (event.time_ns / 1_000_000, read.name(index), event.phase, event.tid, read.comm(index), event.ret)
        })
        .collect();
    // Ticks are milliseconds; 7 seconds and 500 ticks is the offset.
    assert_eq!(
        seen,
        [
            (8508, "openat", Phase::Entry, None, "", None),
            (8516, "sched_switch", Phase::Point, Some(41), "sh", None),
            (8525, "openat", Phase::Exit, Some(42), "ls", Some(-2)),
            (8526, "close", Phase::Entry, Some(42), "ls", None),
            (8527, "close", Phase::Exit, Some(42), "ls", Some(0)),
            (8528, "irq_handler_entry", Phase::Point, Some(7), "", None),
            (8529, "sched_switch", Phase::Point, Some(42), "ls", None),
            (8530, "exit_syscall", Phase::Exit, Some(43), "id", Some(5)),
        ]
    );
    if babeltrace2::is_here() {
        let theirs = babeltrace2::print(folder.path()).unwrap();
        assert_eq!(read.records, theirs.lines);
    }
}

/// Lengths that nothing can hold are damage, at once.
#[test]
fn absurd_lengths_are_damage() {
    let metadata = "/* CTF 1.8 */
trace { major = 1; minor = 8; byte_order = le; };
stream { event.header := struct { integer { size = 8; align = 8; } id; }; };
event { name = numbers; id = 0; fields := struct {
    integer { size = 64; align = 8; } length; integer { size = 32; align = 8; } list[length]; }; };
event { name = groups; id = 1; fields := struct {
    integer { size = 64; align = 8; } length; struct { string a; } list[length]; }; };
event { name = nothings; id = 2; fields := struct {
    integer { size = 64; align = 8; } length; struct { } list[length]; }; };
";
    for (id, length) in (0..3).flat_map(|id| [1 << 60, u64::MAX, 1 << 40].map(|length| (id, length))) {
        let folder = tempfile::tempdir().unwrap();
        let good = [&[0][..], &1u64.to_le_bytes(), &[1, 2, 3, 4]].concat();
        store(folder.path(), metadata, &[good, [&[id][..], &length.to_le_bytes(), &[0; 100_000]].concat()].concat());
        let read = read(folder.path());
        assert_eq!((read.events.len(), read.gaps.len()), (1, 1), "{id} {length}");
    }
}

#[test]
fn arrays_of_nothing_end_however_they_nest() {
    let head = "/* CTF 1.8 */\ntypealias integer { size = 8; align = 8; } := u8;\n\
                trace { major = 1; minor = 8; byte_order = le; };\nstream { };\n";
    for array in ["a[4000][4000][4000][4000]", "a[4294967295]", "a[1000][1000]"] {
        let metadata =
            format!("{head}event {{ name = \"e\"; id = 0; fields := struct {{ struct {{}} {array}; u8 x; }}; }};\n");
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), &metadata, &[7; 4096]);
        let begin = std::time::Instant::now();
        let error = try_read(folder.path(), &OpenOptions::default()).map(|read| read.events.len()).unwrap_err();
        assert!(error.to_string().contains("more elements than they have bits"), "{error}");
        assert!(begin.elapsed().as_secs() < 5, "{array}");
    }
    // A few of them are nothing to wonder at.
    let metadata =
        format!("{head}event {{ name = \"e\"; id = 0; fields := struct {{ struct {{}} a[3][4]; u8 x; }}; }};\n");
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), &metadata, &[7; 40]);
    assert_eq!(try_read(folder.path(), &OpenOptions::default()).unwrap().events.len(), 40);
}

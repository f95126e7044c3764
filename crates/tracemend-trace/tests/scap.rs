//! Captures of Falco and sysdig, compared with what the script that wrote them says is in them.
#![allow(clippy::unwrap_used)]

mod common;

use common::mutate::{rounds, survives};
use common::{Read, fixture, read, read_bytes};
use flate2::read::GzDecoder;
use std::io::Read as _;
use tracemend_trace::{Cause, Event, Format, Gap, Lost, OpenOptions, TraceError};

const CAPTURES: [&str; 5] = ["both.scap.gz", "old.scap", "big.scap", "exits.scap", "lists.scap"];

fn capture(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(fixture("scap").join(name)).unwrap();
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut plain = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    plain
}

fn bytes_read(bytes: &[u8]) -> Read {
    read_bytes(bytes, &OpenOptions::default()).unwrap()
}

fn or_nothing<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn event_line(read: &Read, event: &Event) -> String {
    let comm = or_nothing(event.comm.map(|comm| read.header.symbols.name(comm)));
    let name = read.header.symbols.name(event.name);
    let (cpu, tid, ret) = (or_nothing(event.cpu), or_nothing(event.tid), or_nothing(event.ret));
    format!("{} {cpu} {tid} {comm} {name} {:?} {ret}", event.time_ns, event.phase)
}

fn gap_line(gap: &Gap) -> String {
    let lost = match gap.lost {
        Lost::Exact(count) => count.to_string(),
        Lost::AtLeast(count) => format!("{count}+"),
        Lost::Unknown => "unknown".to_owned(),
    };
    let (cpu, begin, end) = (or_nothing(gap.cpu), or_nothing(gap.begin_ns), or_nothing(gap.end_ns));
    format!("gap {cpu} {begin} {end} {lost} {}", gap.cause.word())
}

fn events(read: &Read) -> Vec<String> {
    read.events.iter().map(|event| event_line(read, event)).collect()
}

fn gaps(read: &Read) -> Vec<String> {
    read.gaps.iter().map(gap_line).collect()
}

/// Ends of blocks, found by their lengths alone.
fn blocks(bytes: &[u8]) -> Vec<(usize, usize, u32)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        found.push((at, at + word(at + 4) as usize, word(at)));
        at += word(at + 4) as usize;
    }
    found
}

#[test]
fn captures_hold_what_their_script_wrote() {
    for name in CAPTURES {
        let read = read(&fixture("scap").join(name));
        assert_eq!(read.header.format, Format::Scap, "{name}");
        let expected =
            std::fs::read_to_string(fixture("scap").join(name).with_extension("").with_extension("expected"));
        let expected = expected.unwrap();
        let (lost, recorded): (Vec<&str>, Vec<&str>) = expected.lines().partition(|line| line.starts_with("gap "));
        assert_eq!(events(&read), recorded, "{name}");
        assert_eq!(gaps(&read), lost, "{name}");
    }
}

#[test]
fn a_capture_is_read_alike_packed_and_plain() {
    let (packed, plain) = (read(&fixture("scap/both.scap.gz")), bytes_read(&capture("both.scap.gz")));
    assert!(packed.events == plain.events && packed.gaps == plain.gaps && packed.records == plain.records);
    assert_eq!(packed.header.processes.of(8), Some(6));
    assert_eq!(
        String::from_utf8_lossy(&packed.records[0]),
        "            bash-7     [000] 1700000000.000000000: sys_enter_open: "
    );
    let cpus: Vec<&str> = packed.header.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(cpus, ["cpu0", "cpu1", "cpu3"]);
    assert!(packed.header.warnings.iter().any(|warning| warning.contains("CPU 3 came up")));
}

#[test]
fn the_records_of_a_capture_read_back_as_ftrace_text() {
    let read = bytes_read(&capture("both.scap.gz"));
    let text = read.records.join(&b'\n');
    let options = OpenOptions { format: Some(Format::Ftrace), ..OpenOptions::default() };
    let back = read_bytes(&[text, b"\n".to_vec()].concat(), &options).unwrap();
    let of = |read: &Read| -> Vec<String> {
        let named = read.events.iter().filter(|event| event.tid.is_some_and(|tid| tid > 0));
        named.map(|event| event_line(read, event)).collect()
    };
    assert_eq!(of(&back), of(&read));
}

#[test]
fn captures_without_entries_leave_no_contradiction() {
    let mut source = tracemend_trace::open(&fixture("scap/exits.scap"), &OpenOptions::default()).unwrap();
    let trace = tracemend_trace::Trace::read(&mut *source).unwrap();
    assert_eq!(tracemend_trace::evidence(&trace), []);
}

#[test]
fn a_damaged_block_costs_only_itself_and_says_where() {
    let bytes = capture("old.scap");
    let whole = bytes_read(&bytes);
    let all = blocks(&bytes);
    for &(start, end, kind) in all.iter().filter(|&&(.., kind)| kind == 0x204) {
        // Its length at the end, its length in front, its type with it, the event's own length, the event's head cut off.
        let kept: Vec<Event> = whole.events.iter().filter(|event| event.offset != start as u64).cloned().collect();
        for place in [end - 4, start + 4, start + 6, start + 10 + 16, start + 10 + 17] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x41;
            let read = bytes_read(&damaged);
            assert_eq!(read.events, kept, "{kind:#x} at {start}, damaged at {place}");
            let [gap] = &read.gaps[..] else { panic!("{:?}", read.gaps) };
            assert_eq!((gap.offset, gap.lost), (start as u64, Lost::Unknown));
            let Cause::Damaged(reason) = &gap.cause else { panic!("{:?}", gap.cause) };
            assert!(reason.starts_with(&format!("byte {start}: ")), "{reason}");
            let before = kept.iter().rfind(|event| event.offset < start as u64).map(|event| event.time_ns);
            let after = kept.iter().find(|event| event.offset > start as u64).map(|event| event.time_ns);
            assert_eq!((gap.begin_ns, gap.end_ns), (before, after));
        }
    }
}

#[test]
fn a_piece_cut_out_of_the_middle_is_one_gap() {
    let bytes = capture("both.scap.gz");
    let whole = bytes_read(&bytes);
    let all: Vec<(usize, usize, u32)> = blocks(&bytes).into_iter().filter(|&(.., kind)| kind == 0x216).collect();
    let (from, to) = (all[3].0 + 13, all[6].0 + 7);
    let cut = [&bytes[..from], &bytes[to..]].concat();
    let read = bytes_read(&cut);
    let lost = 4;
    assert_eq!(read.events.len(), whole.events.len() - lost);
    assert_eq!(read.gaps.len(), whole.gaps.len() + 1);
    assert_eq!((read.gaps[0].offset, read.gaps[0].cause.word()), (all[3].0 as u64, "damaged"));
    assert_eq!(
        read.gaps[0].end_ns,
        Some(whole.events.iter().find(|event| event.offset >= all[7].0 as u64).unwrap().time_ns)
    );
}

#[test]
fn a_capture_cut_off_at_any_byte_keeps_what_is_there() {
    let bytes = capture("old.scap");
    let whole = bytes_read(&bytes);
    let ends: Vec<usize> = blocks(&bytes).iter().map(|&(_, end, _)| end).collect();
    for length in ends[0]..bytes.len() {
        let read = bytes_read(&bytes[..length]);
        let there =
            whole.events.iter().filter(|event| ends.iter().any(|&end| end > event.offset as usize && end <= length));
        assert_eq!(read.events.len(), there.count(), "{length}");
        let causes: Vec<&str> = read.gaps.iter().map(|gap| gap.cause.word()).collect();
        assert_eq!(causes, if ends.contains(&length) { vec![] } else { vec!["truncated"] }, "{length}");
    }
    // Packed data that breaks off.
    let packed = std::fs::read(fixture("scap/both.scap.gz")).unwrap();
    let read = read_bytes(&packed[..packed.len() - 40], &OpenOptions::default()).unwrap();
    assert!(read.gaps.iter().any(|gap| gap.cause == Cause::Truncated));
    assert!(read.header.warnings.iter().any(|warning| warning.contains("compressed")), "{:?}", read.header.warnings);
}

#[test]
fn other_files_and_newer_versions_are_refused_by_a_sentence() {
    let bytes = capture("old.scap");
    let mut newer = bytes.clone();
    newer[12] = 2;
    match read_bytes(&newer, &OpenOptions::default()) {
        Err(TraceError::Corrupt { reason, .. }) => {
            assert!(reason.contains("version 2.0") && reason.contains("sysdig"), "{reason}")
        }
        other => panic!("{:?}", other.map(|read| read.events.len())),
    }
    // A network capture begins alike.
    let mut network = bytes[..28].to_vec();
    network.extend([1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0]);
    match read_bytes(&network, &OpenOptions::default()) {
        Err(TraceError::NotRead { reason, .. }) => assert!(reason.contains("pcapng"), "{reason}"),
        other => panic!("{:?}", other.map(|read| read.events.len())),
    }
    let forced = OpenOptions { format: Some(Format::Scap), ..OpenOptions::default() };
    assert!(matches!(read_bytes(b"plain text", &forced), Err(TraceError::Corrupt { offset: 0, .. })));
}

#[test]
fn hostile_lengths_take_no_memory_and_end() {
    let bytes = capture("old.scap");
    let (start, _, _) = *blocks(&bytes).last().unwrap();
    for kind in [0x204_u32, 0x221, 0x215, 0x999] {
        for length in [0_u32, 4, 11, 13, 60 << 20, 64 << 20, u32::MAX - 3, u32::MAX] {
            let mut hostile = bytes.clone();
            hostile[start..start + 4].copy_from_slice(&kind.to_le_bytes());
            hostile[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
            let read = bytes_read(&hostile);
            assert_eq!(read.events.len(), bytes_read(&bytes).events.len() - 1);
            assert_eq!(read.gaps.len(), 1, "{kind:#x} {length}");
        }
    }
    assert!(common::mutate::peak_memory_mib() < 400);
}

#[test]
fn a_bomb_of_zeros_is_one_gap_in_little_memory() {
    let mut bomb = capture("old.scap");
    bomb.resize(bomb.len() + (256 << 20), 0);
    let packed = zstd::encode_all(&bomb[..], 1).unwrap();
    drop(bomb);
    let before = common::mutate::peak_memory_mib();
    let read = read_bytes(&packed, &OpenOptions::default()).unwrap();
    assert_eq!(read.gaps.len(), 1);
    assert!(common::mutate::peak_memory_mib() < before.max(200) + 100, "the bomb filled the memory");
}

#[test]
fn times_that_run_backwards_turn_no_gap_around() {
    let mut bytes = capture("both.scap.gz");
    for (start, ..) in blocks(&bytes).into_iter().filter(|&(.., kind)| kind == 0x216) {
        let time = u64::from_le_bytes(bytes[start + 10..start + 18].try_into().unwrap());
        bytes[start + 10..start + 18].copy_from_slice(&(u64::MAX - time).to_le_bytes());
    }
    let read = bytes_read(&bytes);
    assert!(read.gaps.iter().all(|gap| gap.begin_ns.zip(gap.end_ns).is_none_or(|(begin, end)| begin <= end)));
}

#[test]
fn damaged_captures_end_without_a_panic() {
    for name in CAPTURES {
        let bytes = capture(name);
        survives(name, &bytes, &bytes_read(&bytes), rounds(300));
    }
}

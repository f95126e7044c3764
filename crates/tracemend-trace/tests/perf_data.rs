//! perf.data: against `perf script`, its text, the crate `linux-perf-data` and a full twin; on machines of every kind, and
//! damaged.
#![allow(clippy::unwrap_used)]

mod common;

use common::mutate::{rounds, survives};
use common::{Read, as_file, essence, fixture, read, read_bytes, shared, tool, unpacked};
use linux_perf_data::linux_perf_event_reader::{EventRecord, RecordType};
use linux_perf_data::{PerfFileReader, PerfFileRecord};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use tracemend_trace::{Cause, Format, Gap, Lost, TraceError};
use tracemend_trace::{OpenOptions, Trace, from_reader};

const FIXTURES: [&str; 4] = ["perf-lost.data.zst", "perf-lost-z.data", "perf-pipe.data.zst", "perf-events.data.zst"];
const SAMPLES: [&str; 3] = ["perf_lost.data", "perf_lost_z.data", "perf_full.data.zst"];

fn succeed(name: &str) -> PathBuf {
    fixture(&format!("succeed/{name}"))
}

fn bytes_read(bytes: &[u8]) -> Read {
    read_bytes(bytes, &OpenOptions::default()).unwrap()
}

fn essences(read: &Read) -> Vec<String> {
    read.events.iter().map(|event| essence(read, event)).collect()
}

fn places(read: &Read) -> Vec<Gap> {
    read.gaps.iter().map(|gap| Gap { offset: 0, stream: None, ..gap.clone() }).collect()
}

/// First difference of two lists, short enough to print.
fn alike<T: PartialEq + std::fmt::Debug>(own: &[T], other: &[T], what: &str) {
    for (number, (own, other)) in own.iter().zip(other).enumerate() {
        assert_eq!(own, other, "{what}, number {number}");
    }
    assert_eq!(own.len(), other.len(), "{what}");
}

/// Events and losses as the reader of perf's text finds them in what perf prints, and the same lines.
fn agrees_with_text(read: &Read, text: &str, what: &str, lines_too: bool) {
    let options = OpenOptions { format: Some(Format::PerfScript), ..OpenOptions::default() };
    let told = read_bytes(text.as_bytes(), &options).unwrap();
    alike(&essences(read), &essences(&told), what);
    alike(&places(read), &places(&told), what);
    if lines_too {
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("PERF_RECORD_")).map(str::trim_end).collect();
        let records: Vec<String> =
            read.records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect();
        alike(&records.iter().map(String::as_str).collect::<Vec<_>>(), &lines, what);
    }
}

fn agrees_with_perf(bytes: &[u8], read: &Read, what: &str, lines_too: bool) {
    let file = as_file(bytes);
    let path = file.path().to_str().unwrap();
    if let Some(text) = tool("perf", &["script", "--force", "--ns", "--show-lost-events", "-i", path]) {
        agrees_with_text(read, &text, what, lines_too);
    }
}

#[test]
fn fixtures_hold_what_was_recorded() {
    let lost = read(&succeed(FIXTURES[0]));
    assert_eq!(lost.header.format, Format::PerfData);
    assert_eq!((lost.events.len(), lost.gaps.len(), lost.lost()), (530, 2, 61));
    let gap = &lost.gaps[0];
    assert_eq!((gap.cpu, gap.begin_ns, gap.end_ns), (Some(1), Some(1_653_466_481_913), Some(1_653_466_817_791)));
    assert_eq!((gap.lost, &gap.cause), (Lost::Exact(51), &Cause::Discarded));
    assert_eq!(essence(&lost, &lost.events[0]), "1653440100881 Some(0) Some(19024) load.sh openat Exit Some(3)");
    assert_eq!(
        String::from_utf8_lossy(&lost.records[1]),
        "         load.sh 19024 [000]  1653.440111197: raw_syscalls:sys_enter: NR 72 (0, 1, 0, 0, 0, 20)"
    );
    let packed = read(&succeed(FIXTURES[1]));
    assert_eq!((packed.events.len(), packed.gaps.len(), packed.lost()), (2729, 5, 279));
    let pipe = read(&succeed(FIXTURES[2]));
    assert_eq!((pipe.events.len(), pipe.gaps.len()), (288, 0));
    let events = read(&succeed(FIXTURES[3]));
    assert_eq!(
        essence(&events, &events.events[0]).split_once(' ').unwrap().1,
        "Some(1) Some(7069) sh openat Entry None"
    );
    assert!((0..events.events.len()).any(|event| events.name(event) == "sched_switch"));
    for read in [lost, packed, pipe, events] {
        assert!(read.events.is_sorted_by_key(|event| event.time_ns));
        assert!(read.header.warnings.is_empty(), "{:?}", read.header.warnings);
    }
}

#[test]
fn fixtures_read_as_perf_reads_them() {
    for name in FIXTURES {
        let bytes = unpacked(&succeed(name));
        agrees_with_perf(&bytes, &bytes_read(&bytes), name, name != FIXTURES[3]);
    }
}

#[test]
fn samples_read_as_perf_reads_them() {
    for name in SAMPLES {
        if let Some(path) = shared(&format!("samples/{name}")) {
            agrees_with_perf(&unpacked(&path), &read(&path), name, true);
        }
    }
}

#[test]
fn the_sample_has_27_losses_of_6145_events_as_its_text_has() {
    let (Some(path), Some(text)) = (shared("samples/perf_lost.data"), shared("samples/perf_script_lost.txt.zst"))
    else {
        return;
    };
    let read = read(&path);
    assert_eq!((read.events.len(), read.gaps.len(), read.lost()), (11_484, 27, 6145));
    agrees_with_text(&read, &common::text(&text), "perf_script_lost", true);
    // What the records announce includes lost side-band records, what the kernel counts at the end does not.
    if let Some(full) = shared("samples/perf_full.data.zst") {
        let full = common::read(&full);
        assert_eq!(full.events.len(), 17_576);
        assert_eq!(full.events.len() - read.events.len(), 6092);
    }
}

#[test]
fn a_file_is_read_alike_from_disk_from_a_pipe_and_compressed() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let file = as_file(&bytes);
    let (disk, pipe, packed) = (read(file.path()), bytes_read(&bytes), read(&succeed(FIXTURES[0])));
    assert!(disk.events == pipe.events && disk.events == packed.events);
    assert_eq!(disk.gaps, packed.gaps);
}

/// The crate reads the same samples at the same times in the same order.
#[test]
fn the_crate_linux_perf_data_finds_the_same_samples() {
    let mut inputs: Vec<(String, Vec<u8>)> =
        [0, 1, 3].map(|at| (FIXTURES[at].to_owned(), unpacked(&succeed(FIXTURES[at])))).into();
    let samples = SAMPLES.iter().filter_map(|name| Some((*name, shared(&format!("samples/{name}"))?)));
    inputs.extend(samples.map(|(name, path)| (name.to_owned(), unpacked(&path))));
    for (name, bytes) in inputs {
        let PerfFileReader { mut perf_file, mut record_iter } =
            PerfFileReader::parse_file(Cursor::new(&bytes)).unwrap();
        let (mut samples, mut lost) = (Vec::new(), 0);
        while let Some(record) = record_iter.next_record(&mut perf_file).unwrap() {
            let PerfFileRecord::EventRecord { record, .. } = record else { continue };
            match record.parse().unwrap() {
                EventRecord::Sample(sample) => {
                    samples.push((sample.timestamp.map(|t| t as i64), sample.tid, sample.cpu))
                }
                EventRecord::Lost(record) => lost += record.count,
                _ => assert_ne!(record.record_type, RecordType::SAMPLE),
            }
        }
        let read = bytes_read(&bytes);
        let own: Vec<_> = read.events.iter().map(|event| (Some(event.time_ns), event.tid, event.cpu)).collect();
        alike(&own, &samples, &name);
        assert_eq!(read.lost(), lost, "{name}");
    }
}

/// Why there is a reader of our own beside the crate (DESIGN.md): a record of an impossible size ends the crate's reading.
#[test]
fn a_bad_record_ends_the_crates_reading_and_not_ours() {
    let mut bytes = unpacked(&succeed(FIXTURES[0]));
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    // The header names the data section's offset and size; records follow each other by their sizes.
    let (begin, size) = (number(40), number(48));
    let mut at = begin;
    while at < begin + size / 2 {
        at += usize::from(u16::from_le_bytes(bytes[at + 6..at + 8].try_into().unwrap()));
    }
    let whole = bytes_read(&bytes).events.len();
    bytes[at + 6..at + 8].copy_from_slice(&4u16.to_le_bytes());
    let PerfFileReader { mut perf_file, mut record_iter } = PerfFileReader::parse_file(Cursor::new(&bytes)).unwrap();
    let mut samples = 0;
    let error = loop {
        match record_iter.next_record(&mut perf_file) {
            Ok(Some(PerfFileRecord::EventRecord { record, .. })) => {
                samples += usize::from(record.record_type == RecordType::SAMPLE)
            }
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(samples < whole && !error.contains(&at.to_string()), "{samples} samples, then {error}");
    let read = bytes_read(&bytes);
    assert!(read.events.len() > samples && read.events.len() + 2 >= whole, "{} of {whole}", read.events.len());
    assert!(read.gaps.iter().any(|gap| gap.offset == at as u64), "{:?}", read.gaps);
}

/// The same of a pipe's event formats, which follow a record that does not count them in its size.
#[test]
fn event_formats_in_a_pipe_end_the_crates_reading_and_not_ours() {
    let bytes = unpacked(&succeed(FIXTURES[2]));
    let samples = PerfFileReader::parse_pipe(&bytes[..]).map(|PerfFileReader { mut perf_file, mut record_iter }| {
        let mut samples = 0;
        while let Ok(Some(record)) = record_iter.next_record(&mut perf_file) {
            let PerfFileRecord::EventRecord { record, .. } = record else { continue };
            samples += usize::from(record.record_type == RecordType::SAMPLE);
        }
        samples
    });
    assert!(samples.as_ref().is_ok_and(|&samples| samples < 288) || samples.is_err(), "{samples:?}");
    assert_eq!(bytes_read(&bytes).events.len(), 288);
}

/// Numbers in the byte order of the recording machine.
#[derive(Clone, Copy)]
struct Machine {
    big: bool,
}

impl Machine {
    fn u16(self, value: u16) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    fn u32(self, value: u32) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    fn u64(self, value: u64) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    fn record(self, kind: u32, body: Vec<u8>) -> Vec<u8> {
        let mut record = [self.u32(kind), self.u16(0), self.u16(0), body].concat();
        record.resize(record.len().next_multiple_of(8), 0);
        let size = self.u16(record.len() as u16);
        record[6..8].copy_from_slice(&size);
        record
    }

    /// IP, TID, TIME, CPU and RAW with nothing in it, of an event that no format describes.
    fn sample(self, tid: u32, time: u64, cpu: u32) -> Vec<u8> {
        let raw = [self.u32(4), vec![0; 4]].concat();
        self.record(
            9,
            [self.u64(0), self.u32(tid), self.u32(tid), self.u64(time), self.u32(cpu), self.u32(0), raw].concat(),
        )
    }

    fn ending(self, tid: u32, time: u64, cpu: u32) -> Vec<u8> {
        [self.u32(tid), self.u32(tid), self.u64(time), self.u32(cpu), self.u32(0)].concat()
    }

    fn comm(self, tid: u32, name: &[u8; 8], time: u64) -> Vec<u8> {
        self.record(3, [self.u32(tid), self.u32(tid), name.to_vec(), self.ending(tid, time, 0)].concat())
    }

    fn fork(self, parent: u32, tid: u32, time: u64) -> Vec<u8> {
        let body = [self.u32(tid), self.u32(parent), self.u32(tid), self.u32(parent), self.u64(time)].concat();
        self.record(7, [body, self.ending(parent, time, 0)].concat())
    }

    fn lost(self, count: u64, time: u64, cpu: u32) -> Vec<u8> {
        self.record(2, [self.u64(1), self.u64(count), self.ending(1, time, cpu)].concat())
    }

    fn lost_samples(self, count: u64) -> Vec<u8> {
        self.record(13, [self.u64(count), self.ending(0, 0, 0)].concat())
    }

    fn round(self) -> Vec<u8> {
        self.record(68, Vec::new())
    }

    fn file(self, records: &[Vec<u8>]) -> Vec<u8> {
        let data = records.concat();
        let sample = 1u64 | 1 << 1 | 1 << 2 | 1 << 7 | 1 << 10;
        // A software event: type 1, config 0, all records end with the fields of a sample.
        let attr = [
            self.u32(1),
            self.u32(64),
            self.u64(0),
            self.u64(1),
            self.u64(sample),
            self.u64(0),
            self.u64(1 << 18),
            vec![0; 16],
        ]
        .concat();
        let words = [104, 80, 104, 80, 184, data.len() as u64, 0, 0, 0, 0, 0, 0];
        let magic = if self.big { b"2ELIFREP" } else { b"PERFILE2" };
        let head: Vec<u8> = words.iter().flat_map(|&word| self.u64(word)).collect();
        [magic.to_vec(), head, attr, self.u64(0), self.u64(0), data].concat()
    }
}

const MACHINES: [Machine; 2] = [Machine { big: false }, Machine { big: true }];

#[test]
fn rounds_names_and_losses_come_in_time_order_on_machines_of_every_kind() {
    for m in MACHINES {
        let bytes = m.file(&[
            m.comm(5, b"first\0\0\0", 0),
            m.sample(5, 100, 0),
            m.sample(5, 300, 0),
            m.sample(6, 200, 1),
            m.round(),
            m.comm(5, b"second\0\0", 350),
            m.fork(5, 6, 360),
            m.sample(5, 400, 0),
            m.lost(7, 380, 1),
            m.sample(6, 390, 1),
            m.round(),
        ]);
        let read = bytes_read(&bytes);
        assert_eq!(
            essences(&read),
            [
                "100 Some(0) Some(5) first event_1_0 Point None",
                "200 Some(1) Some(6) :6 event_1_0 Point None",
                "300 Some(0) Some(5) first event_1_0 Point None",
                "390 Some(1) Some(6) second event_1_0 Point None",
                "400 Some(0) Some(5) second event_1_0 Point None",
            ]
        );
        let gaps: Vec<_> = read.gaps.iter().map(|gap| (gap.cpu, gap.begin_ns, gap.end_ns, gap.lost)).collect();
        assert_eq!(gaps, [(Some(1), Some(200), Some(380), Lost::Exact(7))]);
    }
}

#[test]
fn lost_samples_count_where_no_record_tells() {
    let m = MACHINES[0];
    let read = bytes_read(&m.file(&[m.sample(5, 100, 0), m.lost_samples(30), m.lost_samples(4)]));
    let gap = &read.gaps[0];
    assert_eq!((read.gaps.len(), gap.cpu, gap.begin_ns, gap.end_ns, gap.lost), (1, None, None, None, Lost::Exact(34)));
    assert!(read.header.warnings[0].contains("no record tells where"));
    let read = bytes_read(&m.file(&[m.sample(5, 100, 0), m.lost(9, 110, 0), m.sample(5, 120, 0), m.lost_samples(10)]));
    assert_eq!(read.lost(), 9);
    assert!(read.header.warnings[0].contains("1 more"), "{:?}", read.header.warnings);
}

/// A file of two events on two CPUs: one that has no samples and asks for all other records (ids 10 and 11), and one that has
/// samples (ids 20 and 21). Records other than samples end with thread, time, id and CPU.
fn two_events(records: &[Vec<u8>]) -> Vec<u8> {
    let m = MACHINES[0];
    let (asks, all) = (1u64 << 8 | 1 << 9 | 1 << 13, 1u64 << 18);
    let sample = 1u64 | 1 << 1 | 1 << 2 | 1 << 6 | 1 << 7 | 1 << 10;
    let attr = |config: u64, flags: u64, ids_at: u64| {
        let fields = [m.u32(1), m.u32(64), m.u64(config), m.u64(1), m.u64(sample), m.u64(0), m.u64(flags), vec![0; 16]];
        [fields.concat(), m.u64(ids_at), m.u64(16)].concat()
    };
    let ids: Vec<u8> = [10, 11, 20, 21].iter().flat_map(|&id| m.u64(id)).collect();
    let index: Vec<u8> =
        [4, 10, 0, 0, 5, 11, 1, 1, 5, 20, 0, 0, 5, 21, 1, 1, 5].iter().flat_map(|&n| m.u64(n)).collect();
    let data = [m.record(69, index), records.concat()].concat();
    let words = [104, 80, 104, 160, 296, data.len() as u64, 0, 0, 0, 0, 0, 0];
    let head: Vec<u8> = words.iter().flat_map(|&word| m.u64(word)).collect();
    [b"PERFILE2".to_vec(), head, attr(9, asks | all, 264), attr(0, all, 280), ids, data].concat()
}

/// Records of such a file: a sample, a loss, and what perf counts at the end.
fn sample_of(time: u64, cpu: u32) -> Vec<u8> {
    let m = MACHINES[0];
    let id = m.u64(20 + u64::from(cpu));
    let raw = [m.u32(4), vec![0; 4]].concat();
    m.record(9, [m.u64(0), m.u32(5), m.u32(5), m.u64(time), id, m.u32(cpu), m.u32(0), raw].concat())
}

fn other_of(kind: u32, body: Vec<u8>, time: u64, id: u64, cpu: u32) -> Vec<u8> {
    let m = MACHINES[0];
    m.record(kind, [body, m.u32(0), m.u32(0), m.u64(time), m.u64(id), m.u32(cpu), m.u32(0)].concat())
}

fn lost_of(lost: u64, time: u64, cpu: u32) -> Vec<u8> {
    let m = MACHINES[0];
    other_of(2, [m.u64(10), m.u64(lost)].concat(), time, 10, cpu)
}

fn counted_of(id: u64, lost: u64) -> Vec<u8> {
    other_of(13, MACHINES[0].u64(lost), 0, id, 0)
}

/// CPU, begin, end and number lost of a gap.
type Loss = (Option<u32>, Option<i64>, Option<i64>, Lost);

fn losses_of(records: &[Vec<u8>]) -> Vec<Loss> {
    let bytes = two_events(records);
    let path = Path::new("memory");
    let mut source = from_reader(Box::new(Cursor::new(bytes)), path, &OpenOptions::default()).unwrap();
    let trace = Trace::read(&mut *source).unwrap();
    assert!(trace.header.warnings.is_empty(), "{:?}", trace.header.warnings);
    trace.gaps.iter().map(|gap| (gap.cpu, gap.begin_ns, gap.end_ns, gap.lost)).collect()
}

#[test]
fn lost_samples_of_a_cpu_bound_what_its_gaps_lost() {
    let records = [
        sample_of(100, 0),
        sample_of(105, 1),
        lost_of(7, 110, 0),
        sample_of(120, 0),
        lost_of(5, 130, 0),
        sample_of(140, 0),
        counted_of(10, 3),
        counted_of(20, 9),
    ];
    // Three of the twelve were no samples; where is unknown, so the largest gap has three fewer.
    assert_eq!(
        losses_of(&records),
        [(Some(0), Some(100), Some(110), Lost::Exact(4)), (Some(0), Some(120), Some(130), Lost::Exact(5))]
    );
    // As they are announced, and as `perf script` tells them, they are still 7 and 5.
    assert_eq!(bytes_read(&two_events(&records)).lost(), 12);
}

#[test]
fn lost_samples_that_no_record_announced_were_lost_at_their_cpus_end() {
    let begin = [sample_of(100, 0), sample_of(105, 1), lost_of(7, 110, 0), sample_of(120, 0), sample_of(130, 1)];
    let end = [counted_of(20, 9), counted_of(21, 4)];
    assert_eq!(
        losses_of(&[&begin[..], &end].concat()),
        [
            (Some(0), Some(100), Some(110), Lost::Exact(7)),
            (Some(0), Some(120), None, Lost::Exact(2)),
            (Some(1), Some(130), None, Lost::Exact(4)),
        ]
    );
    // What a filter left out on purpose was not lost.
    let mut filtered = counted_of(21, 4);
    filtered[4..6].copy_from_slice(&(1u16 << 15).to_le_bytes());
    assert_eq!(losses_of(&[&begin[..], &[filtered]].concat()).len(), 1);
}

#[test]
fn damaged_records_cost_only_themselves() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let whole = bytes_read(&bytes);
    let hit = whole.events[200].offset as usize;
    let mut damaged = bytes.clone();
    damaged[hit..hit + 300].fill(0);
    let read = bytes_read(&damaged);
    let missing = whole.events.len() - read.events.len();
    assert!((3..=6).contains(&missing), "{missing} missing");
    let gap = read.gaps.iter().find(|gap| matches!(gap.cause, Cause::Damaged(_))).unwrap();
    assert!(gap.cause.details().unwrap().starts_with(&format!("byte {hit}")), "{:?}", gap.cause);
    assert!(gap.begin_ns.is_none_or(|begin| begin < whole.events[200].time_ns));
    assert!(gap.end_ns.is_some_and(|end| end > whole.events[200].time_ns));
    let lost = &whole.records;
    assert!(read.records.iter().all(|record| lost.contains(record)));
}

#[test]
fn a_cut_file_keeps_what_is_there() {
    let bytes = unpacked(&succeed(FIXTURES[0]));
    let whole = bytes_read(&bytes);
    let middle = whole.events[300].offset as usize + 20;
    let read = bytes_read(&bytes[..middle]);
    assert!((250..=301).contains(&read.events.len()), "{}", read.events.len());
    // The formats lie behind the records, and are gone with the end.
    assert!(read.header.warnings[0].contains("Copy it again"), "{:?}", read.header.warnings);
    let gap = read.gaps.iter().find(|gap| gap.cause == Cause::Truncated).unwrap();
    assert_eq!(gap.end_ns, None);
    // perf was killed: it had not written the size yet.
    let mut killed = bytes[..middle].to_vec();
    killed[48..56].fill(0);
    let read = bytes_read(&killed);
    assert!(read.events.len() >= 250 && read.header.warnings[0].contains("interrupt"));
}

#[test]
fn a_cut_compressed_pipe_keeps_what_is_there() {
    let packed = std::fs::read(succeed(FIXTURES[2])).unwrap();
    let bytes = unpacked(&succeed(FIXTURES[2]));
    let whole = bytes_read(&bytes);
    // In small blocks, so that a part of the data can be unpacked.
    let blocks: Vec<u8> = bytes.chunks(1000).flat_map(|block| zstd::encode_all(block, 1).unwrap()).collect();
    let read = bytes_read(&blocks[..blocks.len() - 20]);
    assert!(read.events.len() > whole.events.len() / 2 && packed.len() < blocks.len());
    let cut: Vec<_> = read.gaps.iter().filter(|gap| gap.cause == Cause::Truncated).collect();
    assert_eq!((cut.len(), cut[0].end_ns), (1, None));
    assert!(read.header.warnings.iter().any(|warning| warning.contains("breaks off")), "{:?}", read.header.warnings);
}

#[test]
fn damage_in_front_is_told_with_its_place() {
    let options = OpenOptions { format: Some(Format::PerfData), ..OpenOptions::default() };
    let reason = |bytes: &[u8]| match read_bytes(bytes, &options) {
        Err(TraceError::Corrupt { offset, reason, .. }) => (offset, reason),
        other => panic!("{:?}", other.map(|read| read.events.len())),
    };
    assert_eq!(reason(b"something else").0, 0);
    let bytes = unpacked(&succeed(FIXTURES[0]));
    assert_eq!(reason(&bytes[..60]).0, 60);
    let mut sizes = bytes;
    sizes[16..24].fill(0);
    assert!(reason(&sizes).1.contains("copy the file again"));
}

#[test]
fn damaged_files_end_without_a_panic() {
    for name in FIXTURES {
        let bytes = unpacked(&succeed(name));
        survives(name, &bytes, &bytes_read(&bytes), rounds(200).min(2000));
    }
}

/// `TRACEMEND_MUTATIONS=10000 cargo test --release --test perf_data damaged_samples`
#[test]
fn damaged_samples_end_without_a_panic() {
    for name in SAMPLES {
        if let Some(path) = shared(&format!("samples/{name}")) {
            let bytes = unpacked(&path);
            survives(name, &bytes, &bytes_read(&bytes), rounds(20));
        }
    }
}

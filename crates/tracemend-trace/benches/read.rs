//! How fast each reader goes through a trace in memory, in events a second of one thread. The trace is a committed fixture,
//! its lines, pages or records repeated: `cargo bench -p tracemend-trace`.
//! CTF is read from files: a fixture's packets repeated.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use tracemend_trace::Item;
use tracemend_trace::{OpenOptions, Source, from_reader, open};

const BYTES: usize = 16 << 20;

fn events(text: &[u8]) -> u64 {
    let reader = Box::new(Cursor::new(text.to_vec()));
    count(&mut *from_reader(reader, Path::new("bench"), &OpenOptions::default()).unwrap())
}

fn count(source: &mut dyn Source) -> u64 {
    let mut events = 0;
    while let Some(item) = source.next_item().unwrap() {
        events += u64::from(matches!(black_box(item), Item::Event(_)));
    }
    events
}

fn word(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

fn put(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
}

/// A version 6 trace.dat with every CPU's pages repeated.
fn grown_trace_dat(bytes: &[u8]) -> Vec<u8> {
    let find = |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark).unwrap();
    let cpus = bytes[find(b"options  \0") - 4] as usize;
    let table = find(b"flyrecord\0") + 10;
    let parts: Vec<(usize, usize)> =
        (0..cpus).map(|cpu| (word(bytes, table + 16 * cpu), word(bytes, table + 16 * cpu + 8))).collect();
    let times = BYTES / parts.iter().map(|part| part.1).sum::<usize>();
    let mut grown = bytes[..parts[0].0].to_vec();
    for (cpu, &(offset, size)) in parts.iter().enumerate() {
        let at = grown.len();
        put(&mut grown, table + 16 * cpu, at);
        put(&mut grown, table + 16 * cpu + 8, times * size);
        grown.extend(bytes[offset..offset + size].repeat(times));
    }
    grown
}

/// A perf.data with its records repeated.
fn grown_perf_data(bytes: &[u8]) -> Vec<u8> {
    let (start, size) = (word(bytes, 40), word(bytes, 48));
    let times = BYTES / size;
    let mut grown = bytes[..start].to_vec();
    grown.extend(bytes[start..start + size].repeat(times));
    put(&mut grown, 48, times * size);
    let table = grown.len();
    grown.extend(&bytes[start + size..]);
    for section in 0..bytes[72..104].iter().map(|byte| byte.count_ones() as usize).sum() {
        let offset = word(&grown, table + 16 * section);
        put(&mut grown, table + 16 * section, offset + (times - 1) * size);
    }
    grown
}

fn read(criterion: &mut Criterion) {
    let fixtures = [
        ("ftrace", "ftrace-pipe.txt", 0),
        ("perf_script", "perf-script-lost.txt", 0),
        ("csv", "calls.csv", 1),
        ("strace", "strace.txt", 0),
        ("babeltrace", "babeltrace.txt", 0),
        ("perf_trace", "perf-trace-lost.txt", 0),
        ("bpftrace", "bpftrace-lost.txt", 0),
    ];
    let mut group = criterion.benchmark_group("read");
    for (name, fixture, header_lines) in fixtures {
        let path = fixtures_folder().join("succeed").join(fixture);
        let bytes = std::fs::read(path).unwrap();
        let header: usize = bytes.split_inclusive(|&b| b == b'\n').take(header_lines).map(<[u8]>::len).sum();
        let mut text = bytes[..header].to_vec();
        while text.len() < BYTES {
            text.extend_from_slice(&bytes[header..]);
        }
        group.throughput(Throughput::Elements(events(&text)));
        group.sample_size(10);
        group.bench_function(name, |bencher| bencher.iter(|| events(&text)));
    }
    type Grow = fn(&[u8]) -> Vec<u8>;
    let binary: [(&str, &str, Grow); 2] =
        [("trace_dat", "trace-v6.dat.zst", grown_trace_dat), ("perf_data", "perf-lost.data.zst", grown_perf_data)];
    for (name, fixture, grow) in binary {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/succeed").join(fixture);
        let trace = grow(&zstd::decode_all(&std::fs::read(path).unwrap()[..]).unwrap());
        group.throughput(Throughput::Elements(events(&trace)));
        group.sample_size(10);
        group.bench_function(name, |bencher| bencher.iter(|| events(&trace)));
    }
    for name in ["lttng-1.8", "lttng-2"] {
        let folder = grow(&fixtures_folder().join("ctf").join(name));
        let events = |losses_only| {
            let options = OpenOptions { losses_only, ..OpenOptions::default() };
            count(&mut *open(folder.path(), &options).unwrap())
        };
        group.throughput(Throughput::Elements(events(false)));
        group.sample_size(10);
        group.bench_function(format!("ctf/{name}"), |bencher| bencher.iter(|| events(false)));
        group.bench_function(format!("ctf/{name}/losses_only"), |bencher| bencher.iter(|| events(true)));
    }
    group.finish();
}

fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A trace whose streams are those of `trace` again and again. Their times run backwards at every round.
fn grow(trace: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(trace).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let rounds = if path.ends_with("metadata") { 1 } else { BYTES / 50_000 };
        std::fs::write(folder.path().join(path.file_name().unwrap()), bytes.repeat(rounds)).unwrap();
    }
    folder
}

criterion_group!(benches, read);
criterion_main!(benches);

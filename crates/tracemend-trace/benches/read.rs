//! How fast each reader goes through text in memory, in events a second of one thread. The text is a committed fixture's lines
//! repeated: `cargo bench -p tracemend-trace`. CTF is read from files: a fixture's packets repeated.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use tracemend_trace::Item;
use tracemend_trace::source::{OpenOptions, Source, from_reader, open};

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

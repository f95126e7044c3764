//! How fast each reader goes through text in memory, in events a second of one thread. The text is a committed fixture's lines
//! repeated: `cargo bench -p tracemend-trace`.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;
use tracemend_trace::Item;
use tracemend_trace::source::{OpenOptions, from_reader};

const BYTES: usize = 16 << 20;

fn events(text: &[u8]) -> u64 {
    let reader = Box::new(Cursor::new(text.to_vec()));
    let mut source = from_reader(reader, Path::new("bench"), &OpenOptions::default()).unwrap();
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
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/succeed").join(fixture);
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
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);

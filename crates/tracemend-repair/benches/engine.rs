//! Learning an n-gram model, and filling one gap with empty caches. CPU time of one thread.
//!
//! `TRACEMEND_CORPUS=FOLDER cargo bench -p tracemend-repair --bench engine` measures on `FOLDER/*/run{1,2}.csv.zst`;
//! without the variable on an artificial trace.

use cpu_time::ThreadTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use std::time::Duration;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::TraceModel;
use tracemend_repair::{RepairOptions, solve, unwatched};
use tracemend_trace::{Cause, Event, Format, Gap, Lost, Phase, StreamId, Trace, TraceHeader};
use tracemend_trace::{OpenOptions, open};

const WORKLOADS: [&str; 4] = ["pgbench", "apache", "shell", "gccbuild"];

/// Training and test trace of each workload.
fn workloads() -> Vec<(String, Trace, Trace)> {
    let read = |path: &Path| {
        let mut source = open(path, &OpenOptions::default()).ok()?;
        Trace::read(source.as_mut()).ok()
    };
    match std::env::var_os("TRACEMEND_CORPUS") {
        None => vec![("artificial".to_owned(), artificial(1), artificial(2))],
        Some(corpus) => WORKLOADS
            .iter()
            .filter_map(|name| {
                let folder = Path::new(&corpus).join(name);
                Some(((*name).to_owned(), read(&folder.join("run2.csv.zst"))?, read(&folder.join("run1.csv.zst"))?))
            })
            .collect(),
    }
}

/// Eight threads on two CPUs, each in a loop of its own with random repeats; about 5 events a switch.
fn artificial(seed: u64) -> Trace {
    const NAMES: [&str; 12] = [
        "read",
        "write",
        "poll",
        "futex",
        "mmap",
        "close",
        "openat",
        "fstat",
        "sendto",
        "recvfrom",
        "epoll_wait",
        "lseek",
    ];
    let mut header = TraceHeader::new(Format::Csv);
    let mut random = seed;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut place = [0usize; 8];
    let mut current = [0usize, 1];
    let mut events = Vec::new();
    for time in 0..200_000i64 {
        let cpu = next(2) as usize;
        if next(5) == 0 {
            current[cpu] = 2 * next(4) as usize + cpu;
        }
        let thread = current[cpu];
        if next(8) != 0 {
            place[thread] = (place[thread] + 1) % (5 + thread);
        }
        events.push(Event {
            time_ns: 2000 * time,
            stream: header.cpu_stream(cpu as u32),
            cpu: Some(cpu as u32),
            tid: Some(100 + thread as i32),
            comm: Some(header.symbols.intern(["server", "client"][thread % 2])),
            name: header.symbols.intern(NAMES[place[thread]]),
            phase: Phase::Call,
            ret: Some(next(2) as i64),
            dur_ns: Some(500),
            offset: 0,
            by_tracer: false,
        });
    }
    Trace { header, events, gaps: Vec::new() }
}

/// The trace without `lost` events of its longest stream.
fn cut(trace: &Trace, lost: usize) -> Trace {
    let mut streams = vec![Vec::new(); trace.header.streams.len()];
    for (position, event) in trace.events.iter().enumerate() {
        streams[event.stream.0 as usize].push(position);
    }
    let (stream, positions) =
        streams.iter().enumerate().max_by_key(|(_, positions)| positions.len()).expect("a trace has a stream");
    let first = positions.len() / 2;
    let mut cut = trace.clone();
    cut.gaps = vec![Gap {
        id: 0,
        stream: Some(StreamId(stream as u32)),
        cpu: None,
        tid: None,
        begin_ns: Some(trace.events[positions[first - 1]].time_ns),
        end_ns: Some(trace.events[positions[first + lost]].time_ns),
        kept_ns: None,
        unread_lines: None,
        lost: Lost::Exact(lost as u64),
        cause: Cause::Discarded,
        offset: 0,
    }];
    let gone = &positions[first..first + lost];
    let mut position = 0;
    cut.events.retain(|_| {
        position += 1;
        gone.binary_search(&(position - 1)).is_err()
    });
    cut
}

fn cpu_time(rounds: u64, mut work: impl FnMut()) -> Duration {
    let start = ThreadTime::now();
    (0..rounds).for_each(|_| work());
    start.elapsed()
}

fn engine(criterion: &mut Criterion) {
    let workloads = workloads();
    let mut group = criterion.benchmark_group("learn");
    group.sample_size(10);
    for (name, train, _) in &workloads {
        group.throughput(Throughput::Elements(train.events.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher
                .iter_custom(|rounds| cpu_time(rounds, || TraceModel::default().learn(std::hint::black_box(train), 1)));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("repair");
    group.sample_size(10);
    for (name, train, test) in &workloads {
        for lost in [10, 1000] {
            let damaged = cut(test, lost);
            let mut model = TraceModel::default();
            model.learn(train, 1);
            model.learn(&damaged, 1);
            model.freeze();
            let index = TraceIndex::new(&damaged, &mut model.tokens);
            let options = RepairOptions { threads: 1, seed: 1, ..RepairOptions::default() };
            group.bench_function(BenchmarkId::new(name, lost), |bencher| {
                bencher.iter_custom(|rounds| {
                    cpu_time(rounds, || {
                        std::hint::black_box(solve(&index, &damaged.gaps, &model, None, &options, &unwatched));
                    })
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);

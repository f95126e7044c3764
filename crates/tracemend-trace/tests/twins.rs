//! Loss accounting held to twins: a lossy and a complete recording of one run (`../shared/pairs`).
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, read, shared, trace};
use tracemend_trace::StreamId;

/// Events of the full channel, and those of the lossy one with its gaps.
fn channels(read: &Read) -> (Vec<StreamId>, Vec<StreamId>) {
    let streams = (0..read.header.streams.len() as u32).map(StreamId);
    streams.partition(|stream| read.header.streams[stream.0 as usize].name.starts_with("full"))
}

#[test]
fn lttng_announces_what_its_full_channel_has_more_of() {
    for name in ["apache", "apache-backwards", "pybench", "unpack"] {
        let Some(path) = shared(&format!("pairs/lttng-{name}/ctf")) else {
            return;
        };
        let read = read(&path);
        let (full, small) = channels(&read);
        let events = |of: &[StreamId]| read.events.iter().filter(|event| of.contains(&event.stream)).count() as u64;
        assert_eq!(read.lost(), events(&full) - events(&small), "{name}");
        for &stream in &small {
            let lost: u64 =
                read.gaps.iter().filter(|gap| gap.stream == Some(stream)).map(|gap| gap.lost.count().unwrap()).sum();
            let cpu = read.header.streams[stream.0 as usize].cpu;
            let twin = *full.iter().find(|twin| read.header.streams[twin.0 as usize].cpu == cpu).unwrap();
            assert_eq!(lost, events(&[twin]) - events(&[stream]), "{name}, CPU {cpu:?}");
        }
    }
}

#[test]
fn ftrace_announces_what_its_twin_has_more_of() {
    for name in ["ffmpeg", "gzip", "openssl", "pybench", "shell"] {
        let twins = ["lossy", "full"].map(|part| shared(&format!("pairs/ftrace-{name}/{part}.txt.zst")));
        let [Some(lossy), Some(full)] = twins else { return };
        let (lossy, full) = (read(&lossy), read(&full));
        assert_eq!(lossy.lost() as usize, full.events.len() - lossy.events.len(), "{name}");
    }
}

/// perf's records of loss count other records than samples too; what it counts at the end says how many, to within 1 in 1,000.
#[test]
fn perf_lost_what_its_twin_has_more_of_on_each_cpu() {
    for name in ["apache", "fio", "gccbuild", "pgbench", "unpack"] {
        let twins = ["lossy", "full"].map(|part| shared(&format!("pairs/perf-{name}/{part}.data.zst")));
        let [Some(lossy), Some(full)] = twins else { return };
        let (lossy, full) = (trace(&lossy), trace(&full));
        assert!(full.gaps.is_empty());
        let missing = full.events.len() as u64 - lossy.events.len() as u64;
        let lost: u64 = lossy.gaps.iter().map(|gap| gap.lost.count().unwrap()).sum();
        assert!(lost.abs_diff(missing) * 1000 <= missing, "{name}: {lost} for {missing}");
        for cpu in [0, 1] {
            let events = |trace: &tracemend_trace::Trace| {
                trace.events.iter().filter(|event| event.cpu == Some(cpu)).count() as u64
            };
            let missing = events(&full) - events(&lossy);
            let gaps = lossy.gaps.iter().filter(|gap| gap.cpu == Some(cpu));
            let lost: u64 = gaps.map(|gap| gap.lost.count().unwrap()).sum();
            assert!(lost.abs_diff(missing) * 1000 <= missing, "{name}, CPU {cpu}: {lost} for {missing}");
        }
    }
}

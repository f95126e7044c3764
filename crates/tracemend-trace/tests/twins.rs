//! Loss accounting held to twins: a lossy and a complete recording of one run (`../shared/pairs`).
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, read, shared};
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

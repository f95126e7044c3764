//! CTF traces that come with the repository.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, babeltrace2, fixture, read, text, try_read};
use std::fs;
use std::path::Path;
use tracemend_trace::{Cause, Format, Gap, Lost, TraceError};
use tracemend_trace::{OpenOptions, fuzzing};

fn copy(from: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(fixture(from)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn names(read: &Read) -> Vec<(&str, Option<u32>)> {
    read.header.streams.iter().map(|stream| (stream.name.as_str(), stream.cpu)).collect()
}

fn damage(gap: &Gap) -> Option<&str> {
    match &gap.cause {
        Cause::Damaged(details) => Some(details),
        _ => None,
    }
}

/// `ctf/lttng-1.8.txt.zst` is what `babeltrace2 --clock-seconds --no-delta` prints.
#[test]
fn lttng_1_8_reads_as_babeltrace2_reads_it() {
    let read = read(&fixture("ctf/lttng-1.8"));
    assert_eq!(read.header.format, Format::Ctf);
    assert_eq!(names(&read), [("small_0", Some(0)), ("small_1", Some(1))]);
    let expected = text(&fixture("ctf/lttng-1.8.txt.zst"));
    let records: Vec<String> = read.records.iter().map(|r| String::from_utf8_lossy(r).into_owned()).collect();
    assert_eq!(records, expected.lines().collect::<Vec<_>>());
    let lost: Vec<u64> = read.gaps.iter().map(|gap| gap.lost.count().unwrap()).collect();
    assert_eq!(lost, [79, 460, 79]);
    // LTTng 2.13 loses between a packet's last event and its end.
    assert!(read.gaps.iter().all(|gap| gap.kept_ns.is_none() && gap.cause == Cause::Discarded));
    let last = |gap: &Gap| read.events.iter().any(|e| Some(e.stream) == gap.stream && Some(e.time_ns) == gap.begin_ns);
    assert!(read.gaps.iter().all(last));
}

#[test]
fn lttng_2_reads() {
    let read = read(&fixture("ctf/lttng-2"));
    assert_eq!(names(&read), [("small_0", Some(0)), ("small_1", Some(1))]);
    assert_eq!((read.events.len(), read.gaps.len(), read.lost()), (340, 2, 104));
    assert_eq!(
        String::from_utf8_lossy(&read.records[0]),
        "[1795361142.594759852] vm sc:entry_openat: { cpu_id = 0 }, { vpid = 7901, vtid = 7901, procname = \"sqlite3\" }, \
         { filename = \"/srv/traces/db\", flags = 0xA0042 }"
    );
    // LTTng 2.16 loses before a packet's first event too: how many is not stored.
    let kept = |gap: &Gap| gap.kept_ns.is_some_and(|(a, b)| gap.begin_ns < Some(a) && a <= b && Some(b) <= gap.end_ns);
    assert!(read.gaps.iter().any(kept));
}

/// sqlite writes no single bytes through `write`: all of those are LTTng's, which wakes its consumer so.
#[test]
fn the_writes_by_which_lttng_wakes_its_consumer_are_the_tracers() {
    let mut recordings = vec![(fixture("ctf/lttng-1.8"), 11)];
    for (sample, wakeups) in [("ctf18-ust-paired", 54), ("ctf18-from-lttng216", 5), ("ctf2-ust-paired", 2)] {
        recordings.extend(common::shared(&format!("samples/{sample}")).map(|path| (path, wakeups)));
    }
    for (path, wakeups) in recordings {
        let read = read(&path);
        let (mut marked, mut writing) = (0, None);
        for (event, record) in read.events.iter().zip(&read.records) {
            // The packets of the other streams, which lost nothing, never end.
            if !read.header.streams[event.stream.0 as usize].name.contains("small") {
                assert!(!event.by_tracer);
                continue;
            }
            let record = String::from_utf8_lossy(record);
            if record.contains("sc:entry_write: ") && record.ends_with(", count = 1 }") {
                assert!(event.by_tracer, "{}: {record}", path.display());
                writing = event.tid;
                marked += 1;
            } else if event.by_tracer {
                assert!(record.contains("sc:exit_write: ") && record.ends_with("{ ret = 1 }"), "{record}");
                assert!(writing.is_some() && writing == event.tid);
            }
        }
        assert_eq!(marked, wakeups, "{}", path.display());
        assert_eq!(read.events.iter().filter(|event| event.by_tracer).count(), 2 * wakeups);
    }
}

#[test]
fn losses_alone_are_the_same_losses() {
    for name in ["ctf/lttng-1.8", "ctf/lttng-2"] {
        let whole = read(&fixture(name));
        let losses = try_read(&fixture(name), &OpenOptions { losses_only: true, ..OpenOptions::default() }).unwrap();
        assert!(losses.events.is_empty());
        assert!(losses.gaps.iter().zip(0..).all(|(gap, id)| gap.id == id && gap.kept_ns.is_none()));
        let counts = |read: &Read| {
            let mut counts: Vec<_> = read.gaps.iter().map(|gap| (gap.stream, gap.end_ns, gap.lost)).collect();
            counts.sort_by_key(|&(stream, end, _)| (stream, end));
            counts
        };
        assert_eq!(counts(&whole), counts(&losses));
    }
}

/// The quick way and the slow way through events go to the same places.
#[test]
fn every_step_agrees_with_its_slow_twin() {
    for name in ["lttng-1.8", "lttng-2"] {
        let file = |file: &str| fs::read(fixture(&format!("ctf/{name}/{file}"))).unwrap();
        fuzzing::ctf_packets(&file("metadata"), &[&file("small_0"), &file("small_1")]);
    }
    for sample in ["ctf18-ust-paired", "ctf18-from-lttng216", "ctf2-ust-paired", "ctf18-ust-overwrite"] {
        let Some(folder) = common::shared(&format!("samples/{sample}/ust/uid/0/64-bit")) else {
            continue;
        };
        let files: Vec<Vec<u8>> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file() && !path.ends_with("metadata"))
            .map(|path| fs::read(path).unwrap())
            .collect();
        let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        fuzzing::ctf_packets(&fs::read(folder.join("metadata")).unwrap(), &files);
    }
}

/// A session: two traces in one folder, each in folders of its own, with things beside them that are no streams.
#[test]
fn a_session_is_one_trace() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("ust/uid/0/64-bit"), folder.path().join("kernel"));
    copy("ctf/lttng-1.8", &first);
    copy("ctf/lttng-2", &second);
    fs::create_dir(first.join("index")).unwrap();
    fs::write(first.join("index/small_0.idx"), b"not a stream").unwrap();
    fs::write(first.join(".hidden"), b"not a stream").unwrap();
    fs::write(first.join("empty"), b"").unwrap();
    let read = read(folder.path());
    assert_eq!(
        names(&read).iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["kernel/small_0", "kernel/small_1", "ust/uid/0/64-bit/small_0", "ust/uid/0/64-bit/small_1"]
    );
    assert_eq!((read.events.len(), read.lost()), (1194 + 340, 618 + 104));
    assert!(read.events.is_sorted_by_key(|event| event.time_ns));
}

/// Chunks of a rotated session: the counters go on from one to the next.
#[test]
fn chunks_of_a_rotated_session_are_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    let whole = read(&fixture("ctf/lttng-1.8"));
    for chunk in ["archives/chunk-1", "archives/chunk-2", "archives/chunk-10"] {
        copy("ctf/lttng-1.8", &folder.path().join(chunk));
    }
    for (chunk, parts) in [("chunk-1", 0..3), ("chunk-2", 3..5), ("chunk-10", 5..7)] {
        for file in ["small_0", "small_1"] {
            let path = folder.path().join("archives").join(chunk).join(file);
            let bytes = fs::read(&path).unwrap();
            let part = |packet: usize| (packet * 4096).min(bytes.len());
            fs::write(&path, &bytes[part(parts.start)..part(parts.end)]).unwrap();
        }
    }
    let chunks = read(folder.path());
    assert_eq!(names(&chunks), [("small_0", Some(0)), ("small_1", Some(1))]);
    assert_eq!(chunks.records, whole.records);
    let gaps =
        |read: &Read| read.gaps.iter().map(|gap| (gap.stream, gap.begin_ns, gap.end_ns, gap.lost)).collect::<Vec<_>>();
    assert_eq!(gaps(&chunks), gaps(&whole));
    // A chunk alone begins in the middle: something lies before it, nobody here knows what.
    let alone = read(&folder.path().join("archives/chunk-10"));
    let first = &alone.gaps[0];
    assert!(first.is_doubtful() && first.begin_ns.is_none() && first.lost == Lost::Unknown, "{first:?}");
}

/// Snapshots of one trace that overlap, and a backup beside the original: each packet is read once.
#[test]
fn packets_that_several_files_share_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let whole = read(&fixture("ctf/lttng-1.8"));
    for (snapshot, parts) in [("snapshot-1", 0..3), ("snapshot-2", 1..5), ("snapshot-3", 0..9)] {
        let snapshot = folder.path().join(snapshot);
        copy("ctf/lttng-1.8", &snapshot);
        for file in ["small_0", "small_1"] {
            let bytes = fs::read(snapshot.join(file)).unwrap();
            let part = |packet: usize| (packet * 4096).min(bytes.len());
            fs::write(snapshot.join(file), &bytes[part(parts.start)..part(parts.end)]).unwrap();
        }
    }
    for losses_only in [false, true] {
        let all = try_read(folder.path(), &OpenOptions { losses_only, ..OpenOptions::default() }).unwrap();
        assert!(all.header.warnings.is_empty(), "{:?}", all.header.warnings);
        assert_eq!(all.lost(), whole.lost());
        if !losses_only {
            assert_eq!(all.records, whole.records);
        }
    }
    if babeltrace2::is_here() {
        assert_eq!(babeltrace2::print(folder.path()).unwrap().lines.len(), whole.events.len());
    }
}

/// Files of one stream that the tracer rotated in one folder.
#[test]
fn rotated_files_are_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    copy("ctf/lttng-1.8", folder.path());
    let bytes = fs::read(folder.path().join("small_0")).unwrap();
    fs::remove_file(folder.path().join("small_0")).unwrap();
    for (number, part) in bytes.chunks(2 * 4096).enumerate() {
        fs::write(folder.path().join(format!("small_0_{number}")), part).unwrap();
    }
    let rotated = read(folder.path());
    assert_eq!(names(&rotated), [("small_0", Some(0)), ("small_1", Some(1))]);
    assert_eq!(rotated.records, read(&fixture("ctf/lttng-1.8")).records);
}

#[test]
fn a_packet_cut_off_is_a_gap_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    copy("ctf/lttng-1.8", folder.path());
    let path = folder.path().join("small_0");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..4096 * 2 + 1000]).unwrap();
    let read = read(folder.path());
    let gap = read.gaps.iter().find(|gap| damage(gap).is_some()).unwrap();
    let details = damage(gap).unwrap();
    assert!(details.contains("small_0, byte "), "{details}");
    assert_eq!((gap.end_ns, gap.lost), (None, Lost::Unknown));
    assert!(gap.begin_ns.is_some());
}

#[test]
fn a_packet_that_cannot_be_read_is_a_gap_up_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    copy("ctf/lttng-1.8", folder.path());
    let path = folder.path().join("small_0");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096] ^= 0xff;
    fs::write(&path, &bytes).unwrap();
    let whole = read(&fixture("ctf/lttng-1.8"));
    let read = read(folder.path());
    let gap = read.gaps.iter().find(|gap| damage(gap).is_some()).unwrap();
    let details = damage(gap).unwrap();
    assert!(details.contains("small_0, byte 4096: a packet begins with 0xC1FC1FC1, not with "), "{details}");
    let lost = whole.events.iter().filter(|e| e.stream.0 == 0 && (4096..8192).contains(&e.offset)).count();
    assert_eq!(read.events.len(), whole.events.len() - lost);
    assert!(gap.begin_ns < gap.end_ns);
}

#[test]
fn nothing_readable_is_an_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    copy("ctf/lttng-1.8", folder.path());
    for file in ["small_0", "small_1"] {
        fs::write(folder.path().join(file), [7; 5000]).unwrap();
    }
    match try_read(folder.path(), &OpenOptions::default()) {
        Err(TraceError::Corrupt { path, offset, .. }) => assert!(path.ends_with("small_0") && offset == 0),
        other => panic!("{:?}", other.map(|read| read.events.len())),
    }
}

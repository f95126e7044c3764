//! ftrace's raw pages beside their formats, compared with the `trace.dat` that the same pages lie in.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/raw_folder.rs"]
mod raw_folder;
#[path = "common/ring.rs"]
mod ring;

use common::mutate::{mutate, rounds};
use common::{Read, essence, fixture, read, read_bytes, read_with, shared, tool, try_read, unpacked};
use raw_folder::{parts, per_cpu, put, put_formats, put_pages, split};
use ring::MACHINES;
use std::fs;
use std::path::PathBuf;
use tracemend_trace::{Cause, Format, Gap, Lost, OpenOptions, TraceError};

fn sample() -> PathBuf {
    fixture("succeed/trace-v6.dat.zst")
}

fn losses_only() -> OpenOptions {
    OpenOptions { losses_only: true, ..OpenOptions::default() }
}

/// Time shifts of a `trace.dat` are trace-cmd's own: the pages know none.
fn shift(dat: &Read, raw: &Read) -> i64 {
    dat.events[0].time_ns - raw.events[0].time_ns
}

/// CPU, beginning, end, number and cause of a gap.
type Place = (Option<u32>, Option<i64>, Option<i64>, Lost, Cause);

fn places(read: &Read, shift: i64) -> Vec<Place> {
    let time = |ns: Option<i64>| ns.map(|ns| ns + shift);
    let place = |gap: &Gap| (gap.cpu, time(gap.begin_ns), time(gap.end_ns), gap.lost, gap.cause.clone());
    read.gaps.iter().map(place).collect()
}

fn are_twins(raw: &Read, dat: &Read) {
    let shift = shift(dat, raw);
    assert_eq!(raw.events.len(), dat.events.len());
    for (mine, other) in raw.events.iter().zip(&dat.events) {
        let mine = tracemend_trace::Event { time_ns: mine.time_ns + shift, ..*mine };
        assert_eq!(essence(raw, &mine), essence(dat, other));
    }
    assert_eq!(places(raw, shift), places(dat, 0));
}

#[test]
fn a_folder_of_raw_pages_reads_as_the_trace_dat_of_the_same_pages() {
    let dat = read(&sample());
    let (folder, _) = split(&unpacked(&sample()), per_cpu);
    let raw = read(folder.path());
    assert_eq!(raw.header.format, Format::FtraceRaw);
    assert_eq!((raw.events.len(), raw.lost()), (886, 1177));
    are_twins(&raw, &dat);
    assert!(raw.header.warnings.is_empty(), "{:?}", raw.header.warnings);
    let losses = read_with(folder.path(), &losses_only());
    assert!(losses.events.is_empty());
    assert_eq!(places(&losses, 0), places(&raw, 0));
}

#[test]
fn real_losses_are_those_of_the_trace_dat() {
    let Some(path) = shared("samples/trace_lost_v6.dat.zst") else {
        return;
    };
    let dat = read(&path);
    let (folder, _) = split(&unpacked(&path), per_cpu);
    let raw = read(folder.path());
    assert_eq!((raw.events.len(), raw.gaps.len(), raw.lost()), (14_593, 28, 8237));
    are_twins(&raw, &dat);
    assert_eq!(places(&read_with(folder.path(), &losses_only()), 0), places(&raw, 0));
}

/// `trace-cmd restore` makes a trace.dat of the files that a killed `trace-cmd record` leaves.
#[test]
fn trace_cmd_restores_what_is_read_from_the_same_files() {
    let bytes = unpacked(&sample());
    let (folder, parts) = split(&bytes, |cpu| format!("trace.dat.cpu{cpu}"));
    let raw = read(folder.path());
    let names: Vec<&str> = raw.header.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["cpu0", "cpu1"]);
    // trace-cmd's own head: all of the trace.dat up to its options.
    let head = folder.path().join("head.dat");
    let end = memchr::memmem::find(&bytes, b"options  \0").unwrap() - 4;
    fs::write(&head, &bytes[..end]).unwrap();
    let out = tempfile::tempdir().unwrap();
    let restored = out.path().join("restored.dat");
    let files: Vec<String> = (0..parts.cpus.len())
        .map(|cpu| folder.path().join(format!("trace.dat.cpu{cpu}")).display().to_string())
        .collect();
    let mut args = vec!["restore", "-o", restored.to_str().unwrap(), "-i", head.to_str().unwrap()];
    args.extend(files.iter().map(String::as_str));
    if tool("trace-cmd", &args).is_none() {
        return;
    }
    let text = tool("trace-cmd", &["report", "-t", restored.to_str().unwrap()]).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(": sys_")).collect();
    assert_eq!(lines.len(), raw.records.len());
    for (line, record) in lines.iter().zip(&raw.records) {
        assert_eq!(words(line), words(&String::from_utf8_lossy(record)));
    }
    let lost: u64 = text
        .lines()
        .filter_map(|line| line.split_once(" EVENTS DROPPED]")?.0.rsplit('[').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(lost, raw.lost());
}

/// A line without its spaces and flags, which `trace-cmd` versions align otherwise.
fn words(line: &str) -> String {
    line.split_whitespace().filter(|word| !word.chars().all(|c| c == '.')).collect::<Vec<_>>().join(" ")
}

#[test]
fn files_of_every_usual_name_are_found() {
    let dat = read(&sample());
    let names: [fn(usize) -> String; 5] = [
        |cpu| format!("cpu{cpu}"),
        |cpu| format!("cpu{cpu}.raw"),
        |cpu| format!("trace.dat.cpu{cpu}"),
        |cpu| format!("trace_pipe_raw.cpu{cpu}"),
        |cpu| format!("tracing/per_cpu/cpu{cpu}/trace_pipe_raw"),
    ];
    for name in names {
        let (folder, _) = split(&unpacked(&sample()), name);
        are_twins(&read(folder.path()), &dat);
    }
    // Files without a length are a running tracer's, and an idle CPU's.
    let (folder, _) = split(&unpacked(&sample()), per_cpu);
    put(&folder.path().join(per_cpu(2)), b"");
    are_twins(&read(folder.path()), &dat);
    // The whole of a copied folder below the one that is opened, compressed.
    let folder = tempfile::tempdir().unwrap();
    let parts = parts(&unpacked(&sample()));
    put_formats(&parts, &folder.path().join("tracing"));
    for (cpu, pages) in parts.cpus.iter().enumerate() {
        let packed = zstd::encode_all(&pages[..], 1).unwrap();
        put(&folder.path().join(format!("tracing/per_cpu/cpu{cpu}/trace_pipe_raw.zst")), &packed);
    }
    are_twins(&read(folder.path()), &dat);
}

#[test]
fn byte_order_and_page_size_are_told_by_the_pages_and_their_description() {
    for m in MACHINES {
        let second = 1_000_000_000;
        let cpu0 = vec![
            m.page(5 * second, &[(0, m.enter(7, 257, [1, 2, 3, 4, 5, 6])), (10, m.exit(7, 257, -2))], None),
            m.page(9 * second, &[(0, m.enter_openat(7, 3)), (9, m.exit_openat(7, 3))], Some(Some(84))),
            m.page(10 * second, &[(0, m.switch(("bash", 7), ("new one", 99)))], Some(None)),
        ];
        let cpu1 = vec![m.page(6 * second, &[(0, m.exit(8, 1, 5))], None)];
        let bytes = m.v6(&[cpu0, cpu1], None);
        let dat = read_bytes(&bytes, &OpenOptions::default()).unwrap();
        let (folder, parts) = split(&bytes, per_cpu);
        are_twins(&read(folder.path()), &dat);
        // The same pages with room for twice as much.
        let small = format!("size:{};", 4096 - 8 - m.long);
        let text = String::from_utf8_lossy(&parts.header_page).replace(&small, &format!("size:{};", 8192 - 8 - m.long));
        put(&folder.path().join("events/header_page"), text.as_bytes());
        for (cpu, pages) in parts.cpus.iter().enumerate() {
            let large: Vec<u8> = pages.chunks(4096).flat_map(|page| [page, &[0; 4096]].concat()).collect();
            put(&folder.path().join(per_cpu(cpu)), &large);
        }
        are_twins(&read(folder.path()), &dat);
        put(
            &folder.path().join("events/header_page"),
            text.replace(&format!("size:{};", 8192 - 8 - m.long), "size:7777;").as_bytes(),
        );
        assert!(matches!(try_read(folder.path(), &OpenOptions::default()), Err(TraceError::NotRead { .. })));
    }
}

#[test]
fn an_instance_is_a_stream_of_its_own() {
    let (folder, parts) = split(&unpacked(&sample()), per_cpu);
    put(&folder.path().join("instances/extra/per_cpu/cpu1/trace_pipe_raw"), &parts.cpus[1]);
    let raw = read(folder.path());
    let names: Vec<&str> = raw.header.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["cpu0", "cpu1", "extra/cpu1"]);
    let of = |stream: u32| raw.events.iter().filter(move |event| event.stream.0 == stream).map(|event| event.time_ns);
    assert!(of(1).eq(of(2)) && of(1).count() > 0);
}

#[test]
fn raw_pages_without_formats_are_refused_by_a_sentence_that_says_what_to_copy() {
    let parts = parts(&unpacked(&sample()));
    let folder = tempfile::tempdir().unwrap();
    put_pages(&parts, folder.path(), |cpu| format!("cpu{cpu}.raw"));
    let file = folder.path().join("cpu1.raw");
    let forced = OpenOptions { format: Some(Format::FtraceRaw), ..OpenOptions::default() };
    let empty = tempfile::tempdir().unwrap();
    for (path, options) in [
        (folder.path(), &OpenOptions::default()),
        (&file, &OpenOptions::default()),
        (folder.path(), &forced),
        (&file, &forced),
        (empty.path(), &forced),
    ] {
        match try_read(path, options) {
            Err(TraceError::NotRead { reason, .. }) => {
                assert!(reason.contains("events/header_page") && reason.contains("open the folder"), "{reason}");
            }
            other => panic!("{:?}", other.map(|read| read.events.len())),
        }
    }
    // A folder `events` in which no format is left.
    put(&folder.path().join("events/header_page"), &parts.header_page);
    assert!(matches!(try_read(folder.path(), &forced), Err(TraceError::NotRead { .. })));
    assert!(tracemend_trace::traces_in(folder.path(), &OpenOptions::default()).unwrap().is_none());
}

#[test]
fn without_a_header_page_the_usual_one_is_taken_and_said_so() {
    let (folder, _) = split(&unpacked(&sample()), per_cpu);
    fs::remove_file(folder.path().join("events/header_page")).unwrap();
    let raw = read(folder.path());
    are_twins(&raw, &read(&sample()));
    assert!(raw.header.warnings[0].contains("header_page"), "{:?}", raw.header.warnings);
}

fn stats(overrun: u64, dropped: u64) -> String {
    format!(
        "entries: 443\noverrun: {overrun}\ncommit overrun: 0\nbytes: 3856\noldest event ts:  5098.2\nnow ts:  5099.1\ndropped events: {dropped}\nread events: 443\n"
    )
}

#[test]
fn the_counts_of_a_cpu_place_what_its_pages_do_not_tell() {
    let (folder, parts) = split(&unpacked(&sample()), per_cpu);
    let path = folder.path().join("per_cpu/cpu0/stats");
    let gaps = || {
        let read = read(folder.path());
        assert_eq!(places(&read_with(folder.path(), &losses_only()), 0), places(&read, 0));
        let last = read.events.iter().filter(|event| event.cpu == Some(0)).map(|event| event.time_ns).max();
        (places(&read, 0), last)
    };
    let (as_marked, last) = gaps();
    assert_eq!(as_marked.len(), 1);
    // As many as the marks say: nothing else was lost.
    put(&path, stats(1177, 0).as_bytes());
    assert_eq!(gaps().0, as_marked);
    // More: overwritten before they could be read.
    put(&path, stats(1200, 7).as_bytes());
    let (more, _) = gaps();
    assert!(more.contains(&(Some(0), last, None, Lost::Exact(23), Cause::Overwritten)), "{more:?}");
    assert!(more.contains(&(Some(0), None, None, Lost::Exact(7), Cause::Discarded)), "{more:?}");
    // A mark without its number gets what the others leave.
    let mut unnumbered = parts.cpus[0].clone();
    let marked = unnumbered.chunks_exact_mut(4096).find(|page| page[11] & 0x80 != 0).unwrap();
    marked[11] &= !0x40;
    put(&folder.path().join(per_cpu(0)), &unnumbered);
    put(&path, stats(1177, 0).as_bytes());
    assert_eq!(gaps().0, as_marked);
    fs::remove_file(&path).unwrap();
    assert_eq!(gaps().0[0].3, Lost::Unknown);
}

#[test]
fn a_damaged_page_is_a_gap_that_names_file_and_byte() {
    let (folder, parts) = split(&unpacked(&sample()), per_cpu);
    let whole = read(folder.path());
    let file = folder.path().join(per_cpu(1));
    let mut pages = parts.cpus[1].clone();
    pages[4096 + 10] = 0xff;
    put(&file, &pages);
    let raw = read(folder.path());
    let gap = raw.gaps.iter().find(|gap| matches!(gap.cause, Cause::Damaged(_))).unwrap();
    let reason = gap.cause.details().unwrap();
    assert!(
        reason.starts_with(&format!("{}, byte 4096: ", file.display())) && reason.contains("cannot hold"),
        "{reason}"
    );
    assert_eq!((gap.cpu, gap.lost, gap.offset), (Some(1), Lost::Unknown, 4096));
    let kept = whole.events.iter().filter(|event| event.cpu != Some(1) || event.offset / 4096 != 1).count();
    assert_eq!(raw.events.len(), kept);
    // A file that ends within a page keeps the events before.
    put(&file, &parts.cpus[1][..4096 + 2000]);
    let raw = read(folder.path());
    let gap = raw.gaps.iter().find(|gap| gap.cause == Cause::Truncated).unwrap();
    assert_eq!((gap.cpu, gap.end_ns), (Some(1), None));
    assert!(raw.events.iter().any(|event| event.cpu == Some(1) && event.offset > 4096));
}

#[test]
fn text_beside_raw_pages_without_formats_is_read() {
    let parts = parts(&unpacked(&sample()));
    let folder = tempfile::tempdir().unwrap();
    put_pages(&parts, folder.path(), per_cpu);
    put(
        &folder.path().join("per_cpu/cpu0/trace"),
        b"# tracer: nop\n#\n              ls-1550  [000] .....  5098.384247: sys_enter: NR 0 (3, 7ffd, 340)\n",
    );
    assert_eq!(read(folder.path()).header.format, Format::Ftrace);
}

#[test]
fn damaged_folders_end_without_a_panic() {
    let (folder, parts) = split(&unpacked(&sample()), per_cpu);
    let raw = parts.formats.iter().find(|(system, event, _)| system == "raw_syscalls" && event == "sys_exit").unwrap();
    let (rounds, mut refused) = (rounds(100), 0);
    for seed in 0..rounds {
        let places: [(PathBuf, &[u8]); 4] = [
            (folder.path().join(per_cpu(0)), &parts.cpus[0]),
            (folder.path().join("events/header_page"), &parts.header_page),
            (folder.path().join("events/raw_syscalls/sys_exit/format"), &raw.2),
            (folder.path().join("saved_cmdlines"), &parts.names),
        ];
        let (path, content) = &places[seed as usize % 4];
        put(path, &mutate(content, seed));
        if let Ok(read) = try_read(folder.path(), &OpenOptions::default()) {
            assert!(read.gaps.iter().all(|gap| gap.begin_ns.zip(gap.end_ns).is_none_or(|(begin, end)| begin <= end)));
            let bytes: usize = parts.cpus.iter().map(Vec::len).sum();
            assert!(read.events.len() * 8 <= bytes, "an event takes at least eight bytes of a page");
        } else {
            refused += 1;
        }
        put(path, content);
    }
    eprintln!("{rounds} mutations of pages, formats and names, {refused} refused");
}

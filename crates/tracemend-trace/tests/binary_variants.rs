//! Variants of binary formats: what a file says of itself is used, and what is no whole trace is refused by name.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, fixture, read, read_with, shared, try_read, unpack};
use std::collections::BTreeSet;
use std::path::Path;
use tracemend_trace::{Arch, Gap, OpenOptions};

fn names(read: &Read) -> BTreeSet<&str> {
    (0..read.events.len()).map(|event| read.name(event)).collect()
}

#[test]
fn missing_values_of_an_array_are_gaps_of_known_length() {
    // As NumPy sees it: 41 numbers and 7 NaN, three in a row in the first window, two in each of the last two.
    let read = read(&fixture("binary/nan.npy"));
    let lost: Vec<Option<u64>> = read.gaps.iter().map(|gap| gap.lost.count()).collect();
    assert_eq!((read.events.len(), lost), (41, vec![Some(3), Some(2), Some(2)]));
    assert!(!names(&read).contains("NaN"));
    for gap in &read.gaps {
        let stream = gap.stream.unwrap();
        let own = || read.events.iter().filter(|event| event.stream == stream);
        assert!(
            own()
                .all(|event| gap.begin_ns.is_none_or(|begin| event.time_ns <= begin)
                    || gap.end_ns <= Some(event.time_ns))
        );
        assert_eq!(own().count() as u64 + gap.lost.count().unwrap(), 12);
    }
}

#[test]
fn each_array_of_an_archive_is_a_stream() {
    let read = read(&fixture("binary/windows.npz"));
    let events = |stream: u32| read.events.iter().filter(|event| event.stream.0 == stream).count();
    let streams: Vec<(&str, usize)> =
        (0u32..).zip(&read.header.streams).map(|(number, stream)| (stream.name.as_str(), events(number))).collect();
    assert_eq!(streams, [("train", 15), ("test", 5)]);
}

#[test]
fn calls_have_the_names_of_the_machine_that_the_file_names() {
    // The numbers in these files are those of x86-64: only the table differs. 9 is mmap there.
    let of = |file: &str, arch: Option<Arch>| {
        read_with(&fixture(&format!("binary/{file}.data.zst")), &OpenOptions { arch, ..OpenOptions::default() })
    };
    let risc = of("riscv64", None);
    assert_eq!(risc.header.machine.as_deref(), Some("riscv64"));
    // RISC-V and 64-bit ARM share the kernel's generic table.
    assert_eq!(names(&risc), names(&of("riscv64", Some(Arch::Aarch64))));
    assert!(names(&risc).contains("lgetxattr") && !names(&risc).contains("mmap"));
    assert!(names(&of("ppc64le", None)).contains("link"));
    assert!(names(&of("riscv64", Some(Arch::X86_64))).contains("mmap"));
    assert!(names(&of("ppc64le", Some(Arch::Unknown))).contains("syscall_9"));
}

#[test]
fn a_folder_of_perf_record_threads_is_refused_by_name() {
    let folder = fixture("binary/perf-threads.data");
    for path in [folder.clone(), folder.join("data")] {
        let error = try_read(&path, &OpenOptions::default()).map(|read| read.events.len()).unwrap_err().to_string();
        assert!(error.contains("perf record --threads") && error.contains("perf script"), "{error}");
    }
    let files = tempfile::tempdir().unwrap();
    for name in ["perf.data.2026112900", "perf.data.2026112901"] {
        std::fs::copy(fixture("succeed/perf-lost-z.data"), files.path().join(name)).unwrap();
    }
    let error = try_read(files.path(), &OpenOptions::default()).map(|read| read.events.len()).unwrap_err().to_string();
    assert!(error.contains("--switch-output"), "{error}");
}

#[test]
fn binary_files_are_no_sequences() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.txt", "c.txt", "d.txt"] {
        std::fs::write(folder.path().join(name), "open read close\n").unwrap();
    }
    std::fs::write(folder.path().join("b.bin"), [0u8, 159, 146, 150, 10]).unwrap();
    let error = try_read(folder.path(), &OpenOptions::default()).map(|read| read.events.len()).unwrap_err().to_string();
    assert!(error.contains("b.bin") && error.contains("binary data"), "{error}");
}

#[test]
fn damage_inside_of_a_packet_is_a_gap_where_the_events_are_read() {
    // babeltrace2 prints 57 events of it, and then the error that no event class has the id 64.
    let read = read(&fixture("binary/zephyr"));
    assert_eq!((read.events.len(), read.gaps.len()), (57, 1));
    assert!(read.gaps[0].cause.details().unwrap().contains("a class that the metadata does not have"));
}

/// What an archive and its files unpacked by another program must both be.
fn essence(read: &Read) -> (Vec<Vec<u8>>, Vec<Gap>) {
    (read.records.clone(), read.gaps.clone())
}

#[test]
fn an_archive_is_read_as_the_trace_in_it() {
    let Some(archive) = shared("samples/ctf18-perf-raw_syscalls.tar.zst") else { return };
    let folder = tempfile::tempdir().unwrap();
    unpack(&archive, folder.path());
    assert_eq!(essence(&read(&archive)), essence(&read(folder.path())));
}

#[test]
fn an_archive_of_one_file_is_that_file_and_leads_nowhere_else() {
    let perf = fixture("succeed/perf-lost-z.data");
    let bytes = std::fs::read(&perf).unwrap();
    let tar = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // As a hostile archive has it: the checked way refuses such names.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, bytes).unwrap();
        builder.into_inner().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    std::fs::write(&path, tar("perf.data", &bytes)).unwrap();
    assert_eq!(essence(&read(&path)), essence(&read(&perf)));
    let fails = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        try_read(&path, &OpenOptions::default()).map(|read| read.events.len()).unwrap_err().to_string()
    };
    assert!(fails(&tar("../escaped.data", &bytes)).contains("without files"));
    assert!(!Path::new(&std::env::temp_dir()).join("escaped.data").exists());
    assert!(fails(&tar("inner.tar", &tar("perf.data", &bytes))).contains("an archive in an archive"));
}

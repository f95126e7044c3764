//! Any number of threads reads the same: events, gaps, records, names, warnings and errors, in the same order. One thread, the
//! caller's own, is the slow twin.
#![allow(clippy::unwrap_used)]

mod common;

use common::mutate::mutate;
use common::{fixture, shared, unpack, unpacked};
use proptest::prelude::*;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tracemend_trace::{Format, Item, OpenOptions, Source, TraceResult, from_reader, open};

/// All that a reader does, step by step, and its header at the end.
#[derive(PartialEq)]
struct Transcript {
    items: Vec<(Item, Vec<u8>)>,
    end: Result<(), String>,
    header: String,
}

fn transcript(source: TraceResult<Box<dyn Source>>) -> Transcript {
    let mut items = Vec::new();
    let mut source = match source {
        Ok(source) => source,
        Err(error) => return Transcript { items, end: Err(error.to_string()), header: String::new() },
    };
    let end = loop {
        match source.next_item() {
            Ok(Some(item)) => items.push((item, source.record().to_vec())),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.to_string()),
        }
    };
    Transcript { items, end, header: without_folder_numbers(&format!("{:?}", source.header())) }
}

/// An archive is unpacked into a folder of another number each time.
fn without_folder_numbers(text: &str) -> String {
    let folder = ".tracemend-unpacked-";
    let parts: Vec<&str> =
        text.split(folder).map(|part| part.trim_start_matches(|digit: char| digit.is_ascii_digit())).collect();
    parts.join(folder)
}

/// Reads with other numbers of threads and other sizes of what one takes at a time, and compares.
fn same_with_threads(name: &str, options: &OpenOptions, batches: &[usize], read: impl Fn(&OpenOptions) -> Transcript) {
    let alone = read(&OpenOptions { threads: 1, ..options.clone() });
    for threads in [2, 5] {
        for &batch in batches {
            let together = read(&OpenOptions { threads, batch, ..options.clone() });
            let which = format!("{name}, {threads} threads, {batch} at a time");
            for (at, (one, other)) in alone.items.iter().zip(&together.items).enumerate() {
                assert_eq!(one, other, "{which}: item {at}");
            }
            assert_eq!(alone.items.len(), together.items.len(), "{which}");
            assert_eq!(alone.end, together.end, "{which}");
            assert_eq!(alone.header, together.header, "{which}");
        }
    }
}

fn same(path: &Path, options: &OpenOptions) {
    let size = std::fs::metadata(path).unwrap().len();
    let batches: &[usize] = if size > 100 << 10 { &[0, 3000] } else { &[0, 7, 500] };
    same_with_threads(&path.display().to_string(), options, batches, |options| transcript(open(path, options)));
}

/// All files below a folder, and the folders that hold CTF metadata.
fn inputs(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("metadata").is_file() {
        return found.push(folder.to_owned());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            inputs(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn same_of_all_in(folder: &Path) {
    let mut found = Vec::new();
    inputs(folder, &mut found);
    for path in found {
        for losses_only in [false, true] {
            same(&path, &OpenOptions { losses_only, ..OpenOptions::default() });
        }
    }
}

#[test]
fn every_fixture_is_read_the_same() {
    same_of_all_in(&fixture("succeed"));
    same_of_all_in(&fixture("fail"));
    same_of_all_in(&fixture("variants"));
    same_of_all_in(&fixture("binary"));
    same_of_all_in(&fixture("ctf"));
    same(&fixture("variants/strace-ff"), &OpenOptions::default());
}

#[test]
fn every_sample_is_read_the_same() {
    for name in ["samples", "cases"] {
        let Some(folder) = shared(name) else { return };
        same_of_all_in(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    if let Some(archive) = shared("samples/ctf18-perf-raw_syscalls.tar.zst") {
        unpack(&archive, folder.path());
        same_of_all_in(folder.path());
    }
}

#[test]
fn real_losses_are_read_the_same() {
    for name in
        ["ftrace-gzip/lossy.txt.zst", "perf-fio/lossy.data.zst", "lttng-unpack/ctf", "lttng-apache-backwards/ctf"]
    {
        if let Some(path) = shared(&format!("pairs/{name}")) {
            same(&path, &OpenOptions::default());
        }
    }
}

#[test]
fn every_conformance_trace_is_read_the_same() {
    let Some(folder) = shared("ctf-conformance") else { return };
    let mut found = Vec::new();
    inputs(&folder, &mut found);
    for path in found.iter().filter(|path| path.is_dir()) {
        same(path, &OpenOptions::default());
    }
}

#[test]
fn damaged_texts_are_read_the_same() {
    let texts = ["ftrace-pipe.txt", "perf-script-lost.txt", "strace.txt", "babeltrace.txt", "trace-cmd-report.txt"];
    for name in texts {
        let bytes = unpacked(&fixture("succeed").join(name));
        for seed in 0..40 {
            let damaged = mutate(&bytes, seed);
            same_with_threads(&format!("{name}, mutation {seed}"), &OpenOptions::default(), &[13, 300], |options| {
                transcript(from_reader(Box::new(Cursor::new(damaged.clone())), Path::new("damaged"), options))
            });
        }
    }
}

/// A reader that gives few bytes at a time and fails at its end.
struct Failing {
    bytes: Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let step = self.step.min(out.len());
        match self.bytes.read(&mut out[..step])? {
            0 => Err(io::Error::other("a fault of the disk")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_fault_of_the_disk_comes_at_the_same_place() {
    let text = unpacked(&fixture("succeed/ftrace-pipe.txt")).repeat(60);
    assert!(text.len() > 100 << 10);
    for (step, cut) in [(1 << 10, 0), (70_001, 5)] {
        let bytes = text[..text.len() - cut].to_vec();
        same_with_threads("failing", &OpenOptions::default(), &[0, 100], |options| {
            let reader = Failing { bytes: Cursor::new(bytes.clone()), step };
            transcript(from_reader(Box::new(reader), Path::new("failing"), options))
        });
    }
}

#[test]
fn lines_too_long_are_told_of_at_the_same_place() {
    let line = "ls-1 [000] ..... 1.000001: sys_exit: NR 3 = 0\n";
    for length in [tracemend_trace::MAX_LINE - 1, tracemend_trace::MAX_LINE, tracemend_trace::MAX_LINE + 1, 3 << 20] {
        for end in ["\n", "\r\n", ""] {
            let text = [line, &"x".repeat(length), end, if end.is_empty() { "" } else { line }].concat().into_bytes();
            let options = OpenOptions { format: Some(Format::Ftrace), ..OpenOptions::default() };
            same_with_threads(&format!("{length} bytes"), &options, &[0, 5000, 1 << 20], |options| {
                transcript(from_reader(Box::new(Cursor::new(text.clone())), Path::new("long"), options))
            });
        }
    }
}

/// A pipe that gives a text and then nothing, without an end, until its other end is dropped.
struct Pipe {
    bytes: Cursor<Vec<u8>>,
    open: std::sync::mpsc::Receiver<()>,
}

impl Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(out)? {
            0 => {
                let _ = self.open.recv();
                Ok(0)
            }
            read => Ok(read),
        }
    }
}

#[test]
fn what_a_pipe_gave_is_given_out_before_more_comes() {
    let text = unpacked(&fixture("succeed/ftrace-pipe.txt")).repeat(60);
    let whole =
        transcript(from_reader(Box::new(Cursor::new(text.clone())), Path::new("whole"), &OpenOptions::default()));
    for (threads, batch) in [(1, 0), (2, 0), (2, 100), (5, 100)] {
        let (sender, open) = std::sync::mpsc::channel();
        let pipe = Pipe { bytes: Cursor::new(text.clone()), open };
        let options = OpenOptions { threads, batch, ..OpenOptions::default() };
        let mut source = from_reader(Box::new(pipe), Path::new("pipe"), &options).unwrap();
        let begun = Instant::now();
        for (item, _) in &whole.items {
            assert_eq!(source.next_item().unwrap().as_ref(), Some(item));
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        // The other threads wait for the pipe, and nobody waits for them.
        drop(source);
        drop(sender);
    }
}

/// Names of this process's threads.
#[cfg(target_os = "linux")]
fn reading_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    tasks
        .filter(|task| std::fs::read(task.path().join("comm")).is_ok_and(|name| name.starts_with(b"tracemend-read")))
        .count()
}

/// Other tests of this program read too: their threads come and go.
#[cfg(target_os = "linux")]
#[test]
fn threads_end_with_their_source() {
    for name in ["succeed/ftrace-pipe.txt", "ctf/lttng-1.8"] {
        for _ in 0..50 {
            let options = OpenOptions { threads: 5, batch: 10, ..OpenOptions::default() };
            let mut source = open(&fixture(name), &options).unwrap();
            for _ in 0..10 {
                source.next_item().unwrap();
            }
        }
    }
    let begun = Instant::now();
    while reading_threads() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(120), "{} threads are left", reading_threads());
        std::thread::sleep(Duration::from_millis(5));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_text_cut_anywhere_is_read_the_same(
        which in prop::sample::select(&["ftrace-pipe.txt", "perf-script-lost.txt", "strace.txt", "babeltrace.txt", "ftrace-layouts.txt"][..]),
        from in any::<prop::sample::Index>(), length in 0usize..6000, batch in 1usize..2000, noise in ".{0,40}\n?",
    ) {
        let text = unpacked(&fixture("succeed").join(which));
        let from = from.index(text.len());
        let mut piece = text[from..text.len().min(from + length)].to_vec();
        piece.splice(piece.len() / 2..piece.len() / 2, noise.bytes());
        same_with_threads(which, &OpenOptions::default(), &[batch], |options| {
            transcript(from_reader(Box::new(Cursor::new(piece.clone())), Path::new("piece"), options))
        });
    }
}

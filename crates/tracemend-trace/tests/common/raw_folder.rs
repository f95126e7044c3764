//! A `trace.dat` taken apart into the folder that its pages would have been copied from.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

/// The parts of a `trace.dat` of version 6, found by a reader of the documented layout that shares nothing with the one under test.
pub(crate) struct Parts {
    pub(crate) header_page: Vec<u8>,
    pub(crate) header_event: Vec<u8>,
    /// System, event and text.
    pub(crate) formats: Vec<(String, String, Vec<u8>)>,
    pub(crate) names: Vec<u8>,
    pub(crate) cpus: Vec<Vec<u8>>,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    big: bool,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        self.at += len;
        &self.bytes[self.at - len..self.at]
    }

    fn u32(&mut self) -> usize {
        let bytes = self.take(4).try_into().unwrap();
        (if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }) as usize
    }

    fn u64(&mut self) -> usize {
        let bytes = self.take(8).try_into().unwrap();
        (if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) }) as usize
    }

    fn text(&mut self) -> String {
        let end = self.bytes[self.at..].iter().position(|&byte| byte == 0).unwrap();
        let text = String::from_utf8(self.take(end).to_vec()).unwrap();
        self.at += 1;
        text
    }

    fn formats(&mut self, system: &str, formats: &mut Vec<(String, String, Vec<u8>)>) {
        for _ in 0..self.u32() {
            let len = self.u64();
            let text = self.take(len).to_vec();
            let first = String::from_utf8_lossy(&text).lines().next().unwrap().to_owned();
            formats.push((system.to_owned(), first.strip_prefix("name: ").unwrap().to_owned(), text));
        }
    }
}

pub(crate) fn parts(bytes: &[u8]) -> Parts {
    let mut at = Cursor { bytes, at: 10, big: bytes[12] == 1 };
    assert_eq!(at.text(), "6");
    at.take(6);
    assert_eq!(at.text(), "header_page");
    let len = at.u64();
    let header_page = at.take(len).to_vec();
    assert_eq!(at.text(), "header_event");
    let len = at.u64();
    let header_event = at.take(len).to_vec();
    let mut formats = Vec::new();
    at.formats("ftrace", &mut formats);
    for _ in 0..at.u32() {
        let system = at.text();
        at.formats(&system, &mut formats);
    }
    for _ in 0..2 {
        let len = at.u32();
        at.take(len);
    }
    let len = at.u64();
    let names = at.take(len).to_vec();
    let cpus = at.u32();
    if at.text() == "options  " {
        loop {
            if at.take(2) == [0, 0] {
                break;
            }
            let len = at.u32();
            at.take(len);
        }
        assert_eq!(at.text(), "flyrecord");
    }
    let table: Vec<(usize, usize)> = (0..cpus).map(|_| (at.u64(), at.u64())).collect();
    let cpus = table.iter().map(|&(offset, size)| bytes[offset..offset + size].to_vec()).collect();
    Parts { header_page, header_event, formats, names, cpus }
}

pub(crate) fn put(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// What `cp --parents` takes along besides the pages.
pub(crate) fn put_formats(parts: &Parts, folder: &Path) {
    put(&folder.join("events/header_page"), &parts.header_page);
    put(&folder.join("events/header_event"), &parts.header_event);
    for (system, event, text) in &parts.formats {
        put(&folder.join("events").join(system).join(event).join("format"), text);
    }
    put(&folder.join("saved_cmdlines"), &parts.names);
    put(&folder.join("trace_clock"), b"[local] global counter uptime perf mono mono_raw boot\n");
}

pub(crate) fn put_pages(parts: &Parts, folder: &Path, name: impl Fn(usize) -> String) {
    for (cpu, pages) in parts.cpus.iter().enumerate() {
        put(&folder.join(name(cpu)), pages);
    }
}

pub(crate) fn per_cpu(cpu: usize) -> String {
    format!("per_cpu/cpu{cpu}/trace_pipe_raw")
}

/// The folder that a recording would have left in place of this `trace.dat`.
pub(crate) fn split(bytes: &[u8], name: impl Fn(usize) -> String) -> (tempfile::TempDir, Parts) {
    let (folder, parts) = (tempfile::tempdir().unwrap(), parts(bytes));
    put_formats(&parts, folder.path());
    put_pages(&parts, folder.path(), name);
    (folder, parts)
}

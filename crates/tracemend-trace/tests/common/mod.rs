//! What the tests share: where inputs lie, and reading them to the end.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod babeltrace2;
pub(crate) mod mutate;

use std::path::{Path, PathBuf};
use tracemend_trace::{Event, Gap, Item, Trace, TraceHeader};
use tracemend_trace::{OpenOptions, from_reader, open};

/// All that a reader yields.
pub(crate) struct Read {
    pub header: TraceHeader,
    pub events: Vec<Event>,
    pub gaps: Vec<Gap>,
    /// The record of each event.
    pub records: Vec<Vec<u8>>,
}

impl Read {
    pub(crate) fn lost(&self) -> u64 {
        self.gaps.iter().filter_map(|gap| gap.lost.count()).sum()
    }

    pub(crate) fn name(&self, event: usize) -> &str {
        self.header.symbols.name(self.events[event].name)
    }

    pub(crate) fn comm(&self, event: usize) -> &str {
        self.events[event].comm.map_or("", |comm| self.header.symbols.name(comm))
    }
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file beside the repository that a fresh checkout may lack; says so where it does.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TRACEMEND_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

pub(crate) fn read(path: &Path) -> Read {
    read_with(path, &OpenOptions::default())
}

pub(crate) fn read_with(path: &Path, options: &OpenOptions) -> Read {
    drain(&mut *open(path, options).unwrap()).unwrap()
}

pub(crate) fn read_bytes(bytes: &[u8], options: &OpenOptions) -> tracemend_trace::TraceResult<Read> {
    let mut source = from_reader(Box::new(std::io::Cursor::new(bytes.to_vec())), Path::new("memory"), options)?;
    drain(&mut *source)
}

fn drain(source: &mut dyn tracemend_trace::Source) -> tracemend_trace::TraceResult<Read> {
    let (mut events, mut gaps, mut records) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(event) => {
                records.push(source.record().to_vec());
                events.push(event);
            }
            Item::Gap(gap) => gaps.push(gap),
        }
    }
    Ok(Read { header: source.header().clone(), events, gaps, records })
}

pub(crate) fn trace(path: &Path) -> Trace {
    Trace::read(&mut *open(path, &OpenOptions::default()).unwrap()).unwrap()
}

/// The text of a file, decompressed by a program of its own where it is compressed.
pub(crate) fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let bytes =
        if path.extension().is_some_and(|e| e == "zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a program prints, where it is installed; says so where it is not.
pub(crate) fn tool(program: &str, args: &[&str]) -> Option<String> {
    match std::process::Command::new(program).args(args).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            eprintln!("skipped: {program} cannot be run: {error}");
            None
        }
    }
}

/// A file's bytes, unpacked.
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes }
}

/// Bytes as a file that other programs can read.
pub(crate) fn as_file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// What of an event does not depend on how it was recorded.
pub(crate) fn essence(read: &Read, event: &Event) -> String {
    let comm = event.comm.map_or("", |comm| read.header.symbols.name(comm));
    let name = read.header.symbols.name(event.name);
    format!("{} {:?} {:?} {comm} {name} {:?} {:?}", event.time_ns, event.cpu, event.tid, event.phase, event.ret)
}

/// Reads to the end or to where reading fails.
pub(crate) fn try_read(path: &Path, options: &OpenOptions) -> tracemend_trace::TraceResult<Read> {
    drain(&mut *open(path, options)?)
}

/// Unpacks a compressed archive into `folder`: plain files with short names only.
pub(crate) fn unpack(archive: &Path, folder: &Path) {
    let bytes = zstd::decode_all(std::fs::File::open(archive).unwrap()).unwrap();
    let mut rest = &bytes[..];
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim_matches(['\0', ' ']).to_owned();
    while rest.len() >= 512 && rest[0] != 0 {
        let (name, size) = (text(&rest[..100]), usize::from_str_radix(&text(&rest[124..136]), 8).unwrap());
        let content = &rest[512..512 + size];
        if rest[156] == b'0' {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
}

//! What every target checks: the reader ends without a panic, and what it yields holds together.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use tracemend_trace::{Cause, Format, Item, Source, Trace};
use tracemend_trace::{OpenOptions, from_reader, open};

/// Reads the input as `format`, and once more with the format recognised by content.
pub fn read(format: Format, data: &[u8]) {
    read_as(Some(format), data, false);
    read_as(None, data, false);
    if format == Format::TraceDat {
        read_as(None, data, true);
    }
}

/// Reads the input as a folder of raw pages: after the lengths of the next two, `header_page`, the format of an event, and the
/// pages of two CPUs.
///
/// # Panics
/// When what the reader yields does not hold together: a finding. When the folder cannot be written.
pub fn read_raw_folder(data: &[u8]) {
    let Some((lengths, rest)) = data.split_first_chunk::<4>() else {
        return;
    };
    let length = |at: usize| usize::from(u16::from_le_bytes([lengths[at], lengths[at + 1]]));
    let (header_page, rest) = rest.split_at(length(0).min(rest.len()));
    let (format, rest) = rest.split_at(length(2).min(rest.len()));
    let (cpu0, cpu1) = rest.split_at((rest.len() / 2).next_multiple_of(4096).min(rest.len()));
    let folder = std::env::temp_dir().join(format!("tracemend-fuzz-{}", std::process::id()));
    let event = folder.join("events/raw_syscalls/sys_exit");
    fs::create_dir_all(&event).expect("the folder can be made");
    for (path, content) in [
        (folder.join("events/header_page"), header_page),
        (event.join("format"), format),
        (folder.join("cpu0"), cpu0),
        (folder.join("cpu1"), cpu1),
    ] {
        fs::write(path, content).expect("the file can be written");
    }
    for losses_only in [false, true] {
        let options = OpenOptions {
            format: Some(Format::FtraceRaw),
            losses_only,
            ..OpenOptions::default()
        };
        if let Ok(mut source) = open(&folder, &options) {
            check(&mut *source, rest, true);
        }
    }
}

fn read_as(format: Option<Format>, data: &[u8], losses_only: bool) {
    let options = OpenOptions {
        format,
        losses_only,
        ..OpenOptions::default()
    };
    let Ok(mut source) = from_reader(
        Box::new(Cursor::new(data.to_vec())),
        Path::new("fuzz"),
        &options,
    ) else {
        return;
    };
    let magic = data.get(..4).unwrap_or_default();
    let packed = magic.starts_with(&[0x1f, 0x8b])
        || magic == [0x28, 0xb5, 0x2f, 0xfd]
        || magic.ends_with(&[0x2a, 0x4d, 0x18]);
    check(&mut *source, data, packed);
}

/// Reads to the end, and checks what holds of every trace; offsets and lines of a packed input are not those of `data`.
fn check(source: &mut dyn Source, data: &[u8], packed: bool) {
    let (mut events, mut gaps) = (Vec::new(), Vec::new());
    // The record of a binary format is made, not found.
    let text = !source.header().format.is_binary();
    while let Ok(Some(item)) = source.next_item() {
        let header = source.header();
        match item {
            Item::Event(event) => {
                assert!(
                    (event.stream.0 as usize) < header.streams.len(),
                    "an event of no stream"
                );
                assert!(
                    (event.name.0 as usize) < header.symbols.len(),
                    "an event without a name"
                );
                if !packed && events.len() < 100 {
                    assert!(
                        event.offset < data.len() as u64,
                        "an event beyond the input"
                    );
                    for line in source
                        .record()
                        .split(|&b| b == b'\n')
                        .filter(|line| text && !line.is_empty())
                    {
                        assert!(
                            is_part(data, line) || is_joined(data, line),
                            "a record that is not in the input"
                        );
                    }
                }
                if events.len() < 1 << 16 {
                    events.push(event);
                }
            }
            Item::Gap(gap) => {
                assert_eq!(gap.id as usize, gaps.len(), "gaps out of number");
                assert!(
                    gap.begin_ns
                        .zip(gap.end_ns)
                        .is_none_or(|(begin, end)| begin <= end),
                    "a gap turned around"
                );
                assert!(
                    !matches!(gap.cause, Cause::Evidence(_)),
                    "evidence is not the reader's"
                );
                gaps.push(gap);
            }
        }
        assert!(source.header().streams.len() <= 1 << 20);
    }
    events.sort_by_key(|event| event.time_ns);
    let trace = Trace {
        header: source.header().clone(),
        events,
        gaps,
    };
    for gap in tracemend_trace::evidence(&trace) {
        assert!(gap.begin_ns <= gap.end_ns);
    }
}

fn is_part(data: &[u8], line: &[u8]) -> bool {
    line.is_empty() || data.windows(line.len()).any(|part| part == line)
}

/// Whether a line is parts of the input, one more than there are warnings: those within a line part it, and its pieces are joined.
fn is_joined(data: &[u8], mut line: &[u8]) -> bool {
    let count = |word: &[u8]| data.windows(word.len()).filter(|&part| part == word).count();
    for _ in 0..=count(b"WARNING: ") + count(b"Warning:") {
        // The longest part each time makes the fewest parts.
        let length = (1..=line.len())
            .take_while(|&length| is_part(data, &line[..length]))
            .last();
        line = &line[length.unwrap_or(0)..];
    }
    line.is_empty()
}

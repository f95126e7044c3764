//! What every target checks: the reader ends without a panic, and what it yields holds together.

use std::io::Cursor;
use std::path::Path;
use tracemend_trace::{OpenOptions, from_reader};
use tracemend_trace::{Cause, Format, Item, Trace};

/// Reads the input as `format`, and once more with the format recognised by content.
pub fn read(format: Format, data: &[u8]) {
    read_as(Some(format), data, false);
    read_as(None, data, false);
    if format == Format::TraceDat {
        read_as(None, data, true);
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
    let (mut events, mut gaps) = (Vec::new(), Vec::new());
    let magic = data.get(..4).unwrap_or_default();
    let packed = magic.starts_with(&[0x1f, 0x8b])
        || magic == [0x28, 0xb5, 0x2f, 0xfd]
        || magic.ends_with(&[0x2a, 0x4d, 0x18]);
    // The record of a binary format is made, not found.
    let text = !matches!(
        source.header().format,
        Format::TraceDat | Format::PerfData | Format::Perfetto
    );
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

/// Whether a line is a few parts of the input: warnings within a line part it, and its pieces are joined again.
fn is_joined(data: &[u8], mut line: &[u8]) -> bool {
    const MAX_PARTS: usize = 8;
    for _ in 0..MAX_PARTS {
        // The longest part each time makes the fewest parts.
        let length = (1..=line.len()).take_while(|&length| is_part(data, &line[..length])).last();
        line = &line[length.unwrap_or(0)..];
    }
    line.is_empty()
}

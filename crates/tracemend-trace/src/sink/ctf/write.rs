//! Writing the folder.

use super::metadata::{self, Class, Classes, Clock, PHASES, StreamClass};
use super::packets::{Packet, packets};
use crate::sink::{Collected, EventRow, GapRow, Inference};
use crate::{Phase, RecordedFile};
use rustc_hash::{FxHashMap, FxHashSet};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

const MAGIC: u32 = 0xc1fc_1fc1;
/// Length of a packet's header and context without loss counters and CPU.
const HEAD_BYTES: u64 = 4 + 4 + 4 * 8;

/// A stream to be written: what was recorded or inferred in one loss domain on one CPU.
#[derive(Default)]
struct Lane<'a> {
    events: Vec<&'a EventRow<'a>>,
    gaps: Vec<&'a GapRow<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LaneKey<'a> {
    name: Option<&'a str>,
    cpu: Option<u32>,
    inferred: bool,
}

/// Writes `collected` into `folder`, which is there and empty. The gaps stand in the recorded streams, so they are written
/// only if `merged`: an overlay lies beside the trace that has them.
///
/// # Errors
/// When a file cannot be written.
pub fn write_folder(collected: &Collected<'_>, folder: &Path, merged: bool) -> io::Result<()> {
    let clock = Clock::from(collected.span_ns().0);
    let (mut lanes, mut order) = (FxHashMap::<LaneKey<'_>, Lane<'_>>::default(), Vec::new());
    for event in collected.by_time() {
        let key = LaneKey { name: event.stream, cpu: event.cpu, inferred: event.inference.is_some() };
        of(&mut lanes, &mut order, key).events.push(event);
    }
    for gap in collected.gaps.iter().filter(|_| merged) {
        let key = LaneKey { name: gap.stream, cpu: gap.cpu, inferred: false };
        of(&mut lanes, &mut order, key).gaps.push(gap);
    }
    let mut classes = Classes::default();
    let mut streams = Vec::new();
    let mut names = FxHashSet::default();
    for key in order {
        let Some(mut lane) = lanes.remove(&key) else { continue };
        lane.gaps.sort_by_key(|gap| (gap.begin_ns, gap.end_ns));
        let class = StreamClass { inferred: key.inferred, cpu: key.cpu.is_some() };
        streams.push(class);
        let path = folder.join(file_name(key, &mut names));
        let mut out = BufWriter::new(File::create_new(path)?);
        for packet in packets(&lane.events, &lane.gaps) {
            write_packet(&mut out, &packet, key.cpu, class, &mut classes, clock)?;
        }
        out.flush()?;
    }
    if streams.is_empty() {
        // A trace wants a stream class, also where nothing was inferred; babeltrace2 aborts on that of inferred events
        // if none is there.
        streams.push(StreamClass { inferred: false, cpu: true });
    }
    fs::write(folder.join("metadata"), metadata::text(&streams, &classes, clock))
}

/// Writes a CTF trace that was read, with what was inferred in it: `recorded` holds its files as they are, so that every field,
/// context and name stays, and `inferred` the overlay. Readers of the folder take both as one.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write_beside(files: &[RecordedFile], overlay: &Collected<'_>, folder: &Path) -> io::Result<()> {
    for file in files {
        let to = folder.join("recorded").join(&file.below);
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(&file.path, &to)?;
    }
    let inferred = folder.join("inferred");
    fs::create_dir(&inferred)?;
    write_folder(overlay, &inferred, false)
}

fn of<'m, 'a>(
    lanes: &'m mut FxHashMap<LaneKey<'a>, Lane<'a>>,
    order: &mut Vec<LaneKey<'a>>,
    key: LaneKey<'a>,
) -> &'m mut Lane<'a> {
    lanes.entry(key).or_insert_with(|| {
        order.push(key);
        Lane::default()
    })
}

/// Readers name a stream after its file.
fn file_name(key: LaneKey<'_>, taken: &mut FxHashSet<String>) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let name = key.name.unwrap_or("unknown");
    let mut name: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).take(100).collect();
    if name.is_empty() || name.starts_with('.') || name == "metadata" {
        name.insert(0, '_');
    }
    if key.inferred {
        name.push_str("_inferred");
    }
    if taken.contains(&name)
        && let Some(cpu) = key.cpu
    {
        name.push_str(&format!("_cpu{cpu}"));
    }
    let mut free = name.clone();
    for number in 2.. {
        if taken.insert(free.clone()) {
            break;
        }
        free = format!("{name}-{number}");
    }
    free
}

fn write_packet<'a>(
    out: &mut impl Write,
    packet: &Packet<'_, 'a>,
    cpu: Option<u32>,
    stream: StreamClass,
    classes: &mut Classes<'a>,
    clock: Clock,
) -> io::Result<()> {
    let mut body = Vec::new();
    for event in packet.events {
        let class = Class::of(event, stream);
        body.extend(classes.id(class).to_le_bytes());
        body.extend(clock.cycles(event.at_ns()).to_le_bytes());
        write_fields(&mut body, event);
    }
    let losses = if stream.inferred { 0 } else { 16 };
    let bits = (HEAD_BYTES + losses + cpu.map_or(0, |_| 4) + body.len() as u64) * 8;
    let mut head = Vec::new();
    head.extend(MAGIC.to_le_bytes());
    head.extend(stream.id().to_le_bytes());
    let [begin, end] = [packet.begin_ns, packet.end_ns].map(|time| clock.cycles(time));
    [begin, end, bits, bits].iter().for_each(|value| head.extend(value.to_le_bytes()));
    if !stream.inferred {
        [packet.number, packet.discarded].iter().for_each(|value| head.extend(value.to_le_bytes()));
    }
    head.extend(cpu.iter().flat_map(|cpu| cpu.to_le_bytes()));
    out.write_all(&head)?;
    out.write_all(&body)
}

/// The fields of an event in the order of its class.
fn write_fields(out: &mut Vec<u8>, event: &EventRow<'_>) {
    if let Some(inference) = &event.inference {
        write_inference(out, inference);
    }
    out.extend(event.tid.iter().flat_map(|tid| tid.to_le_bytes()));
    event.comm.iter().for_each(|comm| text(out, comm));
    out.extend(event.time_err_ns().iter().flat_map(|error| error.unsigned_abs().to_le_bytes()));
    out.extend(event.ret.iter().flat_map(|ret| ret.to_le_bytes()));
    out.extend(event.dur_ns.iter().flat_map(|dur| dur.to_le_bytes()));
}

fn write_inference(out: &mut Vec<u8>, inference: &Inference<'_>) {
    out.extend(inference.confidence.to_le_bytes());
    out.extend(inference.gap.to_le_bytes());
    text(out, inference.model);
    out.extend((inference.alternatives.len() as u32).to_le_bytes());
    for other in inference.alternatives {
        text(out, &other.name);
        out.extend(other.tid.unwrap_or(-1).to_le_bytes());
        out.push(number(other.phase));
        out.extend(other.probability.to_le_bytes());
    }
}

fn number(phase: Phase) -> u8 {
    (0..).zip(PHASES).find(|(_, (known, _))| *known == phase).map_or(0, |(number, _)| number)
}

/// A text and the zero byte after it.
fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|&byte| byte != 0));
    out.push(0);
}

//! Damaged CTF traces: no panic, no hang, and what lies in undamaged packets is read.
//!
//! `CTF_MUTATIONS=10000 cargo test --release --test ctf_mutations` damages each trace that often instead of the usual 150
//! times, and the recorded samples too.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, fixture, shared, try_read, unpack};
use rustc_hash::{FxBuildHasher, FxHashSet};
use std::hash::BuildHasher;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tracemend_trace::OpenOptions;
use tracemend_trace::{Event, TraceError};

/// Rounds where nobody asks for more.
const USUAL: usize = 150;

/// Files of a trace: first its metadata.
type Files = Vec<(PathBuf, Vec<u8>)>;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn load(folder: &Path) -> Files {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("index") {
                folders.push(path);
            } else if path.is_file() {
                files.push((PathBuf::from(path.file_name().unwrap()), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort_by_key(|(name, _)| (name.as_os_str() != "metadata", name.clone()));
    files
}

fn store(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Damages some bytes: which, and how many more there are behind them now.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) -> (Range<usize>, isize) {
    let length = bytes.len();
    let at = random.below(length);
    // Headers are short, and what they say matters most.
    let at = if random.below(2) == 0 { at / 4096 * 4096 + at % 96 } else { at }.min(length - 1);
    let most = [4, 40, 400, 8000][random.below(4)];
    let count = 1 + random.below(most);
    let end = (at + count).min(length);
    match random.below(5) {
        0 => {
            bytes[at] ^= 1 << random.below(8);
            (at..at + 1, 0)
        }
        1 => {
            bytes.truncate(at);
            (at..length, 0)
        }
        2 => {
            bytes[at..end].fill(0);
            (at..end, 0)
        }
        3 => {
            bytes[at..end].iter_mut().for_each(|byte| *byte = random.next() as u8);
            (at..end, 0)
        }
        _ => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(end..end, copy);
            (end..end, (end - at) as isize)
        }
    }
}

/// Ends of LTTng's packets; `None` for packets of other kinds.
fn packets(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut packets = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let header = bytes.get(at..at + 84).filter(|header| header[..4] == [0xc1, 0x1f, 0xfc, 0xc1])?;
        let size = u64::from_le_bytes(header[56..64].try_into().unwrap()) as usize / 8;
        if size < 84 || size > bytes.len() - at {
            return None;
        }
        packets.push(at..at + size);
        at += size;
    }
    Some(packets)
}

/// An event by its time, its name's hash, its thread and its offset.
type Key = (i64, u64, Option<i32>, u64);

fn events(read: &Read) -> FxHashSet<Key> {
    let key = |(index, event): (usize, &Event)| {
        let name = FxBuildHasher.hash_one(read.name(index));
        (event.time_ns, name, event.tid, event.offset)
    };
    read.events.iter().enumerate().map(key).collect()
}

/// The events of one stream file by the packets they lie in; none for packets of other kinds than LTTng's.
fn by_packet(files: &Files, index: usize) -> Vec<(Range<usize>, Vec<Key>)> {
    let alone = tempfile::tempdir().unwrap();
    store(&vec![files[0].clone(), files[index].clone()], alone.path());
    let events = events(&try_read(alone.path(), &OpenOptions::default()).unwrap());
    let packets = packets(&files[index].1).unwrap_or_default();
    let inside = |packet: &Range<usize>| {
        events.iter().filter(|event| packet.contains(&(event.3 as usize))).copied().collect::<Vec<Key>>()
    };
    packets.into_iter().map(|packet| (packet.clone(), inside(&packet))).collect()
}

/// Damages a trace again and again.
fn damage(name: &str, files: &Files, rounds: usize, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    store(files, folder.path());
    let whole: Vec<_> = (1..files.len()).map(|index| by_packet(files, index)).collect();
    let mut random = Random(seed);
    let mut slowest = Duration::ZERO;
    let mut checked = 0usize;
    for round in 0..rounds {
        let index = if random.below(5) == 0 { 0 } else { 1 + random.below(files.len() - 1) };
        let (file, original) = &files[index];
        let mut bytes = original.clone();
        let (damaged, more) = mutate(&mut bytes, &mut random);
        std::fs::write(folder.path().join(file), &bytes).unwrap();
        let start = Instant::now();
        let read = try_read(folder.path(), &OpenOptions::default());
        let losses = try_read(folder.path(), &OpenOptions { losses_only: true, ..OpenOptions::default() });
        slowest = slowest.max(start.elapsed());
        let what = format!("{name}, round {round}: bytes {damaged:?} of {} (+{more})", file.display());
        assert!(losses.is_ok() || read.is_err(), "{what}");
        match read {
            Ok(read) if index > 0 => {
                let found = events(&read);
                for (other, packets) in whole.iter().enumerate() {
                    let own = other + 1 == index;
                    for (packet, events) in packets {
                        let hit = damaged.start < packet.end && packet.start < damaged.end.max(damaged.start + 1);
                        // Bytes put in right before a packet leave it whole.
                        let inside = more > 0 && packet.start < damaged.start && damaged.start < packet.end;
                        if own && (if more > 0 { inside } else { hit }) {
                            continue;
                        }
                        let moved = own && more > 0 && packet.start >= damaged.start;
                        checked += events.len();
                        for &(time, name, tid, offset) in events {
                            let offset = if moved { offset.wrapping_add_signed(more as i64) } else { offset };
                            assert!(
                                found.contains(&(time, name, tid, offset)),
                                "{what}: the event at {time} ns, byte {offset}, is lost"
                            );
                        }
                    }
                }
            }
            Ok(_) => {}
            Err(TraceError::Corrupt { .. } | TraceError::UnknownFormat { .. }) => {}
            Err(other) => panic!("{what}: {other}"),
        }
        std::fs::write(folder.path().join(file), original).unwrap();
    }
    eprintln!(
        "{name}: {rounds} rounds, {checked} events of undamaged packets read, the slowest round took {slowest:?}"
    );
    assert!(slowest < Duration::from_secs(30));
}

fn rounds() -> usize {
    std::env::var("CTF_MUTATIONS").map_or(USUAL, |rounds| rounds.parse().unwrap())
}

#[test]
fn damage_to_fixtures_stays_in_its_packet() {
    for (seed, name) in ["lttng-1.8", "lttng-2"].into_iter().enumerate() {
        damage(name, &load(&fixture(&format!("ctf/{name}"))), rounds(), seed as u64);
    }
}

/// A recorded sample, when more than the usual rounds are asked for.
fn damage_to_sample(name: &str, seed: u64) {
    if rounds() > USUAL
        && let Some(sample) = shared(&format!("samples/{name}"))
    {
        let folder = tempfile::tempdir().unwrap();
        let packed = sample.is_file();
        if packed {
            unpack(&sample, folder.path());
        }
        damage(name, &load(if packed { folder.path() } else { &sample }), rounds(), seed);
    }
}

#[test]
fn damage_to_ctf18_ust_paired_stays_in_its_packet() {
    damage_to_sample("ctf18-ust-paired", 100);
}

#[test]
fn damage_to_ctf18_from_lttng216_stays_in_its_packet() {
    damage_to_sample("ctf18-from-lttng216", 101);
}

#[test]
fn damage_to_ctf2_ust_paired_stays_in_its_packet() {
    damage_to_sample("ctf2-ust-paired", 102);
}

#[test]
fn damage_to_ctf18_ust_overwrite_stays_in_its_packet() {
    damage_to_sample("ctf18-ust-overwrite", 103);
}

#[test]
fn damage_to_ctf18_ust_libcwrap_stays_in_its_packet() {
    damage_to_sample("ctf18-ust-libcwrap", 104);
}

#[test]
fn damage_to_ctf18_perf_stays_in_its_packet() {
    damage_to_sample("ctf18-perf-raw_syscalls.tar.zst", 105);
}

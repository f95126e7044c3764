//! Damage done to a recording at random, the same for the same number.
#![allow(clippy::unwrap_used)]

use super::Read;
use std::path::Path;
use tracemend_trace::{Cause, Item};
use tracemend_trace::{OpenOptions, from_reader};

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Flips bits, cuts off, zeroes, overwrites with noise, or removes a piece.
pub(crate) fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = bytes.to_vec();
    // Half of all damage goes to the front, where a file describes itself.
    let area = if random.below(2) == 0 { bytes.len().min(4096) } else { bytes.len() };
    let from = random.below(area);
    let scale = random.below(14);
    let len = 1 + random.below(1 << scale);
    let end = (from + len).min(bytes.len());
    match random.below(6) {
        0 => bytes.truncate(from),
        1 => bytes[from..end].fill(0),
        2 => bytes[from..end].iter_mut().for_each(|byte| *byte = random.next() as u8),
        3 => drop(bytes.drain(from..end)),
        _ => {
            for _ in 0..1 + random.below(8) {
                let at = random.below(area);
                bytes[at] ^= 1 << random.below(8);
            }
        }
    }
    bytes
}

/// How many mutations a normal test makes, or `TRACEMEND_MUTATIONS`.
pub(crate) fn rounds(normal: u64) -> u64 {
    std::env::var("TRACEMEND_MUTATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(normal)
}

/// Reads damaged copies of a recording: none may panic, hang, or give what does not hold together.
pub(crate) fn survives(name: &str, bytes: &[u8], whole: &Read, rounds: u64) {
    let (mut refused, mut gaps, mut fewest) = (0u64, 0u64, whole.events.len());
    for seed in 0..rounds {
        let damaged = mutate(bytes, seed);
        for losses_only in [false, true] {
            let options = OpenOptions { format: Some(whole.header.format), losses_only, ..OpenOptions::default() };
            let reader = Box::new(std::io::Cursor::new(damaged.clone()));
            let Ok(mut source) = from_reader(reader, Path::new("damaged"), &options) else {
                refused += 1;
                continue;
            };
            let (mut events, mut found) = (0usize, 0u32);
            // A damaged length can make many small events of a large one, but not without end.
            let limit = bytes.len() * 4 + 1000;
            loop {
                match source.next_item() {
                    Ok(Some(Item::Event(event))) => {
                        assert!((event.stream.0 as usize) < source.header().streams.len());
                        if events.is_multiple_of(101) {
                            assert!(!source.record().is_empty(), "{name}, mutation {seed}: an event without a record");
                        }
                        events += 1;
                    }
                    Ok(Some(Item::Gap(gap))) => {
                        assert_eq!(gap.id, found, "{name}, mutation {seed}");
                        assert!(gap.begin_ns.zip(gap.end_ns).is_none_or(|(begin, end)| begin <= end));
                        assert!(!matches!(gap.cause, Cause::Evidence(_)));
                        found += 1;
                    }
                    Ok(None) => break,
                    Err(error) => panic!("{name}, mutation {seed}: an error in the middle: {error}"),
                }
                assert!(events + (found as usize) < limit, "{name}, mutation {seed}: no end");
            }
            assert!(source.next_item().unwrap().is_none(), "{name}, mutation {seed}: something behind the end");
            gaps += u64::from(found);
            if !losses_only {
                fewest = fewest.min(events);
            }
        }
    }
    eprintln!(
        "{name}: {rounds} mutations of {} bytes, {refused} of {} readings refused, {gaps} gaps, at least {fewest} events; peak memory {} MiB",
        bytes.len(),
        2 * rounds,
        peak_memory_mib()
    );
    assert!(peak_memory_mib() < 400, "a damaged file filled the memory");
}

/// The process's own peak; 0 where the system does not say.
pub(crate) fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

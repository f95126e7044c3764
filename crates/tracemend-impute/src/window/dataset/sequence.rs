//! Sequences of consecutive events, with what is known beside their tokens.

use crate::window::dataset::{UNKNOWN, Vocabulary, token_name};
use crate::window::imputer::Side;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use tracemend_repair::kernel::value_hash;
use tracemend_trace::{Event, Phase, ThreadKey, Trace};

/// What belongs together in one sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The events of one thread.
    #[default]
    Thread,
    /// The events of one stream, usually of one CPU.
    Stream,
    /// All events of a trace, by time.
    Merged,
}

/// Consecutive events; nothing was lost between two of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    /// Numbers of the vocabulary.
    pub tokens: Vec<u32>,
    /// What else is known of each event; or empty. The pause is left open: it depends on what is observed.
    pub side: Vec<Side>,
    /// Times in ns; or empty.
    pub time_ns: Vec<i64>,
    /// What each call returned, hashed to 1-255: equal values are equal here, others equal in 1 of 255 cases. 0 where there is
    /// no value; or empty. Not kept in data sets.
    pub values: Vec<u8>,
}

impl Sequence {
    /// A sequence of which nothing but tokens is known.
    pub fn bare(tokens: Vec<u32>) -> Self {
        Self { tokens, ..Self::default() }
    }

    /// A part of it.
    pub fn part(&self, part: Range<usize>) -> Self {
        Self {
            tokens: self.tokens[part.clone()].to_vec(),
            side: self.side.get(part.clone()).unwrap_or_default().to_vec(),
            time_ns: self.time_ns.get(part.clone()).unwrap_or_default().to_vec(),
            values: self.values.get(part).unwrap_or_default().to_vec(),
        }
    }

    /// What is known of the events of a part when some of them are missing. Of a missing event only its thread and process
    /// are known, and how long all of its gap took; an observed one's pause runs from the last observed event.
    ///
    /// `observed`: one for each event of `part`. Empty if nothing is known.
    pub(crate) fn sides(&self, part: Range<usize>, observed: &[bool]) -> Vec<Side> {
        let Some(own) = self.side.get(part.clone()) else { return Vec::new() };
        let times = self.time_ns.get(part).unwrap_or_default();
        let mut known = Vec::with_capacity(own.len());
        let (mut last, mut next) = (None, 0);
        for (at, side) in own.iter().enumerate() {
            while next < own.len() && (next < at || !observed[next]) {
                next += 1;
            }
            let pause = match (last.and_then(|at: usize| times.get(at)), times.get(next)) {
                (Some(from), Some(to)) => pause_class(to.saturating_sub(*from)),
                _ => 0,
            };
            if observed[at] {
                last = Some(at);
                known.push(Side { pause, ..*side });
            } else {
                known.push(Side { slot: side.slot, process: side.process, pause, ..Side::default() });
            }
        }
        known
    }
}

impl AsRef<[u32]> for Sequence {
    /// Its tokens.
    fn as_ref(&self) -> &[u32] {
        &self.tokens
    }
}

/// How many windows of `length` events the sequences have.
pub fn window_count(sequences: &[Sequence], length: usize) -> usize {
    sequences.iter().map(|sequence| (sequence.tokens.len() + 1).saturating_sub(length)).sum()
}

/// Of all windows of `length` events the one of this number: its sequence's number, and where it begins there.
pub fn window_place(sequences: &[Sequence], length: usize, mut number: usize) -> Option<(usize, usize)> {
    for (sequence, room) in sequences.iter().map(|one| (one.tokens.len() + 1).saturating_sub(length)).enumerate() {
        if number < room {
            return Some((sequence, number));
        }
        number -= room;
    }
    None
}

/// 1 for nothing, then one more for each doubling.
fn pause_class(ns: i64) -> u8 {
    match u64::try_from(ns) {
        Ok(ns) => (u64::BITS - ns.leading_zeros() + 1) as u8,
        Err(_) => 1,
    }
}

/// 1 no value, 2 error, 3 zero, 4 positive.
fn result_class(event: &Event) -> u8 {
    match event.ret {
        None => 1,
        Some(ret) if ret < 0 => 2,
        Some(0) => 3,
        Some(_) => 4,
    }
}

/// What the events of one sequence have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum SequenceKey {
    Thread(ThreadKey),
    Stream(u32),
    Merged,
}

pub(crate) fn phase_class(phase: Phase) -> u8 {
    match phase {
        Phase::Entry => 1,
        Phase::Exit => 2,
        Phase::Call | Phase::Point => 3,
    }
}

/// Where sequences break: events from this time on do not follow those before, on this stream or on any.
fn breaks(trace: &Trace) -> Vec<(i64, Option<u32>)> {
    let mut found = Vec::new();
    for gap in &trace.gaps {
        // What a thread recorded elsewhere while its CPU lost events has unknown neighbours as well, hence the beginning.
        let inner = gap.kept_ns.map(|(first, last)| [first, last.saturating_add(1)]);
        let times = gap.begin_ns.map(|begin| begin.saturating_add(1)).into_iter().chain(gap.end_ns);
        let stream = gap.stream.map(|stream| stream.0);
        found.extend(times.chain(inner.into_iter().flatten()).map(|time| (time, stream)));
        // Each event recorded among the lost has unknown neighbours.
        let from = gap.kept_ns.map(|(_, last)| last).or(gap.begin_ns);
        if let (Some(from), Some(end), Some(lossy)) = (from, gap.end_ns, gap.stream) {
            let first = trace.events.partition_point(|event| event.time_ns <= from);
            let inside = trace.events[first..].iter().take_while(|event| event.time_ns < end);
            found.extend(inside.filter(|event| event.stream == lossy).map(|event| (event.time_ns, stream)));
        }
    }
    found
}

/// A trace's sequences, cut where its events may have been lost, in the order of their first events.
pub fn sequences(trace: &Trace, by: By, vocabulary: &Vocabulary) -> Vec<Sequence> {
    let symbols = &trace.header.symbols;
    let (tokens, processes) = (vocabulary.token_ids(), vocabulary.process_ids());
    let mut ids: FxHashMap<_, u32> = FxHashMap::default();
    let mut ranks: FxHashMap<_, u8> = FxHashMap::default();
    let mut open: FxHashMap<SequenceKey, usize> = FxHashMap::default();
    let mut slots: Vec<FxHashMap<ThreadKey, u8>> = Vec::new();
    let mut found: Vec<Sequence> = Vec::new();
    let mut losses = breaks(trace);
    losses.sort_unstable();
    let mut losses = losses.into_iter().peekable();
    for event in &trace.events {
        // A stream that lost events has a gap there; which of its threads lost them is unknown.
        while let Some((_, stream)) = losses.next_if(|(time, _)| *time <= event.time_ns) {
            match (by, stream) {
                (By::Stream, Some(stream)) => {
                    open.remove(&SequenceKey::Stream(stream));
                }
                _ => open.clear(),
            }
        }
        let key = match by {
            By::Thread => SequenceKey::Thread(ThreadKey::of(event)),
            By::Stream => SequenceKey::Stream(event.stream.0),
            By::Merged => SequenceKey::Merged,
        };
        let number = *open.entry(key).or_insert_with(|| {
            found.push(Sequence::default());
            slots.push(FxHashMap::default());
            found.len() - 1
        });
        let token = *ids.entry((event.name, event.phase)).or_insert_with(|| {
            let name = token_name(symbols.name(event.name), event.phase);
            tokens.get(name.as_str()).copied().unwrap_or(UNKNOWN)
        });
        let process = event.comm.map_or(0, |comm| {
            *ranks.entry(comm).or_insert_with(|| {
                let rank = processes.get(symbols.name(comm)).map_or(0, |&rank| rank.saturating_add(1));
                u8::try_from(rank).unwrap_or(u8::MAX)
            })
        });
        let known = &mut slots[number];
        let next = u8::try_from(known.len() + 1).unwrap_or(u8::MAX);
        let slot = *known.entry(ThreadKey::of(event)).or_insert(next);
        let sequence = &mut found[number];
        sequence.tokens.push(token);
        sequence.time_ns.push(event.time_ns);
        sequence.values.push(value_hash(event.ret));
        let (phase, result) = (phase_class(event.phase), result_class(event));
        sequence.side.push(Side { phase, slot, process, result, pause: 0 });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_and_addresses_by_magnitude_only() {
        let class = |ret: i64| value_hash(Some(ret));
        assert_eq!(value_hash(None), 0);
        // Small ones, which loops tell each other apart by, all differ; of many the classes are used alike.
        let small: Vec<u8> = (-20..100).map(class).collect();
        let mut distinct = small.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() == 120 && distinct[0] > 0, "{}", distinct.len());
        let mut uses = [0; 256];
        (0..65_536).for_each(|ret| uses[usize::from(class(ret))] += 1);
        assert!(uses[0] == 0 && uses[1..].iter().all(|count| (200..=314).contains(count)), "{uses:?}");
        assert_eq!(class(0x7f00_1234_5000), class(0x7fff_0000_1000));
        assert_ne!(class(0x7f00_1234_5000), class(0x1_2345_6789));
        assert!(class(i64::MIN) > 0 && class(i64::MAX) > 0);
    }

    #[test]
    fn a_missing_event_tells_its_thread_and_how_long_the_gap_took() {
        let side = Side { phase: 3, slot: 1, process: 2, result: 4, pause: 0 };
        let time_ns = vec![5, 6, 10, 14, 1014, 1014];
        let sequence = Sequence { tokens: vec![0; 6], side: vec![side; 6], time_ns, ..Sequence::default() };
        let sides = sequence.sides(1..6, &[true, false, false, true, true]);
        let pauses: Vec<u8> = sides.iter().map(|side| side.pause).collect();
        // 1008 ns lie between the two observed ends of the gap: 2^9 <= 1008 < 2^10.
        assert_eq!(pauses, [0, 11, 11, 11, 1]);
        assert_eq!(sides[1], Side { slot: 1, process: 2, pause: 11, ..Side::default() });
        assert_eq!(sides[3], Side { pause: 11, ..side });
        assert!(Sequence::bare(vec![1, 2]).sides(0..2, &[true, false]).is_empty());
    }
}

//! Artificial gaps: cut into a trace, repaired, and compared with what was there.

use crate::consensus::{by_thread, matches};
use crate::model::calibration::{Belief, Calibration, Rows, SHARES};
use crate::model::{CountsModel, thread_of};
use crate::rng::SplitMix64;
use crate::solve::{RawRepair, RepairOptions, repair_raw};
use rustc_hash::{FxHashMap, FxHashSet};
use tracemend_trace::{Cause, Event, Gap, Lost, Phase, StreamId, Trace};

/// Events of a stream kept free at its ends.
const MARGIN: usize = 200;
/// Events kept between the gaps of one batch.
const APART: usize = 100;
/// Gaps cut at once, at most: holes elsewhere tear the contexts of the threads around a gap.
const AT_ONCE: usize = 20;
/// Share of a trace's events cut at once, at most (but always one gap): one in this many.
const SHARE: usize = 25;
/// Events of a trace that calibration looks at.
const CALIBRATED_ON: usize = 400_000;
/// Events lost for it in gaps of one length, about.
const CALIBRATED_EVENTS: usize = 12_000;
/// Gaps of one length cut for it, at least and at most.
const CALIBRATED_GAPS: (usize, usize) = (10, 200);

/// An artificial gap: `lost` consecutive events of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blackout {
    /// Stream number.
    pub stream: usize,
    /// Place of the first lost event among the stream's events.
    pub first: usize,
    /// How many events.
    pub lost: usize,
}

/// Positions of each stream's events in `trace.events`.
pub fn by_stream(trace: &Trace) -> Vec<Vec<u32>> {
    let mut streams = vec![Vec::new(); trace.header.streams.len()];
    for (position, event) in trace.events.iter().enumerate() {
        streams[event.stream.0 as usize].push(position as u32);
    }
    streams
}

/// Draws gaps at random places (other ones for another `purpose`), at least 200 events from the ends of their stream and clear of real gaps. Fewer than
/// asked for, or none, where the trace is too short.
pub fn draw(trace: &Trace, streams: &[Vec<u32>], lost: usize, gaps: usize, seed: u64, purpose: &str) -> Vec<Blackout> {
    let room = |positions: &Vec<u32>| positions.len().saturating_sub(2 * MARGIN + lost);
    let total: usize = streams.iter().map(room).sum();
    let mut random = SplitMix64::new(seed, &[purpose, &lost.to_string()]);
    let mut drawn = Vec::new();
    for _ in 0..4 * gaps {
        if total == 0 || drawn.len() == gaps {
            break;
        }
        let mut place = random.below(total);
        for (stream, positions) in streams.iter().enumerate() {
            if place < room(positions) {
                let blackout = Blackout { stream, first: MARGIN + place, lost };
                let (begin, end) = surroundings(trace, streams, blackout);
                let real = trace.gaps.iter().any(|gap| {
                    // One that is open at an end says nothing of the other streams.
                    (!gap.is_one_sided() || gap.stream.is_none_or(|gap| gap.0 as usize == stream))
                        && gap.begin_ns.unwrap_or(i64::MIN) < end
                        && gap.end_ns.unwrap_or(i64::MAX) > begin
                });
                if !real && !drawn.contains(&blackout) {
                    drawn.push(blackout);
                }
                break;
            }
            place -= room(positions);
        }
    }
    drawn
}

fn interval(trace: &Trace, streams: &[Vec<u32>], blackout: Blackout) -> (i64, i64) {
    let positions = &streams[blackout.stream];
    let time = |place: usize| trace.events[positions[place] as usize].time_ns;
    (time(blackout.first - 1), time(blackout.first + blackout.lost))
}

/// Times of the first and last event that a blackout needs untouched.
fn surroundings(trace: &Trace, streams: &[Vec<u32>], blackout: Blackout) -> (i64, i64) {
    let time = |place: usize| trace.events[streams[blackout.stream][place] as usize].time_ns;
    (time(blackout.first - APART), time(blackout.first + blackout.lost + APART))
}

/// Groups gaps so that those cut at once are far apart in time and few: numbers into `blackouts`.
pub fn batches(trace: &Trace, streams: &[Vec<u32>], blackouts: &[Blackout]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..blackouts.len()).collect();
    let mut batches = Vec::new();
    while !left.is_empty() {
        let batch = apart(trace, streams, blackouts, &left);
        left.retain(|number| !batch.contains(number));
        batches.push(batch);
    }
    batches
}

/// The first of `left` and what else is far apart in time from all chosen, as much as is cut at once.
fn apart(trace: &Trace, streams: &[Vec<u32>], blackouts: &[Blackout], left: &[usize]) -> Vec<usize> {
    let mut room = trace.events.len() / SHARE;
    let mut batch: Vec<usize> = Vec::new();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for &number in left {
        if batch.len() == AT_ONCE {
            break;
        }
        let blackout = blackouts[number];
        let span = surroundings(trace, streams, blackout);
        let clear = spans.iter().all(|other| span.1 < other.0 || span.0 > other.1);
        if batch.is_empty() || (clear && room >= blackout.lost) {
            room = room.saturating_sub(blackout.lost);
            batch.push(number);
            spans.push(span);
        }
    }
    batch
}

/// A trace with a batch cut out, and the gaps this left, in the order of the batch.
pub fn cut(trace: &Trace, streams: &[Vec<u32>], batch: &[Blackout]) -> (Trace, Vec<Gap>) {
    let mut lost = vec![false; trace.events.len()];
    let mut gaps = Vec::with_capacity(batch.len());
    for blackout in batch {
        let positions = &streams[blackout.stream];
        for &position in &positions[blackout.first..blackout.first + blackout.lost] {
            lost[position as usize] = true;
        }
        let (begin, end) = interval(trace, streams, *blackout);
        gaps.push(Gap {
            id: gaps.len() as u32,
            stream: Some(StreamId(blackout.stream as u32)),
            cpu: trace.header.streams[blackout.stream].cpu,
            tid: None,
            begin_ns: Some(begin),
            end_ns: Some(end),
            kept_ns: None,
            lost: Lost::Exact(blackout.lost as u64),
            cause: Cause::Discarded,
            offset: 0,
        });
    }
    let events = trace.events.iter().zip(&lost).filter(|&(_, &lost)| !lost).map(|(event, _)| event.clone()).collect();
    let all = trace.gaps.iter().chain(&gaps).cloned().collect();
    (Trace { header: trace.header.clone(), events, gaps: all }, gaps)
}

/// The lost events of a blackout, in order.
pub fn truth<'t>(trace: &'t Trace, streams: &[Vec<u32>], blackout: Blackout) -> Vec<&'t Event> {
    streams[blackout.stream][blackout.first..blackout.first + blackout.lost]
        .iter()
        .map(|&position| &trace.events[position as usize])
        .collect()
}

/// What came of a repair: per placed event whether it is right, by per-thread LCS with the truth.
pub fn right(raw: &RawRepair, model: &CountsModel, bare: &[u32], truth: &[&Event], trace: &Trace) -> Vec<bool> {
    let mut right = vec![false; raw.placed().len()];
    let Some(consensus) = &raw.consensus else {
        return right;
    };
    let mut numbers: FxHashMap<(&str, Phase), u32> = FxHashMap::default();
    for (token, kind) in model.tokens.kinds().iter().enumerate() {
        numbers.entry((&kind.name, kind.phase)).or_insert(bare[token]);
    }
    let mut threads: FxHashMap<i64, Vec<u32>> = FxHashMap::default();
    for event in truth {
        let name = trace.header.symbols.name(event.name);
        let number = numbers.get(&(name, event.phase)).copied().unwrap_or(u32::MAX);
        threads.entry(thread_of(event)).or_default().push(number);
    }
    for (thread, (places, tokens)) in by_thread(&raw.fillings[consensus.chosen], &raw.context.slots, bare) {
        if let Some(truth) = threads.get(&thread) {
            for matched in matches(&tokens, truth) {
                right[places[matched] as usize] = true;
            }
        }
    }
    right
}

/// Lengths to calibrate for, from what the gaps lost: one for each group of lengths that occurs.
pub fn lengths_of(gaps: &[Gap]) -> Vec<usize> {
    let mut lengths: Vec<usize> = gaps.iter().map(|gap| gap.lost.count().unwrap_or(3).clamp(1, 700) as usize).collect();
    lengths.sort_unstable();
    let groups = lengths.chunk_by(|a, b| Calibration::same_length_group(*a, *b));
    groups.map(|group| group[group.len() / 2]).collect()
}

/// Calibrates on blackouts of a trace. The model used for them has learned `base` and what is left.
pub fn calibrate(trace: &Trace, base: Option<&CountsModel>, lengths: &[usize], options: &RepairOptions) -> Calibration {
    let mut calibration = Calibration::default();
    let part;
    let trace = if trace.events.len() > CALIBRATED_ON {
        let events = trace.events[..CALIBRATED_ON].to_vec();
        let over = events.last().map_or(0, |event| event.time_ns);
        let gaps = trace.gaps.iter().filter(|gap| gap.end_ns.is_some_and(|end| end < over)).cloned().collect();
        part = Trace { header: trace.header.clone(), events, gaps };
        &part
    } else {
        trace
    };
    let streams = by_stream(trace);
    let blackouts: Vec<Blackout> = lengths
        .iter()
        .flat_map(|&lost| {
            let gaps = (CALIBRATED_EVENTS / lost).clamp(CALIBRATED_GAPS.0, CALIBRATED_GAPS.1);
            draw(trace, &streams, lost, gaps, options.seed, "calibration")
        })
        .collect();
    // All of them, in as many batches as it takes: those that fit into one would be the short ones in time.
    for batch in batches(trace, &streams, &blackouts) {
        let batch: Vec<Blackout> = batch.into_iter().map(|number| blackouts[number]).collect();
        let (rest, gaps) = cut(trace, &streams, &batch);
        let mut model = base.cloned().unwrap_or_default();
        model.learn(&rest, 1);
        let (_, raw) = repair_raw(&rest, &gaps, &mut model, options, &crate::solve::unwatched);
        let bare = model.tokens.bare();
        for (raw, &blackout) in raw.iter().zip(&batch) {
            let truth = truth(trace, &streams, blackout);
            note(&mut calibration, raw, &model, &bare, &truth, trace);
        }
    }
    calibration
}

fn note(
    calibration: &mut Calibration,
    raw: &RawRepair,
    model: &CountsModel,
    bare: &[u32],
    truth: &[&Event],
    trace: &Trace,
) {
    let Some(consensus) = &raw.consensus else {
        return;
    };
    let lost = raw.placed().len();
    calibration.note_blackout(lost);
    let right = right(raw, model, bare, truth, trace);
    for (place, right) in right.into_iter().enumerate() {
        calibration.note(Belief { support: consensus.support[place], lost, place }, right);
    }
    let (by_thread, by_event) = true_counts(truth, trace);
    for ((thread, (name, phase)), expected) in &raw.counted.by_thread {
        let number = by_thread.get(&(*thread, (name.as_str(), *phase))).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByThread, lost, expected.mean, expected.deviation(), number);
    }
    let distance = |share: f64| {
        let mut differences: FxHashMap<(&str, Phase), f64> = by_event.clone();
        let expected = raw.counted.by_event_with(share);
        for ((name, phase), expected) in &expected {
            *differences.entry((name, *phase)).or_default() -= expected.mean;
        }
        0.5 * differences.values().map(|difference| difference.abs()).sum::<f64>() / lost.max(1) as f64
    };
    calibration.note_background(lost, SHARES.map(distance));
    let share = calibration.background(lost);
    let expected = raw.counted.by_event_with(share);
    for ((name, phase), expected) in &expected {
        let number = by_event.get(&(name.as_str(), *phase)).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByEvent, lost, expected.mean, expected.deviation(), number);
    }
    let unexpected = by_event.keys().filter(|kind| !expected.contains_key(&(kind.0.to_owned(), kind.1))).count();
    calibration.note_unexpected(lost, unexpected, expected.len());
    let width = raw.context.end_ns.saturating_sub(raw.context.begin_ns) as f64;
    if let Some(times) = &raw.times
        && width > 0.0
    {
        for (time, event) in times.iter().zip(truth) {
            calibration.note_time(lost, (time - event.time_ns) as f64 / width);
        }
    }
}

type Numbers<K> = FxHashMap<K, f64>;
/// Name and phase of an event.
type Kind<'t> = (&'t str, Phase);

/// How many of each kind were lost: by thread, and over all threads.
fn true_counts<'t>(truth: &[&Event], trace: &'t Trace) -> (Numbers<(Option<i64>, Kind<'t>)>, Numbers<Kind<'t>>) {
    let mut by_thread = Numbers::default();
    let mut by_event = Numbers::default();
    for event in truth {
        let kind = (trace.header.symbols.name(event.name), event.phase);
        *by_thread.entry((Some(thread_of(event)), kind)).or_default() += 1.0;
        *by_event.entry(kind).or_default() += 1.0;
    }
    (by_thread, by_event)
}

/// Rows of the composition by event, and how many of their 90 % intervals hold the truth. A kind that was lost but has
/// no row counts as a row missed.
pub fn coverage(raw: &RawRepair, calibration: &Calibration, truth: &[&Event], trace: &Trace) -> (f64, f64) {
    let lost = raw.placed().len();
    let (_, by_event) = true_counts(truth, trace);
    let mut covered = 0.0;
    let mut rows = 0.0;
    let mut known: FxHashSet<(String, Phase)> = FxHashSet::default();
    for ((name, phase), expected) in raw.counted.by_event_with(calibration.background(lost)) {
        let number = by_event.get(&(name.as_str(), phase)).copied().unwrap_or(0.0);
        let half = calibration.half_width(Rows::ByEvent, lost, expected.mean) * expected.deviation();
        known.insert((name, phase));
        rows += 1.0;
        covered += f64::from(u8::from((number - expected.mean).abs() <= half + 1e-9));
    }
    rows += by_event.keys().filter(|kind| !known.contains(&(kind.0.to_owned(), kind.1))).count() as f64;
    (rows, covered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::trace;

    #[test]
    fn few_gaps_are_cut_at_once_and_none_near_another() {
        let names = ["a", "b", "c"];
        let calls: Vec<(u32, i32, &str)> =
            (0..30_000).map(|place| (place % 2, 1 + (place % 5) as i32, names[place as usize % 3])).collect();
        let trace = trace(&calls);
        let streams = by_stream(&trace);
        let blackouts = draw(&trace, &streams, 10, 90, 1, "test");
        assert_eq!(blackouts.len(), 90);
        let batches = batches(&trace, &streams, &blackouts);
        let mut all: Vec<usize> = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..90).collect::<Vec<_>>());
        for batch in batches {
            assert!(batch.len() <= 20);
            let mut spans: Vec<(i64, i64)> =
                batch.iter().map(|&gap| surroundings(&trace, &streams, blackouts[gap])).collect();
            spans.sort_unstable();
            assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}

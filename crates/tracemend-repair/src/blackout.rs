//! Artificial gaps, cut into a trace.

use crate::rng::SplitMix64;
use crate::surroundings::{Surroundings, most_alike};
use tracemend_trace::{Cause, Event, Gap, Lost, StreamId, Trace};

/// Events of a stream kept free at its ends.
const MARGIN: usize = 200;
/// Events kept between the gaps of one batch.
const APART: usize = 100;
/// Maximum number of gaps cut at once: other gaps tear the contexts of the threads around a gap.
const AT_ONCE: usize = 20;
/// One event in this many may be cut at once; one gap is always cut.
const SHARE: usize = 25;

/// Places drawn for each one that is chosen by its surroundings.
const PLACES: usize = 16;

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
///
/// ```
/// use tracemend_repair::blackout::{by_stream, draw};
/// use tracemend_trace::{Event, Format, Phase, Trace, TraceHeader};
///
/// let mut header = TraceHeader::new(Format::Csv);
/// let (stream, name) = (header.cpu_stream(0), header.symbols.intern("read"));
/// let events = (0..1000).map(|time_ns| Event::new(time_ns, stream, name, Phase::Call)).collect();
/// let trace = Trace { header, events, gaps: Vec::new() };
/// let streams = by_stream(&trace);
/// assert_eq!(draw(&trace, &streams, 10, 5, 1, "example").len(), 5);
/// ```
pub fn by_stream(trace: &Trace) -> Vec<Vec<u32>> {
    let mut streams = vec![Vec::new(); trace.header.streams.len()];
    for (position, event) in trace.events.iter().enumerate() {
        streams[event.stream.0 as usize].push(position as u32);
    }
    streams
}

/// Draws `gaps` blackouts of `lost` events at random places, at least 200 events from the ends of their stream and clear of real
/// gaps. Another `purpose` draws other places. Returns fewer, or none, where the trace is too short.
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
                    // A gap that is open at an end says nothing about other streams.
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

/// Draws blackouts for the calibration, as [`draw`] does, in surroundings like those of `wanted`: of many places drawn the most
/// alike. Places anywhere where nothing is known of the surroundings.
pub(crate) fn draw_like(
    trace: &Trace,
    streams: &[Vec<u32>],
    lost: usize,
    gaps: usize,
    wanted: &[Surroundings],
    seed: u64,
) -> Vec<Blackout> {
    let purpose = "calibration";
    if wanted.is_empty() {
        return draw(trace, streams, lost, gaps, seed, purpose);
    }
    let drawn = draw(trace, streams, lost, PLACES * gaps, seed, purpose);
    let place = |&Blackout { stream, first, lost }: &Blackout| {
        Surroundings::new(trace, &streams[stream], first, first + lost, Some(lost))
    };
    let places: Vec<Surroundings> = drawn.iter().map(place).collect();
    let apart = |one: usize, other: usize| {
        let (one, other) = (drawn[one], drawn[other]);
        one.stream != other.stream || one.first.abs_diff(other.first) >= lost
    };
    most_alike(&places, wanted, gaps, apart).into_iter().map(|number| drawn[number]).collect()
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
            unread_lines: None,
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

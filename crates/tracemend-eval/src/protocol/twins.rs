//! Twins: a trace that lost events, and a complete recording of the same run.
//!
//! Both recordings hold the same events at almost the same times. An event of the lossy trace is the event of the twin
//! that has its CPU, thread and name and is nearest in time, once the usual distance between the two recordings is
//! subtracted. An event of the twin without a counterpart that lies in the interval of a gap was lost there.

use crate::error::Error;
use crate::prediction::trace::{EventTypes, ThreadEvent};
use rustc_hash::FxHashMap;
use tracemend_trace::{Event, Gap, Lost, StreamId, ThreadKey, Trace};

/// The same event has times at most this far apart in twins.
const TWIN_NS: u64 = 20_000_000;
/// How far outside of a gap an event may seem to lie that was lost there.
const EDGE_NS: i64 = 50_000;

/// The thread of an event in comparable terms: idle CPUs, and events without a thread, are one thread.
pub(crate) fn thread(tid: Option<i32>) -> ThreadKey {
    tid.filter(|&tid| tid != 0).map_or(ThreadKey::Untracked(StreamId(0)), ThreadKey::Tid)
}

/// Splits a trace that holds a lossy channel and a complete one into the two; `None` where it does not hold both. Streams
/// are named `CHANNEL_N`.
pub fn channels(trace: &Trace) -> Option<(Trace, Trace)> {
    let lossy_streams: Vec<StreamId> = trace.gaps.iter().filter_map(|gap| gap.stream).collect();
    let channel = |stream: StreamId| {
        let name = trace.header.streams[stream.0 as usize].name.as_str();
        name.rsplit_once('_').map_or(name, |(channel, _)| channel)
    };
    let all = (0..trace.header.streams.len() as u32).map(StreamId);
    let lossy: Vec<&str> = lossy_streams.iter().map(|&stream| channel(stream)).collect();
    let (in_lossy, complete): (Vec<StreamId>, Vec<StreamId>) =
        all.partition(|&stream| lossy.contains(&channel(stream)));
    if lossy.is_empty() || complete.is_empty() {
        return None;
    }
    let part = |streams: &[StreamId], gaps: bool| Trace {
        header: trace.header.clone(),
        events: trace.events.iter().filter(|event| streams.contains(&event.stream)).cloned().collect(),
        gaps: if gaps { trace.gaps.clone() } else { Vec::new() },
    };
    Some((part(&in_lossy, true), part(&complete, false)))
}

/// Parts of both twins from the same time: `events` events that the lossy one recorded in a row, chosen so that the gaps among them
/// lost the most. All of both where fewer were recorded.
pub fn around_gaps(lossy: &Trace, full: &Trace, events: usize) -> (Trace, Trace) {
    let times: Vec<i64> = lossy.events.iter().map(|event| event.time_ns).collect();
    let events = events.max(1);
    if times.len() <= events {
        return (lossy.clone(), full.clone());
    }
    let window = |first: usize| (times[first], times[first + events - 1]);
    let inside = |gap: &&Gap, (from, to): (i64, i64)| {
        gap.begin_ns.is_some_and(|begin| begin >= from) && gap.end_ns.is_some_and(|end| end <= to)
    };
    let lost = |first: usize| -> u64 {
        let between = window(first);
        Lost::total(lossy.gaps.iter().filter(|gap| inside(gap, between)))
    };
    let step = (events / 20).max(1);
    let firsts = (0..=times.len() - events).step_by(step);
    let best = firsts.map(|first| (lost(first), first)).reduce(|best, one| if one.0 > best.0 { one } else { best });
    let between = window(best.map_or(0, |(_, first)| first));
    let part = |trace: &Trace| Trace {
        header: trace.header.clone(),
        events: trace.events.iter().filter(|event| (between.0..=between.1).contains(&event.time_ns)).cloned().collect(),
        gaps: trace.gaps.iter().filter(|gap| inside(gap, between)).cloned().collect(),
    };
    (part(lossy), part(full))
}

/// The events of one CPU, or of all CPUs where a stream has none: their times, and what they are.
struct Lane {
    times: Vec<i64>,
    events: Vec<ThreadEvent>,
}

fn lane<'t>(trace: &'t Trace, types: &mut EventTypes, belongs: impl Fn(&'t Event) -> bool) -> Lane {
    let mut lane = Lane { times: Vec::new(), events: Vec::new() };
    for event in trace.events.iter().filter(|&event| belongs(event)) {
        lane.times.push(event.time_ns);
        lane.events.push((thread(event.tid), types.number(trace.header.symbols.name(event.name), event.phase)));
    }
    lane
}

/// The twin's events that the lossy trace recorded too.
struct Matched {
    known: Vec<bool>,
    /// The usual distance of their times.
    distance_ns: i64,
    /// Events of the lossy trace without a counterpart.
    strays: usize,
}

fn matched(own: &Lane, twin: &Lane) -> Matched {
    let mut places: FxHashMap<ThreadEvent, Vec<usize>> = FxHashMap::default();
    twin.events.iter().enumerate().for_each(|(place, &event)| places.entry(event).or_default().push(place));
    let nowhere = Vec::new();
    let nearest = |event: usize, distance_ns: i64, free: &dyn Fn(usize) -> bool| {
        let time = own.times[event].saturating_add(distance_ns);
        let places = places.get(&own.events[event]).unwrap_or(&nowhere);
        let after = places.partition_point(|&place| twin.times[place] < time);
        let near = |place: &usize| twin.times[*place].abs_diff(time) <= TWIN_NS;
        let next = places[after..].iter().copied().take_while(near).find(|&place| free(place));
        let last = places[..after].iter().rev().copied().take_while(near).find(|&place| free(place));
        let all = last.into_iter().chain(next);
        all.min_by_key(|&place| twin.times[place].abs_diff(time))
    };
    let all_events = 0..own.events.len();
    let mut distances: Vec<i64> = all_events
        .clone()
        .filter_map(|event| Some(twin.times[nearest(event, 0, &|_| true)?].saturating_sub(own.times[event])))
        .collect();
    distances.sort_unstable();
    let distance_ns = distances.get(distances.len() / 2).copied().unwrap_or(0);
    let mut known = vec![false; twin.events.len()];
    let mut strays = 0;
    for event in all_events {
        match nearest(event, distance_ns, &|place| !known[place]) {
            Some(place) => known[place] = true,
            None => strays += 1,
        }
    }
    Matched { known, distance_ns, strays }
}

/// The events lost in each gap, in order.
///
/// # Errors
/// Traces that are not twins.
pub(crate) fn lost_events(
    lossy: &Trace,
    full: &Trace,
    types: &mut EventTypes,
    data: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<Vec<ThreadEvent>>, Error> {
    let mut lost: Vec<Vec<ThreadEvent>> = vec![Vec::new(); lossy.gaps.len()];
    let (mut strays, mut recorded) = (0, 0);
    for (number, info) in lossy.header.streams.iter().enumerate() {
        let mut gaps: Vec<usize> =
            (0..lossy.gaps.len()).filter(|&gap| lossy.gaps[gap].stream == Some(StreamId(number as u32))).collect();
        gaps.sort_by_key(|&gap| lossy.gaps[gap].begin_ns);
        let own = lane(lossy, types, |event| event.stream.0 as usize == number);
        let twin = lane(full, types, |event| info.cpu.is_none() || event.cpu == info.cpu);
        let matched = matched(&own, &twin);
        strays += matched.strays;
        recorded += own.events.len();
        for (place, &event) in twin.events.iter().enumerate().filter(|&(place, _)| !matched.known[place]) {
            let time = twin.times[place].saturating_sub(matched.distance_ns);
            // The two recordings took their times apart, so an event may seem to lie outside of its gap.
            let outside = |gap: usize| {
                let gap = &lossy.gaps[gap];
                let before = gap.begin_ns.map_or(0, |begin| begin.saturating_sub(time));
                let after = gap.end_ns.map_or(0, |end| time.saturating_sub(end));
                before.max(after).max(0)
            };
            let nearest = gaps.iter().copied().min_by_key(|&gap| outside(gap));
            if let Some(gap) = nearest.filter(|&gap| outside(gap) <= EDGE_NS) {
                lost[gap].push(event);
            }
        }
    }
    if 2 * strays > recorded {
        return Err(Error::NotTwins(data.to_owned()));
    }
    if strays > 0 {
        warnings.push(format!(
            "{data}: the complete twin lacks {strays} of {recorded} recorded events; as many events may be taken for lost"
        ));
    }
    if lossy.gaps.iter().any(|gap| gap.stream.is_none()) {
        warnings.push("gaps without a known CPU cannot be matched with the twin; they are left out".to_owned());
    }
    Ok(lost)
}

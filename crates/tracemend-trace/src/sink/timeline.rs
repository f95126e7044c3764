//! A repaired trace as lanes of slices and marks, as trace viewers draw it.
//!
//! Each CPU (or stream, where it has none) has lanes for recorded events, inferred events, what was lost, and confidence;
//! each thread one for recorded and one for inferred calls. A call of which one end only was recorded is an inferred one.

use super::{Collected, EventRow, GapRow, Inference};
use crate::Phase;
use rustc_hash::FxHashMap;
use std::{borrow::Cow, collections::BTreeMap};

/// Bands of confidence: minimum value, and the name of the slices. Viewers colour by name.
pub(super) const BANDS: [(f32, &str); 4] =
    [(0.9, "0.9 and more"), (0.7, "0.7 to 0.9"), (0.4, "0.4 to 0.7"), (0.0, "under 0.4")];

/// What a lane holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LaneKind {
    Recorded,
    Inferred,
    Lost,
    Bands,
    /// Values of confidence over time.
    Confidence,
}

/// A row of the viewer.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// CPU or process it is shown under.
    pub(super) group: usize,
    pub(super) name: String,
    pub(super) kind: LaneKind,
}

/// Something in a lane.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) lane: usize,
    pub(super) begin_ns: i64,
    /// `None` for a mark, which has no length.
    pub(super) end_ns: Option<i64>,
    pub(super) name: Cow<'a, str>,
    what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Event(&'a EventRow<'a>),
    Call(&'a EventRow<'a>, &'a EventRow<'a>),
    Gap(&'a GapRow<'a>),
    Band,
}

/// A value shown with a slice or mark.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Arg {
    Number(f64),
    Integer(i64),
    Text(String),
}

/// The lanes and what is in them.
#[derive(Debug, Default)]
pub(super) struct Timeline<'a> {
    pub(super) groups: Vec<String>,
    pub(super) lanes: Vec<Lane>,
    pub(super) items: Vec<Item<'a>>,
    /// Lane, time and value.
    pub(super) values: Vec<(usize, i64, f32)>,
    lanes_by_key: FxHashMap<(usize, Option<i32>, LaneKind), usize>,
    groups_by_name: FxHashMap<String, usize>,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(collected: &'a Collected<'a>) -> Self {
        let mut timeline = Self::default();
        let events = collected.by_time();
        let span = collected.span_ns();
        timeline.cpus(collected, &events, span);
        timeline.threads(collected, &events);
        timeline
    }

    fn group(&mut self, name: String) -> usize {
        let next = self.groups.len();
        let index = *self.groups_by_name.entry(name.clone()).or_insert(next);
        if index == next {
            self.groups.push(name);
        }
        index
    }

    fn lane(&mut self, group: usize, thread: Option<i32>, kind: LaneKind, name: &dyn Fn() -> String) -> usize {
        let next = self.lanes.len();
        let index = *self.lanes_by_key.entry((group, thread, kind)).or_insert(next);
        if index == next {
            self.lanes.push(Lane { group, name: name(), kind });
        }
        index
    }

    fn cpu_lane(&mut self, cpu: Option<u32>, stream: Option<&str>, kind: LaneKind) -> usize {
        let place = place(cpu, stream);
        let group = self.group(place.clone());
        self.lane(group, None, kind, &|| match kind {
            LaneKind::Recorded => format!("{place} recorded"),
            LaneKind::Inferred => format!("{place} inferred"),
            LaneKind::Lost => format!("{place} lost"),
            LaneKind::Bands => format!("{place} bands of confidence"),
            LaneKind::Confidence => format!("{place} confidence"),
        })
    }

    fn cpus(&mut self, collected: &'a Collected<'a>, events: &[&'a EventRow<'a>], (first, last): (i64, i64)) {
        let of_events = events.iter().map(|event| (event.cpu, event.stream));
        let of_gaps = collected.gaps.iter().map(|gap| (gap.cpu, gap.stream));
        let places: BTreeMap<(Option<u32>, Option<usize>), Option<&str>> =
            of_events.chain(of_gaps).map(|(cpu, stream)| ((cpu, collected.stream_order(stream)), stream)).collect();
        // Viewers show groups in the order in which they are made.
        places.iter().for_each(|(&(cpu, _), &stream)| _ = self.group(place(cpu, stream)));
        let mut by_gap: FxHashMap<u32, Vec<(&EventRow<'a>, &Inference<'a>)>> = FxHashMap::default();
        for event in events {
            let kind = if event.inference.is_some() { LaneKind::Inferred } else { LaneKind::Recorded };
            let lane = self.cpu_lane(event.cpu, event.stream, kind);
            let name = mark_name(event.name, event.phase);
            self.items.push(Item { lane, begin_ns: event.at_ns(), end_ns: None, name, what: What::Event(event) });
            if let Some(inference) = &event.inference {
                by_gap.entry(inference.gap).or_default().push((event, inference));
            }
        }
        let mut gaps: Vec<&GapRow<'a>> = collected.gaps.iter().collect();
        gaps.sort_by_key(|gap| (gap.begin_ns, gap.end_ns));
        let mut free_from: FxHashMap<usize, i64> = FxHashMap::default();
        for gap in gaps {
            let lane = self.cpu_lane(gap.cpu, gap.stream, LaneKind::Lost);
            // Slices of a lane must not overlap.
            let free = free_from.entry(lane).or_insert(i64::MIN);
            let begin_ns = gap.begin_ns.unwrap_or(first).max(*free);
            let end_ns = gap.end_ns.unwrap_or(last).max(begin_ns);
            *free = end_ns;
            let lost = gap.lost.map_or("?".to_owned(), |lost| lost.to_string());
            let name = format!("LOST {lost}").into();
            self.items.push(Item { lane, begin_ns, end_ns: Some(end_ns), name, what: What::Gap(gap) });
            let bands = self.cpu_lane(gap.cpu, gap.stream, LaneKind::Bands);
            let values = self.cpu_lane(gap.cpu, gap.stream, LaneKind::Confidence);
            let inside = by_gap.get(&gap.id).map_or(&[][..], Vec::as_slice);
            for run in inside.chunk_by(|a, b| band(a.1.confidence) == band(b.1.confidence)) {
                let last = run.last().map_or(end_ns, |last| last.0.at_ns());
                let next = inside.get(inside.partition_point(|other| other.0.at_ns() <= last));
                let begin_ns = run[0].0.at_ns().max(begin_ns);
                let end_ns = Some(next.map_or(end_ns, |next| next.0.at_ns()).max(begin_ns));
                let name = band(run[0].1.confidence).into();
                self.items.push(Item { lane: bands, begin_ns, end_ns, name, what: What::Band });
            }
            let known = inside.iter().map(|(event, inference)| (values, event.at_ns(), inference.confidence));
            self.values.extend(known);
            // What follows was recorded.
            self.values.push((values, end_ns, 1.0));
        }
    }

    fn threads(&mut self, collected: &Collected<'a>, events: &[&'a EventRow<'a>]) {
        let mut comms: FxHashMap<i32, &str> = FxHashMap::default();
        for event in events {
            if let (Some(tid), Some(comm)) = (event.tid, event.comm) {
                // A thread is known by its last name: it may have begun as a copy of its parent.
                comms.insert(tid, comm);
            }
        }
        for (begin, end) in calls(events) {
            let Some(tid) = begin.tid else { continue };
            let inferred = begin.inference.is_some() || end.is_some_and(|end| end.inference.is_some());
            let comm = comms.get(&tid).copied().unwrap_or("?");
            // By name alone, two processes of one program would be one.
            let group = self.group(match collected.process(tid) {
                Some(pid) => format!("process {} {pid}", comms.get(&pid).copied().unwrap_or(comm)),
                None => format!("process {comm}"),
            });
            let kind = if inferred { LaneKind::Inferred } else { LaneKind::Recorded };
            let lane = self.lane(group, Some(tid), kind, &|| match inferred {
                true => format!("{comm} {tid} inferred"),
                false => format!("{comm} {tid}"),
            });
            let name = begin.name;
            let own_end = begin.dur_ns.map(|dur| begin.at_ns().saturating_add_unsigned(dur));
            let (end_ns, name, what) = match end {
                Some(end) => (Some(end.at_ns()), name.into(), What::Call(begin, end)),
                None if own_end.is_some() => (own_end, name.into(), What::Event(begin)),
                None => (None, mark_name(name, begin.phase), What::Event(begin)),
            };
            self.items.push(Item { lane, begin_ns: begin.at_ns(), end_ns, name, what });
        }
    }
}

/// What a CPU is called, or a stream that belongs to none.
fn place(cpu: Option<u32>, stream: Option<&str>) -> String {
    match (cpu, stream) {
        (Some(cpu), _) => format!("CPU {cpu}"),
        (None, Some(stream)) => format!("stream {stream}"),
        (None, None) => "unknown stream".to_owned(),
    }
}

/// Pairs the entries and exits of calls, in the order of their beginnings. An event without its other half, or without a
/// known thread, stands alone. `events` are in the order of time.
pub fn calls<'a>(events: &[&'a EventRow<'a>]) -> Vec<(&'a EventRow<'a>, Option<&'a EventRow<'a>>)> {
    let mut calls: Vec<(&EventRow<'a>, Option<&EventRow<'a>>)> = Vec::new();
    let mut open: FxHashMap<i32, usize> = FxHashMap::default();
    for &event in events {
        let own = match (event.phase, event.tid) {
            (Phase::Exit, Some(tid)) => open.remove(&tid),
            _ => None,
        };
        match own {
            Some(entry) if calls[entry].0.name == event.name => calls[entry].1 = Some(event),
            _ => {
                if let (Phase::Entry, Some(tid)) = (event.phase, event.tid) {
                    open.insert(tid, calls.len());
                }
                calls.push((event, None));
            }
        }
    }
    calls
}

fn mark_name(name: &str, phase: Phase) -> Cow<'_, str> {
    match phase {
        Phase::Entry => format!("{name} entry").into(),
        Phase::Exit => format!("{name} exit").into(),
        Phase::Call | Phase::Point => name.into(),
    }
}

fn band(confidence: f32) -> &'static str {
    BANDS.iter().find(|(min, _)| confidence >= *min).unwrap_or(&BANDS[BANDS.len() - 1]).1
}

impl Item<'_> {
    /// Its values.
    pub(super) fn args(&self) -> Vec<(&'static str, Arg)> {
        let mut args = Vec::new();
        match self.what {
            What::Event(event) => event_args(&mut args, event),
            What::Call(begin, end) => {
                if begin.inference.is_some() != end.inference.is_some() {
                    let end = if begin.inference.is_some() { "begin" } else { "end" };
                    args.push(("inferred_end", Arg::Text(end.to_owned())));
                }
                event_args(&mut args, if begin.confidence() <= end.confidence() { begin } else { end });
                if let (None, Some(ret)) = (begin.ret, end.ret) {
                    args.push(("ret", Arg::Integer(ret)));
                }
            }
            What::Gap(gap) => {
                args.push(("gap", Arg::Integer(gap.id.into())));
                args.push(("inferred", Arg::Integer(gap.inferred().cast_signed())));
            }
            What::Band => {}
        }
        args
    }
}

fn event_args(args: &mut Vec<(&'static str, Arg)>, event: &EventRow<'_>) {
    args.extend(event.tid.map(|tid| ("tid", Arg::Integer(tid.into()))));
    args.extend(event.ret.map(|ret| ("ret", Arg::Integer(ret))));
    let Some(inference) = &event.inference else { return };
    // Through its digits: a float made a double would show noise after them.
    let confidence = inference.confidence.to_string().parse().unwrap_or(0.0);
    args.push(("confidence", Arg::Number(confidence)));
    args.extend(inference.time_err_ns.map(|error| ("time_err_ns", Arg::Integer(error))));
    args.push(("gap", Arg::Integer(inference.gap.into())));
    args.push(("model", Arg::Text(inference.model.to_owned())));
    let others: Vec<String> = inference
        .alternatives
        .iter()
        .map(|other| format!("{} {:.2}", mark_name(&other.name, other.phase), other.probability))
        .collect();
    if !others.is_empty() {
        args.push(("alternatives", Arg::Text(others.join(", "))));
    }
}

//! Perfetto's own format: `TrackEvent` packets. Messages and numbers of fields are those of Perfetto's `.proto` files,
//! as far as they are used here.

use super::Collected;
use super::mark;
use super::timeline::{Arg, LaneKind, Timeline};
use prost::Message;
use std::io::{self, Write};

#[derive(Clone, PartialEq, Message)]
struct Trace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<TracePacket>,
}

#[derive(Clone, PartialEq, Message)]
struct TracePacket {
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    trusted_packet_sequence_id: Option<u32>,
    #[prost(message, optional, tag = "11")]
    track_event: Option<TrackEvent>,
    #[prost(uint32, optional, tag = "13")]
    sequence_flags: Option<u32>,
    #[prost(message, optional, tag = "60")]
    track_descriptor: Option<TrackDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackDescriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(uint64, optional, tag = "5")]
    parent_uuid: Option<u64>,
    #[prost(message, optional, tag = "8")]
    counter: Option<CounterDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct CounterDescriptor {
    #[prost(string, optional, tag = "6")]
    unit_name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackEvent {
    #[prost(message, repeated, tag = "4")]
    debug_annotations: Vec<DebugAnnotation>,
    #[prost(enumeration = "Type", optional, tag = "9")]
    r#type: Option<i32>,
    #[prost(uint64, optional, tag = "11")]
    track_uuid: Option<u64>,
    #[prost(string, repeated, tag = "22")]
    categories: Vec<String>,
    #[prost(string, optional, tag = "23")]
    name: Option<String>,
    #[prost(double, optional, tag = "44")]
    double_counter_value: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum Type {
    Unspecified = 0,
    SliceBegin = 1,
    SliceEnd = 2,
    Instant = 3,
    Counter = 4,
}

#[derive(Clone, PartialEq, Message)]
struct DebugAnnotation {
    #[prost(int64, optional, tag = "4")]
    int_value: Option<i64>,
    #[prost(double, optional, tag = "5")]
    double_value: Option<f64>,
    #[prost(string, optional, tag = "6")]
    string_value: Option<String>,
    #[prost(string, optional, tag = "10")]
    name: Option<String>,
}

/// All packets come from one writer.
const SEQUENCE: u32 = 1;
/// `SEQ_INCREMENTAL_STATE_CLEARED`: nothing before the first packet is needed to read it.
const STATE_CLEARED: u32 = 1;

/// Writes `collected` for Perfetto.
///
/// # Errors
/// When the output cannot be written.
pub fn write_perfetto(collected: &Collected<'_>, mut out: impl Write) -> io::Result<()> {
    let timeline = Timeline::of(collected);
    // Perfetto's times are unsigned.
    let shift = collected.span_ns().0.min(0);
    let at = |time_ns: i64| Some(time_ns.saturating_sub(shift).cast_unsigned());
    let group_id = |group: usize| group as u64 + 1;
    let lane_id = |lane: usize| (timeline.groups.len() + lane) as u64 + 1;
    for (group, name) in timeline.groups.iter().enumerate() {
        let track = TrackDescriptor { uuid: Some(group_id(group)), name: Some(name.clone()), ..Default::default() };
        let flags = (group == 0).then_some(STATE_CLEARED);
        packet(
            &mut out,
            TracePacket { track_descriptor: Some(track), sequence_flags: flags, ..TracePacket::default() },
        )?;
    }
    for (lane, info) in timeline.lanes.iter().enumerate() {
        let counter = info.kind == LaneKind::Confidence;
        let track = TrackDescriptor {
            uuid: Some(lane_id(lane)),
            name: Some(info.name.clone()),
            parent_uuid: Some(group_id(info.group)),
            counter: counter.then(|| CounterDescriptor { unit_name: Some("probability".to_owned()) }),
        };
        packet(&mut out, TracePacket { track_descriptor: Some(track), ..TracePacket::default() })?;
    }
    for item in &timeline.items {
        let begin = if item.end_ns.is_some() { Type::SliceBegin } else { Type::Instant };
        let event = TrackEvent {
            debug_annotations: item.args().into_iter().map(annotation).collect(),
            r#type: Some(begin.into()),
            track_uuid: Some(lane_id(item.lane)),
            categories: vec![category(timeline.lanes[item.lane].kind).to_owned()],
            name: Some(item.name.clone().into_owned()),
            double_counter_value: None,
        };
        packet(&mut out, TracePacket { timestamp: at(item.begin_ns), track_event: Some(event), ..Default::default() })?;
        if let Some(end_ns) = item.end_ns {
            let end = TrackEvent {
                r#type: Some(Type::SliceEnd.into()),
                track_uuid: Some(lane_id(item.lane)),
                ..Default::default()
            };
            packet(&mut out, TracePacket { timestamp: at(end_ns), track_event: Some(end), ..Default::default() })?;
        }
    }
    for &(lane, time_ns, value) in &timeline.values {
        let event = TrackEvent {
            r#type: Some(Type::Counter.into()),
            track_uuid: Some(lane_id(lane)),
            double_counter_value: Some(value.into()),
            ..Default::default()
        };
        packet(&mut out, TracePacket { timestamp: at(time_ns), track_event: Some(event), ..Default::default() })?;
    }
    out.flush()
}

fn packet(out: &mut impl Write, packet: TracePacket) -> io::Result<()> {
    // A trace is the sum of its packets, so each is written as a trace of one.
    let packet = TracePacket { trusted_packet_sequence_id: Some(SEQUENCE), ..packet };
    out.write_all(&Trace { packet: vec![packet] }.encode_to_vec())
}

fn annotation((name, value): (&str, Arg)) -> DebugAnnotation {
    let annotation = DebugAnnotation { name: Some(name.to_owned()), ..Default::default() };
    match value {
        Arg::Number(value) => DebugAnnotation { double_value: Some(value), ..annotation },
        Arg::Integer(value) => DebugAnnotation { int_value: Some(value), ..annotation },
        Arg::Text(value) => DebugAnnotation { string_value: Some(value), ..annotation },
    }
}

pub(super) fn category(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Recorded => mark::RECORDED,
        LaneKind::Inferred => mark::INFERRED,
        LaneKind::Lost => mark::LOSS,
        LaneKind::Bands | LaneKind::Confidence => mark::CONFIDENCE,
    }
}

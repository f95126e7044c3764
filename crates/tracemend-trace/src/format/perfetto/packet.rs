//! One packet: which parts it has.

use super::fields::{Fault, Field, Fields, Value};
use std::ops::Range;

/// How packets within a packet are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Zlib,
    Zstd,
}

/// Where in its bytes a packet has what.
#[derive(Debug, Default)]
pub(crate) struct Packet {
    /// The writer's number.
    pub(crate) sequence: u32,
    /// Whether packets of the same writer were lost before it.
    pub(crate) dropped: bool,
    /// A bundle of ftrace's events.
    pub(crate) bundle: Option<Range<usize>>,
    pub(crate) process_tree: Option<Range<usize>>,
    pub(crate) ftrace_stats: Option<Range<usize>>,
    pub(crate) trace_stats: Option<Range<usize>>,
    pub(crate) system_info: Option<Range<usize>>,
    /// An event of a program that Perfetto's library was built into.
    pub(crate) track_event: Option<Range<usize>>,
    pub(crate) packed: Option<(Packing, Range<usize>)>,
}

impl Packet {
    /// Finds the parts of a packet.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Fault> {
        let mut packet = Self::default();
        for field in Fields::new(bytes) {
            let Field { number, value, start, end } = field?;
            let range = Some(start..end);
            match (number, value) {
                (1, Value::Bytes(_)) => packet.bundle = range,
                (2, Value::Bytes(_)) => packet.process_tree = range,
                (10, Value::Number(sequence)) => packet.sequence = sequence as u32,
                (11, Value::Bytes(_)) => packet.track_event = range,
                (34, Value::Bytes(_)) => packet.ftrace_stats = range,
                (35, Value::Bytes(_)) => packet.trace_stats = range,
                (42, Value::Number(dropped)) => packet.dropped = dropped != 0,
                (45, Value::Bytes(_)) => packet.system_info = range,
                (50, Value::Bytes(_)) => packet.packed = Some((Packing::Zlib, start..end)),
                (133, Value::Bytes(_)) => packet.packed = Some((Packing::Zstd, start..end)),
                _ => {}
            }
        }
        Ok(packet)
    }
}

//! How the events and gaps of a stream become packets.

use crate::sink::{EventRow, GapRow};

/// Maximum number of events of a packet.
const PACKET_EVENTS: usize = 8192;

/// A packet of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packet<'p, 'a> {
    pub(super) begin_ns: i64,
    pub(super) end_ns: i64,
    /// Number of the packet; one is left out where an uncounted loss lies.
    pub(super) number: u64,
    /// Events lost in the stream until the packet's end.
    pub(super) discarded: u64,
    pub(super) events: &'p [&'a EventRow<'a>],
}

/// Cuts a stream into packets. Between the end of the packet before a gap's and the end of the gap's own lies the gap.
/// `events` and `gaps` are in the order of time.
pub(super) fn packets<'p, 'a>(events: &'p [&'a EventRow<'a>], gaps: &[&GapRow<'_>]) -> Vec<Packet<'p, 'a>> {
    let mut cutter = Cutter { packets: Vec::new(), number: 0, discarded: 0, last_ns: None };
    let mut left = events;
    for gap in gaps {
        if let Some(begin) = gap.begin_ns {
            let before;
            (before, left) = left.split_at(left.partition_point(|event| event.at_ns() <= begin));
            cutter.plain(before);
            // Readers learn where the gap begins from the packet that ends there.
            if cutter.last_ns.is_none_or(|last| last < begin) {
                cutter.push(begin, begin, &[]);
            }
        }
        let end = gap.end_ns.or(left.last().map(|event| event.at_ns())).or(gap.begin_ns).unwrap_or(0);
        let open = gap.end_ns.is_none();
        let (inside, after) = left.split_at(left.partition_point(|event| event.at_ns() < end || open));
        let begin = gap.begin_ns.or(inside.first().map(|event| event.at_ns())).unwrap_or(end);
        match gap.lost {
            Some(lost) => {
                cutter.discarded = cutter.discarded.saturating_add(lost);
                cutter.push(begin, end, inside);
            }
            // As after lost packets, whose content is unknown.
            None => {
                cutter.number += 1;
                cutter.plain(inside);
                if inside.is_empty() {
                    cutter.push(end, end, inside);
                }
            }
        }
        left = after;
    }
    cutter.plain(left);
    cutter.packets
}

struct Cutter<'p, 'a> {
    packets: Vec<Packet<'p, 'a>>,
    number: u64,
    discarded: u64,
    last_ns: Option<i64>,
}

impl<'p, 'a> Cutter<'p, 'a> {
    /// Packets in which nothing was lost.
    fn plain(&mut self, events: &'p [&'a EventRow<'a>]) {
        for chunk in events.chunks(PACKET_EVENTS) {
            if let [first, .., last] | [first @ last] = chunk {
                self.push(first.at_ns(), last.at_ns(), chunk);
            }
        }
    }

    /// A packet, moved after the one before it where gaps overlap.
    fn push(&mut self, begin_ns: i64, end_ns: i64, events: &'p [&'a EventRow<'a>]) {
        let begin_ns = self.last_ns.map_or(begin_ns, |last| last.max(begin_ns));
        let end_ns = end_ns.max(begin_ns);
        self.packets.push(Packet { begin_ns, end_ns, number: self.number, discarded: self.discarded, events });
        self.number += 1;
        self.last_ns = Some(end_ns);
    }
}

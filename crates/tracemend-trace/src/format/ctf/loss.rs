//! What a stream's packets say of lost events and packets.
//!
//! A packet's counter of discarded events is read when the packet ends: what it grew by was lost after the previous
//! packet's end. An event is lost when it does not fit into what is left of a packet, and the next one is still full. So
//! events were lost before this packet's first event, or after the one that left less room than the stream's largest
//! event takes. Smaller ones may still have been recorded there, among the lost.
//!
//! ```text
//!       packet 6                     packet 7                   packet 8
//!   |--e---e--e--e--|         |------e--e---e---e---e---|       |--e-- ...    e: recorded event
//!   begin         end         begin         |         end       begin
//!   events_discarded: 5                     |         events_discarded: 84
//!                                           less room than the largest event
//!
//!                   |xxxxxxxxxxxxxxxx|      |xxxxxxxxxxx|                     x: where the 79 lost events lie
//!               begin_ns             |      |        end_ns                   the gap
//!                                    '------'                                 nothing was lost in between
//!                                    kept_ns
//! ```
//!
//! How the 79 divide between the two sides is not stored. Packets without a recorded event have no `kept_ns`. Whole
//! packets that are missing (sequence number 9 after 7) make a gap of unknown size from one to the other.
//!
//! Tracers have been seen to write a counter too low once: LTTng 8832, then 0, then 8832 again. So what a counter rises by
//! after a fall is a loss only above the highest value before. A stream that begins again counts from 0: its packets do so
//! too, or, where they have no numbers, its counter is lower in a new file.

use super::bits::mask;
use super::packet::Packet;
use crate::decode::counter::Counter;
use crate::{Cause, Gap, Lost, StreamId};
use rustc_hash::FxHashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// An event is taken for smaller than this many bits: bounds what is remembered of a packet.
const MAX_EVENT: u64 = 8 << 16;

/// The packets of a stream that has several files: snapshots and copies of one trace share packets, and each is read once.
#[derive(Debug, Default)]
pub(crate) struct SeenPackets(FxHashSet<u64>);

impl SeenPackets {
    /// Whether a packet was seen before. Packets are the same where all is that their headers say of the stream: class, size,
    /// number or times, and counter. One that says nothing is like no other.
    pub(crate) fn again(&mut self, packet: &Packet) -> bool {
        if packet.sequence.is_none() && packet.begin_ns.is_none() {
            return false;
        }
        let Packet { class, size, content, begin_ns, end_ns, discarded, sequence, .. } = packet;
        let mut hasher = DefaultHasher::new();
        (class, size, content, begin_ns, end_ns, discarded, sequence).hash(&mut hasher);
        !self.0.insert(hasher.finish())
    }
}

/// One stream's losses as its packets go by.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    stream: Option<StreamId>,
    cpu: Option<u32>,
    started: bool,
    discarded: Option<u64>,
    sequence: Option<u64>,
    /// Nothing that is still untold was lost before this time.
    reached_ns: Option<i64>,
    /// Times of the packet's events so far.
    kept_ns: Option<(i64, i64)>,
    /// What was discarded around the packet's events.
    around: u64,
    /// The largest event of the stream so far, bits.
    largest: u64,
    /// In a packet that lost events: times of those that left little room, and the bits they left.
    late: Vec<(i64, u64)>,
    /// Gaps whose end is not known yet.
    open: Vec<Gap>,
    /// Gaps ready to be given out.
    pub(crate) ready: Vec<Gap>,
    /// Whole packets lost.
    pub(crate) packets: u64,
    /// Whether the counter of discarded events ran backwards, and whether it still is below its highest value.
    pub(crate) fell: bool,
    pub(crate) counter: Counter,
    /// Whether packet numbers ran backwards.
    pub(crate) backwards: bool,
}

impl Losses {
    /// The losses of this stream, none so far.
    pub(crate) fn new(stream: StreamId, cpu: Option<u32>) -> Self {
        Self { stream: Some(stream), cpu, ..Self::default() }
    }

    /// Time of the latest event or end of a packet.
    pub(crate) fn reached_ns(&self) -> Option<i64> {
        self.kept_ns.map(|(_, last)| last).max(self.reached_ns)
    }

    /// A packet begins. Whether events were lost since the one before.
    pub(crate) fn begin(&mut self, packet: &Packet) -> bool {
        self.kept_ns = None;
        if let Some(begin) = packet.begin_ns {
            self.close(Some(begin));
        }
        if self.begins_again(packet) {
            (self.started, self.sequence, self.discarded, self.counter) = (false, None, None, Counter::default());
        }
        let first = !std::mem::replace(&mut self.started, true);
        let missing = self.missing(packet);
        let discarded = packet.discarded.map_or(0, |(value, _)| value);
        if let Some(count) = missing {
            self.packets = self.packets.saturating_add(count);
            // Packets before a stream's first one were overwritten, or lie in an earlier chunk or snapshot: a tracer that
            // discards events keeps its packets.
            let cause = match (first, discarded > 0) {
                (false, _) => Cause::Overwritten,
                (true, true) => Cause::Doubtful(format!("{} are in files that are not here", before_first(count))),
                (true, false) => Cause::Doubtful(format!(
                    "{} were overwritten, or are in files that are not here",
                    before_first(count)
                )),
            };
            self.lose(Lost::Unknown, cause, packet.start, packet.begin_ns);
        }
        if first && packet.sequence.is_some_and(|(number, _)| number == 0) {
            // The stream begins here.
            self.reached_ns = packet.begin_ns;
        }
        // A stream's first counter counts from the start of tracing, unless packets before it are missing: then it says
        // nothing about this packet.
        self.around = match (self.discarded, packet.discarded) {
            (Some(before), Some((now, bits))) => self.risen(before, now, bits),
            (None, Some((now, _))) if missing.is_none() => now,
            _ => 0,
        };
        self.discarded = packet.discarded.map(|(value, _)| value).or(self.discarded);
        self.around > 0 || missing.is_some()
    }

    /// Whether a packet has the number after that of the packet before; `None`: one of them has no number.
    pub(crate) fn follows(&self, packet: &Packet) -> Option<bool> {
        let (number, bits) = packet.sequence?;
        Some(number == self.sequence?.wrapping_add(1) & mask(bits.min(64) as u8))
    }

    /// Whole packets missing before this one.
    fn missing(&mut self, packet: &Packet) -> Option<u64> {
        let (number, bits) = packet.sequence?;
        let expected = self.sequence.map_or(0, |before| before.wrapping_add(1));
        self.sequence = Some(number);
        match step(expected, number, bits) {
            Ok(count) => Some(count).filter(|&count| count > 0),
            Err(_) => {
                self.backwards = true;
                None
            }
        }
    }

    /// How far the counter of discarded events rose above its highest value so far.
    fn risen(&mut self, before: u64, now: u64, bits: u32) -> u64 {
        match step(before, now, bits) {
            Ok(risen) => self.counter.rise(risen),
            Err(fallen) => {
                self.fell = true;
                self.counter.fall(fallen);
                0
            }
        }
    }

    /// Whether the tracer began the stream anew with this packet.
    fn begins_again(&self, packet: &Packet) -> bool {
        let fell = |before: Option<u64>, now: Option<(u64, u32)>| {
            before.zip(now).is_some_and(|(before, (now, bits))| step(before, now, bits).is_err())
        };
        match packet.sequence {
            Some((number, _)) => {
                number == 0 && fell(self.sequence.map(|before| before.wrapping_add(1)), packet.sequence)
            }
            None => packet.start == 0 && fell(self.discarded, packet.discarded),
        }
    }

    /// An event of so many bits is next in the packet and leaves so many; `None`: its stream has no clock.
    #[inline]
    pub(crate) fn event(&mut self, time_ns: Option<i64>, bits: u64, left: u64) {
        self.largest = self.largest.max(bits);
        if self.around > 0
            && left < MAX_EVENT
            && let Some(time) = time_ns
        {
            self.late.push((time, left));
        }
        self.kept_ns = match (self.kept_ns, time_ns) {
            (Some((first, last)), Some(time)) => Some((first, last.max(time))),
            (None, Some(time)) => Some((time, time)),
            (kept, None) => kept,
        };
        if !self.open.is_empty() {
            self.close(time_ns);
        }
    }

    /// The packet ends.
    pub(crate) fn end(&mut self, packet: &Packet) {
        let lost = std::mem::take(&mut self.around);
        let last = self.kept_ns.map(|(_, last)| last);
        // A tracer may stamp an event after it has closed the packet.
        let end_ns = packet.end_ns.max(last.filter(|_| packet.end_ns.is_some()));
        if lost > 0 {
            let gap = self.gap(Lost::Exact(lost), Cause::Discarded, packet.start);
            // The first event after which not every other one would have fit.
            let full = self.late.iter().find(|&&(_, left)| left < self.largest).map(|&(time, _)| time);
            let (begin_ns, kept_ns) = match self.kept_ns {
                // The event that made the tracer switch packets: nothing fits in between.
                Some((first, last)) if self.reached_ns == Some(first) => (full.or(Some(last)), None),
                Some((first, last)) => (self.reached_ns, Some((first, full.unwrap_or(last)))),
                None => (self.reached_ns, None),
            };
            self.add(Gap { kept_ns, begin_ns, ..gap }, end_ns);
        }
        self.late.clear();
        self.reached_ns = self.reached_ns.max(end_ns).max(last);
        self.kept_ns = None;
    }

    /// A part of the file, from `offset` on, cannot be read; `until_ns` is when it ends, if known.
    pub(crate) fn damage(&mut self, reason: String, offset: u64, until_ns: Option<i64>) {
        self.lose(Lost::Unknown, Cause::Damaged(reason), offset, until_ns);
    }

    fn lose(&mut self, lost: Lost, cause: Cause, offset: u64, until_ns: Option<i64>) {
        let gap = self.gap(lost, cause, offset);
        let gap = Gap { begin_ns: self.reached_ns(), ..gap };
        self.add(gap, until_ns);
    }

    fn gap(&self, lost: Lost, cause: Cause, offset: u64) -> Gap {
        Gap { stream: self.stream, cpu: self.cpu, ..Gap::new(0, lost, cause, offset) }
    }

    fn add(&mut self, gap: Gap, end_ns: Option<i64>) {
        match end_ns {
            Some(_) => self.ready.push(ended(gap, end_ns)),
            None => self.open.push(gap),
        }
    }

    fn close(&mut self, end_ns: Option<i64>) {
        for gap in std::mem::take(&mut self.open) {
            self.ready.push(ended(gap, end_ns));
        }
    }

    /// The stream ends.
    pub(crate) fn finish(&mut self) {
        self.close(None);
    }
}

fn before_first(packets: u64) -> String {
    let packets = if packets == 1 { "packet".to_owned() } else { format!("{packets} packets") };
    format!("the {packets} before the stream's first one here")
}

/// How far a counter of so many bits went on, or else by how much it fell.
fn step(before: u64, now: u64, bits: u32) -> Result<u64, u64> {
    let mask = mask(bits.min(64) as u8);
    let before = before & mask;
    let grown = now.wrapping_sub(before) & mask;
    // Counters of few bits wrap around; one that seems to have grown by more than half its range fell.
    if now < before && grown > mask / 2 { Err(before - now) } else { Ok(grown) }
}

/// Clocks that go backwards must not turn an interval around.
fn ended(gap: Gap, end_ns: Option<i64>) -> Gap {
    let end_ns = match (gap.begin_ns, end_ns) {
        (Some(begin), Some(end)) => Some(end.max(begin)),
        _ => end_ns,
    };
    Gap { end_ns, ..gap }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: Option<u64>, discarded: u64, times: (i64, i64)) -> Packet {
        Packet {
            sequence: sequence.map(|number| (number, 8)),
            discarded: Some((discarded, 8)),
            begin_ns: Some(times.0),
            end_ns: Some(times.1),
            ..Packet::default()
        }
    }

    /// A packet's number, counter, times and events.
    type Row<'r> = (Option<u64>, u64, (i64, i64), &'r [i64]);

    /// Gaps of such packets.
    fn gaps(packets: &[Row<'_>]) -> (Losses, Vec<Gap>) {
        let mut losses = Losses::new(StreamId(0), None);
        for (place, &(sequence, discarded, times, events)) in packets.iter().enumerate() {
            let packet = Packet { start: 4096 * place as u64, ..packet(sequence, discarded, times) };
            losses.begin(&packet);
            events.iter().for_each(|&time| losses.event(Some(time), 8, 4096));
            losses.end(&packet);
        }
        losses.finish();
        let gaps = std::mem::take(&mut losses.ready);
        (losses, gaps)
    }

    type Interval = (Option<i64>, Option<i64>, Option<(i64, i64)>);

    fn interval(gap: &Gap) -> Interval {
        (gap.begin_ns, gap.end_ns, gap.kept_ns)
    }

    #[test]
    fn the_counter_wraps_at_its_width() {
        let (losses, gaps) = gaps(&[(Some(0), 250, (0, 10), &[3]), (Some(1), 4, (12, 20), &[15, 17])]);
        assert_eq!(gaps.iter().map(|gap| gap.lost).collect::<Vec<_>>(), [Lost::Exact(250), Lost::Exact(10)]);
        assert_eq!(interval(&gaps[0]), (Some(0), Some(10), Some((3, 3))));
        assert_eq!(interval(&gaps[1]), (Some(10), Some(20), Some((15, 17))));
        assert!(!losses.fell && !losses.backwards);
    }

    #[test]
    fn an_event_at_the_switch_of_packets_leaves_the_end_only() {
        let (_, gaps) = gaps(&[(Some(0), 0, (0, 10), &[3]), (Some(1), 5, (10, 20), &[10, 17])]);
        assert_eq!(interval(&gaps[0]), (Some(17), Some(20), None));
    }

    /// The gap of a packet from 10 to 50 that begins with its event at `first` and lost 9; each event with its size and what
    /// it leaves. The packet before it had an event of `largest`.
    fn gap_of_sizes(largest: u64, events: &[(i64, u64, u64)]) -> Interval {
        let mut losses = Losses::new(StreamId(0), None);
        losses.begin(&packet(Some(0), 0, (0, 10)));
        losses.event(Some(1), largest, 100);
        losses.end(&packet(Some(0), 0, (0, 10)));
        let packet = packet(Some(1), 9, (10, 50));
        losses.begin(&packet);
        events.iter().for_each(|&(time, bits, left)| losses.event(Some(time), bits, left));
        losses.end(&packet);
        interval(&losses.ready[0])
    }

    #[test]
    fn events_are_lost_from_where_the_largest_one_does_not_fit() {
        // After 30 an event of 200 does not fit any more; one of 50 still did at 40, while larger ones were lost.
        let events = [(10, 300, 700), (20, 500, 200), (30, 100, 100), (40, 50, 50)];
        assert_eq!(gap_of_sizes(200, &events[..1]), (Some(10), Some(50), None));
        let events = [(10, 100, 400), (20, 100, 300), (30, 150, 150), (40, 50, 100)];
        assert_eq!(gap_of_sizes(200, &events), (Some(30), Some(50), None));
        // The same where the event that shows the size comes in the packet itself.
        let events = [(10, 100, 400), (20, 100, 300), (30, 200, 100), (40, 50, 50)];
        assert_eq!(gap_of_sizes(80, &events), (Some(30), Some(50), None));
        let events = [(10, 100, 190), (20, 200, 120), (40, 50, 70)];
        assert_eq!(gap_of_sizes(80, &events), (Some(10), Some(50), None));
        // Where something can be lost before the first event too, nothing was lost between it and the first that left little.
        let events = [(12, 100, 400), (20, 100, 300), (30, 150, 150), (40, 50, 100)];
        assert_eq!(gap_of_sizes(200, &events), (Some(10), Some(50), Some((12, 30))));
    }

    #[test]
    fn a_counter_that_runs_back_counts_nothing() {
        let (losses, gaps) = gaps(&[(None, 20, (0, 10), &[]), (None, 3, (10, 20), &[])]);
        assert_eq!(gaps.len(), 1);
        assert!(losses.fell && losses.counter.fallen == 17);
    }

    fn lost(gaps: &[Gap]) -> Vec<Option<u64>> {
        gaps.iter().map(|gap| gap.lost.count()).collect()
    }

    #[test]
    fn a_counter_that_falls_and_comes_back_lost_what_it_rose_by_above_its_highest_value() {
        // As LTTng 2.13 wrote it, with fewer events: 88, 0, 88.
        let (losses, gaps) = gaps(&[
            (Some(0), 34, (0, 10), &[3]),
            (Some(1), 88, (10, 20), &[12]),
            (Some(2), 0, (20, 30), &[22]),
            (Some(3), 88, (30, 40), &[32]),
            (Some(4), 93, (40, 50), &[42]),
        ]);
        assert_eq!(lost(&gaps), [Some(34), Some(54), Some(5)]);
        assert_eq!(gaps[2].end_ns, Some(50));
        assert!(losses.fell && losses.counter.fallen == 0 && !losses.backwards);
        // Back in two steps, the second of which goes beyond.
        let (_, gaps) = self::gaps(&[
            (Some(0), 90, (0, 10), &[]),
            (Some(1), 50, (10, 20), &[]),
            (Some(2), 60, (20, 30), &[]),
            (Some(3), 97, (30, 40), &[]),
        ]);
        assert_eq!(lost(&gaps), [Some(90), Some(7)]);
    }

    #[test]
    fn a_counter_of_few_bits_that_fell_can_still_wrap() {
        let (losses, gaps) =
            gaps(&[(Some(0), 250, (0, 10), &[]), (Some(1), 240, (10, 20), &[]), (Some(2), 4, (20, 30), &[])]);
        // 240 to 260, of which 250 were counted.
        assert_eq!(lost(&gaps), [Some(250), Some(10)]);
        assert_eq!(losses.counter.fallen, 0);
    }

    #[test]
    fn a_stream_that_begins_again_counts_from_0() {
        let (losses, gaps) = gaps(&[
            (Some(0), 20, (0, 10), &[3]),
            (Some(1), 30, (10, 20), &[12]),
            (Some(0), 4, (100, 110), &[103]),
            (Some(1), 9, (110, 120), &[112]),
        ]);
        assert_eq!(lost(&gaps), [Some(20), Some(10), Some(4), Some(5)]);
        assert_eq!(interval(&gaps[2]), (Some(100), Some(110), Some((103, 103))));
        assert!(!losses.fell && !losses.backwards);
    }

    #[test]
    fn without_packet_numbers_a_new_file_with_a_lower_counter_begins_again() {
        let mut losses = Losses::new(StreamId(0), None);
        for (start, discarded, times) in [(0, 20, (0, 10)), (4096, 30, (10, 20)), (0, 4, (30, 40)), (4096, 9, (40, 50))]
        {
            let packet = Packet { start, ..packet(None, discarded, times) };
            losses.begin(&packet);
            losses.end(&packet);
        }
        assert_eq!(lost(&losses.ready), [Some(20), Some(10), Some(4), Some(5)]);
    }

    #[test]
    fn missing_numbers_are_packets_whose_events_nobody_counted() {
        let (losses, gaps) =
            gaps(&[(Some(2), 0, (5, 10), &[6]), (Some(255), 0, (30, 40), &[]), (Some(0), 0, (40, 50), &[])]);
        assert_eq!(losses.packets, 2 + 252);
        assert!(gaps.iter().all(|gap| gap.lost == Lost::Unknown));
        assert!(gaps[0].is_doubtful() && gaps[1].cause == Cause::Overwritten);
        assert_eq!(gaps.iter().map(interval).collect::<Vec<_>>(), [(None, Some(5), None), (Some(10), Some(30), None)]);
    }

    #[test]
    fn a_part_of_a_stream_does_not_count_what_others_discarded() {
        let (_, gaps) = gaps(&[(Some(7), 90, (5, 10), &[6]), (Some(8), 91, (10, 20), &[])]);
        assert_eq!(gaps.iter().map(|gap| gap.lost).collect::<Vec<_>>(), [Lost::Unknown, Lost::Exact(1)]);
        assert!(gaps[0].is_doubtful());
    }
}

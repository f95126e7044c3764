//! LTTng-UST's own calls among the events of the thread that it traces.
//!
//! A thread that fills a packet hands it over and wakes the consumer: by a `write` of one byte, from within the tracer. Where
//! calls of libc are recorded, that one is too, though the program never made it.
//!
//! ```text
//!     packet 6            packet 7
//!   |--e--e--e-----|    |X--w--w'--e--e---      X did not fit into packet 6 and begins packet 7
//!
//!     packet 6               packet 7
//!   |--e--e--e----X|        |w--w'--e--e---     X filled packet 6 to the end; packet 7 begins later
//! ```
//!
//! So `w`, the entry of a `write` of one byte, is the tracer's if it comes right after the event that ended the packet before
//! it, by the same thread; and with it `w'`, that thread's next event, if it is the exit of a `write`.

use super::packet::Packet;
use crate::Phase;

/// Follows a stream's events past the ends of its packets.
#[derive(Debug, Default)]
pub(crate) struct Wakeups {
    /// Thread of the event before.
    before: Option<i32>,
    /// Events of the packet so far.
    events: u64,
    /// Whether a packet came before this one.
    follows: bool,
    /// Whether this packet began only after the one before had ended, not by the same event.
    later: bool,
    /// When the packet before ended.
    end_ns: Option<i64>,
    /// The thread whose `write` is not over.
    writing: Option<i32>,
}

impl Wakeups {
    /// A packet begins; `next`: no packet between it and the one before is missing.
    pub(crate) fn begin(&mut self, packet: &Packet, next: bool) {
        self.follows = self.end_ns.is_some();
        self.later = next && packet.begin_ns > self.end_ns;
        self.end_ns = packet.end_ns;
        self.events = 0;
    }

    /// Whether the tracer caused the next event of the packet; `write`: which end of a `write` it is, and its size.
    #[inline]
    pub(crate) fn event(&mut self, tid: Option<i32>, write: Option<(Phase, Option<u64>)>) -> bool {
        let same = tid.is_some() && tid == self.before;
        self.before = tid;
        self.events += 1;
        let place = if self.later { 1 } else { 2 };
        // Another thread can come in between.
        let goes_on = tid.is_some() && tid == self.writing;
        if goes_on {
            self.writing = None;
        }
        match write {
            Some((Phase::Entry, Some(1))) if same && self.follows && self.events == place => {
                self.writing = tid;
                true
            }
            Some((Phase::Exit, _)) => goes_on,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write = Option<(Phase, Option<u64>)>;

    const ENTRY: Write = Some((Phase::Entry, Some(1)));
    const EXIT: Write = Some((Phase::Exit, None));

    /// What is said of the events of a packet that follows one whose last event is of thread 7.
    fn second_packet(begin_ns: i64, events: &[(i32, Write)]) -> Vec<bool> {
        let packet = |begin, end| Packet { begin_ns: Some(begin), end_ns: Some(end), ..Packet::default() };
        let mut wakeups = Wakeups::default();
        wakeups.begin(&packet(0, 10), true);
        assert!(!wakeups.event(Some(7), None) && !wakeups.event(Some(7), ENTRY) && !wakeups.event(Some(7), EXIT));
        wakeups.begin(&packet(begin_ns, 30), true);
        events.iter().map(|&(tid, write)| wakeups.event(Some(tid), write)).collect()
    }

    #[test]
    fn a_write_of_one_byte_after_the_event_that_ended_a_packet_is_the_tracers() {
        assert_eq!(second_packet(10, &[(7, None), (7, ENTRY), (7, EXIT), (7, ENTRY)]), [false, true, true, false]);
        // Packet 1 was full to its last byte: the write begins packet 2, some time later.
        assert_eq!(second_packet(12, &[(7, ENTRY), (7, EXIT), (7, ENTRY)]), [true, true, false]);
        assert_eq!(second_packet(12, &[(7, ENTRY), (8, None), (8, EXIT), (7, EXIT)]), [true, false, false, true]);
        assert_eq!(second_packet(12, &[(7, ENTRY), (7, None), (7, EXIT)]), [true, false, false]);
    }

    #[test]
    fn other_writes_are_the_programs() {
        let larger = Some((Phase::Entry, Some(2)));
        assert_eq!(second_packet(10, &[(7, None), (7, larger), (7, EXIT)]), [false; 3]);
        assert_eq!(second_packet(10, &[(7, None), (8, ENTRY), (8, EXIT)]), [false; 3]);
        assert_eq!(second_packet(10, &[(7, ENTRY), (7, EXIT)]), [false; 2]);
        assert_eq!(second_packet(12, &[(7, None), (7, ENTRY), (7, EXIT)]), [false; 3]);
        assert_eq!(second_packet(12, &[(8, ENTRY), (8, EXIT)]), [false; 2]);
    }
}

//! What `babeltrace2` says of loss on its standard error.
//!
//! ```text
//! WARNING: Tracer discarded 79 events between [15:27:02.895702599] and [15:27:02.907606264] in trace "vm/ust/uid/0/64-bit"
//! (UUID: 48d5..) within stream "/traces/ust/uid/0/64-bit/small_1" (stream class ID: 0, stream ID: 1).
//! ```
//!
//! (On one line.) The interval reaches from the end of the packet before to the end of this packet and is wider than the
//! loss: events are lost before this packet's first event or once it is nearly full, mostly after its last one. Which of both
//! is not stored; of the two silences the longer one is taken. The text does not say how full a packet was.
//!
//! A CPU can have several streams (channels, kernel and user space). Only events of the very stream say where its losses lie,
//! and the text does not say which those are. So where a CPU shows events of several providers, or several of its streams
//! have warnings, the whole interval stands.
//!
//! A counter that falls is printed as what it takes to get there around 2^64: 18446744073709542784 events where it fell by
//! 8832. What it rises by on its way back was not lost.

use super::babeltrace_time::{Stamp, stamp};
use crate::decode::bytes::{digits, find, take_u64, trim_start};
use crate::decode::clock::DayClock;
use crate::decode::context::{Context, possible_cpu};
use crate::decode::counter::Counter;
use crate::decode::input::Input;
use crate::decode::lines::{Lines, Step};
use crate::{Cause, Gap, Lost};
use rustc_hash::FxHasher;
use std::collections::VecDeque;
use std::hash::Hasher;

/// Maximum number of warnings read.
const MAX_WARNINGS: usize = 1 << 16;

/// One warning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Warning {
    lost: Lost,
    cause: Cause,
    range: Option<(Stamp, Stamp)>,
    cpu: Option<u32>,
    /// A number for the stream's name.
    stream: u64,
}

#[derive(Debug)]
struct Announced {
    lost: Lost,
    cause: Cause,
    range: Option<(i64, i64)>,
    offset: u64,
}

/// What has been seen of one CPU's stream around its next announced loss.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Announced>,
    /// Latest event at all.
    last: Option<i64>,
    /// Latest event before the announced range.
    before: Option<i64>,
    /// First event in the range.
    first_in: Option<i64>,
    /// The tracer's counter.
    counter: Counter,
    streams: OneOrMore,
    providers: OneOrMore,
}

/// Whether more than one name was met, by numbers for them.
#[derive(Default)]
struct OneOrMore {
    first: Option<u64>,
    more: bool,
}

impl OneOrMore {
    fn add(&mut self, name: u64) {
        self.more |= *self.first.get_or_insert(name) != name;
    }
}

/// A number for a name.
fn number_of(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
}

/// All announced losses, by CPU; the last lane is for streams of no CPU.
#[derive(Default)]
pub(crate) struct Loss {
    lanes: Vec<Lane>,
    anywhere: Lane,
    waiting: usize,
    clock: DayClock,
    started: bool,
    unplaced: Vec<(Warning, u64)>,
}

impl Loss {
    /// Reads a file of warnings; other lines are passed over.
    pub(crate) fn read(input: Input) -> std::io::Result<Self> {
        let mut loss = Self::default();
        let mut lines = Lines::new(input);
        loop {
            match lines.step() {
                Step::Line(_) if loss.unplaced.len() >= MAX_WARNINGS => return Ok(loss),
                Step::Line(at) => {
                    if let Some(warning) = Self::parse_line(lines.line()) {
                        loss.unplaced.push((warning, at.offset));
                    }
                }
                Step::TooLong(_) => {}
                Step::Failed(_, error) => return Err(error),
                Step::End => return Ok(loss),
            }
        }
    }

    /// Understands one warning.
    pub(crate) fn parse_line(line: &[u8]) -> Option<Warning> {
        let rest = &line[find(line, b"Tracer ")? + 7..];
        let (lost, rest) = match rest.strip_prefix(b"may have discarded ") {
            Some(rest) => (None, rest),
            None => take_u64(rest.strip_prefix(b"discarded ")?).map(|(lost, rest)| (Some(lost), trim_start(rest)))?,
        };
        let (lost, cause, rest) = if let Some(rest) = rest.strip_prefix(b"packet") {
            // The number of events in them is unknown.
            (Lost::Unknown, Cause::Overwritten, rest)
        } else {
            (lost.map_or(Lost::Unknown, Lost::Exact), Cause::Discarded, rest.strip_prefix(b"event")?)
        };
        let stream = stream_name(rest);
        let cpu = stream.and_then(stream_cpu);
        Some(Warning { lost, cause, range: range(rest), cpu, stream: number_of(stream.unwrap_or_default()) })
    }

    /// A warning met between the events.
    pub(crate) fn add(&mut self, warning: Warning, offset: u64) {
        if self.unplaced.len() + self.waiting < MAX_WARNINGS {
            self.unplaced.push((warning, offset));
        }
        if self.started {
            self.place();
        }
    }

    /// Turns times of day into the events' own clock and sorts the warnings to their streams.
    fn place(&mut self) {
        for (Warning { lost, cause, range, cpu, stream }, offset) in std::mem::take(&mut self.unplaced) {
            let clock = &mut self.clock;
            let mut absolute = |stamp| match stamp {
                Stamp::Absolute(ns) => ns,
                Stamp::OfDay(ns) => clock.since_first_midnight(ns),
            };
            let range = range.map(|(begin, end)| (absolute(begin), absolute(end)));
            let lane = match cpu {
                Some(cpu) => {
                    let index = cpu as usize;
                    if index >= self.lanes.len() {
                        self.lanes.resize_with(index + 1, Lane::default);
                    }
                    &mut self.lanes[index]
                }
                None => &mut self.anywhere,
            };
            lane.streams.add(stream);
            let lost = match lost {
                Lost::Exact(step) => match lane.risen(step) {
                    0 => continue,
                    risen => Lost::Exact(risen),
                },
                uncounted => uncounted,
            };
            let announced = Announced { lost, cause, range, offset };
            // Mostly in order already; several channels of one CPU may interleave.
            let end = |a: &Announced| a.range.map_or(i64::MIN, |(_, end)| end);
            let place = lane.waiting.iter().rposition(|other| end(other) <= end(&announced)).map_or(0, |at| at + 1);
            lane.waiting.insert(place, announced);
            self.waiting += 1;
        }
    }

    /// An event of this CPU, provider and time comes next: gives out the gaps that lie before it. Says whether the CPU had
    /// some.
    pub(crate) fn reach(&mut self, context: &mut Context, cpu: Option<u32>, provider: &[u8], time_ns: i64) -> bool {
        if !self.started {
            self.started = true;
            // The warnings' midnights are counted from the first event's day.
            if self.unplaced.iter().any(|(w, _)| matches!(w.range, Some((Stamp::OfDay(_), _)))) {
                self.clock.since_first_midnight(time_ns);
            }
            self.place();
        }
        let mut given = 0;
        if let Some(cpu) = cpu
            && let Some(lane) = self.lanes.get_mut(cpu as usize)
        {
            lane.providers.add(number_of(provider));
            given = lane.reach(context, Some(cpu), time_ns);
        }
        self.waiting -= given + self.anywhere.reach(context, None, time_ns);
        given > 0
    }

    /// The end of the input: what was announced after the last events.
    pub(crate) fn finish(&mut self, context: &mut Context) {
        self.place();
        for (cpu, lane) in self.lanes.iter_mut().enumerate() {
            lane.finish(context, Some(cpu as u32));
        }
        self.anywhere.finish(context, None);
        self.waiting = 0;
    }
}

impl Lane {
    /// How far the counter rose above its highest value, by a step that can be down.
    fn risen(&mut self, step: u64) -> u64 {
        if step > u64::MAX / 2 {
            self.counter.fall(step.wrapping_neg());
            return 0;
        }
        self.counter.rise(step)
    }

    fn reach(&mut self, context: &mut Context, cpu: Option<u32>, time_ns: i64) -> usize {
        let mut given = 0;
        while let Some(next) = self.waiting.front() {
            let (begin, end) = next.range.unwrap_or((i64::MIN, i64::MIN));
            // A packet's times are those of its switch, and of an event just there it is not said to which packet it
            // belongs: it ends the silence before it and begins the one after it.
            if time_ns < end {
                if time_ns <= begin {
                    self.before = Some(time_ns);
                } else if self.first_in.is_none() {
                    self.first_in = Some(time_ns);
                }
                break;
            }
            self.give(context, cpu, Some(time_ns));
            given += 1;
        }
        self.last = Some(time_ns);
        given
    }

    fn give(&mut self, context: &mut Context, cpu: Option<u32>, next: Option<i64>) {
        let Some(Announced { lost, cause, range, offset }) = self.waiting.pop_front() else {
            return;
        };
        let until = next.or(range.map(|(_, end)| end));
        let silence =
            |from: Option<i64>, to: Option<i64>| Some(to?.saturating_sub(from.or(range.map(|(begin, _)| begin))?));
        let head = (self.before, self.first_in.or(next));
        let tail = (self.last, next);
        let shared = self.streams.more || self.providers.more;
        let (begin_ns, end_ns) = match (self.first_in, range.filter(|_| shared)) {
            (_, Some((begin, end))) => (Some(begin), Some(end)),
            (Some(_), None) if silence(head.0, head.1) >= silence(tail.0, until) => head,
            _ => tail,
        };
        let stream = cpu.map(|cpu| context.last_of(cpu).0);
        context.give_gap(Gap { stream, cpu, begin_ns, end_ns, ..Gap::new(0, lost, cause, offset) });
        self.before = self.last;
        self.first_in = None;
    }

    fn finish(&mut self, context: &mut Context, cpu: Option<u32>) {
        while !self.waiting.is_empty() {
            self.give(context, cpu, None);
        }
    }
}

/// `between [..] and [..]`
fn range(text: &[u8]) -> Option<(Stamp, Stamp)> {
    let text = &text[find(text, b"between [")? + 9..];
    let close = find(text, b"] and [")?;
    let begin = stamp(&text[..close])?;
    let text = &text[close + 7..];
    Some((begin, stamp(&text[..find(text, b"]")?])?))
}

/// The path of a stream.
fn stream_name(text: &[u8]) -> Option<&[u8]> {
    let text = &text[find(text, b"within stream \"")? + 15..];
    Some(&text[..memchr::memchr(b'"', text)?])
}

/// The CPU a stream belongs to: the number its file name ends with.
fn stream_cpu(name: &[u8]) -> Option<u32> {
    let number = name.len() - name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if number == 0 || name[number - 1] != b'_' || digits(&name[number..]) == 0 {
        return None;
    }
    let (cpu, _) = take_u64(&name[number..])?;
    possible_cpu(cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_counter_rises_by_after_a_fall_is_lost_above_its_highest_value_only() {
        let mut lane = Lane::default();
        // 34, 88, 0, 88, 93: what babeltrace2 prints for the steps.
        let steps = [34, 54, 18_446_744_073_709_551_528, 88, 5];
        assert_eq!(steps.map(|step| lane.risen(step)), [34, 54, 0, 0, 5]);
    }
}

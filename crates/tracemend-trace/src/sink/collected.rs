//! Rows kept in memory, for the formats that need all of them before the first byte can be written.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow};
use crate::{Phase, Symbol, Symbols};
use std::io;

/// Another event that could stand in the place of an inferred one.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptAlternative {
    /// Event name.
    pub name: Symbol,
    /// Thread; `None` for one not seen outside the gap.
    pub tid: Option<i32>,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Probability, 0 to 1.
    pub probability: f32,
}

/// What only an inferred event has.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// Probability, 0 to 1.
    pub confidence: f32,
    /// Standard error of the time, nanoseconds.
    pub time_err_ns: Option<i64>,
    /// The gap it lies in.
    pub gap: u32,
    /// The model it comes from.
    pub model: Symbol,
    /// Other events for the same place, likeliest first.
    pub alternatives: Vec<KeptAlternative>,
}

/// An event, recorded or inferred.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEvent {
    /// Nanoseconds on the trace's clock. An event that nothing bounds has the time of the row before it.
    pub time_ns: i64,
    /// Name of its stream.
    pub stream: Option<Symbol>,
    /// CPU.
    pub cpu: Option<u32>,
    /// Thread.
    pub tid: Option<i32>,
    /// Process name.
    pub comm: Option<Symbol>,
    /// Event name.
    pub name: Symbol,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Return value, where known.
    pub ret: Option<i64>,
    /// Duration of a recorded whole call, where known.
    pub dur_ns: Option<u64>,
    /// `None` for a recorded event.
    pub inference: Option<Box<Inference>>,
}

/// A gap.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptGap {
    /// Number of the gap in its trace.
    pub id: u32,
    /// Name of its stream.
    pub stream: Option<Symbol>,
    /// CPU of that stream.
    pub cpu: Option<u32>,
    /// Time of the last event before the gap.
    pub begin_ns: Option<i64>,
    /// Time of the first event after the gap.
    pub end_ns: Option<i64>,
    /// How many events were lost; `None` where they were not counted.
    pub lost: Option<u64>,
    /// How many were inferred.
    pub inferred: u64,
}

/// All rows of a repaired trace.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Names of events, processes, streams and models.
    pub symbols: Symbols,
    /// Events in the order they were written.
    pub events: Vec<KeptEvent>,
    /// Gaps in the order they were written.
    pub gaps: Vec<KeptGap>,
    last_ns: i64,
}

impl Collected {
    /// First and last time of all events and gaps; 0 and 0 without any.
    pub fn span_ns(&self) -> (i64, i64) {
        let of_gaps = self.gaps.iter().flat_map(|gap| [gap.begin_ns, gap.end_ns]).flatten();
        let times = self.events.iter().map(|event| event.time_ns).chain(of_gaps);
        times
            .fold(None, |span: Option<(i64, i64)>, time| {
                Some(span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
            })
            .unwrap_or((0, 0))
    }

    /// The events by time; equal times keep their order.
    pub fn by_time(&self) -> Vec<&KeptEvent> {
        let mut events: Vec<&KeptEvent> = self.events.iter().collect();
        events.sort_by_key(|event| event.time_ns);
        events
    }
}

impl Sink for Collected {
    fn gap(&mut self, gap: &GapRow<'_>) -> io::Result<()> {
        self.last_ns = gap.begin_ns.or(gap.end_ns).unwrap_or(self.last_ns);
        self.gaps.push(KeptGap {
            id: gap.id,
            stream: gap.stream.map(|name| self.symbols.intern(name)),
            cpu: gap.cpu,
            begin_ns: gap.begin_ns,
            end_ns: gap.end_ns,
            lost: gap.lost,
            inferred: gap.outcome.as_ref().map_or(0, |outcome| outcome.inferred),
        });
        Ok(())
    }

    fn composition(&mut self, _: &CompositionRow<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &EventRow<'_>) -> io::Result<()> {
        self.last_ns = event.time_ns.unwrap_or(self.last_ns);
        let symbols = &mut self.symbols;
        let inference = event.inferred.then(|| {
            let alternatives = event.alternatives.iter().map(|other| KeptAlternative {
                name: symbols.intern(other.name),
                tid: other.tid,
                phase: other.phase,
                probability: other.probability,
            });
            let alternatives = alternatives.collect();
            Box::new(Inference {
                confidence: event.confidence.unwrap_or(0.0),
                time_err_ns: event.time_err_ns,
                gap: event.gap.unwrap_or(0),
                model: symbols.intern(event.model.unwrap_or("")),
                alternatives,
            })
        });
        self.events.push(KeptEvent {
            time_ns: self.last_ns,
            stream: event.stream.map(|name| symbols.intern(name)),
            cpu: event.cpu,
            tid: event.tid,
            comm: event.comm.map(|comm| symbols.intern(comm)),
            name: symbols.intern(event.name),
            phase: event.phase,
            ret: event.ret,
            dur_ns: event.dur_ns,
            inference,
        });
        Ok(())
    }

    /// Further reconstructions are no part of the trace.
    fn sample(&mut self, _: u32, _: &EventRow<'_>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

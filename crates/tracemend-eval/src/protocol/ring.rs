//! Protocol `ring`: a complete trace, replayed through a simulated ring buffer ([`tracemend_repair::ring`]).
//!
//! Overflow takes events where many come at once, or where the reader is held up, and takes many in a row. So its gaps differ from
//! those at random places in rate, length and number. All gaps of a trace are cut at once, as in a real recording, and everything
//! else is as in protocol `truth`.

use crate::cache::Cache;
use crate::error::Error;
use crate::methods::chosen;
use crate::prediction::trace::{EventTypes, TakeGaps, ThreadEvent};
pub use crate::protocol::loss_bench::LossFigures;
use crate::protocol::loss_bench::{Case, LossBench, Setup};
use crate::protocol::trace_bench::methods;
use crate::protocol::twins::thread;
use serde::Serialize;
use tracemend_repair::Params;
use tracemend_repair::blackout::{Blackout, by_stream};
use tracemend_repair::model::TraceModel;
use tracemend_repair::ring::{Record, Ring, Tracer, WhenFull, lost};
use tracemend_trace::{Cause, Event, Gap, Lost, StreamId, Trace};

/// A complete trace, and the ring that it is replayed through.
#[derive(Clone, Debug)]
pub struct RingTest<'t> {
    /// The trace.
    pub trace: &'t Trace,
    /// Its name in result tables.
    pub data: String,
    /// The tracer whose records its events are.
    pub tracer: Tracer,
    /// The ring.
    pub ring: Ring,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct RingConfig<'t> {
    /// The traces.
    pub tests: Vec<RingTest<'t>>,
    /// Traces that the baselines learn from, besides the rest of the tested one; the engine uses `model`.
    pub train: Vec<&'t Trace>,
    /// The model that the engine repairs with, besides what it learns from the rest of the tested trace.
    pub model: Option<&'t TraceModel>,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides when the reader is held up, the repair and the bootstrap.
    pub seed: u64,
    /// The constants of the engine.
    pub params: Params,
}

/// What the ring lost of one trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RingLoss {
    /// The name of the trace.
    pub data: String,
    /// Its events.
    pub events: usize,
    /// How many of them were lost.
    pub lost: usize,
    /// The same as a share, 0 to 1.
    pub share: f64,
    /// In how many gaps.
    pub gaps: usize,
    /// Median of the gaps' lengths, in events; of two in the middle the smaller; 0 without gaps.
    pub median: usize,
    /// The longest gap, in events; 0 without gaps.
    pub max: usize,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Rings {
    /// What was lost, by trace.
    pub losses: Vec<RingLoss>,
    /// The figures of each trace, then those of all.
    pub figures: LossFigures,
}

/// Replays the traces, repairs what the ring leaves of them, and scores the predictions. `take` gets all predictions where it is
/// given.
///
/// # Errors
/// An unknown method, a ring that holds no two pages, a trace that lost events when it was recorded, traces of which nothing is
/// lost, a cache that cannot be used, or what `take` fails with.
pub fn run(config: &RingConfig<'_>, cache: &dyn Cache, mut take: Option<TakeGaps<'_>>) -> Result<Rings, Error> {
    let setup = Setup {
        protocol: "ring",
        methods: chosen(&config.methods, &methods())?,
        train: &config.train,
        model: config.model,
        seed: config.seed,
        params: &config.params,
    };
    // Before the first repair: a trace that cannot be measured costs nothing.
    let mut rings = Rings::default();
    let mut replayed = Vec::new();
    for test in &config.tests {
        if let Some(page) = test.ring.page.filter(|page| test.ring.capacity < 2 * page) {
            return Err(Error::RingTooSmall { capacity: test.ring.capacity, page });
        }
        if !test.trace.gaps.is_empty() {
            return Err(Error::Incomplete(test.data.clone()));
        }
        let left = Replayed::new(test, config.seed);
        rings.losses.push(left.loss(test));
        replayed.push(left);
    }
    if rings.losses.iter().all(|loss| loss.gaps == 0) {
        return Err(Error::NothingLost);
    }
    let mut bench = LossBench::new(&setup);
    for (test, replayed) in config.tests.iter().zip(&replayed).filter(|(_, replayed)| !replayed.lost.is_empty()) {
        let types = setup.event_types([test.trace]);
        let lost = replayed.lost_events(test.trace, &types);
        let case = Case { data: &test.data, lossy: &replayed.rest, full: test.trace, lost, types, counts: Vec::new() };
        bench.add(case, cache, &mut take)?;
    }
    rings.figures = bench.finish("traces");
    Ok(rings)
}

/// A trace after its way through a ring.
struct Replayed {
    /// What is left, with a gap for each stretch that is not.
    rest: Trace,
    /// `[gap]` numbers of the lost events.
    lost: Vec<Vec<u32>>,
}

impl Replayed {
    fn new(test: &RingTest<'_>, seed: u64) -> Self {
        let RingTest { trace, tracer, ref ring, .. } = *test;
        let record = |event: &Event| Record {
            time_ns: event.time_ns,
            stream: event.stream.0 as usize,
            bytes: tracer.record_bytes(event.phase),
        };
        let records: Vec<Record> = trace.events.iter().map(record).collect();
        let streams = by_stream(trace);
        let cause = match ring.when_full {
            WhenFull::Discard => Cause::Discarded,
            WhenFull::Overwrite => Cause::Overwritten,
        };
        let mut stretches: Vec<(Gap, Vec<u32>)> = Vec::new();
        for Blackout { stream, first, lost } in lost(ring, &records, seed) {
            let own = &streams[stream];
            let time = |place: usize| own.get(place).map(|&event| trace.events[event as usize].time_ns);
            let gap = Gap {
                stream: Some(StreamId(stream as u32)),
                cpu: trace.header.streams[stream].cpu,
                begin_ns: first.checked_sub(1).and_then(time),
                end_ns: time(first + lost),
                ..Gap::new(0, Lost::Exact(lost as u64), cause.clone(), 0)
            };
            stretches.push((gap, own[first..first + lost].to_vec()));
        }
        stretches.sort_by_key(|(_, events)| events[0]);
        let mut is_lost = vec![false; trace.events.len()];
        stretches.iter().flat_map(|(_, events)| events).for_each(|&event| is_lost[event as usize] = true);
        let kept = trace.events.iter().zip(is_lost).filter(|(_, is_lost)| !is_lost).map(|(event, _)| event.clone());
        let (mut gaps, lost): (Vec<Gap>, Vec<Vec<u32>>) = stretches.into_iter().unzip();
        gaps.iter_mut().zip(0..).for_each(|(gap, id)| gap.id = id);
        Self { rest: Trace { header: trace.header.clone(), events: kept.collect(), gaps }, lost }
    }

    fn loss(&self, test: &RingTest<'_>) -> RingLoss {
        let mut lengths: Vec<usize> = self.lost.iter().map(Vec::len).collect();
        lengths.sort_unstable();
        let (events, lost) = (test.trace.events.len(), lengths.iter().sum::<usize>());
        RingLoss {
            data: test.data.clone(),
            events,
            lost,
            share: lost as f64 / events.max(1) as f64,
            gaps: lengths.len(),
            median: lengths.get(lengths.len().saturating_sub(1) / 2).copied().unwrap_or(0),
            max: lengths.last().copied().unwrap_or(0),
        }
    }

    fn lost_events(&self, trace: &Trace, types: &EventTypes) -> Vec<Vec<ThreadEvent>> {
        let event = |&number: &u32| {
            let event = &trace.events[number as usize];
            (thread(event.tid), types.find(trace.header.symbols.name(event.name), event.phase))
        };
        self.lost.iter().map(|gap| gap.iter().map(event).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracemend_trace::{Format, Phase, TraceHeader};

    #[test]
    fn what_is_left_and_what_is_lost_is_the_trace() {
        let mut header = TraceHeader::new(Format::Csv);
        let (left, right) = (header.cpu_stream(0), header.cpu_stream(1));
        let name = header.symbols.intern("read");
        let event = |number: i64| {
            // The second CPU is busy in the middle alone.
            let stream = if (3000..7000).contains(&number) && number % 2 == 1 { right } else { left };
            let phase = if number % 4 < 2 { Phase::Entry } else { Phase::Exit };
            Event { tid: Some(stream.0 as i32), ..Event::new(1000 * number, stream, name, phase) }
        };
        let trace = Trace { header, events: (0..10_000).map(event).collect(), gaps: Vec::new() };
        for tracer in Tracer::ALL {
            let ring = Ring { drain: 40e6, stall_ns: 500_000, stall_every_ns: 2_000_000, ..tracer.ring() };
            let ring = Ring { capacity: 8192, ..ring };
            let test = RingTest { trace: &trace, data: "data".to_owned(), tracer, ring };
            let replayed = Replayed::new(&test, 1);
            let loss = replayed.loss(&test);
            assert_eq!(loss.lost + replayed.rest.events.len(), trace.events.len());
            assert!(loss.gaps > 1 && loss.median <= loss.max && loss.share < 0.8, "{loss:?}");
            for (gap, lost) in replayed.rest.gaps.iter().zip(&replayed.lost) {
                assert_eq!(gap.lost, Lost::Exact(lost.len() as u64));
                // Between its bounds its stream recorded nothing.
                let (begin, end) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
                let inside =
                    |event: &&Event| Some(event.stream) == gap.stream && (begin + 1..end).contains(&event.time_ns);
                assert_eq!(replayed.rest.events.iter().filter(inside).count(), 0);
                assert_eq!(trace.events.iter().filter(inside).count(), lost.len());
            }
        }
    }
}

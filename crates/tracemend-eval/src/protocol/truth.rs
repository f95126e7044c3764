//! Protocol `truth`: traces that really lost events, each scored against its complete twin.
//!
//! Methods learn from the lossy trace's intact rest, as in use, and from other traces where there are any. The seconds of
//! the engine include what it learns from the lossy trace.

use crate::baselines::{self, Baseline, NgramModel};
use crate::cache::Cache;
use crate::error::Error;
use crate::latency;
use crate::latency::CallErrors;
use crate::measurement::{Estimate, Measurement, Plan};
use crate::methods::{ENGINE, NO_METHOD, chosen};
use crate::metric::Metric;
use crate::prediction::trace::{EventTypes, TakeGaps, ThreadEvent, TracePrediction, right};
use crate::protocol::trace_bench::{Job, Measured, MeasuredGap, methods};
pub use crate::protocol::twins::channels;
use crate::protocol::twins::{lost_events, thread};
use crate::score::Score;
use crate::tally::{GapTally, Share};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::sync::{Arc, OnceLock};
use tracemend_repair::index::TraceIndex;
use tracemend_repair::loss_intervals::{LossInterval, loss_intervals, with_loss_intervals};
use tracemend_repair::model::TraceModel;
use tracemend_repair::{GapRepair, Params, RepairOptions, repair, unwatched};
use tracemend_trace::Trace;

/// A trace that lost events, and its complete twin.
#[derive(Clone, Debug)]
pub struct Twin<'t> {
    /// The trace with losses.
    pub lossy: &'t Trace,
    /// Its complete twin.
    pub full: &'t Trace,
    /// Their name in result tables.
    pub data: String,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct TruthConfig<'t> {
    /// The twins.
    pub twins: Vec<Twin<'t>>,
    /// Traces that the baselines learn from, besides the lossy trace; the engine uses `model`.
    pub train: Vec<&'t Trace>,
    /// The model that the engine repairs with, besides what it learns from the lossy trace.
    pub model: Option<&'t TraceModel>,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides the repair and the bootstrap.
    pub seed: u64,
    /// The constants of the engine.
    pub params: Params,
}

/// One real gap.
#[derive(Clone, Debug, Serialize)]
pub struct TruthGap {
    /// The name of the twins.
    pub data: String,
    /// Number of the gap in the lossy trace.
    pub gap: u32,
    /// Its stream.
    pub stream: Option<String>,
    /// How many events the tracer counted as lost there; null where it did not count.
    pub lost_found: Option<u64>,
    /// How many the twin holds there.
    pub lost_true: u64,
    /// Share of the lost events that each method put on their thread in their order, 0 to 1; null where nothing was lost.
    pub thread_lcs: Vec<MethodShare>,
}

/// A method's figure for one gap.
#[derive(Clone, Debug, Serialize)]
pub struct MethodShare {
    /// The method.
    pub method: String,
    /// Its `thread_lcs`.
    pub thread_lcs: Option<f64>,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// By twin and gap.
    pub gaps: Vec<TruthGap>,
    /// The figures of each twin, then those of all gaps of all twins together where there are several. Blackout 0 stands
    /// for real gaps of any length.
    pub scores: Vec<Score>,
    /// What does not fit together.
    pub warnings: Vec<String>,
}

/// Repairs the lossy traces, and scores the predictions against their twins. `take` gets all predictions where it is
/// given.
///
/// # Errors
/// An unknown method, a trace without loss, traces that are not twins, a cache that cannot be used, or what `take` fails
/// with.
pub fn run(config: &TruthConfig<'_>, cache: &dyn Cache, mut take: Option<TakeGaps<'_>>) -> Result<Truth, Error> {
    let methods = chosen(&config.methods, &methods())?;
    if let Some(twin) = config.twins.iter().find(|twin| twin.lossy.gaps.is_empty()) {
        return Err(Error::NoLoss(twin.data.clone()));
    }
    let mut truth = Truth::default();
    let mut measurements = Vec::new();
    let mut pooled = Found::new(&methods);
    for twin in &config.twins {
        let bench = TwinBench::new(config, twin, &mut truth.warnings)?;
        let mut found = Found::new(&methods);
        found.counts = bench.counts();
        let mut gaps = bench.gaps();
        for (&method, found) in methods.iter().zip(&mut found.methods) {
            let measured = bench.measure(method, cache, &mut take)?;
            for (gap, measured) in gaps.iter_mut().zip(&measured.gaps) {
                let share = |tally: &GapTally| Some(tally.threads?.lcs / tally.positions.all);
                let thread_lcs = measured.tally.as_ref().and_then(share);
                gap.thread_lcs.push(MethodShare { method: method.to_owned(), thread_lcs });
            }
            found.tallies = measured.gaps.into_iter().filter_map(|gap| gap.tally).collect();
            found.latencies = measured.latencies;
        }
        truth.gaps.extend(gaps);
        measurements.extend(found.measurements(&twin.data, config.seed));
        pooled.add(found);
    }
    if config.twins.len() > 1 {
        measurements.extend(pooled.measurements(&format!("all {} twins", config.twins.len()), config.seed));
    }
    truth.scores = measurements.iter().flat_map(|one| Score::rows(one, "truth", "")).collect();
    Ok(truth)
}

/// What was found in one or several twins.
struct Found<'a> {
    /// Counted and true losses, of the gaps that have both.
    counts: Vec<(u64, u64)>,
    methods: Vec<FoundMethod<'a>>,
}

struct FoundMethod<'a> {
    method: &'a str,
    tallies: Vec<GapTally>,
    latencies: Vec<CallErrors>,
}

impl<'a> Found<'a> {
    fn new(methods: &[&'a str]) -> Self {
        let new = |&method| FoundMethod { method, tallies: Vec::new(), latencies: Vec::new() };
        Self { counts: Vec::new(), methods: methods.iter().map(new).collect() }
    }

    fn add(&mut self, other: Self) {
        self.counts.extend(other.counts);
        for (own, other) in self.methods.iter_mut().zip(other.methods) {
            own.tallies.extend(other.tallies);
            own.latencies.extend(other.latencies);
        }
    }

    fn measurements(&self, data: &str, seed: u64) -> Vec<Measurement> {
        let of_method = |found: &FoundMethod<'_>| {
            let job = Job { protocol: "truth", data, method: found.method, blackout: 0 };
            let mut measurement = job.measurement(&found.tallies, seed);
            measurement.figures.extend(latency_figures(&found.latencies, seed));
            measurement.figures.sort_by_key(|(metric, _)| *metric);
            measurement
        };
        let counts = Measurement {
            data: data.to_owned(),
            method: NO_METHOD.to_owned(),
            gaps: self.counts.len(),
            figures: count_figures(&self.counts),
            ..Measurement::default()
        };
        std::iter::once(counts).chain(self.methods.iter().map(of_method)).collect()
    }
}

/// How well the tracer's counts agree with the twin.
fn count_figures(counts: &[(u64, u64)]) -> Vec<(Metric, Estimate)> {
    if counts.is_empty() {
        return Vec::new();
    }
    let same = counts.iter().filter(|(found, lost)| found == lost).count() as f64 / counts.len() as f64;
    let difference: u64 = counts.iter().map(|(found, lost)| found.abs_diff(*lost)).sum();
    let lost: u64 = counts.iter().map(|(_, lost)| lost).sum();
    let figure = |metric, value| (metric, Estimate { value, resampled: Vec::new() });
    vec![figure(Metric::CountExact, same), figure(Metric::CountError, difference as f64 / lost.max(1) as f64)]
}

/// Means over calls, each call a cluster.
fn latency_figures(calls: &[CallErrors], seed: u64) -> Vec<(Metric, Estimate)> {
    let plan = Plan::over_gaps(calls.len(), seed, 0);
    let figure = |metric: Metric, error: fn(&CallErrors) -> f64| {
        Some((metric, plan.mean(&calls.iter().map(error).collect::<Vec<f64>>())?))
    };
    let figures = [
        figure(Metric::LatencyErrorMedianBefore, |call| call.median_before),
        figure(Metric::LatencyErrorMedian, |call| call.median_after),
        figure(Metric::LatencyErrorP95Before, |call| call.p95_before),
        figure(Metric::LatencyErrorP95, |call| call.p95_after),
    ];
    figures.into_iter().flatten().collect()
}

/// A pair of twins, ready to be repaired.
struct TwinBench<'c, 't> {
    config: &'c TruthConfig<'t>,
    twin: &'c Twin<'t>,
    intervals: Vec<LossInterval>,
    types: EventTypes,
    /// The lost events, by gap.
    lost: Vec<Vec<ThreadEvent>>,
    /// What the baselines learn; only where one of them is not cached.
    model: OnceLock<Arc<NgramModel>>,
}

impl<'c, 't> TwinBench<'c, 't> {
    fn new(config: &'c TruthConfig<'t>, twin: &'c Twin<'t>, warnings: &mut Vec<String>) -> Result<Self, Error> {
        let mut types = EventTypes::of(config.train.iter().copied().chain([twin.lossy, twin.full]));
        if let Some(model) = config.model {
            types.number_tokens(&model.tokens);
        }
        let lost = lost_events(twin.lossy, twin.full, &mut types, &twin.data, warnings)?;
        let intervals = loss_intervals(twin.lossy);
        Ok(Self { config, twin, intervals, types, lost, model: OnceLock::new() })
    }

    /// Whether the twin says what was lost in a gap.
    fn is_known(&self, gap: usize) -> bool {
        self.twin.lossy.gaps[gap].stream.is_some()
    }

    fn gaps(&self) -> Vec<TruthGap> {
        let streams = &self.twin.lossy.header.streams;
        let gap = |(gap, lost): (&tracemend_trace::Gap, &Vec<ThreadEvent>)| TruthGap {
            data: self.twin.data.clone(),
            gap: gap.id,
            stream: gap.stream.map(|stream| streams[stream.0 as usize].name.clone()),
            lost_found: gap.lost.count(),
            lost_true: lost.len() as u64,
            thread_lcs: Vec::new(),
        };
        self.twin.lossy.gaps.iter().zip(&self.lost).map(gap).collect()
    }

    /// Counted and true losses, of the gaps that have both.
    fn counts(&self) -> Vec<(u64, u64)> {
        let gaps = self.twin.lossy.gaps.iter().zip(&self.lost).enumerate().filter(|(gap, _)| self.is_known(*gap));
        gaps.filter_map(|(_, (gap, lost))| Some((gap.lost.count()?, lost.len() as u64))).collect()
    }

    fn measure(&self, method: &str, cache: &dyn Cache, take: &mut Option<TakeGaps<'_>>) -> Result<Measured, Error> {
        let job = Job { protocol: "truth", data: &self.twin.data, method, blackout: 0 };
        job.run(cache, take, |named| {
            let (predictions, latencies) = match method {
                ENGINE => self.engine(),
                _ => (self.baseline(method), Vec::new()),
            };
            let measured = |(gap, prediction): (usize, &TracePrediction)| match self.is_known(gap) {
                true => MeasuredGap::new(gap, prediction, &self.lost[gap], &self.types, named),
                false => MeasuredGap { tally: None, prediction: None },
            };
            Measured { gaps: predictions.iter().enumerate().map(measured).collect(), latencies }
        })
    }

    /// The engine's prediction for each gap, as `repair` makes it, and how far it brings latencies to those of the twin.
    fn engine(&self) -> (Vec<TracePrediction>, Vec<CallErrors>) {
        let (seed, params) = (self.config.seed, self.config.params.clone());
        let options = RepairOptions { seed, threads: 1, params, ..RepairOptions::default() };
        let begin = cpu_time::ThreadTime::now();
        let repairs = repair(self.twin.lossy, self.config.model, &options, &unwatched);
        let seconds = begin.elapsed().as_secs_f64() / repairs.len().max(1) as f64;
        let prediction = |(repair, truth): (&GapRepair, &Vec<ThreadEvent>)| self.of_repair(repair, truth, seconds);
        let predictions = repairs.iter().zip(&self.lost).map(prediction).collect();
        (predictions, latency::errors(self.twin.lossy, &repairs, self.twin.full))
    }

    fn of_repair(&self, repair: &GapRepair, truth: &[ThreadEvent], seconds: f64) -> TracePrediction {
        let events: Vec<ThreadEvent> =
            repair.events.iter().map(|event| (thread(event.tid), self.types.find(&event.name, event.phase))).collect();
        let mut numbers: FxHashMap<u32, f64> = FxHashMap::default();
        truth.iter().for_each(|&(_, event_type)| *numbers.entry(event_type).or_default() += 1.0);
        let mut expected: FxHashMap<u32, f64> = FxHashMap::default();
        let (mut rows, mut covered) = (0.0, 0.0);
        for row in &repair.composition.by_event {
            let event_type = self.types.find(&row.name, row.phase);
            *expected.entry(event_type).or_default() += row.expected;
            let number = numbers.remove(&event_type).unwrap_or(0.0);
            rows += 1.0;
            covered += f64::from(u8::from(row.low - 1e-9 <= number && number <= row.high + 1e-9));
        }
        TracePrediction {
            right: right(&events, truth),
            confidence: Some(repair.events.iter().map(|event| event.confidence).collect()),
            expected: (!expected.is_empty()).then_some(expected),
            // What was lost without a row is a row missed.
            coverage: Share { right: covered, all: rows + numbers.len() as f64 },
            valid: None,
            seconds,
            events,
        }
    }

    /// A baseline's prediction for each gap. It learns from the lossy trace as the engine does.
    fn baseline(&self, name: &str) -> Vec<TracePrediction> {
        let trace = with_loss_intervals(self.twin.lossy, &self.intervals);
        let model = self.model.get_or_init(|| {
            let train: Vec<&Trace> = self.config.train.iter().copied().chain([&*trace]).collect();
            NgramModel::learned(&train)
        });
        let method: Box<dyn Baseline> = baselines::baseline(name, model);
        let mut tokens = method.tokens().clone();
        let index = TraceIndex::new(&trace, &mut tokens);
        let types = self.types.of_tokens(&tokens);
        let mut fills = vec![Vec::new(); self.lost.len()];
        let mut seconds = vec![0.0; self.lost.len()];
        for interval in &self.intervals {
            let total = interval.gap.lost.count().unwrap_or(0) as usize;
            if interval.gap.stream.is_none() || total == 0 {
                continue;
            }
            let begin = cpu_time::ThreadTime::now();
            let mut filled = method.fill(&index, &interval.gap, total).into_iter();
            let spent = begin.elapsed().as_secs_f64();
            // One interval can hold losses of several gaps, each of which gets its share, in order.
            for &(gap, lost) in &interval.parts {
                fills[gap].extend(filled.by_ref().take(lost as usize));
                seconds[gap] += spent * lost as f64 / total as f64;
            }
        }
        for fill in fills.iter_mut().flatten() {
            // As in `thread`: idle CPUs and events without a thread are one thread.
            fill.thread = thread(fill.thread.tid());
        }
        let all = fills.iter().zip(seconds).zip(&self.lost);
        all.map(|((fills, seconds), truth)| TracePrediction::of_baseline(fills, &types, truth, seconds)).collect()
    }
}

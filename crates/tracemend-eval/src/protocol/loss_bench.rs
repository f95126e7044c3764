//! Traces with losses whose events are known, repaired as in use and scored: what protocols `truth` and `ring` share.
//!
//! Methods learn from the lossy trace's intact rest, and from other traces where there are any.

use crate::baselines::{self, Baseline, NgramModel};
use crate::cache::Cache;
use crate::error::Error;
use crate::latency;
use crate::latency::{CallErrors, CallLatency};
use crate::measurement::{Estimate, Measurement, Plan};
use crate::methods::{ENGINE, NO_METHOD};
use crate::metric::Metric;
use crate::prediction::trace::{EventTypes, TakeGaps, ThreadEvent, TracePrediction, right};
use crate::protocol::trace_bench::{Job, Measured, MeasuredGap};
use crate::protocol::twins::thread;
use crate::score::Score;
use crate::strata::{GapPlace, Stratum, rate_decile, strata};
use crate::tally::{GapTally, Share};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};
use tracemend_repair::index::TraceIndex;
use tracemend_repair::loss_intervals::{LossInterval, loss_intervals, with_loss_intervals};
use tracemend_repair::model::TraceModel;
use tracemend_repair::{GapRepair, Params, RepairOptions, repair, unwatched};
use tracemend_trace::Trace;

/// What is measured, and what methods may learn from.
pub(crate) struct Setup<'c> {
    pub protocol: &'static str,
    pub methods: Vec<&'static str>,
    /// Traces that the baselines learn from, besides the lossy trace; the engine uses `model`.
    pub train: &'c [&'c Trace],
    pub model: Option<&'c TraceModel>,
    pub seed: u64,
    pub params: &'c Params,
}

impl Setup<'_> {
    /// Numbers for the event types of all that methods learn from, and of these traces.
    pub(crate) fn event_types<'t>(&'t self, traces: impl IntoIterator<Item = &'t Trace>) -> EventTypes {
        let mut types = EventTypes::of(self.train.iter().copied().chain(traces));
        if let Some(model) = self.model {
            types.number_tokens(&model.tokens);
        }
        types
    }
}

/// A trace that lost events, and what it lost.
pub(crate) struct Case<'c> {
    /// Its name in result tables.
    pub data: &'c str,
    pub lossy: &'c Trace,
    /// The complete recording of the same run.
    pub full: &'c Trace,
    /// The lost events, by gap.
    pub lost: Vec<Vec<ThreadEvent>>,
    pub types: EventTypes,
    /// Counted and true losses, of the gaps for which that is a question.
    pub counts: Vec<(u64, u64)>,
}

impl Case<'_> {
    /// Whether it is known what was lost in a gap.
    pub(crate) fn is_known(&self, gap: usize) -> bool {
        self.lossy.gaps[gap].stream.is_some()
    }

    /// What decides to which part each gap belongs, of the gaps that are measured.
    fn places(&self) -> Vec<GapPlace> {
        let mut times: FxHashMap<u32, Vec<i64>> = FxHashMap::default();
        let mut places = Vec::new();
        for (number, (gap, lost)) in self.lossy.gaps.iter().zip(&self.lost).enumerate() {
            let Some(stream) = gap.stream.filter(|_| self.is_known(number) && !lost.is_empty()) else { continue };
            let cpu = self.lossy.header.streams[stream.0 as usize].cpu;
            let times = times.entry(stream.0).or_insert_with(|| {
                let own = self.full.events.iter().filter(|event| cpu.is_none() || event.cpu == cpu);
                own.map(|event| event.time_ns).collect()
            });
            places.push(GapPlace { lost: lost.len(), rate_decile: rate_decile(times, gap.begin_ns, gap.end_ns) });
        }
        places
    }
}

/// All figures: of each trace, then those of all gaps of all traces together where there are several.
#[derive(Clone, Debug, Default)]
pub struct LossFigures {
    /// The scores. Blackout 0 stands for gaps of any length.
    pub scores: Vec<Score>,
    /// Those of parts of the gaps.
    pub strata: Vec<Stratum>,
    /// Those of the latencies of each trace's calls.
    pub latencies: Vec<CallLatency>,
}

/// What was measured on several traces, one by one and all gaps together.
pub(crate) struct LossBench<'c> {
    setup: &'c Setup<'c>,
    figures: LossFigures,
    pooled: Found<'c>,
    cases: usize,
}

impl<'c> LossBench<'c> {
    pub(crate) fn new(setup: &'c Setup<'c>) -> Self {
        Self { setup, figures: LossFigures::default(), pooled: Found::new(&setup.methods), cases: 0 }
    }

    /// Repairs one trace with every method. Returns `[method][gap]` the share of the lost events that were put right; `None` where
    /// it is not known, or nothing was lost.
    pub(crate) fn add(
        &mut self,
        case: Case<'_>,
        cache: &dyn Cache,
        take: &mut Option<TakeGaps<'_>>,
    ) -> Result<Vec<Vec<Option<f64>>>, Error> {
        let mut found = Found::new(&self.setup.methods);
        found.counts.clone_from(&case.counts);
        found.places = case.places();
        let bench = CaseBench::new(self.setup, &case);
        let mut shares = Vec::new();
        for (&method, found) in self.setup.methods.iter().zip(&mut found.methods) {
            let measured = bench.measure(method, cache, take)?;
            let share = |gap: &MeasuredGap| {
                let tally = gap.tally.as_ref()?;
                Some(tally.threads?.lcs / tally.positions.all)
            };
            shares.push(measured.gaps.iter().map(share).collect());
            found.tallies = measured.gaps.into_iter().filter_map(|gap| gap.tally).collect();
            found.latencies = measured.latencies;
        }
        for method in &found.methods {
            let row = |errors: &CallErrors| CallLatency {
                protocol: self.setup.protocol.to_owned(),
                data: case.data.to_owned(),
                method: method.method.to_owned(),
                errors: errors.clone(),
            };
            self.figures.latencies.extend(method.latencies.iter().map(row));
        }
        self.note(&found, case.data);
        self.pooled.add(found);
        self.cases += 1;
        Ok(shares)
    }

    fn note(&mut self, found: &Found<'_>, data: &str) {
        let Setup { protocol, seed, .. } = *self.setup;
        let measurements = found.measurements(protocol, data, seed);
        self.figures.scores.extend(measurements.iter().flat_map(|one| Score::rows(one, protocol, "")));
        for method in &found.methods {
            let parts = strata([protocol, data, method.method], &found.places, &method.tallies);
            self.figures.strata.extend(parts);
        }
    }

    /// The figures. `kind`: what the traces are.
    pub(crate) fn finish(mut self, kind: &str) -> LossFigures {
        if self.cases > 1 {
            let pooled = std::mem::replace(&mut self.pooled, Found::new(&[]));
            let data = format!("all {} {kind}", self.cases);
            self.note(&pooled, &data);
        }
        self.figures
    }
}

/// What was found in one or several traces.
struct Found<'a> {
    counts: Vec<(u64, u64)>,
    /// By measured gap, as each method's tallies.
    places: Vec<GapPlace>,
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
        Self { counts: Vec::new(), places: Vec::new(), methods: methods.iter().map(new).collect() }
    }

    fn add(&mut self, other: Self) {
        self.counts.extend(other.counts);
        self.places.extend(other.places);
        for (own, other) in self.methods.iter_mut().zip(other.methods) {
            own.tallies.extend(other.tallies);
            own.latencies.extend(other.latencies);
        }
    }

    fn measurements(&self, protocol: &'static str, data: &str, seed: u64) -> Vec<Measurement> {
        let of_method = |found: &FoundMethod<'_>| {
            let job = Job { protocol, data, method: found.method, blackout: 0 };
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

/// One trace, ready to be repaired.
struct CaseBench<'c> {
    setup: &'c Setup<'c>,
    case: &'c Case<'c>,
    intervals: Vec<LossInterval>,
    /// What the baselines learn; only where one of them is not cached.
    model: OnceLock<Arc<NgramModel>>,
}

impl<'c> CaseBench<'c> {
    fn new(setup: &'c Setup<'c>, case: &'c Case<'c>) -> Self {
        Self { setup, case, intervals: loss_intervals(case.lossy), model: OnceLock::new() }
    }

    fn measure(&self, method: &str, cache: &dyn Cache, take: &mut Option<TakeGaps<'_>>) -> Result<Measured, Error> {
        let job = Job { protocol: self.setup.protocol, data: self.case.data, method, blackout: 0 };
        job.run(cache, take, |named| {
            let (predictions, latencies) = match method {
                ENGINE => self.engine(),
                _ => (self.baseline(method), Vec::new()),
            };
            let measured = |(gap, prediction): (usize, &TracePrediction)| match self.case.is_known(gap) {
                true => MeasuredGap::new(gap, prediction, &self.case.lost[gap], &self.case.types, named),
                false => MeasuredGap { tally: None, prediction: None },
            };
            Measured { gaps: predictions.iter().enumerate().map(measured).collect(), latencies }
        })
    }

    /// The engine's prediction for each gap, as `repair` makes it, and how far it brings latencies to those of the twin.
    fn engine(&self) -> (Vec<TracePrediction>, Vec<CallErrors>) {
        let (seed, params) = (self.setup.seed, self.setup.params.clone());
        let options = RepairOptions { seed, threads: 1, params, ..RepairOptions::default() };
        let begin = cpu_time::ThreadTime::now();
        let repairs = repair(self.case.lossy, self.setup.model, &options, &unwatched);
        let seconds = begin.elapsed().as_secs_f64() / repairs.len().max(1) as f64;
        let prediction = |(repair, truth): (&GapRepair, &Vec<ThreadEvent>)| self.of_repair(repair, truth, seconds);
        let predictions = repairs.iter().zip(&self.case.lost).map(prediction).collect();
        (predictions, latency::errors(self.case.lossy, &repairs, self.case.full))
    }

    fn of_repair(&self, repair: &GapRepair, truth: &[ThreadEvent], seconds: f64) -> TracePrediction {
        let events: Vec<ThreadEvent> = repair
            .events
            .iter()
            .map(|event| (thread(event.tid), self.case.types.find(&event.name, event.phase)))
            .collect();
        let mut numbers: FxHashMap<u32, f64> = FxHashMap::default();
        truth.iter().for_each(|&(_, event_type)| *numbers.entry(event_type).or_default() += 1.0);
        let mut expected: FxHashMap<u32, f64> = FxHashMap::default();
        let (mut rows, mut covered) = (0.0, 0.0);
        for row in &repair.composition.by_event {
            let event_type = self.case.types.find(&row.name, row.phase);
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
        let trace = with_loss_intervals(self.case.lossy, &self.intervals);
        let model = self.model.get_or_init(|| {
            let train: Vec<&Trace> = self.setup.train.iter().copied().chain([&*trace]).collect();
            NgramModel::learned(&train)
        });
        let method: Box<dyn Baseline> = baselines::baseline(name, model);
        let mut tokens = method.tokens().clone();
        let index = TraceIndex::new(&trace, &mut tokens);
        let types = self.case.types.of_tokens(&tokens);
        let mut fills = vec![Vec::new(); self.case.lost.len()];
        let mut seconds = vec![0.0; self.case.lost.len()];
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
        let all = fills.iter().zip(seconds).zip(&self.case.lost);
        all.map(|((fills, seconds), truth)| TracePrediction::of_baseline(fills, &types, truth, seconds)).collect()
    }
}

//! Protocols `burst` and `self`: realistic loss, bursts on one CPU's stream of a trace of many threads.
//!
//! A gap is k consecutive events of one stream of the test trace, at a random place at least 200 events from the ends
//! of that stream; the other CPUs stay whole, and so does what the same threads did elsewhere. Twenty gaps at most, far
//! apart in time, are cut at once; the engine then sees a trace with gaps, as in use, and learns from its intact rest.
//! With training traces this is `burst`, without any it is `self`. Methods know k per gap and nothing of the threads.

use crate::baselines::{self, Baseline, NgramModel};
use crate::cache::Cache;
use crate::error::Error;
use crate::leakage::leakage;
use crate::measurement::{Measurement, Plan};
use crate::methods::{ENGINE, chosen};
use crate::prediction::trace::{EventTypes, TakeGaps, ThreadEvent, TracePrediction};
use crate::protocol::trace_bench::{Job, Measured, MeasuredGap, methods};
use crate::score::Score;
use crate::strata::{GapPlace, Stratum, rate_decile, strata};
use crate::tally::{GapTally, Share};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tracemend_repair::blackout;
use tracemend_repair::blackout::Blackout;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::calibration::Belief;
use tracemend_repair::model::{self, Token, TraceModel};
use tracemend_repair::{
    Judge, Params, RepairOptions, Solution, adapt, coverage, right, solve, train, unwatched, with_threads,
};
use tracemend_trace::calls::{CallKind, CallState};
use tracemend_trace::{Event, Gap, ThreadKey, Trace};

/// Gap lengths of the protocol.
const BLACKOUTS: [usize; 5] = [1, 10, 40, 168, 700];

/// What to measure.
#[derive(Clone, Debug)]
pub struct BurstConfig<'t> {
    /// Traces to learn from; none: protocol `self`.
    pub train: Vec<&'t Trace>,
    /// Trace to cut gaps into.
    pub test: &'t Trace,
    /// Its name in result tables.
    pub data: String,
    /// Gap lengths; empty: 1, 10, 40, 168 and 700.
    pub blackouts: Vec<usize>,
    /// Gaps of each length.
    pub gaps: usize,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides the places of the gaps and the bootstrap.
    pub seed: u64,
    /// The constants of the engine.
    pub params: Params,
    /// Worker threads; 0: one per core.
    pub threads: usize,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Bursts {
    /// The figures of each gap length.
    pub scores: Vec<Score>,
    /// The figures of parts of the gaps, all lengths asked for together.
    pub strata: Vec<Stratum>,
}

/// Measures the engine and the baselines on the same gaps. `progress` is told how many of how many measurements are done;
/// `take` gets all predictions where it is given.
///
/// # Errors
/// An unknown method, a test trace too short for the gaps asked for, a cache that cannot be used, or what `take` fails
/// with.
pub fn run(
    config: &BurstConfig<'_>,
    progress: &mut dyn FnMut(usize, usize),
    cache: &dyn Cache,
    mut take: Option<TakeGaps<'_>>,
) -> Result<Bursts, Error> {
    let methods = chosen(&config.methods, &methods())?;
    let lengths: &[usize] = if config.blackouts.is_empty() { &BLACKOUTS } else { &config.blackouts };
    if config.gaps == 0 || lengths.contains(&0) {
        return Err(Error::Nothing);
    }
    let learns = !config.train.is_empty();
    let protocol = if learns { "burst" } else { "self" };
    let streams = blackout::by_stream(config.test);
    let (seed, params) = (config.seed, config.params.clone());
    let options = RepairOptions { seed, threads: 1, params, ..RepairOptions::default() };
    let trained = learns.then(|| with_threads(config.threads, || train(&config.train, &options)));
    let baselines: Option<Vec<Box<dyn Baseline>>> = learns.then(|| {
        let wanted = methods.iter().filter(|&&method| method != ENGINE);
        let model = NgramModel::learned(&config.train);
        wanted.map(|method| baselines::baseline(method, &model)).collect()
    });
    let types = EventTypes::of(config.train.iter().copied().chain([config.test]));
    let mut measurements = Vec::new();
    let mut all_places: Vec<GapPlace> = Vec::new();
    let mut all_tallies: Vec<Vec<GapTally>> = vec![Vec::new(); methods.len()];
    let total = lengths.len() * methods.len();
    for (number, &lost) in lengths.iter().enumerate() {
        let blackouts = blackout::draw(config.test, &streams, lost, config.gaps, config.seed, "evaluation");
        if blackouts.is_empty() {
            return Err(Error::TooShort { data: config.data.clone(), needed: lost + 401, lost });
        }
        let batches = blackout::batches(config.test, &streams, &blackouts);
        let gaps = BurstGaps {
            config,
            streams: &streams,
            blackouts: &blackouts,
            types: &types,
            trained: trained.as_ref(),
            options: &options,
        };
        all_places.extend(gaps.places());
        for (method_number, &method) in methods.iter().enumerate() {
            let baseline = baselines.as_ref().and_then(|all| all.iter().find(|known| known.name() == method));
            let measure = |named: bool| {
                let one = |batch: &Vec<usize>| match method {
                    ENGINE => gaps.engine(batch, named),
                    _ => gaps.baseline(batch, method, baseline.map(|known| &**known as &dyn Baseline), named),
                };
                let done: Vec<Vec<(usize, MeasuredGap)>> =
                    with_threads(config.threads, || batches.par_iter().map(one).collect());
                let mut measured: Vec<(usize, MeasuredGap)> = done.into_iter().flatten().collect();
                measured.sort_by_key(|&(gap, _)| gap);
                Measured { gaps: measured.into_iter().map(|(_, gap)| gap).collect(), latencies: Vec::new() }
            };
            let job = Job { protocol, data: &config.data, method, blackout: lost };
            let measured = job.run(cache, &mut take, measure)?;
            let tallies: Vec<GapTally> = measured.gaps.into_iter().filter_map(|gap| gap.tally).collect();
            measurements.push(job.measurement(&tallies, config.seed));
            all_tallies[method_number].extend(tallies);
            progress(number * methods.len() + method_number + 1, total);
        }
        if learns {
            measurements.push(gaps.leakage(lost));
        }
    }
    let parts =
        |(method, tallies): (&&str, &Vec<GapTally>)| strata([protocol, &config.data, method], &all_places, tallies);
    Ok(Bursts {
        scores: measurements.iter().flat_map(|one| Score::rows(one, protocol, "")).collect(),
        strata: methods.iter().zip(&all_tallies).flat_map(parts).collect(),
    })
}

/// Gaps of one length, and what methods may know.
struct BurstGaps<'c, 't> {
    config: &'c BurstConfig<'t>,
    streams: &'c [Vec<u32>],
    blackouts: &'c [Blackout],
    types: &'c EventTypes,
    trained: Option<&'c TraceModel>,
    options: &'c RepairOptions,
}

impl BurstGaps<'_, '_> {
    fn cut(&self, batch: &[usize]) -> (Trace, Vec<Gap>) {
        let batch: Vec<Blackout> = batch.iter().map(|&gap| self.blackouts[gap]).collect();
        blackout::cut(self.config.test, self.streams, &batch)
    }

    /// What decides to which part each gap belongs.
    fn places(&self) -> Vec<GapPlace> {
        let times = |positions: &Vec<u32>| -> Vec<i64> {
            positions.iter().map(|&position| self.config.test.events[position as usize].time_ns).collect()
        };
        let times: Vec<Vec<i64>> = self.streams.iter().map(times).collect();
        let place = |gap: &Blackout| {
            let times = &times[gap.stream];
            let (before, after) = (times[gap.first - 1], times[gap.first + gap.lost]);
            GapPlace { lost: gap.lost, rate_decile: rate_decile(times, Some(before), Some(after)) }
        };
        self.blackouts.iter().map(place).collect()
    }

    fn truth(&self, gap: usize) -> Vec<&Event> {
        blackout::truth(self.config.test, self.streams, self.blackouts[gap])
    }

    fn thread_events(&self, events: &[&Event]) -> Vec<ThreadEvent> {
        let symbols = &self.config.test.header.symbols;
        let event = |event: &&Event| (ThreadKey::of(event), self.types.find(symbols.name(event.name), event.phase));
        events.iter().map(event).collect()
    }

    fn engine(&self, batch: &[usize], named: bool) -> Vec<(usize, MeasuredGap)> {
        let (rest, gaps) = self.cut(batch);
        let mut model = adapt(&rest, &gaps, self.trained, self.options);
        let index = TraceIndex::new(&rest, &mut model.tokens);
        let solutions = solve(&index, &gaps, &model, None, self.options, &unwatched);
        let types = self.types.of_tokens(&model.tokens);
        let own_types = model::EventTypes::new(&model.tokens);
        let judge = Judge { trace: self.config.test, event_types: &own_types, params: &self.options.params.search };
        batch
            .iter()
            .zip(&solutions)
            .map(|(&gap, solution)| {
                let truth = self.truth(gap);
                let prediction = self.of_solution(solution, &model, &types, &truth, &judge, &index);
                (gap, MeasuredGap::new(gap, &prediction, &self.thread_events(&truth), self.types, named))
            })
            .collect()
    }

    fn baseline(
        &self,
        batch: &[usize],
        name: &str,
        learned: Option<&dyn Baseline>,
        named: bool,
    ) -> Vec<(usize, MeasuredGap)> {
        let (rest, gaps) = self.cut(batch);
        let of_rest;
        let method = match learned {
            Some(method) => method,
            None => {
                of_rest = baselines::baseline(name, &NgramModel::learned(&[&rest]));
                &*of_rest
            }
        };
        let mut tokens = method.tokens().clone();
        let index = TraceIndex::new(&rest, &mut tokens);
        let types = self.types.of_tokens(&tokens);
        batch
            .iter()
            .zip(&gaps)
            .map(|(&gap, cut)| {
                let begin = cpu_time::ThreadTime::now();
                let fills = method.fill(&index, cut, self.blackouts[gap].lost);
                let seconds = begin.elapsed().as_secs_f64();
                let truth = self.thread_events(&self.truth(gap));
                let prediction = TracePrediction::of_baseline(&fills, &types, &truth, seconds);
                (gap, MeasuredGap::new(gap, &prediction, &truth, self.types, named))
            })
            .collect()
    }

    /// The prediction of the engine. `types`: the event types of the model's tokens.
    fn of_solution(
        &self,
        solution: &Solution,
        model: &TraceModel,
        types: &[u32],
        truth: &[&Event],
        judge: &Judge<'_>,
        index: &TraceIndex<'_>,
    ) -> TracePrediction {
        let lost = solution.placed().len();
        let confidence = solution.consensus.iter().flat_map(|consensus| {
            let belief = |place| Belief { support: consensus.support[place], lost, place };
            (0..lost).map(move |place| model.calibration.confidence(belief(place), &model.params))
        });
        let mut expected: FxHashMap<u32, f64> = FxHashMap::default();
        let share = model.calibration.background(lost);
        for (event_type, count) in solution.counted.by_event_with(share, judge.params.min_expected) {
            let event_type = judge.event_types.get(event_type);
            *expected.entry(self.types.find(&event_type.name, event_type.phase)).or_default() += count.mean;
        }
        let event =
            |&(point, token): &(u16, Token)| (solution.context.points[point as usize].thread, types[token as usize]);
        let (rows, covered) = coverage(solution, model, judge, truth);
        TracePrediction {
            events: solution.placed().iter().map(event).collect(),
            right: right(solution, judge.event_types, truth, judge.trace),
            confidence: Some(confidence.collect()),
            expected: Some(expected),
            coverage: Share { right: covered, all: rows },
            valid: Some(is_valid(solution, model, index)),
            seconds: solution.seconds,
        }
    }

    /// Share of the gaps whose lost events occur word for word, in a row, on a stream of a training trace.
    fn leakage(&self, lost: usize) -> Measurement {
        let of = |trace: &Trace, positions: &[u32]| -> Vec<u32> {
            let symbols = &trace.header.symbols;
            let event = |&position: &u32| {
                let event = &trace.events[position as usize];
                self.types.find(symbols.name(event.name), event.phase)
            };
            positions.iter().map(event).collect()
        };
        let training: Vec<Vec<u32>> = self
            .config
            .train
            .iter()
            .flat_map(|trace| blackout::by_stream(trace).into_iter().map(|positions| of(trace, &positions)))
            .collect();
        let stretch = |gap: &Blackout| &self.streams[gap.stream][gap.first..gap.first + lost];
        let windows: Vec<(Vec<u32>, usize)> =
            self.blackouts.iter().map(|gap| (of(self.config.test, stretch(gap)), 1)).collect();
        let plan = Plan::over_gaps(windows.len(), self.config.seed, lost);
        leakage(&self.config.data, lost, &training, &windows, &plan)
    }
}

/// Whether each thread obeys the entry/exit rules wherever an inferred event stands, with the inferred events among the
/// recorded ones in the order of time, as `repair` writes them. Reads the merged threads alone, from the first event of
/// each, and nothing that the search knew.
fn is_valid(solution: &Solution, model: &TraceModel, index: &TraceIndex<'_>) -> bool {
    let symbols = &index.trace.header.symbols;
    let one_sided = index.one_sided();
    let mut threads: FxHashMap<ThreadKey, Vec<(i64, Token)>> = FxHashMap::default();
    for (&(point, token), &time_ns) in solution.placed().iter().zip(solution.times.as_deref().unwrap_or_default()) {
        let thread = solution.context.points[point as usize].thread;
        threads.entry(thread).or_default().push((time_ns, token));
    }
    threads.into_iter().all(|(thread, inferred)| {
        let recorded = index.threads.get(&thread).map_or(&[][..], Vec::as_slice);
        let mut inferred = inferred.into_iter().peekable();
        let mut state = CallState::Unknown;
        let mut after_inferred = false;
        let mut valid = true;
        let mut obeys =
            |name, phase| one_sided.contains(name) || state.observe(CallKind::of(name, phase, name)).is_ok();
        for &position in recorded {
            let event = index.event(position);
            while let Some((_, token)) = inferred.next_if(|&(time_ns, _)| time_ns < event.time_ns) {
                let kind = model.tokens.kind(token);
                valid &= obeys(&kind.name, kind.phase);
                after_inferred = true;
            }
            // A recorded event that contradicts a recorded one is the sign of another gap.
            valid &= obeys(symbols.name(event.name), event.phase) || !after_inferred;
            after_inferred = false;
        }
        for (_, token) in inferred {
            let kind = model.tokens.kind(token);
            valid &= obeys(&kind.name, kind.phase);
        }
        valid
    })
}

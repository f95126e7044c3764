//! Protocols `burst` and `self`: realistic loss, bursts on one CPU's stream of a trace of many threads.
//!
//! A gap is k consecutive events of one stream of the test trace, at a random place at least 200 events from the ends
//! of that stream; the other CPUs stay whole, and so does what the same threads did elsewhere. Twenty gaps at most, far apart
//! in time, are cut at once; the engine then sees a trace with gaps, as in use, and learns from its intact rest. With
//! training traces this is `burst`, without any it is `self`. Methods know k per gap and nothing of the threads.

use crate::answer::{
    Answer, TakeTraced, Tally, TracedAnswer, TracedAnswers, TracedEvent, baseline_answer, estimated, named, numbers,
    tally,
};
use crate::baselines;
use crate::baselines::{BurstMethod, METHODS as BASELINES};
use crate::cache::{Keep, kept};
use crate::score::Score;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::{Hash, Hasher};
use tracemend_repair::blackout;
use tracemend_repair::blackout::Blackout;
use tracemend_repair::index::TraceIndex;
use tracemend_repair::model::calibration::Belief;
use tracemend_repair::model::{CountsModel, Token, thread_of};
use tracemend_repair::{RawRepair, RepairOptions, adapt, repair_raw, unwatched, with_threads};
use tracemend_trace::calls::CallState;
use tracemend_trace::{Event, Gap, Phase, Trace};

/// Gap lengths of the protocol.
pub const BLACKOUTS: [usize; 5] = [1, 10, 40, 168, 700];
/// Name of the engine in result tables.
pub const ENGINE: &str = "counts";
/// What to measure.
#[derive(Clone, Debug)]
pub struct BurstConfig<'t> {
    /// Traces to learn from; none: protocol `self`.
    pub train: Vec<&'t Trace>,
    /// Trace to cut gaps into.
    pub test: &'t Trace,
    /// What to call it in result tables.
    pub data: String,
    /// Gap lengths; empty: [`BLACKOUTS`].
    pub blackouts: Vec<usize>,
    /// Gaps of each length.
    pub gaps: usize,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides the places of the gaps and the bootstrap.
    pub seed: u64,
    /// Worker threads; 0: one per core.
    pub threads: usize,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BurstError {
    /// No such method.
    #[error("there is no method `{0}` in this protocol; choose among counts, {list}", list = BASELINES.join(", "))]
    UnknownMethod(String),
    /// Gaps of no events, or none at all.
    #[error("there is nothing to measure: ask for at least one gap of at least one event")]
    Nothing,
    /// The test trace is too short.
    #[error(
        "{data} has no stream of {needed} events, which gaps of {lost} events need with 200 events on both sides; \
         choose a longer trace or shorter gaps"
    )]
    TooShort {
        /// The test trace.
        data: String,
        /// Events needed.
        needed: usize,
        /// Length of the gap.
        lost: usize,
    },
    /// The answers could not be written.
    #[error("the answers cannot be written: {0}; check the path and that there is room")]
    Answers(#[source] std::io::Error),
    /// Finished cells could not be read or kept.
    #[error("what was measured cannot be kept: {0}; check that there is room, and that the folder's files are whole")]
    Keep(#[from] std::io::Error),
}

/// Measures the engine and the baselines on the same gaps; `keep` knows finished cells, `answers` gets all answers where it
/// is given.
///
/// # Errors
/// An unknown method, or a test trace too short for the gaps asked for.
pub fn run(
    config: &BurstConfig<'_>,
    progress: &mut dyn FnMut(usize, usize),
    keep: &dyn Keep,
    mut answers: Option<TakeTraced<'_>>,
) -> Result<Vec<Score>, BurstError> {
    let all: Vec<&str> = std::iter::once(ENGINE).chain(BASELINES).collect();
    let methods: Vec<&str> = if config.methods.is_empty() {
        all.clone()
    } else {
        config
            .methods
            .iter()
            .map(|method| {
                all.iter().copied().find(|known| known == method).ok_or(BurstError::UnknownMethod(method.clone()))
            })
            .collect::<Result<_, _>>()?
    };
    let lengths: &[usize] = if config.blackouts.is_empty() { &BLACKOUTS } else { &config.blackouts };
    if config.gaps == 0 || lengths.contains(&0) {
        return Err(BurstError::Nothing);
    }
    let streams = blackout::by_stream(config.test);
    let options = RepairOptions { seed: config.seed, threads: 1, ..RepairOptions::default() };
    let trained = (!config.train.is_empty())
        .then(|| with_threads(config.threads, || tracemend_repair::train(&config.train, &options)));
    let baselines = config.train.first().map(|_| {
        let wanted = methods.iter().filter(|&&method| method != ENGINE);
        let counts = baselines::learn(&config.train);
        wanted.map(|method| baselines::method(method, &counts)).collect::<Vec<_>>()
    });
    let mut scores = Vec::new();
    let total = lengths.len() * methods.len();
    for (number, &lost) in lengths.iter().enumerate() {
        let blackouts = blackout::draw(config.test, &streams, lost, config.gaps, config.seed, "evaluation");
        if blackouts.is_empty() {
            return Err(BurstError::TooShort { data: config.data.clone(), needed: lost + 401, lost });
        }
        let batches = blackout::batches(config.test, &streams, &blackouts);
        let cell = Cell {
            config,
            streams: &streams,
            blackouts: &blackouts,
            trained: trained.as_ref(),
            options: &options,
            traced: answers.is_some(),
        };
        for (method_number, &method) in methods.iter().enumerate() {
            let baseline = baselines.as_ref().and_then(|known| {
                known.iter().find(|known| known.name() == method).map(|known| &**known as &dyn BurstMethod)
            });
            let one = |batch: &Vec<usize>| {
                if method == ENGINE { cell.engine(batch) } else { cell.baseline(batch, method, baseline) }
            };
            let measure = || -> Vec<Measured> {
                let done: Vec<Vec<(usize, Measured)>> =
                    with_threads(config.threads, || batches.par_iter().map(one).collect());
                let mut measured: Vec<(usize, Measured)> = done.into_iter().flatten().collect();
                measured.sort_by_key(|&(gap, _)| gap);
                measured.into_iter().map(|(_, measured)| measured).collect()
            };
            // Answers make a cell many times larger, so they are kept only where they are asked for.
            let with = if cell.traced { " with answers" } else { "" };
            let measured = kept(keep, &format!("{} k={lost} {method}{with}", config.data), measure)?;
            let (tallies, traced): (Vec<Tally>, Vec<Option<TracedAnswer>>) = measured.into_iter().unzip();
            if let Some(answers) = &mut answers {
                let all: Vec<TracedAnswer> = traced.into_iter().flatten().collect();
                let (protocol, data) = (cell.protocol(), config.data.as_str());
                answers(&TracedAnswers { protocol, data, method, blackout: lost, answers: &all })
                    .map_err(BurstError::Answers)?;
            }
            scores.extend(cell.scores(method, lost, &tallies));
            progress(number * methods.len() + method_number + 1, total);
        }
        if !config.train.is_empty() {
            scores.push(cell.leakage(lost));
        }
    }
    Ok(scores)
}

/// A gap's tally, and the answer itself where that is asked for.
type Measured = (Tally, Option<TracedAnswer>);

struct Cell<'c, 't> {
    config: &'c BurstConfig<'t>,
    streams: &'c [Vec<u32>],
    blackouts: &'c [Blackout],
    trained: Option<&'c CountsModel>,
    options: &'c RepairOptions,
    /// Whether answers are wanted.
    traced: bool,
}

impl Cell<'_, '_> {
    fn protocol(&self) -> &'static str {
        if self.config.train.is_empty() { "self" } else { "burst" }
    }

    /// An answer to gap `gap`, held against what was lost there.
    fn measured(
        &self,
        gap: usize,
        answer: &Answer,
        truth: &[&Event],
        numbers: &FxHashMap<(String, Phase), u32>,
    ) -> (usize, Measured) {
        let traced = self.traced.then(|| {
            let symbols = &self.config.test.header.symbols;
            let event = |event: &&Event| {
                TracedEvent::new(thread_of(event), Some(&(symbols.name(event.name).to_owned(), event.phase)))
            };
            answer.traced(gap, truth.iter().map(event).collect(), &named(numbers))
        });
        (gap, (tally(answer, &self.truth(truth, numbers)), traced))
    }

    fn cut(&self, batch: &[usize]) -> (Trace, Vec<Gap>) {
        let batch: Vec<Blackout> = batch.iter().map(|&gap| self.blackouts[gap]).collect();
        blackout::cut(self.config.test, self.streams, &batch)
    }

    fn engine(&self, batch: &[usize]) -> Vec<(usize, Measured)> {
        let (rest, gaps) = self.cut(batch);
        let mut model = adapt(&rest, &gaps, self.trained, self.options);
        let (index, raw) = repair_raw(&rest, &gaps, &mut model, self.options, &unwatched);
        let bare = model.tokens.bare();
        let numbers = numbers(&model.tokens, &bare);
        batch
            .iter()
            .zip(&raw)
            .map(|(&gap, raw)| {
                let truth = blackout::truth(self.config.test, self.streams, self.blackouts[gap]);
                let answer = answer_of(raw, &model, &bare, &truth, self.config.test, &index);
                self.measured(gap, &answer, &truth, &numbers)
            })
            .collect()
    }

    fn baseline(&self, batch: &[usize], name: &str, learned: Option<&dyn BurstMethod>) -> Vec<(usize, Measured)> {
        let (rest, gaps) = self.cut(batch);
        let own;
        let method = match learned {
            Some(method) => method,
            None => {
                own = baselines::method(name, &baselines::learn(&[&rest]));
                &*own
            }
        };
        let mut tokens = method.tokens().clone();
        let index = TraceIndex::new(&rest, &mut tokens);
        let bare = tokens.bare();
        let numbers = numbers(&tokens, &bare);
        batch
            .iter()
            .zip(&gaps)
            .map(|(&gap, cut)| {
                let begin = cpu_time::ThreadTime::now();
                let fills = method.fill(&index, cut, self.blackouts[gap].lost);
                let seconds = begin.elapsed().as_secs_f64();
                let truth = blackout::truth(self.config.test, self.streams, self.blackouts[gap]);
                let answer = baseline_answer(&fills, &bare, &self.truth(&truth, &numbers), seconds);
                self.measured(gap, &answer, &truth, &numbers)
            })
            .collect()
    }

    fn truth(&self, events: &[&Event], numbers: &FxHashMap<(String, Phase), u32>) -> Vec<(i64, u32)> {
        let symbols = &self.config.test.header.symbols;
        events
            .iter()
            .map(|event| {
                let kind = (symbols.name(event.name).to_owned(), event.phase);
                // A name the model never saw: a number of its own.
                (thread_of(event), numbers.get(&kind).copied().unwrap_or(u32::MAX - event.name.0))
            })
            .collect()
    }

    fn scores(&self, method: &str, lost: usize, tallies: &[Tally]) -> Vec<Score> {
        estimated(tallies, self.config.seed, lost)
            .into_iter()
            .map(|(metric, [value, low, high], detail)| Score {
                detail,
                ..self.score(method, lost, metric, value, low, high, tallies.len())
            })
            .collect()
    }

    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    fn score(&self, method: &str, lost: usize, metric: &str, value: f64, low: f64, high: f64, gaps: usize) -> Score {
        Score {
            protocol: self.protocol().to_owned(),
            data: self.config.data.clone(),
            method: method.to_owned(),
            blackout: lost,
            metric: metric.to_owned(),
            value,
            low,
            high,
            gaps,
            detail: Default::default(),
        }
    }

    /// Share of the gaps whose lost events occur verbatim, in a row, on a stream of a training trace.
    fn leakage(&self, lost: usize) -> Score {
        let mut seen: FxHashSet<u64> = FxHashSet::default();
        let name = |trace: &Trace, position: u32| {
            let event = &trace.events[position as usize];
            let mut hasher = rustc_hash::FxHasher::default();
            (trace.header.symbols.name(event.name), event.phase).hash(&mut hasher);
            hasher.finish()
        };
        let windows = |names: &[u64]| -> Vec<u64> {
            // Polynomial hash of every window, rolled along.
            const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
            let top = (1..lost).fold(1u64, |power, _| power.wrapping_mul(BASE));
            let mut hash = 0u64;
            let mut all = Vec::new();
            for (place, name) in names.iter().enumerate() {
                if place >= lost {
                    hash = hash.wrapping_sub(names[place - lost].wrapping_mul(top));
                }
                hash = hash.wrapping_mul(BASE).wrapping_add(*name);
                if place + 1 >= lost {
                    all.push(hash);
                }
            }
            all
        };
        for trace in &self.config.train {
            for positions in blackout::by_stream(trace) {
                let names: Vec<u64> = positions.iter().map(|&position| name(trace, position)).collect();
                seen.extend(windows(&names));
            }
        }
        let leaked = self
            .blackouts
            .iter()
            .filter(|blackout| {
                let positions = &self.streams[blackout.stream][blackout.first..blackout.first + lost];
                let names: Vec<u64> = positions.iter().map(|&position| name(self.config.test, position)).collect();
                windows(&names).iter().any(|window| seen.contains(window))
            })
            .count() as f64
            / self.blackouts.len() as f64;
        self.score(crate::protocol::paper::NO_METHOD, lost, "leakage", leaked, leaked, leaked, self.blackouts.len())
    }
}

fn answer_of(
    raw: &RawRepair,
    model: &CountsModel,
    bare: &[u32],
    truth: &[&Event],
    trace: &Trace,
    index: &TraceIndex<'_>,
) -> Answer {
    let calibration = &model.calibration;
    let lost = raw.placed().len();
    let thread = |slot: u16| raw.context.slots[slot as usize].thread.unwrap_or(i64::MIN);
    let right = blackout::right(raw, model, bare, truth, trace);
    let kept: Vec<usize> = (0..lost).filter(|&place| raw.kept[place]).collect();
    let confidence = raw.consensus.as_ref().map(|consensus| {
        let belief = |&place: &usize| Belief { support: consensus.support[place], lost, place };
        kept.iter().map(|place| calibration.confidence(belief(place))).collect()
    });
    let mut expected: FxHashMap<u32, f64> = FxHashMap::default();
    let kinds = numbers(&model.tokens, bare);
    for ((name, phase), count) in raw.counted.by_event_with(calibration.background(lost)) {
        if let Some(&number) = kinds.get(&(name, phase)) {
            *expected.entry(number).or_default() += count.mean;
        }
    }
    Answer {
        events: kept
            .iter()
            .map(|&place| {
                let (slot, token) = raw.placed()[place];
                (thread(slot), bare[token as usize])
            })
            .collect(),
        right: kept.iter().map(|&place| right[place]).collect(),
        confidence,
        expected: Some(expected),
        coverage: Some(blackout::coverage(raw, calibration, truth, trace)),
        valid: Some(is_valid(raw, model, index)),
        seconds: raw.seconds,
    }
}

/// Whether each thread, with the inferred events among the recorded ones in the order of time as `repair` writes them,
/// obeys the entry/exit rules wherever an inferred event stands. Looks at the merged threads alone, from the first event
/// of each, and at nothing of what the search knew.
fn is_valid(raw: &RawRepair, model: &CountsModel, index: &TraceIndex<'_>) -> bool {
    let symbols = &index.trace.header.symbols;
    let one_sided = index.one_sided();
    let mut threads: FxHashMap<i64, Vec<(i64, Token)>> = FxHashMap::default();
    let times = raw.times.as_deref().unwrap_or_default();
    for ((&(slot, token), &time_ns), _) in raw.placed().iter().zip(times).zip(&raw.kept).filter(|&(_, &kept)| kept) {
        if let Some(thread) = raw.context.slots[slot as usize].thread {
            threads.entry(thread).or_default().push((time_ns, token));
        }
    }
    threads.into_iter().all(|(thread, inferred)| {
        let recorded = index.threads.get(&thread).map_or(&[][..], Vec::as_slice);
        let mut inferred = inferred.into_iter().peekable();
        let mut rules = ThreadRules::default();
        let mut after_inferred = false;
        let mut valid = true;
        for &position in recorded {
            let event = index.event(position);
            while let Some((_, token)) = inferred.next_if(|&(time_ns, _)| time_ns < event.time_ns) {
                let kind = model.tokens.kind(token);
                valid &= one_sided.contains(kind.name.as_str()) || rules.observe(&kind.name, kind.phase).is_ok();
                after_inferred = true;
            }
            let name = symbols.name(event.name);
            let obeys = one_sided.contains(name) || rules.observe(name, event.phase).is_ok();
            // A recorded event that contradicts a recorded one tells of another gap.
            valid &= obeys || !after_inferred;
            after_inferred = false;
        }
        for (_, token) in inferred {
            let kind = model.tokens.kind(token);
            valid &= one_sided.contains(kind.name.as_str()) || rules.observe(&kind.name, kind.phase).is_ok();
        }
        valid
    })
}

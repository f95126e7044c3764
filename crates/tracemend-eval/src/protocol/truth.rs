//! Protocol `truth`: a trace that really lost events, and its complete twin recorded beside it.
//!
//! Both recordings tell of the same events at almost the same times. An event of the lossy trace is the one of the twin
//! that has its CPU, thread and name and is nearest in time, once the usual distance between the two recordings is taken
//! off. What of the twin then has no counterpart and lies in the interval of a gap was lost there.

use crate::answer::{
    Answer, TakeTraced, Tally, TracedAnswer, TracedAnswers, TracedEvent, baseline_answer, estimated, named, numbers,
    right, tally,
};
use crate::baselines;
use crate::baselines::{BurstMethod, Fill, METHODS as BASELINES};
use crate::cache::{Keep, kept};
use crate::protocol::paper::NO_METHOD;
use crate::score::Score;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tracemend_repair::index::TraceIndex;
use tracemend_repair::loss_intervals::{Hole, holes, with_holes};
use tracemend_repair::{GapRepair, RepairOptions, repair, unwatched};
use tracemend_trace::{Event, Phase, StreamId, Trace};

/// Name of the engine in result tables.
const ENGINE: &str = crate::protocol::burst::ENGINE;
/// The same event has times at most this far apart in twins.
const TWIN_NS: u64 = 20_000_000;
/// How far outside of a gap an event may seem to lie that was lost there.
const EDGE_NS: i64 = 50_000;

/// What to measure.
#[derive(Clone, Debug)]
pub struct TruthConfig<'t> {
    /// The trace with losses.
    pub lossy: &'t Trace,
    /// Its complete twin.
    pub full: &'t Trace,
    /// What to call them in result tables.
    pub data: String,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides the bootstrap.
    pub seed: u64,
}

/// One real gap.
#[derive(Clone, Debug, Serialize)]
pub struct TruthGap {
    /// Number of the gap in the lossy trace.
    pub gap: u32,
    /// Its stream.
    pub stream: Option<String>,
    /// How many events the tracer says were lost there; null where it did not count.
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
#[derive(Clone, Debug)]
pub struct Truth {
    /// By gap.
    pub gaps: Vec<TruthGap>,
    /// Over all gaps. Blackout 0 stands for real gaps of any length.
    pub scores: Vec<Score>,
    /// What does not fit together.
    pub warnings: Vec<String>,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TruthError {
    /// No such method.
    #[error("there is no method `{0}` in this protocol; choose among counts, {list}", list = BASELINES.join(", "))]
    UnknownMethod(String),
    /// Nothing was lost.
    #[error("{0} tells of no loss; name the trace with losses with --lossy")]
    NoGap(String),
    /// The two are no twins.
    #[error("what {0} recorded is not found in the complete twin; are both of the same run?")]
    NoTwins(String),
    /// The answers could not be written.
    #[error("the answers cannot be written: {0}; check the path and that there is room")]
    Answers(#[source] std::io::Error),
    /// Finished cells could not be read or kept.
    #[error("what was measured cannot be kept: {0}; check that there is room, and that the folder's files are whole")]
    Keep(#[from] std::io::Error),
}

/// The channel of a lossy trace and its complete one, where a trace holds both: streams are named `CHANNEL_N`.
pub fn channels(trace: &Trace) -> Option<(Trace, Trace)> {
    let lossy_streams: Vec<StreamId> = trace.gaps.iter().filter_map(|gap| gap.stream).collect();
    let channel = |stream: StreamId| {
        let name = trace.header.streams[stream.0 as usize].name.as_str();
        name.rsplit_once('_').map_or(name, |(channel, _)| channel)
    };
    let all = (0..trace.header.streams.len() as u32).map(StreamId);
    let lossy: Vec<&str> = lossy_streams.iter().map(|&stream| channel(stream)).collect();
    let (in_lossy, complete): (Vec<StreamId>, Vec<StreamId>) =
        all.partition(|&stream| lossy.contains(&channel(stream)));
    if lossy.is_empty() || complete.is_empty() {
        return None;
    }
    let part = |streams: &[StreamId], gaps: bool| Trace {
        header: trace.header.clone(),
        events: trace.events.iter().filter(|event| streams.contains(&event.stream)).cloned().collect(),
        gaps: if gaps { trace.gaps.clone() } else { Vec::new() },
    };
    Some((part(&in_lossy, true), part(&complete, false)))
}

/// Numbers for names and phases, common to both traces.
#[derive(Default)]
struct Kinds(FxHashMap<(String, Phase), u32>);

impl Kinds {
    fn number(&mut self, name: &str, phase: Phase) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry((name.to_owned(), phase)).or_insert(next)
    }
}

/// A thread in comparable terms: the idle one and none at all are one each.
fn thread(tid: Option<i32>) -> i64 {
    tid.map_or(-1, i64::from)
}

/// The events of one CPU (or, where a stream has none, of all): time, and what they are.
struct Lane {
    times: Vec<i64>,
    what: Vec<(i64, u32)>,
}

fn lane<'t>(trace: &'t Trace, kinds: &mut Kinds, belongs: impl Fn(&'t Event) -> bool) -> Lane {
    let mut lane = Lane { times: Vec::new(), what: Vec::new() };
    for event in trace.events.iter().filter(|&event| belongs(event)) {
        lane.times.push(event.time_ns);
        lane.what.push((thread(event.tid), kinds.number(trace.header.symbols.name(event.name), event.phase)));
    }
    lane
}

/// Which of the twin's events were recorded in the lossy trace too, and the usual distance of their times.
struct Matched {
    known: Vec<bool>,
    distance_ns: i64,
    /// Events of the lossy trace without a counterpart.
    strays: usize,
}

fn matched(own: &Lane, twin: &Lane) -> Matched {
    let mut places: FxHashMap<(i64, u32), Vec<usize>> = FxHashMap::default();
    twin.what.iter().enumerate().for_each(|(place, &what)| places.entry(what).or_default().push(place));
    let nobody = Vec::new();
    let nearest = |event: usize, distance_ns: i64, free: &dyn Fn(usize) -> bool| {
        let time = own.times[event].saturating_add(distance_ns);
        let places = places.get(&own.what[event]).unwrap_or(&nobody);
        let after = places.partition_point(|&place| twin.times[place] < time);
        let near = |place: &usize| twin.times[*place].abs_diff(time) <= TWIN_NS;
        let next = places[after..].iter().copied().take_while(near).find(|&place| free(place));
        let last = places[..after].iter().rev().copied().take_while(near).find(|&place| free(place));
        let all = last.into_iter().chain(next);
        all.min_by_key(|&place| twin.times[place].abs_diff(time))
    };
    let all_events = 0..own.what.len();
    let mut distances: Vec<i64> = all_events
        .clone()
        .filter_map(|event| Some(twin.times[nearest(event, 0, &|_| true)?].saturating_sub(own.times[event])))
        .collect();
    distances.sort_unstable();
    let distance_ns = distances.get(distances.len() / 2).copied().unwrap_or(0);
    let mut known = vec![false; twin.what.len()];
    let mut strays = 0;
    for event in all_events {
        match nearest(event, distance_ns, &|place| !known[place]) {
            Some(place) => known[place] = true,
            None => strays += 1,
        }
    }
    Matched { known, distance_ns, strays }
}

/// What was lost in each gap: thread and kind, in order.
fn lost_events(
    lossy: &Trace,
    full: &Trace,
    kinds: &mut Kinds,
    data: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<Vec<(i64, u32)>>, TruthError> {
    let mut lost: Vec<Vec<(i64, u32)>> = vec![Vec::new(); lossy.gaps.len()];
    let (mut strays, mut recorded) = (0, 0);
    for (number, info) in lossy.header.streams.iter().enumerate() {
        let mut gaps: Vec<usize> =
            (0..lossy.gaps.len()).filter(|&gap| lossy.gaps[gap].stream == Some(StreamId(number as u32))).collect();
        gaps.sort_by_key(|&gap| lossy.gaps[gap].begin_ns);
        let own = lane(lossy, kinds, |event| event.stream.0 as usize == number);
        let twin = lane(full, kinds, |event| info.cpu.is_none() || event.cpu == info.cpu);
        let matched = matched(&own, &twin);
        strays += matched.strays;
        recorded += own.what.len();
        for (place, &what) in twin.what.iter().enumerate().filter(|&(place, _)| !matched.known[place]) {
            let time = twin.times[place].saturating_sub(matched.distance_ns);
            // How far outside of a gap: the two recordings took their times apart.
            let outside = |gap: usize| {
                let gap = &lossy.gaps[gap];
                let before = gap.begin_ns.map_or(0, |begin| begin.saturating_sub(time));
                let after = gap.end_ns.map_or(0, |end| time.saturating_sub(end));
                before.max(after).max(0)
            };
            let nearest = gaps.iter().copied().min_by_key(|&gap| outside(gap));
            if let Some(gap) = nearest.filter(|&gap| outside(gap) <= EDGE_NS) {
                lost[gap].push(what);
            }
        }
    }
    if 2 * strays > recorded {
        return Err(TruthError::NoTwins(data.to_owned()));
    }
    if strays > 0 {
        warnings.push(format!(
            "{strays} of {recorded} recorded events are not in the complete twin: as many may be taken for lost"
        ));
    }
    if lossy.gaps.iter().any(|gap| gap.stream.is_none()) {
        warnings.push("gaps of no known CPU cannot be matched with the twin; they are left out".to_owned());
    }
    Ok(lost)
}

/// What is kept of one method.
#[derive(Serialize, Deserialize)]
struct Measured {
    /// By gap; none where nothing can be measured.
    tallies: Vec<Option<Tally>>,
    /// The answers, where they are asked for.
    traced: Vec<TracedAnswer>,
}

/// Repairs the lossy trace, learned from its own intact rest, and holds the answers against the twin. `keep` knows methods
/// that are measured already, `take` gets all answers where it is given.
///
/// # Errors
/// An unknown method, a trace without loss, or traces that are no twins.
pub fn run(config: &TruthConfig<'_>, keep: &dyn Keep, mut take: Option<TakeTraced<'_>>) -> Result<Truth, TruthError> {
    let all: Vec<&str> = std::iter::once(ENGINE).chain(BASELINES).collect();
    let methods: Vec<&str> = match config.methods.is_empty() {
        true => all,
        false => config
            .methods
            .iter()
            .map(|method| {
                all.iter().copied().find(|known| known == method).ok_or(TruthError::UnknownMethod(method.clone()))
            })
            .collect::<Result<_, _>>()?,
    };
    let lossy = config.lossy;
    if lossy.gaps.is_empty() {
        return Err(TruthError::NoGap(config.data.clone()));
    }
    let holes = holes(lossy);
    let mut kinds = Kinds::default();
    let mut warnings = Vec::new();
    let lost = lost_events(lossy, config.full, &mut kinds, &config.data, &mut warnings)?;
    let mut gaps: Vec<TruthGap> = lossy
        .gaps
        .iter()
        .zip(&lost)
        .map(|(gap, lost)| TruthGap {
            gap: gap.id,
            stream: gap.stream.map(|stream| lossy.header.streams[stream.0 as usize].name.clone()),
            lost_found: gap.lost.count(),
            lost_true: lost.len() as u64,
            thread_lcs: Vec::new(),
        })
        .collect();
    let matched: Vec<usize> = (0..gaps.len()).filter(|&gap| lossy.gaps[gap].stream.is_some()).collect();
    let mut scores = count_scores(config, &gaps, &matched);
    let holed = with_holes(lossy, &holes);
    let counts = baselines::learn(&[&holed]);
    for &method in &methods {
        let measure = || -> Measured {
            let answers = match method {
                ENGINE => engine(lossy, &lost, config.seed, &mut kinds),
                _ => baseline(&holed, &holes, &lost, &*baselines::method(method, &counts), &mut kinds),
            };
            let traced = || {
                let names = named(&kinds.0);
                let event = |&(thread, kind): &(i64, u32)| TracedEvent::new(thread, names.get(&kind).copied());
                let one = |&gap: &usize| answers[gap].traced(gap, lost[gap].iter().map(event).collect(), &names);
                matched.iter().map(one).collect()
            };
            let known = |gap: usize| matched.contains(&gap) && !lost[gap].is_empty();
            let tally = |(gap, answer): (usize, &Answer)| known(gap).then(|| tally(answer, &lost[gap]));
            Measured {
                tallies: answers.iter().enumerate().map(tally).collect(),
                traced: if take.is_some() { traced() } else { Vec::new() },
            }
        };
        // As in the protocol of artificial gaps.
        let with = if take.is_some() { " with answers" } else { "" };
        let Measured { tallies, traced } = kept(keep, &format!("{} {method}{with}", config.data), measure)?;
        if let Some(take) = &mut take {
            let data = config.data.as_str();
            take(&TracedAnswers { protocol: "truth", data, method, blackout: 0, answers: &traced })
                .map_err(TruthError::Answers)?;
        }
        for (gap, tally) in gaps.iter_mut().zip(&tallies) {
            let share = tally.as_ref().map(|tally| tally.thread_lcs / tally.lost);
            gap.thread_lcs.push(MethodShare { method: method.to_owned(), thread_lcs: share });
        }
        let tallies: Vec<Tally> = tallies.into_iter().flatten().collect();
        scores.extend(
            estimated(&tallies, config.seed, 0).into_iter().map(|(metric, figure, detail)| Score {
                detail,
                ..score(config, method, metric, figure, tallies.len())
            }),
        );
    }
    Ok(Truth { gaps, scores, warnings })
}

fn score(config: &TruthConfig<'_>, method: &str, metric: &str, [value, low, high]: [f64; 3], gaps: usize) -> Score {
    Score {
        protocol: "truth".to_owned(),
        data: config.data.clone(),
        method: method.to_owned(),
        blackout: 0,
        metric: metric.to_owned(),
        value,
        low,
        high,
        gaps,
        detail: Default::default(),
    }
}

/// How well the tracer's counts agree with the twin: the share of gaps with the same count, and the summed difference
/// as a share of all that was lost.
fn count_scores(config: &TruthConfig<'_>, gaps: &[TruthGap], matched: &[usize]) -> Vec<Score> {
    let counted: Vec<(u64, u64)> =
        matched.iter().filter_map(|&gap| Some((gaps[gap].lost_found?, gaps[gap].lost_true))).collect();
    if counted.is_empty() {
        return Vec::new();
    }
    let same = counted.iter().filter(|(found, lost)| found == lost).count() as f64 / counted.len() as f64;
    let difference: u64 = counted.iter().map(|(found, lost)| found.abs_diff(*lost)).sum();
    let lost: u64 = counted.iter().map(|(_, lost)| lost).sum();
    let error = difference as f64 / lost.max(1) as f64;
    [("count_exact", same), ("count_error", error)]
        .map(|(metric, value)| score(config, NO_METHOD, metric, [value; 3], counted.len()))
        .into()
}

/// The engine's answer to each gap, as `repair` gives it.
fn engine(lossy: &Trace, lost: &[Vec<(i64, u32)>], seed: u64, kinds: &mut Kinds) -> Vec<Answer> {
    let options = RepairOptions { seed, threads: 1, ..RepairOptions::default() };
    let begin = cpu_time::ThreadTime::now();
    let repairs = repair(lossy, None, &options, &unwatched);
    let seconds = begin.elapsed().as_secs_f64() / repairs.len().max(1) as f64;
    let mut answer = |(repair, truth): (&GapRepair, &Vec<(i64, u32)>)| {
        let events: Vec<(i64, u32)> =
            repair.events.iter().map(|event| (thread(event.tid), kinds.number(&event.name, event.phase))).collect();
        let mut numbers: FxHashMap<u32, f64> = FxHashMap::default();
        truth.iter().for_each(|&(_, kind)| *numbers.entry(kind).or_default() += 1.0);
        let mut expected: FxHashMap<u32, f64> = FxHashMap::default();
        let (mut rows, mut covered) = (0.0, 0.0);
        for row in &repair.composition.by_event {
            let kind = kinds.number(&row.name, row.phase);
            *expected.entry(kind).or_default() += row.expected;
            let number = numbers.remove(&kind).unwrap_or(0.0);
            rows += 1.0;
            covered += f64::from(u8::from(row.low - 1e-9 <= number && number <= row.high + 1e-9));
        }
        Answer {
            right: right(&events, truth),
            confidence: Some(repair.events.iter().map(|event| event.confidence).collect()),
            expected: (!expected.is_empty()).then_some(expected),
            // What was lost without a row is a row missed.
            coverage: Some((rows + numbers.len() as f64, covered)),
            valid: None,
            seconds,
            events,
        }
    };
    repairs.iter().zip(lost).map(&mut answer).collect()
}

/// A baseline's answer to each gap, learned from the lossy trace as the engine is.
fn baseline(
    holed: &Trace,
    holes: &[Hole],
    lost: &[Vec<(i64, u32)>],
    method: &dyn BurstMethod,
    kinds: &mut Kinds,
) -> Vec<Answer> {
    let mut tokens = method.tokens().clone();
    let index = TraceIndex::new(holed, &mut tokens);
    let bare = tokens.bare();
    // From the table's numbers to the common ones.
    let mut common: FxHashMap<u32, u32> = FxHashMap::default();
    for ((name, phase), number) in numbers(&tokens, &bare) {
        common.insert(number, kinds.number(&name, phase));
    }
    let mut fills: Vec<Vec<Fill>> = vec![Vec::new(); lost.len()];
    let mut seconds = vec![0.0; lost.len()];
    for hole in holes {
        let total = hole.gap.lost.count().unwrap_or(0) as usize;
        if hole.gap.stream.is_none() || total == 0 {
            continue;
        }
        let begin = cpu_time::ThreadTime::now();
        let mut filled = method.fill(&index, &hole.gap, total).into_iter();
        let spent = begin.elapsed().as_secs_f64();
        for &(gap, lost) in &hole.parts {
            fills[gap].extend(filled.by_ref().take(lost as usize));
            seconds[gap] += spent * lost as f64 / total as f64;
        }
    }
    fills
        .iter()
        .zip(seconds)
        .zip(lost)
        .map(|((fills, seconds), truth)| {
            let answer = baseline_answer(fills, &bare, &[], seconds);
            let in_common = |&(thread, number): &(i64, u32)| {
                let known = if thread < -1 { -1 } else { thread };
                (known, common.get(&number).copied().unwrap_or(u32::MAX))
            };
            let events: Vec<(i64, u32)> = answer.events.iter().map(in_common).collect();
            Answer { right: right(&events, truth), events, ..answer }
        })
        .collect()
}

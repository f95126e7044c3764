//! Answers questions.

use crate::query::grammar::{Measure, Query, Scope};
use crate::statistics::{Z90, is_counted, quantile};
use serde::Serialize;
use std::ops::Add;
use tracemend_repair::latencies::latencies_among;
use tracemend_repair::{CompositionPart, GapRepair, InferredEvent};
use tracemend_trace::{Event, Phase, Trace};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A number of events.
    Events,
    /// A probability.
    Probability,
    /// A time in nanoseconds.
    Ns,
}

/// An answer, with a 90 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What the figures are.
    pub quantity: Quantity,
    /// Recorded events that the answer rests on: certain.
    pub recorded: u64,
    /// The likeliest figure; `None` where nothing of the kind is known.
    pub value: Option<f64>,
    /// Lower end of its 90 % interval.
    pub low: Option<f64>,
    /// Upper end of its 90 % interval.
    pub high: Option<f64>,
}

/// Answers a question about a trace and its repairs, which need samples ([`tracemend_repair::RepairOptions::samples`]) where a
/// question cuts a gap in two.
///
/// ```
/// use std::path::Path;
/// use tracemend::query::answer;
/// use tracemend::repair::{RepairOptions, repair, unwatched};
/// use tracemend::trace::{OpenOptions, Trace, open};
///
/// let path = Path::new("tests/fixtures/succeed/small_lost.txt");
/// let trace = Trace::read(open(path, &OpenOptions::default())?.as_mut())?;
/// let options = RepairOptions { samples: 50, ..RepairOptions::default() };
/// let repairs = repair(&trace, None, &options, &unwatched);
/// let reads = answer(&"count(sys_read)".parse()?, &trace, &repairs);
/// assert!(reads.low <= reads.value && reads.value <= reads.high);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn answer(query: &Query, trace: &Trace, repairs: &[GapRepair]) -> Answer {
    match &query.measure {
        Measure::Count(name) => count(name, &query.scope, trace, repairs),
        Measure::Probability(name) => probability(name, &query.scope, trace, repairs),
        Measure::Latency(name, share) => latency(name, *share, &query.scope, trace, repairs),
    }
}

fn contains(between_ns: Option<(i64, i64)>, time_ns: i64) -> bool {
    between_ns.is_none_or(|(from, to)| (from..=to).contains(&time_ns))
}

/// Whether a recorded event is asked about.
fn asked(scope: &Scope, trace: &Trace, event: &Event) -> bool {
    scope.gap.is_none()
        && contains(scope.between_ns, event.time_ns)
        && scope.cpu.is_none_or(|cpu| event.cpu == Some(cpu))
        && scope.tid.is_none_or(|tid| event.tid == Some(tid))
        && scope.comm.as_ref().is_none_or(|comm| event.comm.is_some_and(|own| trace.header.symbols.name(own) == comm))
}

/// Whether a thread is asked about.
fn asked_thread(scope: &Scope, tid: Option<i32>, comm: Option<&str>) -> bool {
    scope.tid.is_none_or(|wanted| tid == Some(wanted))
        && scope.comm.as_deref().is_none_or(|wanted| comm == Some(wanted))
}

/// How much of a gap is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Some,
    All,
}

fn part(scope: &Scope, repair: &GapRepair) -> Part {
    let gap = &repair.gap;
    if scope.gap.is_some_and(|wanted| wanted != gap.id) || scope.cpu.is_some_and(|cpu| gap.cpu != Some(cpu)) {
        return Part::None;
    }
    let Some((from, to)) = scope.between_ns else { return Part::All };
    let (begin, end) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
    if end < from || begin > to {
        Part::None
    } else if begin >= from && end <= to {
        Part::All
    } else {
        Part::Some
    }
}

/// Which phases count a call of this name once.
fn counted_phases(name: &str, trace: &Trace, repairs: &[GapRepair]) -> impl Fn(Phase) -> bool + use<> {
    let symbol = trace.header.symbols.find(name);
    let recorded = trace.events.iter().filter(|event| Some(event.name) == symbol);
    let inferred = repairs.iter().flat_map(|repair| &repair.composition.by_event).filter(|row| row.name == name);
    let mut phases = recorded.map(|event| event.phase).chain(inferred.map(|row| row.phase));
    let has_entries = phases.any(|phase| phase == Phase::Entry);
    move |phase| is_counted(phase, has_entries)
}

/// A number of lost events with its interval.
#[derive(Clone, Copy, Default)]
struct Lost {
    expected: f64,
    low: f64,
    high: f64,
}

/// Adding up the ends assumes that all err in the same direction: one model fills all gaps.
impl Add for Lost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { expected: self.expected + other.expected, low: self.low + other.low, high: self.high + other.high }
    }
}

fn count(name: &str, scope: &Scope, trace: &Trace, repairs: &[GapRepair]) -> Answer {
    let counted = counted_phases(name, trace, repairs);
    let symbol = trace.header.symbols.find(name);
    let is_it = |event: &&Event| Some(event.name) == symbol && counted(event.phase);
    let recorded = trace.events.iter().filter(is_it).filter(|event| asked(scope, trace, event)).count() as u64;
    let mut lost = Lost::default();
    for repair in repairs {
        let found = match part(scope, repair) {
            Part::None => continue,
            Part::All => of_composition(name, scope, repair, &counted),
            Part::Some => of_samples(name, scope, repair, &counted),
        };
        lost = lost + found;
    }
    let with = |lost: f64| Some(recorded as f64 + lost);
    Answer {
        quantity: Quantity::Events,
        recorded,
        value: with(lost.expected),
        low: with(lost.low),
        high: with(lost.high),
    }
}

/// What a whole gap lost, by its calibrated composition.
fn of_composition(name: &str, scope: &Scope, repair: &GapRepair, counted: &impl Fn(Phase) -> bool) -> Lost {
    let by_thread = scope.tid.is_some() || scope.comm.is_some();
    let rows = if by_thread { &repair.composition.by_thread } else { &repair.composition.by_event };
    let wanted = |row: &&CompositionPart| {
        row.name == name && counted(row.phase) && (!by_thread || asked_thread(scope, row.tid, row.comm.as_deref()))
    };
    let lost = |row: &CompositionPart| Lost { expected: row.expected, low: row.low, high: row.high };
    rows.iter().filter(wanted).map(lost).fold(Lost::default(), Lost::add)
}

/// How often each sample of a gap has the event within the scope.
fn per_sample(name: &str, scope: &Scope, repair: &GapRepair, counted: &impl Fn(Phase) -> bool) -> Vec<f64> {
    let wanted = |event: &&InferredEvent| {
        event.name == name
            && counted(event.phase)
            && asked_thread(scope, event.tid, event.comm.as_deref())
            && event.time_ns.is_none_or(|time_ns| contains(scope.between_ns, time_ns))
    };
    let all = if repair.samples.is_empty() { std::slice::from_ref(&repair.events) } else { &repair.samples[..] };
    all.iter().map(|events| events.iter().filter(wanted).count() as f64).collect()
}

/// What a part of a gap lost, by the samples.
fn of_samples(name: &str, scope: &Scope, repair: &GapRepair, counted: &impl Fn(Phase) -> bool) -> Lost {
    let mut counts = per_sample(name, scope, repair, counted);
    counts.sort_by(f64::total_cmp);
    let at = |share: f64| counts.get(((counts.len() - 1) as f64 * share).round() as usize).copied().unwrap_or(0.0);
    Lost { expected: counts.iter().sum::<f64>() / counts.len() as f64, low: at(0.05), high: at(0.95) }
}

fn probability(name: &str, scope: &Scope, trace: &Trace, repairs: &[GapRepair]) -> Answer {
    let any = |_: Phase| true;
    let symbol = trace.header.symbols.find(name);
    let is_it = |event: &&Event| Some(event.name) == symbol && asked(scope, trace, event);
    let recorded = trace.events.iter().filter(is_it).count() as u64;
    // The probability that it happened in no gap, and that with the ends of each gap's interval.
    let mut none = [1.0; 3];
    for repair in repairs.iter().filter(|repair| part(scope, repair) != Part::None) {
        let samples = per_sample(name, scope, repair, &any);
        let with = samples.iter().filter(|&&count| count > 0.0).count() as f64;
        for (none, share) in none.iter_mut().zip(share_with_interval(with, samples.len() as f64)) {
            *none *= 1.0 - share;
        }
    }
    let [value, low, high] = if recorded > 0 { [1.0; 3] } else { none.map(|none| 1.0 - none) };
    Answer { quantity: Quantity::Probability, recorded, value: Some(value), low: Some(low), high: Some(high) }
}

/// A share of a number of draws, and its 90 % interval by Wilson's score, which does not end at 0 or 1 for few draws.
fn share_with_interval(with: f64, draws: f64) -> [f64; 3] {
    let share = with / draws;
    let squared = Z90 * Z90 / draws;
    let middle = (share + squared / 2.0) / (1.0 + squared);
    let half = (squared * (share * (1.0 - share) + squared / 4.0)).sqrt() / (1.0 + squared);
    [share, (middle - half).clamp(0.0, share), (middle + half).clamp(share, 1.0)]
}

fn latency(name: &str, share: f64, scope: &Scope, trace: &Trace, repairs: &[GapRepair]) -> Answer {
    // A call counts if both its events are asked about.
    let recorded = trace.events.iter().filter(|event| asked(scope, trace, event));
    let found = latencies_among(&trace.header.symbols, recorded, repairs);
    let sorted = found.get(name).map_or(&[][..], |call| &call.repaired);
    let quantile = quantile(sorted, share);
    Answer {
        quantity: Quantity::Ns,
        recorded: sorted.len() as u64,
        value: quantile.map(|quantile| quantile.value as f64),
        low: quantile.map(|quantile| quantile.low as f64),
        high: quantile.map(|quantile| quantile.high as f64),
    }
}

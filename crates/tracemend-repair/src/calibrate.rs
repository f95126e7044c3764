//! Calibration on blackouts: artificial gaps, repaired, and compared with what was there.

use crate::blackout::{Blackout, batches, by_stream, cut, draw, truth};
use crate::consensus::{by_thread, matches};
use crate::index::TraceIndex;
use crate::model::calibration::{Belief, Calibration, Rows, SHARES};
use crate::model::{TraceModel, thread_of};
use crate::options::{RepairOptions, unwatched};
use crate::params::SearchParams;
use crate::solve::{Solution, solve};
use rustc_hash::{FxHashMap, FxHashSet};
use tracemend_trace::{Event, Gap, Phase, Trace};

/// What came of a repair: per placed event whether it is right, by per-thread LCS with the truth.
pub fn right(
    solution: &Solution,
    model: &TraceModel,
    event_types: &[u32],
    truth: &[&Event],
    trace: &Trace,
) -> Vec<bool> {
    let mut right = vec![false; solution.placed().len()];
    let Some(consensus) = &solution.consensus else {
        return right;
    };
    let mut numbers: FxHashMap<(&str, Phase), u32> = FxHashMap::default();
    for (token, kind) in model.tokens.kinds().iter().enumerate() {
        numbers.entry((&kind.name, kind.phase)).or_insert(event_types[token]);
    }
    let mut threads: FxHashMap<i64, Vec<u32>> = FxHashMap::default();
    for event in truth {
        let name = trace.header.symbols.name(event.name);
        let number = numbers.get(&(name, event.phase)).copied().unwrap_or(u32::MAX);
        threads.entry(thread_of(event)).or_default().push(number);
    }
    for (thread, (places, tokens)) in
        by_thread(&solution.fillings[consensus.chosen], &solution.context.points, event_types)
    {
        if let Some(truth) = threads.get(&thread) {
            for matched in matches(&tokens, truth) {
                right[places[matched] as usize] = true;
            }
        }
    }
    right
}

/// Lengths to calibrate for, from what the gaps lost: one for each group of lengths that occurs.
pub fn lengths_of(gaps: &[Gap]) -> Vec<usize> {
    let mut lengths: Vec<usize> = gaps.iter().map(|gap| gap.lost.count().unwrap_or(3).clamp(1, 700) as usize).collect();
    lengths.sort_unstable();
    let groups = lengths.chunk_by(|a, b| Calibration::same_length_group(*a, *b));
    groups.map(|group| group[group.len() / 2]).collect()
}

/// Calibrates on blackouts of a trace. The model used for them has learned `base` and what is left.
pub fn calibrate(trace: &Trace, base: Option<&TraceModel>, lengths: &[usize], options: &RepairOptions) -> Calibration {
    let mut calibration = Calibration::default();
    let part;
    let limits = &options.params.model.blackouts;
    let trace = if trace.events.len() > limits.max_events {
        let events = trace.events[..limits.max_events].to_vec();
        let over = events.last().map_or(0, |event| event.time_ns);
        let gaps = trace.gaps.iter().filter(|gap| gap.end_ns.is_some_and(|end| end < over)).cloned().collect();
        part = Trace { header: trace.header.clone(), events, gaps };
        &part
    } else {
        trace
    };
    let streams = by_stream(trace);
    let blackouts: Vec<Blackout> = lengths
        .iter()
        .flat_map(|&lost| {
            let gaps = (limits.lost_per_length / lost).clamp(limits.min_gaps, limits.max_gaps);
            draw(trace, &streams, lost, gaps, options.seed, "calibration")
        })
        .collect();
    // All of them, in as many batches as it takes: those that fit into one would be the short ones in time.
    for batch in batches(trace, &streams, &blackouts) {
        let batch: Vec<Blackout> = batch.into_iter().map(|number| blackouts[number]).collect();
        let (rest, gaps) = cut(trace, &streams, &batch);
        let mut model = base.cloned().unwrap_or_default();
        model.params = options.params.model.clone();
        model.learn(&rest, 1);
        model.trie.freeze();
        let index = TraceIndex::new(&rest, &mut model.tokens);
        let solutions = solve(&index, &gaps, &model, options, &unwatched);
        let event_types = model.tokens.event_types();
        for (solution, &blackout) in solutions.iter().zip(&batch) {
            let truth = truth(trace, &streams, blackout);
            note(&mut calibration, solution, &model, &event_types, &truth, trace, &options.params.search);
        }
    }
    calibration
}

fn note(
    calibration: &mut Calibration,
    solution: &Solution,
    model: &TraceModel,
    event_types: &[u32],
    truth: &[&Event],
    trace: &Trace,
    params: &SearchParams,
) {
    let Some(consensus) = &solution.consensus else {
        return;
    };
    let lost = solution.placed().len();
    calibration.note_blackout(lost);
    let right = right(solution, model, event_types, truth, trace);
    for (place, right) in right.into_iter().enumerate() {
        calibration.note(Belief { support: consensus.support[place], lost, place }, right);
    }
    let (by_thread, by_event) = true_counts(truth, trace);
    for ((thread, (name, phase)), expected) in &solution.counted.by_thread {
        let number = by_thread.get(&(*thread, (name.as_str(), *phase))).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByThread, lost, expected.mean, expected.deviation(params), number);
    }
    let distance = |share: f64| {
        let mut differences: FxHashMap<(&str, Phase), f64> = by_event.clone();
        let expected = solution.counted.by_event_with(share, params.min_expected);
        for ((name, phase), expected) in &expected {
            *differences.entry((name, *phase)).or_default() -= expected.mean;
        }
        0.5 * differences.values().map(|difference| difference.abs()).sum::<f64>() / lost.max(1) as f64
    };
    calibration.note_background(lost, SHARES.map(distance));
    let share = calibration.background(lost);
    let expected = solution.counted.by_event_with(share, params.min_expected);
    for ((name, phase), expected) in &expected {
        let number = by_event.get(&(name.as_str(), *phase)).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByEvent, lost, expected.mean, expected.deviation(params), number);
    }
    let unexpected = by_event.keys().filter(|kind| !expected.contains_key(&(kind.0.to_owned(), kind.1))).count();
    calibration.note_unexpected(lost, unexpected, expected.len());
    let width = solution.context.end_ns.saturating_sub(solution.context.begin_ns) as f64;
    if let Some(times) = &solution.times
        && width > 0.0
    {
        for (time, event) in times.iter().zip(truth) {
            calibration.note_time(lost, (time - event.time_ns) as f64 / width);
        }
    }
}

type Numbers<K> = FxHashMap<K, f64>;
/// Name and phase of an event.
type Kind<'t> = (&'t str, Phase);

/// How many of each kind were lost: by thread, and over all threads.
fn true_counts<'t>(truth: &[&Event], trace: &'t Trace) -> (Numbers<(i64, Kind<'t>)>, Numbers<Kind<'t>>) {
    let mut by_thread = Numbers::default();
    let mut by_event = Numbers::default();
    for event in truth {
        let kind = (trace.header.symbols.name(event.name), event.phase);
        *by_thread.entry((thread_of(event), kind)).or_default() += 1.0;
        *by_event.entry(kind).or_default() += 1.0;
    }
    (by_thread, by_event)
}

/// Rows of the composition by event, and how many of their 90 % intervals hold the truth. A kind that was lost but has
/// no row counts as a row missed.
pub fn coverage(
    solution: &Solution,
    model: &TraceModel,
    params: &SearchParams,
    truth: &[&Event],
    trace: &Trace,
) -> (f64, f64) {
    let calibration = &model.calibration;
    let lost = solution.placed().len();
    let (_, by_event) = true_counts(truth, trace);
    let mut covered = 0.0;
    let mut rows = 0.0;
    let mut known: FxHashSet<(String, Phase)> = FxHashSet::default();
    for ((name, phase), expected) in solution.counted.by_event_with(calibration.background(lost), params.min_expected) {
        let number = by_event.get(&(name.as_str(), phase)).copied().unwrap_or(0.0);
        let half =
            calibration.half_width(Rows::ByEvent, lost, expected.mean, &model.params) * expected.deviation(params);
        known.insert((name, phase));
        rows += 1.0;
        covered += f64::from(u8::from((number - expected.mean).abs() <= half + 1e-9));
    }
    rows += by_event.keys().filter(|kind| !known.contains(&(kind.0.to_owned(), kind.1))).count() as f64;
    (rows, covered)
}

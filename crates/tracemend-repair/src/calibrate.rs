//! Calibration on blackouts: artificial gaps, repaired, and compared with what was there.

use crate::base::Base;
use crate::blackout::{Blackout, batches, by_stream, cut, draw_like, truth};
use crate::call_rules::CallRules;
use crate::consensus::{Consensus, by_thread, normalised};
use crate::gate::{MIN_CASES, Tried, paying};
use crate::imputed::{Filled, Imputed};
use crate::index::TraceIndex;
use crate::kernel::Rescoring;
use crate::lcs::{lcs_length, matches};
use crate::log_prob::LogProb;
use crate::model::calibration::{Belief, Calibration, Rows, SHARES};
use crate::model::{EventTypes, Timing, TokenTable, TraceModel};
use crate::options::{RepairOptions, unwatched};
use crate::params::{ModelParams, SearchParams, Shares};
use crate::rescoring::Recall;
use crate::search::{share, shared_weights};
use crate::solve::{Solution, reweigh, solve};
use crate::surroundings::Surroundings;
use crate::thread_imputer::{Imputing, ThreadImputer};
use crate::times::Steps;
use crate::view::View;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tracemend_trace::{Event, EventTypeId, Gap, ThreadKey, Trace};

/// Longest blackout. Cost.
const LONGEST: usize = 2000;
/// Share of events right by which two choices of shares differ clearly. Blackouts of a trace say no more.
const SHARES_APART: f64 = 0.01;
/// Shares of the weight that are tried for fillings of each origin.
const SHARES_TRIED: [Shares; 10] = [
    [0.34, 0.33, 0.33],
    [0.5, 0.25, 0.25],
    [0.25, 0.5, 0.25],
    [0.25, 0.25, 0.5],
    [0.9, 0.05, 0.05],
    [0.05, 0.9, 0.05],
    [0.05, 0.05, 0.9],
    [0.05, 0.475, 0.475],
    [0.475, 0.05, 0.475],
    [0.475, 0.475, 0.05],
];

/// Whether each placed event of a solution is right: whether it lies on a longest common subsequence of its thread's events
/// with the truth.
pub fn right(solution: &Solution, event_types: &EventTypes, truth: &[&Event], trace: &Trace) -> Vec<bool> {
    let mut right = vec![false; solution.placed().len()];
    let threads = threads_of(truth, event_types, trace);
    for (thread, (places, tokens)) in by_thread(solution.placed(), &solution.context.points, event_types) {
        if let Some(truth) = threads.get(&thread) {
            for matched in matches(&tokens, truth) {
                right[places[matched] as usize] = true;
            }
        }
    }
    right
}

/// The event types that each thread lost.
fn threads_of(truth: &[&Event], event_types: &EventTypes, trace: &Trace) -> FxHashMap<ThreadKey, Vec<EventTypeId>> {
    let mut threads: FxHashMap<ThreadKey, Vec<EventTypeId>> = FxHashMap::default();
    for event in truth {
        let event_type = event_types.of_event(event, &trace.header.symbols);
        threads.entry(ThreadKey::of(event)).or_default().push(event_type);
    }
    threads
}

/// What blackouts are to be like.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Events lost in each.
    pub lost: usize,
    /// Surroundings of the gaps that they stand for; none where nothing is known of those.
    pub places: Vec<Surroundings>,
}

/// Of sorted lengths the one that half of the lost events lie below: a long gap counts for as many events as it lost.
fn usual_length(lengths: &[usize]) -> usize {
    let half = lengths.iter().sum::<usize>().div_ceil(2);
    let mut below = 0;
    let reaches = |&&length: &&usize| {
        below += length;
        below >= half
    };
    lengths.iter().find(reaches).copied().unwrap_or(1)
}

/// Blackouts like these gaps: a length for each group of lengths that occurs, and the surroundings of that group's gaps. Tracers
/// lose events in the busiest moments, and what threads do there is not what they do at any time.
pub(crate) fn like(trace: &Trace, gaps: &[Gap]) -> Vec<Wanted> {
    let streams = by_stream(trace);
    let length = |gap: &&Gap| gap.lost.count().map_or(3, |lost| lost.clamp(1, LONGEST as u64)) as usize;
    let mut known: Vec<&Gap> = gaps.iter().collect();
    known.sort_by_key(length);
    let groups = known.chunk_by(|a, b| Calibration::same_length_group(length(a), length(b)));
    groups
        .map(|group| Wanted {
            lost: usual_length(&group.iter().map(length).collect::<Vec<_>>()),
            places: group.iter().filter_map(|gap| Surroundings::of_gap(trace, &streams, gap)).collect(),
        })
        .collect()
}

/// What blackouts of a trace say.
pub(crate) struct Calibrated<'i> {
    /// What became of beliefs.
    pub calibration: Calibration,
    /// How fillings are to be scored again, where that pays.
    pub rescoring: Option<Rescoring>,
    /// Share of the weight that fillings of each origin are to have.
    pub shares: Option<Shares>,
    /// What names events in place of the engine, if anything does.
    pub imputer: Option<&'i dyn ThreadImputer>,
}

/// Calibrates on blackouts of a trace. The model used for them has learned what is left, on top of `base`.
pub(crate) fn calibrate<'i>(
    trace: &Trace,
    base: Base<'_>,
    imputing: Option<Imputing<'i>>,
    wanted: &[Wanted],
    options: &RepairOptions,
) -> Calibrated<'i> {
    let trace = &*beginning(trace, options.params.model.blackouts.max_events);
    let drawn = Drawn::new(trace, wanted, options);
    let mut repaired = drawn.repair(base, options);
    let shares = choose_shares(&repaired, trace);
    if let Some(shares) = &shares {
        repaired.iter_mut().for_each(|batch| batch.share(shares, options));
    }
    let rescoring = if options.params.search.rescoring { choose_rescoring(&repaired, trace) } else { None };
    if let Some(rescoring) = rescoring {
        repaired.iter_mut().for_each(|batch| batch.rescore(rescoring, options));
    }
    let imputer = imputing.filter(|imputing| drawn.impute(&mut repaired, *imputing, options));
    let mut calibration = Calibration::default();
    for batch in &repaired {
        let judge = Judge { trace, event_types: &batch.event_types, params: &options.params.search };
        for case in &batch.cases {
            note(&mut calibration, &case.solution, &judge, &case.truth);
        }
    }
    Calibrated { calibration, rescoring, shares, imputer: imputer.map(|imputing| imputing.imputer) }
}

/// Of these ways to learn from a trace the one under which most events of blackouts there are right; without a model if none of
/// them is better than that.
pub(crate) fn choose_base<'m>(
    trace: &Trace,
    bases: &[Base<'m>],
    wanted: &[Wanted],
    options: &RepairOptions,
) -> Base<'m> {
    let trace = &*beginning(trace, options.params.model.blackouts.max_events);
    let mut options = options.clone();
    options.params.search.rescoring = false;
    options.params.model.blackouts = options.params.model.blackouts.for_choices();
    let drawn = Drawn::new(trace, wanted, &options);
    let events_right = |base: Base<'m>| -> usize {
        drawn.repair(base, &options).iter().flat_map(|batch| batch.events_right(trace)).sum()
    };
    let few = drawn.batches.iter().map(Vec::len).sum::<usize>() < MIN_CASES;
    let alone = Base::equal(None);
    let mut best = (alone, events_right(alone));
    for &base in bases {
        let right = events_right(base);
        // What differs by less may be chance: other runs of these programs have the benefit of the doubt, other programs do not.
        let right = match base.is_of_equals(trace) {
            true => right + right / 33,
            false if few => right,
            false => right - right / 100,
        };
        // With few blackouts the trace is short, and has the most to learn from others.
        if right > best.1 || (few && best.0.model.is_none() && right == best.1) {
            best = (base, right);
        }
    }
    best.0
}

/// The first events of a trace, as many as blackouts are cut into.
fn beginning(trace: &Trace, max_events: usize) -> Cow<'_, Trace> {
    if trace.events.len() <= max_events {
        return Cow::Borrowed(trace);
    }
    let events = trace.events[..max_events].to_vec();
    let over = events.last().map_or(0, |event| event.time_ns);
    let gaps = trace.gaps.iter().filter(|gap| gap.end_ns.is_some_and(|end| end < over)).cloned().collect();
    Cow::Owned(Trace { header: trace.header.clone(), events, gaps })
}

/// Blackouts of a trace, drawn and not yet cut.
struct Drawn<'t> {
    trace: &'t Trace,
    streams: Vec<Vec<u32>>,
    /// In as many batches as it takes: those that fit into one would be the short ones in time.
    batches: Vec<Vec<Blackout>>,
}

impl<'t> Drawn<'t> {
    fn new(trace: &'t Trace, wanted: &[Wanted], options: &RepairOptions) -> Self {
        let limits = &options.params.model.blackouts;
        let streams = by_stream(trace);
        let drawn = |Wanted { lost, places }: &Wanted| {
            let gaps = (limits.lost_per_length / lost).clamp(limits.min_gaps, limits.max_gaps);
            draw_like(trace, &streams, *lost, gaps, places, options.seed)
        };
        let blackouts: Vec<Blackout> = wanted.iter().flat_map(drawn).collect();
        let of_batch = |batch: Vec<usize>| batch.into_iter().map(|number| blackouts[number]).collect();
        let batches = batches(trace, &streams, &blackouts).into_iter().map(of_batch).collect();
        Self { trace, streams, batches }
    }

    fn repair(&self, base: Base<'_>, options: &RepairOptions) -> Vec<Batch<'t>> {
        self.batches.iter().map(|batch| Batch::repair(self.trace, &self.streams, batch, base, options)).collect()
    }

    /// Has an imputer name the events of repaired blackouts, and returns whether it is to be used; otherwise they stay as they are.
    fn impute(
        &self,
        repaired: &mut [Batch<'_>],
        Imputing { imputer, always }: Imputing<'_>,
        options: &RepairOptions,
    ) -> bool {
        let right = |repaired: &[Batch<'_>]| -> Vec<usize> {
            repaired.iter().flat_map(|batch| batch.events_right(self.trace)).collect()
        };
        let before = right(repaired);
        let mut others: Vec<Vec<Solution>> = Vec::new();
        for (batch, blackouts) in repaired.iter_mut().zip(&self.batches) {
            let (rest, _) = cut(self.trace, &self.streams, blackouts);
            others.push(batch.imputed(&rest, imputer, options));
        }
        let mut swap = |repaired: &mut [Batch<'_>]| {
            for (batch, others) in repaired.iter_mut().zip(&mut others) {
                batch.cases.iter_mut().zip(others).for_each(|(case, other)| std::mem::swap(&mut case.solution, other));
            }
        };
        swap(repaired);
        let after = [Tried { settings: (), right: right(repaired) }];
        let clusters: Vec<Vec<usize>> = (0..before.len()).map(|case| vec![case]).collect();
        let used = always || paying(&after, &before, &clusters).is_some();
        if !used {
            swap(repaired);
        }
        used
    }
}

/// Blackouts that were cut at once, repaired.
struct Batch<'t> {
    tokens: TokenTable,
    event_types: EventTypes,
    timing: Timing,
    model_params: ModelParams,
    cases: Vec<Case<'t>>,
}

/// One blackout, repaired.
struct Case<'t> {
    solution: Solution,
    truth: Vec<&'t Event>,
    /// `[kernel][filling]` what similar places say ([`Rescoring::KERNELS`]).
    opinions: Vec<Vec<LogProb>>,
}

impl<'t> Batch<'t> {
    fn repair(
        trace: &'t Trace,
        streams: &[Vec<u32>],
        blackouts: &[Blackout],
        base: Base<'_>,
        options: &RepairOptions,
    ) -> Self {
        let (rest, gaps) = cut(trace, streams, blackouts);
        let mut model = base.learned(&rest, &options.params.model);
        let index = TraceIndex::new(&rest, &mut model.tokens);
        let solutions = solve(&index, &gaps, &model, None, options, &unwatched);
        let event_types = EventTypes::new(&model.tokens);
        let recall = options.params.search.rescoring.then(|| Recall::new(&index, &rest.gaps));
        let case = |(solution, &blackout): (Solution, &Blackout)| {
            let truth = truth(trace, streams, blackout);
            let opinions = recall.as_ref().map_or(Vec::new(), |recall| {
                recall.opinions(&solution.context, &solution.fillings, &Rescoring::KERNELS)
            });
            Case { solution, truth, opinions }
        };
        let cases = solutions.into_iter().zip(blackouts).map(case).collect();
        Self { tokens: model.tokens, event_types, timing: model.timing, model_params: model.params, cases }
    }

    fn steps<'s>(&'s self, options: &'s RepairOptions) -> Steps<'s> {
        Steps { timing: &self.timing, model_params: &self.model_params, params: &options.params.search }
    }

    /// The solutions with an imputer's events. `rest`: the trace that the blackouts are cut out of.
    fn imputed(&mut self, rest: &Trace, imputer: &dyn ThreadImputer, options: &RepairOptions) -> Vec<Solution> {
        let index = TraceIndex::new(rest, &mut self.tokens);
        let rules = CallRules::new(&self.tokens, &index.one_sided());
        let imputed = Imputed::new(imputer, &index, &self.tokens, &self.event_types, &rules, options.seed);
        let filled: Vec<Filled<'_>> = self.cases.iter().map(|case| case.solution.filled()).collect();
        let fillings = imputed.fillings(&View::new(&index), &filled);
        let mut solutions: Vec<Solution> = self.cases.iter().map(|case| case.solution.clone()).collect();
        for (solution, fillings) in solutions.iter_mut().zip(fillings) {
            if let Some(fillings) = fillings {
                solution.conclude(fillings, &self.event_types, &self.steps(options));
            }
        }
        solutions
    }

    /// Events of each case that are right.
    fn events_right(&self, trace: &Trace) -> Vec<usize> {
        let count = |case: &Case<'_>| {
            let right = right(&case.solution, &self.event_types, &case.truth, trace);
            right.into_iter().filter(|&right| right).count()
        };
        self.cases.iter().map(count).collect()
    }

    /// Gives the fillings of each origin another share, and draws the conclusions anew.
    fn share(&mut self, shares: &Shares, options: &RepairOptions) {
        let steps = Steps { timing: &self.timing, model_params: &self.model_params, params: &options.params.search };
        for Case { solution, opinions, .. } in &mut self.cases {
            let mut fillings = std::mem::take(&mut solution.fillings);
            let weights = shared_weights(&fillings, shares);
            let mut order: Vec<usize> = (0..fillings.len()).collect();
            order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
            for opinions in opinions {
                *opinions = order.iter().map(|&filling| opinions[filling]).collect();
            }
            share(&mut fillings, shares);
            solution.conclude(fillings, &self.event_types, &steps);
        }
    }

    /// Scores the fillings again and draws the conclusions anew.
    fn rescore(&mut self, Rescoring { kernel, exponent }: Rescoring, options: &RepairOptions) {
        let Some(kernel) = Rescoring::KERNELS.iter().position(|known| *known == kernel) else { return };
        let steps = Steps { timing: &self.timing, model_params: &self.model_params, params: &options.params.search };
        for Case { solution, opinions, .. } in &mut self.cases {
            let Some(opinions) = opinions.get(kernel) else { continue };
            let scaled: Vec<LogProb> = opinions.iter().map(|opinion| LogProb(exponent * opinion.0)).collect();
            let mut fillings = std::mem::take(&mut solution.fillings);
            reweigh(&mut fillings, &scaled);
            solution.conclude(fillings, &self.event_types, &steps);
        }
    }
}

/// A blackout whose fillings may be weighed otherwise.
struct Judged<'b, 't> {
    case: &'b Case<'t>,
    consensus: &'b Consensus,
    /// `[thread][row]` events that are right, of all rows of the agreement.
    right: Vec<Vec<usize>>,
}

impl Judged<'_, '_> {
    /// Events of the answer that are right under these weights.
    fn right_with(&self, weights: &[f64]) -> usize {
        let rows = self.consensus.agreement.best(weights);
        self.right.iter().zip(rows).map(|(right, row)| right[row]).sum()
    }
}

fn judged<'b, 't>(batches: &'b [Batch<'t>], trace: &Trace) -> Vec<Judged<'b, 't>> {
    let of_batch = |batch: &'b Batch<'t>| {
        batch.cases.iter().filter_map(|case| {
            let consensus = case.solution.consensus.as_ref()?;
            let threads = threads_of(&case.truth, &batch.event_types, trace);
            let right =
                |thread, types: &[EventTypeId]| threads.get(&thread).map_or(0, |truth| lcs_length(types, truth));
            Some(Judged { case, consensus, right: consensus.agreement.per_row(right) })
        })
    };
    batches.iter().flat_map(of_batch).collect()
}

/// The shares of the origins under which most events of the blackouts are right, averaged with those under which hardly fewer are;
/// `None` with few blackouts.
fn choose_shares(batches: &[Batch<'_>], trace: &Trace) -> Option<Shares> {
    let cases = judged(batches, trace);
    if cases.len() < MIN_CASES {
        return None;
    }
    let right = |shares: &Shares| -> usize {
        let of_case = |judged: &Judged<'_, '_>| {
            let compared = &judged.case.solution.fillings[..judged.consensus.weights.len()];
            judged.right_with(&shared_weights(compared, shares))
        };
        cases.iter().map(of_case).sum()
    };
    let rights = SHARES_TRIED.map(|shares| right(&shares));
    let best = rights.iter().copied().max().filter(|&best| best > 0)? as f64;
    // What differs by less than this may be chance.
    let weights = normalised(rights.iter().map(|&right| ((right as f64 / best - 1.0) / SHARES_APART).exp()));
    let mut shares = Shares::default();
    for (tried, weight) in SHARES_TRIED.iter().zip(weights) {
        shares.iter_mut().zip(tried).for_each(|(share, tried)| *share += weight * tried);
    }
    Some(shares)
}

/// The settings of rescoring under which most events of the blackouts are right, if they pay.
fn choose_rescoring(batches: &[Batch<'_>], trace: &Trace) -> Option<Rescoring> {
    let cases = judged(batches, trace);
    let before: Vec<usize> = cases.iter().map(|judged| judged.right_with(&judged.consensus.weights)).collect();
    let mut tried = Vec::new();
    for (number, kernel) in Rescoring::KERNELS.into_iter().enumerate() {
        for exponent in Rescoring::EXPONENTS {
            let right = |judged: &Judged<'_, '_>| {
                let log_weight =
                    |(weight, opinion): (&f64, &LogProb)| LogProb::of(*weight) + LogProb(exponent * opinion.0);
                let rescored: Vec<LogProb> =
                    judged.consensus.weights.iter().zip(&judged.case.opinions[number]).map(log_weight).collect();
                judged.right_with(&LogProb::normalised(&rescored))
            };
            let settings = Rescoring { kernel, exponent };
            tried.push(Tried { settings, right: cases.iter().map(right).collect() });
        }
    }
    let clusters: Vec<Vec<usize>> = (0..cases.len()).map(|case| vec![case]).collect();
    paying(&tried, &before, &clusters)
}

/// Notes what became of one blackout's solution.
fn note(calibration: &mut Calibration, solution: &Solution, judge: &Judge<'_>, truth: &[&Event]) {
    let Some(consensus) = &solution.consensus else {
        return;
    };
    let (trace, params) = (judge.trace, judge.params);
    let lost = solution.placed().len();
    calibration.note_blackout(lost);
    let right = right(solution, judge.event_types, truth, trace);
    for (place, right) in right.into_iter().enumerate() {
        calibration.note(Belief { support: consensus.support[place], lost, place }, right);
    }
    let (by_thread, by_event) = true_counts(truth, judge);
    for (key, expected) in &solution.counted.by_thread {
        let number = by_thread.get(key).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByThread, lost, expected.mean, expected.deviation(params), number);
    }
    let distance = |share: f64| {
        let mut differences = by_event.clone();
        let expected = solution.counted.by_event_with(share, params.min_expected);
        for (&event_type, expected) in &expected {
            *differences.entry(event_type).or_default() -= expected.mean;
        }
        0.5 * differences.values().map(|difference| difference.abs()).sum::<f64>() / lost.max(1) as f64
    };
    calibration.note_background(lost, SHARES.map(distance));
    let share = calibration.background(lost);
    let expected = solution.counted.by_event_with(share, params.min_expected);
    for (event_type, expected) in &expected {
        let number = by_event.get(event_type).copied().unwrap_or(0.0);
        calibration.note_count(Rows::ByEvent, lost, expected.mean, expected.deviation(params), number);
    }
    let unexpected = by_event.keys().filter(|event_type| !expected.contains_key(event_type)).count();
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

/// True numbers by key.
type Numbers<K> = BTreeMap<K, f64>;

/// How many events of each type were lost: by thread, and over all threads.
fn true_counts(truth: &[&Event], judge: &Judge<'_>) -> (Numbers<(ThreadKey, EventTypeId)>, Numbers<EventTypeId>) {
    let mut by_thread = Numbers::default();
    let mut by_event = Numbers::default();
    for event in truth {
        let event_type = judge.event_types.of_event(event, &judge.trace.header.symbols);
        *by_thread.entry((ThreadKey::of(event), event_type)).or_default() += 1.0;
        *by_event.entry(event_type).or_default() += 1.0;
    }
    (by_thread, by_event)
}

/// What solutions of blackouts are judged with.
pub struct Judge<'j> {
    /// The complete trace.
    pub trace: &'j Trace,
    /// The event types of the model that filled the blackouts.
    pub event_types: &'j EventTypes,
    /// The constants of the search.
    pub params: &'j SearchParams,
}

/// Rows of the composition by event, and how many of their intervals hold the truth. An event type that was lost but has no row
/// counts as a row missed.
pub fn coverage(solution: &Solution, model: &TraceModel, judge: &Judge<'_>, truth: &[&Event]) -> (f64, f64) {
    let lost = solution.placed().len();
    let (_, by_event) = true_counts(truth, judge);
    let share = model.calibration.background(lost);
    let expected = solution.counted.by_event_with(share, judge.params.min_expected);
    let mut covered = 0.0;
    for (event_type, expected) in &expected {
        let number = by_event.get(event_type).copied().unwrap_or(0.0);
        let half = model.calibration.half_width(Rows::ByEvent, lost, expected.mean, &model.params)
            * expected.deviation(judge.params);
        covered += f64::from(u8::from((number - expected.mean).abs() <= half + 1e-9));
    }
    let missed = by_event.keys().filter(|event_type| !expected.contains_key(event_type)).count();
    ((expected.len() + missed) as f64, covered)
}

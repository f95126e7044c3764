//! Composition: what a gap swallowed by event type, as expected counts over all fillings with intervals.

use crate::durations::CallDurations;
use crate::gap_context::GapContext;
use crate::inferred::{Composition, LostInterval};
use crate::model::calibration::Rows;
use crate::model::{EventTypes, TraceModel};
use crate::params::SearchParams;
use crate::search::Filling;
use crate::view::View;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::sink::CompositionPart;
use tracemend_trace::{EventType, EventTypeId, Gap, Phase, ThreadKey};

/// Expected number and variance of one event type, before calibration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// Mean over the fillings.
    pub mean: f64,
    /// Mean of the square.
    pub square: f64,
}

/// Counts of a gap by event type.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// By thread and event type.
    pub by_thread: BTreeMap<(ThreadKey, EventTypeId), Expected>,
    /// By event type.
    pub by_event: BTreeMap<EventTypeId, Expected>,
    /// Shares of the events recorded around the gap.
    pub background: BTreeMap<EventTypeId, f64>,
}

impl Expected {
    /// Scale of the error to be expected: the spread between fillings, and what all of them may share.
    pub(crate) fn deviation(&self, params: &SearchParams) -> f64 {
        let [shared, shared_per_event] = params.shared_variance;
        let between = (self.square - self.mean * self.mean).max(0.0);
        (between + shared + shared_per_event * self.mean).sqrt()
    }
}

/// Counts the events of all fillings, by these weights.
pub(crate) fn count<'f>(
    fillings: impl Iterator<Item = (&'f Filling, f64)>,
    context: &GapContext,
    event_types: &EventTypes,
    background: BTreeMap<EventTypeId, f64>,
) -> Counted {
    let mut counted = Counted { background, ..Counted::default() };
    for (filling, weight) in fillings {
        let mut by_thread: BTreeMap<(ThreadKey, EventTypeId), f64> = BTreeMap::new();
        let mut by_event: BTreeMap<EventTypeId, f64> = BTreeMap::new();
        for &(point, token) in &filling.placed {
            let event_type = event_types.of(token);
            *by_event.entry(event_type).or_default() += 1.0;
            *by_thread.entry((context.points[point as usize].thread, event_type)).or_default() += 1.0;
        }
        for (key, number) in by_thread {
            add(counted.by_thread.entry(key).or_default(), number, weight);
        }
        for (key, number) in by_event {
            add(counted.by_event.entry(key).or_default(), number, weight);
        }
    }
    counted
}

fn add(expected: &mut Expected, number: f64, weight: f64) {
    expected.mean += weight * number;
    expected.square += weight * number * number;
}

/// Shares of the event types among the `events` that the gap's stream recorded on each side of it; among all events of the
/// stream where it recorded nothing on one side.
pub(crate) fn background(
    view: &View<'_>,
    gap: &Gap,
    event_types: &EventTypes,
    events: usize,
) -> BTreeMap<EventTypeId, f64> {
    let Some(positions) = gap.stream.and_then(|stream| view.index.streams.get(stream.0 as usize)) else {
        return BTreeMap::new();
    };
    let around = match (gap.begin_ns, gap.end_ns) {
        (Some(begin), Some(_)) => {
            let middle = view.index.count_until(positions, begin);
            &positions[middle.saturating_sub(events)..(middle + events).min(positions.len())]
        }
        _ => positions,
    };
    let mut numbers: BTreeMap<EventTypeId, usize> = BTreeMap::new();
    around.iter().for_each(|&position| *numbers.entry(event_types.of(view.token(position))).or_default() += 1);
    numbers.into_iter().map(|(event_type, number)| (event_type, number as f64 / around.len() as f64)).collect()
}

impl Counted {
    /// Counts by event: the fillings' with a share of what the stream usually records; rows rarer than `min_expected` are left
    /// out.
    pub fn by_event_with(&self, share: f64, min_expected: f64) -> BTreeMap<EventTypeId, Expected> {
        let share = if self.background.is_empty() { 0.0 } else { share };
        let lost: f64 = self.by_event.values().map(|expected| expected.mean).sum();
        let mut mixed: BTreeMap<EventTypeId, Expected> = BTreeMap::new();
        for (&event_type, expected) in &self.by_event {
            let mean = (1.0 - share) * expected.mean;
            let between = (expected.square - expected.mean * expected.mean).max(0.0);
            mixed.insert(event_type, Expected { mean, square: between + mean * mean });
        }
        for (&event_type, part) in &self.background {
            let expected = mixed.entry(event_type).or_default();
            let between = (expected.square - expected.mean * expected.mean).max(0.0);
            expected.mean += share * part * lost;
            expected.square = between + expected.mean * expected.mean;
        }
        mixed.retain(|_, expected| expected.mean >= min_expected);
        mixed
    }
}

/// What turns counts into a composition.
pub(crate) struct Composer<'c> {
    /// What is known of the recorded events.
    pub view: &'c View<'c>,
    /// The model that filled the gap, calibrated.
    pub model: &'c TraceModel,
    /// The event types of its tokens.
    pub event_types: &'c EventTypes,
    /// How long recorded calls took.
    pub durations: &'c CallDurations,
    /// The constants of the search.
    pub params: &'c SearchParams,
}

impl Composer<'_> {
    /// The composition of a gap with calibrated intervals.
    pub(crate) fn compose(
        &self,
        gap: &Gap,
        counted: &Counted,
        context: &GapContext,
        lost: LostInterval,
    ) -> Composition {
        let calibration = &self.model.calibration;
        let row = |tid, comm, event_type: EventTypeId, expected: &Expected, rows| {
            let EventType { name, phase } = self.event_types.get(event_type).clone();
            let time_ns = self.duration(&name, phase, gap).map(|duration| duration * expected.mean);
            let half = calibration.half_width(rows, lost.value as usize, expected.mean, &self.model.params)
                * expected.deviation(self.params);
            CompositionPart {
                tid,
                comm,
                name,
                phase,
                expected: expected.mean,
                low: (expected.mean - half).max(0.0),
                high: (expected.mean + half).min(lost.high as f64).max(expected.mean),
                time_ns,
            }
        };
        let mut comms: FxHashMap<ThreadKey, (Option<i32>, Option<String>)> = FxHashMap::default();
        for point in &context.points {
            comms.entry(point.thread).or_insert_with(|| point.identity(self.view));
        }
        let mut by_thread: Vec<CompositionPart> = counted
            .by_thread
            .iter()
            .map(|(&(thread, event_type), expected)| {
                let (tid, comm) = comms.get(&thread).cloned().unwrap_or_default();
                row(tid, comm, event_type, expected, Rows::ByThread)
            })
            .collect();
        let min_expected = self.params.min_expected;
        let mut by_event: Vec<CompositionPart> = counted
            .by_event_with(self.share_of_background(gap, lost.value), min_expected)
            .iter()
            .map(|(&event_type, expected)| row(None, None, event_type, expected, Rows::ByEvent))
            .collect();
        for rows in [&mut by_thread, &mut by_event] {
            rows.retain(|row| row.expected >= min_expected);
            rows.sort_by(|a, b| {
                b.expected
                    .total_cmp(&a.expected)
                    .then_with(|| (&a.name, a.tid, a.phase).cmp(&(&b.name, b.tid, b.phase)))
            });
        }
        Composition { lost: lost.value, lost_low: lost.low, lost_high: lost.high, by_thread, by_event }
    }

    /// Mean duration of a call that lay in the gap, ns. Exits stand for their calls, so that a call is not counted twice.
    fn duration(&self, name: &str, phase: Phase, gap: &Gap) -> Option<f64> {
        if !matches!(phase, Phase::Call | Phase::Exit) {
            return None;
        }
        let width = gap.end_ns?.checked_sub(gap.begin_ns?)?;
        let name = self.view.index.trace.header.symbols.find(name)?;
        self.durations.mean_within(name, u64::try_from(width).ok()?)
    }

    /// Share of the composition that is the background's: as calibrated; for a gap with one recorded side at least the share
    /// of its events that lie far from that side, where the fillings go on with what the nearest thread did last.
    fn share_of_background(&self, gap: &Gap, lost: u64) -> f64 {
        let calibrated = self.model.calibration.background(lost as usize);
        let far = 1.0 - self.params.near_events / lost.max(1) as f64;
        if gap.is_one_sided() { calibrated.max(far) } else { calibrated }
    }
}

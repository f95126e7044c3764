//! What a gap swallowed, by kind: expected counts over all fillings, with intervals.

use crate::inferred::{Composition, CompositionRow, LostInterval};
use crate::insertion_points::GapContext;
use crate::model::TraceModel;
use crate::model::calibration::Rows;
use crate::params::SearchParams;
use crate::search::Filling;
use crate::view::View;
use rustc_hash::FxHashMap;
use tracemend_trace::{Gap, Phase};

/// Expected number and variance of one kind of event, before calibration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// Mean over the fillings.
    pub mean: f64,
    /// Mean of the square.
    pub square: f64,
}

/// Kind of event: name and phase; with the thread in the by-thread table.
pub type Kind = (String, Phase);

/// Counts of a gap by kind.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// By thread ([`crate::model::thread_of`]) and kind.
    pub by_thread: FxHashMap<(i64, Kind), Expected>,
    /// By kind.
    pub by_event: FxHashMap<Kind, Expected>,
    /// Shares of the events recorded around the gap.
    pub background: FxHashMap<Kind, f64>,
}

impl Expected {
    /// Scale of the error to be expected: the spread between fillings, and what all of them may share.
    pub fn deviation(&self, params: &SearchParams) -> f64 {
        let [shared, shared_per_event] = params.shared_variance;
        let between = (self.square - self.mean * self.mean).max(0.0);
        (between + shared + shared_per_event * self.mean).sqrt()
    }
}

/// Counts the events of all fillings.
pub fn count(
    fillings: &[Filling],
    context: &GapContext,
    model: &TraceModel,
    background: FxHashMap<Kind, f64>,
) -> Counted {
    let mut counted = Counted { background, ..Counted::default() };
    for filling in fillings {
        let mut threads: FxHashMap<(i64, u32), f64> = FxHashMap::default();
        for &(point, token) in &filling.placed {
            *threads.entry((context.points[point as usize].thread, token)).or_default() += 1.0;
        }
        let mut by_thread: FxHashMap<(i64, Kind), f64> = FxHashMap::default();
        let mut by_event: FxHashMap<Kind, f64> = FxHashMap::default();
        for ((thread, token), number) in threads {
            let kind = model.tokens.kind(token);
            let kind = (kind.name.clone(), kind.phase);
            *by_event.entry(kind.clone()).or_default() += number;
            *by_thread.entry((thread, kind)).or_default() += number;
        }
        for (key, number) in by_thread {
            add(counted.by_thread.entry(key).or_default(), number, filling.weight);
        }
        for (key, number) in by_event {
            add(counted.by_event.entry(key).or_default(), number, filling.weight);
        }
    }
    counted
}

fn add(expected: &mut Expected, number: f64, weight: f64) {
    expected.mean += weight * number;
    expected.square += weight * number * number;
}

/// Shares of the kinds among the `events` that the gap's stream recorded on each side of it; among all events of the stream
/// where it recorded nothing on one side.
pub fn background(view: &View<'_>, gap: &Gap, model: &TraceModel, events: usize) -> FxHashMap<Kind, f64> {
    let Some(positions) = gap.stream.and_then(|stream| view.index.streams.get(stream.0 as usize)) else {
        return FxHashMap::default();
    };
    let around = match (gap.begin_ns, gap.end_ns) {
        (Some(begin), Some(_)) => {
            let middle = view.index.count_until(positions, begin);
            &positions[middle.saturating_sub(events)..(middle + events).min(positions.len())]
        }
        _ => positions,
    };
    let mut tokens: FxHashMap<u32, f64> = FxHashMap::default();
    around.iter().for_each(|&position| *tokens.entry(view.token(position)).or_default() += 1.0 / around.len() as f64);
    let mut kinds: FxHashMap<Kind, f64> = FxHashMap::default();
    for (token, share) in tokens {
        let kind = model.tokens.kind(token);
        *kinds.entry((kind.name.clone(), kind.phase)).or_default() += share;
    }
    kinds
}

impl Counted {
    /// Counts by event: the fillings' with a share of what the stream usually records; rows rarer than `min_expected` are left
    /// out.
    pub fn by_event_with(&self, share: f64, min_expected: f64) -> FxHashMap<Kind, Expected> {
        let share = if self.background.is_empty() { 0.0 } else { share };
        let lost: f64 = self.by_event.values().map(|expected| expected.mean).sum();
        let mut mixed: FxHashMap<Kind, Expected> = FxHashMap::default();
        for (kind, expected) in &self.by_event {
            let mean = (1.0 - share) * expected.mean;
            let between = (expected.square - expected.mean * expected.mean).max(0.0);
            mixed.insert(kind.clone(), Expected { mean, square: between + mean * mean });
        }
        for (kind, part) in &self.background {
            let expected = mixed.entry(kind.clone()).or_default();
            let between = (expected.square - expected.mean * expected.mean).max(0.0);
            expected.mean += share * part * lost;
            expected.square = between + expected.mean * expected.mean;
        }
        mixed.retain(|_, expected| expected.mean >= min_expected);
        mixed
    }
}

/// What turns counts into a composition.
pub struct Composer<'c> {
    /// What is known of the recorded events.
    pub view: &'c View<'c>,
    /// The model that filled the gap, calibrated.
    pub model: &'c TraceModel,
    /// The constants of the search.
    pub params: &'c SearchParams,
}

impl Composer<'_> {
    /// The composition of a gap with calibrated intervals.
    pub fn compose(&self, gap: &Gap, counted: &Counted, context: &GapContext, lost: LostInterval) -> Composition {
        let calibration = &self.model.calibration;
        let row = |tid, comm, kind: &Kind, expected: &Expected, rows| {
            let half = calibration.half_width(rows, lost.value as usize, expected.mean, &self.model.params)
                * expected.deviation(self.params);
            CompositionRow {
                tid,
                comm,
                name: kind.0.clone(),
                phase: kind.1,
                expected: expected.mean,
                low: (expected.mean - half).max(0.0),
                high: (expected.mean + half).min(lost.high as f64).max(expected.mean),
                time_ns: None,
            }
        };
        let mut comms: FxHashMap<i64, (Option<i32>, Option<String>)> = FxHashMap::default();
        for point in &context.points {
            comms.entry(point.thread).or_insert_with(|| point.identity(self.view));
        }
        let mut by_thread: Vec<CompositionRow> = counted
            .by_thread
            .iter()
            .map(|((thread, kind), expected)| {
                let (tid, comm) = comms.get(thread).cloned().unwrap_or_default();
                row(tid, comm, kind, expected, Rows::ByThread)
            })
            .collect();
        let min_expected = self.params.min_expected;
        let mut by_event: Vec<CompositionRow> = counted
            .by_event_with(self.share_of_background(gap, lost.value), min_expected)
            .iter()
            .map(|(kind, expected)| row(None, None, kind, expected, Rows::ByEvent))
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

    /// Share of the composition that is the background's: as calibrated; for a gap with one recorded side at least the share
    /// of its events that lie far from that side, where the fillings go on with what the nearest thread did last.
    fn share_of_background(&self, gap: &Gap, lost: u64) -> f64 {
        let calibrated = self.model.calibration.background(lost as usize);
        let far = 1.0 - self.params.near_events / lost.max(1) as f64;
        if gap.is_one_sided() { calibrated.max(far) } else { calibrated }
    }
}

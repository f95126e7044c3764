//! What a gap swallowed, by kind: expected counts over all fillings, with intervals.

use crate::inferred::{Composition, CompositionRow};
use crate::insertion_points::GapContext;
use crate::model::CountsModel;
use crate::model::calibration::{Calibration, Rows};
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
    /// By thread ([`crate::model::thread_of`]; `None`: a thread without a recorded event) and kind.
    pub by_thread: FxHashMap<(Option<i64>, Kind), Expected>,
    /// By kind.
    pub by_event: FxHashMap<Kind, Expected>,
    /// Shares of the events recorded around the gap.
    pub background: FxHashMap<Kind, f64>,
}

impl Expected {
    /// Scale of the error to be expected: the spread between fillings, and what all of them may share.
    pub fn deviation(&self) -> f64 {
        let between = (self.square - self.mean * self.mean).max(0.0);
        (between + 0.25 + 0.15 * self.mean).sqrt()
    }
}

/// Counts the events of all fillings.
pub fn count(
    fillings: &[Filling],
    context: &GapContext,
    model: &CountsModel,
    background: FxHashMap<Kind, f64>,
) -> Counted {
    let mut counted = Counted { background, ..Counted::default() };
    for filling in fillings {
        let mut threads: FxHashMap<(Option<i64>, u32), f64> = FxHashMap::default();
        for &(slot, token) in &filling.placed {
            *threads.entry((context.slots[slot as usize].thread, token)).or_default() += 1.0;
        }
        let mut by_thread: FxHashMap<(Option<i64>, Kind), f64> = FxHashMap::default();
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

/// Events on each side of a gap that make up its background.
const BACKGROUND: usize = 400;
/// So many events from the recorded side of a gap that has one only, the fillings say more than what the stream records at
/// large; farther away they go on with whatever the nearest thread did last.
const NEAR: f64 = 100.0;
/// Rows expected more rarely than this are left out.
pub const LEAST: f64 = 0.05;

/// Shares of the kinds of events that the gap's stream recorded just before and after it; where one side is all there is,
/// those of the whole stream.
pub fn background(view: &View<'_>, gap: &Gap, model: &CountsModel) -> FxHashMap<Kind, f64> {
    let Some(positions) = gap.stream.and_then(|stream| view.index.streams.get(stream.0 as usize)) else {
        return FxHashMap::default();
    };
    let around = match (gap.begin_ns, gap.end_ns) {
        (Some(begin), Some(_)) => {
            let middle = view.index.count_until(positions, begin);
            &positions[middle.saturating_sub(BACKGROUND)..(middle + BACKGROUND).min(positions.len())]
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

/// How much of the composition is the background's: as calibrated, or for a gap with one recorded side what lies far from it.
fn share_of_background(gap: &Gap, calibration: &Calibration, lost: u64) -> f64 {
    let calibrated = calibration.background(lost as usize);
    if gap.is_one_sided() { calibrated.max(1.0 - NEAR / lost.max(1) as f64) } else { calibrated }
}

impl Counted {
    /// Counts by event: the fillings' with a share of what the stream usually records. Rows of [`LEAST`] and more.
    pub fn by_event_with(&self, share: f64) -> FxHashMap<Kind, Expected> {
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
        mixed.retain(|_, expected| expected.mean >= LEAST);
        mixed
    }
}

/// The composition of a gap with calibrated intervals. `lost`: most likely, lowest and highest number of lost events.
pub fn compose(
    gap: &Gap,
    counted: &Counted,
    view: &View<'_>,
    context: &GapContext,
    calibration: &Calibration,
    lost: (u64, u64, u64),
) -> Composition {
    let row = |tid, comm, kind: &Kind, expected: &Expected, rows| {
        let half = calibration.half_width(rows, lost.0 as usize, expected.mean) * expected.deviation();
        CompositionRow {
            tid,
            comm,
            name: kind.0.clone(),
            phase: kind.1,
            expected: expected.mean,
            low: (expected.mean - half).max(0.0),
            high: (expected.mean + half).min(lost.2 as f64).max(expected.mean),
            time_ns: None,
        }
    };
    let mut comms: FxHashMap<Option<i64>, (Option<i32>, Option<String>)> = FxHashMap::default();
    for slot in &context.slots {
        comms.entry(slot.thread).or_insert_with(|| slot.identity(view));
    }
    let mut by_thread: Vec<CompositionRow> = counted
        .by_thread
        .iter()
        .map(|((thread, kind), expected)| {
            let (tid, comm) = comms.get(thread).cloned().unwrap_or_default();
            row(tid, comm, kind, expected, Rows::ByThread)
        })
        .collect();
    let mut by_event: Vec<CompositionRow> = counted
        .by_event_with(share_of_background(gap, calibration, lost.0))
        .iter()
        .map(|(kind, expected)| row(None, None, kind, expected, Rows::ByEvent))
        .collect();
    for rows in [&mut by_thread, &mut by_event] {
        rows.retain(|row| row.expected >= LEAST);
        rows.sort_by(|a, b| {
            b.expected.total_cmp(&a.expected).then_with(|| (&a.name, a.tid, a.phase).cmp(&(&b.name, b.tid, b.phase)))
        });
    }
    Composition { lost: lost.0, lost_low: lost.1, lost_high: lost.2, by_thread, by_event }
}

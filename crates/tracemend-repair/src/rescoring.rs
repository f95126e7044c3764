//! Rescoring: a second opinion on whole fillings from similar places of the recording.
//!
//! The search sees names and the class of a return value. Places of the recording where the same context of a thread occurs also have
//! exact return values and times. A place counts for more the nearer the time that it took is to what the gap took (a Gaussian
//! kernel over the logarithms), and for less for every event around it that returned another value than the event as far from the
//! gap: by `differing`^(1 / (1 + d)), d events away. The share of such weight that speaks for a filling is multiplied into its
//! probability, with an exponent.
//!
//! Whether this pays, and with which settings, is decided by blackouts of the very trace ([`crate::gate`]); where it does not, the
//! search's own weights stand.

use crate::gap_context::{GapContext, InsertionPoint};
use crate::gap_spans::GapSpans;
use crate::index::TraceIndex;
use crate::kernel::{Kernel, Known, value_hash};
use crate::log_prob::LogProb;
use crate::model::Token;
use crate::search::Filling;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::{Gap, ThreadKey};

/// Tokens before an insertion point that a place has to share with it.
const LEFT: usize = 3;
/// Tokens after an insertion point that a place has to share with it.
const RIGHT: usize = 2;
/// Weight of one place that every filling gets, so that none is impossible.
const FLOOR: f64 = 0.1;
/// Places looked at for one insertion point. They are spread over the recording.
const MAX_PLACES: usize = 400;

/// One thread's recorded events.
struct ThreadText {
    tokens: Vec<Token>,
    known: Vec<Option<Known>>,
    /// `[event]` whether events may be missing between it and the one before it.
    torn: Vec<bool>,
}

/// The recording by thread, with an index of its contexts.
pub(crate) struct Recall {
    threads: BTreeMap<ThreadKey, ThreadText>,
    /// Where each row of [`LEFT`] tokens ends: thread, and number of the event after it.
    places: FxHashMap<[Token; LEFT], Vec<(ThreadKey, u32)>>,
}

impl Recall {
    /// Indexes the recorded events of a trace. `gaps`: where events are missing, which no place may lie across.
    pub(crate) fn new(index: &TraceIndex<'_>, gaps: &[Gap]) -> Self {
        let gaps = GapSpans::new(gaps);
        let mut recall = Self { threads: BTreeMap::new(), places: FxHashMap::default() };
        for (&thread, positions) in &index.threads {
            let mut text = ThreadText { tokens: Vec::new(), known: Vec::new(), torn: Vec::new() };
            let mut before = None;
            for &position in positions {
                let event = index.event(position);
                text.tokens.push(index.tokens[position as usize]);
                text.known.push(Some(Known { time_ns: Some(event.time_ns), value: value_hash(event.ret) }));
                text.torn.push(before.is_some_and(|before| gaps.any_between(before, event.time_ns)));
                before = Some(event.time_ns);
            }
            recall.threads.insert(thread, text);
        }
        for (&thread, text) in &recall.threads {
            for (place, row) in text.tokens.windows(LEFT).enumerate() {
                let Ok(row) = <[Token; LEFT]>::try_from(row) else { continue };
                recall.places.entry(row).or_default().push((thread, (place + LEFT) as u32));
            }
        }
        recall
    }

    /// For each of `kernels`, what the recording says of each filling: the logarithm of the share of places that speak for it,
    /// summed over the insertion points that any filling uses. `[kernel][filling]`.
    pub(crate) fn opinions(&self, gap: &GapContext, fillings: &[Filling], kernels: &[Kernel]) -> Vec<Vec<LogProb>> {
        let mut opinions = vec![vec![LogProb::CERTAIN; fillings.len()]; kernels.len()];
        for (number, point) in gap.points.iter().enumerate() {
            // Fillings that agree on this point share one row.
            let mut rows: Vec<Vec<Token>> = Vec::new();
            let row_of: Vec<usize> = fillings
                .iter()
                .map(|filling| {
                    let on_point = filling.placed.iter().filter(|placed| placed.0 as usize == number);
                    let row: Vec<Token> = on_point.map(|placed| placed.1).collect();
                    rows.iter().position(|known| *known == row).unwrap_or_else(|| {
                        rows.push(row);
                        rows.len() - 1
                    })
                })
                .collect();
            if rows.len() < 2 {
                continue;
            }
            for (kernel, weights) in self.weights(point, &rows, kernels).into_iter().enumerate() {
                let total: f64 = weights.iter().map(|weight| weight + FLOOR).sum();
                for (filling, &row) in row_of.iter().enumerate() {
                    opinions[kernel][filling] += LogProb::of((weights[row] + FLOOR) / total);
                }
            }
        }
        opinions
    }

    /// `[kernel][row]` weight of the places that have this row of tokens between the point's left and right context.
    fn weights(&self, point: &InsertionPoint, rows: &[Vec<Token>], kernels: &[Kernel]) -> Vec<Vec<f64>> {
        let mut weights = vec![vec![0.0; rows.len()]; kernels.len()];
        let Some(left) = point.before.last_chunk::<LEFT>() else { return weights };
        let Some(own) = self.threads.get(&point.thread) else { return weights };
        let Some(places) = self.places.get(left) else { return weights };
        let right = &point.right[..point.right.len().min(RIGHT)];
        // Place of the point in its own thread: after the event at its left bound.
        let time_ns = |known: &Option<Known>| known.and_then(|known| known.time_ns);
        let at = own.known.partition_point(|known| time_ns(known) <= Some(point.bounds_ns.0));
        let step = places.len().div_ceil(MAX_PLACES).max(1);
        for &(thread, place) in places.iter().step_by(step) {
            let place = place as usize;
            if thread == point.thread && place == at {
                continue;
            }
            let Some(text) = self.threads.get(&thread) else { continue };
            for (number, row) in rows.iter().enumerate() {
                let end = place + row.len();
                let fits = text.tokens.get(place..end) == Some(row)
                    && text.tokens.get(end..end + right.len()) == Some(right)
                    && text
                        .torn
                        .get(place..=end.min(text.torn.len().saturating_sub(1)))
                        .is_some_and(|torn| !torn.contains(&true));
                if fits {
                    for (kernel, weights) in kernels.iter().zip(&mut weights) {
                        weights[number] += kernel.weight(&own.known, &(at..at), &text.known, &(place..end));
                    }
                }
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Rescoring;
    use crate::model::TraceModel;
    use crate::model::testing::trace;
    use crate::testing::{cut, with_engine};

    #[test]
    fn the_filling_that_the_recording_knows_from_places_like_this_gains() {
        // `open read close` or `open write close`, by what the `open` before returned: 3 or 4.
        let mut calls = Vec::new();
        for round in 0..200usize {
            calls.extend([
                (0, 1, "stat"),
                (0, 1, "open"),
                (0, 1, if round * round % 3 == 0 { "read" } else { "write" }),
                (0, 1, "close"),
            ]);
        }
        let mut whole = trace(&calls);
        for (place, event) in whole.events.iter_mut().enumerate() {
            event.ret = Some(match place % 4 {
                1 if (place / 4) * (place / 4) % 3 == 0 => 3,
                1 => 4,
                _ => 0,
            });
        }
        // Round 99 reads: the event after its `open` is lost.
        let damaged = cut(whole, 398..399);
        let mut model = TraceModel::default();
        model.learn(&damaged, 1);
        with_engine(&damaged, |view, engine| {
            let gap =
                crate::insertion_points::gap_context(view, &engine, &mut *engine.predictor.session(), &damaged.gaps[0]);
            let recall = Recall::new(view.index, &damaged.gaps);
            let positive = |name: &str| {
                engine.model.tokens.kinds().iter().position(|kind| kind.name == name).expect("learned") as Token
            };
            let fillings = ["read", "write"].map(|name| Filling {
                placed: vec![(0, positive(name))],
                weight: 0.5,
                origin: crate::search::Origin::Search,
            });
            let opinions = recall.opinions(&gap, &fillings, &Rescoring::KERNELS);
            // Bare names say `write`, which is twice as frequent; the value that `open` returned says `read`.
            assert!(opinions[0][1] > opinions[0][0], "{opinions:?}");
            assert!(opinions[1][0] > opinions[1][1], "{opinions:?}");
        });
    }
}

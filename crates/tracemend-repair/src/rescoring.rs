//! Rescoring: a second opinion on whole fillings from similar places of the recording.
//!
//! The search sees names and the class of a return value. Places of the recording where the same thread context occurs also have
//! exact return values and times. A place counts for more the nearer the time that it took is to what the gap took (a Gaussian
//! kernel over the logarithms), and for less for every event around it that returned another value than the event as far from the
//! gap: by `differing`^(1 / (1 + d)), d events away. The share of such weight that speaks for a filling is multiplied into its
//! probability, with an exponent.
//!
//! Whether this pays, and with which settings, is decided by blackouts of the very trace ([`crate::gate`]); where it does not, the
//! search's own weights stand.

use crate::index::TraceIndex;
use crate::insertion_points::{GapContext, InsertionPoint};
use crate::log_prob::LogProb;
use crate::model::Token;
use crate::search::Filling;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::Range;
use tracemend_trace::{Gap, ThreadKey};

/// Events on each side of a gap whose values are compared.
const REACH: usize = 32;
/// What the kernel of times gives a place at the least, however long it took.
const FAR: f64 = 0.02;
/// Tokens before an insertion point that a place has to share with it.
const LEFT: usize = 3;
/// Tokens after an insertion point that a place has to share with it.
const RIGHT: usize = 2;
/// Weight of one place that every filling gets, so that none is impossible.
const FLOOR: f64 = 0.1;
/// Places looked at for one insertion point. They are spread over the recording.
const MAX_PLACES: usize = 400;

/// What is known of an event besides its token.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its time, ns.
    pub time_ns: Option<i64>,
    /// Hash of its return value, 1 to 255; 0 where there is none ([`value_hash`]).
    pub value: u8,
}

/// Hash of a return value, 1 to 255; 0 for none. Of numbers beyond 32 bits only the magnitude counts: they are mostly addresses,
/// which differ from run to run.
pub fn value_hash(ret: Option<i64>) -> u8 {
    let Some(ret) = ret else { return 0 };
    let bits = i64::BITS - ret.unsigned_abs().leading_zeros();
    let key = if bits > u32::BITS { i64::MIN + i64::from(bits) } else { ret };
    // Fibonacci hashing: Knuth, The Art of Computer Programming 3, section 6.4.
    1 + (((key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 255) as u8
}

/// What a place of a text counts.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kernel {
    /// Width of the Gaussian over the logarithms of times; `None`: times do not matter.
    pub time: Option<f64>,
    /// Factor of an event next to the gap that returned another value; 1: values do not matter.
    pub differing: f64,
}

impl Kernel {
    /// Places count alike.
    pub const EVEN: Self = Self { time: None, differing: 1.0 };

    /// What `place` of `text` counts for the gap `hidden` of `own`. Both are what is known of rows of events, `None` where
    /// nothing is.
    pub fn weight(
        self,
        own: &[Option<Known>],
        hidden: &Range<usize>,
        text: &[Option<Known>],
        place: &Range<usize>,
    ) -> f64 {
        let near = match self.time.map(|width| (took(own, hidden), took(text, place), width)) {
            Some((Some(gap), Some(there), width)) => (-0.5 * ((there - gap) / width).powi(2)).exp() + FAR,
            _ => 1.0,
        };
        if self.differing == 1.0 {
            return near;
        }
        let before = disagreement(own.iter().take(hidden.start).rev(), text.iter().take(place.start).rev());
        let after = disagreement(own.iter().skip(hidden.end), text.iter().skip(place.end));
        near * self.differing.powf(before + after)
    }
}

/// Logarithm of the time in ns from the event before a place to the one after it.
fn took(events: &[Option<Known>], place: &Range<usize>) -> Option<f64> {
    let event = |at: usize| events.get(at).copied().flatten();
    let (before, after) = (event(place.start.checked_sub(1)?)?.time_ns?, event(place.end)?.time_ns?);
    Some((after.saturating_sub(before).max(1) as f64).ln())
}

/// How much the values of two rows of events differ that lead away from a gap and a place: a difference d events away counts
/// 1 / (1 + d). An unknown value differs from no other; where a row ends, so does the comparison.
fn disagreement<'a>(
    own: impl Iterator<Item = &'a Option<Known>>,
    text: impl Iterator<Item = &'a Option<Known>>,
) -> f64 {
    let both = own.zip(text).take(REACH).map_while(|(own, text)| Some(((*own)?.value, (*text)?.value)));
    let differ = |&(_, (own, text)): &(usize, (u8, u8))| own != text && own != 0 && text != 0;
    both.enumerate().filter(differ).map(|(away, _)| 1.0 / (1.0 + away as f64)).sum()
}

/// How fillings are scored again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rescoring {
    /// What a place counts.
    pub kernel: Kernel,
    /// Exponent of the share of places that speak for a filling.
    pub exponent: f64,
}

impl Rescoring {
    /// Kernels to choose from.
    pub const KERNELS: [Kernel; 4] = [
        Kernel::EVEN,
        Kernel { time: None, differing: 0.1 },
        Kernel { time: Some(0.5), differing: 1.0 },
        Kernel { time: Some(0.5), differing: 0.1 },
    ];
    /// Exponents to choose from.
    pub const EXPONENTS: [f64; 3] = [0.25, 0.5, 1.0];
}

/// One thread's recorded events.
struct ThreadText {
    tokens: Vec<Token>,
    known: Vec<Option<Known>>,
    /// `[event]` whether events may be missing between it and the one before it.
    torn: Vec<bool>,
}

/// The recording by thread, with an index of its contexts.
pub struct Recall {
    threads: BTreeMap<ThreadKey, ThreadText>,
    /// Where each row of [`LEFT`] tokens ends: thread, and number of the event after it.
    places: FxHashMap<[Token; LEFT], Vec<(ThreadKey, u32)>>,
}

impl Recall {
    /// Indexes the recorded events of a trace. `gaps`: where events are missing, which no place may lie across.
    pub fn new(index: &TraceIndex<'_>, gaps: &[Gap]) -> Self {
        let mut gaps: Vec<&Gap> = gaps.iter().collect();
        gaps.sort_by_key(|gap| gap.end_ns);
        let mut recall = Self { threads: BTreeMap::new(), places: FxHashMap::default() };
        for (&thread, positions) in &index.threads {
            let mut text = ThreadText { tokens: Vec::new(), known: Vec::new(), torn: Vec::new() };
            let mut before = None;
            for &position in positions {
                let event = index.event(position);
                text.tokens.push(index.tokens[position as usize]);
                text.known.push(Some(Known { time_ns: Some(event.time_ns), value: value_hash(event.ret) }));
                text.torn.push(before.is_some_and(|before| is_torn(&gaps, before, event.time_ns)));
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
    pub fn opinions(&self, gap: &GapContext, fillings: &[Filling], kernels: &[Kernel]) -> Vec<Vec<LogProb>> {
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

/// Whether a gap lies between two times. `gaps` are sorted by their ends.
fn is_torn(gaps: &[&Gap], before_ns: i64, after_ns: i64) -> bool {
    let first = gaps.partition_point(|gap| gap.end_ns.is_some_and(|end| end <= before_ns));
    gaps[first..].iter().any(|gap| gap.begin_ns.is_none_or(|begin| begin < after_ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TraceModel;
    use crate::model::testing::trace;
    use crate::testing::{cut, with_engine};

    #[test]
    fn small_values_differ_and_addresses_count_by_magnitude() {
        assert_eq!(value_hash(None), 0);
        let mut small: Vec<u8> = (-20..100).map(|ret| value_hash(Some(ret))).collect();
        small.sort_unstable();
        small.dedup();
        assert!(small.len() == 120 && small[0] > 0, "{}", small.len());
        assert_eq!(value_hash(Some(0x7f00_1234_5000)), value_hash(Some(0x7fff_0000_1000)));
    }

    #[test]
    fn a_place_counts_for_less_the_more_the_values_around_it_differ() {
        let known = |values: &[u8]| -> Vec<Option<Known>> {
            values.iter().map(|&value| Some(Known { time_ns: None, value })).collect()
        };
        let kernel = Kernel { time: None, differing: 0.1 };
        let own = known(&[1, 2, 3, 4]);
        let weight = |text: &[u8]| kernel.weight(&own, &(2..2), &known(text), &(2..2));
        assert_eq!(weight(&[1, 2, 3, 4]), 1.0);
        // Next to the gap a difference counts in full, one event further half, and an unknown value not at all.
        assert!((weight(&[1, 9, 3, 4]) - 0.1).abs() < 1e-12);
        assert!((weight(&[9, 2, 3, 4]) - 0.1f64.sqrt()).abs() < 1e-12);
        assert_eq!(weight(&[1, 0, 3, 4]), 1.0);
    }

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
            let gap = crate::insertion_points::gap_context(view, &engine, &damaged.gaps[0]);
            let recall = Recall::new(view.index, &damaged.gaps);
            let positive = |name: &str| {
                engine.model.tokens.kinds().iter().position(|kind| kind.name == name).expect("learned") as Token
            };
            let fillings = ["read", "write"].map(|name| Filling { placed: vec![(0, positive(name))], weight: 0.5 });
            let opinions = recall.opinions(&gap, &fillings, &Rescoring::KERNELS);
            // Bare names say `write`, which is twice as frequent; the value that `open` returned says `read`.
            assert!(opinions[0][1] > opinions[0][0], "{opinions:?}");
            assert!(opinions[1][0] > opinions[1][1], "{opinions:?}");
        });
    }
}

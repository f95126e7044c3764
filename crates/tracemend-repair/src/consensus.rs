//! From many weighted fillings of one gap to one answer and the support of each of its events.
//!
//! The answer is the filling that agrees best with all others, weighted by their probability (minimum Bayes risk
//! under per-thread LCS, the measure of protocol `burst`), not simply the likeliest one. An event's support is the
//! weight of the fillings whose same thread has it in common by the longest common subsequence.

use crate::insertion_points::InsertionPoint;
use crate::lcs::lcs_length;
use crate::model::EventTypes;
use crate::params::SearchParams;
use crate::search::Filling;
use rustc_hash::FxHashMap;
use tracemend_trace::{EventTypeId, ThreadKey};

/// Largest table for a longest common subsequence, and the pieces that longer sequences are cut into.
const CELLS: usize = 16_000_000;
const PIECE: usize = 2000;

/// The chosen filling.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// Which filling was chosen.
    pub chosen: usize,
    /// Weights of the fillings compared, summing to 1; the rest count as nothing.
    pub weights: Vec<f64>,
    /// `[lost]` support of each event, 0 to 1.
    pub support: Vec<f32>,
}

/// A thread's events in one filling: places in the filling, and event types.
pub type ByThread = FxHashMap<ThreadKey, (Vec<u32>, Vec<EventTypeId>)>;

/// Groups a filling by thread, in each thread's own order.
pub fn by_thread(filling: &Filling, points: &[InsertionPoint], event_types: &EventTypes) -> ByThread {
    let mut order: Vec<u32> = (0..filling.placed.len() as u32).collect();
    order.sort_by_key(|&place| filling.placed[place as usize].0);
    let mut threads: ByThread = FxHashMap::default();
    for place in order {
        let (point, token) = filling.placed[place as usize];
        let thread = points[point as usize].thread;
        let (places, tokens) = threads.entry(thread).or_default();
        places.push(place);
        tokens.push(event_types.of(token));
    }
    threads
}

/// Chooses among fillings, the likeliest first. Returns `None` for no filling.
pub fn choose(
    fillings: &[Filling],
    points: &[InsertionPoint],
    event_types: &EventTypes,
    params: &SearchParams,
) -> Option<Consensus> {
    let lost = fillings.first()?.placed.len();
    let count = fillings.len().min(params.compared_for(lost));
    let mut weights: Vec<f64> = fillings[..count].iter().map(|filling| filling.weight).collect();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight = if total > 0.0 { *weight / total } else { 1.0 / count as f64 });
    let threads: Vec<ByThread> =
        fillings[..count].iter().map(|filling| by_thread(filling, points, event_types)).collect();
    let mut common = vec![0.0; count];
    for i in 0..count {
        common[i] += weights[i] * lost as f64;
        for j in 0..i {
            let agreed: usize = threads[i]
                .iter()
                .filter_map(|(thread, (_, tokens))| Some(lcs_length(tokens, &threads[j].get(thread)?.1)))
                .sum();
            common[i] += weights[j] * agreed as f64;
            common[j] += weights[i] * agreed as f64;
        }
    }
    let chosen = (0..count).max_by(|&a, &b| common[a].total_cmp(&common[b]).then(b.cmp(&a)))?;
    let mut support = vec![0f32; lost];
    for (other, weight) in weights.iter().enumerate() {
        if other == chosen {
            support.iter_mut().for_each(|support| *support += *weight as f32);
            continue;
        }
        for (thread, (places, tokens)) in &threads[chosen] {
            let Some((_, others)) = threads[other].get(thread) else {
                continue;
            };
            for matched in matches(tokens, others) {
                support[places[matched] as usize] += *weight as f32;
            }
        }
    }
    Some(Consensus { chosen, weights, support })
}

/// Places of `a` in one longest common subsequence with `b`.
pub fn matches<T: Eq>(a: &[T], b: &[T]) -> Vec<usize> {
    // What both begin and end with is common anyway.
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut matched: Vec<usize> = (0..head).collect();
    if x.len().saturating_mul(y.len()) > CELLS {
        // Too long for a table: piece by piece, which finds a common subsequence, if not the longest.
        for (number, (x, y)) in x.chunks(PIECE).zip(y.chunks(PIECE)).enumerate() {
            matched.extend(matches(x, y).into_iter().map(|place| head + number * PIECE + place));
        }
    } else if !x.is_empty() && !y.is_empty() {
        let width = y.len() + 1;
        let mut table = vec![0u16; (x.len() + 1) * width];
        for i in (0..x.len()).rev() {
            for j in (0..y.len()).rev() {
                table[i * width + j] = if x[i] == y[j] {
                    table[(i + 1) * width + j + 1] + 1
                } else {
                    table[(i + 1) * width + j].max(table[i * width + j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < x.len() && j < y.len() {
            if x[i] == y[j] {
                matched.push(head + i);
                i += 1;
                j += 1;
            } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
    }
    matched.extend(a.len() - tail..a.len());
    matched
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn matches_are_a_longest_common_subsequence(
            a in prop::collection::vec(0u32..4, 0..30),
            b in prop::collection::vec(0u32..4, 0..30),
        ) {
            let matched = matches(&a, &b);
            prop_assert_eq!(matched.len(), lcs_length(&a, &b));
            let mut rest = b.iter();
            for place in matched {
                prop_assert!(rest.any(|other| *other == a[place]));
            }
        }
    }
}

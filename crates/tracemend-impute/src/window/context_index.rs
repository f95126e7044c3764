//! Two-sided context lookup: where in the training text do `N` events stand between contexts like those of a gap?
//!
//! A *place* is the start of `N` training events. Its *level* is how many events agree on **both** sides of them with
//! the gap's own contexts: min(left agreement, right agreement), where a side that agrees to the end of what the window
//! shows counts as unbounded. The index sorts all places by their reversed left context (a suffix array of the reversed
//! text, by prefix doubling: Manber and Myers 1993), so the places with a long left agreement are one interval, and a
//! shorter agreement only widens it.

use std::ops::{ControlFlow, Range};

/// How deep places are sorted, in events; no level is higher.
pub(crate) const DEPTH: usize = 256;

/// Stands between two segments of the text. Not a token: windows that contain it match nothing there.
const BREAK: u32 = u32::MAX;

/// How many places of one widening are looked at; a wider interval is thinned evenly. Bounds the time per gap in texts
/// that repeat one event for ever.
const MAX_PLACES: usize = 1 << 15;

/// A gap, as the lookup sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    /// Events before the gap, the nearest last.
    pub left: &'a [u32],
    /// Events after the gap, the nearest first.
    pub right: &'a [u32],
    /// How many events are missing.
    pub missing: usize,
}

impl Query<'_> {
    /// How many events agree on both sides of `text[at..at + missing]`, see the module's head; `None` when the text
    /// does not hold so many events there.
    fn level(&self, text: &[u32], at: usize) -> Option<usize> {
        let end = at.checked_add(self.missing)?;
        let inside = text.get(at..end)?;
        if inside.contains(&BREAK) {
            return None;
        }
        let left = agreement(self.left.iter().rev(), text[..at].iter().rev(), self.left.len());
        let right = agreement(self.right.iter(), text[end..].iter(), self.right.len());
        Some(left.min(right).min(DEPTH))
    }
}

/// Length of the common prefix; `usize::MAX` if all of `context` agrees.
fn agreement<'a>(context: impl Iterator<Item = &'a u32>, text: impl Iterator<Item = &'a u32>, length: usize) -> usize {
    let agree = context.zip(text).take_while(|(a, b)| a == b && **a != BREAK).count();
    if agree == length { usize::MAX } else { agree }
}

/// Looks at every place of `text`: the slow twin of [`ContextIndex::widen`], and the lookup in a text too short to
/// index (the observed part of the window itself). Yields (level, place), in text order.
pub(crate) fn scan(text: &[u32], query: Query<'_>) -> Vec<(usize, usize)> {
    (0..text.len()).filter_map(|at| Some((query.level(text, at)?, at))).collect()
}

/// Training text, indexed by left context. Memory: 8 bytes per event.
#[derive(Clone, Debug, Default)]
pub struct ContextIndex {
    /// Segments with a [`BREAK`] after each.
    text: Vec<u32>,
    /// All places, sorted by the reversed text before them, ties by place.
    places: Vec<u32>,
}

impl ContextIndex {
    /// Indexes segments of consecutive events. No context reaches over the end of a segment.
    ///
    /// Takes O(n log n) time per doubling, at most 8 doublings. At most 2^32 - 2 events in all; what lies beyond is left
    /// out.
    pub fn new<S: AsRef<[u32]>>(segments: &[S]) -> Self {
        let mut text = Vec::new();
        for segment in segments {
            let segment = segment.as_ref();
            if text.len() + segment.len() >= u32::MAX as usize - 1 {
                break;
            }
            text.extend_from_slice(segment);
            text.push(BREAK);
        }
        let places = sort_places(&text);
        Self { text, places }
    }

    /// The events at `place`, as many as `missing`.
    pub(crate) fn events(&self, place: u32, missing: usize) -> &[u32] {
        let at = place as usize;
        self.text.get(at..at + missing).unwrap_or_default()
    }

    /// Walks down `levels` (positive, descending) and hands `visit` the places whose level reaches each of them but
    /// none of the higher ones. Stops when `visit` says so.
    ///
    /// The places of one level come in the index's order: by left context, then by place.
    pub(crate) fn widen(
        &self,
        query: Query<'_>,
        levels: &[usize],
        mut visit: impl FnMut(usize, &[u32]) -> ControlFlow<()>,
    ) {
        let intervals = self.intervals(query.left);
        let deepest = intervals.len() - 1;
        let mut waiting: Vec<Vec<u32>> = vec![Vec::new(); levels.len()];
        let mut done: Option<Range<usize>> = None;
        for (i, &level) in levels.iter().enumerate() {
            // A left context shorter than the level has to agree wholly.
            let depth = level.min(query.left.len());
            if depth <= deepest {
                let now = intervals[depth].clone();
                let (below, above) = match &done {
                    Some(done) => (now.start..done.start, done.end..now.end),
                    None => (now.clone(), now.end..now.end),
                };
                let step = (below.len() + above.len()).div_ceil(MAX_PLACES).max(1);
                for slot in below.chain(above).step_by(step) {
                    let place = self.places[slot];
                    let Some(reached) = query.level(&self.text, place as usize) else {
                        continue;
                    };
                    // A place of the widened ring agrees on the left up to this level at most, so it waits here or lower.
                    let rank = levels.partition_point(|l| *l > reached).max(i);
                    if let Some(list) = waiting.get_mut(rank) {
                        list.push(place);
                    }
                }
                done = Some(now);
            }
            let reached = std::mem::take(&mut waiting[i]);
            if visit(i, &reached).is_break() {
                return;
            }
        }
    }

    /// For each depth from 0 the slots whose place has that many events of `left` before it, until none has.
    fn intervals(&self, left: &[u32]) -> Vec<Range<usize>> {
        let mut slots = 0..self.places.len();
        let mut found = Vec::from([slots.clone()]);
        for (depth, &event) in left.iter().rev().take(DEPTH).enumerate() {
            if event == BREAK {
                break;
            }
            let before = |place: &u32| self.key(*place, depth);
            let within = &self.places[slots.clone()];
            let first = within.partition_point(|p| before(p) < u64::from(event) + 1);
            let past = within.partition_point(|p| before(p) <= u64::from(event) + 1);
            if first == past {
                break;
            }
            slots = slots.start + first..slots.start + past;
            found.push(slots.clone());
        }
        found
    }

    /// Sort key of the event `depth + 1` places before `place`; 0 before the text.
    fn key(&self, place: u32, depth: usize) -> u64 {
        (place as usize).checked_sub(depth + 1).map_or(0, |at| u64::from(self.text[at]) + 1)
    }
}

/// Places 0..=n sorted by the reversed text before them, to a depth of [`DEPTH`], ties by place.
fn sort_places(text: &[u32]) -> Vec<u32> {
    let n = text.len() + 1;
    let mut places: Vec<u32> = (0..n as u32).collect();
    // rank[p] orders the places by their last `depth` events.
    let mut rank: Vec<u32> = vec![0; n];
    let key = |p: u32| (p as usize).checked_sub(1).map_or(0, |i| u64::from(text[i]) + 1);
    places.sort_unstable_by_key(|&p| (key(p), p));
    let mut classes = renumber(&places, &mut rank, |a, b| key(a) == key(b));
    let mut depth = 1;
    let mut next = rank.clone();
    while depth < DEPTH && classes < n {
        let before = |p: u32| (p as usize).checked_sub(depth).map_or(0, |q| rank[q] + 1);
        let key = |p: u32| (rank[p as usize], before(p));
        // Places of one class are already together: only the inside of each class has to be sorted.
        let mut start = 0;
        while start < n {
            let class = rank[places[start] as usize];
            let mut end = start + 1;
            while end < n && rank[places[end] as usize] == class {
                end += 1;
            }
            if end - start > 1 {
                places[start..end].sort_unstable_by_key(|&p| (before(p), p));
            }
            start = end;
        }
        classes = renumber(&places, &mut next, |a, b| key(a) == key(b));
        std::mem::swap(&mut rank, &mut next);
        depth *= 2;
    }
    places
}

/// Numbers the classes of equal neighbours in sorted `places`; returns how many there are.
fn renumber(places: &[u32], rank: &mut [u32], equal: impl Fn(u32, u32) -> bool) -> usize {
    let mut class = 0;
    for (i, &place) in places.iter().enumerate() {
        if i > 0 && !equal(places[i - 1], place) {
            class += 1;
        }
        rank[place as usize] = class;
    }
    class as usize + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_index(segments: &[Vec<u32>], query: Query<'_>, levels: &[usize]) -> Vec<(usize, Vec<u32>)> {
        let mut found = Vec::new();
        ContextIndex::new(segments).widen(query, levels, |i, places| {
            let mut places = places.to_vec();
            places.sort_unstable();
            found.push((i, places));
            ControlFlow::Continue(())
        });
        found
    }

    fn by_scan(segments: &[Vec<u32>], query: Query<'_>, levels: &[usize]) -> Vec<(usize, Vec<u32>)> {
        let mut found: Vec<_> = (0..levels.len()).map(|i| (i, Vec::new())).collect();
        let text = ContextIndex::new(segments).text;
        for (level, place) in scan(&text, query) {
            if let Some(i) = levels.iter().position(|l| *l <= level) {
                found[i].1.push(place as u32);
            }
        }
        found
    }

    #[test]
    fn one_place_by_hand() {
        let segments = [vec![1, 2, 3, 4, 5], vec![1, 2, 9, 4, 6]];
        let query = Query { left: &[1, 2], right: &[4, 5], missing: 1 };
        let found = by_index(&segments, query, &[2, 1]);
        assert_eq!(found, [(0, vec![2]), (1, vec![8])]);
    }

    proptest! {
        #[test]
        fn index_agrees_with_scan(
            segments in proptest::collection::vec(proptest::collection::vec(0u32..3, 0..60), 0..4),
            left in proptest::collection::vec(0u32..3, 0..12),
            right in proptest::collection::vec(0u32..3, 0..12),
            missing in 1usize..4,
        ) {
            let query = Query { left: &left, right: &right, missing };
            let levels = [DEPTH, 8, 5, 3, 2, 1];
            prop_assert_eq!(by_index(&segments, query, &levels), by_scan(&segments, query, &levels));
        }

        #[test]
        fn places_are_sorted_by_reversed_context(
            text in proptest::collection::vec(0u32..2, 0..80),
        ) {
            let index = ContextIndex::new(&[text]);
            let before = |p: u32| -> Vec<u64> {
                (0..DEPTH).map(|d| index.key(p, d)).collect()
            };
            for pair in index.places.windows(2) {
                prop_assert!((before(pair[0]), pair[0]) < (before(pair[1]), pair[1]));
            }
        }
    }
}

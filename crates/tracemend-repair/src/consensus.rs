//! From many weighted fillings of one gap to one answer and the support of each of its events.
//!
//! The answer agrees best with all fillings, weighted by their probability (minimum Bayes risk under the summed LCS of threads, the
//! measure of protocol `burst`). It need not be one of them: each thread's events come from the filling that the thread's events in
//! all fillings agree with most, among all ways to choose that add up to the number lost. An event's support is the weight of the
//! fillings whose same thread has it in common by the longest common subsequence.

use crate::gap_context::InsertionPoint;
use crate::lcs::{lcs_length, matches};
use crate::model::EventTypes;
use crate::params::SearchParams;
use crate::search::{Filling, Placed};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::{EventTypeId, ThreadKey};

/// Largest table of [`Agreement::best`], in cells: 16 MB.
const CELLS: usize = 8_000_000;

/// The answer.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// Its events, in order.
    pub(crate) placed: Vec<Placed>,
    /// Weights of the fillings compared, summing to 1; the rest count as nothing.
    pub weights: Vec<f64>,
    /// `[lost]` support of each event, 0 to 1.
    pub support: Vec<f32>,
    /// How far the fillings agree.
    pub(crate) agreement: Agreement,
}

/// A thread's events: places in the filling, and event types.
pub(crate) type ByThread = FxHashMap<ThreadKey, (Vec<u32>, Vec<EventTypeId>)>;

/// Groups events by thread, in each thread's own order.
pub(crate) fn by_thread(placed: &[Placed], points: &[InsertionPoint], event_types: &EventTypes) -> ByThread {
    let mut order: Vec<u32> = (0..placed.len() as u32).collect();
    order.sort_by_key(|&place| placed[place as usize].0);
    let mut threads: ByThread = FxHashMap::default();
    for place in order {
        let (point, token) = placed[place as usize];
        let thread = points[point as usize].thread;
        let (places, tokens) = threads.entry(thread).or_default();
        places.push(place);
        tokens.push(event_types.of(token));
    }
    threads
}

/// What one thread does in some of the fillings.
#[derive(Clone, Debug, Default)]
struct Row {
    /// The first filling that has it.
    filling: usize,
    /// `[event]` places in that filling.
    places: Vec<u32>,
    /// `[event]` event types.
    types: Vec<EventTypeId>,
}

/// What one thread does in all fillings.
#[derive(Clone, Debug)]
struct ThreadRows {
    thread: ThreadKey,
    /// All that it does in any filling, each once.
    rows: Vec<Row>,
    /// `[filling]` which of them it does there.
    row_of: Vec<usize>,
    /// `[row][other]` for other < row: length of their longest common subsequence.
    common: Vec<Vec<usize>>,
}

impl ThreadRows {
    fn common(&self, row: usize, other: usize) -> usize {
        match row.cmp(&other) {
            std::cmp::Ordering::Greater => self.common[row][other],
            std::cmp::Ordering::Less => self.common[other][row],
            std::cmp::Ordering::Equal => self.rows[row].types.len(),
        }
    }

    /// How many events of a row are expected to be right.
    fn expected(&self, row: usize, weights: &[f64]) -> f64 {
        self.row_of.iter().zip(weights).map(|(&other, weight)| weight * self.common(row, other) as f64).sum()
    }
}

/// A row for each thread, in the order of the agreement's threads.
pub(crate) type Rows = Vec<usize>;

/// How far the likeliest fillings of one gap agree with each other.
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    threads: Vec<ThreadRows>,
    /// Number of fillings compared.
    fillings: usize,
    /// Length of the fillings, in events.
    lost: usize,
}

impl Agreement {
    /// Compares fillings of one length.
    pub(crate) fn new(fillings: &[Filling], points: &[InsertionPoint], event_types: &EventTypes) -> Self {
        let mut threads: BTreeMap<ThreadKey, Vec<Row>> = BTreeMap::new();
        for (number, filling) in fillings.iter().enumerate() {
            for (thread, (places, types)) in by_thread(&filling.placed, points, event_types) {
                threads.entry(thread).or_default().push(Row { filling: number, places, types });
            }
        }
        let same = |row: &Row, other: &Row| {
            let placed = |row: &Row, place: u32| fillings[row.filling].placed[place as usize];
            row.types == other.types
                && row.places.iter().zip(&other.places).all(|(&a, &b)| placed(row, a).0 == placed(other, b).0)
        };
        let rows = |(thread, all): (ThreadKey, Vec<Row>)| {
            let mut rows: Vec<Row> = Vec::new();
            let mut row_of = vec![usize::MAX; fillings.len()];
            for row in all {
                row_of[row.filling] = rows.iter().position(|known| same(known, &row)).unwrap_or(rows.len());
                if row_of[row.filling] == rows.len() {
                    rows.push(row);
                }
            }
            // A thread without events in some filling has an empty row.
            for (filling, row) in row_of.iter_mut().enumerate().filter(|(_, row)| **row == usize::MAX) {
                *row = rows.iter().position(|row| row.types.is_empty()).unwrap_or(rows.len());
                if *row == rows.len() {
                    rows.push(Row { filling, ..Row::default() });
                }
            }
            let common = |row: usize| (0..row).map(|other| lcs_length(&rows[row].types, &rows[other].types)).collect();
            ThreadRows { thread, common: (0..rows.len()).map(common).collect(), rows, row_of }
        };
        let lost = fillings.first().map_or(0, |filling| filling.placed.len());
        Self { threads: threads.into_iter().map(rows).collect(), fillings: fillings.len(), lost }
    }

    /// `[thread][row]` what `count` says of each.
    pub(crate) fn per_row<T>(&self, count: impl Fn(ThreadKey, &[EventTypeId]) -> T) -> Vec<Vec<T>> {
        let of = |thread: &ThreadRows| thread.rows.iter().map(|row| count(thread.thread, &row.types)).collect();
        self.threads.iter().map(of).collect()
    }

    /// The rows of which most is expected to be right when the fillings have these weights, of all that add up to the number lost.
    pub(crate) fn best(&self, weights: &[f64]) -> Rows {
        if self.threads.len().saturating_mul(self.lost + 1) > CELLS {
            return self.best_filling(weights);
        }
        // Of rows of equal length the best: length, row, expected number of right events.
        let mut options: Vec<Vec<(usize, usize, f64)>> = Vec::new();
        for thread in &self.threads {
            let mut best: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
            for (number, row) in thread.rows.iter().enumerate() {
                let expected = thread.expected(number, weights);
                let known = best.entry(row.types.len()).or_insert((number, expected));
                if expected > known.1 {
                    *known = (number, expected);
                }
            }
            options.push(best.into_iter().map(|(length, (row, expected))| (length, row, expected)).collect());
        }
        let mut value = vec![f64::NEG_INFINITY; self.lost + 1];
        value[0] = 0.0;
        let mut chosen: Vec<Vec<u16>> = Vec::new();
        for options in &options {
            let mut next = vec![f64::NEG_INFINITY; self.lost + 1];
            let mut choice = vec![u16::MAX; self.lost + 1];
            for (number, &(length, _, expected)) in options.iter().enumerate() {
                for before in (0..=self.lost.saturating_sub(length)).filter(|&before| value[before].is_finite()) {
                    let new = value[before] + expected;
                    if new > next[before + length] {
                        next[before + length] = new;
                        choice[before + length] = number as u16;
                    }
                }
            }
            value = next;
            chosen.push(choice);
        }
        let mut left = self.lost;
        let mut rows: Rows = Vec::with_capacity(options.len());
        for (options, choice) in options.iter().zip(&chosen).rev() {
            let Some(&(length, row, _)) = options.get(choice[left] as usize) else {
                return self.best_filling(weights);
            };
            rows.push(row);
            left -= length;
        }
        rows.reverse();
        rows
    }

    /// The rows of the one filling of which most is expected to be right; the first on ties.
    fn best_filling(&self, weights: &[f64]) -> Rows {
        let rows = |filling: usize| self.threads.iter().map(move |thread| thread.row_of[filling]);
        let expected = |filling: usize| -> f64 {
            self.threads.iter().zip(rows(filling)).map(|(thread, row)| thread.expected(row, weights)).sum()
        };
        let best = (0..self.fillings).map(|filling| (filling, expected(filling)));
        best.reduce(|best, one| if one.1 > best.1 { one } else { best })
            .map_or(Vec::new(), |best| rows(best.0).collect())
    }

    /// One row of events made of a row for each thread: turns keep together, and stand where they stand in their own fillings.
    fn merged(&self, rows: &Rows, fillings: &[Filling], points: &[InsertionPoint]) -> Vec<(Placed, Place)> {
        let mut orders: FxHashMap<usize, Vec<(i64, u32)>> = FxHashMap::default();
        let mut events = Vec::with_capacity(self.lost);
        for (thread, (rows, &row)) in self.threads.iter().zip(rows).enumerate() {
            let row = &rows.rows[row];
            let placed = &fillings[row.filling].placed;
            let order =
                orders.entry(row.filling).or_insert_with(|| turns(placed, |point| points[point as usize].from_ns));
            for (number, &place) in row.places.iter().enumerate() {
                let event = (placed[place as usize], Place { thread, number });
                events.push((order[place as usize], row.filling, place, event));
            }
        }
        events.sort_unstable_by_key(|&(order, filling, place, _)| (order, filling, place));
        events.into_iter().map(|event| event.3).collect()
    }

    /// `[thread][event]` weight of the fillings whose row has an event of these rows in common.
    fn support(&self, rows: &Rows, weights: &[f64]) -> Vec<Vec<f32>> {
        let of = |(thread, &chosen): (&ThreadRows, &usize)| {
            let own = &thread.rows[chosen].types;
            let mut support = vec![0f32; own.len()];
            for (other, row) in thread.rows.iter().enumerate() {
                let fillings = thread.row_of.iter().zip(weights).filter(|(row, _)| **row == other);
                let weight = fillings.map(|(_, weight)| *weight as f32).sum::<f32>();
                if other == chosen {
                    support.iter_mut().for_each(|support| *support += weight);
                } else if weight > 0.0 {
                    matches(own, &row.types).into_iter().for_each(|matched| support[matched] += weight);
                }
            }
            support
        };
        self.threads.iter().zip(rows).map(of).collect()
    }
}

/// Where an event of the answer comes from.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Number of the agreement's thread.
    thread: usize,
    /// Number of the event in that thread's row.
    number: usize,
}

/// For each event, the earliest time that it can have had (`from_ns`: when a point opens), and the place where its turn began: in
/// this order, turns keep together, and no event lies after its insertion point has closed.
fn turns(placed: &[Placed], from_ns: impl Fn(u16) -> i64) -> Vec<(i64, u32)> {
    let mut order: Vec<(i64, u32)> = Vec::with_capacity(placed.len());
    let mut clock_ns = i64::MIN;
    for (place, &(point, _)) in placed.iter().enumerate() {
        let earlier_ns = clock_ns;
        clock_ns = clock_ns.max(from_ns(point));
        let goes_on = place > 0 && placed[place - 1].0 == point && clock_ns == earlier_ns;
        let begin = if goes_on { order[place - 1].1 } else { place as u32 };
        order.push((clock_ns, begin));
    }
    order
}

/// Weights that sum to 1; all alike where there is no weight.
pub(crate) fn normalised(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut weights: Vec<f64> = weights.collect();
    let (total, count): (f64, usize) = (weights.iter().sum(), weights.len());
    weights.iter_mut().for_each(|weight| *weight = if total > 0.0 { *weight / total } else { 1.0 / count as f64 });
    weights
}

/// The answer of fillings of one length, the likeliest first. Returns `None` for no filling.
pub(crate) fn choose(
    fillings: &[Filling],
    points: &[InsertionPoint],
    event_types: &EventTypes,
    params: &SearchParams,
) -> Option<Consensus> {
    let lost = fillings.first()?.placed.len();
    let compared = &fillings[..fillings.len().min(params.compared_for(lost))];
    let agreement = Agreement::new(compared, points, event_types);
    let weights = normalised(compared.iter().map(|filling| filling.weight));
    let rows = agreement.best(&weights);
    let by_thread = agreement.support(&rows, &weights);
    let merged = agreement.merged(&rows, compared, points);
    Some(Consensus {
        support: merged.iter().map(|(_, place)| by_thread[place.thread][place.number]).collect(),
        placed: merged.into_iter().map(|(placed, _)| placed).collect(),
        weights,
        agreement,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Agreement of fillings given by thread: `[filling][thread]` rows of event types.
    fn agreement(fillings: &[Vec<Vec<u32>>]) -> Agreement {
        let threads = fillings[0].len();
        let of = |thread: usize| {
            let rows: Vec<Row> = fillings
                .iter()
                .enumerate()
                .map(|(filling, rows)| Row {
                    filling,
                    places: (0..rows[thread].len() as u32).collect(),
                    types: rows[thread].iter().map(|&number| EventTypeId(number)).collect(),
                })
                .collect();
            let common = |row: usize| (0..row).map(|other| lcs_length(&rows[row].types, &rows[other].types)).collect();
            ThreadRows {
                thread: ThreadKey::Tid(thread as i32),
                common: (0..rows.len()).map(common).collect(),
                row_of: (0..rows.len()).collect(),
                rows,
            }
        };
        let lost = fillings[0].iter().map(Vec::len).sum();
        Agreement { threads: (0..threads).map(of).collect(), fillings: fillings.len(), lost }
    }

    /// Expected right events of a row for each thread.
    fn expected(agreement: &Agreement, rows: &[usize], weights: &[f64]) -> f64 {
        agreement.threads.iter().zip(rows).map(|(thread, &row)| thread.expected(row, weights)).sum()
    }

    proptest! {
        /// The slow twin tries every way to choose a row for each of three threads.
        #[test]
        fn no_other_rows_that_add_up_are_expected_to_be_better(
            cuts in prop::collection::vec((0usize..5, 0usize..5), 2..6),
            types in prop::collection::vec(0u32..3, 48),
        ) {
            let fillings: Vec<Vec<Vec<u32>>> = cuts
                .iter()
                .enumerate()
                .map(|(number, &(a, b))| {
                    let (first, second) = (a.min(b), a.max(b));
                    let row = &types[8 * number..8 * number + 4];
                    vec![row[..first].to_vec(), row[first..second].to_vec(), row[second..].to_vec()]
                })
                .collect();
            let agreement = agreement(&fillings);
            let weights = normalised((1..=fillings.len()).map(|weight| weight as f64));
            let best = agreement.best(&weights);
            let length = |rows: &[usize]| -> usize {
                agreement.threads.iter().zip(rows).map(|(thread, &row)| thread.rows[row].types.len()).sum()
            };
            prop_assert_eq!(length(&best), 4);
            let all = 0..fillings.len();
            let ways = all.clone().flat_map(|a| all.clone().map(move |b| (a, b)));
            let ways = ways.flat_map(|(a, b)| (0..fillings.len()).map(move |c| [a, b, c]));
            let slow = ways
                .filter(|rows| length(rows) == 4)
                .map(|rows| expected(&agreement, &rows, &weights))
                .fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((expected(&agreement, &best, &weights) - slow).abs() < 1e-9);
            prop_assert!(expected(&agreement, &agreement.best_filling(&weights), &weights) <= slow + 1e-9);
        }
    }

    #[test]
    fn threads_are_taken_from_different_fillings_where_most_agree_on_each() {
        // Two of three fillings agree on each thread, never the same two on both.
        let fillings = [vec![vec![1, 1], vec![2, 2]], vec![vec![1, 1], vec![4, 4]], vec![vec![3, 3], vec![2, 2]]];
        let agreement = agreement(&fillings);
        let weights = [1.0 / 3.0; 3];
        let rows = agreement.best(&weights);
        assert!(rows[0] < 2 && rows[1] != 1, "{rows:?}");
        for support in agreement.support(&rows, &weights).into_iter().flatten() {
            assert!((support - 2.0 / 3.0).abs() < 1e-6);
        }
    }

    #[test]
    fn turns_keep_together_and_points_are_not_left_behind() {
        let placed: Vec<Placed> = [0, 0, 1, 2, 2, 0].map(|point| (point, 9)).to_vec();
        assert_eq!(
            turns(&placed, |point| [0, 50, 10][point as usize]),
            [(0, 0), (0, 0), (50, 2), (50, 3), (50, 3), (50, 5)]
        );
    }
}

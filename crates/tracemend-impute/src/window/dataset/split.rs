//! Dividing sequences into what is learned from, what chooses the model, and what tests it.

use crate::window::dataset::Sequence;
use serde::{Deserialize, Serialize};

/// How sequences are divided where the runs are not named one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Every run (trace) is training, validation or test as a whole.
    #[default]
    Run,
    /// Whole sequences, the longest first to where events are most wanted.
    Thread,
    /// The beginning of every sequence is training, its end test, with a guard band of one window between them.
    Time,
}

/// Training, validation and test, in this order.
pub type Parts = [Vec<Sequence>; 3];

/// Shares of the events of training, validation and test.
pub(crate) const SHARES: [f64; 3] = [0.8, 0.1, 0.1];

/// Divides sequences as wholes, so that the parts' events come close to `SHARES`.
pub fn by_sequence(mut sequences: Vec<Sequence>) -> Parts {
    // Stable: sequences of equal length keep their order.
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.tokens.len()));
    let mut parts = Parts::default();
    let mut events = [0.0; 3];
    for sequence in sequences {
        let wanting = |part: usize| events[part] / SHARES[part];
        let part = if wanting(1) < wanting(0) {
            if wanting(2) < wanting(1) { 2 } else { 1 }
        } else if wanting(2) < wanting(0) {
            2
        } else {
            0
        };
        events[part] += sequence.tokens.len() as f64;
        parts[part].push(sequence);
    }
    parts
}

/// Divides every sequence in time; `guard` events between two parts belong to none, so that no window reaches over.
pub fn in_time(sequences: Vec<Sequence>, guard: usize) -> Parts {
    let mut parts = Parts::default();
    for sequence in sequences {
        let length = sequence.tokens.len();
        let first = (length as f64 * SHARES[0]) as usize;
        let second = (length as f64 * (SHARES[0] + SHARES[1])) as usize;
        for (part, range) in [0..first, first + guard..second, second + guard..length].into_iter().enumerate() {
            if range.start < range.end {
                parts[part].push(sequence.part(range));
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_time_keep_a_guard_between_them_and_their_order() {
        let parts = in_time(vec![Sequence::bare((0..100).collect())], 5);
        let ends: Vec<(u32, u32)> =
            parts.iter().map(|part| (part[0].tokens[0], *part[0].tokens.last().unwrap())).collect();
        assert_eq!(ends, [(0, 79), (85, 89), (95, 99)]);
        assert!(in_time(vec![Sequence::bare(vec![1; 10])], 5)[1].is_empty());
    }

    #[test]
    fn whole_sequences_come_close_to_the_shares() {
        let parts = by_sequence((1..=100).map(|length| Sequence::bare(vec![0; length])).collect());
        let events = parts.map(|part| part.iter().map(|sequence| sequence.tokens.len()).sum::<usize>());
        assert_eq!(events.iter().sum::<usize>(), 5050);
        assert!((3900..4200).contains(&events[0]) && (400..650).contains(&events[1]), "{events:?}");
    }
}

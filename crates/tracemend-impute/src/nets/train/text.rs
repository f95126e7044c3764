//! Windows cut from sequences where training wants them.

use crate::nets::batch::Batch;
use crate::nets::train::masks::Mask;
use crate::window::dataset::{Sequence, window_count, window_place};
use crate::window::imputer::Window;
use tracemend_repair::rng::SplitMix64;

/// Windows at random places, each with its own mask; the batch holds the truth everywhere.
///
/// # Panics
/// If no sequence has `length` events.
pub(super) fn draw(texts: &[Sequence], windows: usize, length: usize, mask: &Mask, random: &mut SplitMix64) -> Batch {
    let total = window_count(texts, length);
    let mut batch = Batch::default();
    for _ in 0..windows {
        let Some((number, place)) = window_place(texts, length, random.below(total)) else { continue };
        let found = &texts[number];
        let observed = mask.draw(length, random);
        let part = place..place + length;
        let side = found.sides(part.clone(), &observed);
        batch.push(Window { tokens: &found.tokens[part], observed: &observed, side: &side });
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::imputer::Side;

    #[test]
    fn windows_come_from_all_sequences_and_hide_what_a_missing_event_does_not_tell() {
        let side = Side { phase: 1, slot: 2, process: 3, result: 4, pause: 0 };
        let text = |from: u32, count: u32| Sequence {
            tokens: (from..from + count).collect(),
            side: vec![side; count as usize],
            ..Sequence::default()
        };
        let texts = [text(0, 6), text(100, 3), text(200, 5)];
        assert_eq!(window_count(&texts, 5), 3);
        let batch = draw(&texts, 64, 5, &Mask::Burst, &mut SplitMix64::new(1, &[]));
        let mut starts: Vec<u32> = batch.tokens.chunks(5).map(|window| window[0]).collect();
        assert!(batch.tokens.chunks(5).all(|window| window.windows(2).all(|pair| pair[1] == pair[0] + 1)));
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts, [0, 1, 200]);
        for (known, observed) in batch.side.iter().zip(&batch.observed) {
            let expected = if *observed { side } else { Side { slot: 2, process: 3, ..Side::default() } };
            assert_eq!(*known, expected);
        }
    }
}

//! The text that networks learn from: sequences of events, from which windows are cut where training wants them.

use crate::imputer::{Side, Window};
use crate::nets::batch::Batch;
use crate::protocol::bootstrap::SplitMix64;

use super::masks::Mask;

/// One sequence of consecutive events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// What else is known of each event; or empty.
    pub side: Vec<Side>,
}

impl Text {
    /// Sequences of which nothing but tokens is known.
    pub fn bare(sequences: &[Vec<u32>]) -> Vec<Self> {
        sequences.iter().map(|tokens| Self { tokens: tokens.clone(), side: Vec::new() }).collect()
    }
}

/// How many windows of `length` events the texts have.
pub fn window_count(texts: &[Text], length: usize) -> usize {
    texts.iter().map(|text| (text.tokens.len() + 1).saturating_sub(length)).sum()
}

/// Windows at random places, each with its own mask; the batch holds the truth everywhere.
///
/// # Panics
/// If no text has `length` events.
pub(super) fn draw(texts: &[Text], windows: usize, length: usize, mask: &Mask, random: &mut SplitMix64) -> Batch {
    let total = window_count(texts, length);
    let drawn: Vec<(&Text, usize, Vec<bool>)> = (0..windows)
        .map(|_| {
            let mut place = random.below(total);
            let mut found = &texts[0];
            for text in texts {
                let room = (text.tokens.len() + 1).saturating_sub(length);
                found = text;
                if place < room {
                    break;
                }
                place -= room;
            }
            (found, place, mask.draw(length, random))
        })
        .collect();
    let windows: Vec<Window<'_>> = drawn
        .iter()
        .map(|(text, place, observed)| Window {
            tokens: &text.tokens[*place..place + length],
            observed,
            side: text.side.get(*place..place + length).unwrap_or_default(),
        })
        .collect();
    let mut batch = Batch::new(&windows);
    forget_the_missing(&mut batch);
    batch
}

/// Of a missing event only its thread and process are known, and how long the gap took in all.
fn forget_the_missing(batch: &mut Batch) {
    for (side, observed) in batch.side.iter_mut().zip(&batch.observed) {
        if !observed {
            *side = hidden_side(*side);
        }
    }
}

/// What stays known of an event that is hidden.
pub fn hidden_side(side: Side) -> Side {
    Side { slot: side.slot, process: side.process, ..Side::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_come_from_all_texts_and_hide_what_a_missing_event_does_not_tell() {
        let side = Side { phase: 1, slot: 2, process: 3, result: 4, pause: 5 };
        let text =
            |from: u32, count: u32| Text { tokens: (from..from + count).collect(), side: vec![side; count as usize] };
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

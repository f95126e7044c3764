//! Baselines that learn nothing: copy from the window itself.

use crate::window::imputer::{Fill, Imputation, Imputer, Window, fill_gaps};

/// `repeat`: every missing event is the last one before the gap (the first one after it where the window starts with a
/// gap). Confidence: the share of events before the gap that repeat their predecessor.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepeatPrevious;

/// `period`: the gap goes on with the period that the events before it obey best.
///
/// The period `d` (1 to half of the events before the gap) has the largest share of events equal to the one `d` before;
/// the smallest of equals. That share is the confidence. A gap at the very start is filled backward from the events
/// after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeriodCopy;

impl Imputer for RepeatPrevious {
    fn name(&self) -> &str {
        "repeat"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        fill_gaps(window, |left, right, missing| {
            let event = left.last().or(right.first()).copied().unwrap_or(0);
            let share = agreement(if left.is_empty() { right } else { left }, 1);
            Fill { tokens: vec![event; missing], alternatives: vec![vec![(event, share)]; missing] }
        })
    }
}

impl Imputer for PeriodCopy {
    fn name(&self) -> &str {
        "period"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        fill_gaps(window, |left, right, missing| {
            if left.is_empty() {
                let backward: Vec<u32> = right.iter().rev().copied().collect();
                let mut fill = continue_period(&backward, missing);
                fill.tokens.reverse();
                fill.alternatives.reverse();
                fill
            } else {
                continue_period(left, missing)
            }
        })
    }
}

fn continue_period(left: &[u32], missing: usize) -> Fill {
    let mut period = 1;
    let mut share = agreement(left, 1);
    for d in 2..=left.len() / 2 {
        let s = agreement(left, d);
        if s > share {
            (period, share) = (d, s);
        }
    }
    let mut text = left.to_vec();
    for _ in 0..missing {
        let event = text.len().checked_sub(period).map_or(0, |at| text[at]);
        text.push(event);
    }
    let tokens = text.split_off(left.len());
    let alternatives = tokens.iter().map(|&event| vec![(event, share)]).collect();
    Fill { tokens, alternatives }
}

/// Share of the events of `text` that equal the one `distance` before, 0 where there is none.
fn agreement(text: &[u32], distance: usize) -> f32 {
    let pairs = text.len().saturating_sub(distance);
    let equal = text.iter().skip(distance).zip(text).filter(|(a, b)| a == b).count();
    equal as f32 / pairs.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(imputer: &dyn Imputer, tokens: &[u32], missing: std::ops::Range<usize>) -> Vec<u32> {
        let observed: Vec<bool> = (0..tokens.len()).map(|i| !missing.contains(&i)).collect();
        let window = Window::new(tokens, &observed);
        imputer.impute(window).tokens[missing].to_vec()
    }

    #[test]
    fn repeats() {
        assert_eq!(fill(&RepeatPrevious, &[1, 2, 0, 0, 5], 2..4), [2, 2]);
        assert_eq!(fill(&RepeatPrevious, &[0, 4, 5], 0..1), [4]);
        assert_eq!(fill(&RepeatPrevious, &[9, 9], 0..2), [0, 0]);
    }

    #[test]
    fn follows_the_period() {
        let window = [1, 2, 3, 1, 2, 3, 1, 0, 0, 0];
        assert_eq!(fill(&PeriodCopy, &window, 7..10), [2, 3, 1]);
        assert_eq!(fill(&PeriodCopy, &[0, 0, 1, 2, 1, 2, 1, 2], 0..2), [1, 2]);
        assert_eq!(fill(&PeriodCopy, &[8, 8], 0..2), [0, 0]);
    }
}

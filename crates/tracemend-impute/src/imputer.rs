//! The interface of everything that fills masked positions of a flat token window.

use std::ops::Range;

/// A window with holes. `L` = window length.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// `[L]` token ids; what stands at a missing position is meaningless and must not be read.
    pub tokens: &'a [u32],
    /// `[L]` true where observed, false where missing.
    pub observed: &'a [bool],
}

impl<'a> Window<'a> {
    /// `[L]` whether each position is observed; positions that the shorter of both slices lacks do not exist.
    fn mask(&self) -> &'a [bool] {
        &self.observed[..self.observed.len().min(self.tokens.len())]
    }

    /// The maximal runs of missing positions, left to right.
    pub fn gaps(&self) -> Vec<Range<usize>> {
        runs(self.mask(), false)
    }

    /// The maximal runs of observed positions, left to right.
    pub fn observed_runs(&self) -> Vec<Range<usize>> {
        runs(self.mask(), true)
    }
}

fn runs(mask: &[bool], wanted: bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m == wanted) {
        match found.last_mut() {
            Some(run) if run.end == i => run.end = i + 1,
            _ => found.push(i..i + 1),
        }
    }
    found
}

/// A filled window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imputation {
    /// `[L]` tokens: observed ones as given, missing ones by the joint best guess.
    pub tokens: Vec<u32>,
    /// `[L]` per position the likeliest tokens with their probabilities, best first; empty where observed.
    pub alternatives: Vec<Vec<(u32, f32)>>,
}

impl Imputation {
    /// Probability of the token chosen at position `at`: 1 where it was observed, 0 where it is none of the alternatives.
    pub fn confidence(&self, at: usize) -> f32 {
        match (self.tokens.get(at), self.alternatives.get(at)) {
            (Some(_), Some(others)) if others.is_empty() => 1.0,
            (Some(token), Some(others)) => others.iter().find(|(t, _)| t == token).map_or(0.0, |(_, p)| *p),
            _ => 0.0,
        }
    }
}

/// Fills the missing positions of windows.
pub trait Imputer: Sync {
    /// The method's name in result tables.
    fn name(&self) -> &str;

    /// Fills one window. The same window always gets the same answer.
    fn impute(&self, window: Window<'_>) -> Imputation;
}

/// The filling of one gap of `N` positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fill {
    /// `[N]` tokens.
    pub tokens: Vec<u32>,
    /// `[N]` alternatives, best first.
    pub alternatives: Vec<Vec<(u32, f32)>>,
}

/// Fills the gaps of a window one after the other, left to right. `fill` gets the tokens before the gap (observed, or
/// filled just before), those between it and the next gap, and its length.
pub(crate) fn fill_gaps(window: Window<'_>, mut fill: impl FnMut(&[u32], &[u32], usize) -> Fill) -> Imputation {
    let length = window.mask().len();
    let mut tokens = window.tokens[..length].to_vec();
    let mut alternatives = vec![Vec::new(); length];
    let gaps = window.gaps();
    for (i, gap) in gaps.iter().enumerate() {
        let until = gaps.get(i + 1).map_or(length, |next| next.start);
        let filled = fill(&tokens[..gap.start], &tokens[gap.end..until], gap.len());
        for ((at, token), others) in gap.clone().zip(filled.tokens).zip(filled.alternatives) {
            tokens[at] = token;
            alternatives[at] = others;
        }
    }
    Imputation { tokens, alternatives }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_runs() {
        let observed = [true, false, false, true, false];
        let window = Window { tokens: &[1, 0, 0, 2, 0], observed: &observed };
        assert_eq!(window.gaps(), [1..3, 4..5]);
        assert_eq!(window.observed_runs(), [0..1, 3..4]);
    }
}

//! The interface of everything that fills masked positions of a flat token window.

use std::ops::Range;

/// A window with gaps. `L` = window length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window<'a> {
    /// `[L]` token ids; what stands at a missing position is meaningless and must not be read.
    pub tokens: &'a [u32],
    /// `[L]` true where observed, false where missing.
    pub observed: &'a [bool],
    /// `[L]` what else is known of each position, missing ones included; or empty.
    pub side: &'a [Side],
}

/// What is known of a position beside its token. Every field counts from 1; 0 stands for unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Side {
    /// Entry, exit or point, below [`Side::SIZES`]\[0\].
    pub phase: u8,
    /// The thread, by order of appearance in the window.
    pub slot: u8,
    /// The process, by how often it occurs in training.
    pub process: u8,
    /// How the call ended: error, zero, positive, without a value.
    pub result: u8,
    /// Time since the event before, by its binary logarithm in ns; at a missing position the gap's whole length.
    pub pause: u8,
}

impl Side {
    /// How many values each field has, unknown included, in the order of the fields.
    pub const SIZES: [usize; 5] = [4, 17, 65, 5, 48];

    /// The fields, in order, none beyond its size.
    #[cfg(feature = "nets")]
    pub(crate) fn fields(self) -> [usize; 5] {
        let fields = [self.phase, self.slot, self.process, self.result, self.pause].map(usize::from);
        std::array::from_fn(|field| fields[field].min(Self::SIZES[field] - 1))
    }
}

impl<'a> Window<'a> {
    /// A window of which nothing but tokens is known.
    pub fn new(tokens: &'a [u32], observed: &'a [bool]) -> Self {
        Self { tokens, observed, side: &[] }
    }

    /// `[L]` whether each position is observed; positions that the shorter of both slices lacks do not exist.
    fn mask(&self) -> &'a [bool] {
        &self.observed[..self.observed.len().min(self.tokens.len())]
    }

    /// The maximal runs of missing positions, left to right.
    pub(crate) fn gaps(&self) -> Vec<Range<usize>> {
        runs(self.mask(), false)
    }

    /// The maximal runs of observed positions, left to right.
    pub(crate) fn observed_runs(&self) -> Vec<Range<usize>> {
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

    /// Fills several windows, each as [`Imputer::impute`] would; methods that are quicker on many at once override it.
    fn impute_all(&self, windows: &[Window<'_>]) -> Vec<Imputation> {
        windows.iter().map(|&window| self.impute(window)).collect()
    }

    /// Log probabilities of every token at each missing position given what is observed, for each window `[missing * V]`,
    /// position by position; `None` of methods that have no such distribution.
    fn conditionals(&self, _windows: &[Window<'_>]) -> Option<Vec<Vec<f32>>> {
        None
    }
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
        let window = Window::new(&[1, 0, 0, 2, 0], &observed);
        assert_eq!(window.gaps(), [1..3, 4..5]);
        assert_eq!(window.observed_runs(), [0..1, 3..4]);
    }
}

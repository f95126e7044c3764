//! What a search is asked and what it answers.

use crate::model::Token;

/// One lost event of a filling: number of its insertion point, and its token.
pub(crate) type Placed = (u16, Token);

/// A complete filling of a gap.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The lost events in order.
    pub placed: Vec<Placed>,
    /// Probability among all fillings found; these sum to 1.
    pub weight: f64,
    /// Whether it was drawn thread by thread, not found by the joint search.
    pub bridged: bool,
}

/// How many events the gap lost, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length<'a> {
    /// This many.
    Exact(usize),
    /// Log probability of each number of lost events, from 0 up.
    Unknown(&'a [f64]),
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Fillings of the likeliest length, the likeliest first; empty if no thread can have run in the gap.
    pub fillings: Vec<Filling>,
    /// Probability of each length tried, from 0 up; empty for an exact length.
    pub lengths: Vec<f64>,
}

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

/// The weights of fillings where those drawn thread by thread have this share of it all, if there are others.
pub(crate) fn shared_weights(fillings: &[Filling], bridged: f64) -> Vec<f64> {
    let all =
        |of: bool| fillings.iter().filter(|filling| filling.bridged == of).map(|filling| filling.weight).sum::<f64>();
    let (own, others) = (all(true), all(false));
    let factors = if own > 0.0 && others > 0.0 { [(1.0 - bridged) / others, bridged / own] } else { [1.0; 2] };
    fillings.iter().map(|filling| filling.weight * factors[usize::from(filling.bridged)]).collect()
}

/// Gives fillings [`shared_weights`].
pub(crate) fn share(fillings: &mut [Filling], bridged: f64) {
    let weights = shared_weights(fillings, bridged);
    fillings.iter_mut().zip(weights).for_each(|(filling, weight)| filling.weight = weight);
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
